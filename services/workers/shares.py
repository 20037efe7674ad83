"""A rebuild by several processes: each fills the rows of its share of the tenants, which commute.

A share's checkpoint moves by compare-and-set in the transaction that writes its rows, so that a killed rebuild goes on.
"""

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from infra.feed import StoreFeed
from infra.processes import die_with_parent
from projections.engine.builds import Build, OutrunError
from services.workers.projection import Projection, collector_paused

SHARES: Final = 2
"""Processes: preparing rows is bound by Python, and one process uses one core."""

_LOOK_SECONDS: Final = 0.2


class ShareDiedError(RuntimeError):
    """A process of a rebuild ended early; the rebuild may be asked for again and goes on where it was."""


def begun(connection: psycopg.Connection[Any], build: Build) -> bool:
    """Whether a build is being filled by shares already."""
    row = connection.execute(
        "select exists (select from projection.view_share where schema = %s)", (build.schema,)
    ).fetchone()
    return row is not None and bool(row[0])


def fill(
    projection: Projection,
    pool: ConnectionPool[Any],
    feed: StoreFeed,
    until: int,
    batch: int,
    tell: Callable[[int, int], None],
) -> int:
    """Fill a build up to `until` by shares; how many events they handled. Its own checkpoint is for the caller to move.

    Raises ShareDiedError when a process ends early.
    """
    build = projection.build
    with pool.connection() as connection:
        connection.execute(
            "insert into projection.view_share (schema, share, shares, position)"
            " select %s, n, %s, %s from generate_series(0, %s) n on conflict do nothing",
            (build.schema, SHARES, build.position, SHARES - 1),
        )
        # Forked, not spawned: a child starts at once. It opens connections of its own and uses nothing of the parent's.
        context = multiprocessing.get_context("fork")
        handled: Synchronized[int] = context.Value("q", 0)
        children = [
            context.Process(target=_fill_share, args=(projection, pool, feed, share, until, batch, handled))
            for share in range(SHARES)
        ]
        for child in children:
            child.start()
        while any(child.is_alive() for child in children):
            for child in children:
                child.join(_LOOK_SECONDS)
            tell(_slowest(connection, build), until)
    if any(child.exitcode for child in children):
        codes = [child.exitcode for child in children]
        msg = f"a process of the rebuild of {build.schema} ended early ({codes}); ask again, it goes on where it was"
        raise ShareDiedError(msg)
    return handled.value


def forget(connection: psycopg.Connection[Any], build: Build) -> None:
    """The shares are all in: the build's own checkpoint stands for them, in the same transaction."""
    connection.execute("delete from projection.view_share where schema = %s", (build.schema,))


def _fill_share(
    projection: Projection,
    pool: ConnectionPool[Any],
    feed: StoreFeed,
    share: int,
    until: int,
    batch: int,
    handled: "Synchronized[int]",
) -> None:
    die_with_parent(signal.SIGKILL)
    schema, topics = projection.build.schema, projection.view.topics
    options: Any = pool.kwargs
    with psycopg.connect(str(pool.conninfo), **(options or {})) as connection, collector_paused():
        position, shares = _at(connection, schema, share)
        while position < until:
            page = feed.read(connection, position, topics, batch, until=until, share=(share, shares))
            changes = projection.prepare(connection, page.rows)
            with connection.transaction():
                moved = connection.execute(
                    "update projection.view_share set position = %s where schema = %s and share = %s and position = %s",
                    (page.upto, schema, share, position),
                )
                if moved.rowcount != 1:
                    msg = f"another process fills share {share} of {schema}"
                    raise OutrunError(msg)
                changes.write(connection, schema)
            position = page.upto
            with handled.get_lock():
                handled.value += len(page.rows)


def _at(connection: psycopg.Connection[Any], schema: str, share: int) -> tuple[int, int]:
    row = connection.execute(
        "select position, shares from projection.view_share where schema = %s and share = %s", (schema, share)
    ).fetchone()
    if row is None:
        raise LookupError(schema)
    return int(row[0]), int(row[1])


def _slowest(connection: psycopg.Connection[Any], build: Build) -> int:
    row = connection.execute(
        "select min(position) from projection.view_share where schema = %s", (build.schema,)
    ).fetchone()
    return int(row[0] or 0) if row else 0
