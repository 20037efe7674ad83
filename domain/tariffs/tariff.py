"""The tariff of a convention: every grid that was notified under it, in order; nothing is overwritten.

Which grid is in force on a day is decided here; what it promises or breaks is decided by `assess`.
"""

from datetime import date, datetime
from typing import ClassVar, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.refusal import Refused


@event("grid.notified")
class GridNotified(Event, frozen=True, kw_only=True):
    """The insurer tells the town its prices. `document` is the grid's SHA-256, `findings` that of its dry run."""

    grid: str
    document: str
    cells: int
    effective_on: date
    notified_on: date
    justified: bool
    corrects: str | None
    assess_version: int
    findings: str


class NotifiedGrid(msgspec.Struct, frozen=True):
    """What the tariff remembers of a grid."""

    grid: str
    document: str
    effective_on: date
    notified_on: date
    justified: bool
    recorded_at: datetime


class Tariff(Aggregate, kw_only=True):
    """The grids of one convention; its stream's key is the convention's."""

    kind: ClassVar[str] = "tariff"
    begins_with: ClassVar[type[Event]] = GridNotified

    grids: list[NotifiedGrid] = msgspec.field(default_factory=list)

    @classmethod
    def notify(
        cls,
        tariff: Self | None,
        stream: str,
        *,
        grid: str,
        document: str,
        effective_on: date,
        notified_on: date,
        justified: bool,
        today: date,
        **facts: object,
    ) -> Self:
        """Add a grid, the first one or a later one. A repeat of the same grid, on a later day too, is nothing.

        `facts` are the other fields of `GridNotified`. Refused for a day of notification to come, or for a grid's
        name that stands for other prices, another first day or another justification already.
        """
        if notified_on > today:
            raise Refused("notified-later", "A grid is notified today or was before.", path="$.notified_on")
        every = {
            "grid": grid,
            "document": document,
            "effective_on": effective_on,
            "notified_on": notified_on,
            "justified": justified,
            **facts,
        }
        if tariff is None:
            return cls.begin(stream, **every)
        for known in tariff.grids:
            if known.grid != grid:
                continue
            if (known.document, known.effective_on, known.justified) == (document, effective_on, justified):
                return tariff
            raise Refused("grid-known", f"The grid {grid} was notified with another content.", path="$.grid")
        tariff.record(GridNotified, **every)
        return tariff

    def in_force(self, day: date) -> NotifiedGrid:
        """The grid in force on `day`: the latest effective one, of two the later recorded. Refused before the first."""
        effective = [grid for grid in self.grids if grid.effective_on <= day]
        if not effective:
            raise Refused(
                "no-grid-in-force", f"No grid is in force on {day.isoformat()}.", path="$.joined_on", day=day
            )
        # Of equals `max` takes the first, and two grids may have been recorded in one instant.
        return max(reversed(effective), key=lambda grid: (grid.effective_on, grid.recorded_at))

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        if isinstance(event, GridNotified):
            self.grids.append(
                NotifiedGrid(
                    event.grid,
                    event.document,
                    event.effective_on,
                    event.notified_on,
                    event.justified,
                    event.timestamp,
                )
            )
