"""How pages, the API and exports read views: as an audience, in one transaction, under row-level security.

The audience is the second lock; every query names tenant and owner all the same.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal, TypeVar

import msgspec
import psycopg
from psycopg import errors
from psycopg.pq import Escaping
from psycopg_pool import ConnectionPool

from projections import VIEWS
from projections.engine.reading import Reader, ViewNotReadyError

T = TypeVar("T")

_POLL_SECONDS: Final = 0.01
PATIENCE: Final = 1.0
"""How long a page waits for the caller's own write to show, in seconds."""

# One round trip: a page that opens three readers would else wait, and wake the server, twelve times more.
_BEGIN: Final = (
    b"begin isolation level repeatable read, read only; set local role beffroi_%s;"
    b" set local beffroi.tenants = %s; set local beffroi.owners = %s;"
    b" select view, version, schema, position, poisoned_at is not null from projection.view_version"
    b" where state = 'active'"
)
_STATEMENTS: Final = 5
_POSITIONS: Final = "select view, position from projection.view_version where state = 'active'"


class Audience(msgspec.Struct, frozen=True):
    """In which role, and in which tenants and drawers, somebody reads."""

    role: Literal["organisation", "place", "operator"]
    tenants: Sequence[str] = ()
    owners: Sequence[str] = ()


class Views:
    """The views as this process reads them. `pool` is under the request role."""

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self._pool = pool
        self._progress = _Progress(pool)
        self._still: dict[str, tuple[int, int]] = {}
        """Where views stood when somebody had waited for them in vain, and for which position."""

    @contextmanager
    def reader(self, audience: Audience) -> Iterator[Reader]:
        """A reader for one transaction, which sees what the audience may see and nothing else."""
        with self._pool.connection() as connection:
            try:
                active = _begin(connection, audience)
                current = [row for row in active if row[0] in VIEWS and row[1] == VIEWS[row[0]].version]
                schemas, positions = ({row[0]: row[place] for row in current} for place in (2, 3))
                stopped = {row[0] for row in active if row[4]}
                yield Reader(connection, schemas, positions, role=audience.role, stopped=stopped)
            finally:
                if not connection.closed:
                    connection.commit()  # nothing was written; a rollback would forget the prepared statements

    def read(self, audience: Audience, query: Callable[[Reader], T]) -> T:
        """What `query` reads. A reader that meets a build dropped under its feet starts again once."""
        try:
            with self.reader(audience) as reader:
                return query(reader)
        except (errors.UndefinedTable, errors.InvalidSchemaName):
            with self.reader(audience) as reader:
                return query(reader)

    def wait(self, views: Sequence[str], position: int, patience: float = PATIENCE) -> bool:
        """Wait until all `views` show an event; False when they do not within `patience` seconds.

        False at once where a view has not moved since somebody waited in vain for this position or one before it: a
        projector that is gone, or a view that stopped, must not take every thread for a second.
        """
        deadline = time.monotonic() + patience
        while True:
            reached = self._progress.positions()
            behind = {view: at for view in views if (at := reached.get(view, -1)) < position}
            if not behind:
                return True
            if any(self._waited_in_vain(view, at, position) for view, at in behind.items()):
                return False
            if time.monotonic() > deadline:
                self._still.update({view: (at, position) for view, at in behind.items()})
                return False
            time.sleep(_POLL_SECONDS)

    def _waited_in_vain(self, view: str, at: int, position: int) -> bool:
        stood, wanted = self._still.get(view, (None, 0))
        return at == stood and position >= wanted


class _Progress:
    """How far the active views have come. All who wait share one look at it every few milliseconds.

    What was seen lately is never ahead of what is: at worst somebody waits a moment more.
    """

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self._pool = pool
        self._lock = threading.Lock()
        self._looked_at = -_POLL_SECONDS
        self._positions: dict[str, int] = {}

    def positions(self) -> dict[str, int]:
        """By view."""
        with self._lock:
            if time.monotonic() - self._looked_at >= _POLL_SECONDS:
                with self._pool.connection() as connection:
                    rows = connection.execute(_POSITIONS, prepare=True).fetchall()
                self._positions = dict(rows)
                self._looked_at = time.monotonic()
            return self._positions


def _begin(connection: psycopg.Connection[Any], audience: Audience) -> list[Any]:
    """Begin to read as an audience; the active builds of the views."""
    quote = Escaping(connection.pgconn).escape_literal
    tenants, owners = (quote(",".join(names).encode()) for names in (audience.tenants, audience.owners))
    cursor = connection.execute(_BEGIN % (audience.role.encode(), tenants, owners))
    for _ in range(_STATEMENTS - 1):
        cursor.nextset()
    return cursor.fetchall()


__all__ = ["PATIENCE", "Audience", "Reader", "ViewNotReadyError", "Views"]
