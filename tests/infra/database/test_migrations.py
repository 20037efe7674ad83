"""Migrations: applied from nothing, repeated without harm, refused when the database is ahead."""

import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from infra.database.migrations import FOLDER, DatabaseNewerError, migrate, newest
from tests.support.database import Database

NEXT = """
from infra.database.migrations import sql_beside

revision, down_revision = "{revision}", "{before}"
upgrade = sql_beside(__file__)
"""


def add(folder: Path, revision: str, before: str, sql: str) -> None:
    (folder / "versions" / f"{revision}.py").write_text(NEXT.format(revision=revision, before=before))
    (folder / "versions" / f"{revision}.sql").write_text(sql)


@pytest.fixture
def later(tmp_path: Path) -> Path:
    """A later version of the code: one revision more."""
    shutil.copytree(FOLDER / "versions", tmp_path / "later" / "versions")
    add(
        tmp_path / "later",
        "9001",
        newest(),
        "create table directory.later (note text default '100%s :not a name');",
    )
    return tmp_path / "later"


def test_the_newest_revision_is_applied_and_a_repeat_changes_nothing(any_database: Database) -> None:
    assert migrate(any_database.owner_url) == newest()
    assert migrate(any_database.owner_url) == newest()
    with any_database.connect("owner") as connection:
        assert connection.execute("select version_num from migration.revision").fetchall() == [(newest(),)]


def test_a_database_ahead_of_the_code_is_refused_untouched(any_database: Database, later: Path) -> None:
    assert migrate(any_database.owner_url, later) == "9001"
    with pytest.raises(
        DatabaseNewerError, match=f"revision 9001; this version of Beffroi knows up to {newest()}"
    ):
        migrate(any_database.owner_url)
    assert migrate(any_database.owner_url, later) == "9001"


def test_a_revision_that_fails_leaves_the_one_before(any_database: Database, later: Path) -> None:
    add(later, "9002", "9001", "create table directory.half (); select 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(any_database.owner_url, later)
    with any_database.connect("owner") as connection:
        assert connection.execute("select version_num from migration.revision").fetchall() == [("9001",)]
        assert connection.execute("select to_regclass('directory.half')").fetchone() == (None,)


def test_two_services_that_start_together_migrate_once(database: Database, later: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from infra.database.migrations import migrate;"
        "print(migrate(sys.argv[1], Path(sys.argv[2])))"
    )
    add(later, "9002", "9001", "select pg_sleep(0.3); create table directory.once ();")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program, database.owner_url, str(later)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [process.communicate()[0].strip() for process in started] == ["9002", "9002"]


def test_revisions_are_one_line_of_numbers_each_with_its_sql() -> None:
    python = sorted(path.stem for path in (FOLDER / "versions").glob("*.py"))
    assert python == sorted(path.stem for path in (FOLDER / "versions").glob("*.sql"))
    assert [name[:4] for name in python] == [f"{number:04}" for number in range(1, len(python) + 1)]
    for name, before in zip(python, [None, *python], strict=False):
        says = f'revision, down_revision = "{name[:4]}", ' + (f'"{before[:4]}"' if before else "None")
        assert says in (FOLDER / "versions" / f"{name}.py").read_text().splitlines()


def test_every_schema_is_the_owners_and_nobody_makes_tables_in_public(any_database: Database) -> None:
    with any_database.connect("owner") as connection:
        rows = connection.execute(
            "select nspname from pg_namespace where pg_get_userbyid(nspowner) = 'beffroi_owner' order by 1"
        ).fetchall()
        assert {"directory", "identity", "ledger", "migration", "projection", "vault"} <= {
            name for (name,) in rows
        }
        public = connection.execute(
            "select nspacl::text from pg_namespace where nspname = 'public'"
        ).fetchone()
        assert public is not None
        assert ",=" not in public[0]
        assert not public[0].startswith("{=")
