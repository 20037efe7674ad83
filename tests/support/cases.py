"""Given, when, then for aggregates: what happened, a decision, and exactly the events that it records.

No database is needed; what was recorded is replayed too, and must give the aggregate that decided it.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event
from domain.refusal import Refused

STREAM: Final = "commune:38185/accord:999000011/case/1"
"""The stream of every case; a decision that begins an aggregate is given it."""


class Case:
    """One aggregate's story; `given(...)` begins it."""

    def __init__(self, happened: Sequence[Event]) -> None:
        self._happened = _in_stream(happened)
        self._aggregate = replayed(self._happened)
        self._refusal: Refused | None = None

    def when(self, decision: Callable[[Any], object]) -> "Case":
        """Let a decision be taken on the aggregate (None before its first event); it may return a new one."""
        try:
            decided = decision(self._aggregate)
        except Refused as refusal:
            self._refusal = refusal
        else:
            self._aggregate = decided if isinstance(decided, Aggregate) else self._aggregate
        return self

    def then(self, *expected: Event) -> None:
        """Exactly these events are recorded."""
        assert self._refusal is None, f"refused: {self._refusal!r}"
        recorded = list(self._aggregate.collect_events()) if self._aggregate is not None else []
        assert recorded == _in_stream(expected, after=len(self._happened))
        assert replayed([*self._happened, *recorded]) == self._aggregate

    def then_nothing(self) -> None:
        """Nothing is recorded, and nothing is refused: it was so already."""
        self.then()

    def then_refused(self, code: str, path: str = "$") -> None:
        """The decision is refused for this reason, at this place of the input; nothing is recorded or changed."""
        assert self._refusal is not None, "it was not refused"
        assert (self._refusal.code, self._refusal.path) == (code, path)
        assert self._aggregate is None or not self._aggregate.pending
        assert replayed(self._happened) == self._aggregate


def given(*happened: Event) -> Case:
    """A story in which these events happened, in one stream; their envelopes are filled in."""
    return Case(happened)


def replayed(events: Sequence[Event]) -> Aggregate | None:
    """The aggregate that the events of one stream make; None without any."""
    aggregate: Aggregate | None = None
    for fact in events:
        aggregate = fact.mutate(aggregate)
    return aggregate


def _in_stream(events: Sequence[Event], after: int = 0) -> list[Event]:
    return [
        msgspec.structs.replace(fact, originator_id=STREAM, originator_version=number)
        for number, fact in enumerate(events, after + 1)
    ]
