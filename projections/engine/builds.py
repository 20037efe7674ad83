"""Builds of views: each is a schema of its own, filled from the ledger, with a checkpoint moved by compare-and-set.

One build of a view is active; readers find it in their own transaction. A rebuild fills the next one beside it.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import class_row

from projections.engine.table import Audience, Table
from projections.engine.view import View

AUDIENCE_ROLES: Final = ("beffroi_organisation", "beffroi_place", "beffroi_operator")
_COLUMNS: Final = "view, version, build, schema, state, feed, position, until, poisoned_at, error"


# Locked in one order, so that two workers that meet wait for each other and never in a circle.
_MOVE_ALL: Final = """
with held as (
  select schema from projection.view_version
  where schema = any(%s) and position = %s and state <> 'retired' and feed = 'store'
  order by schema for update
)
update projection.view_version moved
set position = %s, moved_at = clock_timestamp(), poisoned_at = null, error = null
from held where moved.schema = held.schema
returning 1
"""


class OutrunError(Exception):
    """Another worker moved the checkpoint: what this one prepared is stale and must be dropped."""


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """A build of a view: `state` is building, ready, active or retired; `until` a rebuild's frozen checkpoint.

    `feed` is store or kafka. `position` is the checkpoint of one that follows the store; of one that follows Kafka it
    is what is certain for all partitions, whose checkpoints are in `vectors`.
    """

    view: str
    version: int
    build: int
    schema: str
    state: str
    feed: str = "store"
    position: int
    until: int | None
    poisoned_at: int | None
    error: str | None


def find(
    connection: psycopg.Connection[Any],
    view: str,
    state: str,
    version: int | None = None,
    *,
    lock: bool = False,
) -> Build | None:
    """The newest build of a view in a state; `lock` keeps its checkpoint still until the transaction ends."""
    query = f"select {_COLUMNS} from projection.view_version where view = %s and state = %s"  # noqa: S608 (constants)
    if version is not None:
        query += f" and version = {version:d}"
    query += " order by version desc, build desc limit 1" + (" for update" if lock else "")
    with connection.cursor(row_factory=class_row(Build)) as cursor:
        return cursor.execute(query, (view, state)).fetchone()


def lock(connection: psycopg.Connection[Any], view: str) -> None:
    """Keep others from making or switching builds of a view until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(hashtext('view'), hashtext(%s))", (view,))


def listed(connection: psycopg.Connection[Any]) -> list[Build]:
    """Every build there is, by view and age."""
    query = f"select {_COLUMNS} from projection.view_version order by view, version, build"  # noqa: S608 (constants)
    with connection.cursor(row_factory=class_row(Build)) as cursor:
        return cursor.execute(query).fetchall()


def begin(connection: psycopg.Connection[Any], view: View, *, state: str = "building") -> Build:
    """Make the schema of a new build, with tables, policies and grants, in the caller's transaction."""
    (number,) = connection.execute(
        "select coalesce(max(build), 0) + 1 from projection.view_version where view = %s and version = %s",
        (view.name, view.version),
    ).fetchone() or (1,)
    schema = f"{view.name}_v{view.version}" + (f"_b{number}" if number > 1 else "")
    make_schema(connection, view, schema)
    connection.execute(
        "insert into projection.view_version (view, version, build, schema, state) values (%s, %s, %s, %s, %s)",
        (view.name, view.version, number, schema, state),
    )
    if state == "active":
        index(connection, view, schema)
    return Build(
        view=view.name, version=view.version, build=number, schema=schema, state=state,
        position=0, until=None, poisoned_at=None, error=None,
    )  # fmt: skip


def make_schema(connection: psycopg.Connection[Any], view: View, schema: str) -> None:
    """The schema of a build: its tables are closed to everyone before they hold a row."""
    connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
    readers: Iterable[Audience] = {reader for table in view.tables for reader in table.readers}
    for reader in sorted(readers):
        connection.execute(f"grant usage on schema {schema} to beffroi_{reader.removesuffix('_any_owner')}")
    for table in view.tables:
        connection.execute(table.create(schema))


