"""Fixtures shared by all tests: real databases of PostgreSQL 18 and 15, a real Kafka, a clock that stands still.
See tests/support/database.py for what a `Database` offers, tests/support/broker.py for the broker."""

import itertools
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.clock import FixedClock
from infra.database.embedded import EmbeddedPostgres
from infra.kafka.broker import Broker, missing
from infra.kafka.cluster import KafkaCluster
from tests.support.broker import (
    EXISTING_VARIABLE,
    REQUIRED_VARIABLE,
    adopt_existing,
    own_names,
    shared_broker,
)
from tests.support.database import (
    FOLDER_VARIABLE,
    VERSIONS,
    Cluster,
    Database,
    make_run_folder,
    new_cluster,
    remove_run_folder,
    run_folder,
    shared_cluster,
)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        make_run_folder()
        adopt_existing()


def pytest_unconfigure(config: pytest.Config) -> None:
    # The xdist workers are gone by now: the main process stops the servers for all of them.
    if not hasattr(config, "workerinput") and FOLDER_VARIABLE in os.environ:
        remove_run_folder(run_folder())
        del os.environ[FOLDER_VARIABLE]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 16, 9, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def clusters() -> Iterator[Callable[[int], Cluster]]:
    """Gives the run's cluster of a version, started when a test first asks for it."""
    started: dict[int, Cluster] = {}

    def cluster(version: int) -> Cluster:
        if version not in started:
            started[version] = shared_cluster(version)
        return started[version]

    yield cluster
    for each in started.values():
        each.engine.release()


@pytest.fixture
def database(clusters: Callable[[int], Cluster]) -> Iterator[Database]:
    """A fresh, migrated database on PostgreSQL 18."""
    with clusters(18).database() as made:
        yield made


@pytest.fixture(params=VERSIONS, ids=[f"postgresql-{version}" for version in VERSIONS])
def any_database(request: pytest.FixtureRequest, clusters: Callable[[int], Cluster]) -> Iterator[Database]:
    """A fresh, migrated database; the test runs once on PostgreSQL 18 and once on 15."""
    with clusters(request.param).database() as made:
        yield made


@pytest.fixture
def make_cluster() -> Iterator[Callable[..., EmbeddedPostgres]]:
    """Makes clusters of a test's own (`make_cluster(15)`), not started; destroyed when the test ends."""
    made: list[EmbeddedPostgres] = []

    def make(version: int = 18, **settings: str) -> EmbeddedPostgres:
        made.append(new_cluster(version, **settings))
        return made[-1]

    yield make
    for cluster in made:
        cluster.destroy(even_in_use=True)


@pytest.fixture(scope="session")
def java() -> None:
    """Skips the tests of a broker of ours on a machine that cannot run one; fails where that is demanded."""
    if reason := missing():
        if os.environ.get(REQUIRED_VARIABLE):
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.fixture
def kafka(request: pytest.FixtureRequest) -> Iterator[KafkaCluster]:
    """The run's broker, or the one that BEFFROI_KAFKA names, with a prefix of this test's own."""
    if EXISTING_VARIABLE not in os.environ:
        request.getfixturevalue("java")
    with own_names(shared_broker(run_folder())) as cluster:
        yield cluster


@pytest.fixture
def make_broker(java: None, tmp_path: Path) -> Iterator[Callable[[], Broker]]:
    """Makes brokers of a test's own, not started, that it may stop and kill; gone when the test ends."""
    made: list[Broker] = []
    numbers = itertools.count(1)

    def make() -> Broker:
        made.append(Broker(tmp_path / f"broker-{next(numbers)}"))
        return made[-1]

    yield make
    for broker in made:
        broker.kill()
