"""A scenario that is wrong is refused with the path at fault; one that is right is read exactly."""

import copy
import json
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from domain.money import Rounding
from domain.tariffs.assess import (
    VERSIONS,
    CellId,
    Commitment,
    Scenario,
    ScenarioError,
    assess,
    read_cells,
    read_commitment,
    read_scenario,
)
from domain.tariffs.assess.days import Period
from domain.tariffs.assess.model import ExemptionKind, IndexName, Params
from domain.tariffs.assess.rules import RULE_NAMES, RULES
from domain.tariffs.assess.rules.annual_cap_fixed import AnnualCapFixed
from tests.support.tariff_scenarios import WHOLE

ABSENT = object()


def changed(path: list[str | int], value: object) -> dict[str, Any]:
    values = copy.deepcopy(WHOLE)
    place: Any = values
    for part in path[:-1]:
        place = place[part]
    if value is ABSENT:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return values


def test_the_whole_file_is_read_exactly() -> None:
    scenario = read_scenario(WHOLE)
    assert scenario == read_scenario(json.dumps(WHOLE)) == read_scenario(json.dumps(WHOLE).encode())
    convention = scenario.convention
    assert (convention.fees, convention.waiting_period_days, convention.ends_on) == (0, 0, date(2029, 9, 30))
    assert convention.commitments == (
        Commitment(
            "c1", "ANNUAL_CAP_FIXED", AnnualCapFixed(Fraction(3), Period.CIVIL_YEAR, False, Rounding.FLOOR)
        ),
    )
    first, second = scenario.grids
    assert first.cells[0].id == CellId("N1", "general", "adult", 50, None)
    assert [cell.monthly for cell in first.cells] == [4780, 1604]
    assert (first.justified, second.justified, second.corrects) == (True, False, "g1")
    assert second.declared_rise_percent == {"N1": Fraction(29, 10)}
    assert second.recorded_at == datetime(2025, 7, 1, 9, 0, 0, 500000, tzinfo=UTC)
    assert second.cells[0].parent == first.cells[0].id
    assert scenario.reference_grids[0].cells[0].monthly == 5860
    assert (scenario.indices[0].index, scenario.indices[0].value) == (IndexName.IPC_HT_AVG, Fraction(9, 10))
    assert scenario.headcounts[0].counts == {first.cells[0].id: 260}
    exemption = scenario.exemptions[0]
    assert (exemption.kind, exemption.factor) == (ExemptionKind.TAX, Fraction(11532, 11327))
    assert (scenario.members[0].before, scenario.members[0].after) == (6673, 7561)
    assert [(person.role, person.age) for person in scenario.quotes[0].people] == [
        ("adult", 40),
        ("child", 12),
    ]
    assert scenario.as_known_at == datetime(2026, 2, 2, tzinfo=UTC)


def test_only_convention_and_grids_are_required() -> None:
    scenario = read_scenario({"convention": WHOLE["convention"], "grids": WHOLE["grids"]})
    assert scenario.as_known_at is None
    assert scenario.exemptions == ()


def test_parameters_have_the_defaults_of_the_contract() -> None:
    commitment = read_commitment(
        {"id": "c", "rule": "ANNUAL_CAP_FIXED", "params": {"max_rise_percent": "2.05"}}
    )
    assert commitment.params == AnnualCapFixed(Fraction(41, 20), Period.CIVIL_YEAR, False, Rounding.HALF_UP)


CELL: list[str | int] = ["grids", 0, "cells", 0]
PROMISE: list[str | int] = ["convention", "commitments", 0]


