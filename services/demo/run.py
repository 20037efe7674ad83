"""The demo: database, communes, seed, web server and workers, started together and stopped together."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from infra.database.embedded import EmbeddedPostgres
from infra.directory.load import load
from infra.directory.source import NODE_MODULES, open_source
from infra.errors import OperatorError
from infra.settings import Settings
from services.demo.seeding import seed
from services.processes import die_with_parent
from services.wiring import Parts, opened

Say = Callable[[str], None]
Progress = Callable[[int, int, str], None]

_READY_SECONDS = 60.0
_STOP_SECONDS = 15.0


class DemoError(OperatorError):
    """The demo cannot start, or a part of it stopped; the message says what to do."""


def reset(settings: Settings) -> None:
    """Delete the demo's data and secrets. Refused over a database that is somebody else's."""
    if settings.database_url is not None:
        msg = (
            "The demo deletes only its own embedded database: unset BEFFROI_DATABASE_URL, or empty that one."
        )
        raise DemoError(msg)
    EmbeddedPostgres.from_settings(settings).destroy()
    shutil.rmtree(settings.secrets, ignore_errors=True)


def run(settings: Settings, say: Say, progress: Progress, announce: Callable[[str], None]) -> None:
    """Start everything, `announce` the address once it answers, and stop everything on SIGINT or SIGTERM.

    Raises DemoError when the port is taken or a part dies.
    """
    _demand_free(settings.port)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    say("Base de données…")
    with opened(settings, application="beffroi demo") as parts:
        _fill(parts, say, progress)
        if stop.is_set():
            return
        children = {name: _start(name) for name in ("work", "web")}
        try:
            address = f"http://127.0.0.1:{settings.port}"
            _wait_ready(address, children, stop)
            if not stop.is_set():
                announce(address)
            _watch(parts, children, stop)
        finally:
            # The web server first: what it was asked it finishes, then nobody asks any more.
            for name in ("web", "work"):
                _stop(children[name])


def _fill(parts: Parts, say: Say, progress: Progress) -> None:
    with parts.owner_connection() as connection:
        loaded = load(connection, open_source(NODE_MODULES))
    say(f"Communes : {loaded.communes} ({loaded.vintage.package} {loaded.vintage.version})")
    seed(parts, progress)


def _demand_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            msg = f"Port {port} is in use: stop what listens there, or choose another: PORT=9000 make demo"
            raise DemoError(msg) from None


def _start(name: str) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches this process only, which then stops the others in order.
    return subprocess.Popen(
        [sys.executable, "-m", "services.cli", name],
        env={**os.environ, "BEFFROI_DEMO": "1"},
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 (no thread runs yet)
    )


def _wait_ready(address: str, children: dict[str, subprocess.Popen[bytes]], stop: threading.Event) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not stop.wait(0.1):
        _demand_alive(children)
        try:
            with urllib.request.urlopen(f"{address}/health/ready", timeout=2) as answer:  # noqa: S310 (ours, loopback)
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        if time.monotonic() > deadline:
            msg = (
                f"The demo did not answer on {address} within {_READY_SECONDS:.0f} s; see the messages above."
            )
            raise DemoError(msg)


def _watch(parts: Parts, children: dict[str, subprocess.Popen[bytes]], stop: threading.Event) -> None:
    day = parts.clock.today()
    while not stop.wait(0.5):
        _demand_alive(children)
        if parts.clock.today() != day:
            # The demo's towns live on: what was planned for yesterday took place.
            day = parts.clock.today()
            seed(parts, alone=False)


def _demand_alive(children: dict[str, subprocess.Popen[bytes]]) -> None:
    for name, child in children.items():
        if child.poll() is not None:
            raise DemoError(f"`beffroi {name}` stopped with code {child.returncode}; see the messages above.")


def _stop(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
