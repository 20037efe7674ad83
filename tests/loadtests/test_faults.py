"""Each fault strikes once, on a small installation; and what looks for losses and doubles finds planted ones."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kafka import KafkaProducer

from infra.feed import FeedRow, partition_of
from infra.kafka import KafkaCluster, to_record
from infra.kafka.broker import Broker
from infra.kafka.topic import ensure_topic
from loadtests import checks
from loadtests.faults import report
from loadtests.faults.kinds import FAULTS, Fault
from loadtests.faults.run import Outcome, run
from loadtests.faults.saboteur import Order, Saboteur
from loadtests.faults.scene import Scene, scene
from loadtests.faults.tally import TALLY
from loadtests.faults.topic import TopicReader
from loadtests.installation import ROOT
from services.wiring import Parts
from services.workers.projector import Projector
from tests.support import cast, worlds
from tests.support.database import Database

WRITERS, MOMENT, SEED = 6, 60, 3

OVER_STORE = [fault for fault in FAULTS if fault.feed == "store"]
OVER_KAFKA = [fault for fault in FAULTS if fault.feed == "kafka"]


@pytest.fixture(scope="module")
def over_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("store")) as made:
        yield made


@pytest.fixture(scope="module")
def over_kafka(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("kafka")
    with Broker(folder / "broker") as broker, scene(folder / "installation", broker) as made:
        yield made


def struck(made: Scene, fault: Fault) -> Outcome:
    """A small run, in which nothing is wrong."""
    outcome = run(made, fault, SEED, writers=WRITERS, moment=MOMENT)
    assert outcome.faults == []
    assert (outcome.lost, outcome.doubled, outcome.different, outcome.out_of_order) == (0, 0, 0, 0)
    assert outcome.acknowledged > 0
    return outcome


@pytest.mark.parametrize("fault", OVER_STORE, ids=lambda fault: fault.name)
def test_nothing_is_lost_or_doubled_whatever_dies(over_store: Scene, fault: Fault) -> None:
    struck(over_store, fault)


@pytest.mark.parametrize("fault", OVER_KAFKA, ids=lambda fault: fault.name)
def test_nothing_is_lost_or_doubled_over_kafka_whatever_dies(over_kafka: Scene, fault: Fault) -> None:
    outcome = struck(over_kafka, fault)
    if fault.name.startswith("relay"):
        assert outcome.took_over in {"relay-1", "relay-2"}
        assert not outcome.what.startswith(str(outcome.took_over))


@pytest.fixture
def world(database: Database) -> Iterator[Parts]:
    with cast.parts_on(database) as made:
        worlds.fill(made)
        yield made


def test_a_doubled_counter_is_found(world: Parts, database: Database) -> None:
    projector = Projector([TALLY], world.databases.project, world.feed, world.opener)
    with world.databases.project.connection() as connection:
        while projector.catch_up(connection):
            pass
    assert checks.differing_views(world, views=[TALLY]) == {}
    with database.connect("project") as connection:
        connection.execute("update tally_v1.total set events = events + 1 where topic = 'member.joined'")
    (found,) = checks.differing_views(world, views=[TALLY])["tally"]
    assert (found.table, found.only_before, found.only_after) == ("total", 1, 1)


def test_every_event_is_counted(world: Parts) -> None:
    projector = Projector([TALLY], world.databases.project, world.feed, world.opener)
    with world.databases.project.connection() as connection:
        while projector.catch_up(connection):
            pass
        counted = connection.execute("select sum(events) from tally_v1.total").fetchone()
        assert counted == (world.feed.head(connection),)


def test_what_is_wrong_with_the_topic_is_found(world: Parts, kafka: KafkaCluster) -> None:
    with world.databases.project.connection() as connection:
        rows = world.feed.read(connection, 0, None, 10_000).rows
        last = rows.pop()
        ensure_topic(kafka)
        producer = KafkaProducer(**kafka.client("test"))
        reader = TopicReader(kafka)
        ends: dict[int, int] = {}
        try:

            def send(row: FeedRow, *, previous: int | None = None, partition: int | None = None) -> None:
                place = partition_of(row.tenant) if partition is None else partition
                value = to_record(row, ends.get(place, 0) if previous is None else previous)
                producer.send(kafka.topic, value, row.tenant.encode(), partition=place)
                ends[place] = max(row.position, ends.get(place, 0))

            for row in rows:
                send(row)
            send(rows[-1])  # again, as after a crash
            producer.flush()
            assert reader.faults(connection) == [f"event {last.position} is not in the topic"]
            assert reader.repeated == 1

            other = (partition_of(last.tenant) + 1) % 64
            send(last, previous=7)
            send(last._replace(position=last.position + 1), partition=other)
            producer.flush()
            found = "\n".join(reader.faults(connection))
            assert f"event {last.position} says that 7 comes before it" in found
            assert f"event {last.position + 1} of {last.tenant} lies in partition {other}" in found
            assert f"event {last.position + 1} is not what the ledger holds" in found
        finally:
            producer.close(timeout=1)


def test_an_order_is_carried_out_once_at_its_place_and_time(tmp_path: Path) -> None:
    file = tmp_path / "order"
    program = (
        "import sys; from pathlib import Path; from loadtests.faults.saboteur import Saboteur\n"
        "saboteur = Saboteur(Path(sys.argv[1]))\n"
        "for place in ('rows-written', 'before-send', 'rows-written', 'rows-written'):\n"
        "    print(place, flush=True); saboteur.pass_by(place)\n"
    )
    for ordered, code, passages in ((True, -signal.SIGKILL, 3), (False, 0, 4)):
        if ordered:
            Order("rows-written", 2).give(file)
        ended = subprocess.run(
            [sys.executable, "-c", program, str(file)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (ended.returncode, len(ended.stdout.split())) == (code, passages)
        assert not file.exists()


def test_without_an_order_nobody_dies(tmp_path: Path) -> None:
    Saboteur(tmp_path / "order").pass_by("rows-written")


def test_the_table_in_the_documentation_is_that_of_the_results() -> None:
    kept = json.loads(report.RESULTS.read_text())
    assert report.page(kept) == report.TABLE.read_text()
    assert kept["passed"]
    assert {name: found["unsound"] for name, found in kept["faults"].items()} == {
        fault.name: 0 for fault in FAULTS
    }
