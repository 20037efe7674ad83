"""How the system stands: how far the relay, each view and each worker have come, and what stopped them.

The same answer for `beffroi status`, the API, the operator's page and Prometheus.
"""

from collections import defaultdict
from datetime import datetime
from typing import Any, Final

import msgspec
import psycopg
from psycopg.rows import class_row

from projections import VIEWS
from services.workers.turn import holders

LATE_SECONDS: Final = 60.0
"""A relay whose oldest waiting event is older does not keep up, or does not run."""

GONE_SECONDS: Final = 10.0
"""A relay that has not renewed its lease for so long is gone; a standby takes over after three seconds."""


class PartitionStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A partition of which a view has not applied what was relayed; both are positions in the ledger."""

    partition: int
    position: int
    relayed: int


class ViewStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A build of a view. `lag_seconds` is the age of the oldest event it has not shown yet, 0 when there is none.

    `feed` is what it follows, store or kafka; then `behind` are the partitions in which it has something to apply.
    """

    view: str
    version: int
    build: int
    schema: str
    state: str
    feed: str
    position: int
    lag_events: int
    lag_seconds: float
    moved_at: datetime
    poisoned_at: int | None
    error: str | None
    code_version: int | None = None
    behind: list[PartitionStatus] = []

    @property
    def healthy(self) -> bool:
        """Whether it serves readers: active, of the version that this code reads, and not stopped by an event."""
        return self.state == "active" and self.poisoned_at is None and self.version == self.code_version


class FollowerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A worker with effects. `holder` is the process that has its turn; None when nobody works."""

    name: str
    position: int
    lag_events: int
    moved_at: datetime
    error: str | None
    holder: str | None = None


class RelayStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The relay to Kafka. `holder` has, or had, its lease; `active` says whether it still renews it."""

    holder: str | None
    epoch: int
    active: bool
    position: int
    lag_events: int
    lag_seconds: float
    renewed_at: datetime | None
    moved_at: datetime
    error: str | None

    @property
    def healthy(self) -> bool:
        """Whether it relays, and keeps up."""
        return self.active and self.error is None and self.lag_seconds < LATE_SECONDS


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The whole. `relay` is None where there never was one.

    `healthy` is False when a view is missing, stopped, or at another version than the code, and when a view follows
    Kafka while the relay does not relay.
    """

    head: int
    relay: RelayStatus | None
    views: list[ViewStatus]
    followers: list[FollowerStatus]
    healthy: bool

    @property
    def relayed(self) -> bool:
        """Whether readers depend on the relay: an active view follows Kafka."""
        return any(view.state == "active" and view.feed == "kafka" for view in self.views)

    @property
    def unrelayed(self) -> bool:
        """Whether readers depend on the relay and it does not do its work."""
        return self.relayed and not (self.relay is not None and self.relay.healthy)


# How many events of a kind are behind is counted in positions: exact for the relay, which leaves none out.
_AGE: Final = """
coalesce((select extract(epoch from clock_timestamp() - e.recorded_at) from ledger.event e
          where e.position > {}.position order by e.position limit 1), 0)::float8 as lag_seconds
"""
_VIEWS: Final = f"""
select v.view, v.version, v.build, v.schema, v.state, v.feed, v.position, %(head)s - v.position as lag_events,
  v.moved_at, v.poisoned_at, v.error, {_AGE.format("v")}
from projection.view_version v order by v.view, v.version, v.build
"""  # noqa: S608 (a constant of this module)
# Of all relays that ever were (one for each name of the topic), the one that was at work last.
_LAST: Final = "select * from projection.relay order by renewed_at desc nulls last, moved_at desc limit 1"
_BEHIND: Final = f"""
select v.schema, v.partition, v.position, r.position as relayed
from projection.view_partition v
join projection.relay_partition r on r.partition = v.partition and r.relay = (select name from ({_LAST}) as last)
where r.position > v.position order by v.schema, v.partition
"""  # noqa: S608 (a constant of this module)
_FOLLOWERS: Final = """
select name, position, greatest(%(head)s - position, 0) as lag_events, moved_at, error
from projection.follower order by name
"""
_RELAY: Final = f"""
select r.holder, r.epoch, r.position, greatest(%(head)s - r.position, 0) as lag_events, r.renewed_at, r.moved_at,
  r.error, coalesce(r.renewed_at > clock_timestamp() - make_interval(secs => %(lease)s), false) as active,
  {_AGE.format("r")}
from ({_LAST}) as r
"""  # noqa: S608 (a constant of this module)


def status(connection: psycopg.Connection[Any]) -> Status:
    """How the system stands; `connection` is under the projecting role."""
    (head,) = connection.execute("select coalesce(max(position), 0) from ledger.event").fetchone() or (0,)
    behind: dict[str, list[PartitionStatus]] = defaultdict(list)
    for schema, partition, position, relayed in connection.execute(_BEHIND).fetchall():
        behind[schema].append(PartitionStatus(partition=partition, position=position, relayed=relayed))
    with connection.cursor(row_factory=class_row(ViewStatus)) as cursor:
        views = [
            msgspec.structs.replace(
                view,
                code_version=VIEWS[view.view].version if view.view in VIEWS else None,
                behind=behind[view.schema],
            )
            for view in cursor.execute(_VIEWS, {"head": head}).fetchall()
        ]
    held = holders(connection)
    with connection.cursor(row_factory=class_row(FollowerStatus)) as cursor:
        followers = [
            msgspec.structs.replace(follower, holder=held.get(follower.name))
            for follower in cursor.execute(_FOLLOWERS, {"head": head}).fetchall()
        ]
    with connection.cursor(row_factory=class_row(RelayStatus)) as cursor:
        relay = cursor.execute(_RELAY, {"head": head, "lease": GONE_SECONDS}).fetchone()
    serving = {view.view for view in views if view.healthy} >= set(VIEWS)
    found = Status(head=head, relay=relay, views=views, followers=followers, healthy=serving)
    return msgspec.structs.replace(found, healthy=serving and not found.unrelayed)