@pytest.mark.parametrize(
    ("path", "value", "where", "expected", "found"),
    [
        ([*CELL, "monthly"], 47.80, "$.grids[0].cells[0].monthly", "two decimals", "the number 47.8"),
        ([*CELL, "monthly"], 4780, "$.grids[0].cells[0].monthly", "text", "the number 4780"),
        ([*CELL, "monthly"], "47.8", "$.grids[0].cells[0].monthly", "two decimals", '"47.8"'),
        ([*CELL, "monthly"], "-1.00", "$.grids[0].cells[0].monthly", "amount", '"-1.00"'),
        ([*CELL, "monthly"], None, "$.grids[0].cells[0].monthly", "amount", "null"),
        ([*CELL, "monthly"], ABSENT, "$.grids[0].cells[0].monthly", "amount", "nothing"),
        ([*CELL, "price"], "47.80", "$.grids[0].cells[0].price", "monthly", "unknown key"),
        ([*CELL, "a b"], "47.80", '$.grids[0].cells[0]["a b"]', "monthly", "unknown key"),
        ([*CELL, "formula"], "", "$.grids[0].cells[0].formula", "not empty", '""'),
        ([*CELL, "formula"], " N1", "$.grids[0].cells[0].formula", "space", '" N1"'),
        ([*CELL, "formula"], "N\n1", "$.grids[0].cells[0].formula", "one line", "N\\n1"),
        ([*CELL, "formula"], "\ud800", "$.grids[0].cells[0].formula", "one line", ""),
        ([*CELL, "formula"], "E\u0301co", "$.grids[0].cells[0].formula", "form C", ""),
        ([*CELL, "formula"], 1, "$.grids[0].cells[0].formula", "a text", "the number 1"),
        ([*CELL, "age_from"], 50.0, "$.grids[0].cells[0].age_from", "whole number", "the number 50.0"),
        ([*CELL, "age_from"], True, "$.grids[0].cells[0].age_from", "whole number", "true"),
        ([*CELL, "age_from"], -1, "$.grids[0].cells[0].age_from", "from 0", "the number -1"),
        ([*CELL, "age_from"], ABSENT, "$.grids[0].cells[0].age_from", "whole number", "nothing"),
        ([*CELL, "age_to"], 49, "$.grids[0].cells[0].age_to", "50 or more", "the number 49"),
        ([*CELL, "parent"], "N1", "$.grids[0].cells[0].parent", "an object", '"N1"'),
        (
            [*CELL, "parent"],
            {"formula": "N1", "age_from": 9, "age_to": 3},
            "$.grids[0].cells[0].parent.age_to",
            "9 or more",
            "3",
        ),
        (
            [*CELL, "parent"],
            {"formula": "N1", "age_from": 50},
            "$.grids[0].cells[0].parent",
            "another",
            "itself",
        ),
        (["grids", 0, "cells"], {}, "$.grids[0].cells", "a list", "an object"),
        (
            ["grids", 0, "cells", 1],
            WHOLE["grids"][0]["cells"][0],
            "$.grids[0].cells[1]",
            "once",
            "a second time",
        ),
        (["grids", 1, "id"], "g1", "$.grids[1].id", "its own", "a second time"),
        (["grids", 1, "corrects"], "g9", "$.grids[1].corrects", "id of a grid", '"g9"'),
        (["grids", 1, "corrects"], "g2", "$.grids[1].corrects", "earlier grid", "in its turn"),
        (["grids", 0, "corrects"], "g2", "$.grids[0].corrects", "earlier grid", "in its turn"),
        (["grids", 0, "effective_on"], "2026-02-30", "$.grids[0].effective_on", "a day", '"2026-02-30"'),
        (["grids", 0, "effective_on"], "20260201", "$.grids[0].effective_on", "a day", ""),
        (["grids", 0, "effective_on"], "0001-01-01", "$.grids[0].effective_on", "a day", ""),
        (["grids", 0, "recorded_at"], "2024-07-01T09:00:00", "$.grids[0].recorded_at", "zone", ""),
        (["grids", 0, "recorded_at"], "2024-07-01", "$.grids[0].recorded_at", "zone", ""),
        (["grids", 0, "recorded_at"], "9999-12-31T23:59:59-05:00", "$.grids[0].recorded_at", "zone", ""),
        (["grids", 0, "justified"], 1, "$.grids[0].justified", "true or false", "the number 1"),
        (["grids", 1, "declared_rise_percent"], 2.9, "$.grids[1].declared_rise_percent", "decimal", "2.9"),
        (
            ["grids", 1, "declared_rise_percent", "N 2"],
            "2,9",
            '$.grids[1].declared_rise_percent["N 2"]',
            "decimal",
            '"2,9"',
        ),
        (["grids"], ABSENT, "$.grids", "a list", "nothing"),
        (["convention"], ABSENT, "$.convention", "an object", "nothing"),
        (
            ["convention", "ends_on"],
            "2024-09-30",
            "$.convention.ends_on",
            "not before 2024-10-01",
            "2024-09-30",
        ),
        (["convention", "fees"], 0, "$.convention.fees", "two decimals", "the number 0"),
        (
            ["convention", "commitments", 0, "id"],
            ABSENT,
            "$.convention.commitments[0].id",
            "a text",
            "nothing",
        ),
        (
            [*PROMISE, "params", "max_rise_percent"],
            3,
            "$.convention.commitments[0].params.max_rise_percent",
            "text",
            "3",
        ),
        (
            [*PROMISE, "params", "max_rise_percent"],
            "-3",
            "$.convention.commitments[0].params.max_rise_percent",
            "0",
            "",
        ),
        (
            [*PROMISE, "params", "max_rise_percent"],
            ABSENT,
            "$.convention.commitments[0].params.max_rise_percent",
            "decimal",
            "nothing",
        ),
        (
            [*PROMISE, "params", "period"],
            "YEARLY",
            "$.convention.commitments[0].params.period",
            "ROLLING_12M",
            "YEARLY",
        ),
        (
            [*PROMISE, "params", "carry_over"],
            "yes",
            "$.convention.commitments[0].params.carry_over",
            "true",
            "yes",
        ),
        (
            [*PROMISE, "params", "rounding"],
            "HALF_EVEN",
            "$.convention.commitments[0].params.rounding",
            "FLOOR",
            "",
        ),
        (
            [*PROMISE, "params", "scope"],
            "ALL",
            "$.convention.commitments[0].params.scope",
            "carry_over",
            "unknown key",
        ),
        ([*PROMISE, "params"], [], "$.convention.commitments[0].params", "an object", "a list"),
        ([*PROMISE, "rule"], "NONSENSE", "$.convention.commitments[0].rule", "ANNUAL_CAP_FIXED", "no rule"),
        (["exemptions", 0, "commitments", 0], "c9", "$.exemptions[0].commitments[0]", "a commitment", '"c9"'),
        (["exemptions", 0, "commitments"], ["c1", "c1"], "$.exemptions[0].commitments[1]", "once", "second"),
        (["exemptions", 0, "factor"], "1.02", "$.exemptions[0].factor", "two decimal", '"1.02"'),
        (["exemptions", 0, "factor"], ["1.02"], "$.exemptions[0].factor", "two decimal", "a list"),
        (["exemptions", 0, "factor", 1], "0", "$.exemptions[0].factor[1]", "above zero", '"0"'),
        (["exemptions", 0, "factor", 0], 1.02, "$.exemptions[0].factor[0]", "text", "1.02"),
        (["exemptions", 0, "valid_to"], "2025-12-31", "$.exemptions[0].valid_to", "not before", "2025-12-31"),
        (["exemptions", 0, "kind"], "WHIM", "$.exemptions[0].kind", "TAX, LAW", '"WHIM"'),
        (["indices", 0, "index"], "CPI", "$.indices[0].index", "PMSS", '"CPI"'),
        (["indices", 0, "year"], "2025", "$.indices[0].year", "whole number", '"2025"'),
        (["indices"], WHOLE["indices"] * 2, "$.indices[1]", "one value", "a second time"),
        (
            ["headcounts", 0, "cells", 0, "count"],
            2.5,
            "$.headcounts[0].cells[0].count",
            "whole number",
            "2.5",
        ),
        (
            ["headcounts", 0, "cells"],
            WHOLE["headcounts"][0]["cells"] * 2,
            "$.headcounts[0].cells[1]",
            "once",
            "second",
        ),
        (["headcounts"], WHOLE["headcounts"] * 2, "$.headcounts[1]", "a day", "second"),
        (["reference_grids"], WHOLE["reference_grids"] * 2, "$.reference_grids[1].id", "its own", "second"),
        (["members"], WHOLE["members"] * 2, "$.members[1].id", "its own", "second"),
        (["quotes", 0, "people", 1, "age"], 151, "$.quotes[0].people[1].age", "to 150", "151"),
        (["as_known_at"], "yesterday", "$.as_known_at", "an instant", '"yesterday"'),
        (["asKnownAt"], None, "$.asKnownAt", "as_known_at", "unknown key"),
    ],
)
def test_what_is_wrong_is_refused_where_it_is(
    path: list[str | int], value: object, where: str, expected: str, found: str
) -> None:
    values = changed(path, value)
    with pytest.raises(ScenarioError) as refused:
        read_scenario(values)
    error = refused.value
    assert error.path == where
    assert expected in error.expected
    assert found in error.found
    assert str(error) == f"{error.path}: expected {error.expected}, found {error.found}"
    assert str(error).encode()


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"{", b"\xff", b"\xfe\xff", b"null", b"[]", b'"x"', b"1", b"NaN", b'{"grids": NaN}', b"[" * 100_000,
        b"1" * 10_000, b"1e999999999", "{'a': 1}", 12, None, object(), {1: 2}, float("nan"), 10**10_000,
    ],
    ids=lambda raw: type(raw).__name__,
)  # fmt: skip
def test_what_is_no_scenario_at_all_is_refused(raw: object) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(raw)
    assert refused.value.path.startswith("$")
    assert str(refused.value).encode()


