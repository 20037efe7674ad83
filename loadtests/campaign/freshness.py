"""How fresh views are while the campaign runs: from an event's commit until every view shows it.

The ledger's head and the views' positions are read together every 20 ms. A commit is dated to the look before the one
that saw it and a view to the look that saw it there, so that every figure is an upper bound, by 40 ms at most.
"""

import threading
import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import psycopg

from loadtests.campaign.judging import percentile
from projections import VIEWS

EVERY_SECONDS: Final = 0.02

_LOOK: Final = (
    "select coalesce((select max(position) from ledger.event), 0),"
    " coalesce((select min(position) from projection.view_version where state = 'active' and view = any(%s)), 0)"
)


class Look(NamedTuple):
    """At a time: the ledger's head, and how far the view has come that is furthest behind."""

    at: float
    head: int
    shown: int


class Freshness(NamedTuple):
    """Seconds from commit to visible in every view; `events` were measured, `never` were not shown by the end."""

    p50: float
    p99: float
    worst: float
    events: int
    never: int


class Probe:
    """Looks until told to stop, in a thread of its own. `url` is under the projecting role."""

    def __init__(self, url: str, every: float = EVERY_SECONDS) -> None:
        self.looks: list[Look] = []
        self._url, self._every = url, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="freshness", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> list[Look]:
        """Look no more; what was seen."""
        self._stop.set()
        self._thread.join()
        return self.looks

    def _run(self) -> None:
        with psycopg.connect(self._url, autocommit=True, prepare_threshold=0) as connection:
            while not self._stop.is_set():
                row = connection.execute(_LOOK, (list(VIEWS),)).fetchone()
                if row is not None:
                    self.looks.append(Look(time.time(), *row))
                self._stop.wait(self._every)


def freshness(looks: Sequence[Look], since: float, until: float) -> Freshness:
    """How fresh the views were for the events committed between two times (seconds since 1970)."""
    delays: list[float] = []
    never = 0
    waiting = 0
    for number in range(1, len(looks)):
        before, here = looks[number - 1], looks[number]
        born = here.head - before.head
        if not born or not since <= before.at < until:
            continue
        # Events become visible in the order of their positions, so the search goes on where it was.
        for position in range(before.head + 1, here.head + 1):
            waiting = max(waiting, number)
            while waiting < len(looks) and looks[waiting].shown < position:
                waiting += 1
            if waiting == len(looks):
                never += 1
            else:
                delays.append(looks[waiting].at - before.at)
    delays.sort()
    return Freshness(
        percentile(delays, 0.5),
        percentile(delays, 0.99),
        delays[-1] if delays else 0.0,
        len(delays),
        never,
    )
