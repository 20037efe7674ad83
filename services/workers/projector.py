"""The projector: it reads the feed and lets each view follow, rows and checkpoint in one transaction.

A poison event stops its view, loudly and there; the other views go on.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from infra.database.pools import unflushed
from infra.errors import described
from infra.feed import StoreFeed
from infra.vault import Opener
from projections.engine.builds import Build, OutrunError
from projections.engine.view import View
from services.workers.abreast import FEW, advance
from services.workers.keeping import Keeping, tidy
from services.workers.projection import PoisonError, Projection, stopped
from services.workers.streamed import released

log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 0.02
"""A pause after each turn, so that what is recorded in a burst is written together."""

RETIRE_SECONDS: Final = 60.0
_TIDY_SECONDS: Final = 5.0


class Projector:
    """Keeps the active builds of views up to date from the store. `pool` is under the projecting role."""

    def __init__(
        self, views: Sequence[View], pool: ConnectionPool[Any], feed: StoreFeed, opener: Opener
    ) -> None:
        self._pool = pool
        self._feed = feed
        self._opener = opener
        self._keeping = Keeping(views, self._opened)
        self._tidied = 0.0

    def run(self, stop: threading.Event) -> None:
        """Follow the feed until told to stop; a lost database is waited for."""
        while not stop.is_set():
            try:
                with self._pool.connection() as connection, unflushed(connection):
                    while not stop.is_set():
                        if self.catch_up(connection) < FEW:
                            self._tidy(connection)
                            stop.wait(IDLE_SECONDS)
            except psycopg.OperationalError as error:
                log.warning("the projector lost its database: %s", error)
                self._keeping.clear()
                stop.wait(1.0)

    def catch_up(self, connection: psycopg.Connection[Any]) -> int:
        """One batch for every view that is behind; 0 when there is nothing more to do."""
        head = self._feed.head(connection)
        at: dict[int, list[Projection]] = defaultdict(list)
        for projection in self._keeping.working(connection).values():
            if projection.build.position < head:
                at[projection.build.position].append(projection)
        return sum(self._step(connection, some, head) for some in at.values())

    def _step(self, connection: psycopg.Connection[Any], projections: Sequence[Projection], head: int) -> int:
        if len(projections) > 1 and head - projections[0].build.position <= FEW:
            try:
                return advance(connection, projections, self._feed, head)
            except psycopg.OperationalError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, each alone tells whose
                log.info("each view goes on alone: %s", described(error))
        return sum(self._step_alone(connection, projection, head) for projection in projections)

    def _step_alone(self, connection: psycopg.Connection[Any], projection: Projection, head: int) -> int:
        try:
            return projection.step(connection, until=head)
        except OutrunError:
            # A rebuild was switched to, or another projector works too: look again at what is there now.
            self._keeping.forget(projection.view.name)
            return 1
        except PoisonError as error:
            stopped(connection, projection.build, error)
            self._keeping.rest(projection.view.name, projection.build.schema)
            return 0

    def _tidy(self, connection: psycopg.Connection[Any]) -> None:
        if time.monotonic() - self._tidied > _TIDY_SECONDS:
            self._tidied = time.monotonic()
            tidy(connection, RETIRE_SECONDS)

    def _opened(self, connection: psycopg.Connection[Any], view: View, build: Build) -> Projection:
        if build.feed == "kafka":
            build = released(connection, Projection(view, build, self._feed, self._opener), self._feed)
        return Projection(view, build, self._feed, self._opener)
