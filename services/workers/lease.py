"""A lease in the database: of all relays, one is active, and another takes its place within seconds.

The clock is the database's. Each holder has an epoch of its own, by which whatever it writes later is refused.
"""

import time
from typing import Any, Final

import psycopg

LEASE_SECONDS: Final = 3.0
_RENEW_SECONDS: Final = 0.5

_TAKE: Final = """
update projection.relay set holder = %(holder)s, epoch = epoch + 1, renewed_at = clock_timestamp()
where name = %(name)s and (holder is null or holder = %(holder)s
  or renewed_at < clock_timestamp() - make_interval(secs => %(seconds)s))
returning epoch
"""
_RENEW: Final = "update projection.relay set renewed_at = clock_timestamp() where name = %s and epoch = %s"
_RELEASE: Final = (
    "update projection.relay set holder = null, renewed_at = null where name = %s and epoch = %s"
)


class LeaseLostError(Exception):
    """Another holds the lease."""


class Lease:
    """The lease of the row `name`, for one holder. Connections are in autocommit under the projecting role."""

    def __init__(self, name: str, holder: str) -> None:
        self._name = name
        self._holder = holder
        self._renewed = 0.0
        self.epoch: int | None = None

    def take(self, connection: psycopg.Connection[Any]) -> bool:
        """Take it, with the next epoch, when nobody holds it or its holder did not renew it for three seconds."""
        given = {"name": self._name, "holder": self._holder, "seconds": LEASE_SECONDS}
        row = connection.execute(_TAKE, given).fetchone()
        self.epoch = None if row is None else int(row[0])
        self._renewed = time.monotonic()
        return row is not None

    def renew(self, connection: psycopg.Connection[Any]) -> None:
        """Keep it: asks the database twice a second at most. Raises LeaseLostError when another took it."""
        if time.monotonic() - self._renewed < _RENEW_SECONDS:
            return
        if connection.execute(_RENEW, (self._name, self.epoch)).rowcount != 1:
            raise LeaseLostError("another relay took the lease")
        self._renewed = time.monotonic()

    def release(self, connection: psycopg.Connection[Any]) -> None:
        """Give it back, so that another need not wait until it lapses; nothing happens when it is lost already."""
        connection.execute(_RELEASE, (self._name, self.epoch))
        self.epoch = None
