"""What is read only when Prometheus asks: the ledger's queue and the pools of this process, and how the system stands.

The second is one look into the database; only worker processes take it, so that it is not taken by each web process.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any, Final

import psycopg
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from psycopg_pool import PoolTimeout

from infra.errors import described
from services.mail import outbox
from services.mail.outbox import Counts
from services.status import Status, status
from services.wiring import Parts

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 2.0
"""A scrape waits no longer for a connection; what it would have said is then missing, and `beffroi_status_up` is 0."""


class ProcessCollector(Collector):
    """The ledger's writer and the pools of a process, from what they count themselves."""

    def __init__(self, parts: Parts, role: str, workers: tuple[str, ...] = ()) -> None:
        self._parts = parts
        self._labels = [role, " ".join(workers)]

    def collect(self) -> Iterator[Metric]:
        """The metrics."""
        about = GaugeMetricFamily(
            "beffroi_process_info", "What this process does", labels=["role", "workers"]
        )
        about.add_metric(self._labels, 1)
        yield about
        yield from self._ledger()
        yield from self._pools()

    def _ledger(self) -> Iterator[Metric]:
        writer = self._parts.writer
        if writer is None:
            return
        yield GaugeMetricFamily(
            "beffroi_ledger_waiting_commands", "Commands that wait to be appended", value=writer.waiting
        )
        yield CounterMetricFamily(
            "beffroi_ledger_refused_commands",
            "Commands refused because too many waited already",
            value=writer.refused,
        )

    def _pools(self) -> Iterator[Metric]:
        families = [
            GaugeMetricFamily(f"beffroi_pool_{name}", said, labels=["role"])
            for name, said in (
                ("connections", "Connections that a pool has open"),
                ("connections_in_use", "Connections that a pool has lent"),
                ("requests_waiting", "Requests that wait for a connection now"),
            )
        ]
        waited = CounterMetricFamily(
            "beffroi_pool_wait_seconds", "Seconds that requests waited for a connection", labels=["role"]
        )
        failed = CounterMetricFamily(
            "beffroi_pool_timeouts", "Requests that waited for a connection in vain", labels=["role"]
        )
        for role, stats in self._parts.databases.stats().items():
            size = stats.get("pool_size", 0)
            figures = (size, size - stats.get("pool_available", 0), stats.get("requests_waiting", 0))
            for family, figure in zip(families, figures, strict=True):
                family.add_metric([role], figure)
            waited.add_metric([role], stats.get("requests_wait_ms", 0) / 1000)
            failed.add_metric([role], stats.get("requests_errors", 0))
        yield from (*families, waited, failed)


class SystemCollector(Collector):
    """How the system stands, as `beffroi status` says it. `connect` gives a pool's connection for the moment."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        """The metrics; without a database only that there is none."""
        up = GaugeMetricFamily("beffroi_status_up", "1 when the database answered this scrape")
        try:
            with self._parts.databases.project.connection(timeout=PATIENCE_SECONDS) as connection:
                found, mails = status(connection), outbox.counts(connection, 0)
        except (psycopg.Error, PoolTimeout) as error:
            log.warning("the state of the system could not be read: %s", described(error))
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from _of_views(found)
        yield from _of_followers(found)
        yield from _of_relay(found)
        yield from _of_mails(mails)


def _of_views(found: Status) -> Iterator[Metric]:
    yield GaugeMetricFamily("beffroi_ledger_position", "The last event of the ledger", value=found.head)
    yield GaugeMetricFamily("beffroi_healthy", "1 when the system as a whole is", value=int(found.healthy))
    active = [view for view in found.views if view.state == "active"]
    yield from _by(
        "view",
        [(view.view, view) for view in active],
        (
            ("position", "Everything up to this event is shown", lambda view: view.position),
            ("lag_events", "Positions of the ledger not shown yet", lambda view: view.lag_events),
            ("lag_seconds", "Age of the oldest event not shown yet", lambda view: view.lag_seconds),
            ("stopped", "1 when an event stopped it", lambda view: view.poisoned_at is not None),
            ("serving", "1 when readers get what this code expects", lambda view: view.healthy),
            ("partitions_behind", "Kafka partitions not wholly applied", lambda view: len(view.behind)),
            ("follows_kafka", "1 when it follows Kafka, 0 the store", lambda view: view.feed == "kafka"),
        ),
    )


def _of_followers(found: Status) -> Iterator[Metric]:
    yield from _by(
        "follower",
        [(follower.name, follower) for follower in found.followers],
        (
            ("lag_events", "Positions of the ledger not looked at yet", lambda each: each.lag_events),
            ("waiting", "1 when an effect fails and is tried again", lambda each: each.error is not None),
        ),
    )


def _of_relay(found: Status) -> Iterator[Metric]:
    relay = found.relay
    if relay is None:
        return
    for name, said, value in (
        ("position", "Everything up to this event was acknowledged by the brokers", relay.position),
        ("lag_events", "Events that wait for the relay", relay.lag_events),
        ("lag_seconds", "Age of the oldest event that waits for the relay", relay.lag_seconds),
        ("working", "1 when some process of the installation relays", int(relay.active)),
        ("failing", "1 when the relay says that something is wrong", int(relay.error is not None)),
    ):
        yield GaugeMetricFamily(f"beffroi_relay_{name}", said, value=value)


def _of_mails(mails: Counts) -> Iterator[Metric]:
    family = GaugeMetricFamily("beffroi_mails", "Mails of the outbox", labels=["state"])
    for state, count in (("waiting", mails.waiting), ("sent", mails.sent), ("refused", mails.refused)):
        family.add_metric([state], count)
    yield family


def _by(
    kind: str,
    things: list[tuple[str, Any]],
    figures: tuple[tuple[str, str, Callable[[Any], float]], ...],
) -> Iterator[Metric]:
    for name, said, figure in figures:
        family = GaugeMetricFamily(f"beffroi_{kind}_{name}", said, labels=[kind])
        for label, thing in things:
            family.add_metric([label], float(figure(thing)))
        yield family
