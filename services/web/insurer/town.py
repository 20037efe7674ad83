"""One commune as its insurer works in it: what binds them, who joined, what is charged, when people are received."""

from datetime import timedelta
from typing import Any, Final

import msgspec
from flask import url_for
from flask.typing import ResponseReturnValue

from infra.directory.records import Commune
from projections.crm import queries as crm
from projections.crm.queries import MemberRow, TownCount
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import CitationRow, OfficeHourRow
from services.access import allow, commune_named, tenant_of
from services.commands.perform import NotFoundError
from services.web.desk import Desk
from services.web.grids import cells_of, table
from services.web.insurer.blueprint import blueprint
from services.web.insurer.portfolio import to_report
from services.web.partnership import Partner, judged_up_to, partners
from services.web.render import page
from services.web.typography import count, day, eur, in_words, plural
from services.web.words import STAGES

_SOME_MEMBERS: Final = 10
_PAST: Final = timedelta(days=400)
_TO_COME: Final = timedelta(days=400)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A commune with its insurer's partner; what every page about it begins with."""

    commune: Commune
    partner: Partner

    @property
    def label(self) -> str:
        """As crumbs name it."""
        return f"{self.commune.name} ({self.commune.code})"


def place(desk: Desk, code: str) -> Place:
    """The commune and what binds the insurer to it. Raises NotFoundError where it has no convention."""
    tenant = tenant_of(code)
    checked = judged_up_to()
    found = desk.read(lambda reader: partners(reader, tenant, [desk.accord], desk.today, checked))
    if not found:
        raise NotFoundError(code)
    return Place(commune=commune_named(code), partner=found[0])


@blueprint.get("/communes/<commune:code>")
@allow("insurer")
def town(code: str) -> ResponseReturnValue:
    """The commune's page."""
    desk = Desk()
    where = place(desk, code)
    partner = where.partner

    def query(
        reader: Reader,
    ) -> tuple[list[MemberRow], TownCount | None, list[OfficeHourRow], list[CitationRow]]:
        return (
            crm.members(reader, partner.tenant, desk.own, limit=_SOME_MEMBERS),
            crm.members_by_town(reader, desk.own, desk.today, partner.tenant).get(partner.tenant),
            oversight.office_hours(
                reader,
                partner.tenant,
                [desk.accord],
                first=desk.today - _PAST,
                last=desk.today + _TO_COME,
                limit=500,
            ),
            oversight.citations(reader, partner.tenant),
        )

    members, counted, hours, citations = desk.read(query)
    return page(
        "insurer/town.jinja",
        where=where,
        partner=partner,
        title=_title(where),
        stage=STAGES[partner.stage],
        members=members,
        counted=counted,
        coming=[row for row in hours if row.state == "planned" and row.on_day >= desk.today],
        silent=[row for row in hours if to_report(row, desk.today)],
        citations=citations,
        grid=table(cells_of(partner.grid)) if partner.grid else None,
        effect=_effect(partner),
        facts=_facts(partner, counted, hours, desk),
        search=url_for(".members", code=code),
        read=desk.seal,
    )


def _title(where: Place) -> str:
    name, partner = where.commune.name, where.partner
    if not partner.open:
        return f"{name} : la ville n’a pas encore confirmé la convention"
    if partner.broken:
        cells = sum(len(standing.breaches) for standing in partner.broken)
        return f"{name} : {in_words(cells)} prix {plural(cells, 'dépasse', 'dépassent')} un engagement"
    if not partner.judged:
        return f"{name} : vérification de la nouvelle grille en cours"
    if partner.stage == "ended":
        return f"{name} : la convention est terminée"
    return f"{name} : aucun engagement rompu"


def _effect(partner: Partner) -> str | None:
    """When the grid that breaks something takes effect."""
    if not partner.broken:
        return None
    first = min(breach.from_on for standing in partner.broken for breach in standing.breaches)
    return day(first)


def _facts(
    partner: Partner, counted: TownCount | None, hours: list[OfficeHourRow], desk: Desk
) -> list[tuple[Any, Any, str]]:
    coming = next((row for row in hours if row.state == "planned" and row.on_day >= desk.today), None)
    worst = max((b.excess or 0 for s in partner.broken for b in s.breaches), default=0)
    return [
        (
            "Adhérents ce jour",
            counted.members if counted else "Non communiqué",
            _left(counted) if counted else "aucune adhésion enregistrée",
        ),
        (
            "Engagements rompus",
            len(partner.broken),
            f"jusqu’à {eur(worst)} de trop par mois"
            if worst
            else f"sur {count(len(partner.tariff), 'engagement')}",
        ),
        (
            "Prochaine permanence",
            day(coming.on_day) if coming else "Aucune prévue",
            coming.place if coming else "",
        ),
        (
            "Fin de convention",
            day(partner.convention.ends_on),
            f"préavis de {partner.convention.notice_months} mois",
        ),
    ]


def _left(counted: TownCount) -> str:
    others = counted.ever - counted.members
    return f"sur {count(counted.ever, 'adhésion')} depuis le début" if others else "personne n’est parti"
