"""`beffroi demo` as a user runs it: it starts everything, stops everything, and comes back after the worst."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from infra.database.embedded import EmbeddedPostgres
from infra.settings import Settings
from projections import VIEWS
from services.demo.run import reset

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0


class Demo:
    """One start of the demo, on a free port."""

    def __init__(self, data: Path, *options: str) -> None:
        self.port = free_port()
        self.environ = {**os.environ, "BEFFROI_DATA": str(data), "PORT": str(self.port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services.cli", "demo", *options],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.said: list[str] = []

    def wait(self) -> None:
        """Until it says where it is and that Ctrl-C stops it."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if "Ctrl-C" in line:
                return
        pytest.fail("the demo stopped:\n" + "".join(self.said))

    def get(self, path: str) -> bytes:
        """What it answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            body: bytes = answer.read()
            return body

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another `beffroi` command on the same data."""
        return subprocess.run(
            [sys.executable, "-m", "services.cli", *arguments],
            cwd=ROOT,
            env={**self.environ, "BEFFROI_DEMO": "1"},
            capture_output=True,
            text=True,
            check=False,
        )

    def interrupt(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        return self.process.returncode

    def family(self) -> list[psutil.Process]:
        """Every process that belongs to it, the database's too."""
        mine = self.environ["BEFFROI_DATA"]
        return [each for each in psutil.process_iter() if belongs(each, mine)]


def belongs(process: psutil.Process, data: str) -> bool:
    try:
        return data in process.environ().get("BEFFROI_DATA", "") or data in " ".join(process.cmdline())
    except psutil.Error:
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def start() -> Iterator[Callable[..., Demo]]:
    with TemporaryDirectory(prefix="beffroi-demo-") as folder:
        data = Path(folder) / "data"
        started: list[Demo] = []

        def begin(*options: str) -> Demo:
            started.append(Demo(data, *options))
            return started[-1]

        try:
            yield begin
        finally:
            for demo in started:
                for process in demo.family():
                    process.kill()
                if demo.process.stdout is not None:
                    demo.process.stdout.close()
                demo.process.wait()
            EmbeddedPostgres.from_settings(Settings(data=data)).destroy(even_in_use=True)


def test_the_demo_starts_stops_and_comes_back_even_after_everything_was_killed(
    start: Callable[..., Demo],
) -> None:
    first = start()
    first.wait()
    assert b"Beffroi" in first.get("/connexion")
    assert json.loads(first.get("/health/ready"))["status"] == "ok"
    status = first.run("status")
    assert status.returncode == 0, status.stdout + status.stderr
    head = int(status.stdout.split()[1])
    assert head > 2_000

    rebuilt = first.run("rebuild", "crm")
    assert rebuilt.returncode == 0, rebuilt.stdout + rebuilt.stderr
    assert "readers use crm_v1_b2" in rebuilt.stdout
    alone = first.run("rebuild", "crm", "--commune", "38185")
    assert "every row is the same" in alone.stdout, alone.stdout + alone.stderr
    assert first.run("rebuild", "nothing").returncode == 2

    taken = subprocess.run(
        [sys.executable, "-m", "services.cli", "demo"],
        cwd=ROOT, env=first.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert taken.returncode == 1
    assert f"Port {first.port} is in use" in taken.stderr
    assert first.interrupt() == 0
    assert first.family() == []

    second = start()
    second.wait()
    for process in second.family():
        with suppress(psutil.NoSuchProcess):  # its parent's death may have ended it
            process.kill()
    second.process.wait()
    deadline = time.monotonic() + 10
    while second.family() and time.monotonic() < deadline:
        time.sleep(0.05)

    third = start()
    third.wait()
    kept = third.run("status")
    assert int(kept.stdout.split()[1]) >= head, "".join(third.said) + kept.stderr
    assert third.interrupt() == 0
    assert third.family() == []


def test_the_demo_runs_over_a_broker_of_its_own_and_afterwards_without(
    java: None, start: Callable[..., Demo]
) -> None:
    over_kafka = start("--kafka")
    over_kafka.wait()
    assert [line for line in over_kafka.said if line.startswith("Kafka : 127.0.0.1:")]
    assert settled(over_kafka, len(VIEWS))
    assert over_kafka.interrupt() == 0
    assert over_kafka.family() == []

    without = start()
    without.wait()
    assert not [line for line in without.said if line.startswith("Kafka")]
    assert settled(without, 0)
    assert without.interrupt() == 0

    data = Path(without.environ["BEFFROI_DATA"])
    assert (data / "kafka" / "data").exists()
    reset(Settings(data=data, demo=True))
    assert not (data / "kafka").exists()


def settled(demo: Demo, on_kafka: int) -> bool:
    """Whether so many views follow Kafka, soon."""
    deadline = time.monotonic() + PATIENCE
    while demo.run("status").stdout.count("on kafka") != on_kafka:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
