"""What the web server runs: one application per process, with parts of its own."""

import atexit
import os
from contextlib import ExitStack

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from infra.settings import Settings
from services.app import create_app
from services.logs import log_to_stderr
from services.wiring import opened

THREADS = 32
"""Requests at work at once in a process: they wait for the ledger's group commit together."""


def application() -> Flask:
    """The application over parts that are closed when the process ends. Raises OperatorError when one is missing."""
    log_to_stderr()
    stack = ExitStack()
    parts = stack.enter_context(opened(Settings.from_environ(os.environ), application="beffroi web"))
    atexit.register(stack.close)
    return create_app(parts)


def serve(port: int) -> None:
    """Serve pages and the API on loopback until told to stop; a proxy stands before it in production."""
    Granian(
        "services.server:application",
        factory=True,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        backpressure=THREADS * 4,
        workers_kill_timeout=10,
        log_level=LogLevels.error,
    ).serve()
