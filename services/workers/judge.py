"""The judge: when a grid is notified it records which commitments the grid breaks.

A judgement is an event like another: later versions of the rules add to it and never rewrite it.
"""

from typing import Any, Final

from psycopg_pool import ConnectionPool

from domain.tariffs.tariff import GridNotified
from domain.tenancy import Owner, Tenant
from infra.clock import Clock
from infra.feed import StoreFeed
from infra.ledger import Ledger
from projections.engine.view import Recorded
from services.commands import tariffs
from services.commands.perform import Ask
from services.workers.follower import Follower

NAME: Final = "judge"


def judge(ledger: Ledger, clock: Clock, pool: ConnectionPool[Any], feed: StoreFeed) -> Follower:
    """The worker that judges every notified grid once."""

    def judged(fact: Recorded[GridNotified]) -> None:
        command = tariffs.RecordBreaches(
            convention=fact.key, grid=fact.event.grid, grid_position=fact.position
        )
        ask = Ask(
            actor=NAME,
            now=clock.now(),
            command=f"judge-{fact.position}",
            correlation=f"grid-{fact.position}",
        )
        tariffs.record_breaches(ledger, Tenant(fact.tenant), Owner(fact.owner), command, ask)

    return Follower(NAME, (GridNotified.topic,), judged, pool, feed)
