"""Which user of the machine runs the embedded server, and what that user can reach.
PostgreSQL refuses to run as root; anybody else runs it as themselves."""

import fcntl
import grp
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra.errors import OperatorError

NAME = "beffroi"
REMOTE_HOME = Path("/var/lib/beffroi")


class ServerUserError(OperatorError):
    """No user can run the embedded server here; the message says what to do."""


@dataclass(frozen=True)
class ServerUser:
    """The user that owns the data folder and runs the server. `switches` is true when we are root and it is not."""

    uid: int
    gid: int
    switches: bool

    @classmethod
    def find(cls, data: Path) -> Self:
        """Ourselves; as root, the owner of an existing data folder, else the system user `beffroi`, made if missing."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), switches=False)
        if data.exists() and data.stat().st_uid != 0:
            status = data.stat()
            return cls(status.st_uid, status.st_gid, switches=True)
        entry = _system_user()
        return cls(entry.pw_uid, entry.pw_gid, switches=True)

    def run(
        self, command: Sequence[str | Path], *, log: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this user with an empty environment, so that no secret of ours reaches the server.

        With `log`, output goes to that file, which the server then keeps open; else it is captured.
        """
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC"}
        with (log or Path(os.devnull)).open("ab") as output:
            return subprocess.run(
                [str(part) for part in command],
                check=False,
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output if log else subprocess.PIPE,
                stderr=output if log else subprocess.STDOUT,
                text=True,
                start_new_session=True,  # Ctrl-C is for us; we then stop the server in order
                user=self.uid if self.switches else None,
                group=self.gid if self.switches else None,
                extra_groups=[] if self.switches else None,
            )

    def make_folder(self, path: Path) -> None:
        """Make a folder that belongs to this user alone (0700), or check that an existing one does."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.lstat()
        if self.switches and status.st_uid == 0 and stat.S_ISDIR(status.st_mode):
            os.chown(path, self.uid, self.gid)
            status = path.lstat()
        if status.st_uid != self.uid or not stat.S_ISDIR(status.st_mode):
            raise ServerUserError(
                f"{path} belongs to another user. Run as that user, or choose another BEFFROI_DATA."
            )
        path.chmod(0o700)

    def reaches(self, path: Path) -> bool:
        """Whether this user can go down to a folder, or to where it would be made."""
        if not self.switches:
            return True
        groups = {self.gid}
        for folder in (path, *path.parents):
            if not folder.exists():
                continue
            status = folder.stat()
            mode = status.st_mode
            if status.st_uid == self.uid:
                allowed = mode & stat.S_IXUSR
            elif status.st_gid in groups:
                allowed = mode & stat.S_IXGRP
            else:
                allowed = mode & stat.S_IXOTH
            if not allowed:
                return False
        return True


def make_passage(folder: Path) -> None:
    """Make a folder and its missing parents so that other users may pass through (0711), whatever the umask."""
    for missing in reversed([path for path in (folder, *folder.parents) if not path.exists()]):
        missing.mkdir(exist_ok=True)
        missing.chmod(0o711)


def _system_user() -> pwd.struct_passwd:
    """The system user `beffroi`, made if missing."""
    make_passage(REMOTE_HOME)
    with (REMOTE_HOME / ".user.lock").open("w") as lock:
        # While useradd works, another process may see the user by its name and not yet by its number.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            return pwd.getpwnam(NAME)
        except KeyError:
            return _make()


def _make() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    advice = f"make a system user named {NAME} (useradd --system {NAME}), or run as an ordinary user"
    if useradd is None:
        raise ServerUserError(f"PostgreSQL does not run as root: {advice}.")
    command = [
        useradd,
        "--system",
        "--no-create-home",
        "--home-dir",
        str(REMOTE_HOME),
        "--shell",
        "/usr/sbin/nologin",
    ]
    command += ["--gid", NAME] if _group_exists() else ["--user-group"]
    made = subprocess.run([*command, NAME], check=False, capture_output=True, text=True)
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        raise ServerUserError(f"PostgreSQL does not run as root: {advice}. ({made.stderr.strip()})") from None


def _group_exists() -> bool:
    try:
        grp.getgrnam(NAME)
    except KeyError:
        return False
    return True
