"""The ledger behind the recorder interface of the eventsourcing library.

Writes go through the writer thread; streams are read by `ledger_stream` under the append role; the sequence of all
events is read under the projecting role.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    ListenNotifySubscription,
    Notification,
    StoredEvent,
    Subscription,
)
from psycopg_pool import ConnectionPool

from infra.ledger.envelope import ClaimTaken, CommandReused, Conflict, Envelope, Receipt
from infra.ledger.writer import Writer

_STREAM: Final = (
    "select version, topic, state, recorded_at, is_snapshot"
    " from ledger.ledger_stream(%b, %b, %b::bigint, %b::bigint)"
)
# One round trip and one snapshot for the receipt of a command (place 0) and the streams that it decides on.
_TOGETHER: Final = (
    "select 0::bigint as place, true as is_snapshot, first_position as version, stream as topic, digest as state,"
    " null::timestamptz as recorded_at, last_position from ledger.ledger_receipt(%b, %b, %b, %b)"
    " union all select s.place, x.is_snapshot, x.version, x.topic, x.state, x.recorded_at, null"
    " from unnest(%b::text[], %b::text[]) with ordinality as s (stream, snapshot, place)"
    " cross join lateral ledger.ledger_stream(s.stream, s.snapshot, null, null) x"
    " order by place, is_snapshot desc, version"
)
_SNAPSHOT: Final = "select ledger.ledger_snapshot(%b, %b::bigint, %b, %b)"
_RECEIPT: Final = (
    "select first_position, last_position, digest, stream from ledger.ledger_receipt(%b, %b, %b, %b)"
)
_POLL_SECONDS: Final = 0.02

Command = tuple[str, str, str, str]
"""Tenant and owner of a command's first event, who gave it, and its id."""


@dataclass(frozen=True)
class RecordedEvent(StoredEvent):
    """A stored event with the instant it was recorded at; None for a snapshot."""

    recorded_at: datetime | None = None


