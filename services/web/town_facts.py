"""Everything that is read of a town's schemes at once: partners, register, cases, exemptions, published facts."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from domain.tariffs.assess import CellId
from domain.tariffs.statements import Statement, from_document
from projections.compliance import case_queries
from projections.compliance import queries as compliance
from projections.compliance.case_queries import CaseRow
from projections.compliance.queries import BreachRow, JudgementRow
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import CitationRow
from projections.tariffs import queries as tariff_view
from projections.tariffs.queries import ExemptionRow, GridRow
from services.asking import parts
from services.web.charts import Curve, months
from services.web.grids import cells_of, same_person
from services.web.partnership import Partner, partners
from services.web.price_chart import PriceChart, price_chart
from services.web.price_history import Span, spans
from services.web.register import Entry, by_urgency, entries
from services.web.sight import Sight
from services.web.standing import slots
from services.web.typography import day

MOST_CASES: Final = 500
"""Of how many cases a page of a town knows."""
_MONTHS_SHOWN: Final = 24


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """A town's schemes. `register` holds the entries of each partner by its drawer, the worst first."""

    partners: Sequence[Partner]
    register: Mapping[str, Sequence[Entry]]
    cases: Sequence[CaseRow]
    exemptions: Sequence[ExemptionRow]
    breaches: Sequence[BreachRow]
    judgements: Mapping[str, JudgementRow]
    citations: Sequence[CitationRow]

    @property
    def open(self) -> list[Partner]:
        """The partners whose convention the town has recognised."""
        return [partner for partner in self.partners if partner.open]

    @property
    def waiting(self) -> list[Partner]:
        """Those that wait for it; what it refused waits for the insurer."""
        return [partner for partner in self.partners if partner.convention.state == "declared"]

    @property
    def entries(self) -> list[Entry]:
        """Every line of the register, the worst first."""
        return by_urgency([entry for partner in self.open for entry in self.register[partner.owner]])

    def partner_of(self, owner: str) -> Partner | None:
        """The partner whose drawer it is."""
        return next((partner for partner in self.partners if partner.owner == owner), None)


def town_of(sight: Sight, *, prices: bool = True, published: bool = True) -> Town:
    """What may be read of a town; without `prices` no judgements, without `published` no figures and no citations."""
    tenant, owners = sight.tenant, sight.owners

    def query(reader: Reader) -> Town:
        breaches = reader.later(lambda reader: compliance.breaches(reader, tenant, owners))
        cases = reader.later(lambda reader: case_queries.cases(reader, tenant, owners, limit=MOST_CASES))
        exemptions = reader.later(lambda reader: tariff_view.exemptions(reader, tenant, owners))
        judged = reader.later(
            lambda reader: compliance.last_judgements(reader, tenant, owners) if prices else []
        )
        citations = reader.later(lambda reader: oversight.citations(reader, tenant) if published else [])
        found = partners(reader, tenant, owners, sight.today, breaches=breaches, figures=published)
        mains = {(partner.owner, partner.convention.id) for partner in found}
        return Town(
            partners=found,
            register={partner.owner: entries(partner, cases.found, exemptions.found) for partner in found},
            cases=cases.found,
            exemptions=exemptions.found,
            breaches=breaches.found,
            judgements={row.owner: row for row in judged.found if (row.owner, row.convention) in mains},
            citations=citations.found,
        )

    return sight.read(query)


def statements_of(town: Town, partner: Partner) -> Sequence[Statement]:
    """All findings of a partner's last judgement; none before the first."""
    row = town.judgements.get(partner.owner)
    return from_document(parts().ledger.documents.get(row.document)) if row is not None else ()


def history_of(town: Town, partner: Partner, person: CellId) -> list[Span]:
    """What a person's cell has cost since the first grid, and its caps."""

    def price_of(grid: GridRow) -> int | None:
        return same_person(cells_of(grid), person)

    return spans(partner.grids, price_of, person, statements_of(town, partner))


def people_of(partner: Partner) -> list[CellId]:
    """The cells of the newest grid, as the choices of a history: formula, then age."""
    every = slots(partner.grids)
    return (
        sorted((cell.id for cell in cells_of(every[-1].grid)), key=lambda cell: cell.order) if every else []
    )


def telling(town: Town, partner: Partner) -> CellId | None:
    """The cell whose history tells most: the one that breaks a commitment by most, else the dearest adult's."""
    for case in town.cases:
        if case.owner == partner.owner and case.open and case.cells and case.cells[0]["cell"]:
            cell = case.cells[0]["cell"]
            if cell["formula"] is not None and cell["age_from"] is not None:
                return CellId(
                    cell["formula"], cell["category"] or "general", cell["role"] or "adult", cell["age_from"],
                    cell["age_to"],
                )  # fmt: skip
    every = slots(partner.grids)
    cells = cells_of(every[-1].grid) if every else []
    adults = [cell for cell in cells if cell.id[1:3] == ("general", "adult")] or list(cells)
    return max(adults, key=lambda cell: cell.monthly).id if adults else None


class Drawn(msgspec.Struct, frozen=True):
    """A history with its picture."""

    person: CellId
    spans: Sequence[Span]
    chart: PriceChart


def drawn(town: Town, partner: Partner, person: CellId | None, today: date) -> Drawn | None:
    """The history of a cell as a picture; None without a price."""
    if person is None:
        return None
    found = history_of(town, partner, person)
    return Drawn(person, found, price_chart(found, today)) if found else None


def curve(partner: Partner) -> Curve | None:
    """Members month by month; None when no month is published, or none may be shown."""
    shown = partner.figures[-_MONTHS_SHOWN:]
    if all(row.members is None for row in shown):
        return None
    return months([(row.month, row.members) for row in shown])


def figures(partner: Partner, today: date) -> list[tuple[str, Any, str]]:
    """The figures of a partner, frozen at a month's end: name, figure, note."""
    latest = partner.latest
    ago = next((row for row in partner.figures if latest and row.month == _year_before(latest.month)), None)
    year = [row for row in partner.months if row.month < f"{today:%Y-%m}"][:12]
    promised = sum(row.promised or 0 for row in year)
    held = sum(row.held for row in year)
    visitors = sum(row.visitors for row in year)
    if latest is None:
        members: tuple[str, Any, str] = ("Adhérents", "Non communiqué", "aucun mois publié")
    elif latest.members is None:
        members = ("Adhérents", "Non diffusé", "moins de 11 personnes")
    elif ago is not None and ago.members is not None:
        change = latest.members - ago.members
        members = (
            "Adhérents",
            latest.members,
            f"{abs(change)} de {'plus' if change >= 0 else 'moins'} en un an",
        )
    else:
        members = ("Adhérents", latest.members, f"au {day(latest.on_day)}")
    return [
        members,
        (
            "Permanences tenues",
            f"{held} sur {promised}" if promised else str(held),
            f"sur {len(year)} mois finis",
        ),
        ("Reçus en permanence", visitors, f"personnes, sur {len(year)} mois finis"),
        (
            "Fin de convention",
            day(partner.convention.last_day),
            f"préavis de {partner.convention.notice_months} mois",
        ),
    ]


def _year_before(month: str) -> str:
    return f"{int(month[:4]) - 1}{month[4:]}"
