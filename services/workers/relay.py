"""The relay: it copies the ledger's feed to Kafka, everything once, each commune's events in their order.

Its checkpoint moves once brokers have acknowledged; after a crash between, the same records are sent again.
"""

import logging
import os
import socket
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from kafka.errors import InvalidProducerEpochError, KafkaError, ProducerFencedError
from psycopg_pool import ConnectionPool

from infra.errors import OperatorError, described
from infra.feed import PARTITIONS, StoreFeed, partition_of
from infra.kafka.cloudevents import to_record
from infra.kafka.cluster import KafkaCluster
from infra.kafka.producer import Producer, Record, Tick
from infra.kafka.topic import ensure_topic
from services import telemetry
from services.workers.lease import Lease, LeaseLostError
from services.workers.projection import collector_paused

log = logging.getLogger(__name__)

NAME: Final = "kafka"
"""Of its row: an installation has one relay, and its checkpoint outlives the topic."""

BATCH: Final = 16_000
"""Events a transaction, when it is behind."""

IDLE_SECONDS: Final = 0.02
GATHER_SECONDS: Final = 0.05
"""Between small batches: what comes in meanwhile shares the cost of one transaction (some 10 ms of two processors)."""

STANDBY_SECONDS: Final = 0.5
RETRY_SECONDS: Final = 1.0
STOP_SECONDS: Final = 3.0
"""How long a batch under way may still be acknowledged once the relay is told to stop."""

# It begins where the view that is furthest behind stands: what is older, whoever needs it reads in the ledger.
_FOUND: Final = """
insert into projection.relay (name, position)
select %s, coalesce(min(position), 0) from projection.view_version where state = 'active'
on conflict do nothing
"""
_CHAINED: Final = """
insert into projection.relay_partition (relay, partition, position)
select name, partition, position from projection.relay, generate_series(0, %s - 1) partition where name = %s
on conflict do nothing
"""
_MOVE: Final = """
with moved as (
  update projection.relay
  set position = %(upto)s, error = null, renewed_at = clock_timestamp(), moved_at = clock_timestamp()
  where name = %(name)s and epoch = %(epoch)s and position = %(position)s
  returning name
)
insert into projection.relay_partition (relay, partition, position)
select name, partition, position
from moved, unnest(%(partitions)s::int[], %(ends)s::bigint[]) as reached (partition, position)
on conflict (relay, partition) do update set position = excluded.position
"""


class _StoppedError(Exception):
    """Told to stop while brokers were waited for."""


@dataclass(frozen=True)
class _Batch:
    """Events that are ready to be sent; `ends` is the last position of each partition after them."""

    records: list[Record]
    upto: int
    ends: dict[int, int]


@dataclass
class _Tenure:
    """What the active relay holds: its producer, and how far it has come."""

    producer: Producer
    position: int
    ends: dict[int, int]
    ahead: _Batch | None = field(default=None)


