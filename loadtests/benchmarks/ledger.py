"""What an append costs, side by side in one run: our ledger, the library's own recorder, and one INSERT per event.

Threads of one process write one-event commands with the full row; the order of the ways changes from round to round.
"""

import multiprocessing
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from datetime import time as day_time
from statistics import median
from typing import Any, Final

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from domain.office_hours.office_hour import OfficeHour
from domain.tenancy import Owner, Tenant, accord, commune, stream
from infra.database.roles import Urls
from infra.ledger import Claim, Envelope
from infra.ledger.recorder import LedgerRecorder
from infra.ledger.writer import Writer
from loadtests.benchmarks.scratch import machine, scratch
from services.commands import office_hours, partnerships
from services.commands.perform import Ask
from services.wiring import Parts

ROUNDS: Final = 5
SECONDS: Final = 3.0
THREADS: Final = 64
BAR_STOCK, BAR_PLAIN = 12.0, 1.6
SIREN: Final = "999000011"
TENANT, ACCORD = commune("38185"), accord(SIREN)
STATE: Final = (
    b'{"by_appointment":4,"convention":"c1","on":"2026-03-10","place":"Mairie annexe","visitors":9}' * 3
)

Append = Callable[[], object]
Way = Callable[[Parts, int], float]


def name() -> str:
    """A stream that nothing was recorded in."""
    return f"commune:38185/insurer:{SIREN}/member/{uuid.uuid4().hex}"


def envelope(**other: Any) -> Envelope:
    """What surrounds one command: the full row."""
    identity = uuid.uuid4().hex
    return Envelope(
        actor="account:1", command=identity, correlation=identity, digest=b"d" * 32, recorded_at=datetime.now(UTC),
        **other,
    )  # fmt: skip


def rate(threads: int, append: Append, seconds: float = SECONDS) -> float:
    """Appends a second, by so many threads that each wait for their answer."""
    counts = [0] * threads
    start, halt = threading.Event(), time.monotonic() + seconds + 0.2

    def work(number: int) -> None:
        start.wait()
        while time.monotonic() < halt:
            append()
            counts[number] += 1

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    began = time.monotonic()
    start.set()
    for worker in workers:
        worker.join()
    return sum(counts) / (time.monotonic() - began)


def recorder_of(urls: Urls) -> LedgerRecorder:
    """Our recorder under the append role, as a web process has it."""
    return LedgerRecorder(Writer(lambda: psycopg.connect(urls.append, autocommit=True)), None)  # type: ignore[arg-type]


def _insert_events(urls: Urls, threads: int, *, claim: bool = False) -> float:
    recorder = recorder_of(urls)

    def append() -> None:
        target = name()
        taken = [Claim(TENANT, "slot", target, target)] if claim else []
        event = StoredEvent(target, 1, "member.joined.v1", STATE)
        recorder.insert_events([event], envelope=envelope(take=taken))

    try:
        return rate(threads, append)
    finally:
        recorder.writer.close()


def ours(parts: Parts, threads: int) -> float:
    """`insert_events` of our recorder."""
    return _insert_events(parts.urls, threads)


def with_claim(parts: Parts, threads: int) -> float:
    """`insert_events` with one claim taken by every command."""
    return _insert_events(parts.urls, threads, claim=True)


def _child(urls: Urls, threads: int, results: "multiprocessing.SimpleQueue[float]") -> None:
    results.put(_insert_events(urls, threads))


def two_processes(parts: Parts, threads: int) -> float:
    """Two processes with half the threads each."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.SimpleQueue[float] = context.SimpleQueue()
    children = [context.Process(target=_child, args=(parts.urls, threads // 2, results)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    return sum(results.get() for _ in children)


def stock(parts: Parts, threads: int, *, function: bool = False) -> float:
    """The library's PostgreSQL recorder on its own table: text ids, a connection a thread."""
    target: dict[str, Any] = conninfo_to_dict(parts.urls.owner)
    datastore = PostgresDatastore(
        dbname=target["dbname"], host=target["host"], port=target.get("port", "5432"), user=target["user"],
        password=target["password"], pool_size=threads, schema="stock", originator_id_type="text",
        enable_db_functions=function,
    )  # fmt: skip
    try:
        recorder = PostgresApplicationRecorder(datastore)
        recorder.create_table()
        return rate(
            threads, lambda: recorder.insert_events([StoredEvent(name(), 1, "member.joined.v1", STATE)])
        )
    finally:
        datastore.close()


def stock_function(parts: Parts, threads: int) -> float:
    """The library's function mode, which waits for no table lock and promises no order."""
    return stock(parts, threads, function=True)


PLAIN: Final = """
insert into ledger.event (position, tenant, owner, stream, version, topic, state, actor, command, correlation, ordinal,
  command_size, digest, recorded_at)
values (nextval('stock.plain'), %b, %b, %b, 1, 'member.joined.v1', %b, 'account:1', %b, %b, 0, 1, %b, %b)
"""


