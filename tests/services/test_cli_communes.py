"""`beffroi communes`: what a person is told when loading and looking up communes."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.directory.source import PACKAGE
from services.cli_communes import communes
from tests.support.communes import SMALL, write_package
from tests.support.database import Database, run_folder


@pytest.fixture
def installation(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The test's database, as an installation whose secrets are those of the run's cluster."""
    monkeypatch.setenv("BEFFROI_DATABASE_URL", database.owner_url)
    monkeypatch.setenv("BEFFROI_DATA", str(run_folder() / str(database.version)))
    return database


def run(*arguments: str) -> Result:
    return CliRunner().invoke(communes, arguments, catch_exceptions=False)


def test_a_load_says_what_is_in_force_and_a_second_one_that_it_was_already(
    installation: Database, tmp_path: Path
) -> None:
    package = str(write_package(tmp_path))
    first, second = run("load", "--node-modules", package), run("load", "--node-modules", package)
    assert (first.exit_code, second.exit_code) == (0, 0)
    said = f"Communes 2026 ({PACKAGE} 6.1.0): 3 communes, 3 former communes and arrondissements, loaded "
    assert first.output.startswith(said + "in ")
    assert second.output == said + "already.\n"


def test_a_load_says_what_it_replaced_and_which_codes_are_lost(
    installation: Database, tmp_path: Path
) -> None:
    run("load", "--node-modules", str(write_package(tmp_path / "a")))
    fewer = [row for row in SMALL["communes"] if row["code"] != "2A001"]
    result = run("load", "--node-modules", str(write_package(tmp_path / "b", "6.2.0", communes=fewer)))
    assert ", in place of 6.1.0.\n" in result.output
    assert result.output.endswith("Codes that lead to no commune any more: 2A001.\n")


def test_without_the_package_a_load_says_what_to_run(installation: Database, tmp_path: Path) -> None:
    result = run("load", "--node-modules", str(tmp_path))
    assert result.exit_code == 1
    assert "Run `npm ci`" in result.output


def test_a_package_that_does_not_hold_is_refused_by_name(installation: Database, tmp_path: Path) -> None:
    result = run("load", "--node-modules", str(write_package(tmp_path, communes=SMALL["communes"][:1] * 2)))
    assert result.exit_code == 1
    assert "a commune twice: 01001" in result.output


def test_a_search_shows_communes_and_why_they_are_there(installation: Database, tmp_path: Path) -> None:
    run("load", "--node-modules", str(write_package(tmp_path)))
    assert run("search", "grand").output == "01002      9,000  Grand-Bourg (Ain)\n"
    assert (
        run("search", "01003").output
        == "01002      9,000  Grand-Bourg (Ain)  [former code, 01003, Bourg-Neuf]\n"
    )
    assert run("search", "ile").output == "2A001          –  Île Vide (Corse-du-Sud)\n"
    assert run("search", "bourg", "--limit", "1").output.endswith("…\n")
    assert run("search", "zzz").output == "No commune answers to this.\n"


def test_a_search_before_the_first_load_says_what_to_run(installation: Database) -> None:
    result = run("search", "bourg")
    assert result.exit_code == 1
    assert "beffroi communes load" in result.output
