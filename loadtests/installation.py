"""A whole installation, as one machine in production has it, on a temporary folder: database, web server and workers.
Its processes are real ones, with logs in files; they may be stopped, killed, paused and started again by name."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final, Protocol

import psycopg

from infra.clock import SystemClock
from infra.database import open_database
from infra.database.embedded import EmbeddedPostgres
from infra.database.pools import Databases
from infra.kafka import KafkaCluster
from infra.settings import Settings
from projections import VIEWS
from services.wiring import Parts

ROOT: Final = Path(__file__).parents[1]
PROGRAM: Final = "services.cli"
READY_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.02
_LOG_LINES: Final = 60

# The kernel signals a child when the thread that made it is gone; a parent that was gone before is noticed at once.
_LAUNCH: Final = (
    "import os, sys\n"
    "from infra.processes import die_with_parent\n"
    "die_with_parent()\n"
    "if os.getppid() != int(sys.argv[1]): sys.exit('its parent is gone')\n"
    "os.execv(sys.executable, [sys.executable, '-m', *sys.argv[2:]])\n"
)
_LAGGING: Final = (
    "select v.name, coalesce(w.position, 0), w.error from unnest(%s::text[]) as v (name)"
    " left join projection.view_version w on w.view = v.name and w.state = 'active'"
    " where coalesce(w.position, 0) < %s or w.view is null"
)


class InstallationError(RuntimeError):
    """A process did not start, died by itself, or the views did not catch up; the message holds the logs' ends."""


class Brokers(Protocol):
    """What has a Kafka cluster: a broker that was started."""

    @property
    def cluster(self) -> KafkaCluster:
        """Where it is reached."""


@dataclass
class Child:
    """A process: what runs in it, and what it says."""

    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes]
    wanted: bool = True  # to run: nobody stopped or killed it


