"""A view that only counts: how many events of each kind every drawer has, and the whole platform.
The product's own rows would be the same after an event that was applied twice; a counter would not."""

from typing import Any, Final

from domain.catalogue import AGGREGATES
from domain.events import Event, registered
from projections.engine.changes import Changes
from projections.engine.table import BIGINT, TEXT, Table
from projections.engine.view import Recorded, View

EVERYWHERE: Final = ("platform", "public")

DRAWER: Final = Table(
    "drawer", {"topic": TEXT, "events": BIGINT}, key=("topic",), readers=("operator",), counters=("events",)
)
TOTAL: Final = Table(
    "total", {"topic": TEXT, "events": BIGINT}, key=("topic",), readers=("operator",), counters=("events",)
)
"""Rows that all towns share: two workers that write them at once must neither lose a count nor wait for each other."""

TALLY: Final = View("tally", 1, (DRAWER, TOTAL))


def _count(fact: Recorded[Any], rows: Changes) -> None:
    topic = type(fact.event).topic
    rows.add(DRAWER, (fact.tenant, fact.owner, topic), events=1)
    rows.add(TOTAL, (*EVERYWHERE, topic), events=1)


def _every_event() -> set[type[Event]]:
    assert AGGREGATES  # noqa: S101 (importing them registers their events)
    return set(registered().values())


for _event_class in sorted(_every_event(), key=lambda each: each.topic):
    TALLY.on(_event_class)(_count)
