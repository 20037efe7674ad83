"""`beffroi assess`: what it tells people and programs of a file, and how it leaves."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result

from domain.money import NARROW_SPACE, SPACE
from domain.tariffs.assess import assess as judge
from domain.tariffs.assess import finding_to_json, read_scenario, summary
from domain.tariffs.assess.schema import findings_schema, scenario_schema
from services.assess_table import WIDTH
from services.cli_assess import assess
from services.docs_assess import EXAMPLES, ROOT
from tests.support.tariff_scenarios import Json, cell, exemption, grid, prices, scenario

FILES = sorted((ROOT / EXAMPLES).glob("*.json"))
STORIES = ("notice", "weighted-average-cap", "uniform-increase")
KEPT = prices(("2024-10-01", "47.80"), ("2026-01-01", "49.23"))
BROKEN = prices(("2024-10-01", "47.80"), ("2026-01-01", "49.24"))


def run(*arguments: str, told: object = None) -> Result:
    """The command with `told` on standard input, as JSON."""
    text = None if told is None else json.dumps(told)
    return CliRunner().invoke(assess, arguments, input=text, catch_exceptions=False)


def program(*arguments: str, **said: Any) -> "subprocess.CompletedProcess[str]":
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "services.cli", "assess", *arguments],
        cwd=ROOT, text=True, encoding="utf-8", check=False, timeout=60, **{"stderr": subprocess.PIPE, **said},
    )  # fmt: skip


def plain(text: str) -> str:
    """The text with spaces that may break, for comparing."""
    return text.replace(SPACE, " ").replace(NARROW_SPACE, " ")


def undecidable() -> Json:
    values = prices(("2024-10-01", "47.80"))
    values["convention"]["commitments"] = [
        {"id": "c1", "rule": "MIN_DISCOUNT", "params": {"min_discount_percent": "15"}}
    ]
    return values


# What it says


@pytest.mark.parametrize(
    ("values", "code", "last"),
    [
        (KEPT, 0, "Tous les engagements sont tenus."),
        (BROKEN, 1, "Au moins un engagement n’est pas tenu."),
        (
            undecidable(),
            0,
            "Aucun manquement établi, mais tout ne peut pas être vérifié avec les données du fichier.",
        ),
        (prices(("2024-10-01", "47.80")), 0, "Rien n’est encore à vérifier."),
        (scenario(), 0, "Rien n’est encore à vérifier."),
    ],
)
def test_the_exit_code_and_the_last_line_tell_whether_all_is_kept(values: Json, code: int, last: str) -> None:
    result = run("-", told=values)
    assert (result.exit_code, result.output.splitlines()[-1]) == (code, last)


def test_a_legal_alert_is_not_kept_either() -> None:
    result = run(str(ROOT / EXAMPLES / "statutory-freeze.json"))
    assert result.exit_code == 1
    assert result.output.splitlines()[-1].startswith("Les prix dépassent une limite fixée par une loi")


def test_a_table_says_what_is_broken_by_how_much_and_why() -> None:
    assert (
        plain(run("-", told=BROKEN).output)
        == """\
Convention « caen-2024 », du 01/10/2024 au 30/09/2029

c1 · plafond annuel fixe (ANNUAL_CAP_FIXED) : non tenu
  Constat   Grille  Case                Du           Limite  Observé    Écart
  Non tenu  g2      N1, 50 ans et plus  01/01/2026  49,23 €  49,24 €  +0,01 €
    Le prix de 49,24 € dépasse de 0,01 € le plafond de 49,23 €, soit 47,80 € en vigueur le 31
    décembre 2025 plus 3 %.
  Sans objet (1) : Première grille connue : il n’y a pas encore de prix antérieur auquel comparer.

