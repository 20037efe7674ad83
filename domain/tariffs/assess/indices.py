"""The published figures that a cap may follow: what an index came to, as far as it was published on a day.

A figure is taken as it was published last before that day; a later revision does not change what was said.
"""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from domain.tariffs.assess.model import IndexName, IndexValue

NAMES: Final = {
    IndexName.IPC_HT_AVG: "inflation hors tabac de",
    IndexName.PMSS: "évolution du plafond de la Sécurité sociale en",
    IndexName.ONDAM: "Ondam de",
}
"""How an index is named in French, to be followed by its year."""


class Reading(NamedTuple):
    """What an index came to in a year: an exact percentage."""

    year: int
    percent: Fraction


class Index:
    """One index by year, as published."""

    def __init__(self, name: IndexName, values: Iterable[IndexValue]) -> None:
        own = sorted((value for value in values if value.index is name), key=lambda value: value.published_on)
        self._is_ratio = name is IndexName.PMSS
        self._lag = 1 if name is IndexName.IPC_HT_AVG else 0
        self._values = own

    def year_for(self, effective_on: date) -> int:
        """The year whose figure bounds the prices of a grid that takes effect on that day."""
        return effective_on.year - self._lag

    def published(self, year: int, as_of: date) -> Reading | None:
        """What the index came to in that year, by what was published on or before `as_of`; None if it was not."""
        return self._computed(year, self._figures(as_of))

    def latest_before(self, year: int, as_of: date) -> Reading | None:
        """The same for the latest earlier year for which it can be computed."""
        figures = self._figures(as_of)
        computed = (self._computed(each, figures) for each in sorted(figures, reverse=True) if each < year)
        return next((found for found in computed if found is not None), None)

    def _figures(self, as_of: date) -> dict[int, Fraction]:
        return {value.year: value.value for value in self._values if value.published_on <= as_of}

    def _computed(self, year: int, figures: dict[int, Fraction]) -> Reading | None:
        value = figures.get(year)
        if value is None or not self._is_ratio:
            return None if value is None else Reading(year, value)
        before = figures.get(year - 1)
        return None if before is None else Reading(year, (value / before - 1) * 100)
