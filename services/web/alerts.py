"""A broken commitment as a page: what was promised, what happened, and the entries of the ledger it rests on.

The same for the town that was promised and the insurer that promised.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from projections.compliance.queries import BreachRow, GridRow
from services.commands.perform import NotFoundError
from services.web.charts import Measure, Steps, measure, steps
from services.web.grids import cell_name, cells_of, named, same_person
from services.web.partnership import Partner
from services.web.standing import slots
from services.web.typography import eur, rise


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A dated fact with its entry in the ledger; `tone` is a state, None for what is neutral."""

    on: date | datetime
    entry: int | None
    words: str
    tone: str | None = None
    grid: str | None = None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One breach with everything that is shown of it; `rows` are all cells of the same commitment and grid."""

    breach: BreachRow
    cell: str
    rows: Sequence[tuple[BreachRow, str, int | None]]
    clause: dict[str, Any]
    partner: Partner
    picture: Measure
    history: Steps | None
    prices: Sequence[tuple[GridRow, int]]
    facts: Sequence[Fact]
    applied: bool
    over: bool


def alert(partners: Sequence[Partner], breaches: Sequence[BreachRow], identity: str, today: date) -> Alert:
    """The alert with this id. Raises NotFoundError."""
    breach = next((row for row in breaches if row.id == identity), None)
    if breach is None:
        raise NotFoundError(identity)
    partner = next((each for each in partners if each.owner == breach.owner and _of(each, breach)), None)
    if partner is None:
        raise NotFoundError(identity)
    clause = next((each for each in partner.convention.commitments if each["id"] == breach.commitment), None)
    every = {slot.grid.id: slot for slot in slots(partner.grids)}
    slot = every.get(breach.grid)
    if clause is None or slot is None:
        raise NotFoundError(identity)
    cell = named(breach)
    prices = [
        (each.grid, price)
        for each in slots(partner.grids)
        if each.last is None or each.last >= each.first
        if (each.first, each.grid.position) <= (slot.first, slot.grid.position)
        if (price := same_person(cells_of(each.grid), cell)) is not None
    ]
    in_force = [price for grid, price in prices if grid.id != breach.grid]
    limit, observed = breach.limit_price or 0, breach.observed_price or 0
    applied = breach.from_on <= today
    mine = sorted(
        (row for row in breaches if (row.owner, row.convention, row.commitment, row.grid)
         == (breach.owner, breach.convention, breach.commitment, breach.grid)),
        key=lambda row: (row.id != breach.id, -(row.excess or 0)),
    )  # fmt: skip
    former = {row.id: _before(partner, row, slot.first) for row in mine}
    return Alert(
        breach=breach,
        cell=cell_name(cell),
        rows=[(row, cell_name(named(row)), former[row.id]) for row in mine],
        clause=clause,
        partner=partner,
        picture=measure(
            breach.anchor_price or 0, limit, observed, in_force[-1] if in_force else None, applied=applied
        ),
        history=_history(prices, breach, today),
        prices=prices,
        facts=_facts(partner, breach, prices),
        applied=applied,
        over=slot.over(today),
    )


def _of(partner: Partner, breach: BreachRow) -> bool:
    return partner.convention.id == breach.convention


def _before(partner: Partner, breach: BreachRow, first: date) -> int | None:
    earlier = [slot for slot in slots(partner.grids) if slot.first < first and slot.grid.id != breach.grid]
    return same_person(cells_of(earlier[-1].grid), named(breach)) if earlier else None


def _history(prices: Sequence[tuple[GridRow, int]], breach: BreachRow, today: date) -> Steps | None:
    """The price over time; None when there is no price before the one that breaks the commitment."""
    known = [(grid.effective_on, price) for grid, price in prices]
    if len(known) < 2 or breach.limit_price is None or breach.observed_price is None:
        return None
    last = max(breach.from_on, today)
    until = date(last.year + 1, last.month, 1)
    return steps(known, (breach.from_on, breach.limit_price, breach.observed_price), until)


def _facts(partner: Partner, breach: BreachRow, prices: Sequence[tuple[GridRow, int]]) -> list[Fact]:
    """The newest first: the breach, the grids that led to it, the convention."""
    found = [
        Fact(on=breach.detected_at, entry=breach.position, words="Rupture constatée", tone="broken"),
    ]
    before: int | None = None
    lines = []
    for grid, price in prices:
        change = f", {rise(before, price)}" if before is not None else ""
        verb = "annoncée" if grid.id == breach.grid else "notifiée"
        lines.append(
            Fact(
                on=grid.recorded_at,
                entry=grid.position,
                words=f"Grille « {grid.id} » {verb}, effet le {grid.effective_on:%d/%m/%Y} : {eur(price)}{change}",
                tone="broken" if grid.id == breach.grid else None,
                grid=grid.id,
            )
        )
        before = price
    found += reversed(lines)
    found.append(
        Fact(
            on=partner.convention.signed_on,
            entry=partner.convention.position,
            words=f"Convention signée avec {partner.name}",
        )
    )
    return found
