"""The relay: everything once, in order, sealed as it is; one at a time, and nothing lost when it dies in between."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import msgspec
import psycopg
import pytest
from kafka.admin import KafkaAdminClient
from kafka.errors import InvalidProducerEpochError, ProducerFencedError

from domain.tenancy import PUBLIC
from infra.errors import OperatorError
from infra.feed import FeedRow, partition_of
from infra.kafka import KafkaCluster
from infra.kafka.producer import Record
from services.commands import communes
from services.wiring import Parts
from services.workers.lease import LeaseLostError
from services.workers.relay import Relay
from tests.support import cast, worlds
from tests.support.cast import CACHAN, GRENOBLE, ask
from tests.support.database import Database
from tests.support.records import demand_chain, firsts, records

# The attributes of CloudEvents 1.0.2 with their types, and the extensions that are ours: lower case letters and digits.
CLOUD_EVENT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "propertyNames": {"pattern": "^[a-z0-9]{1,20}$"},
    "additionalProperties": False,
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "minLength": 1},
        "source": {"type": "string", "minLength": 1, "format": "uri-reference"},
        "type": {"type": "string", "pattern": r"^[a-z_]+\.[a-z_]+\.v[0-9]+$"},
        "subject": {"type": "string", "minLength": 1},
        "time": {"type": "string", "format": "date-time"},
        "dataschema": {"type": "string", "format": "uri", "pattern": "^urn:beffroi:event:"},
        "datacontenttype": {"const": "application/json"},
        "data": {"type": "object"},
        "owner": {"type": "string", "minLength": 1},
        "actor": {"type": "string", "minLength": 1},
        "streamversion": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
        "position": {"type": "string", "pattern": "^[1-9][0-9]*$"},
        "previous": {"type": "string", "pattern": "^(0|[1-9][0-9]*)$"},
    },
}
NAMES = ("Lefèvre", "Œnone", "oenone@exemple", "Prénom")


class DiesBeforeItsCheckpoint(Relay):
    """As if killed between the brokers' acknowledgement and the checkpoint."""

    def _move(self, *_: Any) -> None:
        raise KeyboardInterrupt


@pytest.fixture
def parts(database: Database) -> Iterator[Parts]:
    with cast.parts_on(database) as made:
        yield made


@pytest.fixture
def make_relay(parts: Parts, kafka: KafkaCluster) -> Iterator[Callable[..., Relay]]:
    made: list[Relay] = []

    def make(kind: type[Relay] = Relay) -> Relay:
        made.append(kind(kafka, parts.databases.project, parts.feed))
        return made[-1]

    yield make
    for each in made:
        each.close()


def ledger_of(parts: Parts) -> list[FeedRow]:
    with parts.databases.project.connection() as connection:
        return parts.feed.read(connection, 0, None, 100_000).rows


def state_of(parts: Parts) -> tuple[int, int, str | None]:
    """Position, epoch and error."""
    with parts.databases.project.connection() as connection:
        row = connection.execute("select position, epoch, error from projection.relay").fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def lapse(parts: Parts) -> None:
    with parts.databases.project.connection() as connection:
        connection.execute("update projection.relay set renewed_at = renewed_at - interval '4 s'")


def record(parts: Parts, *keys: str) -> None:
    """Two events for each key, of two communes."""
    for key in keys:
        for tenant in (GRENOBLE, CACHAN):
            cited = communes.CiteFigure(id=key, about="members", statement="plus de 400", source="La ville")
            communes.cite(parts.ledger, tenant, PUBLIC, cited, ask())


def filled(parts: Parts, relay: Relay) -> list[FeedRow]:
    """A world of every kind of event, relayed from its first."""
    relay.step()
    worlds.fill(parts)
    assert relay.step() > 0
    assert relay.step() == 0
    return ledger_of(parts)


