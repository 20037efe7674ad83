"""The relay and a broker that is not there, is killed, or answers nothing: it waits, goes on, and may be stopped."""

import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from domain.tenancy import PUBLIC, commune
from infra.kafka.broker import Broker
from infra.kafka.topic import ensure_topic
from services.commands import communes
from services.wiring import Parts
from services.workers.relay import Relay
from tests.support import cast
from tests.support.cast import ask
from tests.support.database import Database
from tests.support.records import demand_chain, firsts, records

# kafka-python leaves the socket of a refused connection to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

PATIENCE = 60.0
TENANTS = [commune(f"38{number:03d}") for number in range(1, 41)]


@pytest.fixture
def parts(database: Database) -> Iterator[Parts]:
    with cast.parts_on(database) as made:
        yield made


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What a broker that is gone leaves behind is collected here, and not in another test."""
    yield
    gc.collect()


@contextmanager
def running(relay: Relay) -> Iterator[threading.Thread]:
    """The relay in a thread; at the end it must stop when told to."""
    stop = threading.Event()
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


def record(parts: Parts, key: str) -> None:
    """One event of each commune."""
    for tenant in TENANTS:
        cited = communes.CiteFigure(id=key, about="members", statement="plus de 400", source="La ville")
        communes.cite(parts.ledger, tenant, PUBLIC, cited, ask())


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def positions(parts: Parts) -> tuple[int, int]:
    """Of the ledger's head, and of the relay."""
    with parts.databases.project.connection() as connection:
        row = connection.execute("select position from projection.relay").fetchone()
        return parts.feed.head(connection), row[0] if row else 0


def error_of(parts: Parts) -> str | None:
    with parts.databases.project.connection() as connection:
        row = connection.execute("select error from projection.relay").fetchone()
    return row[0] if row else None


def caught_up(parts: Parts) -> bool:
    head, position = positions(parts)
    return head == position


def test_a_broker_that_is_not_there_yet_is_waited_for_and_the_row_says_so(
    parts: Parts, make_broker: Callable[[], Broker], caplog: pytest.LogCaptureFixture
) -> None:
    broker = make_broker()
    record(parts, "a")
    with running(Relay(broker.cluster, parts.databases.project, parts.feed)):
        until(lambda: error_of(parts) is not None)
        time.sleep(4.0)
        said = [each for each in caplog.records if each.levelname == "WARNING"]
        assert len(said) == 1, caplog.text
        assert "The relay cannot work and tries again" in said[0].getMessage()
        broker.start()
        until(lambda: caught_up(parts))
        assert error_of(parts) is None
    assert len(records(broker.cluster)) == len(TENANTS)


def test_a_broker_killed_and_started_again_under_load_loses_nothing(
    parts: Parts, make_broker: Callable[[], Broker]
) -> None:
    broker = make_broker()
    broker.start()
    relay = Relay(broker.cluster, parts.databases.project, parts.feed)
    with running(relay):
        for number in range(4):
            record(parts, f"before-{number}")
        broker.kill()
        for number in range(4):
            record(parts, f"meanwhile-{number}")
        broker.start()
        for number in range(4):
            record(parts, f"after-{number}")
        until(lambda: caught_up(parts))
    found = records(broker.cluster)
    head, _ = positions(parts)
    assert sorted(each.position for each in firsts(found)) == list(range(1, head + 1))
    demand_chain(found)


def test_a_relay_whose_broker_answers_nothing_keeps_its_lease_and_is_stopped_within_seconds(
    parts: Parts, make_broker: Callable[[], Broker]
) -> None:
    broker = make_broker()
    broker.start()
    ensure_topic(broker.cluster)
    active = Relay(broker.cluster, parts.databases.project, parts.feed)
    standby = Relay(broker.cluster, parts.databases.project, parts.feed)
    with running(active):
        record(parts, "a")
        until(lambda: caught_up(parts))
        os.kill(broker.pid, signal.SIGSTOP)
        try:
            record(parts, "b")
            time.sleep(5.0)
            assert standby.step() == 0
            assert not caught_up(parts)
        finally:
            os.kill(broker.pid, signal.SIGCONT)
        until(lambda: caught_up(parts))
        os.kill(broker.pid, signal.SIGSTOP)
        record(parts, "c")
        time.sleep(0.5)
    # Told to stop while the broker stood still; it did.
    os.kill(broker.pid, signal.SIGCONT)
    while standby.step():
        pass
    standby.close()
    assert caught_up(parts)
    found = records(broker.cluster)
    assert sorted(each.position for each in firsts(found)) == list(range(1, positions(parts)[0] + 1))
    demand_chain(found)
