"""`beffroi db`: what an operator types, run as a program of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from infra.database.embedded import EmbeddedPostgres
from infra.database.migrations import newest
from tests.support.database import binaries_of

Beffroi = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def data(make_cluster: Callable[..., EmbeddedPostgres]) -> Path:
    """A data folder whose embedded cluster is destroyed when the test ends."""
    return make_cluster()._data.parent


@pytest.fixture
def beffroi(data: Path) -> Beffroi:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BEFFROI_")}
        return subprocess.run(
            [Path(sys.executable).parent / "beffroi", *arguments],
            check=False,
            capture_output=True,
            text=True,
            env={**kept, "BEFFROI_DATA": str(data), **environment},
        )

    return run


def test_the_server_is_started_used_by_others_and_stopped(beffroi: Beffroi) -> None:
    assert beffroi("db", "status").returncode == 1
    assert beffroi("db", "start").returncode == 0
    migrated = beffroi("db", "migrate")
    assert migrated.stdout == f"The schema is at revision {newest()}.\n"
    status = beffroi("db", "status")
    assert status.returncode == 0, "a server that was started on purpose outlives its users"
    assert "running, PostgreSQL 18" in status.stdout
    assert f"revision  {newest()}" in status.stdout
    for role in ("owner", "append", "request", "project"):
        with psycopg.connect(beffroi("db", "url", role).stdout.strip()) as connection:
            assert connection.execute("select current_user").fetchone() == (f"beffroi_{role}",)
    assert beffroi("db", "stop").stdout == "The embedded database is stopped.\n"
    assert beffroi("db", "stop").stdout == "The embedded database is not running.\n"


def test_a_server_in_use_is_stopped_only_by_force(beffroi: Beffroi, data: Path) -> None:
    embedded = EmbeddedPostgres(data / "postgres")
    embedded.start()
    refused = beffroi("db", "stop")
    assert refused.returncode == 1
    assert "Another process uses the database" in refused.stderr
    assert embedded.running()
    assert beffroi("db", "stop", "--force").returncode == 0
    assert not embedded.running()


def test_a_server_started_for_one_command_stops_after_it(beffroi: Beffroi) -> None:
    assert beffroi("db", "migrate").returncode == 0
    assert "stopped" in beffroi("db", "status").stdout


def test_another_server_is_neither_started_nor_stopped(
    beffroi: Beffroi, make_cluster: Callable[..., EmbeddedPostgres]
) -> None:
    cluster = make_cluster(15)
    url = cluster.start()
    with psycopg.connect(cluster.administrator_url(), autocommit=True) as administrator:
        administrator.execute("alter role beffroi_owner nocreaterole")
    for command in ("start", "stop"):
        refused = beffroi("db", command, BEFFROI_DATABASE_URL=url)
        assert refused.returncode == 1
        assert "not ours" in refused.stderr
    refused = beffroi("db", "migrate", BEFFROI_DATABASE_URL=url)
    assert refused.returncode == 1
    assert "beffroi db roles-sql" in refused.stderr
    assert "Traceback" not in refused.stderr
    script = beffroi("db", "roles-sql", BEFFROI_DATABASE_URL=url).stdout
    psql = [str(binaries_of(15) / "psql"), "-qX", "-v", "ON_ERROR_STOP=1"]
    psql.append(cluster.administrator_url("beffroi"))
    subprocess.run(psql, input=script, text=True, check=True)
    assert beffroi("db", "migrate", BEFFROI_DATABASE_URL=url).returncode == 0
    assert "PostgreSQL 15" in beffroi("db", "status", BEFFROI_DATABASE_URL=url).stdout


def test_a_setting_that_cannot_be_read_is_one_sentence(beffroi: Beffroi) -> None:
    refused = beffroi("db", "status", PORT="http")
    assert refused.returncode == 1
    assert refused.stderr == "Error: PORT must be a number from 1 to 65535, not 'http'.\n"
