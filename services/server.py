"""What the web server runs: one application per process, with parts of its own."""

import atexit
import gc
import os
from contextlib import ExitStack

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from infra.settings import Settings
from services.app import create_app
from services.logs import log_to_stderr
from services.telemetry.collectors import ProcessCollector
from services.telemetry.listener import listening
from services.telemetry.requests import request_correlation
from services.wiring import opened

THREADS = 5
"""Requests at work at once in a process. More would wait for each other's Python and cost more each (decision 18)."""

CONNECTIONS = 512
"""Connections that are served at once; more wait to be accepted. One that is kept alive counts while it is open."""


def application() -> Flask:
    """The application over parts that are closed when the process ends. Raises OperatorError when one is missing."""
    settings = Settings.from_environ(os.environ)
    log_to_stderr("web", settings, request_correlation)
    stack = ExitStack()
    parts = stack.enter_context(opened(settings, application="beffroi web"))
    stack.enter_context(listening(settings.metrics, (ProcessCollector(parts, "web"),)))
    atexit.register(stack.close)
    app = create_app(parts)
    # What is there now stays: the search for reference cycles passes over it, and comes less often.
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    return app


def serve(address: str, port: int, processes: int) -> None:
    """Serve pages and the API until told to stop, on loopback unless told otherwise; a proxy stands before it."""
    Granian(
        "services.server:application",
        factory=True,
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=THREADS,
        backpressure=CONNECTIONS // processes,
        workers_kill_timeout=10,
        log_level=LogLevels.error,
    ).serve()
