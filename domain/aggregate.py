"""The base of aggregates: they decide in public methods and evolve in one; their state fits a snapshot.

An aggregate satisfies the protocols of the eventsourcing library, so its repository and `Application.save` work on it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Self

import msgspec

from domain.events import UNRECORDED, Event, begins


class Aggregate(msgspec.Struct, kw_only=True, dict=True):
    """A consistency boundary: one stream of events.

    A subclass lists its state as fields with defaults, names the event that `begins_with` it, gives a permanent
    `kind` (the third part of its stream's name), raises `schema` when the fields of its snapshots change, and
    implements `evolve`.
    """

    kind: ClassVar[str] = ""
    schema: ClassVar[int] = 1
    begins_with: ClassVar[type[Event]]

    id: str = ""
    version: int = 0
    modified_on: datetime = UNRECORDED

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        begins(cls.begins_with, cls)

    @classmethod
    def begin(cls, stream: str, **facts: Any) -> Self:
        """A new aggregate whose first event holds `facts`."""
        first = cls.begins_with(originator_id=stream, originator_version=1, **facts)
        aggregate: Self = first.mutate(None)
        aggregate.pending.append(first)
        return aggregate

    def record(self, event_class: type[Event], **facts: Any) -> None:
        """Let something be true from now on; it is kept until the ledger collects it."""
        fact = event_class(originator_id=self.id, originator_version=self.version + 1, **facts)
        fact.mutate(self)
        self.pending.append(fact)

    def evolve(self, event: Event) -> None:
        """Assign what the event says. Never refuses: that was decided before it was recorded."""
        raise NotImplementedError

    @property
    def pending(self) -> list[Event]:
        """Events decided and not yet recorded."""
        pending: list[Event] = self.__dict__.setdefault("pending", [])
        return pending

    def collect_events(self) -> Sequence[Event]:
        """The pending events, which are forgotten here: the ledger calls this once."""
        collected = list(self.pending)
        self.pending.clear()
        return collected
