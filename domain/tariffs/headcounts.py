"""How many members each cell of a grid holds on a day: what a weighted average rise is computed from.

They lie in the insurer's own drawer: a town reads the average, never the counts.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import ClassVar, Final, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.refusal import Refused
from domain.tariffs.assess.model import CellId
from domain.tariffs.assess.parts import read_headcount
from domain.tariffs.assess.reading import ScenarioError

_ENCODER = msgspec.json.Encoder(order="sorted")
MOST: Final = 10_000_000
"""No cell holds more: a count above was mistyped."""


@event("headcount.taken")
class HeadcountTaken(Event, frozen=True, kw_only=True):
    """Members by cell on a day. `document` is the SHA-256 of the counts, `total` their sum."""

    headcount: str
    taken_on: date
    document: str
    total: int


class TakenHeadcount(msgspec.Struct, frozen=True):
    """What is remembered of a headcount."""

    headcount: str
    taken_on: date
    document: str
    recorded_at: datetime


class Headcounts(Aggregate, kw_only=True):
    """The headcounts of one convention; its stream's key is the convention's."""

    kind: ClassVar[str] = "headcounts"
    begins_with: ClassVar[type[Event]] = HeadcountTaken

    taken: list[TakenHeadcount] = msgspec.field(default_factory=list)

    @classmethod
    def take_headcount(
        cls,
        known: Self | None,
        stream: str,
        *,
        headcount: str,
        taken_on: date,
        document: str,
        total: int,
        today: date,
    ) -> Self:
        """Keep the counts of a day; the same again is nothing.

        Refused for a day to come, for a day counted otherwise already, or for a name that stands for other counts.
        """
        if taken_on > today:
            raise Refused("taken-later", "Members are counted today or were before.", path="$.taken_on")
        aggregate = known or cls(id=stream)
        for earlier in aggregate.taken:
            if (earlier.taken_on, earlier.document) == (taken_on, document):
                return aggregate
            if earlier.headcount == headcount:
                raise Refused("headcount-known", f"Another headcount is called {headcount}.", path="$.id")
            if earlier.taken_on == taken_on:
                raise Refused("headcount-known", "That day was counted already.", path="$.taken_on")
        aggregate.record(
            HeadcountTaken, headcount=headcount, taken_on=taken_on, document=document, total=total
        )
        return aggregate

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        if isinstance(event, HeadcountTaken):
            self.taken.append(
                TakenHeadcount(event.headcount, event.taken_on, event.document, event.timestamp)
            )


def counts_document(counts: Mapping[CellId, int]) -> bytes:
    """Canonical JSON of the counts: the same counts always give the same bytes."""
    return _ENCODER.encode(
        {
            "cells": [
                {**cell._asdict(), "count": counts[cell]}
                for cell in sorted(counts, key=lambda cell: cell.order)
            ]
        }
    )


def demand_counts(counts: Mapping[CellId, int]) -> None:
    """Refused without a cell, for a cell that the check cannot read, or for a count that is absurd.

    What is recorded once must be readable by every later check of the tariff.
    """
    if not counts:
        raise Refused("grid-empty", "A headcount has at least one cell.", path="$.cells")
    for place, count in enumerate(counts.values()):
        if not 0 <= count <= MOST:
            raise Refused("out-of-range", f"From 0 to {MOST}.", path=f"$.cells[{place}].count")
    cells = [{**cell._asdict(), "count": count} for cell, count in counts.items()]
    try:
        read_headcount({"taken_on": "2000-01-01", "cells": cells})
    except ScenarioError as wrong:
        raise Refused(
            "cell-wrong", f"Expected {wrong.expected}, found {wrong.found}.", path=f"${wrong.path}"
        ) from None
