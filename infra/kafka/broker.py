"""A broker of our own for development, the demo and the tests: Apache Kafka on this machine's Java, one KRaft node.
It listens on 127.0.0.1 and asks nobody who they are: whoever may log in on this machine may read it."""

import base64
import os
import random
import re
import shutil
import socket
import subprocess
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from infra.errors import OperatorError
from infra.kafka.cluster import KafkaCluster
from infra.processes import die_with_parent

JARS: Final = Path(__file__).resolve().parents[2] / ".cache" / "kafka"
HOST: Final = "127.0.0.1"
JAVA_VERSION: Final = 17
STOP_SECONDS: Final = 30.0

# Below what the kernel hands to outgoing connections: nobody takes the port between our choice and the broker's start.
_PORTS: Final = range(20_000, 32_000)

# The first compiler alone: it starts with a third less work, and has sent a million records before the second one,
# which competes with the rest of a small machine, would have paid.
_JVM: Final = (
    *("-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError"),
    *("-Djava.awt.headless=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"),
    *("-Dorg.slf4j.simpleLogger.showDateTime=true", "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS"),
)

_SETTINGS: Final = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    # One node keeps the one copy there is of everything.
    "default.replication.factor": "1",
    "min.insync.replicas": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # Fewer files to open at each start.
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    # Small: it serves one installation, beside a database.
    "num.network.threads": "2",
    "num.io.threads": "4",
    "num.recovery.threads.per.data.dir": "2",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "metadata.max.idle.interval.ms": "0",
    # Killed, it may come back only once its own session of before has run out.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # A group waits for nobody else at its start, and may ask to notice quickly that a member is gone.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
}


class BrokerError(OperatorError):
    """The broker cannot run here, or does not start; the message says why and what to do."""


def missing() -> str | None:
    """Why no broker can run on this machine, in a sentence; None when it can."""
    java = _java()
    if java is None:
        return "Java is missing: run `scripts/setup --kafka` (Debian: apt-get install default-jre-headless)."
    said = subprocess.run([java, "-version"], check=False, capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', said)
    if found is None or int(found[1]) < JAVA_VERSION:
        first = said.strip().splitlines()[:1]
        return (
            f"Kafka needs Java {JAVA_VERSION} or later, and {java} says: {first[0] if first else 'nothing'}."
        )
    if not next(JARS.glob("kafka_2.13-*.jar"), None):
        return "The files of Apache Kafka are missing: run `scripts/setup --kafka`."
    return None


class Broker:
    """One broker, which is its own controller, in one folder. `with` starts and stops it.

    Its data survive `stop` and `kill`; started again by the same object it listens on the same port.
    """

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        """Describe a broker; nothing is touched before `start`.

        Without a `port` it takes a free one. It stops with the thread that started it.
        """
        self._folder = folder.absolute()
        self._port = port or _free_port()
        self._controller_port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def cluster(self) -> KafkaCluster:
        """Where it is."""
        return KafkaCluster(servers=(f"{HOST}:{self._port}",))

    @property
    def pid(self) -> int:
        """Its process. Raises BrokerError when it is not running."""
        if not self.running() or self._process is None:
            raise BrokerError(f"The broker in {self._folder} is not running.")
        return self._process.pid

    @property
    def log(self) -> Path:
        """The file of what it says: warnings and errors of every start."""
        return self._folder / "broker.log"

    def running(self) -> bool:
        """Whether the process that this object started lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, timeout: float = 60) -> None:
        """Start it, its folder made on first use, and wait until it answers; one that runs is left alone.

        `timeout` is in seconds. Raises BrokerError with the end of its log when it does not come up.
        """
        if self.running():
            return
        if reason := missing():
            raise BrokerError(f"Kafka cannot run here. {reason}")
        _demand_free(self._port)
        deadline = time.monotonic() + timeout
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        self._configure()
        began = self.log.stat().st_size if self.log.exists() else 0
        if not (self._data / "meta.properties").exists():
            self._format(began)
        self._process = self._java("kafka.Kafka", self._configuration)
        try:
            self._wait(deadline, began)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop it in order (SIGTERM) and wait; nothing happens when it is not running."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """End it at once (SIGKILL), as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _configuration(self) -> Path:
        return self._folder / "server.properties"

    def _configure(self) -> None:
        """Write the settings again at each start: another start may listen on other ports."""
        settings = {
            **_SETTINGS,
            "log.dirs": str(self._data),
            "listeners": f"PLAINTEXT://{HOST}:{self._port},CONTROLLER://{HOST}:{self._controller_port}",
            "advertised.listeners": f"PLAINTEXT://{HOST}:{self._port}",
            "controller.quorum.voters": f"1@{HOST}:{self._controller_port}",
        }
        lines = [f"{name}={value.replace(chr(92), chr(92) * 2)}" for name, value in settings.items()]
        self._configuration.write_text("\n".join(["# Written at every start.", *lines]) + "\n")

    def _format(self, began: int) -> None:
        # What a start that was cut short left behind is no data yet.
        shutil.rmtree(self._data, ignore_errors=True)
        # A leading letter: an identifier that began with a hyphen would be read as an option.
        identifier = "B" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]
        formatting = self._java(
            "kafka.tools.StorageTool", "format", "-t", identifier, "-c", self._configuration
        )
        if formatting.wait() != 0:
            raise BrokerError(f"Kafka could not make its folder {self._data}:\n{self._said(began)}")

    def _java(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        java = _java()
        if java is None:
            raise BrokerError("Java is missing.")
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [java, *_JVM, "-cp", f"{JARS}/*", *arguments],
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A session of its own: Ctrl-C reaches whoever started it, who then stops it in order.
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 (nothing but one system call)
            )

    def _wait(self, deadline: float, began: int) -> None:
        while not self._answers():
            if self._process is None or self._process.poll() is not None:
                raise BrokerError(f"Kafka stopped while it started in {self._folder}:\n{self._said(began)}")
            if time.monotonic() > deadline:
                raise BrokerError(f"Kafka did not answer in time, see {self.log}:\n{self._said(began)}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, self._port)) != 0:
                return False
        try:
            client = KafkaAdminClient(**self.cluster.client("broker"), request_timeout_ms=2000)
            try:
                return bool(client.describe_cluster()["brokers"])
            finally:
                client.close()
        except KafkaError:
            return False

    def _said(self, began: int) -> str:
        """The end of what this start wrote, without the places in its code."""
        with self.log.open("rb") as log:
            log.seek(began)
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join([line for line in lines if not line.startswith("\tat ")][-12:])


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return (shutil.which("java", path=f"{home}/bin") if home else None) or shutil.which("java")


def _demand_free(port: int) -> None:
    if not _is_free(port):
        raise BrokerError(f"Port {port} is in use: stop what listens there, or choose another.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    for port in random.sample(_PORTS, 200):
        if _is_free(port):
            return port
    raise BrokerError(f"No free port between {_PORTS.start} and {_PORTS.stop}.")
