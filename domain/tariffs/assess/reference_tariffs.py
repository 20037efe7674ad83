"""The insurer's own tariff in time: which reference grid is in force on a day, and what a cell costs in it.

Nothing stands in for a cell that the grid in force does not price: neither a parent nor a withdrawn price.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from domain.tariffs.assess.model import CellId, ReferenceGrid


class ReferenceTariffs:
    """The reference grids that count: of those valid from one day the latest recorded, of equals the last listed."""

    def __init__(self, grids: Iterable[ReferenceGrid]) -> None:
        ordered = sorted(grids, key=lambda grid: (grid.valid_from, grid.recorded_at))
        standing = {grid.valid_from: grid for grid in ordered}
        self.starts: tuple[date, ...] = tuple(standing)
        self._prices = [{cell.id: cell.monthly for cell in grid.cells} for grid in standing.values()]

    def prices_on(self, day: date) -> Mapping[CellId, int]:
        """Cents by cell on a day; empty before the first grid."""
        place = sum(start <= day for start in self.starts)
        return self._prices[place - 1] if place else {}
