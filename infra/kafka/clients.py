"""Clients of kafka-python that clean up after themselves when they cannot start, and do not log every retry.

What goes wrong is said once, by the worker that the client belongs to.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

from kafka.net.compat import KafkaNetClient

from infra.kafka.cluster import KafkaCluster

BOOTSTRAP_MILLISECONDS: Final = 2_000

Client = TypeVar("Client")

# A broker that restarts would otherwise fill the log with a line for every attempt to reach it.
logging.getLogger("kafka").setLevel(logging.CRITICAL)


def opened(make: Callable[..., Client], cluster: KafkaCluster, name: str, **settings: Any) -> Client:
    """A client (a class of kafka-python), connected; the options of the cluster go before `settings`.

    Raises KafkaError when no broker answers within two seconds.
    """
    nets: list[Any] = []

    def net(**given: Any) -> Any:
        nets.append(KafkaNetClient(**given))
        return nets[-1]

    timeouts = {
        "bootstrap_timeout_ms": BOOTSTRAP_MILLISECONDS,
        "reconnect_backoff_max_ms": 1_000,
        "request_timeout_ms": 10_000,
    }
    try:
        return make(**{**timeouts, **settings, **cluster.client(name)}, kafka_client=net)
    except BaseException:
        # A constructor that fails leaves its sockets, and that of the admin client a thread, to nobody.
        for each in nets:
            with suppress(Exception):
                each.close()
        raise
