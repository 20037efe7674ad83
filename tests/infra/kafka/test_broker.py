"""The broker of development and tests: it comes up, goes down, and keeps what it acknowledged."""

import os
from collections.abc import Callable

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

from infra.kafka.broker import Broker, BrokerError, missing
from infra.kafka.cluster import KafkaCluster


def make_topic(cluster: KafkaCluster) -> str:
    admin = KafkaAdminClient(**cluster.client("test"))
    admin.create_topics([NewTopic(name=cluster.topic, num_partitions=1, replication_factor=1)])
    admin.close()
    return cluster.topic


def produce(cluster: KafkaCluster, value: bytes, **options: object) -> None:
    producer = KafkaProducer(**cluster.client("test"), acks="all", **options)
    try:
        producer.send(cluster.topic, value=value).get(timeout=30)
    finally:
        producer.close()


def records(cluster: KafkaCluster) -> list[bytes]:
    consumer = KafkaConsumer(**cluster.client("test"), auto_offset_reset="earliest", enable_auto_commit=False)
    try:
        partition = TopicPartition(cluster.topic, 0)
        consumer.assign([partition])
        consumer.seek_to_beginning()
        end = consumer.end_offsets([partition])[partition]
        found: list[bytes] = []
        while consumer.position(partition) < end:
            for batch in consumer.poll(timeout_ms=500).values():
                found += [record.value for record in batch]
        return found
    finally:
        consumer.close()


def test_an_acknowledged_record_outlives_a_killed_broker(make_broker: Callable[[], Broker]) -> None:
    broker = make_broker()
    broker.start()
    make_topic(broker.cluster)
    produce(broker.cluster, b"before")
    address, killed = broker.cluster.servers, broker.pid
    broker.kill()
    broker.start()
    assert broker.cluster.servers == address
    assert broker.pid != killed
    assert records(broker.cluster) == [b"before"]
    broker.stop()
    with pytest.raises(BrokerError, match="not running"):
        _ = broker.pid


def test_the_shared_broker_takes_transactions(kafka: KafkaCluster) -> None:
    make_topic(kafka)
    producer = KafkaProducer(**kafka.client("test"), transactional_id=kafka.transactional_id)
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(kafka.topic, value=b"committed")
    producer.commit_transaction()
    producer.close()
    assert records(kafka) == [b"committed"]


def test_every_test_has_names_of_its_own(kafka: KafkaCluster) -> None:
    admin = KafkaAdminClient(**kafka.client("test"))
    assert kafka.prefix
    assert not [name for name in admin.list_topics() if name.startswith(kafka.prefix)]
    admin.close()


def test_a_broker_that_cannot_start_says_why(make_broker: Callable[[], Broker]) -> None:
    broker = make_broker()
    broker.start()
    second = Broker(broker.log.parent)
    with pytest.raises(BrokerError, match="Failed to acquire lock"):
        second.start()
    taken = Broker(broker.log.parent, port=int(broker.cluster.servers[0].rpartition(":")[2]))
    with pytest.raises(BrokerError, match="is in use"):
        taken.start()


def test_a_machine_without_java_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert "apt-get install default-jre-headless" in (missing() or "")
