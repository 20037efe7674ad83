"""What is published about the check is what the rules say, and every example tells the story of its rule."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from domain.tariffs.assess import (
    ASSESS_VERSION,
    RULES,
    VERSIONS,
    Finding,
    Verdict,
    read_scenario,
)
from domain.tariffs.assess.schema import scenario_schema
from services import cli_docs
from services.docs_assess import EXAMPLES, PAGES, ROOT, SCHEMAS, documents, kebab
from tests.support.tariff_scenarios import Json

CAEN = {
    ("N1", "child", 0, 17): "16.04",
    ("N1", "adult", 18, 49): "31.86",
    ("N1", "adult", 50, None): "47.80",
    ("N3", "child", 0, 17): "37.43",
    ("N3", "adult", 18, 49): "66.73",
    ("N3", "adult", 50, None): "103.93",
}


def example(rule: str) -> Json:
    values: Json = json.loads((ROOT / EXAMPLES / f"{kebab(rule)}.json").read_text(encoding="utf-8"))
    return values


def findings(rule: str, version: int = ASSESS_VERSION) -> tuple[Finding, ...]:
    return VERSIONS[version](read_scenario(example(rule)))


@pytest.mark.parametrize("path", list(documents()), ids=str)
def test_a_page_is_what_would_be_written_now(path: Path) -> None:
    written = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
    assert written == documents()[path], "run `beffroi docs assess`"


def test_there_is_a_page_and_an_example_for_each_rule_and_none_besides() -> None:
    names = {kebab(rule) for rule in RULES}
    assert {path.stem for path in (ROOT / PAGES).glob("*.md")} == {*names, "README"}
    assert {path.stem for path in (ROOT / EXAMPLES).iterdir()} == names
    assert {path.name for path in (ROOT / SCHEMAS).glob("*.json")} == {
        "scenario.schema.json",
        "findings.schema.json",
    }


def test_every_link_of_a_page_leads_somewhere() -> None:
    for path, text in documents().items():
        for target in re.findall(r"\]\(([^)#]+)\)", text) if path.suffix == ".md" else ():
            assert (ROOT / path.parent / target).exists(), f"{path}: {target}"


@pytest.mark.parametrize("rule", RULES)
def test_an_example_keeps_the_schema(rule: str) -> None:
    jsonschema.Draft202012Validator(scenario_schema()).validate(example(rule))


@pytest.mark.parametrize("rule", RULES)
def test_an_example_begins_with_the_grid_that_caen_published(rule: str) -> None:
    first = example(rule)["grids"][0]
    general = {
        (cell["formula"], cell["role"], cell["age_from"], cell["age_to"]): cell["monthly"]
        for cell in first["cells"]
        if "category" not in cell
    }
    assert (first["effective_on"], general) == ("2024-10-01", CAEN)


@pytest.mark.parametrize("rule", RULES)
def test_an_example_tells_of_its_rule_and_not_of_one_verdict_alone(rule: str) -> None:
    found = findings(rule)
    own = {each.verdict for each in found if each.rule == rule}
    assert own & {Verdict.VIOLATION, Verdict.LEGAL_ALERT}
    assert {each.verdict for each in found} >= {Verdict.COMPLIANT}
    assert own <= RULES[rule].prose.verdicts.keys()


@pytest.mark.parametrize("rule", RULES)
def test_an_example_shows_every_verdict_that_the_rule_can_give(rule: str) -> None:
    shown = {each.verdict for each in findings(rule) if each.rule == rule}
    never = UNSHOWN.get(rule, set())
    assert RULES[rule].prose.verdicts.keys() - shown == never


UNSHOWN = {
    # The index is the story there; how an exemption works is that of the fixed cap.
    "ANNUAL_CAP_INDEXED": {Verdict.EXEMPTED},
    # One convention has one verdict: the other two would be other files.
    "NO_FEE": {Verdict.COMPLIANT, Verdict.INDETERMINATE},
    "NO_WAITING_PERIOD": {Verdict.COMPLIANT, Verdict.INDETERMINATE},
}


@pytest.mark.parametrize("rule", RULES)
def test_its_page_has_the_clause_the_parameters_the_verdicts_and_the_command(rule: str) -> None:
    page = documents()[PAGES / f"{kebab(rule)}.md"]
    prose = RULES[rule].prose
    assert f"# {rule}: {prose.title}\n" in page
    assert f"> {prose.clause}\n" in page
    for name in scenario_schema()["$defs"][rule]["properties"]:
        assert f"| `{name}` |" in page
    for verdict in prose.verdicts:
        assert f"| `{verdict.value}` |" in page
    assert f"    beffroi assess {EXAMPLES}/{kebab(rule)}.json\n" in page
    for each in findings(rule):
        assert f"| {each.from_on} |" in page


def test_the_command_writes_what_is_missing_and_checks_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_docs, "FOLDER", tmp_path / "docs")
    result = CliRunner().invoke(cli_docs.docs, ["assess", "--check"])
    assert result.exit_code == 1
    assert "docs/schemas/scenario.schema.json is not up to date: run `beffroi docs assess`" in result.output
    assert CliRunner().invoke(cli_docs.docs, ["assess"]).exit_code == 0
    assert CliRunner().invoke(cli_docs.docs, ["assess", "--check"]).exit_code == 0
    assert {path: (tmp_path / path).read_text(encoding="utf-8") for path in documents()} == documents()
