"""A stage for views over Kafka: the real relay, workers in threads, and a view that shows when anything is done twice.
What a test does to topics, offsets and checkpoints is done here by name."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from domain.membership.member import MemberJoined
from domain.tenancy import Owner, Tenant, commune
from infra.feed import PARTITIONS, partition_of
from infra.kafka import KafkaCluster
from infra.kafka.cloudevents import Taken
from infra.kafka.topic import ensure_topic
from projections import VIEWS
from projections.engine import builds, vectors
from projections.engine.changes import Changes
from projections.engine.table import BIGINT, Table
from projections.engine.view import Recorded, View
from services.commands import membership, partnerships, tariffs
from services.wiring import Parts
from services.workers.lease import LeaseLostError
from services.workers.projection import Projection
from services.workers.projector import Projector
from services.workers.relay import Relay
from services.workers.stream import StreamProjector
from services.workers.streamed import Streamed, adopted
from tests.support import cast, worlds
from tests.support.cast import ACCORD, INSURER, ask

JOINED = Table("joined", {"members": BIGINT}, key=(), readers=("organisation",), counters=("members",))
COUNTS = View("counts", 1, [JOINED])
"""Counts members: what is applied twice, or not at all, is a wrong number."""

DRAWERS: tuple[tuple[Tenant, Owner, Owner], ...] = (
    *worlds.DRAWERS,
    *((commune(code), INSURER, ACCORD) for code in ("13055", "33063", "69123", "2A004")),
)
"""Towns that lie in different partitions."""

PATIENCE = 60.0

NOWHERE = KafkaCluster(servers=("127.0.0.1:1",))
"""For what speaks to no broker."""


@COUNTS.on(MemberJoined)
def _joined(fact: Recorded[MemberJoined], rows: Changes) -> None:
    rows.add(JOINED, (fact.tenant, fact.owner), members=1)


@dataclass
class Stage:
    """One database, one cluster and one relay."""

    parts: Parts
    cluster: KafkaCluster
    joined: int = 0
    declared: int = 0

    @cached_property
    def relay(self) -> Relay:
        return Relay(self.cluster, self.parts.databases.project, self.parts.feed)

    def join(self, members: int) -> int:
        """So many members join, in turn with each insurer of each town; the last position."""
        ledger, position = self.parts.ledger, 0
        for tenant, _, binding in DRAWERS[self.declared :]:
            partnerships.declare(ledger, tenant, binding, cast.declaration(), ask())
            partnerships.confirm(ledger, tenant, binding, cast.confirmation(), ask())
            tariffs.notify(ledger, tenant, binding, cast.grid(), ask())
        self.declared = len(DRAWERS)
        for _ in range(members):
            tenant, owner, _ = DRAWERS[self.joined % len(DRAWERS)]
            command = cast.member(f"s{self.joined}")
            receipt = membership.join(ledger, tenant, owner, command, ask())
            assert receipt is not None
            position, self.joined = receipt.last, self.joined + 1
        return position

    def fill(self) -> None:
        """Everything happens that the views know; the store shows it."""
        worlds.fill(self.parts)
        self.declared = len(worlds.DRAWERS)

    def relayed(self) -> None:
        """Everything is in Kafka."""
        while self.relay.step():
            pass

    def relayed_at_last(self) -> bool:
        """The same, tried until database and brokers are there."""
        try:
            self.relayed()
        except (psycopg.OperationalError, KafkaError, LeaseLostError):
            return False
        return True

    def worker(self, *views: View) -> StreamProjector:
        parts = self.parts
        chosen = views or tuple(VIEWS.values())
        return StreamProjector(chosen, parts.databases.project, parts.feed, parts.opener, self.cluster)

    def store_worker(self, *views: View) -> Projector:
        parts = self.parts
        return Projector(views or tuple(VIEWS.values()), parts.databases.project, parts.feed, parts.opener)

    def from_store(self, *views: View) -> None:
        """The views follow the store up to its head."""
        worker = self.store_worker(*views)
        with self.parts.databases.project.connection() as connection:
            while worker.catch_up(connection):
                pass

    def shown(self, position: int, *views: View, patience: float = PATIENCE) -> bool:
        names = [view.name for view in views] or list(VIEWS)
        # Again and again: a view that was waited for in vain is not waited for before it moves.
        deadline = time.monotonic() + patience
        while not self.parts.views.wait(names, position, patience=0.05):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def forget_relayed(self) -> None:
        """The relay begins again where the ledger begins: everything is sent once more."""
        self._relay_at(0)

    def skip_relaying(self) -> None:
        """The relay goes on at the ledger's head: what was recorded meanwhile is never in Kafka."""
        with self.parts.databases.project.connection() as connection:
            self._relay_at(self.parts.feed.head(connection))

    def _relay_at(self, position: int) -> None:
        self.relay.close()
        with self.parts.databases.project.connection() as connection:
            connection.execute("update projection.relay set position = %s", (position,))
            connection.execute("update projection.relay_partition set position = %s", (position,))

    def recreate_topic(self) -> None:
        """The topic is deleted with all that it held, and made again."""
        self.relay.close()
        admin = KafkaAdminClient(**self.cluster.client("tests"))
        try:
            admin.delete_topics([self.cluster.topic])
            until(lambda: self.cluster.topic not in admin.list_topics())
        finally:
            admin.close()
        ensure_topic(self.cluster)

    def rows(self, view: View) -> dict[str, list[str]]:
        return worlds.rows_of_active(self.parts, view)

    def counted(self) -> int:
        """The members that the counting view has counted."""
        with self.parts.databases.project.connection() as connection:
            active = builds.find(connection, COUNTS.name, "active")
            assert active is not None
            row = connection.execute(
                f"select coalesce(sum(members), 0) from {active.schema}.joined".encode()
            ).fetchone()
        return int(row[0]) if row else 0

    def members(self) -> int:
        """The members in the ledger."""
        with self.parts.databases.project.connection() as connection:
            row = connection.execute(
                "select count(*) from ledger.event where topic like 'member.joined.%'"
            ).fetchone()
        return int(row[0]) if row else 0

    def active(self, view: View) -> builds.Build:
        with self.parts.databases.project.connection() as connection:
            found = builds.find(connection, view.name, "active")
        assert found is not None
        return found

    def equal_to_store(self, *views: View) -> None:
        """Every row of the active builds is the one that the store gives."""
        for view in views or tuple(VIEWS.values()):
            fresh = worlds.build_from(self.parts, view, [worlds.feed_rows(self.parts, view)])
            assert self.rows(view) == worlds.rows_of_build(self.parts, view, fresh), view.name

    def taken(self, after: int = 0) -> dict[int, list[Taken]]:
        """The records of the ledger after a position, by partition, as a relay that began there would chain them."""
        with self.parts.databases.project.connection() as connection:
            rows = self.parts.feed.read(connection, after, None, 100_000).rows
        found: dict[int, list[Taken]] = {}
        for row in rows:
            records = found.setdefault(partition_of(row.tenant), [])
            previous = records[-1].row.position if records else after
            records.append(Taken(len(records), row, previous))
        return found

    def streamed(self, connection: psycopg.Connection[Any], view: View) -> Streamed:
        """The active build, following Kafka."""
        with connection.transaction():
            build = builds.find(connection, view.name, "active", lock=True)
            assert build is not None
            return adopted(
                connection, Projection(view, build, self.parts.feed, self.parts.opener), self.parts.feed
            )


@contextmanager
def running(*workers: StreamProjector) -> Iterator[None]:
    """The workers run in threads of their own; they end with the block, in time."""
    stop = threading.Event()
    threads = [threading.Thread(target=worker.run, args=(stop,)) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)


def until(done: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + patience
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def marks(parts: Parts, schema: str) -> vectors.Vector:
    with parts.databases.project.connection() as connection:
        return vectors.load(connection, schema)


def first_unapplied(parts: Parts, schema: str) -> int | None:
    """The first position of the ledger that a build has not applied, by looking at every event."""
    found = marks(parts, schema)
    with parts.databases.project.connection() as connection:
        for position, tenant in connection.execute(
            "select position, tenant from ledger.event order by position"
        ):
            if found[partition_of(tenant)].position < position:
                return int(position)
    return None


def owned(workers: Sequence[StreamProjector]) -> list[int]:
    """How many partitions each worker has; all of them have an owner."""
    counts = [len(worker._reader.partitions) if worker._reader else 0 for worker in workers]
    return counts if sum(counts) == PARTITIONS else []
