"""One PostgreSQL data folder and its server process: made, started, found, stopped.
Built to be started again after anything, `kill -9` of every process included."""

import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from infra.database.server_user import ServerUser
from infra.errors import OperatorError

START_SECONDS = 300  # recovery may have to read 1 GB of WAL from a slow disk
STOP_SECONDS = 120
ORPHAN_SECONDS = 2
CONFIGURATION = "beffroi.conf"


class ServerProcessError(OperatorError):
    """initdb or pg_ctl failed; the message carries what they said."""


class ServerProcess:
    """The server of one data folder (PGDATA), run by `user` with the programs of `binaries`, reached in `sockets`."""

    def __init__(self, data: Path, binaries: Path, user: ServerUser, sockets: Path) -> None:
        self.data = data
        self._binaries = binaries
        self._user = user
        self._sockets = sockets

    @property
    def initialised(self) -> bool:
        """Whether the data folder has been made, completely."""
        return (self.data / "PG_VERSION").exists()

    def initialise(self, superuser: str, password_file: Path) -> None:
        """Make the data folder: scram for everybody, UTF-8, the C.UTF-8 order, checksums."""
        draft = self.data.with_name("data.new")
        shutil.rmtree(draft, ignore_errors=True)
        made = self._user.run(
            [
                self._binaries / "initdb",
                *("--pgdata", draft, "--username", superuser, "--pwfile", password_file),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"),
            ]
        )
        if made.returncode != 0:
            raise ServerProcessError(f"PostgreSQL could not make its data folder {self.data}:\n{made.stdout}")
        with (draft / "postgresql.conf").open("a") as file:
            file.write(f"\ninclude_if_exists '{CONFIGURATION}'\n")
        # Renamed once whole: an initdb that was cut short leaves no folder that looks like data.
        draft.rename(self.data)

    def refuse_other_version(self, major: int) -> None:
        """Raise ServerProcessError when another major version made the data folder."""
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != str(major):
            raise ServerProcessError(
                f"{self.data} was made by PostgreSQL {made_by}, and this is PostgreSQL {major}, which cannot read it. "
                f"Dump it with PostgreSQL {made_by} (pg_dump) and restore it into a new data folder (BEFFROI_DATA)."
            )

    def start(self, settings: Mapping[str, str]) -> None:
        """Start the server and wait until it answers, recovery included; a running one is left alone."""
        deadline = time.monotonic() + START_SECONDS
        while not self.running():
            self._configure(settings)
            self._clear_orphans(deadline)
            log = self.data.with_name("start.log")
            log.unlink(missing_ok=True)
            started = self._user.run(
                [self._binaries / "pg_ctl", "--pgdata", self.data, "-w", "-t", str(START_SECONDS), "start"],
                log=log,
            )
            if started.returncode == 0:
                return
            # Right after a kill -9 its shared memory may still be in use for a moment.
            if "in use" not in log.read_text() or time.monotonic() > deadline:
                raise ServerProcessError(f"PostgreSQL did not start:\n{self._said(log)}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back, everything committed is written."""
        if not self.running():
            return
        stopped = self._user.run(
            [
                self._binaries / "pg_ctl",
                "--pgdata",
                self.data,
                "-m",
                "fast",
                "-w",
                "-t",
                str(STOP_SECONDS),
                "stop",
            ]
        )
        if stopped.returncode != 0 and self.running():
            raise ServerProcessError(f"PostgreSQL did not stop:\n{stopped.stdout}")

    def running(self) -> bool:
        """Whether the main server process is alive."""
        pid = self.pid()
        return pid is not None and pid in set(self._servers())

    def pid(self) -> int | None:
        """The process id in postmaster.pid, alive or not."""
        with suppress(OSError, ValueError, IndexError):
            return int((self.data / "postmaster.pid").read_text().splitlines()[0])
        return None

    def _configure(self, settings: Mapping[str, str]) -> None:
        """Write our settings again at each start, so that a later version of ours may change them."""
        lines = ["# Written at every start: put your own settings in postgresql.auto.conf (ALTER SYSTEM)."]
        for name, value in {**settings, "unix_socket_directories": str(self._sockets)}.items():
            quoted = value.replace("'", "''")
            lines.append(f"{name} = '{quoted}'")
        path = self.data / CONFIGURATION
        path.write_text("\n".join(lines) + "\n")
        os.chown(path, self._user.uid, self._user.gid)
        path.chmod(0o600)

    def _clear_orphans(self, deadline: float) -> None:
        """See the children of a killed server out, then drop the lock files it left.

        PostgreSQL only looks whether the process id in them lives: it may be another program's after a reboot,
        or a zombie that nobody collects in a container.
        """
        patience = time.monotonic() + ORPHAN_SECONDS
        while orphans := list(self._servers()):
            if time.monotonic() > deadline:
                raise ServerProcessError(
                    f"Processes of a server that was killed still work in {self.data}: {orphans}."
                )
            if time.monotonic() > patience:
                # What the server itself tells its children when one of them crashes: leave without writing.
                for pid in orphans:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGQUIT)
            time.sleep(0.05)
        for stale in (self.data / "postmaster.pid", *self._sockets.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)

    def _servers(self) -> Iterator[int]:
        """The process ids that work in the data folder: every server process has it as its working directory."""
        folder = self.data.resolve()
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    if (entry / "cwd").readlink() == folder and (entry / "exe").readlink().name.startswith(
                        "postgres"
                    ):
                        yield int(entry.name)

    def _said(self, log: Path) -> str:
        """The end of what the server wrote when it failed to start."""
        written = sorted((self.data / "log").glob("*.log"), key=lambda path: path.stat().st_mtime)[-1:]
        return "\n".join(
            "\n".join(path.read_text(errors="replace").splitlines()[-10:]) for path in [log, *written]
        )
