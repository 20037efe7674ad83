"""The topic of all events: made with what Beffroi needs of it, or refused when it was made otherwise.

Why so many partitions, why this retention and no compaction: docs/decisions/0016.
"""

import logging
from typing import Any, Final

from kafka.admin import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from infra.errors import OperatorError
from infra.feed import PARTITIONS
from infra.kafka.clients import opened
from infra.kafka.cluster import KafkaCluster

log = logging.getLogger(__name__)

RETENTION_DAYS: Final = 7
RECORD_BYTES: Final = 16 * 1024 * 1024
"""The longest record: an event that is longer could not be relayed. A long judgement has half a megabyte."""

_DAY: Final = 24 * 3600 * 1000
_REPLICAS: Final = 3


def settings_of(replicas: int) -> dict[str, str]:
    """The topic's own settings where each partition is kept by so many brokers."""
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(RETENTION_DAYS * _DAY),
        # Only whole segments are deleted: one a day, or what is rarely written to would be kept twice as long.
        "segment.ms": str(_DAY),
        # Retention counts from the arrival at the broker, also when an old ledger is relayed.
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(RECORD_BYTES),
        # Acknowledged means: kept by two, where there are three.
        "min.insync.replicas": "2" if replicas >= _REPLICAS else "1",
    }


def ensure_topic(cluster: KafkaCluster, replication: int | None = None) -> None:
    """Make the topic unless it is there; each partition kept by `replication` brokers, or three when there are.

    Raises OperatorError when it has another number of partitions, KafkaError when the brokers cannot or will not.
    """
    admin = opened(KafkaAdminClient, cluster, "topic")
    try:
        found = _partitions(admin, cluster.topic)
        if found is None:
            replicas = replication or min(_REPLICAS, len(admin.describe_cluster()["brokers"]))
            _make(admin, cluster.topic, replicas)
            found = _partitions(admin, cluster.topic)
    finally:
        admin.close()
    if found != PARTITIONS:
        raise OperatorError(
            f"The topic {cluster.topic} has {found} partitions instead of {PARTITIONS}. Delete it, and the relay makes"
            " it anew (nothing is lost: views read in the ledger what a topic lacks), or set BEFFROI_KAFKA_PREFIX to"
            " use another."
        )


def _partitions(admin: Any, topic: str) -> int | None:
    found = next(each for each in admin.describe_topics([topic]))
    return len(found["partitions"]) or None


def _make(admin: Any, topic: str, replicas: int) -> None:
    wanted = {
        "num_partitions": PARTITIONS,
        "replication_factor": replicas,
        "configs": settings_of(replicas),
    }
    try:
        admin.create_topics({topic: wanted})
        log.info("The topic %s is made: each partition is kept by %s brokers", topic, replicas)
    except TopicAlreadyExistsError:
        pass  # by another relay, at the same moment
    admin.wait_for_topics([topic])
