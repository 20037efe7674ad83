"""Real PostgreSQL servers for the tests: one cluster per version for the whole run, one fresh database per test.
The clusters are those of the product, embedded, in a temporary folder; only their fsync is off."""

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import psycopg

from infra.database.binaries import wheel_binaries
from infra.database.embedded import EmbeddedPostgres
from infra.database.migrations import grant_on_database, migrate
from infra.database.pools import Databases
from infra.database.roles import OWNER, Passwords, Role, Urls, ensure_roles, url_with
from infra.secrets import SecretsFolder
from tests.support.broker import end_keeper

VERSIONS = (18, 15)
FOLDER_VARIABLE = "BEFFROI_TESTS_FOLDER"
PREFIX = f"beffroi-tests-{os.geteuid()}-"
TEMPLATE = "beffroi_template"
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")

# A power cut during the tests loses nothing that matters; a kill -9 of the server still loses no commit.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_connections": "300", "shared_buffers": "128MB"}

_numbers = itertools.count(1)


def binaries_of(version: int) -> Path:
    """The programs of a PostgreSQL version: the wheel's 18, Debian's 15."""
    if version == 18:
        return wheel_binaries()
    if not (DEBIAN_15 / "postgres").exists():
        raise RuntimeError("PostgreSQL 15 is missing: run `make test`, or apt-get install postgresql-15.")
    return DEBIAN_15


def make_run_folder() -> None:
    """Make this run's folder, which its xdist workers inherit, after removing those of runs that were killed."""
    for stale in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError, ValueError):
            if stale.stat().st_uid == os.geteuid() and not _alive(
                int(stale.name.removeprefix(PREFIX).split("-")[0])
            ):
                remove_run_folder(stale)
    folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
    # The server's own user has to reach its data.
    Path(folder).chmod(0o711)
    os.environ[FOLDER_VARIABLE] = folder


def remove_run_folder(folder: Path) -> None:
    """Stop every server of a run and delete its data."""
    end_keeper(folder)
    for cluster in folder.iterdir():
        if cluster.is_dir() and cluster.name != "kafka":
            EmbeddedPostgres(cluster / "postgres").destroy(even_in_use=True)
    shutil.rmtree(folder, ignore_errors=True)


def run_folder() -> Path:
    """The folder of this run, shared by its workers."""
    return Path(os.environ[FOLDER_VARIABLE])


def new_cluster(version: int = 18, name: str | None = None, **settings: str) -> EmbeddedPostgres:
    """A cluster that is not started yet, in a folder of its own unless `name` is given."""
    folder = run_folder() / (name or f"{version}-{os.getpid()}-{next(_numbers)}")
    return EmbeddedPostgres(
        folder / "postgres",
        binaries=binaries_of(version) if version != 18 else None,
        server_settings=SETTINGS | settings,
    )


@dataclass(frozen=True)
class Cluster:
    """A running server whose template database has every migration."""

    version: int
    engine: EmbeddedPostgres
    passwords: Passwords

    @contextmanager
    def database(self) -> Iterator["Database"]:
        """A fresh, migrated database, dropped at the end."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        with psycopg.connect(self.engine.administrator_url(), autocommit=True) as administrator:
            # Copying files takes 25 ms, the default (through the WAL) 100 ms.
            administrator.execute(
                f"create database {name} template {TEMPLATE} owner {OWNER} strategy file_copy".encode()
            )
            made = Database(
                name, self, Urls.derive(url_with(self.engine.owner_url(), dbname=name), self.passwords)
            )
            try:
                with made.connect("owner") as owner:
                    grant_on_database(owner)
                yield made
            finally:
                if "pools" in vars(made):
                    made.pools.close()
                administrator.execute(f"drop database {name} with (force)".encode())


@dataclass(frozen=True)
class Database:
    """One test's database."""

    name: str
    cluster: Cluster
    urls: Urls

    @property
    def owner_url(self) -> str:
        """The URL of the owner of every schema."""
        return self.urls.owner

    @property
    def administrator_url(self) -> str:
        """The superuser's URL."""
        return self.cluster.engine.administrator_url(self.name)

    @property
    def version(self) -> int:
        """The server's major version."""
        return self.cluster.version

    @property
    def binaries(self) -> Path:
        """The folder of psql, pg_dump and pg_restore of the server's version."""
        return binaries_of(self.version)

    def url(self, role: Role | Literal["owner"]) -> str:
        """The URL of a role."""
        return self.urls.owner if role == "owner" else self.urls.of(role)

    def connect(self, role: Role | Literal["owner"] = "owner", **options: Any) -> psycopg.Connection[Any]:
        """An autocommit connection under a role; close it, or use it in a `with`."""
        return psycopg.connect(self.url(role), autocommit=True, **options)

    @cached_property
    def pools(self) -> Databases:
        """The product's pools on this database, closed when the test ends."""
        return Databases(self.urls, application="test")


def shared_cluster(version: int) -> Cluster:
    """The cluster of this run: whoever asks first starts it and makes its template, the others join."""
    engine = new_cluster(version, name=str(version))
    with (run_folder() / f"{version}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        owner = engine.start()
        passwords = Passwords.load(SecretsFolder(run_folder() / str(version) / "secrets"))
        with psycopg.connect(engine.administrator_url(), autocommit=True) as administrator:
            if not administrator.execute(
                "select from pg_database where datname = %s", (TEMPLATE,)
            ).fetchall():
                administrator.execute(f"create database {TEMPLATE} owner {OWNER}".encode())
                template = url_with(owner, dbname=TEMPLATE)
                ensure_roles(template, passwords)
                migrate(template)
    return Cluster(version, engine, passwords)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
