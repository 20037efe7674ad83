"""One commune as its insurer works in it: what binds them, what is due, who joined, what is charged, who is met."""

from datetime import date, timedelta
from typing import Any, Final

import msgspec
from flask import url_for
from flask.typing import ResponseReturnValue

from infra.directory.records import Commune
from projections.compliance import portfolio as compliance
from projections.crm import queries as crm
from projections.crm.queries import MemberRow, TownCount
from projections.engine.reading import Reader
from projections.oversight import portfolio as oversight_portfolio
from projections.oversight import queries as oversight
from projections.oversight.queries import OfficeHourRow
from projections.tariffs import queries as tariff_view
from services.access import allow, commune_named, tenant_of
from services.commands.perform import NotFoundError
from services.web.case_words import EXEMPTION_KINDS, badge, left
from services.web.clauses import title as clause_title
from services.web.deadlines import Deadline, deadlines
from services.web.desk import Desk
from services.web.exemptions import factor_words
from services.web.exports import FileKind, download
from services.web.grids import cell_name, cells_of, table
from services.web.insurer.blueprint import blueprint
from services.web.insurer.exemptions import STATES
from services.web.insurer.view import Held, held
from services.web.partnership import Partner, partners
from services.web.render import page
from services.web.standing import slots
from services.web.town_facts import drawn, people_of, telling
from services.web.town_pages import cell_key, chosen
from services.web.town_words import headline_of, tally
from services.web.typography import count, day, in_words, plural
from services.web.words import STAGES

_SOME_MEMBERS: Final = 10
_PAST: Final = timedelta(days=400)
_TO_COME: Final = timedelta(days=400)


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """A commune, as the head of a page about it names it."""

    commune: Commune

    @property
    def label(self) -> str:
        """As crumbs name it."""
        return f"{self.commune.name} ({self.commune.code})"


class Place(Where, frozen=True, kw_only=True):
    """A commune with its insurer's partner; what every page about it begins with."""

    partner: Partner


class Daily(msgspec.Struct, frozen=True, kw_only=True):
    """What changes by the day: members, office hours, and what is due."""

    members: list[MemberRow]
    counted: TownCount | None
    hours: list[OfficeHourRow]
    due: list[Deadline]

    def coming(self, today: date) -> list[OfficeHourRow]:
        """The office hours to come."""
        return [row for row in self.hours if row.state == "planned" and row.on_day >= today]


def place(desk: Desk, code: str) -> Place:
    """The commune and what binds the insurer to it. Raises NotFoundError where it has no convention."""
    tenant = tenant_of(code)
    found = desk.read(lambda reader: partners(reader, tenant, [desk.accord], desk.today))
    if not found:
        raise NotFoundError(code)
    return Place(commune=commune_named(code), partner=found[0])


def to_report(row: OfficeHourRow, today: date) -> bool:
    """Whether the day of an office hour has passed, and nobody has said what became of it."""
    return row.state == "overdue" or (row.state == "planned" and row.on_day < today)


@blueprint.get("/communes/<commune:code>")
@allow("insurer")
def town(code: str) -> ResponseReturnValue:
    """The commune's page."""
    where = held(code)
    partner, today, found = where.partner, where.sight.today, where.town
    daily = where.sight.read(lambda reader: _daily(reader, where))
    owner = partner.owner
    people = people_of(partner)
    return page(
        "insurer/town.jinja",
        where=where,
        links=where.links,
        partner=partner,
        title=_title(where),
        stage=STAGES[partner.stage],
        members=daily.members,
        counted=daily.counted,
        coming=daily.coming(today),
        silent=[row for row in daily.hours if to_report(row, today)],
        due=daily.due,
        register=found.register[owner],
        tally=tally(found.register[owner]),
        cases=[(case, badge(case), headline_of(found, case)) for case in found.cases],
        left=left,
        exemptions=found.exemptions,
        exemption_states=STATES,
        kinds=EXEMPTION_KINDS,
        said=factor_words,
        citations=found.citations,
        grid=table(cells_of(partner.grid)) if partner.grid else None,
        slots={slot.grid.id: slot for slot in slots(partner.grids)},
        broken={breach.grid for breach in found.breaches if breach.holds(today)},
        corrected={grid.corrects: grid.id for grid in partner.grids if grid.corrects},
        titles={(owner, each["id"]): clause_title(each) for each in partner.convention.commitments},
        people=people,
        drawn=drawn(found, partner, chosen(people, partner) or telling(found, partner), today),
        cell_key=cell_key,
        cell_name=cell_name,
        facts=_facts(where, daily),
        search=url_for(".members", code=code),
        today=today,
        read=where.sight.seal,
    )


@blueprint.get("/communes/<commune:code>/grilles.<any(csv, xlsx):kind>")
@allow("insurer")
def grids_file(code: str, kind: FileKind) -> ResponseReturnValue:
    """Every grid of the commune as a file, the last notified first."""
    partner = held(code).partner
    lasts = {slot.grid.id: slot.last for slot in slots(partner.grids)}
    return download(
        kind,
        f"grilles-{code}",
        (
            "Grille", "Effet", "Dernier jour", "Notifiée le", "Décidée par", "Décidée le", "Justificatif", "Rectifie",
            "Motif", "Prix", "Écriture",
        ),
        (
            (
                row.id, row.effective_on, lasts.get(row.id), row.notified_on, row.decided_by, row.decided_on,
                "remis" if row.justified else "aucun", row.corrects, row.reason, row.cells, row.position,
            )
            for row in sorted(partner.grids, key=lambda grid: -grid.position)
        ),
    )  # fmt: skip


