"""The embedded PostgreSQL: a cluster of our own in the data folder, started and stopped by us.
Its server listens on a Unix socket that only its user can reach, and asks everybody for a password."""

import fcntl
import hashlib
import json
import os
import secrets as random_source
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import psycopg

from infra.database.binaries import copy_wheel, major_version, wheel_binaries
from infra.database.roles import OWNER, scram_verifier, url_with
from infra.database.server_process import ServerProcess
from infra.database.server_user import REMOTE_HOME, ServerUser, make_passage
from infra.errors import OperatorError
from infra.secrets import SecretsFolder, random_password
from infra.settings import Settings

SUPERUSER = "postgres"
KEPT = "keep-running"  # present while the server was asked to outlive its users
SECRET = "postgres.json"  # noqa: S105 - a file name
PATIENCE_SECONDS = 330  # a little more than the longest recovery that pg_ctl waits for
LONGEST_SOCKET = 107  # bytes, what Linux keeps of a Unix socket's path

SERVER_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Sized for a small town hall's machine: 2 cores, 4 GB.
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "jit": "off",
    # Fewer, longer checkpoints write less; recovery then reads at most 1 GB.
    "checkpoint_timeout": "15min",
    "min_wal_size": "128MB",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    # A week of logs, a file a day. Terse: the DETAIL of an error quotes the row, and rows hold people's names.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_truncate_on_rotation": "on",
    "log_error_verbosity": "terse",
}


class EmbeddedPostgresError(OperatorError):
    """The embedded database cannot start or stop; the message says why and what to do."""


