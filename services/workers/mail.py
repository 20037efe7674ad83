"""The follower that writes mails: an event becomes one row of the outbox for each account that is told.

A new one begins at the ledger's head: what happened before there were mails is told to nobody.
"""

from typing import TYPE_CHECKING, Any, Final

from psycopg_pool import ConnectionPool

from infra.feed import StoreFeed
from projections.engine.view import Recorded
from services.mail.notices import KINDS
from services.workers.follower import Follower

if TYPE_CHECKING:
    from services.mail.teller import Teller

NAME: Final = "mail"


def mail(teller: "Teller | None", pool: ConnectionPool[Any], feed: StoreFeed) -> Follower:
    """The worker that writes mails; without a `teller` it only keeps its place, so that later ones begin there."""

    def tell(fact: Recorded[Any]) -> None:
        if teller is None:
            return
        with pool.connection() as connection, connection.transaction():
            teller.tell(connection, fact)

    return Follower(NAME, tuple(KINDS), tell, pool, feed, from_head=True)
