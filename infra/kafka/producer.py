"""The relay's producer: one transaction a batch, every wait bounded, so that it can be stopped and keep its lease.

kafka-python's own `commit_transaction` waits without end, and its `close` too when the brokers are gone.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, NamedTuple

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from infra.kafka.clients import opened
from infra.kafka.cloudevents import HEADERS
from infra.kafka.cluster import KafkaCluster
from infra.kafka.topic import RECORD_BYTES

PATIENCE_SECONDS: Final = 20.0
"""How long brokers may take to acknowledge a batch, a restart of theirs included."""

_STEP_SECONDS: Final = 0.25
_CLOSE_SECONDS: Final = 1.0

# Chosen by measurement (docs/decisions/0016).
TUNING: Final[dict[str, Any]] = {
    "acks": "all",
    "compression_type": "lz4",
    "batch_size": 128 * 1024,
    "linger_ms": 20,
    "metrics_enabled": False,
    "max_request_size": RECORD_BYTES,
}

_SETTINGS: Final[dict[str, Any]] = {
    **TUNING,
    # Also how long it waits before it asks again whether the transaction before is closed.
    "retry_backoff_ms": 10,
    "max_block_ms": int(_STEP_SECONDS * 1000),
    # Beyond our own patience: a record never fails by itself while others of its batch go on.
    "delivery_timeout_ms": int(PATIENCE_SECONDS * 3000),
    # A relay that died is forgotten after this, where no other takes its place before.
    "transaction_timeout_ms": int(PATIENCE_SECONDS * 3000),
    "allow_auto_create_topics": False,
}

Tick = Callable[[], None]
"""Called while something is waited for; what it raises ends the wait."""


class Record(NamedTuple):
    """What is sent: a partition, a key and a value."""

    partition: int
    key: bytes
    value: bytes


class Producer:
    """Sends batches of records, each in a transaction of its own; after any error it is of no more use but to close."""

    def __init__(self, cluster: KafkaCluster) -> None:
        """Reach the brokers. Raises KafkaError when none answers within two seconds."""
        self._topic = cluster.topic
        self._futures: list[Any] = []
        self._kafka: Any = opened(
            KafkaProducer, cluster, "relay", transactional_id=cluster.transactional_id, **_SETTINGS
        )

    def begin(self, tick: Tick) -> None:
        """Shut out whoever produced under our name before: from now on it is refused. Raises KafkaError."""

        def ready() -> bool:
            try:
                self._kafka.partitions_for(self._topic)
                self._kafka.init_transactions()
            except KafkaTimeoutError:
                return False
            return True

        self._until(ready, tick, "the brokers did not open a transaction")

    def send(self, records: Iterable[Record]) -> None:
        """Begin a transaction and send; `commit` waits for the brokers. Raises KafkaError."""
        self._kafka.begin_transaction()
        send, topic = self._kafka.send, self._topic
        self._futures = [send(topic, value, key, HEADERS, partition) for partition, key, value in records]

    def commit(self, tick: Tick) -> None:
        """Wait until every record is acknowledged, and the transaction committed. Raises KafkaError."""

        def flushed() -> bool:
            try:
                self._kafka.flush(_STEP_SECONDS)
            except KafkaTimeoutError:
                return self._failure() is not None
            return True

        self._until(flushed, tick, "the brokers did not acknowledge a batch")
        if (failure := self._failure()) is not None:
            raise failure
        if not all(each.succeeded() for each in self._futures):
            raise KafkaError("the brokers left records unanswered")
        committed = self._kafka._transaction_manager.begin_commit()  # noqa: SLF001
        self._kafka._sender.wakeup()  # noqa: SLF001
        self._until(
            lambda: bool(committed.wait(_STEP_SECONDS * 1000)), tick, "the brokers did not commit a batch"
        )
        self._futures = []

    def close(self) -> None:
        """Let go, within seconds. What was sent and not committed is undone by whoever begins next."""
        kafka, sender = self._kafka, self._kafka._sender  # noqa: SLF001
        with suppress(KafkaError):
            # It waits for what is under way; without end where brokers are gone, unless told.
            kafka.close(timeout=0 if self._futures else _CLOSE_SECONDS)
        sender.force_close()
        sender.join(_CLOSE_SECONDS)
        kafka._closed = True  # noqa: SLF001 (or it tries again when it is collected)

    def _failure(self) -> Exception | None:
        return next((each.exception for each in self._futures if each.failed()), None)

    def _until(self, done: Callable[[], bool], tick: Tick, what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not done():
            tick()
            if time.monotonic() > deadline:
                raise KafkaTimeoutError(f"{what} within {PATIENCE_SECONDS:.0f} s")
