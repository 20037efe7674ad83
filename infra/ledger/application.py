"""The ledger as an application of the eventsourcing library: aggregates in, receipts out.

`save` and the repository are the library's; recorder, mapper and snapshot store are ours.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, ClassVar, TypeVar, cast

import psycopg
from eventsourcing.application import AggregateNotFoundError, Application, Repository, project_aggregate
from eventsourcing.persistence import ApplicationRecorder, EventStore, Mapper, StoredEvent
from eventsourcing.utils import EnvType
from psycopg_pool import ConnectionPool, PoolTimeout

from domain.aggregate import Aggregate
from domain.catalogue import AGGREGATES
from domain.tenancy import split
from infra.ledger.documents import Documents
from infra.ledger.envelope import CommandReused, Envelope, Receipt
from infra.ledger.mapper import LedgerMapper, Sealer, Snapshot, snapshot_name
from infra.ledger.recorder import Command, LedgerRecorder, SnapshotRecorder
from infra.ledger.writer import Writer

log = logging.getLogger(__name__)

A = TypeVar("A", bound=Aggregate)

SNAPSHOT_EVERY = 100


def _folded(aggregate: Any, events: Iterable[Any]) -> Any:
    for event in events:
        aggregate = event.mutate(aggregate)
    return aggregate


def _snapshot_of(stream: str) -> str | None:
    kind = AGGREGATES.get(split(stream).kind)
    return snapshot_name(kind) if kind is not None else None


def _checked(aggregate: type[A], stream: str, found: Any) -> A | None:
    if found is not None and not isinstance(found, aggregate):
        msg = f"{stream} is not a {aggregate.kind}"
        raise TypeError(msg)
    return found


class LedgerRepository(Repository[str]):
    """Loads an aggregate in one round trip: its snapshot and the events after it together."""

    def _reconstruct_aggregate(
        self,
        aggregate_id: str,
        version: int | None,
        projector_func: Callable[[Any, Iterable[Any]], Any],
    ) -> Any:
        recorder = cast(LedgerRecorder, self.event_store.recorder)
        stored = recorder.load(aggregate_id, snapshot=_snapshot_of(aggregate_id), until=version)
        return self.folded(aggregate_id, stored, projector_func)

    def folded(
        self,
        aggregate_id: str,
        stored: Iterable[StoredEvent],
        projector_func: Callable[[Any, Iterable[Any]], Any] = project_aggregate,
    ) -> Any:
        """The aggregate that stored events make. Raises AggregateNotFoundError when they make none."""
        events = map(self.event_store.mapper.to_domain_event, stored)
        # The library's own projector asks of every event whether it fits a protocol: half the cost of a load.
        fold = _folded if projector_func is project_aggregate else projector_func
        aggregate = fold(None, events)
        if aggregate is None:
            raise AggregateNotFoundError(aggregate_id)
        return aggregate


class Loaded:
    """Streams that were loaded together. They are found once each: whoever decides again loads them again."""

    def __init__(self, found: Mapping[str, Aggregate | None]) -> None:
        self._found = found

    def find(self, aggregate: type[A], stream: str) -> A | None:
        """The aggregate of one of the streams, or None when nothing was ever recorded there."""
        return _checked(aggregate, stream, self._found[stream])


class Ledger(Application[str]):
    """Records what commands decided, and loads what they decide on."""

    name = "ledger"
    snapshotting_intervals: ClassVar[dict[type[Any], int]] = dict.fromkeys(
        AGGREGATES.values(), SNAPSHOT_EVERY
    )

    def __init__(
        self,
        recorder: LedgerRecorder,
        snapshots: SnapshotRecorder,
        sealer: Sealer,
        documents: Documents,
        env: EnvType | None = None,
    ) -> None:
        self._recorder = recorder
        self._sealer = sealer
        self._mapper = LedgerMapper(sealer)
        self._snapshot_recorder = snapshots
        self.documents = documents
        super().__init__({"IS_SNAPSHOTTING_ENABLED": "y", **(env or {})})

    def construct_mapper(self) -> Mapper[str]:
        """Ours: handwritten names, canonical JSON, sealed fields."""
        return cast(Mapper[str], self._mapper)

    def construct_recorder(self) -> ApplicationRecorder:
        """Ours: the ledger in PostgreSQL."""
        return self._recorder

    def construct_snapshot_store(self) -> EventStore[str]:
        """Ours: one snapshot a stream."""
        return EventStore(self.mapper, self._snapshot_recorder)

    def construct_repository(self) -> Repository[str]:
        """Ours: one round trip a load."""
        return LedgerRepository(self.events)

    def take_snapshot(
        self,
        aggregate_id: str,
        version: int | None = None,
        projector_func: Callable[[Any, Iterable[Any]], Any] = project_aggregate,
    ) -> None:
        """Keep a snapshot of the recorded state of an aggregate. It is disposable: that it fails is only said."""
        try:
            aggregate = self.repository.get(aggregate_id, version=version, projector_func=projector_func)
            if self.snapshots is not None:
                self.snapshots.put([cast(Any, Snapshot.take(cast(Aggregate, aggregate)))])
        except (psycopg.Error, PoolTimeout) as error:
            # What it follows is recorded already, and must not be answered as if it were not.
            log.warning("no snapshot of %s: %s", aggregate_id, type(error).__name__)

    def find(self, aggregate: type[A], stream: str) -> A | None:
        """The aggregate of a stream, or None when nothing was ever recorded there."""
        try:
            found: Any = self.repository.get(stream)
        except AggregateNotFoundError:
            return None
        return _checked(aggregate, stream, found)

    def load_together(self, streams: Sequence[str]) -> Loaded:
        """The aggregates of some streams, in one round trip and as they were at one moment."""
        return self._together(streams, None)[1]

    def receipt_and(
        self, tenant: str, owner: str, actor: str, command: str, digest: bytes, streams: Sequence[str]
    ) -> Receipt | Loaded:
        """What `receipt` tells; for a new command the streams that it decides on. Raises CommandReused."""
        earlier, loaded = self._together(streams, (tenant, owner, actor, command))
        return self._repeated(earlier, command, digest) or loaded

    def _together(
        self, streams: Sequence[str], command: Command | None
    ) -> tuple[tuple[Receipt, bytes] | None, Loaded]:
        if not streams:
            return (self._recorder.receipt(*command) if command is not None else None), Loaded({})
        repository = cast(LedgerRepository, self.repository)
        asked = [(stream, _snapshot_of(stream)) for stream in streams]
        earlier, stored = self._recorder.load_together(asked, command)
        return earlier, Loaded(
            {
                stream: repository.folded(stream, events) if events else None
                for stream, events in zip(streams, stored, strict=True)
            }
        )

    def record(self, envelope: Envelope, *aggregates: Aggregate) -> Receipt | None:
        """Record what the aggregates decided as one command: whole or not at all.

        None when they decided nothing (a repeat of what is already true). Raises as `LedgerRecorder.append`.
        """
        pending = list(chain.from_iterable(aggregate.pending for aggregate in aggregates))
        if not pending:
            return None
        recordings = self.save(*aggregates, envelope=envelope)
        return Receipt(
            recordings[0].notification.id, recordings[-1].notification.id, pending[0].originator_id
        )

    def fingerprint(self, content: bytes) -> bytes:
        """What stands for a command's input in its envelope: the same for the same input, and telling nothing of it."""
        return self._sealer.fingerprint(content)

    def receipt(self, tenant: str, owner: str, actor: str, command: str, digest: bytes) -> Receipt | None:
        """The receipt of an earlier command with the same input; None when it is new. Raises CommandReused."""
        return self._repeated(self._recorder.receipt(tenant, owner, actor, command), command, digest)

    def _repeated(self, earlier: tuple[Receipt, bytes] | None, command: str, digest: bytes) -> Receipt | None:
        if earlier is None:
            return None
        if earlier[1] != digest:
            msg = f"the command {command} was recorded with another input"
            raise CommandReused(msg)
        return earlier[0]

    def close(self) -> None:
        """Append what waits, then stop."""
        super().close()
        self._recorder.writer.close()


def open_ledger(
    connect: Callable[[], psycopg.Connection[Any]],
    streams: ConnectionPool[Any],
    sealer: Sealer,
    *,
    feed: ConnectionPool[Any] | None = None,
    capacity: int = 4096,
) -> Ledger:
    """A ledger over the append role: `connect` for its writer thread, `streams` to load.

    `feed`, under the projecting role, lets the process follow all events.
    """
    recorder = LedgerRecorder(Writer(connect, capacity=capacity), streams, feed)
    return Ledger(recorder, SnapshotRecorder(streams), sealer, Documents(streams))
