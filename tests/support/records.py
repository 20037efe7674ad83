"""What lies in a topic, as the projectors read it: everything, committed or not, so an event may be there again.
And the chain that its records make."""

from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from infra.feed import PARTITIONS
from infra.kafka import KafkaCluster, Relayed, from_record


class Found(NamedTuple):
    """A record: where it lies, what is written on it, and what it holds."""

    partition: int
    offset: int
    key: bytes
    headers: list[tuple[str, bytes]]
    value: bytes

    @property
    def relayed(self) -> Relayed:
        """The event that it holds."""
        return from_record(self.value)

    @property
    def position(self) -> int:
        """Of its event in the ledger."""
        return self.relayed.row.position


def records(cluster: KafkaCluster, *, committed: bool = False) -> list[Found]:
    """All records of the cluster's topic, partition by partition, in their order."""
    isolation = "read_committed" if committed else "read_uncommitted"
    consumer: Any = KafkaConsumer(
        **cluster.client("test"),
        isolation_level=isolation,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    try:
        partitions = [TopicPartition(cluster.topic, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(partitions)
        found: list[Found] = []
        while any(consumer.position(each) < ends[each] for each in partitions):
            for batch in consumer.poll(timeout_ms=200).values():
                found += [
                    Found(each.partition, each.offset, each.key, list(each.headers), each.value)
                    for each in batch
                ]
    finally:
        consumer.close()
    return sorted(found, key=lambda each: (each.partition, each.offset))


def firsts(found: list[Found]) -> list[Found]:
    """Without what a reader has seen before: it knows events by their position."""
    seen: set[int] = set()
    return [each for each in found if each.position not in seen and not seen.add(each.position)]  # type: ignore[func-returns-value]


def demand_chain(found: list[Found], start: int = 0) -> None:
    """Every record follows the one before it in its partition, or is one that is there already."""
    seen: dict[int, int] = {}
    for each in found:
        last = seen.setdefault(each.partition, start)
        if each.position > last:
            assert each.relayed.previous == last, (each.partition, each.offset)
            seen[each.partition] = each.position
