"""What the prices of a whole grid are compared with: those of the day before, or those of the grid that it corrects.

A price that a cell lacks is that of its nearest ancestor; where no ancestor has one either, there is None.
"""

from collections.abc import Sequence

from domain.tariffs.assess.model import CellId, Grid
from domain.tariffs.assess.timeline import Slot, Timeline


def prices_before(timeline: Timeline, slot: Slot) -> list[int | None]:
    """Cents of the slot's cells on the day before it, in their order; None for a cell that is new."""
    before = slot.index - 1
    found: list[int | None] = []
    for cell in slot.cells:
        history = timeline.history(cell, slot.index)
        entry = history.at(before)
        found.append(history.prices[entry] if entry >= 0 else None)
    return found


def prices_corrected(timeline: Timeline, grid: Grid, corrected: Grid) -> dict[CellId, int]:
    """Cents that a corrected grid gave to the cells of the one that corrects it, for those that it priced."""
    former = {cell.id: cell.monthly for cell in corrected.cells}
    lineage = Lineage(timeline, grid)
    found = {}
    for cell in grid.cells:
        price = former.get(cell.id)
        if price is None:
            price = next((former[each] for each in lineage.ancestors(cell.id) if each in former), None)
        if price is not None:
            found[cell.id] = price
    return found


def notified_grid(timeline: Timeline, grid: Grid) -> Grid:
    """The grid whose notice and justification count for this one.

    A correction in which no cell rises keeps those of the grid that it corrects, which may have kept them in its turn.
    A cell that the corrected grid did not price cannot rise against it.
    """
    while True:
        corrected = timeline.corrected(grid)
        if corrected is None:
            return grid
        former = prices_corrected(timeline, grid, corrected)
        if any(cell.monthly > former.get(cell.id, cell.monthly) for cell in grid.cells):
            return grid
        grid = corrected


class Lineage:
    """Who descends from whom in the eyes of one grid: what earlier grids declare stands, then what it says itself.

    Unlike the timeline's, it tells of ancestors that no standing grid prices, and of a grid that no longer stands.
    """

    def __init__(self, timeline: Timeline, grid: Grid) -> None:
        self._timeline = timeline
        self._effective_on = grid.effective_on
        self._own = {cell.id: cell.parent for cell in grid.cells if cell.parent is not None}

    def ancestors(self, cell: CellId) -> Sequence[CellId]:
        """The ancestors of a cell, nearest first; brackets split and joined again are listed once."""
        chain = {cell: None}  # in order, and quick to search
        last = cell
        while True:
            parent = self._own.get(last)
            declared = self._timeline.declared_parent(last)
            if declared is not None and declared[1] < self._effective_on:
                parent = declared[0]
            if parent is None or parent in chain:
                return [*chain][1:]
            chain[parent] = None
            last = parent
