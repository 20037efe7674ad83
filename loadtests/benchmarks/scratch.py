"""A database of a benchmark's own: the embedded server on a temporary folder, thrown away afterwards."""

import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from infra.clock import SystemClock
from infra.database import open_database
from infra.database.embedded import EmbeddedPostgres
from infra.database.pools import Databases
from infra.settings import Settings
from services.wiring import Parts


@contextmanager
def scratch() -> Iterator[Parts]:
    """Parts over a fresh database with the settings that the product ships."""
    with tempfile.TemporaryDirectory(prefix="beffroi-bench-") as folder:
        settings = Settings(data=Path(folder) / "data", demo=True)
        try:
            with open_database(settings) as urls:
                parts = Parts(settings, urls, Databases(urls, application="bench"), SystemClock())
                try:
                    yield parts
                finally:
                    parts.close()
        finally:
            EmbeddedPostgres.from_settings(settings).destroy()


def machine(parts: Parts) -> dict[str, str | int]:
    """Where a benchmark ran."""
    with psycopg.connect(parts.urls.owner) as connection:
        (version,) = connection.execute("show server_version").fetchone() or ("",)
    return {"cores": os.cpu_count() or 0, "python": platform.python_version(), "postgresql": version}
