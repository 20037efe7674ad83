"""How the system stands: how far each view and worker has come, and what stopped it.

The same answer for `beffroi status`, the API and the operator's page.
"""

from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg.rows import class_row

from projections import VIEWS


class ViewStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A build of a view. `lag_seconds` is the age of the oldest event it has not shown yet, 0 when there is none."""

    view: str
    version: int
    build: int
    state: str
    position: int
    lag_events: int
    lag_seconds: float
    moved_at: datetime
    poisoned_at: int | None
    error: str | None
    code_version: int | None = None

    @property
    def healthy(self) -> bool:
        """Whether it serves readers: active, of the version that this code reads, and not stopped by an event."""
        return self.state == "active" and self.poisoned_at is None and self.version == self.code_version


class FollowerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A worker with effects."""

    name: str
    position: int
    lag_events: int
    moved_at: datetime
    error: str | None


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The whole. `healthy` is False when a view is missing, stopped, or at another version than the code."""

    head: int
    views: list[ViewStatus]
    followers: list[FollowerStatus]
    healthy: bool


_VIEWS = """
select v.view, v.version, v.build, v.state, v.position, %(head)s - v.position as lag_events, v.moved_at,
  v.poisoned_at, v.error,
  coalesce((select extract(epoch from clock_timestamp() - e.recorded_at)::float8 from ledger.event e
            where e.position > v.position order by e.position limit 1), 0)::float8 as lag_seconds
from projection.view_version v order by v.view, v.version, v.build
"""
_FOLLOWERS = """
select name, position, greatest(%(head)s - position, 0) as lag_events, moved_at, error
from projection.follower order by name
"""


def status(connection: psycopg.Connection[Any]) -> Status:
    """How the system stands; `connection` is under the projecting role."""
    (head,) = connection.execute("select coalesce(max(position), 0) from ledger.event").fetchone() or (0,)
    with connection.cursor(row_factory=class_row(ViewStatus)) as cursor:
        views = [
            msgspec.structs.replace(
                view, code_version=VIEWS[view.view].version if view.view in VIEWS else None
            )
            for view in cursor.execute(_VIEWS, {"head": head}).fetchall()
        ]
    with connection.cursor(row_factory=class_row(FollowerStatus)) as cursor:
        followers = cursor.execute(_FOLLOWERS, {"head": head}).fetchall()
    healthy = {view.view for view in views if view.healthy} >= set(VIEWS)
    return Status(head=head, views=views, followers=followers, healthy=healthy)
