"""The worker that hands published indices on: into each accord whose convention follows the index, and no other.

What it needs it reads from the ledger, not from a view, which may be behind.
"""

from collections.abc import Iterator
from typing import Any, Final

from psycopg_pool import ConnectionPool

from domain.events import Event
from domain.partnerships.amendment import AmendmentConfirmed
from domain.partnerships.declaration import ConventionConfirmed
from domain.tariffs.indices import IndexPublished
from domain.tenancy import Owner, Tenant
from infra.clock import Clock
from infra.feed import StoreFeed
from infra.ledger import Ledger
from projections.engine.view import Recorded
from services.commands.indices import ApplyIndices, Value, apply_indices
from services.commands.perform import Ask
from services.workers.follower import Follower
from services.workers.projection import recorded

NAME: Final = "indices"
_PAGE: Final = 1_000


class Indices:
    """What is done at each event: a publication goes to every accord, a confirmation fetches all publications."""

    def __init__(self, ledger: Ledger, clock: Clock, pool: ConnectionPool[Any], feed: StoreFeed) -> None:
        self._ledger = ledger
        self._clock = clock
        self._pool = pool
        self._feed = feed

    def handle(self, fact: Recorded[Event]) -> None:
        """Hand on what the event calls for. A repeat gets the earlier receipts."""
        if isinstance(fact.event, IndexPublished):
            value = _value(fact.position, fact.event)
            for confirmed in self._every(ConventionConfirmed, fact.position):
                self._apply(confirmed, (value,), f"index-{fact.position}")
        else:
            values = tuple(
                _value(published.position, published.event)
                for published in self._every(IndexPublished, fact.position)
            )
            if values:
                self._apply(fact, values, f"indices-{fact.position}")

    def _apply(self, fact: Recorded[Any], values: tuple[Value, ...], cause: str) -> None:
        ask = Ask(actor=NAME, now=self._clock.now(), command=f"{cause}-{fact.key}", correlation=cause)
        command = ApplyIndices(convention=fact.key, values=values)
        apply_indices(self._ledger, Tenant(fact.tenant), Owner(fact.owner), command, ask)

    def _every(self, event: type[Event], until: int) -> Iterator[Recorded[Any]]:
        """All events of a class up to a position; what comes later is handled when it comes."""
        position = 0
        while position < until:
            with self._pool.connection() as connection:
                page = self._feed.read(connection, position, (event.topic,), _PAGE, until=until)
            yield from map(recorded, page.rows)
            position = page.upto


def _value(position: int, event: IndexPublished) -> Value:
    return Value(
        index=event.index,
        year=event.year,
        value=event.value,
        published_on=event.published_on,
        source=event.source,
        platform_position=position,
    )


def indices(ledger: Ledger, clock: Clock, pool: ConnectionPool[Any], feed: StoreFeed) -> Follower:
    """The worker that hands indices on."""
    topics = (IndexPublished.topic, ConventionConfirmed.topic, AmendmentConfirmed.topic)
    return Follower(NAME, topics, Indices(ledger, clock, pool, feed).handle, pool, feed)
