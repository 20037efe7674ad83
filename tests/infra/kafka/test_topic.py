"""The topic: made as Beffroi needs it, or refused."""

from typing import Any

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError

from infra.errors import OperatorError
from infra.feed import PARTITIONS
from infra.kafka import KafkaCluster
from infra.kafka.topic import ensure_topic


def described(cluster: KafkaCluster) -> tuple[int, dict[str, str]]:
    admin: Any = KafkaAdminClient(**cluster.client("test"))
    try:
        (topic,) = admin.describe_topics([cluster.topic])
        resource = ConfigResource(ConfigResourceType.TOPIC, cluster.topic)
        settings = admin.describe_configs([resource], config_filter="all")
    finally:
        admin.close()
    return len(topic["partitions"]), {
        name: entry["value"] for name, entry in settings["topic"][cluster.topic].items()
    }


def test_it_is_made_with_64_partitions_that_forget_after_a_week(kafka: KafkaCluster) -> None:
    ensure_topic(kafka)
    partitions, settings = described(kafka)
    assert partitions == PARTITIONS
    assert settings["cleanup.policy"] == "delete"
    assert settings["retention.ms"] == str(7 * 24 * 3600 * 1000)
    assert settings["message.timestamp.type"] == "LogAppendTime"


def test_one_that_is_there_is_left_as_it_is(kafka: KafkaCluster) -> None:
    ensure_topic(kafka)
    before = described(kafka)
    ensure_topic(kafka)
    assert described(kafka) == before


def test_another_number_of_partitions_is_refused_and_says_what_to_do(kafka: KafkaCluster) -> None:
    admin: Any = KafkaAdminClient(**kafka.client("test"))
    admin.create_topics(
        {kafka.topic: {"num_partitions": 12, "replication_factor": 1}}, wait_for_metadata=True
    )
    admin.close()
    with pytest.raises(
        OperatorError, match=r"12 partitions instead of 64\. Delete it, .* BEFFROI_KAFKA_PREFIX"
    ):
        ensure_topic(kafka)


def test_more_copies_than_there_are_brokers_are_refused_by_them(kafka: KafkaCluster) -> None:
    with pytest.raises(KafkaError, match=r"(?i)replication"):
        ensure_topic(kafka, replication=3)
