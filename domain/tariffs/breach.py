"""A commitment that a notified grid breaks, for one cell: what was promised, what was announced, by how much.

Its stream's key is made from what it is about, so that judging again records nothing twice. What is said of it later
(withdrawn, exempted, another figure) stands beside what was said first.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar, Literal, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.tariffs.statements import BrokenCell, Statement, Unit

_ENCODER = msgspec.json.Encoder(order="sorted")

Revised = Literal[
    "COMPLIANT", "VIOLATION", "EXEMPTED", "NOT_APPLICABLE", "INDETERMINATE", "LEGAL_ALERT", "WITHDRAWN"
]
"""What a later judgement says of a breach; WITHDRAWN: the check says nothing of it any more."""


@event("breach.detected")
class BreachDetected(Event, frozen=True, kw_only=True):
    """What the check found, with its evidence.

    `anchor`, `limit`, `observed` and `excess` are written as in a finding, in `unit` (`47.80` euros a month);
    `reason` is one French sentence; `from_on` and `to_on` are the first and the last day. `grid` is empty where no
    grid is at fault but the convention itself; `grid_position` is then that of what led to the judgement.
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


@event("verdict.revised")
class VerdictRevised(Event, frozen=True, kw_only=True):
    """What is said now where a breach was said. `exemptions` are those in force; `cause_position` what led to it."""

    verdict: Revised
    from_on: date
    to_on: date | None
    unit: Unit
    anchor: str | None
    limit: str | None
    observed: str | None
    excess: str | None
    reason: str
    exemptions: tuple[str, ...]
    assess_version: int
    cause_position: int | None


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of a breach at one time."""

    verdict: Revised
    from_on: date
    to_on: date | None
    unit: Unit
    anchor: str | None
    limit: str | None
    observed: str | None
    excess: str | None
    reason: str
    exemptions: tuple[str, ...] = ()

    @classmethod
    def of(cls, event: BreachDetected | VerdictRevised | Statement) -> Self:
        """What an event or a statement says."""
        return cls(**{name: getattr(event, name) for name in cls.__struct_fields__ if hasattr(event, name)})


class Breach(Aggregate, kw_only=True):
    """One broken commitment in one cell."""

    kind: ClassVar[str] = "breach"
    schema: ClassVar[int] = 2
    begins_with: ClassVar[type[Event]] = BreachDetected

    said: Said | None = None

    @classmethod
    def detect(cls, stream: str, **facts: Any) -> Self:
        """Record the breach with its evidence."""
        return cls.begin(stream, **facts)

    def say_otherwise(self, said: Said, *, assess_version: int, cause_position: int | None) -> None:
        """Record what is said of it now; nothing when that was said last."""
        if said != self.said:
            self.record(
                VerdictRevised,
                **msgspec.structs.asdict(said),
                assess_version=assess_version,
                cause_position=cause_position,
            )

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        if isinstance(event, BreachDetected | VerdictRevised):
            self.said = Said.of(event)


def breach_key(
    convention: str, commitment: str, grid: str | None, cell: BrokenCell | None, from_on: date
) -> str:
    """The key of a breach: the same for the same (commitment, grid, cell, first day)."""
    # The same bytes for ever: the name of a Python class, which may change, is not among them.
    identity = _ENCODER.encode((convention, commitment, grid or "", cell, from_on))
    return hashlib.sha256(identity).hexdigest()[:32]


def key_of(convention: str, statement: Statement) -> str:
    """The key of the breach that a statement is or was."""
    return breach_key(convention, statement.commitment, statement.grid, statement.cell, statement.from_on)


def sayings(statements: Sequence[Statement], about: Sequence[Statement], on: date) -> list[Said]:
    """What `statements` say on `on` of each of some breaches (`about`: the statements that made them).

    A breach that is over is followed by what is said next of the same cell (an exemption granted after effect);
    one of which nothing is said any more is withdrawn: its grid was corrected, or what it rested on.
    """
    places: dict[tuple[str, str | None, BrokenCell | None], list[Statement]] = {}
    for statement in statements:
        places.setdefault((statement.commitment, statement.grid, statement.cell), []).append(statement)
    return [_said_of(each, places.get((each.commitment, each.grid, each.cell), ()), on) for each in about]


def _said_of(breach: Statement, present: Sequence[Statement], on: date) -> Said:
    same = next((each for each in present if each.from_on == breach.from_on), None)
    if same is not None and same.broken and not same.holds(on):
        after = next((each for each in present if not each.broken and _follows(each, same)), None)
        return Said.of(after or same)
    if same is not None:
        return Said.of(same)
    around = next((each for each in present if each.covers(breach.from_on) and not each.broken), None)
    return Said.of(around) if around is not None else _withdrawn(breach)


def _follows(later: Statement, earlier: Statement) -> bool:
    return earlier.to_on is not None and (later.from_on - earlier.to_on).days == 1


def _withdrawn(breach: Statement) -> Said:
    said = Said.of(breach)
    return msgspec.structs.replace(said, verdict="WITHDRAWN", exemptions=())


__all__ = [
    "Breach",
    "BreachDetected",
    "BrokenCell",
    "Revised",
    "Said",
    "Unit",
    "VerdictRevised",
    "breach_key",
    "key_of",
    "sayings",
]