def test_every_event_is_there_once_and_in_order_within_its_partition(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    ledger = filled(parts, make_relay())
    found = records(kafka)
    assert sorted((each.relayed.row for each in found), key=lambda row: row.position) == ledger
    for one, next_one in itertools.pairwise(found):
        if one.partition == next_one.partition:
            assert one.position < next_one.position
    demand_chain(found)
    assert state_of(parts) == (ledger[-1].position, 1, None)


def test_a_record_lies_in_its_communes_partition_under_its_commune(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    filled(parts, make_relay())
    for each in records(kafka):
        tenant = each.relayed.row.tenant
        assert (each.partition, each.key) == (partition_of(tenant), tenant.encode())


def test_a_record_is_a_cloud_event_in_structured_mode(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    ledger = {row.position: row for row in filled(parts, make_relay())}
    validator = jsonschema.Draft202012Validator(CLOUD_EVENT, format_checker=jsonschema.FormatChecker())
    for each in records(kafka):
        assert each.headers == [("content-type", b"application/cloudevents+json; charset=utf-8")]
        event = msgspec.json.decode(each.value)
        validator.validate(event)
        row = ledger[each.position]
        assert event["id"] == f"{row.stream}/{row.version}"
        assert (event["source"], event["subject"], event["owner"]) == (row.tenant, row.stream, row.owner)
        assert event["dataschema"] == f"urn:beffroi:event:{event['type']}"
        assert event["data"] == msgspec.json.decode(row.state)


def test_nobodys_name_is_in_a_record(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    filled(parts, make_relay())
    found = records(kafka)
    joined = [each for each in found if each.relayed.row.topic.startswith("member.joined.")]
    assert joined
    for each in found:
        text = each.value.decode()
        assert not [name for name in NAMES if name in text], text
    assert all(b'"family_name"' in each.value for each in joined)


def test_a_relay_that_died_before_its_checkpoint_is_followed_by_one_that_sends_the_same_again(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    first = make_relay()
    record(parts, "a", "b")
    assert first.step() == 4
    first.close()
    dying = make_relay(DiesBeforeItsCheckpoint)
    record(parts, "c", "d")
    with pytest.raises(KeyboardInterrupt):
        dying.step()
    lapse(parts)
    record(parts, "e")
    assert make_relay().step() == 6
    found = records(kafka)
    assert len(found) == 14
    assert [row.position for row in ledger_of(parts)] == sorted(each.position for each in firsts(found))
    demand_chain(found)
    # Word for word, `previous` included: a reader cannot tell one from the other.
    values = {each.position: each.value for each in found}
    assert all(each.value == values[each.position] for each in found)


def test_a_standby_takes_over_once_the_lease_lapses(parts: Parts, make_relay: Callable[..., Relay]) -> None:
    active, standby = make_relay(), make_relay()
    record(parts, "a")
    assert active.step() == 2
    record(parts, "b")
    assert standby.step() == 0
    lapse(parts)
    assert standby.step() == 2
    assert state_of(parts) == (ledger_of(parts)[-1].position, 2, None)


def test_a_standby_takes_over_within_seconds_of_a_relay_that_stands_still(
    parts: Parts, make_relay: Callable[..., Relay]
) -> None:
    still, standby = make_relay(), make_relay()
    record(parts, "a")
    assert still.step() == 2
    record(parts, "b")
    stop = threading.Event()
    thread = threading.Thread(target=standby.run, args=(stop,))
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while state_of(parts)[0] < ledger_of(parts)[-1].position:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join()
    assert state_of(parts)[1] == 2


def test_a_paused_relay_that_wakes_is_refused_by_the_brokers_and_by_the_checkpoint(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    paused = make_relay()
    record(parts, "a")
    assert paused.step() == 2
    tenure = paused._tenure
    assert tenure is not None
    # It has sent half of what it wanted to, and stands still.
    record(parts, "b")
    with parts.databases.project.connection() as connection:
        batch = paused._read(connection, tenure.position, tenure.ends)
        assert batch is not None
        tenure.producer.send(batch.records[:1])
        lapse(parts)
        assert make_relay().step() == 2
        with pytest.raises((ProducerFencedError, InvalidProducerEpochError)):
            tenure.producer.commit(lambda: None)
        with pytest.raises(LeaseLostError):
            paused._move(connection, tenure, batch)
    found = records(kafka)
    assert [row.position for row in ledger_of(parts)] == sorted(each.position for each in firsts(found))
    demand_chain(found)
    # Whoever reads committed transactions sees nothing of what it had sent.
    assert len(records(kafka, committed=True)) == 4


def test_a_relay_that_was_refused_begins_again_as_the_standby(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    refused, other = make_relay(), make_relay()
    record(parts, "a")
    assert refused.step() == 2
    lapse(parts)
    record(parts, "b")
    assert other.step() == 2
    stop = threading.Event()
    thread = threading.Thread(target=refused.run, args=(stop,))
    thread.start()
    try:
        other.close()
        record(parts, "c")
        deadline = time.monotonic() + 30
        while state_of(parts)[0] < ledger_of(parts)[-1].position:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join()
    demand_chain(records(kafka))


def test_a_producer_with_our_name_is_shut_out_also_where_it_sent_nothing_yet(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    paused = make_relay()
    paused.step()
    tenure = paused._tenure
    assert tenure is not None
    lapse(parts)
    make_relay().step()
    tenure.producer.send([Record(0, b"key", b"late")])
    with pytest.raises((ProducerFencedError, InvalidProducerEpochError)):
        tenure.producer.commit(lambda: None)
    assert records(kafka) == []


def test_a_new_relay_of_an_old_ledger_begins_where_the_last_of_the_views_stands(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    worlds.fill(parts)
    with parts.databases.project.connection() as connection:
        connection.execute("update projection.view_version set position = 40 where view = 'crm'")
    assert make_relay().step() == ledger_of(parts)[-1].position - 40
    found = records(kafka)
    assert min(each.position for each in found) == 41
    demand_chain(found, start=40)


def test_an_old_ledger_without_views_is_relayed_from_its_first_event(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    record(parts, "a")
    assert make_relay().step() == 2
    demand_chain(records(kafka))


def test_a_topic_that_was_deleted_is_made_anew_and_goes_on(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    record(parts, "a")
    first = make_relay()
    assert first.step() == 2
    first.close()
    admin: Any = KafkaAdminClient(**kafka.client("test"))
    admin.delete_topics([kafka.topic])
    admin.close()
    record(parts, "b")
    assert make_relay().step() == 2
    assert [each.relayed.previous for each in records(kafka)] == [
        each.position - 2 for each in records(kafka)
    ]


def test_a_topic_with_other_partitions_is_not_used_and_the_row_says_why(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    admin: Any = KafkaAdminClient(**kafka.client("test"))
    admin.create_topics({kafka.topic: {"num_partitions": 3, "replication_factor": 1}}, wait_for_metadata=True)
    admin.close()
    record(parts, "a")
    with pytest.raises(OperatorError, match="3 partitions"):
        make_relay().step()
    relay, stop = make_relay(), threading.Event()
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while "3 partitions instead of 64" not in (state_of(parts)[2] or ""):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join()
    assert state_of(parts)[0] == 0


def test_connections_that_the_database_ended_are_made_again(
    parts: Parts, kafka: KafkaCluster, make_relay: Callable[..., Relay]
) -> None:
    relay, stop = make_relay(), threading.Event()
    thread = threading.Thread(target=relay.run, args=(stop,))
    thread.start()
    try:
        record(parts, "a")
        with psycopg.connect(parts.urls.project, autocommit=True) as other:
            other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where usename = current_user and datname = current_database() and pid <> pg_backend_pid()"
            )
        record(parts, "b")
        deadline = time.monotonic() + 30
        while len(firsts(records(kafka))) < 4:
            assert time.monotonic() < deadline
    finally:
        stop.set()
        thread.join()
    demand_chain(records(kafka))
