"""The judge: whatever bears on a tariff is followed by a judgement of the conventions it bears on.

A judgement is an event like another: later versions of the rules add to it and never rewrite it.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

from psycopg_pool import ConnectionPool

from domain.events import stored_names
from domain.partnerships.amendment import AmendmentConfirmed
from domain.partnerships.declaration import ConventionConfirmed, ConventionDeclared
from domain.partnerships.notice import ConventionEnded
from domain.tariffs.applied_index import IndexApplied
from domain.tariffs.assess import ScenarioError
from domain.tariffs.exemptions import ExemptionGranted, ExemptionRevoked
from domain.tariffs.headcounts import HeadcountTaken
from domain.tariffs.references import ReferenceGridDeposited
from domain.tariffs.tariff import GridNotified
from domain.tenancy import Owner, Tenant, accord, siren_of
from infra.clock import Clock
from infra.feed import StoreFeed
from infra.ledger import Ledger
from projections.engine.view import Recorded
from services.commands.judgement import JudgeTariff, Places, judge_tariff
from services.commands.perform import Ask
from services.workers.follower import Follower

log = logging.getLogger(__name__)

NAME: Final = "judge"

CAUSES: Final = (
    ConventionConfirmed,
    AmendmentConfirmed,
    GridNotified,
    ReferenceGridDeposited,
    IndexApplied,
    ExemptionGranted,
    ExemptionRevoked,
    HeadcountTaken,
    ConventionEnded,
)
"""What may change a verdict. Days that pass are the calendar's."""


def judge(ledger: Ledger, clock: Clock, pool: ConnectionPool[Any], feed: StoreFeed) -> Follower:
    """The worker that judges after each of the causes; `pool` is under the projecting role."""
    places = positions_in(pool)

    def judged(fact: Recorded[Any]) -> None:
        tenant, owner = Tenant(fact.tenant), accord(siren_of(fact.owner))
        # An index is applied to a whole drawer; everything else lies in the stream of one convention.
        whole = isinstance(fact.event, IndexApplied)
        for convention in _conventions(pool, tenant, owner) if whole else [fact.key]:
            command = JudgeTariff(
                convention=convention,
                cause=fact.event.topic,
                cause_position=fact.position,
                recorded_by=fact.recorded_at,
            )
            ask = Ask(
                actor=NAME,
                now=clock.now(),
                command=f"judge-{fact.position}-{convention}",
                correlation=f"{fact.event.topic}-{fact.position}",
            )
            try:
                judge_tariff(ledger, tenant, owner, command, ask, places)
            except ScenarioError:
                # One tariff that cannot be judged must not keep all the others waiting; its next cause tries again.
                log.exception("the tariff of %s in %s could not be judged", convention, tenant)

    return Follower(NAME, tuple(cause.topic for cause in CAUSES), judged, pool, feed)


def positions_in(pool: ConnectionPool[Any]) -> Places:
    """Where the events of a stream lie in the ledger, read under the projecting role."""

    def places(stream: str) -> Sequence[int]:
        with pool.connection() as connection:
            rows = connection.execute(
                "select position from ledger.event where stream = %s order by version",
                (stream,),
                prepare=True,
            )
            return [int(row[0]) for row in rows]

    return places


def _conventions(pool: ConnectionPool[Any], tenant: Tenant, owner: Owner) -> list[str]:
    with pool.connection() as connection:
        rows = connection.execute(
            "select stream from ledger.event where tenant = %s and owner = %s and topic = any(%s) order by position",
            (tenant, owner, list(stored_names(ConventionDeclared.topic))),
        )
        return [str(row[0]).rpartition("/")[2] for row in rows]
