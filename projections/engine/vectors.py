"""The checkpoint of a build that follows Kafka: for each partition, up to where its events are applied.

It moves by compare-and-set in the transaction that writes the rows; the build's own position is the floor under all.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import psycopg

from projections.engine.builds import Build, OutrunError


class Mark(NamedTuple):
    """How far one partition is: every event of it up to `position` is applied, and `next_offset` is where to read on.

    Without an offset nobody knows where, and what is read again is recognised by its position.
    """

    position: int
    next_offset: int | None = None


Vector = dict[int, Mark]
"""The marks by number of partition."""


class Stand(NamedTuple):
    """How far an active build that follows Kafka is: the floor under all partitions, and each one's position."""

    schema: str
    floor: int
    positions: list[int]


# Locked in the order of partitions, so that two workers that meet wait for each other and never in a circle.
_MOVE: Final = """
with held as materialized (
  select partition from projection.view_partition
  where schema = %(schema)b and partition = any(%(partitions)b::int[]) order by partition for update
)
update projection.view_partition v set position = u.after, next_offset = u.next_offset
from held join unnest(%(partitions)b::int[], %(before)b::bigint[], %(after)b::bigint[], %(offsets)b::bigint[])
  as u (partition, before, after, next_offset) using (partition)
where v.schema = %(schema)b and v.partition = u.partition and v.position = u.before
"""

_STANDS: Final = """
select v.schema, v.position, array_agg(p.position order by p.partition)
from projection.view_version v join projection.view_partition p using (schema)
where v.state = 'active' and v.feed = 'kafka' group by v.schema, v.position order by v.schema
"""

# Somebody who holds the row compares a rebuild or raises the floor: the next look finds it free.
_RAISE: Final = """
with free as (
  select view, version, build from projection.view_version
  where schema = %(schema)s and feed = 'kafka' and position < %(floor)s for update skip locked
)
update projection.view_version v
set position = %(floor)s, moved_at = clock_timestamp(),
  error = case when v.poisoned_at <= %(floor)s then null else v.error end,
  poisoned_at = case when v.poisoned_at <= %(floor)s then null else v.poisoned_at end
from free where v.view = free.view and v.version = free.version and v.build = free.build
"""


def adopt(connection: psycopg.Connection[Any], build: Build, partitions: int) -> Build:
    """Let a build that follows the store follow Kafka from where it is; the caller's transaction locked its row."""
    connection.execute(
        "insert into projection.view_partition (schema, partition, position)"
        " select %s, n, %s from generate_series(0, %s) n",
        (build.schema, build.position, partitions - 1),
    )
    return _follow(connection, build, "kafka", build.position)


def release(connection: psycopg.Connection[Any], build: Build, position: int) -> Build:
    """Let a build of which every partition has come to `position` follow the store from there."""
    connection.execute("delete from projection.view_partition where schema = %s", (build.schema,))
    return _follow(connection, build, "store", position)


def load(
    connection: psycopg.Connection[Any],
    schema: str,
    partitions: Sequence[int] | None = None,
    *,
    lock: bool = False,
) -> Vector:
    """The marks of a build, or of some partitions of it; `lock` keeps them still until the transaction ends."""
    query = "select partition, position, next_offset from projection.view_partition where schema = %s"
    parameters: list[object] = [schema]
    if partitions is not None:
        query += " and partition = any(%s)"
        parameters.append(list(partitions))
    query += " order by partition" + (" for update" if lock else "")
    rows = connection.execute(query, parameters).fetchall()
    return {partition: Mark(position, next_offset) for partition, position, next_offset in rows}


def move(
    connection: psycopg.Connection[Any], schema: str, before: Mapping[int, Mark], after: Mapping[int, Mark]
) -> None:
    """Move some marks in the transaction that writes the rows, and first in it.

    Raises OutrunError when one of them is not at its position `before`: another worker has the partition, or the build
    was replaced or follows the store.
    """
    partitions = sorted(after)
    moved = connection.execute(
        _MOVE,
        {
            "schema": schema,
            "partitions": partitions,
            "before": [before[partition].position for partition in partitions],
            "after": [after[partition].position for partition in partitions],
            "offsets": [after[partition].next_offset for partition in partitions],
        },
        prepare=True,
    )
    if moved.rowcount != len(partitions):
        msg = f"{schema} is no longer where it was in the partitions {partitions}"
        raise OutrunError(msg)


def hand_over(connection: psycopg.Connection[Any], active: Build, build: Build) -> None:
    """Let `build`, come as far as `active` in every partition, read on at its offsets, from the same floor.

    Whoever waits to move a mark of `active` finds none.
    """
    connection.execute(
        "update projection.view_version set position = greatest(position, %s) where schema = %s",
        (active.position, build.schema),
    )
    connection.execute(
        "with gone as (delete from projection.view_partition where schema = %s returning partition, next_offset)"
        " update projection.view_partition v set next_offset = gone.next_offset from gone"
        " where v.schema = %s and v.partition = gone.partition",
        (active.schema, build.schema),
    )


def stands(connection: psycopg.Connection[Any]) -> list[Stand]:
    """How far every active build is that follows Kafka."""
    return list(map(Stand._make, connection.execute(_STANDS, prepare=True, binary=True).fetchall()))


def raise_floor(connection: psycopg.Connection[Any], schema: str, floor: int) -> None:
    """Say up to where a build is certain for all partitions. It never falls, and may be held still for a moment."""
    connection.execute(_RAISE, {"schema": schema, "floor": floor}, prepare=True)


def _follow(connection: psycopg.Connection[Any], build: Build, feed: str, position: int) -> Build:
    connection.execute(
        "update projection.view_version set feed = %s, position = %s where view = %s and version = %s and build = %s",
        (feed, position, build.view, build.version, build.build),
    )
    return msgspec.structs.replace(build, feed=feed, position=position)
