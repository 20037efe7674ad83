"""A projector's place in the consumer group: which partitions are its own, and what comes out of them.

Where it reads on is not kept by Kafka: whoever reads says it after each new assignment, until which nothing is read.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor

from infra.errors import described
from infra.feed import partition_of
from infra.kafka.clients import opened
from infra.kafka.cloudevents import Taken, from_record
from infra.kafka.cluster import KafkaCluster

log = logging.getLogger(__name__)

POLL_RECORDS: Final = 2_000
"""Records at a time: what one transaction of each view holds."""

# Nothing is kept in the group but its members, and nothing lost with a place in it, so it may change hands quickly. All
# partitions change hands together and are found again in one query: no assignor needs to be sticky.
_OPTIONS: Final[Mapping[str, Any]] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    # Whatever is in the topic is in the ledger, so nothing needs to be held back; and a broker that stood still may
    # lose the end of a transaction it had committed, which would hold readers up or hide its records (decision 16).
    "isolation_level": "read_uncommitted",
    "allow_auto_create_topics": False,
    "partition_assignment_strategy": (RangePartitionAssignor,),
    "session_timeout_ms": 8_000,
    "heartbeat_interval_ms": 1_000,
    # A turn takes seconds; whoever takes longer waits for a lock, and the others need not.
    "max_poll_interval_ms": 60_000,
    # A topic that is made, or made again, is found within seconds.
    "metadata_max_age_ms": 3_000,
    "max_poll_records": POLL_RECORDS,
    # Some fetches ahead of what is handled, and not the memory of hundreds.
    "max_partition_fetch_bytes": 512 * 1024,
    "fetch_max_bytes": 8 * 1024 * 1024,
    # The broker answers at once when there is something; a fetch without the newest partitions ends soon.
    "fetch_max_wait_ms": 100,
    "request_timeout_ms": 20_000,
    "metrics_enabled": False,
}
_CLOSE_MS: Final = 2_000
_POSITION_MS: Final = 500
_JOIN_POLL_MS: Final = 250
_JOIN_SECONDS: Final = 2.0


class BrokersLostError(Exception):
    """The brokers, or our place among them, cannot be had: a new reader has to be made."""


class TopicReader(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """One member of the group. Every method belongs to one thread, and may raise BrokersLostError."""

    def __init__(self, cluster: KafkaCluster) -> None:
        self._topic = cluster.topic
        self._assigned: frozenset[int] = frozenset()
        self._joined = False
        self._moved = False
        try:
            self._consumer: Any = opened(
                KafkaConsumer, cluster, "projector", group_id=cluster.group, **_OPTIONS
            )
        except Exception as error:
            raise BrokersLostError(described(error)) from error
        self._consumer.subscribe([self._topic], listener=self)

    @property
    def partitions(self) -> frozenset[int]:
        """Those that are this reader's now."""
        return self._assigned

    def moved(self) -> bool:
        """Whether partitions were assigned since this was last asked: they wait until they are sought."""
        moved, self._moved = self._moved, False
        return moved

    def poll(self, seconds: float) -> dict[int, list[Taken]]:
        """The next records by partition, waited for so long at most, or two seconds while the group has to be joined.

        What is no record of ours is said and left out.
        """
        deadline = time.monotonic() + _JOIN_SECONDS
        try:
            found = self._poll_once(int(seconds * 1000))
            while not self._joined and time.monotonic() < deadline:
                # At once again: an answer of the group that comes while nobody is in there is asked for anew.
                found = self._poll_once(_JOIN_POLL_MS)
        except Exception as error:
            # Whatever it is: kafka-python lets errors of its own through beside those that it declares.
            raise BrokersLostError(described(error)) from error
        return {
            place.partition: list(_taken(place.partition, records))
            for place, records in found.items()
            if place.partition in self._assigned
        }

    def seek(self, offsets: Mapping[int, int | None]) -> None:
        """Read partitions on at these offsets, from the beginning where there is none."""
        try:
            for partition, offset in offsets.items():
                place = TopicPartition(self._topic, partition)
                if offset is None:
                    self._consumer.seek_to_beginning(place)
                else:
                    self._consumer.seek(place, offset)
                self._consumer.resume(place)
        except Exception as error:
            raise BrokersLostError(described(error)) from error

    def at_end(self, partition: int) -> bool:
        """Whether nothing more is known to come out of a partition."""
        place = TopicPartition(self._topic, partition)
        try:
            end = self._consumer.highwater(place)
            return end is not None and (self._consumer.position(place, timeout_ms=_POSITION_MS) or 0) >= end
        except Exception as error:
            raise BrokersLostError(described(error)) from error

    def close(self) -> None:
        """Leave the group, so that the others have its partitions at once."""
        try:
            self._consumer.close(autocommit=False, timeout_ms=_CLOSE_MS)
        except Exception as error:  # noqa: BLE001 (gone all the same: the group will notice)
            log.warning("the place in the consumer group could not be given back: %s", described(error))

    def _poll_once(self, milliseconds: int) -> dict[TopicPartition, list[Any]]:
        # A join that was not answered within one poll must be taken up by the next. kafka-python asks only whether one
        # is needed, and after a topic was made that is so no more once the partitions are shared out: the answer would
        # lie there, without a heartbeat, until the group forgets this member.
        coordinator = self._consumer._coordinator  # noqa: SLF001
        if coordinator._join_task is not None:  # noqa: SLF001
            coordinator.request_rejoin()
        found: dict[TopicPartition, list[Any]] = self._consumer.poll(timeout_ms=milliseconds)
        return found

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002 (always all)
        """They are another's, or ours again in a moment; kafka-python calls this from its own thread within `poll`."""
        self._assigned, self._joined = frozenset(), False

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """They are ours; nothing is read from them before somebody says from where."""
        places = list(assigned)
        for place in places:
            self._consumer.pause(place)
        self._assigned = frozenset(place.partition for place in places)
        self._joined = self._moved = True


def _taken(partition: int, records: Iterable[Any]) -> Iterable[Taken]:
    for record in records:
        try:
            row, previous = from_record(record.value or b"")
        except (msgspec.MsgspecError, ValueError) as error:
            # Whoever wrote it: the ledger has what should have been there, and the next record shows the gap.
            said = described(error)
            log.error("no event at offset %s of partition %s: %s", record.offset, partition, said)  # noqa: TRY400 (no bug)
            continue
        if partition_of(row.tenant) != partition:
            log.error("%s at offset %s does not belong in partition %s", row.tenant, record.offset, partition)
            continue
        yield Taken(record.offset, row, previous)
