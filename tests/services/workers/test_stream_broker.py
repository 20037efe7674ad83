"""A worker over Kafka whose brokers are gone: it waits for them, goes on, and stops without them."""

import gc
import time
from collections.abc import Callable, Iterator

import pytest

from infra.kafka.broker import Broker
from tests.support import cast
from tests.support.database import Database
from tests.support.streams import COUNTS, Stage, running, until

# kafka-python leaves the socket of a refused connection to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What a broker that is gone leaves behind is collected here, and not in another test."""
    yield
    gc.collect()


def test_lost_brokers_are_waited_for_and_a_worker_stops_without_them(
    database: Database, make_broker: Callable[[], Broker]
) -> None:
    broker = make_broker()
    broker.start()
    with cast.parts_on(database) as parts:
        stage = Stage(parts, broker.cluster)
        with running(stage.worker(COUNTS)):
            last = stage.join(3)
            stage.relayed()
            assert stage.shown(last, COUNTS)
            stage.relay.close()
            broker.kill()
            last = stage.join(3)
            assert not stage.shown(last, COUNTS, patience=3)
            broker.start()
            until(stage.relayed_at_last)
            assert stage.shown(last, COUNTS)
        stage.relay.close()
        broker.stop()
        began = time.monotonic()
        with running(stage.worker(COUNTS)):
            time.sleep(0.5)
        assert time.monotonic() - began < 15
        assert stage.counted() == 6
