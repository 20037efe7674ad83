"""One build of one view that follows Kafka: each partition has a mark of its own, moved in the rows' transaction.

What Kafka does not deliver is read from the store: a record names the position before its own, so a gap is seen.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import psycopg

from infra.feed import PARTITIONS, FeedRow, StoreFeed, partition_of
from infra.kafka.cloudevents import Taken
from projections.engine import vectors
from projections.engine.builds import Build, OutrunError
from projections.engine.vectors import Mark, Vector
from projections.engine.view import Recorded
from services import telemetry
from services.workers.projection import (
    BATCH,
    PoisonError,
    Projection,
    collector_paused,
    recorded,
    shown,
    stopped,
)

log = logging.getLogger(__name__)

FILL_BATCHES: Final = 4
"""How many batches a gap is filled by before the other views and partitions have their turn."""

Decode = Callable[[FeedRow], Recorded[Any]]
Target = Mapping[int, int]
"""Up to which position each of some partitions is to be filled."""


class _Entry(NamedTuple):
    """An event of a partition; `next_offset` is None when it came from the store."""

    partition: int
    row: FeedRow
    next_offset: int | None


class Streamed:
    """A build on its way along the partitions.

    A poison event stops its partition, loudly, and the others go on; a `rigid` one raises PoisonError. `handled` counts
    the events that it applied.
    """

    def __init__(
        self, projection: Projection, feed: StoreFeed, vector: Vector, *, rigid: bool = False
    ) -> None:
        self.view = projection.view
        self.build = projection.build
        self.vector = vector
        self.poisoned: set[int] = set()
        self.handled = 0
        self._projection = projection
        self._feed = feed
        self._rigid = rigid

    def reload(self, connection: psycopg.Connection[Any]) -> bool:
        """Look again how far the partitions are: others moved them. False when the build has no marks any more."""
        self.vector = vectors.load(connection, self.build.schema)
        return bool(self.vector)

    def take(
        self, connection: psycopg.Connection[Any], taken: Mapping[int, Sequence[Taken]], decode: Decode
    ) -> set[int]:
        """Apply what was read from partitions, whatever of it is new; gaps are filled before what follows them.

        Answers the partitions of which something must be read again: a gap was too long for one turn. Raises
        OutrunError when another worker moved one of the marks, or the build was replaced.
        """
        while taken := {
            partition: some for partition, some in taken.items() if partition not in self.poisoned
        }:
            entries, marks, gaps = self._sorted(taken)
            self._write(connection, entries, marks, decode)
            if not gaps:
                return set()
            if not self.fill(connection, gaps, FILL_BATCHES):
                return set(gaps)
            taken = {
                partition: [record for record in taken[partition] if record.row.position > upto]
                for partition, upto in gaps.items()
            }
        return set()

    def fill(
        self,
        connection: psycopg.Connection[Any],
        target: Target,
        batches: int | None = None,
        limit: int = BATCH,
    ) -> bool:
        """Read partitions from the store up to their targets; False when `batches` were not enough.

        Raises OutrunError.
        """
        while behind := self._behind(target):
            if batches is not None:
                if batches == 0:
                    return False
                batches -= 1
            after = min(self.vector[partition].position for partition in behind)
            page = self._feed.read(
                connection, after, self.view.topics, limit,
                until=max(behind.values()), tenants=self._tenants(connection, behind),
            )  # fmt: skip
            entries = [
                _Entry(partition, row, None)
                for row in page.rows
                if (partition := partition_of(row.tenant)) in behind
                and self.vector[partition].position < row.position <= behind[partition]
            ]
            marks = {
                partition: Mark(min(until, page.upto), self.vector[partition].next_offset)
                for partition, until in behind.items()
                if self.vector[partition].position < min(until, page.upto)
            }
            self._write(connection, entries, marks, recorded)
            if not self._rigid:
                telemetry.stream_filled.labels(self.view.name).inc(len(entries))
        return True

    def _behind(self, target: Target) -> dict[int, int]:
        return {
            partition: until
            for partition, until in target.items()
            if partition not in self.poisoned and self.vector[partition].position < until
        }

    def _tenants(self, connection: psycopg.Connection[Any], behind: Iterable[int]) -> list[str] | None:
        partitions = set(behind)
        if len(partitions) == PARTITIONS:
            return None
        return [tenant for tenant in self._feed.tenants(connection) if partition_of(tenant) in partitions]

    def _sorted(
        self, taken: Mapping[int, Sequence[Taken]]
    ) -> tuple[list[_Entry], dict[int, Mark], dict[int, int]]:
        """What can be applied now, the marks that it leads to, and how far gaps before the rest go."""
        entries, marks, gaps, known = [], {}, {}, 0
        for partition, records in taken.items():
            position, offset = before = self.vector[partition]
            for record in records:
                if record.row.position <= position:
                    known += 1
                else:
                    if record.previous > position:
                        gaps[partition] = record.previous
                        break
                    position = record.row.position
                    if self.view.wants(record.row.topic):
                        entries.append(_Entry(partition, record.row, record.offset + 1))
                offset = record.offset + 1
            if (position, offset) != before:
                marks[partition] = Mark(position, offset)
        if known:
            telemetry.stream_duplicates.labels(self.view.name).inc(known)
        return entries, marks, gaps

    def _write(
        self,
        connection: psycopg.Connection[Any],
        entries: Sequence[_Entry],
        marks: Mapping[int, Mark],
        decode: Decode,
    ) -> None:
        """Apply events and move marks, both or neither; a poison event is found by halves."""
        if not marks:
            return
        began = time.perf_counter()
        try:
            with collector_paused():
                changes = self._projection.changes(connection, [decode(entry.row) for entry in entries])
            with connection.transaction():
                vectors.move(connection, self.build.schema, self.vector, marks)
                changes.write(connection, self.build.schema)
        except (OutrunError, psycopg.OperationalError):
            raise
        except Exception as error:
            if not entries:
                raise
            if len(entries) > 1:
                half = len(entries) // 2
                self._write(connection, entries[:half], self._marks_after(entries[:half]), decode)
                self._write_others(connection, entries[half:], marks, decode)
                return
            self._stop(connection, entries[0], error)
            self._write_others(connection, [], marks, decode)
            return
        self.vector.update(marks)
        self.handled += len(entries)
        if entries and not self._rigid:
            shown(self.view, [entry.row for entry in entries], began)

    def _write_others(
        self,
        connection: psycopg.Connection[Any],
        entries: Sequence[_Entry],
        marks: Mapping[int, Mark],
        decode: Decode,
    ) -> None:
        """The same without the partitions that stopped meanwhile."""
        self._write(
            connection,
            [entry for entry in entries if entry.partition not in self.poisoned],
            {partition: mark for partition, mark in marks.items() if partition not in self.poisoned},
            decode,
        )

    def _marks_after(self, entries: Sequence[_Entry]) -> dict[int, Mark]:
        return {
            entry.partition: Mark(
                entry.row.position, entry.next_offset or self.vector[entry.partition].next_offset
            )
            for entry in entries
        }

    def _stop(self, connection: psycopg.Connection[Any], entry: _Entry, cause: Exception) -> None:
        poison = PoisonError(entry.row.position, cause)
        if self._rigid:
            raise poison from cause
        stopped(connection, self.build, poison)
        self.poisoned.add(entry.partition)


def adopted(connection: psycopg.Connection[Any], projection: Projection, feed: StoreFeed) -> Streamed:
    """A build on its way along the partitions, from now on if it followed the store. The caller locked its row."""
    if projection.build.feed == "store":
        projection.build = vectors.adopt(connection, projection.build, PARTITIONS)
        log.info("%s follows Kafka from position %s", projection.build.schema, projection.build.position)
    return Streamed(projection, feed, vectors.load(connection, projection.build.schema))


def released(connection: psycopg.Connection[Any], projection: Projection, feed: StoreFeed) -> Build:
    """Let a build that followed Kafka follow the store, all of it come as far as its farthest partition.

    Its row is locked by the caller's transaction, which also holds all that is written. Raises PoisonError.
    """
    vector = vectors.load(connection, projection.build.schema, lock=True)
    upto = max(projection.build.position, *(mark.position for mark in vector.values()))
    Streamed(projection, feed, vector, rigid=True).fill(connection, dict.fromkeys(vector, upto))
    log.warning("%s followed Kafka and follows the store from position %s", projection.build.schema, upto)
    return vectors.release(connection, projection.build, upto)
