"""Finds the cell that a person pays: by formula, category, role and age, in the grid in force on a day."""

from datetime import date

from domain.tariffs.assess.model import CellId
from domain.tariffs.assess.timeline import Timeline

_Group = list[tuple[CellId, int]]


class PriceList:
    """The prices of the standing grids, by whom they are for; each grid is sorted when first asked for."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._groups: dict[int, dict[tuple[str, str, str], _Group]] = {}

    def find(self, day: date, formula: str, category: str, role: str, age: int) -> tuple[CellId, int] | None:
        """A person's cell on a day and its cents; None without one. Of several, the first in the order of findings."""
        slot = self._timeline.in_force(day)
        if slot < 0:
            return None
        groups = self._groups.get(slot)
        if groups is None:
            groups = self._groups[slot] = self._grouped(slot)
        for cell, price in groups.get((formula, category, role), ()):
            if cell.age_from <= age and (cell.age_to is None or age <= cell.age_to):
                return cell, price
        return None

    def grid_on(self, day: date) -> str | None:
        """The id of the grid in force on a day; None before the first."""
        slot = self._timeline.in_force(day)
        return self._timeline.slots[slot].grid.id if slot >= 0 else None

    def place(self, day: date) -> int:
        """By what findings of that day are ordered: the place of the grid in force, -1 without one."""
        return self._timeline.in_force(day)

    def _grouped(self, slot: int) -> dict[tuple[str, str, str], _Group]:
        groups: dict[tuple[str, str, str], _Group] = {}
        entry = self._timeline.slots[slot]
        for number, price in zip(entry.cells, entry.prices, strict=True):
            cell = self._timeline.ids[number]
            groups.setdefault((cell.formula, cell.category, cell.role), []).append((cell, price))
        return groups