class Relay:
    """One relay, active while it holds the lease, else standing by. `pool` is under the projecting role."""

    def __init__(self, cluster: KafkaCluster, pool: ConnectionPool[Any], feed: StoreFeed) -> None:
        self._cluster = cluster
        self._pool = pool
        self._feed = feed
        self._lease = Lease(NAME, f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}")
        self._tenure: _Tenure | None = None
        self._trouble: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Relay until told to stop; brokers and database that are gone are waited for."""
        try:
            while not stop.is_set():
                self._attempt(stop)
        finally:
            self.close()

    def step(self) -> int:
        """One batch; how many events. 0 when there is none, or another relay is active. For whoever has its own loop.

        Raises what `run` would wait out and try again: then this relay has let go of its lease and its producer.
        """
        with self._pool.connection() as connection:
            self._found(connection)
            try:
                return self._turn(connection, lambda: self._lease.renew(connection)) or 0
            except Exception:
                self._drop(connection)
                raise

    def close(self) -> None:
        """Let go of the lease and the producer, within seconds."""
        if self._tenure is not None:
            with suppress(psycopg.OperationalError), self._pool.connection(timeout=1.0) as connection:
                self._drop(connection)
            self._close_producer()

    def _attempt(self, stop: threading.Event) -> None:
        """Relay until something happens that asks for another beginning."""
        try:
            with self._pool.connection() as connection:
                try:
                    self._found(connection)
                    self._serve(connection, stop)
                except (LeaseLostError, ProducerFencedError, InvalidProducerEpochError) as error:
                    telemetry.relay_fenced.inc()
                    log.warning("The relay stands by: %s", described(error))
                    self._drop(connection)
                    stop.wait(STANDBY_SECONDS)
                except _StoppedError:
                    log.warning(
                        "The relay stops before its last batch was acknowledged; it will be sent again"
                    )
                except psycopg.OperationalError:
                    raise
                except Exception as error:  # noqa: BLE001 (said, kept in the row, and tried again)
                    self._say(error)
                    # First of all, so that a relay that reaches the brokers may take over.
                    self._drop(connection)
                    connection.execute(
                        "update projection.relay set error = %s where name = %s",
                        (described(error)[:2000], NAME),
                    )
                    stop.wait(RETRY_SECONDS)
        except psycopg.OperationalError as error:
            self._say(error)
            self._close_producer()
            stop.wait(RETRY_SECONDS)

    def _serve(self, connection: psycopg.Connection[Any], stop: threading.Event) -> None:
        deadline: float | None = None

        def tick() -> None:
            nonlocal deadline
            self._lease.renew(connection)
            if stop.is_set():
                deadline = deadline or time.monotonic() + STOP_SECONDS
                if time.monotonic() > deadline:
                    raise _StoppedError

        while not stop.is_set():
            handled = self._turn(connection, tick)
            if handled is None:
                stop.wait(STANDBY_SECONDS)
            elif handled < BATCH:
                stop.wait(GATHER_SECONDS if handled else IDLE_SECONDS)

    def _turn(self, connection: psycopg.Connection[Any], tick: Tick) -> int | None:
        """One batch; how many events, and None when another relay is active."""
        began = time.perf_counter()
        tenure = self._tenure or self._begin(connection, tick)
        if tenure is None:
            return None
        self._lease.renew(connection)
        batch = tenure.ahead or self._read(connection, tenure.position, tenure.ends)
        tenure.ahead = None
        if batch is None:
            return 0
        with collector_paused():
            tenure.producer.send(batch.records)
            if len(batch.records) == BATCH:
                # Read and written down while the brokers are busy with this one.
                tenure.ahead = self._read(connection, batch.upto, batch.ends)
        tenure.producer.commit(tick)
        self._move(connection, tenure, batch)
        telemetry.relay_sent.inc(len(batch.records))
        telemetry.relay_batch.observe(time.perf_counter() - began)
        return len(batch.records)

    def _begin(self, connection: psycopg.Connection[Any], tick: Tick) -> _Tenure | None:
        """Become the active relay, if the lease is free."""
        if not self._lease.take(connection):
            return None
        producer = Producer(self._cluster)
        try:
            ensure_topic(self._cluster)
            # The lease first, then the producer, then the checkpoint: what the relay before still sends is refused by
            # the brokers from here on, and what it had recorded is read.
            tick()
            producer.begin(tick)
            row = connection.execute(
                "update projection.relay set error = null where name = %s and epoch = %s returning position",
                (NAME, self._lease.epoch),
            ).fetchone()
            if row is None:
                raise LeaseLostError("another relay took the lease")
            ends = connection.execute(
                "select partition, position from projection.relay_partition where relay = %s", (NAME,)
            ).fetchall()
        except BaseException:
            producer.close()
            raise
        self._tenure = _Tenure(producer, int(row[0]), dict(ends))
        self._trouble = None
        telemetry.relay_active.set(1)
        log.info("The relay is active, after position %s", row[0])
        return self._tenure

    def _read(
        self, connection: psycopg.Connection[Any], position: int, ends: dict[int, int]
    ) -> _Batch | None:
        head = self._feed.head(connection)
        if head <= position:
            return None
        page = self._feed.read(connection, position, None, BATCH, until=head)
        ends = dict(ends)
        records = []
        for row in page.rows:
            partition = partition_of(row.tenant)
            records.append(Record(partition, row.tenant.encode(), to_record(row, ends[partition])))
            ends[partition] = row.position
        return _Batch(records, page.upto, ends)

    def _move(self, connection: psycopg.Connection[Any], tenure: _Tenure, batch: _Batch) -> None:
        """Move the checkpoint. Raises LeaseLostError when it is another relay's by now."""
        partitions = sorted({record.partition for record in batch.records})
        moved = connection.execute(
            _MOVE,
            {
                "name": NAME,
                "epoch": self._lease.epoch,
                "position": tenure.position,
                "upto": batch.upto,
                "partitions": partitions,
                "ends": [batch.ends[partition] for partition in partitions],
            },
        )
        if moved.rowcount != len(partitions):
            raise LeaseLostError("another relay moved the checkpoint")
        tenure.position, tenure.ends = batch.upto, batch.ends

    def _found(self, connection: psycopg.Connection[Any]) -> None:
        """Make the rows of a relay that is new."""
        with connection.transaction():
            connection.execute(_FOUND, (NAME,))
            connection.execute(_CHAINED, (PARTITIONS, NAME))

    def _say(self, error: Exception) -> None:
        """Once for each kind of trouble, until the relay works again."""
        if self._trouble == type(error).__name__:
            return
        self._trouble = type(error).__name__
        expected = isinstance(error, (KafkaError, OperatorError, psycopg.OperationalError))
        log.warning(
            "The relay cannot work and tries again: %s",
            described(error),
            exc_info=None if expected else error,
        )

    def _drop(self, connection: psycopg.Connection[Any]) -> None:
        """Let go of the lease and the producer."""
        with suppress(psycopg.OperationalError):
            self._lease.release(connection)
        self._close_producer()

    def _close_producer(self) -> None:
        telemetry.relay_active.set(0)
        tenure, self._tenure = self._tenure, None
        if tenure is not None:
            tenure.producer.close()
