"""One build of one view on its way: events become changes of rows, written together with the checkpoint.

Whichever feed they come from, and whether the view is followed or rebuilt.
"""

import gc
import logging
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from domain.events import decode
from infra.errors import described
from infra.feed import FeedRow, StoreFeed
from infra.ledger.mapper import placed
from infra.vault import Opener
from projections.engine import builds
from projections.engine.builds import Build, OutrunError
from projections.engine.changes import Changes
from projections.engine.view import Recorded, View
from services import telemetry

log = logging.getLogger(__name__)

BATCH: Final = 2_000
"""Events a batch: a few thousand rows, so that readers and writers hardly notice it."""


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
        page = self._feed.read(connection, self.build.position, self.view.topics, limit, until=until)
        if page.upto == self.build.position:
            return 0
        began = time.perf_counter()
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
        shown(self.view, page.rows, began)
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
            return self.changes(connection, [recorded(row) for row in rows])

    def changes(self, connection: psycopg.Connection[Any], facts: Sequence[Recorded[Any]]) -> Changes:
        """The changes that some decoded events make to rows; their personal fields are opened where it shows them."""
        if self.view.shows_persons:
            self._opener.open_batch(connection, [fact.event for fact in facts])
        changes = Changes()
        self.view.apply(facts, changes)
        return changes


def shown(view: View, rows: Sequence[FeedRow], began: float) -> None:
    """Count a batch of events that a view shows from now on, `began` at an instant of the performance counter."""
    telemetry.view_events.labels(view.name).inc(len(rows))
    telemetry.view_batch.labels(view.name).observe(time.perf_counter() - began)
    telemetry.view_freshness.observe(view.name, [row.recorded_at for row in rows])


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


def stopped(connection: psycopg.Connection[Any], build: Build, error: PoisonError) -> None:
    """Say which event stopped a view."""
    # Where it happened, without the messages of the errors on the way: they quote rows.
    log.error("the view %s stopped: %s\n%s", build.view, error, error.where)
    builds.poison(connection, build, error.position, str(error))
