"""What following the ledger costs: our insurer's view beside the library's runner doing one counter per event.

Ours unseals names, makes the rows and words that find them, and moves its checkpoint; both commit what they show.
"""

import threading
import time
from datetime import datetime
from statistics import median
from typing import Any, Final

from eventsourcing.application import Application
from eventsourcing.domain import CanMutateAggregate, DomainEventProtocol, MetaDomainEvent
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection as LibraryProjection
from eventsourcing.projection import ProjectionRunner
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from loadtests.benchmarks.filled import fill
from loadtests.benchmarks.scratch import machine, scratch
from projections import VIEWS
from projections.engine import builds
from services.wiring import Parts
from services.workers.projection import BATCH, Projection
from services.workers.rebuild import Rebuild

ROUNDS: Final = 5
COMMUNES, MEMBERS = 240, 225
STOCK_EVENTS: Final = 3_000
BAR_LIVE, BAR_REBUILD = 12.0, 20.0
CRM: Final = VIEWS["crm"]


class Happened(CanMutateAggregate[str], metaclass=MetaDomainEvent):
    """An event of the library's kind."""

    originator_id: str
    originator_version: int
    timestamp: datetime


class Stock(Application[str]):
    """An application of the library's own, on its own PostgreSQL recorder."""


class Counter(PostgresTrackingRecorder):
    """One counter, in the transaction that records how far it counted."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        table = sql.Identifier(self.datastore.schema, "counter")
        self.sql_create_statements += [
            sql.SQL("create table if not exists {} (n bigint not null)").format(table),
            sql.SQL("insert into {} values (0)").format(table),
        ]
        self._one_more = sql.SQL("update {} set n = n + 1").format(table)

    def count(self, tracking: Tracking) -> None:
        """One more."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(self._one_more, prepare=True)


class Counting(LibraryProjection[Counter]):
    """The library's projection: one counter per event."""

    name = "counting"

    until = 0
    reached = threading.Event()

    def process_event(self, domain_event: DomainEventProtocol[Any], tracking: Tracking) -> None:  # noqa: ARG002
        """Count it."""
        self.view.count(tracking)
        if tracking.notification_id == Counting.until:
            Counting.reached.set()  # the runner's own `wait` looks only every 0.8 s


def environment(parts: Parts, schema: str) -> dict[str, str]:
    """How the library is told where its tables are."""
    target: dict[str, Any] = conninfo_to_dict(parts.urls.owner)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "ORIGINATOR_ID_TYPE": "text",
        "POSTGRES_DBNAME": target["dbname"],
        "POSTGRES_HOST": target["host"],
        "POSTGRES_PORT": str(target.get("port", "5432")),
        "POSTGRES_USER": target["user"],
        "POSTGRES_PASSWORD": target["password"],
        "POSTGRES_SCHEMA": schema,
    }


def stock_runner(parts: Parts, number: int) -> float:
    """Events a second of the library's ProjectionRunner, on a ledger of its own."""
    schema = f"stock_{number}"
    with parts.owner_connection() as owner:
        owner.execute(f"create schema {schema}")
    settings = environment(parts, schema)
    with Stock(env=settings) as application:
        for start in range(0, STOCK_EVENTS, 500):
            events = [
                Happened(f"stream-{start + index}", 1, datetime.now().astimezone())  # type: ignore[call-arg]
                for index in range(500)  # (the library's metaclass makes it a dataclass)
            ]
            last = application.save(*events)[-1].notification.id
    Counting.until = last
    Counting.reached.clear()
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=Stock, projection_class=Counting, view_class=Counter, env=settings
    ):
        Counting.reached.wait(120)
        taken = time.perf_counter() - began
    return STOCK_EVENTS / taken


def live(parts: Parts) -> float:
    """Events a second of the insurer's view catching up from nothing, in the batches of the live projector."""
    with parts.databases.project.connection() as connection:
        with connection.transaction():
            build = builds.begin(connection, CRM)
            builds.index(connection, CRM, build.schema)
        projection = Projection(CRM, build, parts.feed, parts.opener)
        events, began = 0, time.perf_counter()
        while handled := projection.step(connection, BATCH):
            events += handled
        taken = time.perf_counter() - began
        with connection.transaction():
            builds.drop(connection, projection.build)
    return events / taken


def rebuilt(parts: Parts) -> float:
    """Events a second of a whole rebuild: filled, indexed, compared row by row with the active build, switched."""
    began = time.perf_counter()
    outcome = Rebuild(CRM, parts.databases.project, parts.feed, parts.opener).run(lambda _: False)
    taken = time.perf_counter() - began
    if not outcome.switched:
        msg = f"the rebuild differs: {outcome.differences}"
        raise RuntimeError(msg)
    with parts.databases.project.connection() as connection, connection.transaction():
        for build in builds.retired(connection, 0):
            builds.drop(connection, build)
    rest = taken - outcome.seconds
    print(f"         filled and indexed in {outcome.seconds:.2f} s, compared and switched in {rest:.2f} s")
    return outcome.events / outcome.seconds


def main() -> dict[str, Any]:
    """Measure and print; `passed` says whether both bars are met by the medians."""
    with scratch() as parts:
        head = fill(parts, COMMUNES, MEMBERS)
        print(f"a ledger of {head} events")
        with parts.databases.project.connection() as connection:
            while parts.projector.catch_up(connection):
                pass
        with parts.owner_connection() as owner:
            owner.execute("analyze")
        samples: dict[str, list[float]] = {"ProjectionRunner": [], "crm, live": [], "crm, rebuild": []}
        for number in range(ROUNDS):
            samples["ProjectionRunner"].append(stock_runner(parts, number))
            samples["crm, live"].append(live(parts))
            samples["crm, rebuild"].append(rebuilt(parts))
            print(
                f"round {number + 1}  "
                + "  ".join(f"{way} {found[-1]:,.0f}/s" for way, found in samples.items())
            )
        where = machine(parts)
    medians = {way: round(median(found)) for way, found in samples.items()}
    ratios = {
        "live over the runner": round(medians["crm, live"] / medians["ProjectionRunner"], 1),
        "rebuild over the runner": round(medians["crm, rebuild"] / medians["ProjectionRunner"], 1),
    }
    print(f"{medians}\n{ratios} (bars {BAR_LIVE} and {BAR_REBUILD})")
    return {
        "machine": where,
        "events": head,
        "rounds": ROUNDS,
        "batch": BATCH,
        "medians": medians,
        "samples": {way: [round(each) for each in found] for way, found in samples.items()},
        "ratios": ratios,
        "bars": {"live over the runner": BAR_LIVE, "rebuild over the runner": BAR_REBUILD},
        "passed": ratios["live over the runner"] >= BAR_LIVE
        and ratios["rebuild over the runner"] >= BAR_REBUILD,
    }


if __name__ == "__main__":
    main()
