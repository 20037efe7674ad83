"""Marks of partitions: compare-and-set, gaps, the floor under all of them, and one commune or the whole rebuilt."""

import random
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from domain.membership.member import MemberJoined
from infra.feed import PARTITIONS, partition_of
from infra.kafka.cloudevents import Taken
from projections import VIEWS
from projections.crm.view import VIEW as CRM
from projections.engine import builds, vectors
from projections.engine.builds import OutrunError
from projections.engine.vectors import Mark
from projections.engine.view import View
from services.workers.floors import Floors
from services.workers.projection import recorded
from tests.support import cast
from tests.support.cast import CACHAN, GRENOBLE
from tests.support.database import Database
from tests.support.streams import COUNTS, NOWHERE, Stage, first_unapplied, marks


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with cast.parts_on(database) as parts:
        yield Stage(parts, NOWHERE)


@pytest.fixture
def connection(stage: Stage) -> Iterator[psycopg.Connection[Any]]:
    with stage.parts.databases.project.connection() as made:
        yield made


def begun(stage: Stage, connection: psycopg.Connection[Any], view: View = COUNTS) -> None:
    with connection.transaction():
        builds.begin(connection, view, state="active")


def test_a_worker_that_lost_its_partition_writes_nothing(
    stage: Stage, connection: psycopg.Connection[Any]
) -> None:
    begun(stage, connection)
    stage.join(14)
    late, new = stage.streamed(connection, COUNTS), stage.streamed(connection, COUNTS)
    records = stage.taken()
    taken_over = {partition_of(CACHAN): records[partition_of(CACHAN)]}
    new.take(connection, taken_over, recorded)
    before = (stage.counted(), marks(stage.parts, late.build.schema))
    with pytest.raises(OutrunError):
        late.take(connection, records, recorded)
    assert (stage.counted(), marks(stage.parts, late.build.schema)) == before
    late.reload(connection)
    late.take(connection, records, recorded)
    assert stage.counted() == 14


def test_a_build_that_was_replaced_or_follows_the_store_again_cannot_be_written(
    stage: Stage, connection: psycopg.Connection[Any]
) -> None:
    begun(stage, connection)
    stage.join(7)
    late = stage.streamed(connection, COUNTS)
    stage.from_store(COUNTS)
    with pytest.raises(OutrunError):
        late.take(connection, stage.taken(), recorded)
    assert not late.reload(connection)
    assert stage.counted() == 7
    # And the other way round: who followed the store finds that it follows Kafka.
    old = stage.active(COUNTS)
    stage.streamed(connection, COUNTS)
    with pytest.raises(OutrunError):
        builds.move(connection, old, old.position + 1)


def test_the_store_takes_over_partitions_that_are_not_level(
    stage: Stage, connection: psycopg.Connection[Any]
) -> None:
    stage.join(4)
    stage.from_store(COUNTS)
    before = stage.active(COUNTS).position
    stage.join(21)
    ahead = stage.taken(before)[partition_of(CACHAN)]
    stage.streamed(connection, COUNTS).take(connection, {partition_of(CACHAN): ahead}, recorded)
    assert stage.active(COUNTS).position == before
    stage.from_store(COUNTS)
    assert stage.counted() == 25
    assert stage.active(COUNTS).feed == "store"
    assert marks(stage.parts, stage.active(COUNTS).schema) == {}


def test_a_gap_in_the_middle_of_a_batch_is_filled_before_what_follows_it(
    stage: Stage, connection: psycopg.Connection[Any]
) -> None:
    begun(stage, connection)
    stage.join(28)
    streamed = stage.streamed(connection, COUNTS)
    records = {
        partition: [record for number, record in enumerate(found) if number % 3 != 1]
        for partition, found in stage.taken().items()
    }
    assert streamed.take(connection, records, recorded) == set()
    lasts = {partition: found[-1].row.position for partition, found in records.items()}
    assert {partition: streamed.vector[partition].position for partition in lasts} == lasts
    stage.from_store(COUNTS)
    assert stage.counted() == 28