def index(connection: psycopg.Connection[Any], view: View, schema: str) -> None:
    """The indexes besides primary keys."""
    for table in view.tables:
        index_table(connection, table, schema)


def index_table(connection: psycopg.Connection[Any], table: Table, schema: str) -> None:
    """The indexes of one table; a rebuild makes them after filling, several tables at a time."""
    for statement in table.create_indexes(schema):
        connection.execute(statement)


def move(connection: psycopg.Connection[Any], build: Build, position: int) -> Build:
    """Move the checkpoint of a build that follows the store, in the transaction that writes the rows.

    Raises OutrunError when it is not where it was, or follows Kafka by now.
    """
    moved = connection.execute(
        "update projection.view_version"
        " set position = %s, moved_at = clock_timestamp(), poisoned_at = null, error = null"
        " where view = %s and version = %s and build = %s and position = %s and state <> 'retired' and feed = 'store'",
        (position, build.view, build.version, build.build, build.position),
    )
    if moved.rowcount != 1:
        msg = f"{build.schema} is no longer at {build.position}"
        raise OutrunError(msg)
    return msgspec.structs.replace(build, position=position)


def move_all(connection: psycopg.Connection[Any], together: Sequence[Build], position: int) -> list[Build]:
    """The same for several builds that are at one position: all of them, or OutrunError and the caller rolls back."""
    schemas = [build.schema for build in together]
    moved = connection.execute(_MOVE_ALL, (schemas, together[0].position, position), prepare=True).fetchall()
    if len(moved) != len(together):
        msg = f"not all of {', '.join(schemas)} are at {together[0].position} any more"
        raise OutrunError(msg)
    return [msgspec.structs.replace(build, position=position) for build in together]


def poison(connection: psycopg.Connection[Any], build: Build, position: int, error: str) -> None:
    """Say loudly which event stopped the build, and why; of several, the first in the ledger."""
    connection.execute(
        "update projection.view_version set poisoned_at = %s, error = %s"
        " where view = %s and version = %s and build = %s and coalesce(poisoned_at, %s) >= %s",
        (position, error[:2000], build.view, build.version, build.build, position, position),
    )


def ready(connection: psycopg.Connection[Any], build: Build) -> None:
    """Say that a rebuild has read what it should: it may be compared and switched to."""
    _set_state(connection, build, "ready")


def switch(connection: psycopg.Connection[Any], build: Build) -> None:
    """Let readers use this build from their next transaction on; the one before stays a while for those at work."""
    connection.execute(
        "update projection.view_version set state = 'retired', retired_at = clock_timestamp()"
        " where view = %s and state = 'active'",
        (build.view,),
    )
    _set_state(connection, build, "active")


def drop(connection: psycopg.Connection[Any], build: Build) -> None:
    """Throw a build away."""
    connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(build.schema)))
    connection.execute(
        "delete from projection.view_version where view = %s and version = %s and build = %s",
        (build.view, build.version, build.build),
    )


def retired(connection: psycopg.Connection[Any], seconds: float) -> list[Build]:
    """The builds that no reader can be using any more: retired for so many seconds."""
    query = (
        f"select {_COLUMNS} from projection.view_version where state = 'retired'"  # noqa: S608 (constants)
        " and retired_at < clock_timestamp() - make_interval(secs => %s)"
    )
    with connection.cursor(row_factory=class_row(Build)) as cursor:
        return cursor.execute(query, (seconds,)).fetchall()


def _set_state(connection: psycopg.Connection[Any], build: Build, state: str) -> None:
    connection.execute(
        "update projection.view_version set state = %s where view = %s and version = %s and build = %s",
        (state, build.view, build.version, build.build),
    )
