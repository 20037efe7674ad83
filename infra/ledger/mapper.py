"""Between domain events and stored bytes: personal fields are sealed on the way in and stay sealed on the way out.

An old shape is upcast when it is read. Snapshots are made of an aggregate's state and hold nothing personal.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, cast

import msgspec
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import StoredEvent

from domain.aggregate import Aggregate
from domain.catalogue import AGGREGATES
from domain.events import UNRECORDED, Event, decode, encode, personal_fields, stored_name
from infra.ledger.recorder import RecordedEvent


class Sealer(Protocol):
    """What seals the personal fields of an event with the key of its person."""

    def seal(self, event: Event) -> Event:
        """The same event with every personal field sealed; the key is kept before this returns."""

    def fingerprint(self, content: bytes) -> bytes:
        """32 bytes that tell whether two contents are the same, and nothing else."""


class Snapshot(msgspec.Struct, frozen=True):
    """An aggregate's state at a version; it stands in for the events up to there."""

    originator_id: str
    originator_version: int
    aggregate: Aggregate

    @classmethod
    def take(cls, aggregate: Aggregate) -> "Snapshot":
        """A snapshot of `aggregate` as it is."""
        return cls(aggregate.id, aggregate.version, aggregate)

    def mutate(self, _: None) -> Aggregate:
        """The aggregate as it was."""
        return self.aggregate


class LedgerMapper:
    """The mapper behind the library's event store."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._decoders: dict[str, Callable[[bytes], Aggregate]] = {
            snapshot_name(kind): msgspec.json.Decoder(kind).decode for kind in AGGREGATES.values()
        }

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """The bytes of an event, or of a snapshot."""
        if isinstance(domain_event, Snapshot):
            kept = domain_event.aggregate
            state = msgspec.json.encode(kept)
            return StoredEvent(kept.id, kept.version, snapshot_name(type(kept)), state)
        event = cast(Event, domain_event)
        if personal_fields(type(event)):
            event = self._sealer.seal(event)
        return StoredEvent(
            event.originator_id, event.originator_version, stored_name(type(event)), encode(event)
        )

    def to_domain_event(self, stored_event: StoredEvent) -> DomainEventProtocol[str]:
        """The event or snapshot that the bytes hold."""
        name, stream, version = (
            stored_event.topic,
            str(stored_event.originator_id),
            stored_event.originator_version,
        )
        if name in self._decoders:
            return Snapshot(stream, version, self._decoders[name](stored_event.state))
        recorded_at = stored_event.recorded_at if isinstance(stored_event, RecordedEvent) else None
        return placed(decode(name, stored_event.state), stream, version, recorded_at or UNRECORDED)


def placed(event: Event, stream: str, version: int, recorded_at: datetime) -> Event:
    """The event with its envelope's fields, which the stored bytes lack. It is not shared yet, so it may be set."""
    msgspec.structs.force_setattr(event, "originator_id", stream)
    msgspec.structs.force_setattr(event, "originator_version", version)
    msgspec.structs.force_setattr(event, "timestamp", recorded_at)
    return event


def snapshot_name(aggregate: type[Aggregate]) -> str:
    """The stored name of an aggregate's snapshots; an older shape is not read, it is disposable."""
    return f"{aggregate.kind}.snapshot.v{aggregate.schema}"