Bilan : 1 manquement, 1 sans objet.
Au moins un engagement n’est pas tenu.
"""
    )


def test_days_percentages_and_signs_are_written_as_a_french_reader_expects() -> None:
    told = {name: plain(run(str(ROOT / EXAMPLES / f"{name}.json")).output) for name in STORIES}
    assert "31/10/2026  20/11/2026  +20 j" in told["notice"]
    assert "3,50 %   3,62 %  +0,12 %" in told["weighted-average-cap"]
    assert "38,52 €   37,52 €  −1,00 €" in told["uniform-increase"]


def test_commitments_and_their_findings_come_the_worst_first() -> None:
    steps = ("2024-10-01", "47.80"), ("2025-06-01", "48.00"), ("2026-01-01", "50.13")
    values = prices(*steps, exemptions=(exemption(revoked_on="2026-06-01"),))
    cap = values["convention"]["commitments"][0]
    values["convention"]["commitments"] = [
        {"id": "c9", "rule": "NO_FEE", "params": {}},
        {**cap, "id": "c5", "params": {"max_rise_percent": "9"}},
        {"id": "c7", "rule": "MIN_DISCOUNT", "params": {"min_discount_percent": "15"}},
        cap,
    ]
    lines = run("-", told=values).output.splitlines()
    assert [line[:2] for line in lines if " · " in line] == ["c1", "c7", "c9", "c5"]
    rows = [line.split()[0] for line in lines if line.startswith(("  Non", "  Dérog", "  Tenu", "  Indéc"))]
    assert rows[:3] == ["Non", "Dérogation", "Tenu"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_line_fits_and_columns_stand_below_their_headings(file: Path) -> None:
    lines = run(str(file)).output.splitlines()
    assert max(map(len, lines)) <= WIDTH
    heading = ""
    for line in lines:
        if line.startswith("  Constat"):
            heading = line
        elif line.startswith(("  Non tenu", "  Tenu", "  Dérogation", "  Indécidable", "  Alerte")):
            edge = heading.index("Du")
            assert line[edge - 1] == " "
            assert line[edge : edge + 10].count("/") == 2


def test_long_names_go_on_below_in_their_column() -> None:
    long = "Formule renforcée avec chambre particulière et médecines douces"
    values = scenario(
        grid("g1", "2024-10-01", cell("47.80", long)),
        grid("grille-notifiée-par-le-conseil-d-administration", "2026-01-01", cell("49.00", long)),
    )
    output = run("-", told=values).output
    assert max(map(len, output.splitlines())) <= WIDTH
    for word in long.split():
        assert word in output


def test_what_is_kept_is_cut_after_twenty_lines_unless_all_is_asked_for() -> None:
    steps = [(f"{year}-01-01", "47.80") for year in range(2025, 2055)]
    short, whole = run("-", told=prices(*steps)).output, run("-", "--all", told=prices(*steps)).output
    assert short.count("  Tenu ") == 20
    assert f"… et 9{SPACE}constats «{SPACE}tenu{SPACE}» de plus (--all les montre)." in short
    assert whole.count("  Tenu ") == 29
    assert "--all" not in whole


def test_what_was_known_then_is_said_in_paris_time() -> None:
    first = run("-", told={**KEPT, "as_known_at": "2026-07-31T22:30:00Z"}).output.splitlines()[:2]
    assert f"connu le 01/08/2026 à 0{SPACE}h{SPACE}30" in " ".join(first)


# For programs


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_json_holds_the_findings_and_their_summary_and_keeps_its_schema(file: Path) -> None:
    result = run(str(file), "--json")
    written = json.loads(result.stdout_bytes)
    findings = judge(read_scenario(file.read_bytes()))
    assert written == {"findings": [finding_to_json(each) for each in findings], "summary": summary(findings)}
    jsonschema.Draft202012Validator(findings_schema()).validate(written)
    assert result.exit_code == (
        1 if written["summary"]["VIOLATION"] + written["summary"]["LEGAL_ALERT"] else 0
    )
    assert "é".encode() in result.stdout_bytes


def test_json_without_findings_is_json() -> None:
    assert json.loads(run("-", "--json", told=scenario()).output)["findings"] == []


def test_the_schema_is_written_without_a_file() -> None:
    result = run("--schema")
    assert (result.exit_code, json.loads(result.output)) == (0, scenario_schema())


# A wrong file


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_wrong_file_is_told_on_standard_error_with_path_expected_and_found(option: list[str]) -> None:
    values = prices(("2024-10-01", "47.80"))
    values["grids"][0]["cells"][0]["monthly"] = 47.8
    result = run("-", *option, told=values)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "beffroi assess: standard input is no scenario that can be judged\n"
        "  at        $.grids[0].cells[0].monthly\n"
        '  expected  an amount in euros as a text with two decimals, such as "47.80"\n'
        "  found     the number 47.8\n"
    )


def test_a_file_that_cannot_be_read_is_told_apart(tmp_path: Path) -> None:
    for file, why in ((tmp_path, "Is a directory"), (tmp_path / "none.json", "No such file or directory")):
        result = run(str(file))
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == f"beffroi assess: {file} cannot be read: {why}\n"


def test_without_a_file_it_says_what_it_wants() -> None:
    result = run()
    assert result.exit_code == 2
    assert "name the scenario to check, or - for standard input" in result.stderr


# As a program among others


def test_it_needs_neither_a_database_nor_the_service(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(KEPT))
    code = (
        f"import sys\nfrom services.cli import main\nmain(['assess', {str(file)!r}], standalone_mode=False)"
    )
    loaded = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
    done = subprocess.run(
        [sys.executable, "-c", loaded + code],
        cwd=ROOT, text=True, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0
    heavy = {"flask", "psycopg", "sqlalchemy", "eventsourcing", "babel", "cryptography", "jinja2", "asyncio"}
    assert heavy.isdisjoint(done.stderr.split())


def test_a_closed_pipe_ends_it_without_a_word(tmp_path: Path) -> None:
    for values, code in ((KEPT, 0), (BROKEN, 1)):
        file = tmp_path / "scenario.json"
        file.write_text(json.dumps(values))
        reader, writer = os.pipe()
        os.close(reader)
        done = program(str(file), "--json", stdout=writer)
        os.close(writer)
        assert (done.returncode, done.stderr) == (code, "")


def test_standard_output_that_is_full_or_closed_is_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(KEPT))
    with Path("/dev/full").open("w") as full:
        done = program(str(file), stdout=full)
    assert done.returncode == 2
    assert done.stderr == "beffroi assess: the result cannot be written: No space left on device\n"
    done = subprocess.run(
        f"{sys.executable} -m services.cli assess {file} >&-; echo $?; {sys.executable} -m services.cli assess - <&-",
        cwd=ROOT, shell=True, text=True, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "0\n")
    assert done.stderr == "beffroi assess: standard input is closed\n"


def test_its_words_are_utf_8_whatever_the_terminal_is_set_to(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(BROKEN))
    strange = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    assert "Écart" in program(str(file), stdout=subprocess.PIPE, env=strange).stdout


def test_colours_are_for_terminals_that_want_them(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(json.dumps(BROKEN))
    plain = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    for environment, coloured in ((plain, True), ({**plain, "NO_COLOR": "1"}, False)):
        ours, theirs = os.openpty()
        program(str(file), stdout=theirs, env=environment)
        os.close(theirs)
        assert (b"\x1b[31mNon tenu" in os.read(ours, 10_000)) is coloured
        os.close(ours)
    assert "\x1b" not in program(str(file), stdout=subprocess.PIPE, env=plain).stdout
