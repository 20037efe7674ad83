"""The dry run of a grid: which price breaks which commitment, by how much, before anything is notified.

It is judged by the same function that the judge uses; nothing of it is kept.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from domain.money import format_euros
from domain.partnerships.convention import Convention
from domain.tariffs.assess import ASSESS_VERSION, BROKEN, VERSIONS, Cell, CellId, Finding, read_scenario
from domain.tariffs.grid import to_document
from domain.tariffs.tariff import Tariff
from domain.tenancy import Owner, Tenant
from projections.compliance.queries import GridRow
from services.asking import parts
from services.commands import tariffs
from services.commands.partnerships import convention_stream
from services.commands.perform import NotFoundError
from services.commands.tariffs import GivenCell, NotifyGrid, given_cells, tariff_stream
from services.web.grids import cell_name, cells_of, same_person, whom
from services.web.partnership import Partner


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A price on trial: what it was, what it becomes, the lowest limit over it and the clause that sets that limit."""

    name: str
    who: str
    formula: str
    old: int | None
    new: int
    limit: int | None
    clause: str
    broken: bool

    @property
    def excess(self) -> int:
        """Cents above the limit, below zero when there is room left."""
        return self.new - self.limit if self.limit is not None else 0


def trials(partner: Partner, command: NotifyGrid) -> list[Trial]:
    """The dry run: the same judgement as the one that will be recorded, price by price."""
    ledger, tenant, owner = parts().ledger, Tenant(partner.tenant), Owner(partner.owner)
    convention = ledger.find(Convention, convention_stream(tenant, owner, partner.convention.id))
    if convention is None:
        raise NotFoundError(partner.convention.id)
    convention.demand_confirmed()
    tariff = ledger.find(Tariff, tariff_stream(tenant, owner, partner.convention.id))
    known = [grid for grid in (tariff.grids if tariff else []) if grid.grid != command.id]
    cells = given_cells(command.cells)
    raw: dict[str, Any] = tariffs.scenario(ledger, convention, known)
    # The draft joins the scenario and not the ledger: nothing of a dry run is kept.
    raw["grids"].append(
        {
            "id": command.id,
            "effective_on": command.effective_on.isoformat(),
            "notified_on": (command.notified_on or date.min).isoformat(),
            "recorded_at": parts().clock.now().isoformat(),
            "justified": command.justified,
            "cells": msgspec.json.decode(to_document(cells))["cells"],
        }
    )
    findings = VERSIONS[ASSESS_VERSION](read_scenario(raw))
    clauses = {commitment.id: commitment for commitment in convention.commitments}
    lowest: dict[CellId, Finding] = {}
    for finding in findings:
        if (
            finding.grid != command.id
            or not isinstance(finding.cell, CellId)
            or not isinstance(finding.limit, int)
        ):
            continue
        present = lowest.get(finding.cell)
        if present is None or (isinstance(present.limit, int) and finding.limit < present.limit):
            lowest[finding.cell] = finding
    earlier = _earlier(partner.grids, command.effective_on)
    former = cells_of(earlier) if earlier else ()
    return [_trial(cell, former, lowest.get(cell.id), clauses) for cell in cells]


def _trial(cell: Cell, former: Sequence[Cell], finding: Finding | None, clauses: dict[str, Any]) -> Trial:
    limit = finding.limit if finding is not None and isinstance(finding.limit, int) else None
    return Trial(
        name=cell_name(cell.id),
        who=whom(cell.id),
        formula=cell.id.formula,
        old=same_person(former, cell.id),
        new=cell.monthly,
        limit=limit,
        clause=clauses[finding.commitment].article if finding is not None else "",
        broken=finding is not None and finding.verdict in BROKEN,
    )


def _earlier(grids: Sequence[GridRow], effective_on: date) -> GridRow | None:
    known = [grid for grid in grids if grid.effective_on < effective_on]
    return max(known, key=lambda grid: (grid.effective_on, grid.position), default=None)


def broken(trials: Sequence[Trial]) -> list[Trial]:
    """The prices above a limit, the largest excess first."""
    return sorted((trial for trial in trials if trial.broken), key=lambda trial: -trial.excess)


def lowered(cells: Sequence[GivenCell], trials: Sequence[Trial]) -> list[GivenCell]:
    """The same cells, each price above its limit brought down to it."""
    limits = {
        (trial.formula, trial.who): trial.limit
        for trial in trials
        if trial.broken and trial.limit is not None
    }
    found = []
    for cell in cells:
        key = (cell.formula, whom(CellId(cell.formula, cell.category, cell.role, cell.age_from, cell.age_to)))
        limit = limits.get(key)
        found.append(
            msgspec.structs.replace(cell, monthly=format_euros(limit)) if limit is not None else cell
        )
    return found
