"""Rebuilding a view: the next build is filled beside the active one, compared with it, then switched to.

It is ordinary and safe: readers never wait, nothing but rows comes of it, and after a kill it goes on where it was.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic
from typing import Any, Final

import msgspec
import psycopg
from psycopg import sql
from psycopg_pool import ConnectionPool

from infra.feed import PARTITIONS, StoreFeed, partition_of
from infra.vault import Opener
from projections.engine import builds, vectors
from projections.engine.builds import Build
from projections.engine.table import Table
from projections.engine.view import View
from services.workers import shares
from services.workers.projection import Projection, collector_paused
from services.workers.streamed import Streamed, Target

BATCH: Final = 2_500
SHARED_FROM: Final = 20_000
"""From how many positions on a rebuild is worth several processes."""

_SAMPLE: Final = 3

Tell = Callable[[int, int], None]
"""Told how far a rebuild is: position and the position it goes to."""


class Difference(msgspec.Struct, frozen=True):
    """How a table differs between two builds: rows only in one, and a few of them."""

    table: str
    only_before: int
    only_after: int
    sample: list[str]


class Outcome(msgspec.Struct, frozen=True):
    """What a rebuild did. `before` is None when the view had no active build; `rows` are the new build's by table."""

    view: str
    schema: str
    position: int
    events: int
    seconds: float
    before: str | None
    same_version: bool
    differences: list[Difference]
    rows: dict[str, int]
    rows_before: dict[str, int]
    switched: bool


class Rebuild:
    """One rebuild of one view. `pool` is under the projecting role."""

    def __init__(
        self, view: View, pool: ConnectionPool[Any], feed: StoreFeed, opener: Opener, tell: Tell | None = None
    ) -> None:
        self._view = view
        self._pool = pool
        self._feed = feed
        self._opener = opener
        self._tell = tell or (lambda _done, _total: None)
        self._events = 0

    def run(self, confirm: Callable[[Outcome], bool]) -> Outcome:
        """Fill, compare and switch.

        Of the same version, equal row by row at one checkpoint: switched. Different, or of another version: `confirm`
        is asked with the differences. Without its consent the new build stays, ready, and may be asked about again.
        """
        started = monotonic()
        with self._pool.connection() as connection:
            build = self._approach(connection, self._begin(connection))
            self._index(build.schema)
            with connection.transaction():
                active, build = self._level(connection, build)
                outcome = self._compare(connection, build, active, monotonic() - started)
                if outcome.before is None or (outcome.same_version and not outcome.differences):
                    _switch(connection, build, active)
                    return msgspec.structs.replace(outcome, switched=True)
                builds.ready(connection, build)
            # Asked without a lock: the view follows on while somebody thinks.
            if not confirm(outcome):
                return outcome
            with connection.transaction():
                active, build = self._level(connection, build)
                _switch(connection, build, active)
                return msgspec.structs.replace(outcome, switched=True, position=build.position)

    def commune(self, tenant: str) -> list[Difference]:
        """Rebuild the rows of one commune in the active build; how they differ from what was there."""
        with self._pool.connection() as connection, connection.transaction():
            active = builds.find(connection, self._view.name, "active", self._view.version, lock=True)
            if active is None:
                msg = f"{self._view.name} has no active build of version {self._view.version}"
                raise LookupError(msg)
            for table in self._view.tables:
                connection.execute(_sql("create temporary table {old} on commit drop as select * from {table}"
                                        " where tenant = {tenant}", active, table, tenant))  # fmt: skip
                connection.execute(_sql("delete from {table} where tenant = {tenant}", active, table, tenant))
            projection = Projection(self._view, active, self._feed, self._opener)
            after, until = 0, _applied(connection, active, tenant)
            while after < until:
                page = self._feed.read(
                    connection, after, self._view.topics, BATCH, until=until, tenant=tenant
                )
                projection.prepare(connection, page.rows).write(connection, active.schema)
                after = page.upto
                self._tell(after, until)
            found = []
            for table in self._view.tables:
                before = sql.Identifier(f"before_{table.name}")
                now = _sql("(select * from {table} where tenant = {tenant})", active, table, tenant)
                found += _difference(connection, table, before, now)
            return found

    def _begin(self, connection: psycopg.Connection[Any]) -> Build:
        with connection.transaction():
            builds.lock(connection, self._view.name)
            for state in ("building", "ready"):
                build = builds.find(connection, self._view.name, state, self._view.version)
                if build is not None:
                    return build
            return builds.begin(connection, self._view)

    def _approach(self, connection: psycopg.Connection[Any], build: Build) -> Build:
        """`build` come near to the active one, which goes on meanwhile."""
        active = builds.find(connection, self._view.name, "active", self._view.version)
        if build.feed == "store":
            build = self._fill(build, active.position if active is not None else self._feed.head(connection))
        if active is not None and active.feed == "kafka":
            with connection.transaction():
                build = _following(connection, build)
            # Partitions are ahead of the floor: by a few events where all goes well, by many where one is stopped.
            self._abreast(connection, build, _reached(connection, active))
        return build

    def _level(self, connection: psycopg.Connection[Any], build: Build) -> tuple[Build | None, Build]:
        """The active build, whose checkpoints stand still until the transaction ends, and `build` come as far."""
        builds.lock(connection, self._view.name)
        active = builds.find(connection, self._view.name, "active", lock=True)
        reached: Target = {}
        if active is not None and active.feed == "kafka":
            reached = _reached(connection, active, lock=True)
        until = self._feed.head(connection)
        if active is not None and active.version == self._view.version:
            if reached:
                build = _following(connection, build)
                self._abreast(connection, build, reached)
                return active, msgspec.structs.replace(build, position=active.position)
            until = active.position
        if build.feed == "store":
            return active, self._fill(build, max(build.position, until))
        # The active one followed Kafka when this was begun, and follows the store again.
        self._abreast(connection, build, dict.fromkeys(range(PARTITIONS), until))
        return active, vectors.release(connection, build, until)

    def _abreast(self, connection: psycopg.Connection[Any], build: Build, target: Target) -> None:
        """Let `build` come as far as a target, partition by partition."""
        projection = Projection(self._view, build, self._feed, self._opener)
        streamed = Streamed(projection, self._feed, vectors.load(connection, build.schema), rigid=True)
        streamed.fill(connection, target, limit=BATCH)
        self._events += streamed.handled

    def _index(self, schema: str) -> None:
        def work(table: Table) -> None:
            with self._pool.connection() as connection:
                builds.index_table(connection, table, schema)
                # Autovacuum comes a minute later, and the first readers would have plans for empty tables.
                connection.execute(sql.SQL("analyze {}").format(sql.Identifier(schema, table.name)))

        with ThreadPoolExecutor(shares.SHARES) as executor:
            list(executor.map(work, self._view.tables))

    def _fill(self, build: Build, until: int) -> Build:
        with self._pool.connection() as connection:
            shared = until - build.position >= SHARED_FROM or shares.begun(connection, build)
        return self._fill_shared(build, until) if shared else self._fill_alone(build, until)

    def _fill_shared(self, build: Build, until: int) -> Build:
        """Read up to `until` by several processes, each with its share of the tenants."""
        projection = Projection(self._view, build, self._feed, self._opener)
        self._events += shares.fill(projection, self._pool, self._feed, until, BATCH, self._tell)
        with self._pool.connection() as connection, connection.transaction():
            shares.forget(connection, build)
            return builds.move(connection, build, until)

    def _fill_alone(self, build: Build, until: int) -> Build:
        """Read up to `until`: one thread prepares rows while another writes those before."""
        projection = Projection(self._view, build, self._feed, self._opener)
        with (
            collector_paused(),
            self._pool.connection() as reading,
            self._pool.connection() as writing,
            ThreadPoolExecutor(1) as executor,
        ):
            after = build.position
            written: Future[None] | None = None
            while after < until:
                page = self._feed.read(reading, after, self._view.topics, BATCH, until=until)
                changes = projection.prepare(reading, page.rows)
                if written is not None:
                    written.result()
                written = executor.submit(projection.write, writing, changes, page.upto)
                after = page.upto
                self._events += len(page.rows)
                self._tell(after, until)
            if written is not None:
                written.result()
        return projection.build

    def _compare(
        self, connection: psycopg.Connection[Any], build: Build, active: Build | None, seconds: float
    ) -> Outcome:
        same = active is not None and active.version == build.version
        differences = []
        if active is not None and same:
            for table in self._view.tables:
                before = sql.Identifier(active.schema, table.name)
                differences += _difference(
                    connection, table, before, sql.Identifier(build.schema, table.name)
                )
        return Outcome(
            view=self._view.name,
            schema=build.schema,
            position=build.position,
            events=self._events,
            seconds=seconds,
            before=active.schema if active is not None else None,
            same_version=same,
            differences=differences,
            rows=_counts(connection, build.schema),
            rows_before=_counts(connection, active.schema) if active is not None else {},
            switched=False,
        )


