"""A worker with effects: it follows the feed and moves its checkpoint after each event's effect.

An effect may be repeated after a crash, so each is keyed by its event: a repeat gets the earlier receipt.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import psycopg
from eventsourcing.persistence import OperationalError
from psycopg_pool import ConnectionPool

from infra.database.pools import unflushed
from infra.errors import described
from infra.feed import StoreFeed
from projections.engine.view import Recorded
from services import telemetry
from services.workers.projection import recorded

log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 0.05
PAUSE_SECONDS: Final = 5.0
_PAGE: Final = 200


class Follower:
    """Calls `effect` once or more for every event of `topics`, in order. `pool` is under the projecting role.

    One that is new begins with the first event, or `from_head` with the next to come: history is not news.
    """

    def __init__(
        self,
        name: str,
        topics: tuple[str, ...],
        effect: Callable[[Recorded[Any]], None],
        pool: ConnectionPool[Any],
        feed: StoreFeed,
        *,
        from_head: bool = False,
    ) -> None:
        self.name = name
        self._topics = topics
        self._effect = effect
        self._pool = pool
        self._feed = feed
        self._from_head = from_head

    def run(self, stop: threading.Event) -> None:
        """Follow until told to stop. An event whose effect fails is said and tried again: nothing is skipped."""
        while not stop.is_set():
            try:
                with self._pool.connection() as connection, unflushed(connection):
                    reached = -1
                    while not stop.is_set():
                        # Asked again only when something was recorded since: nobody else moves its checkpoint.
                        head = self._feed.recent_head(connection, IDLE_SECONDS)
                        if head > reached and self.step(connection, stop) == 0:
                            reached = head
                        if head <= reached:
                            stop.wait(IDLE_SECONDS)
            except (psycopg.OperationalError, OperationalError) as error:
                log.warning("%s waits for its database: %s", self.name, described(error))
                stop.wait(1.0)
            except Exception as error:
                log.exception("%s stopped at an event and will try it again", self.name)
                telemetry.follower_failures.labels(self.name).inc()
                with suppress(psycopg.Error):  # without its database it cannot say so either
                    self._say(described(error))
                stop.wait(PAUSE_SECONDS)

    def step(self, connection: psycopg.Connection[Any], stop: threading.Event | None = None) -> int:
        """The effects of the next events, until told to stop; how many events there were."""
        position = self.position(connection)
        page = self._feed.read(connection, position, self._topics, _PAGE)
        for row in page.rows:
            if stop is not None and stop.is_set():
                return len(page.rows)
            self._effect(recorded(row))
            position = row.position
            self._move(connection, position)
        if page.upto > position:
            self._move(connection, page.upto)
        return len(page.rows)

    def position(self, connection: psycopg.Connection[Any]) -> int:
        """The last event whose effect is done."""
        query = "select position from projection.follower where name = %s"
        row = connection.execute(query, (self.name,)).fetchone()
        if row is None:
            first = self._feed.head(connection) if self._from_head else 0
            self.begin(connection, first)
            row = connection.execute(query, (self.name,)).fetchone()
        return int(row[0]) if row else 0

    def begin(self, connection: psycopg.Connection[Any], after: int) -> None:
        """Let a follower that has never run begin after a position; one that has run goes on where it was."""
        connection.execute(
            "insert into projection.follower (name, position) values (%s, %s) on conflict do nothing",
            (self.name, after),
        )

    def _move(self, connection: psycopg.Connection[Any], position: int) -> None:
        connection.execute(
            "update projection.follower set position = %s, error = null, moved_at = clock_timestamp()"
            " where name = %s and position < %s",
            (position, self.name, position),
        )

    def _say(self, error: str) -> None:
        with self._pool.connection() as connection:
            connection.execute(
                "update projection.follower set error = %s where name = %s", (error[:2000], self.name)
            )
