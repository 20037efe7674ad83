"""The demo as of 22 November 2026, seeded once for all tests that only read it."""

from collections.abc import Callable, Iterator

import pytest

from services.wiring import Parts
from tests.support.database import Cluster
from tests.support.demo import demo_at


@pytest.fixture(scope="session")
def demo(clusters: Callable[[int], Cluster]) -> Iterator[Parts]:
    with demo_at(clusters(18)) as parts:
        yield parts
