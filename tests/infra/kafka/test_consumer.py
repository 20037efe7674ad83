"""A reader's place in the group: it has its partitions whenever the topic is made, and however briefly it looks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from infra.feed import PARTITIONS, FeedRow, partition_of
from infra.kafka import KafkaCluster, to_record
from infra.kafka.cloudevents import Taken
from infra.kafka.consumer import TopicReader
from infra.kafka.producer import Producer, Record
from infra.kafka.topic import ensure_topic

SECONDS = 15.0
ROW = FeedRow(
    1, "commune:38185", "insurer:999000011", "commune:38185/insurer:999000011/member/m1", 1, "member.joined.v1",
    b"{}", datetime(2026, 3, 1, tzinfo=UTC), "account:1",
)  # fmt: skip


@contextmanager
def reading(cluster: KafkaCluster) -> Iterator[TopicReader]:
    reader = TopicReader(cluster)
    try:
        yield reader
    finally:
        reader.close()


@pytest.mark.parametrize("look", [0.002, 0.1], ids=["briefly", "longer"])
def test_whoever_came_before_the_topic_reads_it_once_it_is_made(kafka: KafkaCluster, look: float) -> None:
    with reading(kafka) as reader:
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            assert reader.poll(look) == {}
        assert reader.partitions == frozenset()
        ensure_topic(kafka)
        relay = Producer(kafka)
        try:
            relay.begin(lambda: None)
            partition = partition_of(ROW.tenant)
            relay.send([Record(partition, ROW.tenant.encode(), to_record(ROW, 0))])
            relay.commit(lambda: None)
        finally:
            relay.close()
        deadline = time.monotonic() + SECONDS
        taken: dict[int, list[Taken]] = {}
        while not taken and time.monotonic() < deadline:
            taken = reader.poll(look)
            if reader.moved():
                reader.seek(dict.fromkeys(reader.partitions))
        assert reader.partitions == frozenset(range(PARTITIONS))
        assert {key: [each.row for each in found] for key, found in taken.items()} == {partition: [ROW]}