class Installation:
    """Made by `installed`. A child's `name` is `web`, `work-1`, `work-2`… or what `start` was given."""

    def __init__(self, folder: Path, environ: Mapping[str, str], parts: Parts) -> None:
        self.folder = folder
        self.environ = environ
        self.settings = parts.settings
        self.parts = parts
        self.views = list(VIEWS)
        """The names of the views that are waited for."""
        self.address = f"http://127.0.0.1:{self.settings.port}"
        self._children: dict[str, Child] = {}
        # Children live as long as the thread that makes them: it is this one, whoever calls.
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="children")

    def start(
        self, name: str, *argv: str, module: str = PROGRAM, environ: Mapping[str, str] | None = None
    ) -> int:
        """Start `python -m module argv…` (`beffroi argv…`) under a name; its process id.

        Without `argv` the same again as under this name before. Raises ValueError while that one still runs.
        """
        before = self._children.get(name)
        if before is not None and before.process.poll() is None:
            raise ValueError(f"{name} still runs")
        command = [module, *argv] if argv or before is None else before.command
        log = self.folder / f"{name}.log"
        made = self._maker.submit(self._make, command, log, {**self.environ, **(environ or {})})
        self._children[name] = Child(command, log, made.result())
        return self._children[name].process.pid

    def stop(self, name: str) -> int:
        """Ask a child to end, kill it when it does not within 20 s; its exit code."""
        child = self._unwanted(name)
        if child.poll() is None:
            child.send_signal(signal.SIGCONT)
            child.terminate()
            with suppress(subprocess.TimeoutExpired):
                child.wait(STOP_SECONDS)
        self._sweep(child)
        return child.wait()

    def kill(self, name: str) -> None:
        """`kill -9` of a child and of the processes it started."""
        child = self._unwanted(name)
        self._sweep(child)
        child.wait()

    def pause(self, name: str) -> None:
        """Stop a child where it is (SIGSTOP), without its noticing."""
        self._children[name].process.send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a paused child go on (SIGCONT)."""
        self._children[name].process.send_signal(signal.SIGCONT)

    def pid(self, name: str) -> int:
        """The process id of a child."""
        return self._children[name].process.pid

    def exit_code(self, name: str) -> int | None:
        """How a child ended (-9 when it was killed); None while it runs."""
        return self._children[name].process.poll()

    def names(self) -> list[str]:
        """The children, in the order in which they were first started."""
        return list(self._children)

    def log(self, name: str) -> str:
        """What a child has said, in all its starts."""
        return self._children[name].log.read_text(errors="replace")

    def logs(self) -> str:
        """The end of every child's log: what a failure shows."""
        parts = []
        for name in self._children:
            lines = self.log(name).splitlines()[-_LOG_LINES:]
            parts.append(f"--- {name} (exit code {self.exit_code(name)})\n" + "\n".join(lines))
        return "\n".join(parts)

    def demand_alive(self) -> None:
        """Raise InstallationError when a child has ended by itself: nobody stopped or killed it by its name here."""
        for name, child in self._children.items():
            if child.wanted and child.process.poll() is not None:
                raise InstallationError(f"{name} ended with {child.process.returncode}\n{self.logs()}")

    def wait_ready(self, timeout: float = READY_SECONDS) -> None:
        """Wait until the web server says that it is ready. Raises InstallationError."""
        deadline = time.monotonic() + timeout
        while not self._ready():
            self.demand_alive()
            if time.monotonic() > deadline:
                raise InstallationError(f"{self.address} is not ready after {timeout:.0f} s\n{self.logs()}")
            time.sleep(_POLL_SECONDS)

    def wait_caught_up(self, timeout: float = 60.0, *, position: int | None = None) -> float:
        """Wait until every view shows `position` (by default the ledger's head as it moves); the seconds it took.

        Raises InstallationError that says which view is where, or which child ended by itself. A database that is down
        meanwhile is waited for.
        """
        began = time.monotonic()
        while behind := self.behind(position):
            self.demand_alive()
            if time.monotonic() - began > timeout:
                raise InstallationError(f"after {timeout:.0f} s: {behind}\n{self.logs()}")
            time.sleep(_POLL_SECONDS)
        return time.monotonic() - began

    def behind(self, position: int | None = None) -> str:
        """Which views do not show `position` (by default the head) yet, in words; nothing when all do."""
        try:
            with self.parts.databases.project.connection() as connection, connection.transaction():
                connection.execute("set transaction isolation level repeatable read, read only")
                wanted = self.parts.feed.head(connection) if position is None else position
                found = connection.execute(_LAGGING, (self.views, wanted)).fetchall()
        except psycopg.OperationalError as error:
            return f"the database does not answer: {error}"
        return ", ".join(
            f"{name} is at {at} of {wanted}" + (f", stopped by {error}" if error else "")
            for name, at, error in found
        )

    def crash_database(self) -> None:
        """Stop PostgreSQL in immediate mode: connections break, nothing is flushed; `restart_database` recovers it."""
        pid = self._server_pid()
        os.kill(pid, signal.SIGQUIT)
        while Path(f"/proc/{pid}").exists():
            time.sleep(_POLL_SECONDS)

    def restart_database(self) -> None:
        """Start PostgreSQL again and wait until it has recovered."""
        server = EmbeddedPostgres.from_settings(self.settings)
        server.start()
        server.release()  # it stays up: others use it
        self.parts.databases.project.check()  # whoever asks next gets a connection that works

    def close(self) -> None:
        """Stop all children, the web server first."""
        for name in sorted(self._children, key=lambda each: each != "web"):
            self.stop(name)
        self._maker.shutdown()

    def _server_pid(self) -> int:
        home = EmbeddedPostgres.from_settings(self.settings).home()
        return int((home / "data" / "postmaster.pid").read_text().splitlines()[0])

    def _make(self, command: Sequence[str], log: Path, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-c", _LAUNCH, str(os.getpid()), *command],
                cwd=ROOT,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches us only; a kill reaches its whole family
            )

    def _unwanted(self, name: str) -> subprocess.Popen[bytes]:
        self._children[name].wanted = False
        return self._children[name].process

    @staticmethod
    def _sweep(child: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/health/ready", timeout=2) as answer:  # noqa: S310 (ours)
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def installed(
    folder: Path,
    *,
    kafka: Brokers | KafkaCluster | None = None,
    web: bool = True,
    work: Sequence[Sequence[str]] = ((),),
    environ: Mapping[str, str] | None = None,
) -> Iterator[Installation]:
    """An installation in `folder`, with a `beffroi work …` for each entry of `work`; all of it is gone afterwards.

    `environ` adds to the settings. SIGTERM ends it as an exception would. Raises InstallationError with the logs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)  # the database's own user has to reach its data
    surroundings = _environ(folder, kafka, environ or {})
    settings = Settings.from_environ(surroundings)
    with _ended_by_sigterm():
        try:
            with open_database(settings) as urls:
                parts = Parts(settings, urls, Databases(urls, application="loadtest"), SystemClock())
                made = Installation(folder, surroundings, parts)
                try:
                    for number, workers in enumerate(work, 1):
                        made.start(f"work-{number}", "work", *workers)
                    if web:
                        made.start("web", "web")
                        made.wait_ready()
                    yield made
                finally:
                    made.close()
                    parts.close()
        finally:
            EmbeddedPostgres.from_settings(settings).destroy(even_in_use=True)


def free_port() -> int:
    """A port of this machine's that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environ(folder: Path, kafka: Brokers | KafkaCluster | None, added: Mapping[str, str]) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("BEFFROI_")}
    cluster = kafka if kafka is None or isinstance(kafka, KafkaCluster) else kafka.cluster
    brokers = (
        {"BEFFROI_KAFKA": ",".join(cluster.servers), "BEFFROI_KAFKA_PREFIX": cluster.prefix}
        if cluster is not None
        else {}
    )
    return {
        **own,
        "BEFFROI_DATA": str(folder / "data"),
        "BEFFROI_MASTER_KEY": b64encode(secrets.token_bytes(32)).decode(),
        "PORT": str(free_port()),
        **brokers,
        **added,
    }


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """Where nobody handles SIGTERM it is an exception, so that what was started is stopped."""

    def end(*_: int | FrameType | None) -> Any:
        sys.exit(128 + signal.SIGTERM)

    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return
    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
