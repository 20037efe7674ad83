"""A real Kafka for the tests: one broker for the whole run, shared by its xdist workers, and brokers of a test's own.
The shared one belongs to a keeper (this module run as a program), which stops it when the run is over or was killed."""

import fcntl
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from kafka.admin import KafkaAdminClient

from infra.errors import OperatorError
from infra.kafka.broker import Broker
from infra.kafka.cluster import KafkaCluster

EXISTING_VARIABLE = "BEFFROI_TESTS_KAFKA"  # the address of a broker that is there already
REQUIRED_VARIABLE = "BEFFROI_TESTS_KAFKA_REQUIRED"  # a machine without Java then fails instead of skipping
ROOT = Path(__file__).parents[2]
PATIENCE = 90.0

_numbers = itertools.count(1)


def adopt_existing() -> None:
    """Let the tests use the broker that BEFFROI_KAFKA names, without the programs that they start following it."""
    if servers := os.environ.pop("BEFFROI_KAFKA", None):
        os.environ[EXISTING_VARIABLE] = servers


def shared_broker(folder: Path) -> KafkaCluster:
    """The broker of this run: whoever asks first starts its keeper, the others join."""
    if servers := os.environ.get(EXISTING_VARIABLE):
        return KafkaCluster.parse(servers)
    home = folder / "kafka"
    home.mkdir(exist_ok=True)
    with (home / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "servers").exists():
            _start_keeper(home, whose=int(folder.name.split("-")[-2]))
    return KafkaCluster.parse((home / "servers").read_text())


@contextmanager
def own_names(cluster: KafkaCluster) -> Iterator[KafkaCluster]:
    """Names that no other test has; the topics that were made under them are deleted at the end."""
    mine = replace(cluster, prefix=f"test-{os.getpid()}-{next(_numbers)}-")
    yield mine
    admin = KafkaAdminClient(**mine.client("tests"))
    try:
        if topics := [name for name in admin.list_topics() if name.startswith(mine.prefix)]:
            admin.delete_topics(topics)
    finally:
        admin.close()


def end_keeper(folder: Path) -> None:
    """Stop the shared broker of a run, if it has one, and wait until it is gone."""
    with suppress(OSError, ValueError):
        pid = int((folder / "kafka" / "keeper").read_text())
        deadline = time.monotonic() + PATIENCE
        while _is_keeper(pid, folder) and time.monotonic() < deadline:
            os.kill(pid, signal.SIGTERM)
            time.sleep(0.1)


def _is_keeper(pid: int, folder: Path) -> bool:
    try:
        return os.fsencode(folder / "kafka") in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _start_keeper(home: Path, whose: int) -> None:
    with (home / "keeper.log").open("ab") as log:
        # By way of a shell that ends at once: the keeper outlives the xdist worker that happens to ask first.
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", sys.executable, "-m", "tests.support.broker", home, str(whose)],
            cwd=ROOT,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + PATIENCE
    while not (home / "servers").exists():
        if (home / "failed").exists() or time.monotonic() > deadline:
            raise RuntimeError(f"The tests' broker did not start:\n{(home / 'keeper.log').read_text()}")
        time.sleep(0.05)


def _keep(home: Path, whose: int) -> None:
    """Run a broker until the process `whose` is gone, or until SIGTERM."""
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
    (home / "keeper").write_text(str(os.getpid()))
    try:
        with Broker(home / "broker") as broker:
            draft = home / "servers.new"
            draft.write_text(",".join(broker.cluster.servers))
            draft.rename(home / "servers")
            while not stopping and broker.running() and Path(f"/proc/{whose}").exists():
                time.sleep(0.2)
    except OperatorError as error:
        sys.stderr.write(f"{error}\n")
        (home / "failed").touch()


if __name__ == "__main__":
    _keep(Path(sys.argv[1]), int(sys.argv[2]))
