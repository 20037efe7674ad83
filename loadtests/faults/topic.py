"""The topic as it lies with the brokers, compared with the ledger: order, chain, nothing missing.
A record may be there twice (a relay that was killed sends again); what comes first of each must be in order."""

from typing import Any, Final

import psycopg
from kafka import KafkaConsumer, TopicPartition

from infra.feed import PARTITIONS, partition_of
from infra.kafka import KafkaCluster, from_record
from infra.kafka.clients import opened

_ROWS: Final = (
    "select position, tenant, owner, stream, version, topic, state, recorded_at, actor from ledger.event"
    " where position > %s order by position"
)
_POLL_MS: Final = 500


class TopicReader:
    """Reads the topic on from where it was: each run looks at its own records."""

    def __init__(self, cluster: KafkaCluster) -> None:
        self._cluster = cluster
        self._offsets: dict[TopicPartition, int] = {
            TopicPartition(cluster.topic, number): 0 for number in range(PARTITIONS)
        }
        self._ends: dict[int, int] = {}
        self._read_up_to = 0
        self.repeated = 0
        """Records that were there already: sent again after a fault."""

    def faults(self, connection: psycopg.Connection[Any]) -> list[str]:
        """What is wrong with the records since the last time, in words. `connection` is under the projecting role."""
        wanted = {row[0]: row for row in connection.execute(_ROWS, (self._read_up_to,)).fetchall()}
        found: list[str] = []
        for partition, key, value in self._records():
            row, previous = from_record(value)
            end = self._ends.get(partition)
            if partition != partition_of(row.tenant) or key != row.tenant.encode():
                found.append(f"event {row.position} of {row.tenant} lies in partition {partition}")
            if end is not None and row.position <= end:
                self.repeated += 1
                continue
            if end is not None and previous != end:
                found.append(f"event {row.position} says that {previous} comes before it, not {end}")
            self._ends[partition] = row.position
            if tuple(row) != tuple(wanted.pop(row.position, ())):
                found.append(f"event {row.position} is not what the ledger holds")
        found += [f"event {position} is not in the topic" for position in wanted]
        self._read_up_to = max([self._read_up_to, *self._ends.values()])
        return found

    def _records(self) -> list[tuple[int, bytes, bytes]]:
        """What came since the last time. The consumer lives no longer: brokers stop between two runs."""
        consumer: Any = opened(
            KafkaConsumer,
            self._cluster,
            "faults",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_uncommitted",
        )
        try:
            consumer.assign(list(self._offsets))
            for partition, offset in self._offsets.items():
                consumer.seek(partition, offset)
            ends = consumer.end_offsets(list(self._offsets))
            found = []
            while any(consumer.position(partition) < end for partition, end in ends.items()):
                for partition, records in consumer.poll(_POLL_MS).items():
                    found += [(partition.partition, record.key, record.value) for record in records]
            self._offsets = {partition: consumer.position(partition) for partition in ends}
            return found
        finally:
            consumer.close(autocommit=False)