def test_a_key_that_comes_twice_is_refused_because_two_readers_could_differ() -> None:
    raw = json.dumps(WHOLE).replace('"monthly": "47.80"', '"monthly": "47.80", "monthly": "40.00"')
    with pytest.raises(ScenarioError) as refused:
        read_scenario(raw)
    assert refused.value.path == "$.grids[0].cells[0]"
    assert refused.value.found == 'the key "monthly" twice'


def test_a_file_saved_with_a_byte_order_mark_is_read() -> None:
    assert read_scenario(b"\xef\xbb\xbf" + json.dumps(WHOLE).encode()) == read_scenario(WHOLE)


def test_cells_and_commitments_can_be_read_alone() -> None:
    assert read_cells(WHOLE["grids"][0]["cells"]) == read_scenario(WHOLE).grids[0].cells
    with pytest.raises(ScenarioError) as refused:
        read_cells('[{"formula": "N1", "age_from": 50, "monthly": 47.80}]')
    assert (refused.value.path, refused.value.found) == ("$[0].monthly", "the number 47.80")
    with pytest.raises(ScenarioError) as refused:
        read_commitment(
            {"id": "c", "rule": "ANNUAL_CAP_FIXED", "params": {"max_rise_percent": "3", "period": 1}}
        )
    assert refused.value.path == "$.params.period"


