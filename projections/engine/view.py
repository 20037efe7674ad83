"""A view: its name, version, tables, and one handler per event class.

Handlers are pure: a recorded event in, changes to rows out. They read no rows, so those of two tenants commute.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from domain.events import Event, topic_of
from projections.engine.changes import Changes
from projections.engine.table import Table

E = TypeVar("E", bound=Event)


class Recorded(msgspec.Struct, Generic[E], frozen=True, gc=False):
    """An event with what surrounds it in the ledger; `key` is the last part of its stream's name."""

    position: int
    tenant: str
    owner: str
    key: str
    recorded_at: datetime
    actor: str
    event: E


Handler = Callable[[Recorded[Any], Changes], None]


class View:
    """Tables and the handlers that fill them. A new version is a new shape, filled beside the old one."""

    def __init__(self, name: str, version: int, tables: Sequence[Table]) -> None:
        self.name = name
        self.version = version
        self.tables = tuple(tables)
        self.shows_persons = any(table.name.endswith("_person") for table in tables)
        """Whether it writes personal fields in clear, which only `*_person` tables may hold."""
        self._handlers: dict[type[Event], Handler] = {}
        self._topics: set[str] = set()

    def on(self, event_class: type[E]) -> Callable[[Callable[[Recorded[E], Changes], None]], Handler]:
        """Let the decorated function handle the events of a class."""

        def register(handler: Callable[[Recorded[E], Changes], None]) -> Handler:
            if event_class in self._handlers:
                msg = f"{self.name} handles {event_class.topic} twice"
                raise TypeError(msg)
            self._handlers[event_class] = handler
            self._topics.add(event_class.topic)
            return handler

        return register

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of the events it handles."""
        return tuple(event_class.topic for event_class in self._handlers)

    def wants(self, name: str) -> bool:
        """Whether it handles events stored under a name, be it in a version that only later code knows."""
        return topic_of(name) in self._topics

    def apply(self, facts: Iterable[Recorded[Any]], changes: Changes) -> None:
        """Handle events in order. An event without a handler is not for this view."""
        handlers = self._handlers
        for fact in facts:
            handler = handlers.get(type(fact.event))
            if handler is not None:
                handler(fact, changes)
