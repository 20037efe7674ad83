"""A town and one of its insurers, read together: what was signed, promised, charged and held, and where it stands.

The insurer's page of a town and the town's own pages show the same `Partner`.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from domain.tenancy import siren_of
from projections.compliance import queries as compliance
from projections.compliance.queries import BreachRow, StandingRow
from projections.engine.reading import Later, Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow, FiguresRow, MonthOfOfficeHours
from projections.tariffs import queries as tariff_view
from projections.tariffs.queries import GridRow
from services.web.standing import (
    PROMISE,
    Standing,
    by_urgency,
    ended_months,
    in_force,
    promise,
    stage,
    standings,
)


class Promised(msgspec.Struct, frozen=True):
    """A month of office hours: how many were promised, and what became of them."""

    month: str
    promised: int | None
    planned: int
    held: int
    cancelled: int
    overdue: int
    visitors: int
    current: bool


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """One insurer in one town. `convention` is the one that counts today; `grids` and `standings` are its own."""

    tenant: str
    owner: str
    name: str
    convention: ConventionRow
    others: Sequence[ConventionRow]
    stage: str
    grids: Sequence[GridRow]
    grid: GridRow | None
    judged: bool
    tariff: Sequence[Standing]
    promise: Standing | None
    months: Sequence[Promised]
    figures: Sequence[FiguresRow]

    @property
    def siren(self) -> str:
        """The insurer's number."""
        return siren_of(self.owner)

    @property
    def standings(self) -> list[Standing]:
        """Every commitment, the worst first."""
        return by_urgency([*self.tariff, *([self.promise] if self.promise else [])])

    @property
    def broken(self) -> list[Standing]:
        """The commitments that are broken."""
        return [standing for standing in self.tariff if standing.state == "broken"]

    @property
    def latest(self) -> FiguresRow | None:
        """The newest published month."""
        return self.figures[-1] if self.figures else None

    @property
    def open(self) -> bool:
        """Whether the town has recognised the convention."""
        return self.convention.state == "confirmed"

    @property
    def fictitious(self) -> bool:
        """Whether the convention is an example. A name that says so itself needs no second mark."""
        return self.convention.fictitious and "(ficti" not in self.name


def judged_up_to(reader: Reader) -> int:
    """The position up to which every grid has been checked and the views show what was found."""
    judge = reader.value("select position from projection.follower where name = 'judge'") or 0
    return min(int(judge), reader.position("compliance"))


def main_convention(rows: Sequence[ConventionRow], today: date) -> ConventionRow:
    """Of several conventions with one insurer, the one that counts today; of two, the one that started later."""
    order = ("current", "notice", "declared", "refused", "upcoming", "ended")
    return min(rows, key=lambda row: (order.index(stage(row, today)), -row.starts_on.toordinal()))


def by_owner(rows: Sequence[ConventionRow]) -> dict[str, list[ConventionRow]]:
    """The conventions of each drawer."""
    found: dict[str, list[ConventionRow]] = {}
    for row in rows:
        found.setdefault(row.owner, []).append(row)
    return found


def partners(
    reader: Reader,
    tenant: str,
    owners: Sequence[str],
    today: date,
    *,
    breaches: Later[list[BreachRow]] | None = None,
    figures: bool = True,
) -> list[Partner]:
    """The insurers that have a convention in a town, those with something broken first.

    `breaches` if they are asked for already; without `figures`, no published month.
    """
    checked = reader.later(judged_up_to)
    breaches = breaches or reader.later(lambda reader: compliance.breaches(reader, tenant, owners))
    grids = reader.later(lambda reader: tariff_view.grids(reader, tenant, owners))
    rows = reader.later(lambda reader: compliance.standings(reader, tenant, owners))
    published = reader.later(lambda reader: oversight.figures(reader, tenant, owners) if figures else [])
    every = by_owner(oversight.conventions(reader, tenant, owners, as_of=today))
    months = {owner: _months(reader, main_convention(mine, today)) for owner, mine in every.items()}
    found = [
        partner(
            mine,
            [grid for grid in grids.found if grid.owner == owner],
            [row for row in rows.found if row.owner == owner],
            [breach for breach in breaches.found if breach.owner == owner],
            months[owner].found,
            [row for row in published.found if row.owner == owner],
            today=today,
            checked=checked.found,
        )
        for owner, mine in every.items()
    ]
    return sorted(found, key=lambda each: (not each.broken, each.name))


def _months(reader: Reader, convention: ConventionRow) -> Later[list[MonthOfOfficeHours]]:
    first, last = convention.starts_on, convention.last_day
    return reader.later(
        lambda reader: oversight.office_hours_by_month(
            reader, convention.tenant, [convention.owner], first, last
        )
    )


def partner(
    conventions: Sequence[ConventionRow],
    grids: Sequence[GridRow],
    rows: Sequence[StandingRow],
    breaches: Sequence[BreachRow],
    months: Sequence[MonthOfOfficeHours] | None,
    figures: Sequence[FiguresRow],
    *,
    today: date,
    checked: int,
) -> Partner:
    """One insurer in one town, from the rows of its own drawer; without `months`, no promise of office hours."""
    convention = main_convention(conventions, today)
    mine = [grid for grid in grids if grid.convention == convention.id]
    newest = max((grid.position for grid in mine), default=0)
    judged = newest <= checked
    confirmed = convention.state == "confirmed"
    return Partner(
        tenant=convention.tenant,
        owner=convention.owner,
        name=convention.insurer_name,
        convention=convention,
        others=[row for row in conventions if row is not convention],
        stage=stage(convention, today),
        grids=mine,
        grid=in_force(mine, today),
        judged=judged,
        tariff=standings(convention, mine, rows, breaches, today, judged=judged) if confirmed else [],
        promise=promise(convention, months, today) if confirmed and months is not None else None,
        months=_promised(convention, months, today) if months is not None else [],
        figures=figures,
    )


def _promised(convention: ConventionRow, months: Sequence[MonthOfOfficeHours], today: date) -> list[Promised]:
    """Month by month, the newest first: none to come, and none left out in which nothing was planned."""
    known = {row.month: row for row in months if row.month <= f"{today:%Y-%m}"}
    names = set(known)
    if convention.office_hours_per_month is not None:
        names.update(ended_months(convention.starts_on, min(today, convention.last_day)))
    none = MonthOfOfficeHours(month="", planned=0, held=0, cancelled=0, overdue=0, visitors=0)
    found = []
    for name in sorted(names, reverse=True):
        row = known.get(name, none)
        found.append(
            Promised(
                name,
                convention.office_hours_per_month,
                row.planned,
                row.held,
                row.cancelled,
                row.overdue,
                row.visitors,
                name == f"{today:%Y-%m}",
            )
        )
    return found


__all__ = [
    "PROMISE",
    "Partner",
    "Promised",
    "by_owner",
    "judged_up_to",
    "main_convention",
    "partner",
    "partners",
]