class LedgerRecorder(ApplicationRecorder):
    """Records commands and reads streams.

    `streams` is a pool under the append role, `feed` one under the projecting role (None where only commands run).
    """

    def __init__(
        self, writer: Writer, streams: ConnectionPool[Any], feed: ConnectionPool[Any] | None = None
    ) -> None:
        self.writer = writer
        self._streams = streams
        self._feed = feed

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Append one command, whose `envelope` is a required keyword; the positions of its events.

        Raises Conflict, ClaimTaken, CommandReused, LedgerFull or LedgerUnavailable; then nothing of it is recorded.
        A command that was recorded before gives the positions it has.
        """
        if not stored_events:
            return []
        receipt = self.append(stored_events, kwargs["envelope"])
        return list(range(receipt.first, receipt.last + 1))

    def append(self, stored_events: Sequence[StoredEvent], envelope: Envelope) -> Receipt:
        """Append one command; its receipt. Raises as `insert_events` does."""
        rows = [(str(e.originator_id), e.originator_version, e.topic, e.state) for e in stored_events]
        pending = self.writer.append(rows, envelope)
        match pending.answer:
            case "recorded" | "receipt":
                repeated = pending.answer == "receipt"
                return Receipt(pending.first, pending.last, rows[0][0], repeated=repeated)
            case "reused":
                msg = f"the command {envelope.command} was recorded with another input"
                raise CommandReused(msg)
            case "claimed":
                msg = "another stream holds what the command claims"
                raise ClaimTaken(msg)
            case _:
                msg = f"another command was recorded first in a stream of {envelope.command}"
                raise Conflict(msg)

    def receipt(self, tenant: str, owner: str, actor: str, command: str) -> tuple[Receipt, bytes] | None:
        """The receipt of an earlier command and the digest of its input; None when there is none."""
        with self._streams.connection() as connection:
            row = connection.execute(_RECEIPT, (tenant, owner, actor, command), prepare=True).fetchone()
        return None if row is None else (Receipt(row[0], row[1], row[3], repeated=True), bytes(row[2]))

    def load(
        self, stream: str, *, snapshot: str | None = None, after: int | None = None, until: int | None = None
    ) -> list[RecordedEvent]:
        """A stream's latest snapshot under the stored name `snapshot`, if any, and the events after it."""
        with self._streams.connection() as connection:
            cursor = connection.cursor(binary=True)
            rows = cursor.execute(_STREAM, (stream, snapshot, after, until), prepare=True).fetchall()
        return [RecordedEvent(stream, version, topic, state, at) for version, topic, state, at, _ in rows]

    def load_together(
        self, streams: Sequence[tuple[str, str | None]], command: Command | None = None
    ) -> tuple[tuple[Receipt, bytes] | None, list[list[RecordedEvent]]]:
        """What `receipt` tells of a command, if one is given, and what `load` tells of streams and their snapshots."""
        names, snapshots = [stream for stream, _ in streams], [snapshot for _, snapshot in streams]
        with self._streams.connection() as connection:
            cursor = connection.cursor(binary=True)
            parameters = (*(command or (None,) * 4), names, snapshots)
            rows = cursor.execute(_TOGETHER, parameters, prepare=True).fetchall()
        earlier = None
        found: list[list[RecordedEvent]] = [[] for _ in streams]
        for place, _, version, topic, state, at, last in rows:
            if place == 0:
                earlier = Receipt(version, last, topic, repeated=True), state
            else:
                found[place - 1].append(RecordedEvent(names[place - 1], version, topic, state, at))
        return earlier, found

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The events of one stream."""
        events = self.load(str(originator_id), after=gt, until=lte)
        if desc:
            events.reverse()
        return events[:limit]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The events of all streams in commit order; `topics` are stored names."""
        query = "select stream, version, topic, state, position from ledger.event where true"
        parameters: list[object] = []
        if start is not None:
            query += f" and position >{'=' if inclusive_of_start else ''} %b"
            parameters.append(start)
        if stop is not None:
            query += " and position <= %b"
            parameters.append(stop)
        if topics:
            query += " and topic = any(%b)"
            parameters.append(list(topics))
        query += " order by position limit %b"
        parameters.append(limit)
        with self._all().connection() as connection:
            rows = connection.cursor(binary=True).execute(query, parameters, prepare=True)
            return [Notification(*row) for row in rows]

    def max_notification_id(self) -> int | None:
        """The last position, or None in an empty ledger."""
        with self._all().connection() as connection:
            row = connection.execute("select max(position) from ledger.event").fetchone()
        position: int | None = row[0] if row else None
        return position

    def subscribe(
        self, gt: int | None = None, topics: Sequence[str] = ()
    ) -> Subscription[ApplicationRecorder]:
        """Follow the ledger. It polls: a notification in the append would cost every writer."""
        return PollingSubscription(self, gt, topics)

    def _all(self) -> ConnectionPool[Any]:
        if self._feed is None:
            msg = "this process may not read across tenants"
            raise PermissionError(msg)
        return self._feed


class PollingSubscription(ListenNotifySubscription[ApplicationRecorder]):
    """A subscription that asks again every 20 ms."""

    def _loop_on_pull(self) -> None:
        try:
            while not self._has_been_stopped:
                self._pull()
                self._has_been_notified.wait(_POLL_SECONDS)
        except BaseException as error:  # noqa: BLE001 (handed to the iterating thread)
            self._thread_error = error
            self.stop()


class SnapshotRecorder(AggregateRecorder):
    """Keeps the latest snapshot of each stream."""

    def __init__(self, streams: ConnectionPool[Any]) -> None:
        self._streams = streams

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> None:
        """Keep snapshots, each instead of an older one of its stream."""
        with self._streams.connection() as connection:
            for taken in stored_events:
                row = (str(taken.originator_id), taken.originator_version, taken.topic, taken.state)
                connection.execute(_SNAPSHOT, row, prepare=True)

    def select_events(self, originator_id: UUID | str, **_: Any) -> Sequence[StoredEvent]:  # noqa: ARG002
        """Nothing: a snapshot is read with the events after it (`LedgerRecorder.load`)."""
        return []
