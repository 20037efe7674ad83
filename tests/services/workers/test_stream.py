"""Views over Kafka: the same rows as from the store, whatever is sent twice, lost, or handled by another worker."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from kafka import KafkaProducer

from domain.membership.member import MemberJoined
from infra.feed import partition_of
from infra.kafka import KafkaCluster
from projections import VIEWS
from projections.crm.view import VIEW as CRM
from projections.engine.changes import Changes
from projections.engine.view import Recorded, View
from services.status import status
from services.workers.rebuild import Rebuild
from tests.support import cast
from tests.support.cast import CACHAN, GRENOBLE
from tests.support.database import Database
from tests.support.streams import COUNTS, Stage, owned, running, until


@pytest.fixture
def stage(database: Database, kafka: KafkaCluster) -> Iterator[Stage]:
    with cast.parts_on(database) as parts:
        made = Stage(parts, kafka)
        made.relay.step()
        yield made
        made.relay.close()


def poisoned(at: str) -> View:
    """The insurer's view with a handler that cannot take one member."""
    view = View(CRM.name, CRM.version, CRM.tables)

    @view.on(MemberJoined)
    def joined(fact: Recorded[MemberJoined], rows: Changes) -> None:
        if fact.key == at:
            msg = "cannot take this one"
            raise ValueError(msg)
        CRM.apply([fact], rows)

    return view


def test_views_over_kafka_have_the_rows_that_the_store_gives_and_can_be_waited_for(stage: Stage) -> None:
    stage.fill()
    with running(stage.worker()):
        stage.relayed()
        position = stage.join(7)
        stage.relayed()
        assert stage.shown(position)
    stage.equal_to_store()
    assert {stage.active(view).feed for view in VIEWS.values()} == {"kafka"}


def test_a_view_that_never_was_is_filled_from_the_beginning_of_the_topic(stage: Stage) -> None:
    position = stage.join(30)
    stage.relayed()
    with running(stage.worker(COUNTS)):
        assert stage.shown(position, COUNTS)
    assert stage.counted() == 30


def test_records_sent_again_change_nothing(stage: Stage) -> None:
    with running(stage.worker(COUNTS)):
        stage.join(20)
        stage.relayed()
        stage.forget_relayed()
        stage.relayed()
        position = stage.join(3)
        stage.relayed()
        assert stage.shown(position, COUNTS)
    assert stage.counted() == 23


def test_what_the_relay_left_out_is_read_from_the_store_when_the_next_record_shows_it(stage: Stage) -> None:
    with running(stage.worker(COUNTS)):
        position = stage.join(5)
        stage.relayed()
        assert stage.shown(position, COUNTS)
        stage.join(11)
        stage.skip_relaying()
        position = stage.join(6)
        stage.relayed()
        assert stage.shown(position, COUNTS)
    assert stage.counted() == 22


def test_what_was_relayed_and_never_comes_is_read_from_the_store_without_another_record(stage: Stage) -> None:
    with running(stage.worker(COUNTS)):
        position = stage.join(5)
        stage.relayed()
        assert stage.shown(position, COUNTS)
        position = stage.join(4)
        stage.skip_relaying()
        assert stage.shown(position, COUNTS)
    assert stage.counted() == 9