def test_the_present_version_knows_every_rule_and_lists_them_to_whoever_names_another() -> None:
    assert tuple(RULES) == RULE_NAMES
    with pytest.raises(ScenarioError) as refused:
        read_scenario(changed([*PROMISE, "rule"], "PRICE_CAP"))
    assert refused.value.path == "$.convention.commitments[0].rule"
    assert refused.value.expected == f"one of the rules known here: {', '.join(RULE_NAMES)}"
    assert refused.value.found == '"PRICE_CAP", which is no rule'


@pytest.mark.parametrize("rule", sorted({*RULE_NAMES, "PRICE_CAP"} - {"ANNUAL_CAP_FIXED"}))
def test_the_first_version_refuses_the_rules_that_came_after_it(rule: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        VERSIONS[1](promising(Commitment("c2", rule, Params())))
    assert refused.value.path == "$.convention.commitments[1].rule"
    assert refused.value.expected == "one of the rules known here: ANNUAL_CAP_FIXED"
    assert ("not known yet" in refused.value.found) == (rule in RULE_NAMES)


def test_the_check_itself_refuses_what_is_no_rule_and_parameters_of_another_rule() -> None:
    with pytest.raises(ScenarioError, match="which is no rule"):
        assess(promising(Commitment("c2", "PRICE_CAP", Params())))
    with pytest.raises(TypeError, match="PRICE_FREEZE takes PriceFreeze, not Params"):
        assess(promising(Commitment("c2", "PRICE_FREEZE", Params())))


def promising(promise: Commitment) -> Scenario:
    scenario = read_scenario(WHOLE)
    convention = replace(scenario.convention, commitments=(*scenario.convention.commitments, promise))
    return replace(scenario, convention=convention)
