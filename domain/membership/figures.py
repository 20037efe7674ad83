"""The figures about members that a town may see: frozen at the end of a month, under statistical secrecy.

What is withheld is absent from the event itself: nobody can read it later.
"""

from collections.abc import Mapping
from datetime import date
from typing import ClassVar, Final, Self

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.membership.secrecy import shown_parts, shown_total

AGE_BANDS: Final[tuple[tuple[str, int, int], ...]] = (
    ("under_30", 0, 29),
    ("30_to_49", 30, 49),
    ("50_to_64", 50, 64),
    ("65_and_over", 65, 199),
)


@event("figures.published")
class FiguresPublished(Event, frozen=True, kw_only=True):
    """Members on the last day of `month` (`2026-10`). None is withheld: fewer than 11 people."""

    month: str
    on: date
    members: int | None
    by_age: dict[str, int | None]


class Figures(Aggregate, kw_only=True):
    """The published months of one insurer in one commune."""

    kind: ClassVar[str] = "figures"
    begins_with: ClassVar[type[Event]] = FiguresPublished

    months: tuple[str, ...] = ()

    @classmethod
    def publish(
        cls,
        figures: Self | None,
        stream: str,
        *,
        month: str,
        on: date,
        members: int,
        by_age: Mapping[str, int],
    ) -> Self:
        """Freeze the figures of a month; a month that was published stays as it is."""
        if figures is not None and month in figures.months:
            return figures
        total = shown_total(members)
        bands = shown_parts(by_age) if total is not None else dict.fromkeys(by_age, None)
        facts = {"month": month, "on": on, "members": total, "by_age": bands}
        if figures is None:
            return cls.begin(stream, **facts)
        figures.record(FiguresPublished, **facts)
        return figures

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        if isinstance(event, FiguresPublished):
            self.months = (*self.months, event.month)


def age_band(age: int) -> str:
    """The band of an age, by difference of years."""
    return next(band for band, first, last in AGE_BANDS if first <= age <= last)
