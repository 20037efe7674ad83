"""What holds of every rule: falls are free, order does not matter, only what was known counts, nothing makes it crash.

Scenarios are drawn from fixed seeds, so that a failure comes back.
"""

import copy
import json
import re
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from domain.tariffs.assess import (
    RULES,
    ScenarioError,
    assess,
    finding_to_json,
    findings_digest,
    read_scenario,
    summary,
)
from tests.support.tariff_oracle_world import cents, day_of, euros, instant, paris
from tests.support.tariff_scenarios import Json, bare
from tests.support.tariff_scenarios_random import random_rules, random_scenario


def told(values: Json) -> list[Json]:
    return bare(assess(read_scenario(json.dumps(values))))


def mixes(count: int, name: str) -> list[tuple[Random, Json]]:
    chances = [Random(f"{name} {seed}") for seed in range(count)]
    return [(chance, random_scenario(chance, random_rules(chance))) for chance in chances]


# Falls


def flat(values: Json) -> bool:
    """Whether the promise does not itself become stricter with time."""
    params = values["convention"]["commitments"][0]["params"]
    return "tiers" not in params and params.get("period") != "ROLLING_12M"


@pytest.mark.parametrize(
    "rule",
    [
        "PRICE_FREEZE",
        "ANNUAL_CAP_FIXED",
        "CUMULATIVE_CAP",
        "WEIGHTED_AVERAGE_CAP",
        "STATUTORY_FREEZE",
        "CHANGE_WINDOW",
    ],
)
def test_a_fall_never_breaks_what_was_kept(rule: str) -> None:
    kept = 0
    for seed in range(120):
        chance = Random(f"{rule} falls {seed}")
        values = random_scenario(chance, (rule,))
        values["as_known_at"], values["exemptions"] = None, []
        before = told(values)
        if not before or not flat(values):
            continue
        latest = next(grid for grid in values["grids"] if grid["id"] == before[-1]["grid"])
        day = (day_of(latest["effective_on"]) + timedelta(days=1)).isoformat()
        compliant = [
            each["cell"]
            for each in before
            if each["grid"] == latest["id"]
            and each["verdict"] == "COMPLIANT"
            and each["from"] <= day <= (each["to"] or day)
        ]
        fall = copy.deepcopy(latest) | {"id": "fall", "corrects": None, "effective_on": day}
        for cell in fall["cells"]:
            cell["monthly"] = euros(max(0, cents(cell["monthly"]) - chance.choice([0, 1, 200])))
        values["grids"].append(fall)
        for each in told(values):
            if each["grid"] == "fall" and each["from"] == day and each["cell"] in compliant:
                assert each["verdict"] in {"COMPLIANT", "INDETERMINATE", "NOT_APPLICABLE"}, seed
                kept += each["verdict"] == "COMPLIANT"
    assert kept


# Order


def apart(values: Json) -> Json:
    """The same, nothing being recorded at the same instant: such things are told apart by their order in the file."""
    for name in ("grids", "reference_grids"):
        for place, each in enumerate(values[name]):
            moment = instant(each["recorded_at"]) + timedelta(microseconds=place)
            each["recorded_at"] = moment.isoformat()
    return values


def test_the_order_of_what_a_file_lists_does_not_matter() -> None:
    for chance, drawn in mixes(200, "order"):
        values = apart(drawn)
        before = told(values)
        for name in ("grids", "reference_grids", "indices", "headcounts", "members", "quotes"):
            chance.shuffle(values[name])
        for each in (*values["grids"], *values["reference_grids"], *values["headcounts"]):
            chance.shuffle(each["cells"])
        assert told(values) == before


def test_findings_come_in_the_order_of_the_report() -> None:
    def listed(found: Json, first_days: dict[str, str]) -> tuple[Any, ...]:
        cell = found["cell"] or {}
        ages = cell.get("age_from") or 0, cell.get("age_to") is None, cell.get("age_to") or 0
        names = [cell.get(name) or "" for name in ("formula", "category", "role")]
        return (
            int(found["commitment"][1:]),
            first_days.get(found["grid"], ""),
            *names,
            *ages,
            found["subject"],
            found["from"],
        )

    for _, values in mixes(100, "listed"):
        first_days = {grid["id"]: grid["effective_on"] for grid in values["grids"]}
        found = [listed(each, first_days) for each in told(values)]
        assert found == sorted(
            found, key=lambda each: tuple(str(part) if part is None else part for part in each)
        )


# What was known


