"""A commitment that a notified grid breaks, for one cell: what was promised, what was announced, by how much.

Its stream's key is made from what it is about, so that judging again records nothing twice.
"""

import hashlib
from datetime import date
from typing import ClassVar, Literal, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, event

_ENCODER = msgspec.json.Encoder(order="sorted")

Unit = Literal["euros", "percent", "day", "count"]


class BrokenCell(msgspec.Struct, frozen=True, kw_only=True):
    """The cell that is judged, or as much of one as the rule looks at (a formula and category)."""

    formula: str | None
    category: str | None
    role: str | None
    age_from: int | None
    age_to: int | None


@event("breach.detected")
class BreachDetected(Event, frozen=True, kw_only=True):
    """What the check found, with its evidence.

    `anchor`, `limit`, `observed` and `excess` are written as in a finding, in `unit` (`47.80` euros a month);
    `reason` is one French sentence; `from_on` and `to_on` are the first and the last day.
    """

    convention: str
    commitment: str
    article: str
    wording: str
    rule: str
    grid: str
    cell: BrokenCell | None
    verdict: Literal["VIOLATION", "LEGAL_ALERT"]
    from_on: date
    to_on: date | None
    unit: Unit
    anchor: str | None
    limit: str | None
    observed: str | None
    excess: str | None
    reason: str
    assess_version: int
    grid_position: int


class Breach(Aggregate, kw_only=True):
    """One broken commitment in one cell."""

    kind: ClassVar[str] = "breach"
    begins_with: ClassVar[type[Event]] = BreachDetected

    @classmethod
    def detect(cls, stream: str, **facts: object) -> Self:
        """Record the breach with its evidence."""
        return cls.begin(stream, **facts)

    def evolve(self, event: Event) -> None:
        """Nothing to remember yet: a breach does not change."""


def breach_key(convention: str, commitment: str, grid: str, cell: BrokenCell | None, from_on: date) -> str:
    """The key of a breach: the same for the same (commitment, grid, cell, first day)."""
    # The same bytes for ever: the name of a Python class, which may change, is not among them.
    identity = _ENCODER.encode((convention, commitment, grid, cell, from_on))
    return hashlib.sha256(identity).hexdigest()[:32]
