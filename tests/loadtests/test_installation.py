"""An installation on a temporary folder runs the product's own processes, and none of them outlives it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from infra.database.embedded import EmbeddedPostgres
from infra.settings import Settings
from loadtests import checks
from loadtests.installation import ROOT, InstallationError, installed
from services.commands import partnerships
from tests.support import cast
from tests.support.cast import ACCORD, GRENOBLE

PATIENCE = 60.0

HARNESS = """
import sys, time
from pathlib import Path
from loadtests.installation import installed
with installed(Path(sys.argv[1]), web=False) as made:
    print(made.pid("work-1"), flush=True)
    time.sleep(600)
"""


def family(folder: str) -> list[psutil.Process]:
    """The processes that work in a folder, the database's too."""
    return [each for each in psutil.process_iter() if each.pid != os.getpid() and belongs(each, folder)]


def belongs(process: psutil.Process, folder: str) -> bool:
    try:
        return folder in process.environ().get("BEFFROI_DATA", "") or folder in " ".join(process.cmdline())
    except psutil.Error:
        return False


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.1)


def test_an_installation_works_survives_kills_and_leaves_nothing() -> None:
    with TemporaryDirectory(prefix="beffroi-load-") as folder:
        with installed(Path(folder)) as made:
            partnerships.declare(
                made.parts.ledger, GRENOBLE, ACCORD, cast.declaration(), cast.ask(command="declare")
            )
            made.wait_caught_up(PATIENCE)
            assert checks.differing_views(made.parts) == {}
            os.kill(made.pid("work-1"), signal.SIGKILL)
            with pytest.raises(InstallationError, match="work-1 ended with -9"):
                made.wait_caught_up(PATIENCE, position=10**9)
            made.kill("work-1")
            assert made.exit_code("work-1") == -signal.SIGKILL
            partnerships.confirm(
                made.parts.ledger, GRENOBLE, ACCORD, cast.confirmation(), cast.ask(command="confirm")
            )
            with pytest.raises(InstallationError, match="access is at 1 of 2"):
                made.wait_caught_up(0.1)
            made.start("work-1")
            made.pause("work-1")
            made.crash_database()
            made.restart_database()
            made.resume("work-1")
            made.wait_caught_up(PATIENCE)
            assert "working: projector" in made.log("work-1")
            made.wait_ready()
        assert family(folder) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_an_installation_whose_maker_is_gone(number: signal.Signals) -> None:
    with TemporaryDirectory(prefix="beffroi-load-") as folder:
        home = Path(folder) / "home"
        harness = subprocess.Popen(
            [sys.executable, "-c", HARNESS, str(home)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert harness.stdout is not None
            assert int(harness.stdout.readline()) > 0
            until(lambda: "working" in (home / "work-1.log").read_text())
            harness.send_signal(number)
            harness.communicate(timeout=PATIENCE)
            until(lambda: family(folder) == [])
        finally:
            harness.kill()
            EmbeddedPostgres.from_settings(Settings(data=home / "data")).destroy(even_in_use=True)
