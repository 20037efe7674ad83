"""Pools: opened when used, bounded, autocommit, named, with a time limit for each role."""

import threading

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from infra.database import pools
from infra.database.pools import SETTINGS, Databases
from infra.database.roles import Role, url_with
from tests.support.database import Database


def test_nothing_connects_before_it_is_asked_for(database: Database) -> None:
    databases = Databases(database.urls, application="quiet")
    with database.connect("owner") as owner:
        count = "select count(*) from pg_stat_activity where application_name like 'quiet%'"
        assert owner.execute(count).fetchone() == (0,)
        with databases.request.connection():
            assert owner.execute(count).fetchone() == (1,)
    databases.close()
    databases.close()


@pytest.mark.parametrize("role", ["append", "request", "project"])
def test_each_session_has_its_name_its_limits_and_autocommit(any_database: Database, role: Role) -> None:
    with any_database.pools.of(role).connection() as connection:
        assert connection.autocommit
        assert connection.info.get_parameters()["application_name"] == f"test {role}"
        for name, value in SETTINGS[role].items():
            row = connection.execute("select setting from pg_settings where name = %s", (name,)).fetchone()
            assert row == (str(value),)


def test_a_request_that_takes_too_long_is_cancelled(database: Database) -> None:
    with database.pools.request.connection() as connection:
        connection.execute("set statement_timeout = 50")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("select pg_sleep(5)")


def test_a_pool_has_a_bound_and_waits_before_it_refuses(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "WAIT_SECONDS", 0.1)
    databases = Databases(database.urls, sizes={"request": 1})
    with databases.request.connection(), pytest.raises(PoolTimeout), databases.request.connection():
        pass
    with databases.request.connection() as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    databases.close()


def test_closed_databases_open_no_more(database: Database) -> None:
    databases = Databases(database.urls)
    databases.close()
    with pytest.raises(RuntimeError, match="closed"):
        _ = databases.append


def test_threads_share_one_pool(database: Database) -> None:
    databases = Databases(database.urls)
    seen: set[int] = set()
    threads = [threading.Thread(target=lambda: seen.add(id(databases.request))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 1
    databases.close()


def test_the_options_of_the_url_are_kept(database: Database) -> None:
    url = url_with(database.urls.request, options="-c work_mem=8MB")
    databases = Databases(type(database.urls)(url, url, url, url))
    with databases.request.connection() as connection:
        assert connection.execute("show work_mem").fetchone() == ("8MB",)
        assert connection.execute("show statement_timeout").fetchone() == ("10s",)
    databases.close()
