"""Views that stand at one position take their next events together: one read, one transaction, three round trips.

All of them or none: after any error the caller lets each go on alone, which tells whose error it is.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

import psycopg

from infra.feed import FeedRow, StoreFeed
from projections.engine import builds
from projections.engine.changes import Changes
from projections.engine.view import Recorded
from services.workers.projection import Projection, collector_paused, recorded, shown

FEW: Final = 200
"""How many events views take together at most; with more to do, each goes on alone in batches of its own."""


def advance(
    connection: psycopg.Connection[Any], projections: Sequence[Projection], feed: StoreFeed, head: int
) -> int:
    """Handle the next events up to `head` for views at one position; how many there were, counted for each view.

    `connection` is in autocommit under the projecting role. Raises whatever goes wrong, with nothing written; of it
    OutrunError when another worker moved one of the checkpoints.
    """
    after = projections[0].build.position
    topics = sorted({topic for projection in projections for topic in projection.view.topics})
    page = feed.read(connection, after, topics, FEW, until=head)
    began = time.perf_counter()
    shares = [_share(projection, page.rows) for projection in projections]
    with collector_paused():
        # Decoded once for all views. One that shows persons opens their fields in the event itself; the others have no
        # table that could hold them.
        facts = {row.position: recorded(row) for row in page.rows}
        prepared = [
            _changes(connection, projection, [facts[row.position] for row in rows])
            for projection, rows in zip(projections, shares, strict=True)
        ]
    with connection.pipeline() as trip, connection.transaction():
        moved = builds.move_all(connection, [projection.build for projection in projections], page.upto)
        for projection, changes in zip(projections, prepared, strict=True):
            changes.write(connection, projection.build.schema, piped=True)
        # Errors are to come up here, before the commit is sent.
        trip.sync()
    for projection, build, rows in zip(projections, moved, shares, strict=True):
        projection.build = build
        if rows:
            shown(projection.view, rows, began)
    return sum(map(len, shares))


def _share(projection: Projection, rows: Sequence[FeedRow]) -> list[FeedRow]:
    return [row for row in rows if projection.view.wants(row.topic)]


def _changes(
    connection: psycopg.Connection[Any], projection: Projection, facts: Sequence[Recorded[Any]]
) -> Changes:
    return projection.changes(connection, facts) if facts else Changes()
