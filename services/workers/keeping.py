"""Which builds a projector works on: the active ones of its views, looked up again when they were replaced.

A view that stopped, or is at another version than the code, rests until another build takes its place.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import psycopg

from projections.engine import builds
from projections.engine.builds import Build
from projections.engine.view import View
from services.workers.projection import PoisonError, stopped

log = logging.getLogger(__name__)

P = TypeVar("P")


class Keeping(Generic[P]):
    """What is at work for each view, as `opened` made it of the active build within a transaction."""

    def __init__(
        self,
        views: Sequence[View],
        opened: Callable[[psycopg.Connection[Any], View, Build], P],
    ) -> None:
        self._views = {view.name: view for view in views}
        self._opened = opened
        self._working: dict[str, P] = {}
        self._resting: dict[str, str] = {}  # view to the schema of the build that it waits to see replaced

    def working(self, connection: psycopg.Connection[Any]) -> dict[str, P]:
        """What is at work, by view, in the order of the views; a view that has no build gets its first."""
        for view in self._views.values():
            if view.name not in self._working and not self._rests(connection, view):
                self._open(connection, view)
        return {name: self._working[name] for name in self._views if name in self._working}

    def forget(self, view: str) -> None:
        """Look again at what is there now."""
        self._working.pop(view, None)

    def rest(self, view: str, schema: str) -> None:
        """Leave a view alone until its build is replaced."""
        self.forget(view)
        self._resting[view] = schema

    def clear(self) -> None:
        """Look again at everything that is at work."""
        self._working.clear()

    def _open(self, connection: psycopg.Connection[Any], view: View) -> None:
        with connection.transaction():
            build = self._active(connection, view)
        if build.version != view.version:
            # The next version is filled beside this one by a rebuild, which an operator switches to.
            log.warning("%s is at version %s, the code at %s", view.name, build.version, view.version)
            self._resting[view.name] = build.schema
            return
        try:
            with connection.transaction():
                # What was found may have been replaced before it was locked: then the next look finds its successor.
                locked = builds.find(connection, view.name, "active", view.version, lock=True)
                if locked is not None:
                    build = locked
                    self._working[view.name] = self._opened(connection, view, build)
        except PoisonError as error:
            stopped(connection, build, error)
            self.rest(view.name, build.schema)

    def _active(self, connection: psycopg.Connection[Any], view: View) -> Build:
        build = builds.find(connection, view.name, "active")
        if build is None:
            builds.lock(connection, view.name)
            build = builds.find(connection, view.name, "active")
        return build or builds.begin(connection, view, state="active")

    def _rests(self, connection: psycopg.Connection[Any], view: View) -> bool:
        if view.name not in self._resting:
            return False
        active = builds.find(connection, view.name, "active")
        if active is None or active.schema == self._resting[view.name]:
            return True
        del self._resting[view.name]
        return False


def tidy(connection: psycopg.Connection[Any], seconds: float) -> None:
    """Drop the builds that were replaced so long ago that no reader can be using them."""
    for build in builds.retired(connection, seconds):
        with connection.transaction():
            builds.drop(connection, build)