@blueprint.get("/communes/<commune:code>/derogations.<any(csv, xlsx):kind>")
@allow("insurer")
def exemptions_file(code: str, kind: FileKind) -> ResponseReturnValue:
    """Every exemption of the commune as a file, the last changed first."""
    found = held(code).town.exemptions
    return download(
        kind,
        f"derogations-{code}",
        ("Nature", "Effet", "Engagements", "Du", "Au", "État", "Demandée le", "Décidée le", "Décidée par", "Motif"),
        (
            (
                EXEMPTION_KINDS[terms.kind], factor_words(terms.factor), ", ".join(terms.commitments), terms.valid_from,
                terms.valid_to, STATES[row.state], row.requested_at, row.decided_on, row.decided_by, row.reason,
            )
            for row in found
            if (terms := row.granted or row.asked) is not None
        ),
    )  # fmt: skip


def _daily(reader: Reader, where: Held) -> Daily:
    desk, partner = where.sight.desk, where.partner
    today, owner = desk.today, desk.accord
    members = reader.later(lambda reader: crm.members(reader, partner.tenant, desk.own, limit=_SOME_MEMBERS))
    counted = reader.later(lambda reader: crm.members_by_town(reader, desk.own, today, partner.tenant))
    hours = reader.later(
        lambda reader: oversight.office_hours(
            reader, partner.tenant, [owner], first=today - _PAST, last=today + _TO_COME, limit=500
        )
    )
    return Daily(
        due=_due(reader, where),
        members=members.found,
        counted=counted.found.get(partner.tenant),
        hours=hours.found,
    )


def _due(reader: Reader, where: Held) -> list[Deadline]:
    """What is due of every convention of the commune, the first first."""
    today, tenant, owner = where.sight.today, where.partner.tenant, where.sight.desk.accord
    cases = reader.later(lambda reader: compliance.cases_due(reader, owner, tenant))
    ends = reader.later(lambda reader: tariff_view.exemptions_to_end(reader, owner, today, tenant))
    applied = reader.later(lambda reader: tariff_view.last_applied(reader, owner, tenant))
    last = reader.later(lambda reader: tariff_view.last_effective(reader, owner, tenant))
    agreements = reader.later(lambda reader: oversight_portfolio.agreements(reader, owner, today, tenant))
    years = {name: year for (_, name), year in applied.found.items()}
    found = [
        deadline
        for agreement in agreements.found
        for deadline in deadlines(
            agreement,
            today,
            cases=[case for case in cases.found if case.convention == agreement.id],
            last_effective=last.found[tenant, agreement.id].effective_on
            if (tenant, agreement.id) in last.found
            else None,
            applied=years,
            exemptions=[row for row in ends.found if row.convention == agreement.id],
        )
    ]
    return sorted(found, key=lambda each: each.on)


def _title(where: Held) -> str:
    name, partner = where.commune.name, where.partner
    if partner.convention.state == "refused":
        return f"{name} : la ville ne reconnaît pas la convention"
    if not partner.open:
        return f"{name} : la ville n’a pas encore confirmé la convention"
    counts = tally(where.town.register[partner.owner])
    for state, one, many in (
        ("broken", "engagement est rompu", "engagements sont rompus"),
        ("disputed", "engagement est contesté", "engagements sont contestés"),
    ):
        if counts.get(state):
            return f"{name} : {in_words(counts[state])} {plural(counts[state], one, many)}"
    if not partner.judged:
        return f"{name} : vérification de la nouvelle grille en cours"
    if partner.stage == "ended":
        return f"{name} : la convention est terminée"
    return f"{name} : aucun engagement rompu"


def _facts(where: Held, daily: Daily) -> list[tuple[Any, Any, str]]:
    today, counted = where.sight.today, daily.counted
    coming = next(iter(daily.coming(today)), None)
    ours = [case for case in where.town.cases if case.turn == "insurer"]
    theirs = sum(case.turn == "town" for case in where.town.cases)
    first = min((case.due_on for case in ours if case.due_on), default=None)
    convention = where.partner.convention
    return [
        (
            "Adhérents ce jour",
            counted.members if counted else "Non communiqué",
            _left(counted) if counted else "aucune adhésion enregistrée",
        ),
        (
            "Dossiers à traiter",
            len(ours),
            f"agir avant le {day(first)}"
            if first
            else count(theirs, "attend la ville", "attendent la ville"),
        ),
        (
            "Prochaine permanence",
            day(coming.on_day) if coming else "Aucune prévue",
            coming.place if coming else "",
        ),
        (
            "Dernier jour" if convention.notice else "Fin de convention",
            day(convention.last_day),
            "résiliation notifiée" if convention.notice else f"préavis de {convention.notice_months} mois",
        ),
    ]


def _left(counted: TownCount) -> str:
    others = counted.ever - counted.members
    return f"sur {count(counted.ever, 'adhésion')} depuis le début" if others else "personne n’est parti"