class EmbeddedPostgres:
    """One cluster in one folder. `with` starts it, and stops it if no other process still uses it."""

    def __init__(
        self,
        data: Path,
        *,
        binaries: Path | None = None,
        secrets: Path | None = None,
        database: str = "beffroi",
        server_settings: Mapping[str, str] | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Describe a cluster; nothing is touched before `start`.

        `data` is the cluster's folder. `binaries` is a PostgreSQL `bin` folder (the wheel's by default).
        `secrets` is the folder of its passwords (by default `secrets` beside `data`).
        `server_settings` adds to postgresql.conf. `tell` receives the sentences a person should read.
        """
        self._data = data.absolute()
        self._wanted_binaries = binaries
        self._secrets = SecretsFolder(secrets or self._data.parent / "secrets")
        self._database = database
        self._settings = {**SERVER_SETTINGS, **(server_settings or {})}
        self._tell = tell
        self._use: int | None = None  # a bare descriptor: it must not be closed when this object is forgotten
        self._located: tuple[Path, Path, ServerUser] | None = None

    @classmethod
    def from_settings(cls, settings: Settings, tell: Callable[[str], None] = lambda _: None) -> Self:
        """The cluster of an installation."""
        return cls(settings.postgres, secrets=settings.secrets, tell=tell)

    def start(self, *, keep_running: bool = False) -> str:
        """Start the server, made on first use, and return the owner's URL; a running one is joined.

        With `keep_running` it stays up until `stop`, even when nobody uses it.

        Raises EmbeddedPostgresError, BinariesError, ServerUserError or InsecureSecretsError.
        """
        make_passage(self._data.parent)
        self._located = None
        home, binaries, user = self._locate(announce=True)
        user.make_folder(home)
        with self._starting():
            process = self._process()
            passwords = self._passwords(first=not process.initialised)
            if not process.initialised:
                self._initialise(process, passwords)
            process.refuse_other_version(major_version(binaries))
            user.make_folder(self._sockets())
            if keep_running or not process.running():
                self._mark_kept(home, kept=keep_running)
            self._start(process)
            self._prepare(passwords)
            self._hold()
        return self._url(OWNER, passwords["owner"])

    def running(self) -> bool:
        """Whether the server is up; says nothing about who started it."""
        return self._home_exists() and self._process().running()

    def in_use(self) -> bool:
        """Whether a process uses the server, this one included."""
        return self._home_exists() and self._used()

    def stop(self) -> None:
        """Stop the server in order, whoever uses it; nothing happens when it is not running."""
        if self._home_exists():
            with self._starting():
                self._let_go()
                self._mark_kept(self.home(), kept=False)
                self._process().stop()

    def release(self) -> bool:
        """Say that this process needs the server no more; the last one stops it. True when it was stopped."""
        if not self._home_exists():
            return False
        with self._starting():
            self._let_go()
            if self._used() or (self.home() / KEPT).exists():
                return False
            self._process().stop()
        return True

    def destroy(self, *, even_in_use: bool = False) -> None:
        """Stop the server and delete the cluster, its data and its passwords.

        Raises EmbeddedPostgresError when another process uses it, unless `even_in_use`.
        """
        home, _, _ = self._locate()
        if home.exists():
            with self._starting():
                self._let_go()
                if self._used() and not even_in_use:
                    raise EmbeddedPostgresError(
                        f"Another process uses the database in {home}: stop it first."
                    )
                self._process().stop()
                shutil.rmtree(self._sockets(), ignore_errors=True)
                shutil.rmtree(home)
                if home != self._data:
                    home.parent.rmdir()
        (self._secrets.path / SECRET).unlink(missing_ok=True)
        self._located = None

    def owner_url(self) -> str:
        """The owner's URL of a cluster that has been started once."""
        return self._url(OWNER, self._passwords(first=False)["owner"])

    def administrator_url(self, database: str = "postgres") -> str:
        """The superuser's URL, for making databases and for repairs: never for the application."""
        return url_with(self._url(SUPERUSER, self._passwords(first=False)["superuser"]), dbname=database)

    def home(self) -> Path:
        """Where the cluster really is: the folder it was given, or one under /var/lib/beffroi."""
        return self._locate()[0]

    def logs(self) -> Path:
        """The folder of the server's logs, a file per day of the week."""
        return self._process().data / "log"

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _locate(self, *, announce: bool = False) -> tuple[Path, Path, ServerUser]:
        """Home, programs and user: under /var/lib/beffroi what the server's user could not reach where it is."""
        if self._located:
            return self._located
        tell = self._tell if announce else lambda _: None
        home = self._data
        user = ServerUser.find(home / "data")
        remote = REMOTE_HOME / hashlib.sha256(os.fsencode(home)).hexdigest()[:16] / "postgres"
        if user.switches and not _made(home) and (_made(remote) or not user.reaches(home.parent)):
            home, user = remote, ServerUser.find(remote / "data")
            if announce:
                make_passage(home.parent)
            tell(f"The database's user cannot reach {self._data}: its data are in {home}.")
        elif not user.reaches(home.parent):
            # Data that exist are never left behind for an empty cluster elsewhere.
            raise EmbeddedPostgresError(
                f"The database's user can no longer reach {home}: open its parents (chmod o+x)."
            )
        binaries = self._wanted_binaries or wheel_binaries()
        if self._wanted_binaries is None and not user.reaches(binaries):
            found, binaries = binaries, copy_wheel(REMOTE_HOME)
            tell(f"The database's user cannot reach {found}: it runs a copy, {binaries}.")
        self._located = home, binaries, user
        return self._located

    def _home_exists(self) -> bool:
        home, _, _ = self._locate()
        return home.exists()

    def _process(self) -> ServerProcess:
        home, binaries, user = self._locate()
        return ServerProcess(home / "data", binaries, user, self._sockets())

    def _sockets(self) -> Path:
        home, _, user = self._locate()
        folder = home / "run"
        if len(os.fsencode(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET:
            return folder
        return Path("/tmp") / f"beffroi-{user.uid}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:12]}"  # noqa: S108 - made 0700, its owner checked

    def _url(self, user: str, password: str) -> str:
        return url_with(
            "", host=str(self._sockets()), port="5432", user=user, password=password, dbname=self._database
        )

    def _passwords(self, *, first: bool) -> dict[str, str]:
        if not first and self._secrets.read(SECRET) is None:
            raise EmbeddedPostgresError(
                f"{self._secrets.path / SECRET} is missing: without it the data in {self.home()} cannot be opened. "
                "Put it back from a backup, or start over (make demo-reset)."
            )
        return dict(json.loads(self._secrets.read_or_create(SECRET, _make_passwords)))

    def _initialise(self, process: ServerProcess, passwords: Mapping[str, str]) -> None:
        home, _, user = self._locate()
        password_file = home / f".password-{random_source.token_hex(8)}"
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(passwords["superuser"])
            if user.switches:
                os.chown(password_file, user.uid, user.gid)
            process.initialise(SUPERUSER, password_file)
        finally:
            password_file.unlink()

    def _start(self, process: ServerProcess) -> None:
        """Start the server and wait until it lets the superuser in."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            process.start(self._settings)
            try:
                psycopg.connect(self.administrator_url(), connect_timeout=10).close()
                return
            except psycopg.OperationalError as refused:
                if "password authentication failed" in str(refused):
                    raise EmbeddedPostgresError(
                        f"The data in {self.home()} do not accept the password in {self._secrets.path / SECRET}. "
                        "Put the file that belongs to them back, or start over (make demo-reset)."
                    ) from refused
                # A server that somebody else left starting or stopping: recovering, or on its way out.
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(f"The database does not answer: {refused}") from refused
                time.sleep(0.1)

    def _prepare(self, passwords: Mapping[str, str]) -> None:
        """Make the owner and its database if they are not there: the start before may have been cut short."""
        connection = psycopg.connect(self.administrator_url(), autocommit=True, connect_timeout=10)
        with connection:
            if not _exists(connection, "select from pg_roles where rolname = %s", OWNER):
                verifier = scram_verifier(passwords["owner"])
                connection.execute(f"create role {OWNER} login createrole password '{verifier}'".encode())
            if not _exists(connection, "select from pg_database where datname = %s", self._database):
                connection.execute(
                    f"create database \"{self._database}\" owner {OWNER} template template0 encoding 'UTF8'".encode()
                )

    @contextmanager
    def _starting(self) -> Iterator[None]:
        """One process at a time starts or stops the server of this folder."""
        with self._lock_file("starter.lock") as lock:
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not _locked(lock, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    raise EmbeddedPostgresError(
                        f"Another process has been starting {self._data} for 5 minutes."
                    )
                time.sleep(0.02)
            yield

    def _hold(self) -> None:
        """Show that this process uses the server, until it lets go or dies, however it dies."""
        if self._use is None:
            with self._lock_file("users.lock") as file:
                self._use = os.dup(file.fileno())
            fcntl.flock(self._use, fcntl.LOCK_SH)

    @staticmethod
    def _mark_kept(home: Path, *, kept: bool) -> None:
        if kept:
            (home / KEPT).touch()
        else:
            (home / KEPT).unlink(missing_ok=True)

    def _used(self) -> bool:
        """Whether a process that has not let go, this one included, uses the server."""
        with self._lock_file("users.lock") as probe:
            return not _locked(probe, fcntl.LOCK_EX)

    def _lock_file(self, name: str) -> IO[str]:
        home, _, user = self._locate()
        file = (home / name).open("a")
        if user.switches:
            # The same folder may be opened tomorrow by the server's own user.
            os.fchown(file.fileno(), user.uid, user.gid)
        return file

    def _let_go(self) -> None:
        if self._use is not None:
            # Closed, not unlocked: a forked worker that still has the file still uses the server.
            os.close(self._use)
            self._use = None


def _make_passwords() -> bytes:
    return json.dumps({"superuser": random_password(), "owner": random_password()}).encode()


def _exists(connection: psycopg.Connection[Any], query: str, name: str) -> bool:
    return connection.execute(query.encode(), (name,)).fetchone() is not None


def _made(home: Path) -> bool:
    return (home / "data" / "PG_VERSION").exists()


def _locked(file: IO[str], kind: int) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, kind | fcntl.LOCK_NB)
        return True
    return False