def test_a_judgement_as_of_an_instant_is_that_of_the_file_cut_to_what_was_recorded() -> None:
    cut = 0
    for chance, values in mixes(300, "known"):
        values["as_known_at"] = known = (
            f"{chance.choice(['2024-09-30', '2025-12-31', '2026-06-01'])}T22:30:00Z"
        )
        then = copy.deepcopy(values)
        then["as_known_at"] = None
        today = paris(known)
        for name in ("grids", "reference_grids", "exemptions"):
            then[name] = [each for each in then[name] if instant(each["recorded_at"]) <= instant(known)]
        for name, day in (("indices", "published_on"), ("headcounts", "taken_on")):
            then[name] = [each for each in then[name] if day_of(each[day]) <= today]
        for each in then["exemptions"]:
            if each["revoked_on"] and day_of(each["revoked_on"]) > today:
                each["revoked_on"] = None
        names = {grid["id"] for grid in then["grids"]}
        if any(grid["corrects"] not in {None, *names} for grid in then["grids"]):
            continue  # a file cannot name a grid that it lacks
        assert told(then) == told(values)
        cut += len(then["grids"]) < len(values["grids"])
    assert cut


# What comes out

MONEY = re.compile(r"-?\d+\.\d\d")
FIGURES = {
    "NOTICE": re.compile(r"\d{4}-\d\d-\d\d|\d+"),
    "CHANGE_WINDOW": re.compile(r"\d{4}-\d\d-\d\d|\d+"),
    "NO_WAITING_PERIOD": re.compile(r"\d+"),
}
KEYS = [
    "commitment", "rule", "grid", "cell", "subject", "from", "to", "verdict", "anchor", "limit", "observed", "excess",
    "reason",
]  # fmt: skip


def test_figures_are_texts_with_two_decimals_days_or_counts() -> None:
    for _, values in mixes(150, "figures"):
        findings = assess(read_scenario(json.dumps(values)))
        for found in map(finding_to_json, findings):
            exempted = ["exemptions"] if found["verdict"] == "EXEMPTED" else []
            assert list(found) == [*KEYS, *exempted]
            for name in ("anchor", "limit", "observed", "excess"):
                figure = found[name]
                written = FIGURES.get(str(found["rule"]), MONEY)
                assert figure is None or (isinstance(figure, str) and written.fullmatch(figure)), found
            date.fromisoformat(str(found["from"]))
            assert found["to"] is None or str(found["to"]) >= str(found["from"])
            assert json.loads(json.dumps(found)) == found
            assert str(found["reason"]).endswith(".")
        assert findings_digest(assess(read_scenario(values))) == findings_digest(findings)
        assert sum(summary(findings).values()) == len(findings)


# Anything at all

JUNK: list[Any] = [
    None, True, False, 0, -1, 3, 10**30, 1.5, "", "0.00", "3", "-3", "47.8", "1e5", "999999999999.99", "2026-01-01",
    "2025-02-29", "1000-01-01", "9999-12-31", "9999-12-31T23:59:59Z", "1000-01-01T00:00:00+01:00", "02-29", "g1", "c0",
    "N1", "adult", "PMSS", [], {}, [[]], {"N1": "3"}, ["0.000000000001", "999999999999"], ["1", "1"], "\ud800", "a\nb",
]  # fmt: skip


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [each for key, item in inner for each in places(item, (*path, key))]


def mutate(values: Json, chance: Random) -> None:
    """One value replaced by anything or by another of the file, left out, or said twice."""
    path = chance.choice(places(values))
    holder: Any = values
    for part in path[:-1]:
        holder = holder[part]
    kind = chance.choice(["junk", "junk", "other", "other", "gone", "twice"])
    if kind == "junk":
        holder[path[-1]] = copy.deepcopy(chance.choice(JUNK))
    elif kind == "other":
        other: Any = values
        for part in chance.choice(places(values)):
            other = other[part]
        holder[path[-1]] = copy.deepcopy(other)
    elif kind == "gone":
        del holder[path[-1]]
    elif isinstance(holder, list):
        holder.append(copy.deepcopy(holder[path[-1]]))


@pytest.mark.parametrize("rule", RULES)
def test_whatever_is_wrong_in_a_file_is_refused_at_a_path_or_judged(rule: str) -> None:
    refused = 0
    for seed in range(60):
        chance = Random(f"{rule} junk {seed}")
        values = random_scenario(chance, (rule,))
        for _ in range(chance.choice([1, 1, 2, 4])):
            mutate(values, chance)
        wrong = refusal(values)
        if wrong is not None:
            assert wrong.path.startswith("$")
            assert str(wrong).encode()
            refused += 1
            continue
        for found in assess(read_scenario(values)):
            json.dumps(finding_to_json(found), ensure_ascii=False).encode()
    assert refused


def refusal(values: Json) -> ScenarioError | None:
    try:
        read_scenario(values)
    except ScenarioError as wrong:
        return wrong
    return None
