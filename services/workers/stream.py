"""The projector over Kafka: one of several workers of a consumer group, each with its share of the partitions.

Views and their handlers are those of the projector over the store; where they have come to is kept beside their rows.
"""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from infra.errors import described
from infra.feed import FeedRow, StoreFeed
from infra.kafka.cloudevents import Taken
from infra.kafka.cluster import KafkaCluster
from infra.kafka.consumer import BrokersLostError, TopicReader
from infra.vault import Opener
from projections.engine.builds import Build, OutrunError
from projections.engine.view import Recorded, View
from services import telemetry
from services.workers.floors import Floors
from services.workers.keeping import Keeping, tidy
from services.workers.projection import Projection, collector_paused, recorded
from services.workers.streamed import FILL_BATCHES, Streamed, adopted

log = logging.getLogger(__name__)

POLL_SECONDS: Final = 0.1
GRACE_SECONDS: Final = 2.0
"""How long a relayed event may fail to come out of Kafka before it is read from the store."""

RETIRE_SECONDS: Final = 60.0
_TIDY_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 1.0


class StreamProjector:
    """Keeps the active builds of views up to date from Kafka. `pool` is under the projecting role."""

    def __init__(
        self,
        views: Sequence[View],
        pool: ConnectionPool[Any],
        feed: StoreFeed,
        opener: Opener,
        cluster: KafkaCluster,
    ) -> None:
        self._pool = pool
        self._feed = feed
        self._opener = opener
        self._cluster = cluster
        self._keeping = Keeping(views, self._opened)
        self._floors = Floors(feed)
        self._reader: TopicReader | None = None
        self._seek = False  # whether what is read next must be found anew
        self._tidied = 0.0

    def run(self, stop: threading.Event) -> None:
        """Follow until told to stop; a lost database, and lost brokers, are waited for."""
        try:
            while not stop.is_set():
                try:
                    with self._pool.connection() as connection:
                        while not stop.is_set():
                            self.step(connection)
                except psycopg.OperationalError as error:
                    log.warning("the projector lost its database: %s", described(error))
                    self._keeping.clear()
                    stop.wait(_PAUSE_SECONDS)
                except BrokersLostError as error:
                    log.warning("the projector lost its place at the brokers: %s", str(error))
                    self.close()
                    stop.wait(_PAUSE_SECONDS)
        finally:
            self.close()

    def close(self) -> None:
        """Leave the consumer group. The next step joins it again."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def step(self, connection: psycopg.Connection[Any], seconds: float = POLL_SECONDS) -> int:
        """Let every view apply what comes next within some seconds; how many records came.

        `connection` is in autocommit under the projecting role. Raises BrokersLostError.
        """
        reader = self._reader = self._reader or TopicReader(self._cluster)
        views = self._keeping.working(connection)
        if self._seek:
            self._find(reader, views)
        taken = reader.poll(seconds)
        if reader.moved():
            telemetry.stream_rebalances.inc()
            # Another worker had these partitions until now, and moved their marks.
            for name, streamed in views.items():
                if not streamed.reload(connection):
                    self._keeping.forget(name)
            views = self._keeping.working(connection)
            self._find(reader, views)
            taken = {}
        with collector_paused():
            self._apply(connection, reader, views, taken)
        self._level(connection, reader, views)
        handled = sum(map(len, taken.values()))
        telemetry.stream_records.inc(handled)
        return handled

    def _opened(self, connection: psycopg.Connection[Any], view: View, build: Build) -> Streamed:
        self._seek = True
        return adopted(connection, Projection(view, build, self._feed, self._opener), self._feed)

    def _find(self, reader: TopicReader, views: Mapping[str, Streamed]) -> None:
        """Read each partition on where the view that is least far reads on; one that stopped there is not asked."""
        offsets: dict[int, int | None] = {}
        for partition in reader.partitions:
            wanted = [
                streamed.vector[partition].next_offset
                for streamed in views.values()
                if partition not in streamed.poisoned
            ]
            known = [offset for offset in wanted if offset is not None]
            offsets[partition] = min(known) if known and len(known) == len(wanted) else None
        reader.seek(offsets)
        self._seek = False

    def _apply(
        self,
        connection: psycopg.Connection[Any],
        reader: TopicReader,
        views: Mapping[str, Streamed],
        taken: Mapping[int, Sequence[Taken]],
    ) -> None:
        decoded: dict[int, Recorded[Any]] = {}

        def decode(row: FeedRow) -> Recorded[Any]:
            # Once for all views. One that shows persons opens their fields in the event itself; the others have no
            # table that could hold them.
            fact = decoded.get(row.position)
            if fact is None:
                fact = decoded[row.position] = recorded(row)
            return fact

        again: set[int] = set()
        for name, streamed in views.items():
            try:
                again |= streamed.take(connection, taken, decode)
            except OutrunError as error:
                log.info("%s", error)
                self._reopen(name)
        if again and not self._seek:
            reader.seek({partition: taken[partition][0].offset for partition in again})

    def _level(
        self, connection: psycopg.Connection[Any], reader: TopicReader, views: Mapping[str, Streamed]
    ) -> None:
        """What is done at the end of each turn: floors raised, replaced builds left, and what Kafka lost is fetched."""
        active = self._floors.raise_all(connection)
        for name, streamed in views.items():
            if streamed.build.schema not in active:
                self._reopen(name)
            elif self._is_late(streamed, reader):
                self._fetch(connection, reader, name, streamed)
        if time.monotonic() - self._tidied > _TIDY_SECONDS:
            self._tidied = time.monotonic()
            tidy(connection, RETIRE_SECONDS)

    def _reopen(self, view: str) -> None:
        self._keeping.forget(view)
        self._seek = True

    def _is_late(self, streamed: Streamed, reader: TopicReader) -> bool:
        """Whether the first event that a view waits for is one of ours, and should have come by now."""
        awaited = self._floors.awaited(streamed.build.schema)
        return (
            awaited is not None
            and awaited.partition in reader.partitions
            and awaited.partition not in streamed.poisoned
            and time.monotonic() - awaited.since > GRACE_SECONDS
            and reader.at_end(awaited.partition)
        )

    def _fetch(
        self, connection: psycopg.Connection[Any], reader: TopicReader, view: str, streamed: Streamed
    ) -> None:
        """Read from the store what was relayed and does not come; what was not relayed yet is the relay's to bring."""
        relayed = self._relayed(connection)
        target = {
            partition: relayed
            for partition in reader.partitions
            if streamed.vector[partition].position < relayed and reader.at_end(partition)
        }
        awaited = self._floors.awaited(streamed.build.schema)
        if awaited is None or awaited.position > relayed:
            return
        log.warning(
            "%s: Kafka does not deliver position %s: read from the store up to %s",
            streamed.build.schema, awaited.position, relayed,
        )  # fmt: skip
        try:
            streamed.fill(connection, target, FILL_BATCHES)
        except OutrunError:
            self._reopen(view)

    def _relayed(self, connection: psycopg.Connection[Any]) -> int:
        row = connection.execute("select max(position) from projection.relay").fetchone()
        return int(row[0] or 0) if row else 0
