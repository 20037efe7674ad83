"""The test databases themselves: fresh, migrated, and really of two versions."""

from tests.support.database import Database


def test_each_test_has_its_own_migrated_database(database: Database) -> None:
    with database.connect("owner") as connection:
        assert connection.execute("select count(*) from migration.revision").fetchone() == (1,)
        connection.execute("create table migration.mine ()")


def test_what_another_test_made_is_not_there(database: Database) -> None:
    with database.connect("owner") as connection:
        assert connection.execute("select to_regclass('migration.mine')").fetchone() == (None,)


def test_any_database_is_of_the_version_it_says(any_database: Database) -> None:
    with any_database.connect("request") as connection:
        assert connection.info.server_version // 10000 == any_database.version


def test_the_pools_connect_under_their_roles(database: Database) -> None:
    for role in ("append", "request", "project"):
        with database.pools.of(role).connection() as connection:
            assert connection.execute("select current_user").fetchone() == (f"beffroi_{role}",)