def test_a_long_gap_is_filled_in_turns(
    stage: Stage, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.workers.streamed.FILL_BATCHES", 1)
    begun(stage, connection)
    stage.join(28)
    streamed = stage.streamed(connection, COUNTS)
    where = partition_of(GRENOBLE)
    last = stage.taken()[where][-1:]
    fill = streamed.fill
    monkeypatch.setattr(
        streamed, "fill", lambda connection, target, batches: fill(connection, target, batches, limit=2)
    )
    turns = 1
    while streamed.take(connection, {where: last}, recorded) == {where}:
        turns += 1
    assert turns > 2
    assert streamed.vector[where] == Mark(last[0].row.position, last[0].offset + 1)


def test_what_was_applied_before_only_moves_where_to_read_on(
    stage: Stage, connection: psycopg.Connection[Any]
) -> None:
    stage.join(9)
    stage.from_store(COUNTS)
    at = stage.active(COUNTS).position
    streamed = stage.streamed(connection, COUNTS)
    records = stage.taken()
    assert streamed.take(connection, records, recorded) == set()
    assert stage.counted() == 9
    found = marks(stage.parts, streamed.build.schema)
    assert {partition: found[partition] for partition in records} == {
        partition: Mark(at, each[-1].offset + 1) for partition, each in records.items()
    }


@pytest.mark.parametrize("seed", range(8))
def test_the_floor_never_passes_what_is_not_applied_and_reaches_the_head(
    stage: Stage, connection: psycopg.Connection[Any], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.workers.floors._PAGE", 5)
    chance = random.Random(seed)
    begun(stage, connection)
    stage.join(10)
    workers = [stage.streamed(connection, COUNTS) for _ in range(2)]
    floors = [Floors(stage.parts.feed) for _ in range(2)]
    schema = workers[0].build.schema
    floor = 0
    for _ in range(60):
        match chance.randrange(4):
            case 0:
                stage.join(chance.randrange(1, 6))
            case 1 | 2:
                # Some of some partitions, from anywhere before their marks, by either worker.
                worker = chance.choice(workers)
                worker.reload(connection)
                records = stage.taken()
                some: dict[int, list[Taken]] = {}
                for partition in chance.sample(sorted(records), chance.randrange(1, len(records))):
                    known = [
                        n for n, r in enumerate(records[partition])
                        if r.row.position <= worker.vector[partition].position
                    ]  # fmt: skip
                    first = chance.randrange(len(known) + 1)
                    some[partition] = records[partition][first : len(known) + chance.randrange(4)]
                worker.take(connection, {p: r for p, r in some.items() if r}, recorded)
            case 3:
                chance.choice(floors).raise_all(connection)
        now = stage.active(COUNTS).position
        unapplied = first_unapplied(stage.parts, schema)
        assert floor <= now <= (unapplied - 1 if unapplied else stage.parts.feed.head(connection))
        floor = now
    workers[0].reload(connection)
    workers[0].take(connection, stage.taken(), recorded)
    for each in floors:
        each.raise_all(connection)
    assert stage.active(COUNTS).position == stage.parts.feed.head(connection)
    assert stage.counted() == stage.members()


def test_whoever_waits_behind_another_that_holds_the_floor_still_goes_on(
    stage: Stage, connection: psycopg.Connection[Any]
) -> None:
    begun(stage, connection)
    stage.join(3)
    stage.streamed(connection, COUNTS).take(connection, stage.taken(), recorded)
    with stage.parts.databases.project.connection() as other, other.transaction():
        builds.find(other, COUNTS.name, "active", lock=True)
        Floors(stage.parts.feed).raise_all(connection)  # at once, and without effect
        assert stage.active(COUNTS).position == 0
    Floors(stage.parts.feed).raise_all(connection)
    assert stage.active(COUNTS).position == stage.parts.feed.head(connection)


def test_a_poison_event_stops_its_partition_and_the_rest_of_its_batch_is_applied(
    stage: Stage, connection: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    view = View(COUNTS.name, COUNTS.version, COUNTS.tables)

    @view.on(MemberJoined)
    def joined(fact: Any, rows: Any) -> None:
        if fact.tenant == GRENOBLE and fact.key == "s8":
            raise ValueError(fact.key)
        COUNTS.apply([fact], rows)

    begun(stage, connection, view)
    stage.join(35)
    streamed = stage.streamed(connection, view)
    records = stage.taken()
    streamed.take(connection, records, recorded)
    assert streamed.poisoned == {partition_of(GRENOBLE)}
    grenoble = [r for r in records[partition_of(GRENOBLE)] if r.row.topic.startswith("member.joined")]
    (at,) = [record for record in grenoble if record.row.stream.endswith("/s8")]
    before = [record for record in grenoble if record.row.position < at.row.position]
    assert stage.counted() == 35 - len(grenoble) + len(before)
    assert streamed.vector[partition_of(GRENOBLE)].position < at.row.position
    assert stage.active(view).poisoned_at == at.row.position
    Floors(stage.parts.feed).raise_all(connection)
    assert stage.active(view).position < at.row.position
    assert stage.active(view).poisoned_at == at.row.position
    assert caplog.text.count("stopped") == 1
    # Whoever follows the store meets it as well, and leaves everything as it is.
    stage.from_store(view)
    assert stage.active(view).feed == "kafka"
    # Mended, the view passes it, and then nothing is said of it any more.
    stage.streamed(connection, COUNTS).take(connection, records, recorded)
    Floors(stage.parts.feed).raise_all(connection)
    assert stage.counted() == 35
    assert stage.active(view).poisoned_at is None


def test_a_record_of_a_version_that_only_later_code_knows_stops_its_partition(
    stage: Stage, connection: psycopg.Connection[Any]
) -> None:
    begun(stage, connection, COUNTS)
    stage.join(35)
    records = stage.taken()
    at = next(taken for taken in records[partition_of(GRENOBLE)] if taken.row.topic == "member.joined.v1")
    later = at._replace(row=at.row._replace(topic="member.joined.v99"))
    streamed = stage.streamed(connection, COUNTS)
    streamed.take(
        connection,
        {where: [later if taken is at else taken for taken in some] for where, some in records.items()},
        recorded,
    )
    assert streamed.poisoned == {partition_of(GRENOBLE)}
    assert stage.active(COUNTS).poisoned_at == at.row.position
    assert streamed.vector[partition_of(GRENOBLE)].position < at.row.position
    stage.streamed(connection, COUNTS).take(connection, records, recorded)
    assert stage.counted() == 35


def test_every_partition_has_a_mark_from_the_moment_a_build_follows_kafka(
    stage: Stage, connection: psycopg.Connection[Any]
) -> None:
    stage.join(1)
    stage.from_store(CRM)
    at = stage.active(CRM).position
    assert stage.streamed(connection, CRM).vector == dict.fromkeys(range(PARTITIONS), Mark(at, None))
    assert [stand.floor for stand in vectors.stands(connection)] == [at]
    assert set(VIEWS) >= {CRM.name}
