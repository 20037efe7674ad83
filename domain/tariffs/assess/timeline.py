"""Grids in time: which are known, which is in force on a day, and what a cell cost on a day.

Everything a check looks up per cell is computed here once, so that judging costs a few list accesses.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from domain.tariffs.assess.days import day_before, paris_day
from domain.tariffs.assess.model import CellId, Exemption, Grid, Scenario


def as_known(scenario: Scenario) -> Scenario:
    """The scenario without what was not known at its `as_known_at`; the same one when that is None."""
    instant = scenario.as_known_at
    if instant is None:
        return scenario
    today = paris_day(instant)

    def exemption_then(exemption: Exemption) -> Exemption:
        if exemption.revoked_on is not None and exemption.revoked_on > today:
            return msgspec.structs.replace(exemption, revoked_on=None)
        return exemption

    return msgspec.structs.replace(
        scenario,
        grids=tuple(grid for grid in scenario.grids if grid.recorded_at <= instant),
        reference_grids=tuple(grid for grid in scenario.reference_grids if grid.recorded_at <= instant),
        indices=tuple(value for value in scenario.indices if value.published_on <= today),
        headcounts=tuple(count for count in scenario.headcounts if count.taken_on <= today),
        exemptions=tuple(
            exemption_then(exemption) for exemption in scenario.exemptions if exemption.recorded_at <= instant
        ),
    )


def standing(grids: Sequence[Grid]) -> list[Grid]:
    """The grids that count, by effective day: corrections in the place of what they correct, shadowed ones left out.

    Of several corrections that descend from one grid, the latest recorded that nothing corrects stands.
    """
    by_id = {grid.id: grid for grid in grids}
    corrected = {grid.corrects for grid in grids}
    latest: dict[str, tuple[Grid, int]] = {}
    origins: dict[str, str] = {}
    for place, grid in enumerate(grids):
        if grid.id in corrected:
            continue
        origin = _origin(grid, by_id, origins)
        rival = latest.get(origin)
        if rival is None or (rival[0].recorded_at, rival[1]) < (grid.recorded_at, place):
            latest[origin] = (grid, place)
    ordered = sorted(
        latest.values(), key=lambda entry: (entry[0].effective_on, entry[0].recorded_at, entry[1])
    )
    return list({grid.effective_on: grid for grid, _ in ordered}.values())


def _origin(grid: Grid, by_id: dict[str, Grid], origins: dict[str, str]) -> str:
    """The id at the beginning of a chain of corrections; it may be that of a grid not known yet."""
    chain: set[str] = set()
    link = grid
    while link.id not in origins and link.corrects is not None and link.id not in chain:
        chain.add(link.id)
        earlier = by_id.get(link.corrects)
        if earlier is None:
            origins[link.id] = link.corrects
            break
        link = earlier
    origin = origins.get(link.id, link.id)
    origins.update(dict.fromkeys(chain, origin))
    return origin


class Slot(msgspec.Struct, frozen=True):
    """A grid and the days on which it is in force; `last` None: until further notice.

    `cells` are the timeline's numbers of its cells, in the order of findings; `prices` are theirs, in cents.
    """

    index: int
    grid: Grid
    first: date
    last: date | None
    cells: tuple[int, ...]
    prices: tuple[int, ...]


class History(NamedTuple):
    """What a cell or its ancestors cost: one entry for each grid that prices any of them, in parallel lists.

    `slots` holds the grids' places in the timeline, ascending; `prices` cents; `sources` the cell whose price it is;
    `runs` the slot in which the unbroken run at that price began.
    """

    slots: list[int]
    prices: list[int]
    sources: list[int]
    runs: list[int]

    def at(self, slot: int) -> int:
        """The entry that gives the price while that slot is in force, or -1: after a withdrawal the last one."""
        return bisect_right(self.slots, slot) - 1

    def add(self, slot: int, price: int, source: int) -> None:
        """Enter a later price."""
        unbroken = self.prices and self.prices[-1] == price
        self.runs.append(self.runs[-1] if unbroken else slot)
        self.slots.append(slot)
        self.prices.append(price)
        self.sources.append(source)


class Timeline:
    """The standing grids of a scenario. Cells are numbered in the order of findings."""

    def __init__(self, grids: Iterable[Grid]) -> None:
        known = tuple(grids)
        stand = standing(known)
        ids = {cell.id for grid in stand for cell in grid.cells}
        self.ids: list[CellId] = sorted(ids, key=lambda cell: cell.order)
        self.numbers = {cell: number for number, cell in enumerate(self.ids)}
        self.slots: list[Slot] = []
        self._firsts = [grid.effective_on for grid in stand]
        self._own = [History([], [], [], []) for _ in self.ids]
        # A cell's parent (-1: one that no grid prices), and the slot from which on it stands.
        self._parents: dict[int, tuple[int, int]] = {}
        self._merged: dict[tuple[int, ...], History] = {}
        self._known = {grid.id: grid for grid in known}
        self._declared: dict[CellId, tuple[CellId, date]] = {}
        for index, grid in enumerate(stand):
            last = day_before(self._firsts[index + 1]) if index + 1 < len(stand) else None
            self._enter(index, grid, last)

    def _enter(self, index: int, grid: Grid, last: date | None) -> None:
        numbers = self.numbers
        priced: dict[int, int] = {}
        for cell in grid.cells:
            number = numbers[cell.id]
            priced[number] = cell.monthly
            if cell.parent is not None and number not in self._parents:
                self._parents[number] = numbers.get(cell.parent, -1), index
                self._declared[cell.id] = cell.parent, grid.effective_on
        cells = tuple(sorted(priced))
        prices = tuple(priced[number] for number in cells)
        for number, price in zip(cells, prices, strict=True):
            self._own[number].add(index, price, number)
        self.slots.append(Slot(index, grid, grid.effective_on, last, cells, prices))

    def in_force(self, day: date) -> int:
        """The slot in force on a day, or -1 before the first grid."""
        return bisect_right(self._firsts, day) - 1

    def corrected(self, grid: Grid) -> Grid | None:
        """The grid that this one corrects, as it was; None for one that corrects nothing, or nothing known."""
        return None if grid.corrects is None else self._known.get(grid.corrects)

    def declared_parent(self, cell: CellId) -> tuple[CellId, date] | None:
        """The parent that the first standing grid to name one gives a cell, and that grid's effective day."""
        return self._declared.get(cell)

    def lineage(self, cell: int, slot: int) -> tuple[int, ...]:
        """The cell and its ancestors, nearest first, by what the grids up to that slot declare."""
        chain = {cell: None}  # in order, and quick to search
        last = cell
        while True:
            last, since = self._parents.get(last, (-1, 0))
            # Brackets that were split and joined again are each other's ancestors.
            if last < 0 or since > slot or last in chain:
                return tuple(chain)
            chain[last] = None

    def history(self, cell: int, slot: int) -> History:
        """The prices of a cell, its ancestors standing in for it, by what the grids up to that slot declare.

        It goes on after that slot: ask it for entries `at` that slot or an earlier one.
        """
        if cell not in self._parents:
            return self._own[cell]
        chain = self.lineage(cell, slot)
        merged = self._merged.get(chain)
        if merged is None:
            merged = self._merged[chain] = self._merge(chain)
        return merged

    def _merge(self, chain: tuple[int, ...]) -> History:
        found: dict[int, tuple[int, int]] = {}
        for member in reversed(chain):
            own = self._own[member]
            found.update((slot, (price, member)) for slot, price in zip(own.slots, own.prices, strict=True))
        merged = History([], [], [], [])
        for slot in sorted(found):
            merged.add(slot, *found[slot])
        return merged

    def price_on(self, cell: CellId, day: date) -> int | None:
        """Cents of a cell on a day, or None before its first price; all grids' declarations of parents count."""
        number = self.numbers.get(cell)
        if number is None:
            return None
        history = self.history(number, len(self.slots))
        entry = history.at(self.in_force(day))
        return history.prices[entry] if entry >= 0 else None
