"""`beffroi web` and `work` say at once what they lack, instead of at the first write."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from infra.database.embedded import EmbeddedPostgres
from infra.settings import Settings


@pytest.mark.parametrize("command", ["web", "work"])
def test_a_process_without_a_master_key_does_not_start(command: str) -> None:
    with TemporaryDirectory(prefix="beffroi-run-") as folder:
        data = Path(folder) / "data"
        environ = {name: value for name, value in os.environ.items() if not name.startswith("BEFFROI_")}
        try:
            refused = subprocess.run(
                [sys.executable, "-m", "services.cli", command],
                cwd=Path(__file__).parents[2],
                env={**environ, "BEFFROI_DATA": str(data)},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            EmbeddedPostgres.from_settings(Settings(data=data)).destroy()
    assert refused.returncode == 1
    assert "BEFFROI_MASTER_KEY_FILE" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_worker_that_does_not_exist_is_refused_with_the_names_of_those_that_do() -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "services.cli", "work", "judge", "jugde"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert "'jugde' is not one of 'relay', 'projector', 'judge'" in refused.stderr