def test_what_is_not_relayed_yet_is_left_to_the_relay(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.workers.stream.GRACE_SECONDS", 0.0)
    with running(stage.worker(COUNTS)):
        position = stage.join(3)
        assert not stage.shown(position, COUNTS, patience=3)
        stage.relayed()
        assert stage.shown(position, COUNTS)
    assert stage.counted() == 3


def test_a_topic_deleted_and_made_again_loses_and_doubles_nothing(stage: Stage) -> None:
    with running(stage.worker(COUNTS)):
        position = stage.join(40)
        stage.relayed()
        assert stage.shown(position, COUNTS)
        stage.join(9)
        stage.relayed()
        stage.recreate_topic()
        position = stage.join(4)
        stage.relayed()
        assert stage.shown(position, COUNTS)
    assert stage.counted() == 53


def test_what_is_no_event_in_the_topic_is_left_out_and_said(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    producer = KafkaProducer(**stage.cluster.client("tests"))
    producer.send(stage.cluster.topic, b"{}", partition=partition_of(GRENOBLE)).get(10)
    producer.close()
    with running(stage.worker(COUNTS)):
        position = stage.join(5)
        stage.relayed()
        assert stage.shown(position, COUNTS)
    assert stage.counted() == 5
    assert "no event at offset 0" in caplog.text


def test_from_store_to_kafka_and_back_again_nothing_is_lost_or_done_twice(stage: Stage) -> None:
    views = (COUNTS, CRM)
    stage.join(8)
    stage.from_store(*views)
    for feed in ("kafka", "store", "kafka"):
        stage.join(7)
        if feed == "kafka":
            stage.relayed()
            with running(stage.worker(*views)):
                position = stage.join(5)
                stage.relayed()
                assert stage.shown(position, *views)
        else:
            stage.from_store(*views)
        assert stage.active(COUNTS).feed == feed
        assert stage.counted() == stage.members()
    stage.equal_to_store(CRM)


def test_a_checkpoint_that_forgot_how_far_it_was_would_be_noticed(stage: Stage) -> None:
    stage.join(6)
    stage.relayed()
    stage.from_store(COUNTS)
    with stage.parts.databases.project.connection() as connection:
        schema = stage.streamed(connection, COUNTS).build.schema
        connection.execute("update projection.view_partition set position = 0 where schema = %s", (schema,))
    with running(stage.worker(COUNTS)):
        until(lambda: stage.counted() == 12)


def test_two_workers_share_the_partitions_and_a_rebalance_under_way_loses_and_doubles_nothing(
    stage: Stage,
) -> None:
    first, second, third = (stage.worker(COUNTS, CRM) for _ in range(3))
    with running(first):
        stage.join(30)
        stage.relayed()
        with running(second):
            until(lambda: sorted(owned([first, second])) == [32, 32])
            stage.join(30)
            stage.relayed()
            with running(third):
                position = stage.join(30)
                stage.relayed()
                assert stage.shown(position, COUNTS, CRM)
            stage.join(30)
            stage.relayed()
        position = stage.join(10)
        stage.relayed()
        assert stage.shown(position, COUNTS, CRM)
        until(lambda: owned([first]) == [64])
    assert stage.counted() == 130
    stage.equal_to_store(CRM)


def test_a_poison_event_stops_its_view_where_it_is_and_nothing_else(stage: Stage) -> None:
    at = "s8"  # the second who joins in Grenoble, with the rival insurer
    with running(stage.worker(poisoned(at), COUNTS)):
        last = stage.join(28)
        stage.relayed()
        assert stage.shown(last, COUNTS)
        until(lambda: stage.active(CRM).poisoned_at is not None)
        crm = stage.active(CRM)
        assert crm.error is not None
        assert "cannot take this one" in crm.error
        # Of the town that it is about nothing later is shown; the other towns are served on.
        until(lambda: stage.active(CRM).position + 1 == crm.poisoned_at)
        until(lambda: len([r for r in stage.rows(CRM)["member"] if CACHAN in r]) == 4)
        assert len([row for row in stage.rows(CRM)["member"] if GRENOBLE in row]) == 3
        with stage.parts.databases.project.connection() as connection:
            assert not status(connection).healthy
    # Mended, it goes on from there.
    with running(stage.worker(CRM, COUNTS)):
        assert stage.shown(last, CRM)
        assert stage.active(CRM).poisoned_at is None
    stage.equal_to_store(CRM)


def test_a_stopped_view_goes_on_with_the_build_that_replaces_it(stage: Stage) -> None:
    broken = poisoned("s8")
    with running(stage.worker(broken, COUNTS)):
        last = stage.join(28)
        stage.relayed()
        assert stage.shown(last, COUNTS)
        until(lambda: stage.active(CRM).poisoned_at is not None)
        broken._handlers.update(CRM._handlers)  # the same process, mended
        parts = stage.parts
        outcome = Rebuild(CRM, parts.databases.project, parts.feed, parts.opener).run(lambda _: False)
        assert outcome.switched
        last = stage.join(3)
        stage.relayed()
        assert stage.shown(last, CRM, COUNTS)
    stage.equal_to_store(CRM)


def test_a_rebuild_while_two_workers_follow_switches_to_equal_rows_and_they_follow_on(stage: Stage) -> None:
    stage.fill()
    stage.relayed()
    written = threading.Event()

    def write() -> None:
        while not written.is_set():
            stage.join(1)
            stage.relayed()

    with running(stage.worker(), stage.worker()):
        stage.join(3)
        stage.relayed()
        writer = threading.Thread(target=write)
        writer.start()
        try:
            for view in (CRM, VIEWS["oversight"]):
                parts = stage.parts
                outcome = Rebuild(view, parts.databases.project, parts.feed, parts.opener).run(
                    lambda _: False
                )
                assert outcome.switched, outcome.differences
                assert stage.active(view).schema == outcome.schema
        finally:
            written.set()
            writer.join()
        last = stage.join(3)
        stage.relayed()
        assert stage.shown(last)
    stage.equal_to_store()


def test_a_lost_database_is_waited_for(stage: Stage, database: Database) -> None:
    with running(stage.worker(COUNTS)):
        last = stage.join(3)
        stage.relayed()
        assert stage.shown(last, COUNTS)
        with psycopg.connect(database.cluster.engine.administrator_url(), autocommit=True) as administrator:
            administrator.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = %s and application_name like '%% project'",
                (database.name,),
            )
        last = stage.join(3)
        until(stage.relayed_at_last)
        assert stage.shown(last, COUNTS)
    stage.parts.databases.project.check()
    assert stage.counted() == 6
