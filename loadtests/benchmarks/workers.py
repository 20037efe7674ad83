"""Relay and projectors for a benchmark: real processes beside a real broker, started and known to be at work."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from infra.kafka import KafkaCluster
from infra.kafka.broker import Broker
from loadtests.benchmarks.processes import parent_of
from loadtests.installation import Installation, installed

JOIN_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.1


class Way(NamedTuple):
    """How views come by events, and how many processes serve them."""

    kafka: bool
    projectors: int = 1


@contextmanager
def running() -> Iterator[tuple[Installation, Broker]]:
    """A broker, and an installation without any process of its own yet."""
    with (
        tempfile.TemporaryDirectory(prefix="beffroi-bench-") as folder,
        Broker(Path(folder) / "kafka") as broker,
        installed(Path(folder) / "here", kafka=broker, web=False, work=()) as here,
    ):
        yield here, broker


def start(here: Installation, broker: Broker, way: Way, prefix: str) -> list[str]:
    """Start a relay (over Kafka) and projectors, and wait until they share the partitions; their names.

    `prefix` comes before the topic's name: another prefix is another, empty topic.
    """
    environ = {"BEFFROI_KAFKA_PREFIX": prefix} if way.kafka else {"BEFFROI_KAFKA": ""}
    names = [f"projector {number}" for number in range(1, way.projectors + 1)]
    if way.kafka:
        here.start("relay", "work", "relay", environ=environ)
    for name in names:
        here.start(name, "work", "projector", environ=environ)
    if way.kafka:
        cluster = KafkaCluster(servers=broker.cluster.servers, prefix=prefix)
        _wait_for_members(here, cluster, way.projectors)
        return ["relay", *names]
    return names


def processes(
    here: Installation, broker: Broker, names: Sequence[str], connection: psycopg.Connection[Any]
) -> dict[str, int]:
    """The process ids of workers, of the broker when one of them is the relay, and of PostgreSQL's server."""
    found = {name: here.pid(name) for name in names}
    if "relay" in found:
        found["broker"] = broker.pid
    return {**found, "PostgreSQL": parent_of(connection.info.backend_pid)}


def _wait_for_members(here: Installation, cluster: KafkaCluster, members: int) -> None:
    deadline = time.monotonic() + JOIN_SECONDS
    client = KafkaAdminClient(**cluster.client("bench"))
    try:
        while not _have_joined(client, cluster.group, members):
            here.demand_alive()
            if time.monotonic() > deadline:
                raise RuntimeError(f"the projectors do not share the partitions\n{here.logs()}")
            time.sleep(_POLL_SECONDS)
    finally:
        client.close()


def _have_joined(client: KafkaAdminClient, group: str, members: int) -> bool:
    try:
        found = client.describe_groups([group])[group]
    except KafkaError:
        return False  # the group is not there yet
    return found["group_state"] == "Stable" and len(found["members"]) == members
