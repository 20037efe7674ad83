"""The embedded server: made once, joined, stopped, and started again after anything."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from infra.database.binaries import copy_wheel, major_version
from infra.database.embedded import EmbeddedPostgres, EmbeddedPostgresError
from infra.database.roles import url_with
from infra.database.server_process import ServerProcessError
from infra.database.server_user import ServerUser, ServerUserError
from tests.support.database import SETTINGS, binaries_of, run_folder

MakeCluster = Callable[..., EmbeddedPostgres]
VERSIONS = pytest.mark.parametrize("version", [18, 15])
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def pids(cluster: EmbeddedPostgres) -> list[int]:
    return list(cluster._process()._servers())


def count(url: str) -> int:
    with psycopg.connect(url) as connection:
        return int(connection.execute("select count(*) from kept").fetchone()[0])  # type: ignore[index]


def keep(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table if not exists kept (n int)")
        connection.execute("insert into kept values (1)")


@VERSIONS
def test_data_survive_a_stop_and_a_start(make_cluster: MakeCluster, version: int) -> None:
    cluster = make_cluster(version)
    assert not cluster.running()
    url = cluster.start()
    assert cluster.running()
    keep(url)
    cluster.stop()
    assert not cluster.running()
    assert pids(cluster) == []
    cluster.stop()
    assert cluster.start() == url
    assert count(url) == 1


def test_a_second_start_joins_the_running_server(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start()
    before = cluster._process().pid()
    assert EmbeddedPostgres(cluster._data).start() == cluster.start()
    assert cluster._process().pid() == before


@VERSIONS
def test_it_starts_right_after_its_main_process_is_killed(make_cluster: MakeCluster, version: int) -> None:
    cluster = make_cluster(version)
    url = cluster.start()
    keep(url)
    for expected in (1, 2, 3):
        busy = psycopg.connect(url)
        busy.execute("insert into kept values (0)")  # never committed
        os.kill(cluster._process().pid() or 0, signal.SIGKILL)
        assert cluster.start() == url
        busy.close()
        assert count(url) == expected
        keep(url)


def test_it_starts_after_everything_is_killed(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    keep(cluster.start())
    for pid in pids(cluster):
        os.kill(pid, signal.SIGKILL)
    assert count(EmbeddedPostgres(cluster._data, server_settings=SETTINGS).start()) == 1


def test_a_stale_pid_that_now_belongs_to_another_program_stops_nothing(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    keep(cluster.start())
    pid_file = cluster._process().data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    for pid in pids(cluster):
        os.kill(pid, signal.SIGKILL)
    user = cluster._locate()[2]
    other = subprocess.Popen(["sleep", "60"], user=user.uid if user.switches else None)
    try:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        assert not cluster.running()
        assert count(cluster.start()) == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_an_initdb_that_was_cut_short_is_made_again(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start()
    cluster.stop()
    data = cluster._process().data
    data.rename(data.with_name("data.new"))
    (data.with_name("data.new") / "global" / "pg_control").unlink()
    keep(cluster.start())


def test_two_starters_at_once_share_one_server(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    program = (
        "import sys; from pathlib import Path; from infra.database.embedded import EmbeddedPostgres as E;"
        "print(E(Path(sys.argv[1])).start(), flush=True); sys.stdin.read()"
    )
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(cluster._data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        urls = {starter.stdout.readline().strip() for starter in starters if starter.stdout}
        assert urls == {cluster.owner_url()}
        keep(cluster.owner_url())
    finally:
        for starter in starters:
            starter.communicate()


def test_the_last_one_out_stops_the_server(make_cluster: MakeCluster) -> None:
    first = make_cluster()
    second = EmbeddedPostgres(first._data)
    first.start()
    with second as url:
        assert not first.release()
        keep(url)
        with pytest.raises(EmbeddedPostgresError, match="Another process uses"):
            first.destroy()
    assert not first.running()


def test_a_user_that_is_killed_no_longer_counts(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    program = (
        "import os, sys; from pathlib import Path; from infra.database.embedded import EmbeddedPostgres as E;"
        "E(Path(sys.argv[1])).start(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(cluster._data)], check=False)
    assert cluster.running()
    cluster.start()
    assert cluster.release()
    assert not cluster.running()


@VERSIONS
def test_nobody_enters_without_the_password(make_cluster: MakeCluster, version: int) -> None:
    cluster = make_cluster(version)
    url = cluster.start()
    for user in ("beffroi_owner", "postgres"):
        for password in ("", "postgres", "wrong"):
            with pytest.raises(psycopg.OperationalError, match=r"password"):
                psycopg.connect(url_with(url, user=user, password=password, passfile="/dev/null"))
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(url_with(url, host="127.0.0.1"))


def test_folders_sockets_and_passwords_are_closed_to_others(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start()
    home, _, user = cluster._locate()
    for folder in (home, home / "data", home / "run", cluster._secrets.path):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((cluster._secrets.path / "postgres.json").stat().st_mode) == 0o600
    assert (home / "data").stat().st_uid == user.uid != 0
    assert list(home.glob(".password*")) == []
    socket = home / "run" / ".s.PGSQL.5432"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700


def test_the_server_inherits_no_secret_of_ours(
    make_cluster: MakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEFFROI_MASTER_KEY", "not for the server")
    cluster = make_cluster()
    cluster.start()
    environment = Path(f"/proc/{cluster._process().pid()}/environ").read_bytes()
    assert b"BEFFROI" not in environment
    assert b"TZ=UTC" in environment


def test_the_shape_of_the_cluster(make_cluster: MakeCluster) -> None:
    cluster = EmbeddedPostgres(make_cluster()._data)
    with psycopg.connect(cluster.start()) as connection:

        def show(name: str) -> str:
            return str(connection.execute("select current_setting(%s)", (name,)).fetchone()[0])  # type: ignore[index]

        assert show("fsync") == show("synchronous_commit") == show("full_page_writes") == "on"
        assert show("timezone") == "UTC"
        assert show("listen_addresses") == ""
        assert show("shared_buffers") == "256MB"
        assert show("data_checksums") == "on"
        assert show("server_encoding") == "UTF8"
        row = connection.execute(
            "select datcollate, pg_get_userbyid(datdba), rolsuper, rolcreaterole from pg_database, pg_roles "
            "where datname = current_database() and rolname = current_user"
        ).fetchone()
        assert row == ("C.UTF-8", "beffroi_owner", False, True)


def test_an_error_in_the_log_quotes_no_row(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    with psycopg.connect(cluster.start(), autocommit=True) as connection:
        connection.execute("create table person (name text primary key)")
        for _ in range(2):
            try:
                connection.execute("insert into person values (%s)", ("Zoé Dupont",))
            except psycopg.errors.UniqueViolation:
                time.sleep(0.2)
    written = "".join(path.read_text() for path in cluster.logs().glob("*.log"))
    assert "duplicate key" in written
    assert "Dupont" not in written


def test_the_data_of_another_major_version_are_refused(make_cluster: MakeCluster) -> None:
    cluster = make_cluster(15)
    cluster.start()
    cluster.stop()
    with pytest.raises(ServerProcessError, match="made by PostgreSQL 15, and this is PostgreSQL 18"):
        EmbeddedPostgres(cluster._data, binaries=binaries_of(18)).start()


def test_lost_passwords_are_said_not_replaced(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster.start()
    cluster.stop()
    secret = cluster._secrets.path / "postgres.json"
    content = secret.read_bytes()
    secret.unlink()
    with pytest.raises(EmbeddedPostgresError, match="is missing"):
        cluster.start()
    assert not secret.exists()
    cluster._secrets.read_or_create(
        "postgres.json", lambda: content.replace(b'superuser": "', b'superuser": "x')
    )
    with pytest.raises(EmbeddedPostgresError, match="do not accept the password"):
        cluster.start()


def test_a_long_path_gets_a_short_socket_folder(make_cluster: MakeCluster) -> None:
    base = make_cluster()._data.parent
    cluster = EmbeddedPostgres(
        base / ("long-" * 20) / "postgres", secrets=base / "secrets", server_settings=SETTINGS
    )
    try:
        url = cluster.start()
        folder = Path(str(conninfo_to_dict(url)["host"]))
        assert len(str(folder)) < 60
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        keep(url)
    finally:
        cluster.destroy()
    assert not folder.exists()


@as_root
def test_where_the_servers_user_cannot_go_its_data_are_elsewhere_and_it_is_said(
    make_cluster: MakeCluster,
) -> None:
    closed = make_cluster()._data.parent / "closed"
    closed.mkdir(parents=True, mode=0o700)
    said: list[str] = []
    cluster = EmbeddedPostgres(closed / "var" / "postgres", server_settings=SETTINGS, tell=said.append)
    try:
        url = cluster.start()
        assert "/var/lib/beffroi/" in url
        assert [
            sentence for sentence in said if "cannot reach" in sentence and "/var/lib/beffroi/" in sentence
        ]
        keep(url)
        cluster.stop()
        closed.chmod(0o755)
        assert count(EmbeddedPostgres(cluster._data, server_settings=SETTINGS).start()) == 1, (
            "the data are found again"
        )
        cluster.release()
    finally:
        remote = cluster.home().parent
        cluster.destroy(even_in_use=True)
    assert not remote.exists()


@as_root
def test_data_that_became_unreachable_are_not_replaced_by_empty_ones(make_cluster: MakeCluster) -> None:
    folder = make_cluster()._data.parent / "folder"
    folder.mkdir(parents=True, mode=0o755)
    cluster = EmbeddedPostgres(folder / "postgres", server_settings=SETTINGS)
    cluster.start()
    cluster.stop()
    folder.chmod(0o700)
    with pytest.raises(EmbeddedPostgresError, match="can no longer reach"):
        EmbeddedPostgres(folder / "postgres").start()


@as_root
def test_a_folder_of_somebody_else_is_refused(make_cluster: MakeCluster) -> None:
    cluster = make_cluster()
    cluster._data.mkdir(parents=True)
    os.chown(cluster._data, 12345, 12345)
    with pytest.raises(ServerUserError, match="belongs to another user"):
        cluster.start()
    os.chown(cluster._data, 0, 0)


def test_a_copy_of_the_programs_runs() -> None:
    destination = run_folder() / "copies"
    binaries = copy_wheel(destination)
    assert binaries == copy_wheel(destination)
    assert major_version(binaries) == 18
    cluster = EmbeddedPostgres(destination / "postgres", binaries=binaries, server_settings=SETTINGS)
    try:
        keep(cluster.start())
    finally:
        cluster.destroy()


def test_a_strict_umask_does_not_close_the_data_to_the_server(make_cluster: MakeCluster) -> None:
    cluster = EmbeddedPostgres(make_cluster()._data.parent / "a" / "b" / "postgres", server_settings=SETTINGS)
    before = os.umask(0o077)
    try:
        keep(cluster.start())
    finally:
        os.umask(before)
        cluster.destroy()


@as_root
def test_a_user_passes_where_its_class_of_permissions_lets_it() -> None:
    folder = run_folder() / "passage"
    folder.mkdir()
    for uid, gid, mode, passes in [
        (12345, 12345, 0o711, True),
        (12345, 12345, 0o770, False),
        (12345, 0, 0o710, True),
        (12345, 0, 0o701, False),
        (0, 12345, 0o100, True),
        (0, 12345, 0o077, False),
    ]:
        folder.chmod(mode)
        assert ServerUser(uid, gid, switches=True).reaches(folder / "not" / "made" / "yet") is passes
    folder.rmdir()
