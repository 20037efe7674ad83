"""Secrets that an installation makes for itself, in files that only it can read.
The folder is 0700 and each file 0600; anything wider is refused rather than repaired, because it may have been read."""

import os
import secrets as random_source
import stat
from collections.abc import Callable
from pathlib import Path

from infra.errors import OperatorError


class InsecureSecretsError(OperatorError):
    """A secret could be read by somebody else; the message says which file and how to close it."""


def random_password() -> str:
    """A password of 256 random bits, in characters that need no quoting in a URL."""
    return random_source.token_urlsafe(32)


class SecretsFolder:
    """A folder of small secret files, made on first use."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, name: str) -> bytes | None:
        """The content of a secret, None when it does not exist yet; InsecureSecretsError when it is exposed."""
        path = self.path / name
        try:
            _refuse_exposed(self.path, 0o700)
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            _refuse_exposed(path, 0o600)
            return file.read()

    def read_or_create(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The content of a secret, made on first use; of two processes that make it at once, both get the same."""
        found = self.read(name)
        if found is not None:
            return found
        self._make_folder()
        content = make()
        draft = self.path / f".{name}.{random_source.token_hex(8)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            # A link is atomic and never replaces: whoever comes second takes what the first one wrote.
            os.link(draft, self.path / name)
        except FileExistsError:
            content = self.read(name) or content
        finally:
            draft.unlink()
        return content

    def _make_folder(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.mkdir(mode=0o700, exist_ok=True)
        _refuse_exposed(self.path, 0o700)


def _refuse_exposed(path: Path, widest: int) -> None:
    """Raise InsecureSecretsError when a path has more permissions than `widest` or belongs to another user."""
    status = path.lstat()
    mode = stat.S_IMODE(status.st_mode)
    if mode & ~widest:
        raise InsecureSecretsError(
            f"{path} may be read by others (mode {mode:04o}). If nobody did, run: chmod {widest:o} {path}"
        )
    if status.st_uid != os.geteuid() and os.geteuid() != 0:
        raise InsecureSecretsError(f"{path} belongs to another user. Run as that user.")
