"""The communes of a grouping as lines, one for each insurer of each: how it stands, what is open, what is due next.

A few queries for each insurer, whatever the number of communes; a commune that has none is a line too.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from domain.tenancy import code_of, commune
from infra.directory.records import Commune
from projections.compliance import portfolio as compliance
from projections.compliance.portfolio import CaseDue, Tally
from projections.engine.reading import Reader
from projections.oversight import grouping as oversight
from projections.oversight import portfolio
from projections.oversight.portfolio import Agreement
from projections.oversight.queries import FiguresRow
from projections.tariffs import queries as tariff_view
from services.asking import parts
from services.communes import communes
from services.web.deadlines import Deadline, deadlines
from services.web.desk import Desk
from services.web.partnership import judged_up_to

WORST_FIRST: Final = ("broken", "disputed", "undecidable", "exempted", "kept", "none")
STAGES: Final = ("current", "notice", "declared", "refused", "upcoming", "ended", "without")
"""How far a convention is, the one that counts first; `without` is a commune that has none."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One insurer in one commune; without an insurer, a commune that has none.

    `agreement` is the convention that counts today. `judged` is whether its last grid was checked.
    """

    code: str
    name: str
    commune: Commune | None
    insurer: str | None = None
    owner: str | None = None
    agreement: Agreement | None = None
    stage: str = "without"
    tally: Tally | None = None
    judged: bool = True
    cases: int = 0
    deadlines: Sequence[Deadline] = ()
    figures: FiguresRow | None = None

    def number(self, state: str) -> int | None:
        """How many commitments are in a state; None where nothing is confirmed."""
        if self.agreement is None or self.agreement.state != "confirmed":
            return None
        return int(getattr(self.tally, state, 0)) if self.tally is not None else 0

    @property
    def state(self) -> str:
        """The worst state of its commitments."""
        if self.number("broken") is None:
            return "none"
        found = next((each for each in WORST_FIRST if self.number(each)), "none")
        return "undecidable" if not self.judged and found not in {"broken", "disputed"} else found

    @property
    def next(self) -> Deadline | None:
        """What is due first."""
        return self.deadlines[0] if self.deadlines else None

    @property
    def identity(self) -> str:
        """What tells it from other lines."""
        return f"{self.code}-{self.owner or ''}"


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the views say of one insurer in all communes, by commune."""

    agreements: Mapping[str, Sequence[Agreement]]
    cases: Sequence[CaseDue]
    deadlines: Mapping[tuple[str, str], Sequence[Deadline]]
    tallies: Mapping[tuple[str, str], Tally]
    grids: Mapping[tuple[str, str], int]
    names: Mapping[tuple[str, str, str], str]
    figures: Mapping[tuple[str, str], FiguresRow]


def lines_of(desk: Desk) -> list[Line]:
    """Every commune of the grouping that asks."""
    tenants = [commune(code) for code in desk.who.communes]
    known = communes(parts(), desk.who.communes)
    checked, found = desk.read(
        lambda reader: (
            judged_up_to(reader),
            {owner: _read(reader, desk, tenants, owner) for owner in desk.owners},
        )
    )
    lines = []
    for tenant in tenants:
        code = code_of(tenant)
        place = known.get(code)
        named: dict[str, Any] = {"code": code, "name": place.name if place else code, "commune": place}
        mine = [
            _line(named, tenant, owner, every, desk, checked)
            for owner, every in found.items()
            if every.agreements.get(tenant)
        ]
        lines += mine or [Line(**named)]
    return lines


def _read(reader: Reader, desk: Desk, tenants: Sequence[str], owner: str) -> _Found:
    today = desk.today
    agreements: dict[str, list[Agreement]] = {}
    for row in portfolio.agreements(reader, owner, today):
        if row.tenant in tenants:
            agreements.setdefault(row.tenant, []).append(row)
    cases = compliance.cases_due(reader, owner)
    grids = tariff_view.last_effective(reader, owner)
    ending = tariff_view.exemptions_to_end(reader, owner, today)
    applied: dict[str, dict[str, int]] = {}
    for (tenant, name), year in tariff_view.last_applied(reader, owner).items():
        applied.setdefault(tenant, {})[name] = year
    due = {
        (each.tenant, each.id): deadlines(
            each,
            today,
            cases=[case for case in cases if (case.tenant, case.convention) == (each.tenant, each.id)],
            last_effective=grids[each.tenant, each.id].effective_on
            if (each.tenant, each.id) in grids
            else None,
            applied=applied.get(each.tenant),
            exemptions=[row for row in ending if (row.tenant, row.convention) == (each.tenant, each.id)],
        )
        for mine in agreements.values()
        for each in mine
    }
    return _Found(
        agreements=agreements,
        cases=cases,
        deadlines=due,
        tallies=compliance.tallies(reader, owner),
        grids={where: row.position for where, row in grids.items()},
        names=oversight.insurer_names(reader, tenants, [owner]),
        figures=oversight.latest_figures(reader, tenants, [owner]),
    )


def _line(named: Mapping[str, Any], tenant: str, owner: str, found: _Found, desk: Desk, checked: int) -> Line:
    every = found.agreements[tenant]
    main = min(every, key=lambda each: (STAGES.index(each.stage(desk.today)), -each.starts_on.toordinal()))
    return Line(
        **named,
        insurer=found.names.get((tenant, owner, main.id), owner),
        owner=owner,
        agreement=main,
        stage=main.stage(desk.today),
        tally=found.tallies.get((tenant, main.id)),
        judged=found.grids.get((tenant, main.id), 0) <= checked,
        cases=sum(case.tenant == tenant for case in found.cases),
        deadlines=sorted(
            (due for each in every for due in found.deadlines[tenant, each.id]), key=lambda due: due.on
        ),
        figures=found.figures.get((tenant, owner)),
    )
