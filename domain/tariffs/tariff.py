"""The tariff of a convention: every grid that was notified under it, in order; nothing is overwritten.

Which grid is in force on a day is decided here; what it promises or breaks is decided by `assess`.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar, Final, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, event, upcaster
from domain.refusal import Refused
from domain.tariffs.assess.model import Grid
from domain.tariffs.assess.timeline import standing

DeclaredRise = str | dict[str, str] | None
"""The rise that the insurer announces, in percent: one for all, or one for each formula."""


@event("grid.notified", 2)
class GridNotified(Event, frozen=True, kw_only=True):
    """The insurer tells the town its prices. `document` is the grid's SHA-256, `findings` that of its dry run.

    `corrects` names the grid that this one replaces; `justification` is the SHA-256 of a filed document, `reason` the
    written motive of an excess; `prepared` the key of the prepared grid that it comes from.
    """

    grid: str
    document: str
    cells: int
    effective_on: date
    notified_on: date
    justified: bool
    corrects: str | None
    assess_version: int
    findings: str
    decided_by: str | None
    decided_on: date | None
    justification: str | None
    declared_rise: DeclaredRise
    reason: str | None
    prepared: str | None


@upcaster("grid.notified", 1)
def _without_decision(payload: dict[str, Any]) -> dict[str, Any]:
    said = ("decided_by", "decided_on", "justification", "declared_rise", "reason", "prepared")
    return {**payload, **dict.fromkeys(said)}


class NotifiedGrid(msgspec.Struct, frozen=True):
    """What the tariff remembers of a grid."""

    grid: str
    document: str
    effective_on: date
    notified_on: date
    justified: bool
    recorded_at: datetime
    corrects: str | None = None
    declared_rise: DeclaredRise = None
    decided_by: str | None = None
    decided_on: date | None = None
    justification: str | None = None
    reason: str | None = None


_CONTENT: Final = (
    "document", "effective_on", "justified", "corrects", "declared_rise", "decided_by", "decided_on",
    "justification", "reason",
)  # fmt: skip
"""What a grid's name stands for; the day it was notified on and the way it was prepared are not part of it."""


class Tariff(Aggregate, kw_only=True):
    """The grids of one convention; its stream's key is the convention's."""

    kind: ClassVar[str] = "tariff"
    schema: ClassVar[int] = 2
    begins_with: ClassVar[type[Event]] = GridNotified

    grids: list[NotifiedGrid] = msgspec.field(default_factory=list)

    @classmethod
    def notify(
        cls,
        tariff: Self | None,
        stream: str,
        *,
        grid: str,
        notified_on: date,
        corrects: str | None,
        findings: Callable[[], str],
        today: date,
        **facts: Any,
    ) -> Self:
        """Add a grid, the first one or a later one. A repeat of the same grid, on a later day too, is nothing.

        `facts` are the other fields of `GridNotified`; `findings` is asked once the grid may be judged. Refused for a
        day of notification or decision to come, for a correction of no grid of this tariff, or for a grid's name that
        stands for another content already.
        """
        if notified_on > today:
            raise Refused("notified-later", "A grid is notified today or was before.", path="$.notified_on")
        decided_on = facts["decided_on"]
        if decided_on is not None and decided_on > today:
            raise Refused("decided-later", "What was decided was so today or before.", path="$.decided_on")
        every = {"grid": grid, "notified_on": notified_on, "corrects": corrects, **facts}
        known = {earlier.grid: earlier for earlier in (tariff.grids if tariff else ())}
        if grid in known:
            if all(getattr(known[grid], name) == every[name] for name in _CONTENT):
                return tariff or cls(id=stream)
            raise Refused("grid-known", f"The grid {grid} was notified with another content.", path="$.grid")
        if corrects is not None and corrects not in known:
            raise Refused(
                "corrects-unknown",
                f"No grid {corrects} was notified under this convention.",
                path="$.corrects",
                grid=corrects,
            )
        if tariff is None:
            return cls.begin(stream, **every, findings=findings())
        tariff.record(GridNotified, **every, findings=findings())
        return tariff

    def in_force(self, day: date) -> NotifiedGrid:
        """The grid in force on `day`, corrections in the place of what they correct. Refused before the first.

        The latest effective one counts, of two the later recorded.
        """
        effective = [grid for grid in standing_grids(self.grids) if grid.effective_on <= day]
        if not effective:
            raise Refused(
                "no-grid-in-force", f"No grid is in force on {day.isoformat()}.", path="$.joined_on", day=day
            )
        return effective[-1]

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
                    event.corrects,
                    event.declared_rise,
                    event.decided_by,
                    event.decided_on,
                    event.justification,
                    event.reason,
                )
            )


def standing_grids(grids: list[NotifiedGrid]) -> list[NotifiedGrid]:
    """The grids that count, by first day, as the check sees them: without those corrected or never in force."""
    by_name = {grid.grid: grid for grid in grids}
    bare = [
        Grid(grid.grid, grid.effective_on, grid.notified_on, grid.recorded_at, (), grid.corrects)
        for grid in grids
    ]
    return [by_name[grid.id] for grid in standing(bare)]