def _switch(connection: psycopg.Connection[Any], build: Build, active: Build | None) -> None:
    if active is not None and active.feed == "kafka":
        vectors.hand_over(connection, active, _following(connection, build))
    builds.switch(connection, build)


def _following(connection: psycopg.Connection[Any], build: Build) -> Build:
    """A build with a mark for each partition."""
    return vectors.adopt(connection, build, PARTITIONS) if build.feed == "store" else build


def _reached(connection: psycopg.Connection[Any], build: Build, *, lock: bool = False) -> Target:
    marks = vectors.load(connection, build.schema, lock=lock)
    return {partition: mark.position for partition, mark in marks.items()}


def _applied(connection: psycopg.Connection[Any], active: Build, tenant: str) -> int:
    """Up to where a build has applied the events of a tenant; it stands still there until the transaction ends."""
    if active.feed == "store":
        return active.position
    partition = partition_of(tenant)
    return vectors.load(connection, active.schema, [partition], lock=True)[partition].position


def _sql(query: str, build: Build, table: Table, tenant: str) -> sql.Composed:
    return sql.SQL(query).format(
        table=sql.Identifier(build.schema, table.name),
        old=sql.Identifier(f"before_{table.name}"),
        tenant=sql.Literal(tenant),
    )


def _difference(
    connection: psycopg.Connection[Any], table: Table, before: sql.Composable, after: sql.Composable
) -> list[Difference]:
    found = []
    for one, other in ((before, after), (after, before)):
        query = sql.SQL(
            "select to_jsonb(t)::text from (select * from {} a except all select * from {} b) t"
        ).format(one, other)
        found.append([row[0] for row in connection.execute(query)])
    if not found[0] and not found[1]:
        return []
    sample = [f"- {row}" for row in found[0][:_SAMPLE]] + [f"+ {row}" for row in found[1][:_SAMPLE]]
    if table.name.endswith("_person"):
        sample = []  # a terminal or a log is no place for names
    return [Difference(table.name, len(found[0]), len(found[1]), sample)]


def _counts(connection: psycopg.Connection[Any], schema: str) -> dict[str, int]:
    tables = connection.execute("select tablename from pg_tables where schemaname = %s order by 1", (schema,))
    counts = {}
    for (name,) in tables.fetchall():
        query = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, name))
        (counts[name],) = connection.execute(query).fetchone() or (0,)
    return counts
