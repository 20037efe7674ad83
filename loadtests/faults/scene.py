"""Where faults strike: an installation whose workers can be killed at a chosen place, with writers at work on it.
One installation serves several runs, one after the other: each begins caught up, with everything running."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import psycopg
from psycopg.rows import tuple_row

from infra.clock import SystemClock
from infra.database.pools import Databases
from infra.feed import partition_of
from infra.kafka import KafkaCluster
from infra.kafka.broker import Broker
from loadtests.faults.saboteur import Order
from loadtests.faults.tally import TALLY
from loadtests.faults.topic import TopicReader
from loadtests.installation import Installation, InstallationError, installed
from projections import VIEWS
from projections.engine.view import View
from services.wiring import Parts

Feed = Literal["store", "kafka"]

REST: Final = ("judge", "calendar", "indices", "mail")
WORKERS: Final[dict[Feed, dict[str, tuple[str, ...]]]] = {
    "store": {"projector": ("projector",), "rest": REST},
    "kafka": {
        "relay-1": ("relay",),
        "relay-2": ("relay",),
        "projector-1": ("projector",),
        "projector-2": ("projector",),
        "rest": REST,
    },
}
"""The processes of each feed, by name: the workers of each. All but the last run under a saboteur."""

SEEN: Final[tuple[View, ...]] = (*VIEWS.values(), TALLY)
PROCESSES_OF_WRITERS: Final = 2
START_SECONDS: Final = 60.0

_BUILDS: Final = "select view, schema, position, feed from projection.view_version where state = 'active'"
_POLL_SECONDS: Final = 0.002


@dataclass
class Scene:
    """An installation under faults. `broker` is None where the broker is not ours to stop."""

    feed: Feed
    installation: Installation
    writers_parts: Sequence[Parts]
    broker: Broker | None = None
    topic: TopicReader | None = None
    runs: int = 0

    @property
    def parts(self) -> Parts:
        """The parts of this process."""
        return self.installation.parts

    def order_file(self, name: str) -> Path:
        """Where the process of a name looks for its order."""
        return self.installation.folder / f"{name}.order"

    def start(self, name: str) -> None:
        """Start a worker as a service manager would after its end: the same command again."""
        workers = ("work", *WORKERS[self.feed][name])
        if name == "rest":
            self.installation.start(name, *workers)
        else:
            self.installation.start(
                name, str(self.order_file(name)), *workers, module="loadtests.faults.saboteur"
            )

    def wait_for_end(self, names: Sequence[str], timeout: float) -> str:
        """Wait until one of these processes has ended as ordered, and call the orders of the others off; its name.

        Raises InstallationError when none does, or one ended in another way.
        """
        deadline = time.monotonic() + timeout
        while True:
            for name in names:
                code = self.installation.exit_code(name)
                if code is not None:
                    for other in names:
                        self.order_file(other).unlink(missing_ok=True)
                    if code != -9:
                        raise InstallationError(f"{name} ended with {code}\n{self.installation.logs()}")
                    return name
            self._demand_before(deadline, f"none of {', '.join(names)} came to where it should die")

    def wait_for_pause(self, names: Sequence[str], timeout: float) -> str:
        """The same for a process that stops itself (SIGSTOP)."""
        deadline = time.monotonic() + timeout
        while True:
            for name in names:
                if _state(self.installation.pid(name)) == "T":
                    for other in names:
                        self.order_file(other).unlink(missing_ok=True)
                    return name
            self._demand_before(deadline, f"none of {', '.join(names)} came to where it should stop")

    def give(self, order: Order, names: Sequence[str]) -> None:
        """Give some processes an order."""
        for name in names:
            order.give(self.order_file(name))

    def in_flight(self) -> int:
        """Events that are committed and that the slowest view does not show."""
        with self.parts.databases.project.connection() as connection, connection.transaction():
            connection.execute("set transaction isolation level repeatable read, read only")
            counts = [
                _unseen(connection, schema, position, by_partition=feed == "kafka")
                for _, schema, position, feed in connection.execute(_BUILDS).fetchall()
            ]
        return max(counts, default=0)

    def head(self) -> int:
        """The last position in the ledger."""
        with self.parts.databases.project.connection() as connection:
            return self.parts.feed.head(connection)

    def relay(self) -> tuple[int, str]:
        """The epoch and the holder of the relay's lease."""
        with self.parts.databases.project.connection() as connection:
            row = connection.execute("select epoch, coalesce(holder, '') from projection.relay").fetchone()
        return (int(row[0]), str(row[1])) if row else (0, "")

    def wait_for_other_relay(self, epoch: int, timeout: float) -> str:
        """Wait until the lease has a later epoch; its holder."""
        deadline = time.monotonic() + timeout
        while self.relay()[0] <= epoch:
            self._demand_before(deadline, "no other relay took over")
        return self.relay()[1]

    def wait_for_rest(self, timeout: float) -> None:
        """Wait until judge and indices have answered everything and every view shows their answers."""
        deadline = time.monotonic() + timeout
        while True:
            head = self.head()
            if self._followed() >= head:
                self.installation.wait_caught_up(timeout, position=head)
                if self.head() == head:
                    return
            self._demand_before(deadline, "the workers did not come to rest")

    def _followed(self) -> int:
        with self.parts.databases.project.connection() as connection:
            row = connection.execute(
                "select min(position) from projection.follower where name in ('judge', 'indices')"
            ).fetchone()
        return int(row[0] or 0) if row else 0

    def _demand_before(self, deadline: float, otherwise: str) -> None:
        if time.monotonic() > deadline:
            raise InstallationError(f"{otherwise}\n{self.installation.logs()}")
        time.sleep(_POLL_SECONDS)


@contextmanager
def scene(
    folder: Path, broker: Broker | None = None, *, kafka: KafkaCluster | None = None, prefix: str = ""
) -> Iterator[Scene]:
    """An installation in `folder`, caught up; over Kafka with a `broker` of ours, or with one that is there (`kafka`).

    `prefix` comes before the names that it keeps at our broker.
    """
    cluster = kafka or (replace(broker.cluster, prefix=prefix) if broker else None)
    feed: Feed = "kafka" if cluster else "store"
    with installed(folder, kafka=cluster, web=False, work=()) as made:
        made.views = [view.name for view in SEEN]
        topic = TopicReader(cluster) if cluster else None
        writers_parts = [_parts_like(made.parts) for _ in range(PROCESSES_OF_WRITERS)]
        found = Scene(feed, made, writers_parts, broker, topic)
        try:
            for name in WORKERS[feed]:
                found.start(name)
            made.wait_caught_up(START_SECONDS)
            yield found
        finally:
            for parts in writers_parts:
                parts.close()


def _parts_like(parts: Parts) -> Parts:
    """Parts of its own for a process that writes."""
    return Parts(
        parts.settings, parts.urls, Databases(parts.urls, application="faults writer"), SystemClock()
    )


def _unseen(connection: psycopg.Connection[Any], schema: str, position: int, *, by_partition: bool) -> int:
    cursor = connection.cursor(row_factory=tuple_row)
    rows = cursor.execute(
        "select position, tenant from ledger.event where position > %s", (position,)
    ).fetchall()
    if not by_partition:
        return len(rows)
    query = "select partition, position from projection.view_partition where schema = %s"
    reached: dict[int, int] = dict(cursor.execute(query, (schema,)).fetchall())
    return sum(at > reached.get(partition_of(tenant), position) for at, tenant in rows)


def _state(pid: int) -> str:
    """The state of a process as the kernel says it: T when it is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
