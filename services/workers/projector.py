"""The projector: it reads the feed and lets each view follow, rows and checkpoint in one transaction.

A poison event stops its view, loudly and there; the other views go on.
"""

import gc
import logging
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from domain.events import decode
from infra.errors import described
from infra.feed import FeedRow, StoreFeed
from infra.ledger.mapper import placed
from infra.vault import Opener
from projections.engine import builds
from projections.engine.builds import Build, OutrunError
from projections.engine.changes import Changes
from projections.engine.view import Recorded, View

log = logging.getLogger(__name__)

BATCH: Final = 2_000
"""Events a batch: a few thousand rows, so that readers and writers hardly notice it."""

IDLE_SECONDS: Final = 0.02
RETIRE_SECONDS: Final = 60.0


class PoisonError(Exception):
    """An event that a view cannot handle."""

    def __init__(self, position: int, cause: BaseException) -> None:
        super().__init__(f"event {position}: {described(cause)}")
        self.position = position
        self.where = "".join(traceback.format_tb(cause.__traceback__)).rstrip()


class Projection:
    """One build of one view on its way along the feed."""

    def __init__(self, view: View, build: Build, feed: StoreFeed, opener: Opener) -> None:
        self.view = view
        self.build = build
        self._feed = feed
        self._opener = opener

    def step(
        self, connection: psycopg.Connection[Any], limit: int = BATCH, *, until: int | None = None
    ) -> int:
        """Handle the next events; how many there were. `connection` is in autocommit under the projecting role.

        Raises PoisonError with the event at fault, after everything before it was written; OutrunError when another
        worker moved the checkpoint.
        """
        names = self.view.stored_names
        page = self._feed.read(connection, self.build.position, names, limit, until=until)
        if page.upto == self.build.position:
            return 0
        try:
            self.write(connection, self.prepare(connection, page.rows), page.upto)
        except (OutrunError, psycopg.OperationalError):
            raise
        except Exception as error:
            if len(page.rows) <= 1:
                position = page.rows[0].position if page.rows else page.upto
                raise PoisonError(position, error) from error
            # Find the one at fault: halves, until it stands alone.
            return self.step(connection, len(page.rows) // 2, until=until)
        return len(page.rows)

    def write(self, connection: psycopg.Connection[Any], changes: Changes, upto: int) -> None:
        """Move the checkpoint and write the changes, both or neither."""
        with connection.transaction():
            # First, because it says whether these rows are still ours to write: another worker may have written them,
            # and a build that was replaced may have been dropped. Either would look like a poison event.
            moved = builds.move(connection, self.build, upto)
            changes.write(connection, self.build.schema)
        self.build = moved

    def prepare(self, connection: psycopg.Connection[Any], rows: Sequence[FeedRow]) -> Changes:
        """The changes that some events make to rows."""
        with collector_paused():
            facts = [recorded(row) for row in rows]
            if self.view.shows_persons:
                self._opener.open_batch(connection, [fact.event for fact in facts])
            changes = Changes()
            self.view.apply(facts, changes)
            return changes


def recorded(row: FeedRow) -> Recorded[Any]:
    """The event that a row of the feed holds, with what surrounds it."""
    event = placed(decode(row.topic, row.state), row.stream, row.version, row.recorded_at)
    key = row.stream.rpartition("/")[2]
    return Recorded(row.position, row.tenant, row.owner, key, row.recorded_at, row.actor, event)


@contextmanager
def collector_paused() -> Iterator[None]:
    """No search for reference cycles meanwhile: a batch makes many small objects and no cycle (a fifth faster)."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Projector:
    """Keeps the active builds of views up to date. `pool` is under the projecting role."""

    def __init__(
        self, views: Sequence[View], pool: ConnectionPool[Any], feed: StoreFeed, opener: Opener
    ) -> None:
        self._views = views
        self._pool = pool
        self._feed = feed
        self._opener = opener
        self._projections: dict[str, Projection] = {}
        self._stopped: dict[str, str] = {}  # view to the schema of the build that stopped

    def run(self, stop: threading.Event) -> None:
        """Follow the feed until told to stop; a lost database is waited for."""
        while not stop.is_set():
            try:
                with self._pool.connection() as connection:
                    while not stop.is_set():
                        if self.catch_up(connection) == 0:
                            self._tidy(connection)
                            stop.wait(IDLE_SECONDS)
            except psycopg.OperationalError as error:
                log.warning("the projector lost its database: %s", error)
                self._projections.clear()
                stop.wait(1.0)

    def catch_up(self, connection: psycopg.Connection[Any]) -> int:
        """One batch for every view that is behind; 0 when there is nothing more to do."""
        head = self._feed.head(connection)
        handled = 0
        for view in self._views:
            if view.name in self._stopped and not self._replaced(connection, view):
                continue
            projection = self._projections.get(view.name) or self._open(connection, view)
            if projection is None or projection.build.position >= head:
                continue
            try:
                handled += projection.step(connection)
            except OutrunError:
                # A rebuild was switched to, or another projector works too: look again at what is there now.
                del self._projections[view.name]
                handled += 1
            except PoisonError as error:
                # Where it happened, without the messages of the errors on the way: they quote rows.
                log.error("the view %s stopped: %s\n%s", view.name, error, error.where)  # noqa: TRY400
                builds.poison(connection, projection.build, error.position, str(error))
                del self._projections[view.name]
                self._stopped[view.name] = projection.build.schema
        return handled

    def _open(self, connection: psycopg.Connection[Any], view: View) -> Projection | None:
        with connection.transaction():
            build = builds.find(connection, view.name, "active")
            if build is None:
                builds.lock(connection, view.name)
                build = builds.find(connection, view.name, "active") or builds.begin(
                    connection, view, state="active"
                )
        if build.version != view.version:
            # The next version is filled beside this one by a rebuild, which an operator switches to.
            log.warning("%s is at version %s, the code at %s", view.name, build.version, view.version)
            self._stopped[view.name] = build.schema
            return None
        projection = Projection(view, build, self._feed, self._opener)
        self._projections[view.name] = projection
        return projection

    def _replaced(self, connection: psycopg.Connection[Any], view: View) -> bool:
        """Whether another build took the place of the one that stopped: then the view goes on."""
        active = builds.find(connection, view.name, "active")
        if active is None or active.schema == self._stopped[view.name]:
            return False
        del self._stopped[view.name]
        return True

    def _tidy(self, connection: psycopg.Connection[Any]) -> None:
        for build in builds.retired(connection, RETIRE_SECONDS):
            with connection.transaction():
                builds.drop(connection, build)
