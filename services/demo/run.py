"""The demo: database, communes, seed, web server and workers, a broker too if asked: started and stopped together."""

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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from infra.database.embedded import EmbeddedPostgres
from infra.directory.load import load
from infra.directory.source import NODE_MODULES, open_source
from infra.errors import OperatorError
from infra.kafka.broker import Broker
from infra.processes import die_with_parent
from infra.settings import Settings
from services.demo.seeding import seed
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
    shutil.rmtree(settings.broker, ignore_errors=True)
    shutil.rmtree(settings.secrets, ignore_errors=True)


def run(
    settings: Settings, say: Say, progress: Progress, announce: Callable[[str], None], *, kafka: bool = False
) -> None:
    """Start everything, `announce` the address once it answers, and stop everything on SIGINT or SIGTERM.

    With `kafka` the views follow a broker: that of the settings, else one of the demo's own.

    Raises DemoError when the port is taken or a part dies, BrokerError when the broker does not come up.
    """
    _demand_free(settings.port)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with _broker(settings, say, wanted=kafka) as broker:
        _run(settings, broker, stop, say, progress, announce)


def _run(
    settings: Settings,
    broker: Broker | None,
    stop: threading.Event,
    say: Say,
    progress: Progress,
    announce: Callable[[str], None],
) -> None:
    say("Base de données…")
    with opened(settings, application="beffroi demo") as parts:
        _fill(parts, say, progress)
        if stop.is_set():
            return
        environ = {"BEFFROI_KAFKA": ",".join(broker.cluster.servers)} if broker else {}
        children = {name: _start(name, environ) for name in ("work", "web")}
        sound = partial(_demand_alive, children, broker)
        try:
            address = f"http://127.0.0.1:{settings.port}"
            _wait_ready(address, sound, stop)
            if not stop.is_set():
                announce(address)
            _watch(parts, sound, stop)
        finally:
            # The web server first: what it was asked it finishes, then nobody asks any more.
            for name in ("web", "work"):
                _stop(children[name])


@contextmanager
def _broker(settings: Settings, say: Say, *, wanted: bool) -> Iterator[Broker | None]:
    """The broker that the demo starts, if it does; it stops last, when nobody speaks to it any more."""
    if settings.kafka is not None:
        say(f"Kafka : {', '.join(settings.kafka.servers)} (BEFFROI_KAFKA)")
        yield None
    elif wanted:
        say("Kafka…")
        with Broker(settings.broker) as broker:
            say(f"Kafka : {', '.join(broker.cluster.servers)} (journal {broker.log})")
            yield broker
    else:
        yield None


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


def _start(name: str, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches this process only, which then stops the others in order.
    return subprocess.Popen(
        [sys.executable, "-m", "services.cli", name],
        env={**os.environ, "BEFFROI_DEMO": "1", **environ},
        start_new_session=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509 (no thread runs yet)
    )


def _wait_ready(address: str, sound: Callable[[], None], stop: threading.Event) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not stop.wait(0.1):
        sound()
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


def _watch(parts: Parts, sound: Callable[[], None], stop: threading.Event) -> None:
    day = parts.clock.today()
    while not stop.wait(0.5):
        sound()
        if parts.clock.today() != day:
            # The demo's towns live on: what was planned for yesterday took place.
            day = parts.clock.today()
            seed(parts, alone=False)


def _demand_alive(children: Mapping[str, subprocess.Popen[bytes]], broker: Broker | None) -> None:
    if broker is not None and not broker.running():
        raise DemoError(f"Kafka stopped; see {broker.log}.")
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
