"""The floor under a build that follows Kafka: the position up to which it shows everything, whatever the partition.

It is read off the ledger's own order, and so exact: right above it is the first event that is not applied.
"""

import time
from typing import Any, Final, NamedTuple

import psycopg

from infra.feed import StoreFeed, partition_of
from projections.engine import vectors
from projections.engine.vectors import Stand

_PAGE: Final = 2_000

_Page = tuple[list[tuple[int, str]], int]


class Awaited(NamedTuple):
    """The first event that a build has not applied, and since when (monotonic seconds) it is the first."""

    position: int
    partition: int
    since: float


class Floors:
    """Raises the floors of all active builds that follow Kafka, whoever moved their marks."""

    def __init__(self, feed: StoreFeed) -> None:
        self._feed = feed
        self._awaited: dict[str, Awaited] = {}

    def raise_all(self, connection: psycopg.Connection[Any]) -> set[str]:
        """Raise what can be raised; the schemas of the active builds that follow Kafka."""
        stands = vectors.stands(connection)
        self._awaited = {
            stand.schema: self._awaited[stand.schema] for stand in stands if stand.schema in self._awaited
        }
        pages: dict[int, _Page] = {}  # views that are level read the same ones
        for stand in stands:
            floor = self._floor(connection, stand, pages)
            if floor > stand.floor:
                vectors.raise_floor(connection, stand.schema, floor)
        return {stand.schema for stand in stands}

    def awaited(self, schema: str) -> Awaited | None:
        """What a build waits for; None when it shows everything."""
        return self._awaited.get(schema)

    def _floor(self, connection: psycopg.Connection[Any], stand: Stand, pages: dict[int, _Page]) -> int:
        before = self._awaited.pop(stand.schema, None)
        if before is not None and stand.positions[before.partition] < before.position:
            self._awaited[stand.schema] = before
            return before.position - 1
        after = before.position if before is not None else stand.floor
        while True:
            if after not in pages:
                pages[after] = self._feed.order(connection, after, _PAGE)
            rows, upto = pages[after]
            for position, tenant in rows:
                partition = partition_of(tenant)
                if stand.positions[partition] < position:
                    self._awaited[stand.schema] = Awaited(position, partition, time.monotonic())
                    return position - 1
            if len(rows) < _PAGE:
                return max(after, upto)
            after = upto
