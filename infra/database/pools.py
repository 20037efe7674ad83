"""Connection pools, one per role: a part of the program can only do what the role it was given may do.
Each opens when first used, is bounded, and names itself to the server."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool

from infra.database.roles import Role, Urls

Pool = ConnectionPool[Connection[Any]]

# What a process may have open; one opens only what it needs. Two of web have 21 each (with the writer's), one of work
# some 25: they fit in PostgreSQL's default of 100. An append connection is lent for a fraction of a millisecond.
SIZES: Mapping[Role, int] = {"append": 8, "request": 12, "project": 8}

# A prepared statement is planned when it is first met, not five times more with the values of the day. Each looks its
# rows up by an index whatever the values; and no plan changes on a launch morning.
_PLANNED_ONCE: Mapping[str, str] = {"plan_cache_mode": "force_generic_plan"}

# Milliseconds. A request that takes 10 s is lost for its reader; a projector builds indexes and may take its time.
SETTINGS: Mapping[Role, Mapping[str, int | str]] = {
    "append": {
        **_PLANNED_ONCE,
        "statement_timeout": 30_000,
        "lock_timeout": 15_000,
        "idle_in_transaction_session_timeout": 30_000,
    },
    "request": {
        **_PLANNED_ONCE,
        "statement_timeout": 10_000,
        "lock_timeout": 5_000,
        "idle_in_transaction_session_timeout": 30_000,
    },
    "project": {
        "statement_timeout": 0,
        "lock_timeout": 60_000,
        "idle_in_transaction_session_timeout": 600_000,
    },
}

# A server that is gone without a word (a cut network) is noticed within half a minute, not within hours.
_ALIVE: Mapping[str, int] = {
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}

set_json_loads(msgspec.json.decode)  # a fifth of the cost of the standard library's

PREPARED = 400
WAIT_SECONDS = 5.0  # for a free connection; then psycopg_pool.PoolTimeout
IDLE_SECONDS = 300.0


class Databases:
    """The pools of one process. Connections are in autocommit: a transaction is always written out."""

    def __init__(
        self, urls: Urls, *, application: str = "beffroi", sizes: Mapping[Role, int] | None = None
    ) -> None:
        """Describe the pools; nothing connects yet. `application` is what pg_stat_activity shows, with the role."""
        self._urls = urls
        self._application = application
        self._sizes = {**SIZES, **(sizes or {})}
        self._pools: dict[Role, Pool] = {}
        self._lock = threading.Lock()
        self._closed = False

    @property
    def append(self) -> Pool:
        """Connections that may call the ledger's functions and nothing else."""
        return self.of("append")

    @property
    def request(self) -> Pool:
        """Connections that read for a person: they see rows only after SET LOCAL ROLE to an audience."""
        return self.of("request")

    @property
    def project(self) -> Pool:
        """Connections that read the ledger and own the views."""
        return self.of("project")

    def of(self, role: Role) -> Pool:
        """The pool of a role, opened on first use; RuntimeError once closed."""
        with self._lock:
            if self._closed:
                raise RuntimeError("The databases are closed.")
            if role not in self._pools:
                self._pools[role] = self._open(role)
            return self._pools[role]

    def connect(self, role: Role) -> Connection[Any]:
        """A connection of its own for one thread that keeps it, with the settings and the name of the pool's."""
        return psycopg.connect(_with_settings(self._urls.of(role), SETTINGS[role]), **self._options(role))

    def stats(self) -> dict[Role, dict[str, int]]:
        """What the pools that are open count of themselves, as psycopg_pool names it."""
        with self._lock:
            pools = dict(self._pools)
        return {role: pool.get_stats() for role, pool in pools.items()}

    def close(self, timeout: float = 5.0) -> None:
        """Close every pool; connections in use are closed when they come back. Harmless to repeat."""
        with self._lock:
            self._closed = True
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close(timeout)

    def _options(self, role: Role) -> dict[str, Any]:
        name = f"{self._application} {role}"
        return {"autocommit": True, "connect_timeout": 10, "application_name": name, **_ALIVE}

    def _open(self, role: Role) -> Pool:
        pool: Pool = ConnectionPool(
            _with_settings(self._urls.of(role), SETTINGS[role]),
            min_size=0,
            max_size=self._sizes[role],
            kwargs=self._options(role),
            configure=_prepare_for_all,
            name=f"{self._application}-{role}",
            timeout=WAIT_SECONDS,
            max_idle=IDLE_SECONDS,
            reconnect_timeout=60.0,
            open=False,
        )
        pool.open()
        return pool


@contextmanager
def unflushed(connection: Connection[Any]) -> Iterator[None]:
    """Commits on a connection do not wait for the disk meanwhile: for what is written again after a crash.

    The log keeps its order, so what a crash takes is the last of it: rows with their checkpoint, never one of the two.
    """
    connection.execute("set synchronous_commit = off")
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("reset synchronous_commit")


def _prepare_for_all(connection: Connection[Any]) -> None:
    # Each query is prepared once for each audience: of the usual hundred, half would be forgotten and planned anew.
    connection.prepared_max = PREPARED


def _with_settings(url: str, settings: Mapping[str, int | str]) -> str:
    """Set what holds for the session as it connects, after the options that the URL may already carry."""
    options = [str(conninfo_to_dict(url).get("options") or "")]
    options += [f"-c {name}={milliseconds}" for name, milliseconds in settings.items()]
    return make_conninfo(url, options=" ".join(options).strip())
