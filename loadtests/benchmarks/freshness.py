"""How fresh views are: from the answer to a writer until every view shows what was written, under a steady load.

Threads append and search at fixed rates, whatever the system does; relay and projector are processes of their own.
"""

import random
import threading
import time
import uuid
from bisect import bisect_left
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from statistics import median, quantiles
from typing import Any, Final, NamedTuple

from domain.membership.member import Member
from domain.tenancy import Tenant, commune, insurer, stream
from infra.kafka.broker import Broker
from loadtests.benchmarks.filled import CELLS, FAMILY, GIVEN, GRID, SIREN, envelope, fill
from loadtests.benchmarks.processes import Meter
from loadtests.benchmarks.scratch import machine
from loadtests.benchmarks.workers import Way, processes, running, start
from loadtests.installation import Installation
from projections.crm import queries as crm
from services.reading import Audience
from services.wiring import Parts

ROUNDS: Final = 3
SECONDS, WARM_SECONDS = 30.0, 3.0
APPENDS, SEARCHES = 100, 50
"""Each second, of all threads together."""

THREADS: Final = 8
COMMUNES, MEMBERS = 40, 50
WATCH_SECONDS: Final = 0.004
PATIENCE_SECONDS: Final = 60.0
WAYS: Final[Mapping[str, Way]] = {
    "store": Way(kafka=False),
    "Kafka": Way(kafka=True),
    "Kafka, two projectors": Way(kafka=True, projectors=2),
}
BARS: Final = {"store": 250, "Kafka": 1_000, "Kafka, two projectors": 1_000}
"""Milliseconds at the 99th percentile."""

_SHOWN: Final = "select min(position) from projection.view_version where state = 'active'"


class Sample(NamedTuple):
    """Milliseconds until visible, and microseconds of processor time per event by process."""

    p50: float
    p99: float
    most: float
    events: int
    spent: dict[str, float]


def main() -> dict[str, Any]:
    """Measure and print; `passed` says whether the medians of the 99th percentiles meet the bars."""
    with running() as (here, broker):
        fill(here.parts, COMMUNES, MEMBERS, mixed=True)
        samples: dict[str, list[Sample]] = {way: [] for way in WAYS}
        for number in range(ROUNDS):
            order = list(WAYS)[number % len(WAYS) :] + list(WAYS)[: number % len(WAYS)]
            for way in order:
                samples[way].append(sampled(here, broker, WAYS[way]))
                p50, p99, most, events, spent = samples[way][-1]
                print(
                    f"round {number + 1}  {way:24}p50 {p50:7.1f} ms  p99 {p99:7.1f} ms  most {most:7.1f} ms",
                    end="",
                )
                print(f"  of {events} events; µs of processor per event: {spent}", flush=True)
        where = machine(here.parts)
    medians = {
        way: {
            name: round(median(getattr(each, name) for each in found), 1) for name in ("p50", "p99", "most")
        }
        for way, found in samples.items()
    }
    print(f"{medians} (bars at p99: {BARS})")
    return {
        "machine": where,
        "rounds": ROUNDS,
        "seconds": SECONDS,
        "appends_a_second": APPENDS,
        "searches_a_second": SEARCHES,
        "medians_ms": medians,
        "samples_ms": {
            way: [
                {"p50": each.p50, "p99": each.p99, "most": each.most, "events": each.events} for each in found
            ]
            for way, found in samples.items()
        },
        "microseconds_per_event": {
            way: sorted(found, key=lambda each: each.p99)[len(found) // 2].spent
            for way, found in samples.items()
        },
        "bars": BARS,
        "passed": all(medians[way]["p99"] <= bar for way, bar in BARS.items()),
    }


def sampled(here: Installation, broker: Broker, way: Way) -> Sample:
    """One run of the load; the same ledger and the same topic serve all runs, in turn."""
    names = start(here, broker, way, prefix="bench.")
    try:
        here.wait_caught_up(PATIENCE_SECONDS)
        with here.parts.owner_connection() as owner:
            owner.execute("analyze")
            meter = Meter(processes(here, broker, names, owner))
            waits, events = load(here.parts)
            spent = meter.microseconds(events)
    finally:
        for name in names:
            here.stop(name)
    hundredths = quantiles(waits, n=100)
    return Sample(round(hundredths[49], 1), round(hundredths[98], 1), round(max(waits), 1), len(waits), spent)


def load(parts: Parts) -> tuple[list[float], int]:
    """Milliseconds from each receipt until all views show its event, without the first seconds; all events."""
    begin, over = time.perf_counter() + 0.2, threading.Event()
    receipts: list[tuple[float, int]] = []
    generator = random.Random(2026)

    def append() -> None:
        member = joining(commune(f"{1001 + generator.randrange(COMMUNES):05d}"), generator)
        receipt = parts.ledger.record(envelope(), member)
        if receipt is not None:
            receipts.append((time.perf_counter(), receipt.last))

    def search() -> None:
        owner = insurer(SIREN)
        searched = f"{generator.choice(FAMILY)} {generator.choice(GIVEN)}"
        audience = Audience("organisation", owners=[owner])
        parts.views.read(audience, lambda reader: crm.members(reader, None, owner, search=searched))

    seen: list[tuple[float, int]] = []
    with ThreadPoolExecutor(2 * THREADS + 1) as executor:
        watching = executor.submit(watch, parts, over, seen)
        work = [
            executor.submit(steadily, what, begin + place / rate, THREADS / rate)
            for what, rate in ((append, APPENDS), (search, SEARCHES))
            for place in range(THREADS)
        ]
        for each in work:
            each.result()
        until = max(position for _, position in receipts)
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while not (seen and seen[-1][1] >= until) and time.perf_counter() < deadline:
            time.sleep(0.05)
        over.set()
        watching.result()
    positions = [position for _, position in seen]
    if not positions or positions[-1] < until:
        raise RuntimeError(f"the views came to {positions[-1:]}, the ledger to {until}")
    waits = [
        max(0.0, seen[bisect_left(positions, position)][0] - at) * 1000
        for at, position in receipts
        if at >= begin + WARM_SECONDS
    ]
    return waits, len(receipts)


def steadily(what: Callable[[], None], first: float, every: float) -> None:
    """Do it at fixed times; what is late is done at once, and the times after it stay where they are."""
    for number in range(int(SECONDS / every)):
        time.sleep(max(0.0, first + number * every - time.perf_counter()))
        what()


def watch(parts: Parts, over: threading.Event, seen: list[tuple[float, int]]) -> None:
    """Write down when the position that all views show has grown, to what."""
    with parts.databases.project.connection() as connection:
        while not over.is_set():
            (shown,) = connection.execute(_SHOWN, prepare=True).fetchone() or (0,)
            if not seen or shown > seen[-1][1]:
                seen.append((time.perf_counter(), shown))
            time.sleep(WATCH_SECONDS)


def joining(tenant: Tenant, generator: random.Random) -> Member:
    """Somebody who joins."""
    start_on = date(2024, 10, 1)
    return Member.join(
        stream(tenant, insurer(SIREN), Member.kind, uuid.uuid4().hex),
        person=uuid.uuid4().hex, number=None, convention="c1", within=(start_on, date(2029, 9, 30)),
        joined_on=start_on, formula="N1", category="general", notified=GRID, cells=CELLS,
        family_name=generator.choice(FAMILY), given_name=generator.choice(GIVEN),
        birth_date=date(1930 + generator.randrange(70), 1 + generator.randrange(12), 5),
        sex="F", email=None, phone=None,
    )  # fmt: skip


if __name__ == "__main__":
    main()
