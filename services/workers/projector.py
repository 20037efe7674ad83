"""The projector: it reads the feed and lets each view follow, rows and checkpoint in one transaction.

A poison event stops its view, loudly and there; the other views go on.
"""

import logging
import threading
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from infra.feed import StoreFeed
from infra.vault import Opener
from projections.engine.builds import Build, OutrunError
from projections.engine.view import View
from services.workers.keeping import Keeping, tidy
from services.workers.projection import PoisonError, Projection, stopped
from services.workers.streamed import released

log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 0.02
RETIRE_SECONDS: Final = 60.0


class Projector:
    """Keeps the active builds of views up to date from the store. `pool` is under the projecting role."""

    def __init__(
        self, views: Sequence[View], pool: ConnectionPool[Any], feed: StoreFeed, opener: Opener
    ) -> None:
        self._pool = pool
        self._feed = feed
        self._opener = opener
        self._keeping = Keeping(views, self._opened)

    def run(self, stop: threading.Event) -> None:
        """Follow the feed until told to stop; a lost database is waited for."""
        while not stop.is_set():
            try:
                with self._pool.connection() as connection:
                    while not stop.is_set():
                        if self.catch_up(connection) == 0:
                            tidy(connection, RETIRE_SECONDS)
                            stop.wait(IDLE_SECONDS)
            except psycopg.OperationalError as error:
                log.warning("the projector lost its database: %s", error)
                self._keeping.clear()
                stop.wait(1.0)

    def catch_up(self, connection: psycopg.Connection[Any]) -> int:
        """One batch for every view that is behind; 0 when there is nothing more to do."""
        head = self._feed.head(connection)
        handled = 0
        for name, projection in self._keeping.working(connection).items():
            if projection.build.position >= head:
                continue
            try:
                handled += projection.step(connection)
            except OutrunError:
                # A rebuild was switched to, or another projector works too: look again at what is there now.
                self._keeping.forget(name)
                handled += 1
            except PoisonError as error:
                stopped(connection, projection.build, error)
                self._keeping.rest(name, projection.build.schema)
        return handled

    def _opened(self, connection: psycopg.Connection[Any], view: View, build: Build) -> Projection:
        if build.feed == "kafka":
            build = released(connection, Projection(view, build, self._feed, self._opener), self._feed)
        return Projection(view, build, self._feed, self._opener)
