"""What catching up costs: a ledger committed at once until every view shows it, over Kafka and from the store itself.

Relay and projectors are processes as in production, up and idle when the clock starts; so is the broker.
"""

import time
from collections.abc import Mapping
from statistics import median
from typing import Any, Final, NamedTuple

import psycopg

from infra.kafka.broker import Broker
from loadtests.benchmarks.filled import fill
from loadtests.benchmarks.processes import Meter
from loadtests.benchmarks.scratch import machine
from loadtests.benchmarks.workers import Way, processes, running, start
from loadtests.checks import differing_views
from loadtests.installation import Installation
from projections import VIEWS
from projections.engine import builds
from services.wiring import Parts

ROUNDS: Final = 3
COMMUNES, MEMBERS = 200, 225
WARM: Final = 5_000
"""Events that are there before the clock starts, relayed and shown: every process has done its work once."""

BAR: Final = 4_000
PATIENCE_SECONDS: Final = 300.0
WAYS: Final[Mapping[str, Way]] = {
    "store, one projector": Way(kafka=False),
    "Kafka, one projector": Way(kafka=True),
    "Kafka, two projectors": Way(kafka=True, projectors=2),
}
BOUND: Final = [name for name, way in WAYS.items() if way.kafka]
"""What the bar is for."""


class Sample(NamedTuple):
    """Events a second, and microseconds of processor time per event by process."""

    rate: float
    spent: dict[str, float]


def main() -> dict[str, Any]:
    """Measure and print; `passed` says whether the medians over Kafka meet the bar."""
    with running() as (here, broker):
        head = fill(here.parts, COMMUNES, MEMBERS, mixed=True)
        handled = shares(here.parts, head)
        told = ", ".join(f"{view} {share:.1%}" for view, share in handled.items())
        print(f"a ledger of {head:,} events, of which each view handles: {told}")
        with here.parts.owner_connection() as owner:
            owner.execute("create schema bench")
            owner.execute("create table bench.event as table ledger.event")
            owner.execute("create unique index on bench.event (position)")
        samples: dict[str, list[Sample]] = {way: [] for way in WAYS}
        for number in range(ROUNDS):
            # Interleaved, and begun elsewhere each round: a slow minute of the machine hits every way.
            order = list(WAYS)[number % len(WAYS) :] + list(WAYS)[: number % len(WAYS)]
            for way in order:
                samples[way].append(caught_up(here, broker, WAYS[way], head, check=number == 0))
                rate, spent = samples[way][-1]
                print(
                    f"round {number + 1}  {way:24}{rate:8,.0f}/s  µs of processor per event: {spent}",
                    flush=True,
                )
        where = machine(here.parts)
    medians = {way: round(median(sample.rate for sample in found)) for way, found in samples.items()}
    print(f"{medians} events a second (bar {BAR:,} over Kafka)")
    return {
        "machine": where,
        "events": head,
        "timed_events": head - WARM,
        "handled_by": {view: round(share, 4) for view, share in handled.items()},
        "rounds": ROUNDS,
        "medians": medians,
        "samples": {way: [round(sample.rate) for sample in found] for way, found in samples.items()},
        "microseconds_per_event": {way: _typical(found) for way, found in samples.items()},
        "bars": dict.fromkeys(BOUND, BAR),
        "passed": all(medians[way] >= BAR for way in BOUND),
    }


def shares(parts: Parts, head: int) -> dict[str, float]:
    """The part of the ledger's events that each view handles."""
    with parts.databases.project.connection() as connection:
        counted = connection.execute("select topic, count(*) from ledger.event group by topic").fetchall()
    return {
        view.name: sum(count for name, count in counted if view.wants(name)) / head for view in VIEWS.values()
    }


def caught_up(here: Installation, broker: Broker, way: Way, head: int, *, check: bool) -> Sample:
    """From the commit of all events, in one transaction, until the last view shows the last of them.

    With `check`, the views are compared with a rebuild afterwards. Raises InstallationError when they never get there.
    """
    with here.parts.owner_connection() as owner:
        _empty(here.parts, owner)
        names = start(here, broker, way, prefix=f"bench{time.monotonic_ns()}.")
        try:
            _put_back(owner, 0, WARM)
            owner.execute("analyze ledger.event")
            here.wait_caught_up(PATIENCE_SECONDS, position=WARM)
            meter = Meter(processes(here, broker, names, owner))
            _put_back(owner, WARM, head)
            began = time.perf_counter()
            here.wait_caught_up(PATIENCE_SECONDS, position=head)
            taken = time.perf_counter() - began
            spent = meter.microseconds(head - WARM)
            if check and (differing := differing_views(here.parts)):
                raise RuntimeError(f"the views are not what a rebuild makes of the ledger: {differing}")
        finally:
            for name in names:
                here.stop(name)
    return Sample((head - WARM) / taken, spent)


def _empty(parts: Parts, owner: psycopg.Connection[Any]) -> None:
    """No event, no view, no relay: only the keys of persons stay."""
    with parts.databases.project.connection() as connection, connection.transaction():
        for build in builds.listed(connection):
            builds.drop(connection, build)
        connection.execute("delete from projection.relay")
    owner.execute("truncate ledger.event")


def _put_back(owner: psycopg.Connection[Any], after: int, upto: int) -> None:
    owner.execute(
        "insert into ledger.event select * from bench.event where position > %s and position <= %s order by position",
        (after, upto),
    )


def _typical(found: list[Sample]) -> dict[str, float]:
    """What the sample in the middle spent."""
    return sorted(found)[len(found) // 2].spent


if __name__ == "__main__":
    main()
