"""The feed read from the ledger's own table, under the projecting role.

Position is commit order, so `position > n` skips nothing: an event is never committed below one that was seen.
"""

import math
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg

_TENANTS: Final = """
with recursive each (tenant) as (
  (select tenant from ledger.event order by tenant limit 1)
  union all
  select (select e.tenant from ledger.event e where e.tenant > each.tenant order by e.tenant limit 1)
  from each where each.tenant is not null
)
select tenant from each where tenant is not null
"""


class FeedRow(NamedTuple):
    """One event as it is stored."""

    position: int
    tenant: str
    owner: str
    stream: str
    version: int
    topic: str
    state: bytes
    recorded_at: datetime
    actor: str


class FeedPage(NamedTuple):
    """Events, and the position up to which everything asked for has been read."""

    rows: list[FeedRow]
    upto: int


class StoreFeed:
    """Reads the ledger under the projecting role. One is shared by all followers of a process."""

    def __init__(self) -> None:
        self._looked = (-math.inf, 0)  # when, and what was the head: replaced as one, by whoever looks

    def head(self, connection: psycopg.Connection[Any]) -> int:
        """The last position; 0 in an empty ledger."""
        began = time.monotonic()
        row = connection.execute(
            "select coalesce(max(position), 0) from ledger.event", prepare=True
        ).fetchone()
        head = int(row[0]) if row else 0
        self._looked = (began, head)
        return head

    def recent_head(self, connection: psycopg.Connection[Any], seconds: float) -> int:
        """The head as any follower of this process saw it within so many seconds, so that one of them asks for all."""
        began, head = self._looked
        return head if time.monotonic() - began <= seconds else self.head(connection)

    def read(
        self,
        connection: psycopg.Connection[Any],
        after: int,
        topics: Sequence[str] | None,
        limit: int,
        *,
        until: int | None = None,
        tenant: str | None = None,
        tenants: Sequence[str] | None = None,
        share: tuple[int, int] | None = None,
    ) -> FeedPage:
        """The next `limit` events of `topics` (None: all), in any version, after a position, up to `until`.

        A version that this code does not know is given as well: whoever follows must stop there, and not pass over it.

        Of all tenants, of one `tenant`, of several `tenants`, or of a `share` (number, of how many): a tenant is always
        in the same share.
        """
        # The head is read first: what is committed meanwhile is left for the next page.
        head = self.head(connection) if until is None else until
        query = (
            "select position, tenant, owner, stream, version, topic, state, recorded_at, actor from ledger.event"
            " where position > %b and position <= %b"
        )
        parameters: list[object] = [after, head]
        if topics is not None:
            query += " and rtrim(topic, '0123456789') = any(%b)"
            parameters.append([f"{topic}.v" for topic in topics])
        if tenant is not None:
            query += " and tenant = %b"
            parameters.append(tenant)
        if tenants is not None:
            query += " and tenant = any(%b)"
            parameters.append(list(tenants))
        if share is not None:
            # The last digit of an INSEE code: as even as it is stable, whatever the server and its version.
            query += " and ascii(right(tenant, 1)) %% %b = %b"
            parameters += [share[1], share[0]]
        query += " order by position limit %b"
        parameters.append(limit)
        cursor = connection.cursor(binary=True)
        rows = list(map(FeedRow._make, cursor.execute(query, parameters, prepare=True).fetchall()))
        return FeedPage(rows, rows[-1].position if len(rows) == limit else max(after, head))

    def order(
        self, connection: psycopg.Connection[Any], after: int, limit: int
    ) -> tuple[list[tuple[int, str]], int]:
        """Whose the next `limit` events after a position are: position and tenant; and up to where this was read."""
        # The head first, as above.
        head = self.head(connection)
        query = (
            "select position, tenant from ledger.event where position > %b and position <= %b"
            " order by position limit %b"
        )
        rows = connection.execute(query, (after, head, limit), prepare=True, binary=True).fetchall()
        return rows, int(rows[-1][0]) if len(rows) == limit else max(after, head)

    def tenants(self, connection: psycopg.Connection[Any]) -> list[str]:
        """Every tenant of whom something happened: one step in the index for each, whatever the number of events."""
        rows = connection.execute(_TENANTS, prepare=True).fetchall()
        return [str(row[0]) for row in rows]
