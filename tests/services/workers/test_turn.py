"""Workers that act once for the whole installation: one process at a time, and another takes over."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.tenancy import Tenant, commune
from infra.database.embedded import EmbeddedPostgres
from infra.database.roles import SECRET
from infra.secrets import SecretsFolder
from services.commands import partnerships, tariffs
from services.status import status
from services.wiring import Parts
from services.workers.run import NotApplicableError, chosen
from services.workers.turn import Turns
from tests.support import cast
from tests.support.cast import ACCORD, ask, parts_on
from tests.support.database import Database

Connect = Callable[[], psycopg.Connection[Any]]

PATIENCE = 40.0


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.05)


class Worker:
    """`beffroi work judge` as a process of its own."""

    def __init__(self, database: Database, folder: Path, name: str) -> None:
        data = folder / "data"
        SecretsFolder(data / "secrets").read_or_create(
            SECRET, lambda: json.dumps(asdict(database.cluster.passwords)).encode()
        )
        self._log = folder / f"{name}.log"
        environ = {key: value for key, value in os.environ.items() if not key.startswith("BEFFROI_")}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.cli", "work", "judge"],
                env={
                    **environ,
                    "BEFFROI_DATA": str(data),
                    "BEFFROI_DATABASE_URL": database.owner_url,
                    "BEFFROI_DEMO": "1",
                },
                stderr=log,
            )

    def said(self, words: str) -> int:
        return self._log.read_text().count(words)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def judgements(parts: Parts, tenant: Tenant) -> int:
    with parts.databases.project.connection() as connection:
        row = connection.execute(
            "select count(*) from ledger.event where topic like 'tariff.judged%%' and tenant = %s", (tenant,)
        ).fetchone()
    return int(row[0]) if row else 0


def followed(parts: Parts) -> bool:
    with parts.databases.project.connection() as connection:
        (judge,) = [each for each in status(connection).followers if each.name == "judge"]
    return judge.lag_events == 0


def judged_twice(parts: Parts, tenant: Tenant) -> None:
    """A confirmation and then a grid are each followed by a judgement."""
    partnerships.declare(parts.ledger, tenant, ACCORD, cast.declaration(), ask())
    partnerships.confirm(parts.ledger, tenant, ACCORD, cast.confirmation(), ask("account:town"))
    until(lambda: judgements(parts, tenant) == 1)
    tariffs.notify(parts.ledger, tenant, ACCORD, cast.grid(), ask())
    until(lambda: judgements(parts, tenant) == 2)


def test_of_several_processes_one_judges_and_another_takes_over_when_it_is_paused_or_killed(
    database: Database, tmp_path: Path
) -> None:
    begins, waits = "judge begins", "judge works in another process"
    with ExitStack() as stack, parts_on(database) as parts:

        def started(name: str) -> Worker:
            worker = Worker(database, tmp_path, name)
            stack.callback(worker.end)
            return worker

        first = started("first")
        until(lambda: first.said(begins))
        second = started("second")
        until(lambda: second.said(waits))
        judged_twice(parts, commune("38185"))

        first.signal(signal.SIGSTOP)  # its session goes silent, and the server ends it
        until(lambda: second.said(begins))
        first.signal(signal.SIGCONT)
        until(lambda: first.said("the turns of judge are lost") and first.said(waits))
        judged_twice(parts, commune("94016"))

        second.end()
        until(lambda: first.said(begins) == 2)
        judged_twice(parts, commune("18279"))
        # Whoever judged, nothing was judged once more.
        until(lambda: followed(parts))
        assert [judgements(parts, commune(code)) for code in ("38185", "94016", "18279")] == [2, 2, 2]


@contextmanager
def contenders(connect: Connect, count: int, seconds: float) -> Iterator[list[list[str]]]:
    """Some processes' turns over a worker that notes when it begins and ends, and needs `seconds` to stop."""
    stop = threading.Event()
    notes: list[list[str]] = [[] for _ in range(count)]

    def contender(own: list[str]) -> None:
        def work(lost: threading.Event) -> None:
            own.append("begins")
            lost.wait()
            time.sleep(seconds)
            own.append("ends")

        Turns(connect).run({"judge": work}, stop)

    threads = [threading.Thread(target=contender, args=(own,)) for own in notes]
    for thread in threads:
        thread.start()
    try:
        yield notes
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def working(notes: list[list[str]]) -> int:
    return sum(own.count("begins") - own.count("ends") for own in notes)


def test_a_restarted_database_gives_the_turn_to_one_again(
    make_cluster: Callable[..., EmbeddedPostgres],
) -> None:
    cluster = make_cluster()
    cluster.start()
    most: list[int] = []
    stop = threading.Event()

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(cluster.owner_url(), autocommit=True)

    with contenders(connect, 3, 0.1) as notes:

        def watch() -> None:
            while not stop.wait(0.01):
                most.append(working(notes))

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            until(lambda: working(notes) == 1)
            cluster.stop()
            until(lambda: working(notes) == 0)
            cluster.start()
            until(lambda: working(notes) == 1)
        finally:
            stop.set()
            watching.join()
    assert max(most) == 1
    assert working(notes) == 0


def test_a_worker_that_has_not_stopped_does_not_begin_beside_itself(database: Database) -> None:
    with contenders(lambda: database.pools.connect("project"), 1, 2.0) as (own,):
        until(lambda: own == ["begins"])
        with psycopg.connect(database.administrator_url, autocommit=True) as administrator:
            administrator.execute(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and database ="
                " (select oid from pg_database where datname = current_database())"
            )
        until(lambda: len(own) == 3)
        assert own == ["begins", "ends", "begins"]


@pytest.mark.parametrize(("name", "setting"), [("relay", "BEFFROI_KAFKA"), ("sender", "BEFFROI_SMTP")])
def test_a_worker_that_has_nothing_to_do_is_refused_by_name_and_left_out_otherwise(
    database: Database, name: str, setting: str
) -> None:
    with parts_on(database) as parts:
        with pytest.raises(NotApplicableError, match=setting):
            chosen(parts, [name])
        assert list(chosen(parts)) == ["projector", "judge", "calendar", "indices", "mail"]