def plain(parts: Parts, threads: int) -> float:
    """One INSERT per event into our table as the owner, a connection a thread: no order, no answer to a repeat."""
    local = threading.local()
    opened: list[psycopg.Connection[Any]] = []

    def append() -> None:
        if not hasattr(local, "connection"):
            local.connection = psycopg.connect(parts.urls.owner, autocommit=True)
            opened.append(local.connection)
        target, around = name(), envelope()
        row = (
            TENANT,
            f"insurer:{SIREN}",
            target,
            STATE,
            around.command,
            around.correlation,
            around.digest,
            around.recorded_at,
        )
        local.connection.execute(PLAIN, row, prepare=True)  # fmt: skip

    try:
        return rate(threads, append)
    finally:
        for connection in opened:
            connection.close()
        with psycopg.connect(parts.urls.owner, autocommit=True) as owner:
            # Ours goes on from the highest position.
            owner.execute(
                "select setval('stock.plain', greatest(1, (select max(position) from ledger.event)) + 1000000)"
            )


def saved(parts: Parts, threads: int) -> float:
    """`Application.save` of an aggregate: event made, encoded, appended, recorded."""

    def append() -> None:
        target = stream(TENANT, ACCORD, OfficeHour.kind, uuid.uuid4().hex)
        planned = OfficeHour.plan(
            target, convention="c1", on=date(2026, 3, 10), starts_at=day_time(9), ends_at=day_time(12), place="Mairie"
        )  # fmt: skip
        parts.ledger.record(envelope(), planned)

    return rate(threads, append)


def command(parts: Parts, threads: int) -> float:
    """A whole command: load the convention, decide, save."""
    tenant, owner = Tenant(TENANT), Owner(ACCORD)

    def append() -> None:
        planned = office_hours.PlanOfficeHour(
            id=uuid.uuid4().hex, convention="bench", on=date(2026, 3, 10), starts_at=day_time(9), ends_at=day_time(12),
            place="Mairie",
        )  # fmt: skip
        office_hours.plan(parts.ledger, tenant, owner, planned, Ask(actor="account:1", now=datetime.now(UTC)))

    return rate(threads, append)


WAYS: Final[dict[str, tuple[Way, int]]] = {
    "ledger, 64 threads": (ours, THREADS),
    "stock recorder, 64 threads": (stock, THREADS),
    "plain INSERT, 64 threads": (plain, THREADS),
    "ledger with a claim, 64 threads": (with_claim, THREADS),
    "ledger, 2 processes of 32": (two_processes, THREADS),
    "ledger, 16 threads": (ours, 16),
    "stock recorder, 16 threads": (stock, 16),
    "plain INSERT, 16 threads": (plain, 16),
    "stock function mode, 64 threads": (stock_function, THREADS),
    "Application.save, 64 threads": (saved, THREADS),
    "whole command, 64 threads": (command, THREADS),
}


def main() -> dict[str, Any]:
    """Measure and print; `passed` says whether both bars are met by the medians."""
    with scratch() as parts:
        _prepare(parts)
        samples: dict[str, list[float]] = {way: [] for way in WAYS}
        for number in range(ROUNDS):
            # Interleaved, and begun elsewhere each round: a slow minute of the machine hits every way.
            order = list(WAYS)[number % len(WAYS) :] + list(WAYS)[: number % len(WAYS)]
            for way in order:
                run, threads = WAYS[way]
                samples[way].append(run(parts, threads))
                print(f"round {number + 1}  {way:36}{samples[way][-1]:10,.0f}/s", flush=True)
        where = machine(parts)
    medians = {way: round(median(found)) for way, found in samples.items()}
    ratios = {
        "over the stock recorder": round(
            medians["ledger, 64 threads"] / medians["stock recorder, 64 threads"], 2
        ),
        "over plain INSERT": round(medians["ledger, 64 threads"] / medians["plain INSERT, 64 threads"], 2),
    }
    for way, found in medians.items():
        print(f"{way:36}{found:10,}/s")
    print(
        f"ledger over the stock recorder: {ratios['over the stock recorder']} (bar {BAR_STOCK});"
        f" over plain INSERT: {ratios['over plain INSERT']} (bar {BAR_PLAIN})"
    )
    return {
        "machine": where,
        "rounds": ROUNDS,
        "seconds": SECONDS,
        "medians": medians,
        "samples": {way: [round(each) for each in found] for way, found in samples.items()},
        "ratios": ratios,
        "bars": {"over the stock recorder": BAR_STOCK, "over plain INSERT": BAR_PLAIN},
        "passed": ratios["over the stock recorder"] >= BAR_STOCK and ratios["over plain INSERT"] >= BAR_PLAIN,
    }


def _prepare(parts: Parts) -> None:
    with psycopg.connect(parts.urls.owner, autocommit=True) as owner:
        owner.execute("create schema stock")
        owner.execute("create sequence stock.plain start 1000000")
    ask = Ask(actor="account:1", now=datetime.now(UTC))
    declared = partnerships.DeclareConvention(
        id="bench", insurer_name="Banc d’essai", signed_on=date(2024, 1, 1), starts_on=date(2024, 1, 1),
        ends_on=date(2029, 1, 1), fictitious=True,
    )  # fmt: skip
    partnerships.declare(parts.ledger, TENANT, ACCORD, declared, ask)
    partnerships.confirm(
        parts.ledger, TENANT, ACCORD, partnerships.ConfirmConvention(id="bench", by="town"), ask
    )


if __name__ == "__main__":
    main()
