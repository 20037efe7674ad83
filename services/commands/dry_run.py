"""What the tariff check would find if a grid were notified now: for the insurer, before the town is told.

The same `findings_of` as at notifying and afterwards. Nothing is recorded, the grid's document neither.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

import msgspec
from eventsourcing.persistence import PersistenceError

from domain.money import format_decimal
from domain.partnerships.convention import Convention
from domain.refusal import Refused
from domain.tariffs.assess import BROKEN, Cell, CellId, Finding, ScenarioError, Timeline, read_scenario
from domain.tariffs.prepared import Target
from domain.tenancy import Owner, Tenant, accord, commune, siren_of, stream
from infra.ledger import Ledger
from services.commands.dossier import (
    Documents,
    Dossier,
    Json,
    dossier_of,
    findings_of,
    scenarios,
)
from services.commands.given import demand_declared_rise, given_grid
from services.commands.limits import earliest, highest
from services.commands.perform import Ask, NotFoundError, load
from services.commands.tariffs import NotifyGrid, NotifyToTowns, draft_of, expanded


class TriedCell(msgspec.Struct, frozen=True, kw_only=True):
    """A price on trial, in cents a month.

    `before` is the price on the day before the grid's first (None: there was none), `percent` the change with two
    decimals. `highest` is the highest price that no commitment forbids on any day of the grid (None: none limits
    it), `limited_by` the commitment that sets it. `broken` are the commitments that the price breaks.
    """

    cell: CellId
    price: int
    before: int | None
    change: Literal["new", "unchanged", "risen", "fallen"]
    percent: str | None
    highest: int | None
    limited_by: str | None
    broken: tuple[str, ...]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A dry run: all findings of the convention with the grid among them, its prices, and the first lawful day.

    `earliest` is the first day from which on, notified when it is, no notice or window forbids it; None when there is
    none in the years to come. `notice_broken` says that the chosen day is not lawful.
    """

    grid: str
    findings: tuple[Finding, ...]
    cells: Sequence[TriedCell]
    earliest: date | None
    notice_broken: bool

    @property
    def broken(self) -> list[Finding]:
        """What the grid itself breaks."""
        return [one for one in self.findings if one.grid == self.grid and one.verdict in BROKEN]


class TownTrial(msgspec.Struct, frozen=True, kw_only=True):
    """The dry run in one of many towns, or the error that prevents it."""

    town: Target
    grid: str
    findings: tuple[Finding, ...] = ()
    error: Exception | None = None


def dry_run(ledger: Ledger, tenant: Tenant, owner: Owner, command: NotifyGrid, ask: Ask) -> Trial:
    """Try a grid. A convention that waits for the town may be tried too.

    Raises NotFoundError, Refused for a grid that is not one, ScenarioError for what cannot be judged.
    """
    dossier, draft, cells = _tried(ledger, tenant, owner, command, ask)
    findings = findings_of(dossier, ledger.documents, draft=draft)
    limits = highest(dossier, ledger.documents, draft)
    before = _before(dossier, ledger.documents, draft)
    broken: dict[CellId, list[str]] = {}
    for finding in findings:
        if finding.grid == command.id and finding.verdict in BROKEN and isinstance(finding.cell, CellId):
            broken.setdefault(finding.cell, []).append(finding.commitment)
    return Trial(
        grid=command.id,
        findings=findings,
        cells=[
            _cell(
                cell, before.get(cell.id), limits.get(cell.id), tuple(dict.fromkeys(broken.get(cell.id, ())))
            )
            for cell in sorted(cells, key=lambda cell: cell.id.order)
        ],
        earliest=earliest(dossier, ledger.documents, draft, ask.today),
        notice_broken=any(
            one.grid == command.id and one.rule in {"NOTICE", "CHANGE_WINDOW"} and one.verdict in BROKEN
            for one in findings
        ),
    )


def dry_run_many(ledger: Ledger, owner: Owner, command: NotifyToTowns, ask: Ask) -> Iterator[TownTrial]:
    """Try a grid in many towns, one after the other: the findings alone. `owner` is the insurer's own drawer.

    Raises NotFoundError for a prepared grid that is not there, Refused when it is not complete.
    """
    towns, told = expanded(ledger, owner, command)
    return (_town(ledger, accord(siren_of(owner)), town, told, ask) for town in towns)


def _town(ledger: Ledger, binding: Owner, town: Target, told: NotifyGrid, ask: Ask) -> TownTrial:
    command = msgspec.structs.replace(told, convention=town.convention)
    try:
        dossier, draft, _ = _tried(ledger, commune(town.commune), binding, command, ask)
        return TownTrial(
            town=town, grid=told.id, findings=findings_of(dossier, ledger.documents, draft=draft)
        )
    except (Refused, NotFoundError, ScenarioError, PersistenceError) as error:
        return TownTrial(town=town, grid=told.id, error=error)


def _tried(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: NotifyGrid, ask: Ask
) -> tuple[Dossier, Json, Sequence[Cell]]:
    convention = load(ledger, Convention, stream(tenant, owner, Convention.kind, command.convention))
    read = given_grid(command.cells, command.tax_percent)
    demand_declared_rise(command.declared_rise, read.cells)
    dossier = dossier_of(ledger, tenant, owner, convention)
    if command.corrects is not None and command.corrects not in {grid.grid for grid in dossier.grids}:
        raise Refused(
            "corrects-unknown",
            f"No grid {command.corrects} was notified under this convention.",
            path="$.corrects",
            grid=command.corrects,
        )
    return dossier, draft_of(command, read, ask), read.cells


def _before(dossier: Dossier, documents: Documents, draft: Json) -> dict[CellId, int]:
    """Prices on the day before the grid's first, a cell's parent standing in for it."""
    (period, *_) = scenarios(dossier, documents, draft=draft)
    tried = read_scenario(
        {
            **period.scenario,
            "convention": {**period.scenario["convention"], "commitments": []},
            "exemptions": [],
        }
    )
    timeline = Timeline(tried.grids)
    day = date.fromisoformat(draft["effective_on"]) - timedelta(days=1)
    grid = next(grid for grid in tried.grids if grid.id == draft["id"])
    prices = {cell.id: timeline.price_on(cell.id, day) for cell in grid.cells}
    return {cell: price for cell, price in prices.items() if price is not None}


def _cell(
    cell: Cell, before: int | None, limit: tuple[int, str] | None, broken: tuple[str, ...]
) -> TriedCell:
    change: Literal["new", "unchanged", "risen", "fallen"] = "new"
    if before is not None:
        change = "unchanged" if cell.monthly == before else "risen" if cell.monthly > before else "fallen"
    return TriedCell(
        cell=cell.id,
        price=cell.monthly,
        before=before,
        change=change,
        percent=format_decimal(Fraction(100 * (cell.monthly - before), before)) if before else None,
        highest=limit[0] if limit else None,
        limited_by=limit[1] if limit else None,
        broken=broken,
    )
