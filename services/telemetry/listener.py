"""The port on which a process says how it does: /metrics for Prometheus, /health/live and /health/ready.

Apart from the public port, on loopback unless told otherwise: it names routes and views, and asks nobody who they are.
"""

import logging
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import msgspec
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    REGISTRY,
    CollectorRegistry,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.registry import Collector

from infra.errors import OperatorError

log = logging.getLogger(__name__)

PORTS: Final = 16
"""Processes of one installation that may share a setting on one machine: each takes the first port that is free."""

Checks = Mapping[str, str]
Check = Callable[[], Checks]
"""What was looked at, and `ok` or what is the matter with it."""


class MetricsPortError(OperatorError):
    """None of the ports from BEFFROI_METRICS on is free."""


class Listener(ThreadingHTTPServer):
    """Answers about this process. `collectors` are asked at each scrape, beside what is counted in the process."""

    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], collectors: tuple[Collector, ...], live: Check, ready: Check
    ) -> None:
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)
        self.live, self.ready = live, ready
        self.asked = CollectorRegistry(auto_describe=False)
        for collector in collectors:
            self.asked.register(collector)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 (the library's)
        """Whoever asks may hang up in the middle."""
        log.warning("a question on the metrics port was not answered: %s", sys.exc_info()[0])


@contextmanager
def listening(
    address: tuple[str, int] | None,
    collectors: tuple[Collector, ...] = (),
    live: Check = dict,
    ready: Check = dict,
) -> Iterator[Listener | None]:
    """Listen at `address` or, up to PORTS further, the first port that is free; without an address nowhere.

    Raises MetricsPortError when all are taken.
    """
    if address is None:
        yield None
        return
    disable_created_metrics()  # type: ignore[no-untyped-call]
    server = _bound(address, collectors, live, ready)
    log.info("metrics and health on %s:%s", *server.server_address[:2])
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _bound(
    address: tuple[str, int], collectors: tuple[Collector, ...], live: Check, ready: Check
) -> Listener:
    host, first = address
    for port in range(first, min(first + PORTS, 65536)):
        try:
            return Listener((host, port), collectors, live, ready)
        except OSError as error:
            reason = error
    raise MetricsPortError(f"BEFFROI_METRICS: no port from {first} on can be used on {host} ({reason}).")


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    timeout = 30

    def do_GET(self) -> None:
        """Answer a question; everything else is not there."""
        match self.path.partition("?")[0]:
            case "/metrics":
                said = generate_latest(REGISTRY) + generate_latest(self.server.asked)
                self._answer(HTTPStatus.OK, CONTENT_TYPE_PLAIN_0_0_4, said)
            case "/health/live":
                self._health(self.server.live())
            case "/health/ready":
                self._health({**self.server.live(), **self.server.ready()})
            case _:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"/metrics /health/live /health/ready\n")

    def _health(self, checks: Checks) -> None:
        sound = all(said == "ok" for said in checks.values())
        body = msgspec.json.encode({"status": "ok" if sound else "unavailable", "checks": dict(checks)})
        self._answer(HTTPStatus.OK if sound else HTTPStatus.SERVICE_UNAVAILABLE, "application/json", body)

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the library's name)
        """Nothing: whoever asks every few seconds is no news."""
