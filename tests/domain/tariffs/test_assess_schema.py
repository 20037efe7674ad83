"""The published schema of a scenario takes whatever the reader takes, and refuses what nobody should write."""

import copy
import json
from functools import cache
from random import Random
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.tariffs.assess import RULES, ScenarioError, assess, finding_to_json, read_scenario, summary
from domain.tariffs.assess.reading import REQUIRED, record
from domain.tariffs.assess.schema import findings_schema, plain_default, scenario_schema
from domain.tariffs.assess.shapes import shape_of
from tests.support.tariff_scenarios import WHOLE, Json
from tests.support.tariff_scenarios_random import random_scenario

SCENARIO = jsonschema.Draft202012Validator(scenario_schema(), format_checker=jsonschema.FormatChecker())
FINDINGS = jsonschema.Draft202012Validator(findings_schema(), format_checker=jsonschema.FormatChecker())


def reads(values: object) -> bool:
    try:
        read_scenario(values)
    except ScenarioError:
        return False
    return True


def as_text(values: object) -> Json:
    """The values as a file would hold them."""
    found: Json = json.loads(json.dumps(values))
    return found


@pytest.mark.parametrize("schema", [scenario_schema(), findings_schema()])
def test_both_are_schemas(schema: Json) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


def test_every_rule_and_every_parameter_is_explained() -> None:
    schema = scenario_schema()
    for name, rule in RULES.items():
        for key, value in schema["$defs"][name]["properties"].items():
            assert value.get("description"), f"{name}.{key}"
        assert all(rule.prose[:4]), name
        assert rule.prose.example, name
        assert rule.prose.verdicts, name


@pytest.mark.parametrize("rule", RULES)
def test_a_default_is_written_as_a_file_would_say_it(rule: str) -> None:
    fields: Any = shape_of(RULES[rule].read).keywords["properties"]
    for key, field in fields.items():
        if field.default is not REQUIRED:
            assert field.read(plain_default(field)) == field.default, key


def test_what_has_a_name_is_explained_too() -> None:
    for name, part in scenario_schema()["$defs"].items():
        for key, value in part.get("properties", {}).items():
            assert value.get("description"), f"{name}.{key}"


def test_the_whole_file_keeps_the_schema() -> None:
    SCENARIO.validate(as_text(WHOLE))


def test_a_reader_that_does_not_say_what_it_takes_cannot_be_published() -> None:
    with pytest.raises(TypeError, match="does not say what it takes"):
        shape_of(lambda value: value)
    assert shape_of(record(dict, {})).keywords["additionalProperties"] is False


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.sampled_from(list(RULES)))
def test_whatever_can_be_judged_keeps_the_schemas_before_and_after(seed: int, rule: str) -> None:
    values = random_scenario(Random(seed), (rule,))
    SCENARIO.validate(as_text(values))
    findings = assess(read_scenario(values))
    FINDINGS.validate(
        {"findings": [finding_to_json(each) for each in findings], "summary": summary(findings)}
    )


# One wrong value

TEXTS = [
    "", " N1", "N1 ", "a\tb", "N\n1", "\ufeffN1", "0.00", "-0", "-0.0", "00.00", "47.80\n", "3", "-3", "2.05", "1e5",
    "3.", "100", "100.5", "0.000000000000", "1" * 13, "2026-01-01", "2026-02-30", "2026-02-30\n", "0999-01-01",
    "9999-12-31", "2026-01-01T00:00Z", "2026-01-01T00:00:00.5+01:00", "2026-01-01T00:00:00", "12-31", "02-29", "02-30",
    "g1", "c1", "N1", "general", "student", "PMSS", "TAX", "HALF_UP", "ALL", "NO_FEE", "NOTICE",
]  # fmt: skip
texts = st.sampled_from(TEXTS) | st.text(max_size=6)
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 200) | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [each for key, item in inner for each in places(item, (*path, key))]


@cache
def sound(rule: str) -> Json:
    """A file in which everything is said once, with a commitment to a rule."""
    chance = Random(7)
    values = random_scenario(chance, (rule,))
    return {**copy.deepcopy(WHOLE), "convention": values["convention"], "exemptions": []}


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_what_the_reader_takes_the_schema_takes_whatever_one_value_is(data: st.DataObject) -> None:
    values = copy.deepcopy(sound(data.draw(st.sampled_from(list(RULES)))))
    path = data.draw(st.sampled_from(places(values)))
    holder: Any = values
    for part in path[:-1]:
        holder = holder[part]
    if isinstance(holder, dict) and data.draw(st.booleans()):
        del holder[path[-1]]
        if data.draw(st.booleans()):
            holder[data.draw(texts)] = data.draw(junk)
    else:
        holder[path[-1]] = data.draw(junk)
    if reads(values):
        SCENARIO.validate(as_text(values))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["grids", 0, "cells", 0, "monthly"], 47.8),
        (["grids", 0, "cells", 0, "monthly"], "47.8"),
        (["grids", 0, "cells", 0, "monthly"], "-47.80"),
        (["grids", 0, "cells", 0, "price"], "47.80"),
        (["grids", 0, "cells", 0, "formula"], ""),
        (["grids", 0, "cells", 0, "age_from"], 151),
        (["grids", 0, "cells", 0, "parent"], "N1"),
        (["grids", 0, "effective_on"], "2026-02-30"),
        (["grids", 0, "recorded_at"], "2026-02-01"),
        (["grids", 1, "declared_rise_percent"], {"N1": 2.9}),
        (["convention", "commitments", 0, "rule"], "CAP"),
        (["convention", "commitments", 0, "params"], {}),
        (["convention", "commitments", 0, "params", "period"], "MONTH"),
        (["convention", "commitments", 0, "params", "max_rise_percent"], "-1"),
        (["exemptions", 0, "factor"], ["1.02"]),
        (["exemptions", 0, "factor", 1], "0"),
        (["indices", 0, "index"], "IPC"),
        (["quotes", 0, "people", 0, "age"], "40"),
        (["as_known_at"], "yesterday"),
    ],
)
def test_what_is_wrong_by_itself_the_schema_refuses_as_the_reader_does(
    path: list[str | int], value: object
) -> None:
    values = copy.deepcopy(WHOLE)
    holder: Any = values
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    assert not reads(values)
    assert not SCENARIO.is_valid(as_text(values))


@pytest.mark.parametrize(
    "change",
    [
        {"exemptions": ["x1"]},
        {"verdict": "EXEMPTED"},
        {"anchor": 47.8},
        {"limit": "47.8"},
        {"reason": None},
        {"from": None},
        {"note": ""},
    ],
)
def test_a_report_that_we_would_not_write_breaks_its_schema(change: Json) -> None:
    findings = [finding_to_json(each) for each in assess(read_scenario(WHOLE))]
    report = {"findings": findings, "summary": summary(())}
    FINDINGS.validate(report)
    findings[0] |= change
    assert not FINDINGS.is_valid(report)
