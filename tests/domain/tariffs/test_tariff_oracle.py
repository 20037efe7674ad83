"""The naive judgement gives the answers of the worked examples, so that it may be compared with the real one.

Prices are those of a published grid: 16.04 and 37.43 for a child, 31.86 and 66.73 under 50, 47.80 and 103.93 from 50.
"""

from typing import Any

import pytest

from tests.support.tariff_oracle import expected
from tests.support.tariff_scenarios import Json, cell, exemption, grid, key, prices, scenario

BASE = ("2024-10-01", "47.80")
IPC = [
    {"index": "IPC_HT_AVG", "year": 2024, "value": "1.8", "published_on": "2025-01-15"},
    {"index": "IPC_HT_AVG", "year": 2025, "value": "0.9", "published_on": "2026-01-15"},
]
PMSS = [
    {"index": "PMSS", "year": year, "value": value, "published_on": f"{year - 1}-12-20"}
    for year, value in ((2022, "3428"), (2023, "3666"), (2024, "3864"), (2025, "3925"), (2026, "4005"))
]


def promised(values: Json, rule: str, params: Json, **said: Any) -> list[Json]:
    """The findings when the scenario's convention promises this rule instead, and says that besides."""
    values["convention"]["commitments"] = [{"id": "c1", "rule": rule, "params": params}]
    return expected({**values, **said})


def outcome(found: list[Json]) -> list[tuple[str, str | None]]:
    return [(each["verdict"], each["excess"]) for each in found]


def last(found: list[Json], *names: str) -> tuple[Any, ...]:
    return tuple(found[-1][name] for name in names or ("verdict", "excess"))


@pytest.mark.parametrize(
    ("price", "day", "told"),
    [
        ("49.23", "2026-01-01", [("VIOLATION", "1.43"), ("COMPLIANT", "0.00")]),
        ("49.23", "2026-09-30", [("VIOLATION", "1.43"), ("COMPLIANT", "0.00")]),
        ("49.23", "2026-10-01", [("COMPLIANT", "0.00")]),
        ("47.80", "2026-01-01", [("COMPLIANT", "0.00"), ("COMPLIANT", "0.00")]),
    ],
)
@pytest.mark.parametrize("params", [{"until": "2026-09-30"}, {"months": 24}])
def test_a_freeze(price: str, day: str, told: Any, params: Json) -> None:
    found = promised(prices(BASE, (day, price)), "PRICE_FREEZE", params)
    assert outcome(found) == [("NOT_APPLICABLE", None), *told]
    assert last(found, "anchor", "limit") == ("47.80", None)


@pytest.mark.parametrize(
    ("old", "new", "rounding", "told"),
    [
        ("31.86", "32.82", "HALF_UP", ("COMPLIANT", "0.00")),
        ("31.86", "32.82", "FLOOR", ("VIOLATION", "0.01")),
        ("103.93", "107.05", "HALF_UP", ("COMPLIANT", "0.00")),
        ("103.93", "107.05", "FLOOR", ("VIOLATION", "0.01")),
        ("47.80", "49.24", "HALF_UP", ("VIOLATION", "0.01")),
        ("10.50", "10.82", "HALF_UP", ("COMPLIANT", "0.00")),
        ("33.50", "34.51", "HALF_UP", ("COMPLIANT", "0.00")),
        ("33.50", "34.51", "FLOOR", ("VIOLATION", "0.01")),
    ],
)
def test_a_fixed_annual_cap(old: str, new: str, rounding: str, told: Any) -> None:
    found = expected(prices(("2024-10-01", old), ("2026-01-01", new), rounding=rounding))
    assert outcome(found) == [("NOT_APPLICABLE", None), told]


@pytest.mark.parametrize(
    ("steps", "params", "told"),
    [
        ((("2026-03-01", "48.76"), ("2026-09-01", "49.74")), {}, ["0.00", "0.51"]),
        ((("2025-12-01", "49.23"), ("2026-02-01", "50.71")), {}, ["0.00", "0.00"]),
        ((("2025-12-01", "49.23"), ("2026-02-01", "50.71")), {"period": "ROLLING_12M"}, ["0.00", "1.48"]),
        ((("2026-01-01", "50.71"),), {}, ["1.48"]),
        ((("2026-01-01", "50.71"),), {"carry_over": True}, ["0.00"]),
    ],
)
def test_a_fixed_annual_cap_over_the_years(steps: Any, params: Json, told: list[str]) -> None:
    assert [each["excess"] for each in expected(prices(BASE, *steps, **params))[1:]] == told


INDEXED = {"index": "IPC_HT_AVG", "margin_points": "2", "ceiling_percent": "4"}


@pytest.mark.parametrize(
    ("steps", "params", "told"),
    [
        ((BASE, ("2026-01-01", "49.19")), {**INDEXED, "as_of": "NOW"}, ("COMPLIANT", "49.19", "0.00")),
        ((BASE, ("2026-01-01", "49.20")), {**INDEXED, "as_of": "NOW"}, ("VIOLATION", "49.19", "0.01")),
        ((BASE, ("2026-01-01", "49.19")), INDEXED, ("INDETERMINATE", None, None)),
        ((BASE, ("2026-01-01", "47.80")), INDEXED, ("COMPLIANT", "47.80", "0.00")),
        ((BASE, ("2026-01-01", "49.72")), INDEXED, ("VIOLATION", "49.71", "0.01")),
        (
            (BASE, ("2026-01-01", "49.62")),
            {**INDEXED, "if_unpublished": "LAST_PUBLISHED"},
            ("COMPLIANT", "49.62", "0.00"),
        ),
        (
            (("2022-06-01", "47.80"), ("2023-01-01", "49.71")),
            {"index": "PMSS", "ceiling_percent": "4"},
            ("COMPLIANT", "49.71", "0.00"),
        ),
        (
            (("2024-10-01", "15.45"), ("2026-01-01", "15.77")),
            {"index": "PMSS"},
            ("COMPLIANT", "15.77", "0.00"),
        ),
        (
            (("2024-10-01", "15.45"), ("2026-01-01", "15.77")),
            {"index": "PMSS", "index_precision": "RATIO"},
            ("VIOLATION", "15.76", "0.01"),
        ),
    ],
)
def test_an_indexed_annual_cap(steps: Any, params: Json, told: Any) -> None:
    values = prices(*steps)
    # The average of 2025 is known in time only where the day of notice comes after 15 January 2026.
    now = params.get("as_of") == "NOW"
    for each in values["grids"]:
        each["notified_on"] = (
            "2026-02-01" if now else "2025-12-31" if params["index"] == "PMSS" else "2025-10-31"
        )
    params = {name: said for name, said in params.items() if name != "as_of"}
    found = promised(values, "ANNUAL_CAP_INDEXED", params, indices=[*IPC, *PMSS])
    assert last(found, "verdict", "limit", "excess") == told


def test_a_cumulative_cap() -> None:
    steps = (BASE, ("2025-01-01", "49.23"), ("2026-01-01", "50.71"), ("2027-01-01", "52.23"))
    found = promised(prices(*steps), "CUMULATIVE_CAP", {"max_rise_percent": "8"})
    assert [each["excess"] for each in found] == [None, "0.00", "0.00", "0.61"]


def test_a_minimum_discount() -> None:
    references = [
        {"id": name, "valid_from": day, "recorded_at": "2024-01-02T09:00:00Z", "cells": [cell(price)]}
        for name, day, price in (("r1", "2024-10-01", "58.60"), ("r2", "2025-06-01", "57.00"))
    ]
    params = {"min_discount_percent": "15"}
    told = promised(prices((*BASE[:1], "49.81")), "MIN_DISCOUNT", params, reference_grids=references)
    assert outcome(told) == [("COMPLIANT", "0.00"), ("VIOLATION", "1.36")]
    told = promised(prices((*BASE[:1], "49.82")), "MIN_DISCOUNT", params, reference_grids=references[:1])
    assert outcome(told) == [("VIOLATION", "0.01")]
    assert outcome(promised(prices(BASE), "MIN_DISCOUNT", params)) == [("INDETERMINATE", None)]


def test_a_weighted_average() -> None:
    young, old, n3 = ("N1", (18, 49)), ("N1", (50, None)), ("N3", (50, None))
    values = scenario(
        grid("g1", "2024-10-01", cell("31.86", *young), cell("47.80", *old), cell("103.93", *n3)),
        grid("g2", "2026-01-01", cell("32.50", *young), cell("49.90", *old), cell("106.00", *n3)),
    )
    counts = [
        {**key(*young), "count": 120},
        {**key(*old), "count": 260},
        {**key(*n3), "count": 20},
    ]
    params = {"max_rise_percent": "3.5"}
    taken = [{"taken_on": "2024-01-02", "cells": counts}]
    found = promised(values, "WEIGHTED_AVERAGE_CAP", params, headcounts=taken)
    assert last(found, "verdict", "limit", "observed", "excess") == ("VIOLATION", "3.50", "3.62", "0.12")
    taken[0]["taken_on"] = "2024-01-03"
    assert last(promised(values, "WEIGHTED_AVERAGE_CAP", params, headcounts=taken)) == ("INDETERMINATE", None)


def test_an_age_structure() -> None:
    n3 = cell("37.43", "N3", (0, 17), role="child"), cell("66.73", "N3", (18, 49)), cell("103.93", "N3")
    found = promised(scenario(grid("g1", "2024-10-01", *n3)), "AGE_STRUCTURE", {"max_ratio": "1.55"})
    told = "verdict", "anchor", "limit", "observed", "excess"
    assert last(found, *told) == ("VIOLATION", "66.73", "103.43", "103.93", "0.50")
    hole = cell("12.00", ages=(0, 39)), cell("28.00", ages=(40, 59)), cell("35.00", ages=(67, None))
    found = promised(scenario(grid("g1", "2024-10-01", *hole)), "AGE_STRUCTURE", {})
    assert last(found, *told) == ("VIOLATION", None, None, None, None)


MEMBER = {"id": "m1", "birth_date": "1976-11-02", "formula": "N3", "before": "66.73", "on": "2026-01-01"}


@pytest.mark.parametrize(
    ("params", "after", "told"),
    [
        ({}, "75.61", ("COMPLIANT", "75.61", "0.00")),
        ({}, "75.62", ("VIOLATION", "75.61", "0.01")),
        ({"combine": "ADD"}, "75.40", ("COMPLIANT", "75.40", "0.00")),
        ({"combine": "ADD"}, "75.41", ("VIOLATION", "75.40", "0.01")),
        ({"age_basis": "EXACT_AT_1_JAN"}, "68.74", ("VIOLATION", "68.73", "0.01")),
        ({"age_basis": "EXACT_BIRTHDAY"}, "68.73", ("COMPLIANT", "68.73", "0.00")),
        ({"freeze_age": 50}, "75.61", ("VIOLATION", "68.73", "6.88")),
        ({"freeze_age": 51}, "75.61", ("COMPLIANT", "75.61", "0.00")),
    ],
)
def test_an_ageing_cap(params: Json, after: str, told: Any) -> None:
    values = scenario(grid("g1", "2024-10-01", cell("66.73", "N3", (18, 49)), cell("103.93", "N3")))
    params = {"max_ageing_percent": "10", "max_price_percent": "3", **params}
    found = promised(values, "AGEING_CAP", params, members=[{**MEMBER, "after": after}])
    assert last(found, "verdict", "limit", "excess") == told


@pytest.mark.parametrize(
    ("params", "children", "limit"),
    [
        ({"free_from_rank": 3}, 4, "95.80"),
        ({"couple_discount_percent": "10"}, 0, "57.35"),
        ({"couple_discount_percent": "10", "discount_base": "LINE"}, 0, "57.34"),
    ],
)
def test_a_family_benefit(params: Json, children: int, limit: str) -> None:
    values = scenario(
        grid("g1", "2024-10-01", cell("16.04", ages=(0, 17), role="child"), cell("31.86", ages=(18, 49)))
    )
    people = [{"formula": "N1", "age": 40}] * 2 + [{"formula": "N1", "role": "child", "age": 12}] * children
    quote = {"id": "q1", "on": "2025-01-01", "total": limit, "people": people}
    found = promised(values, "FAMILY_BENEFIT", params, quotes=[quote])
    assert last(found, "verdict", "limit", "excess") == ("COMPLIANT", limit, "0.00")


@pytest.mark.parametrize(
    ("price", "told"), [("22.30", ("COMPLIANT", "0.00")), ("22.31", ("VIOLATION", "0.01"))]
)
def test_a_category_discount(price: str, told: Any) -> None:
    values = scenario(grid("g1", "2024-10-01", cell("31.86"), cell(price, category="student")))
    params = {"category": "student", "min_discount_percent": "30"}
    assert outcome(promised(values, "CATEGORY_DISCOUNT", params)) == [told]


@pytest.mark.parametrize(
    ("notified", "effective", "params", "told"),
    [
        ("2025-11-01", "2026-01-01", {"months": 2}, ("COMPLIANT", "0")),
        ("2025-11-01", "2026-01-01", {"fixed_day": "10-31"}, ("VIOLATION", "1")),
        ("2025-11-20", "2026-01-01", {"months": 2}, ("VIOLATION", "19")),
        ("2026-02-28", "2026-04-30", {"months": 2}, ("COMPLIANT", "0")),
    ],
)
def test_a_notice(notified: str, effective: str, params: Json, told: Any) -> None:
    values = prices(BASE, (effective, "49.00"))
    values["grids"][1]["notified_on"] = notified
    assert outcome(promised(values, "NOTICE", params)) == [("NOT_APPLICABLE", None), told]


def test_a_change_window() -> None:
    late = {"recorded_at": "2026-01-15T09:00:00Z"}
    for price, told in (
        ("49.00", ("VIOLATION", "14", "2026-01-15")),
        ("47.00", ("COMPLIANT", None, "2026-01-01")),
    ):
        values = scenario(
            grid("g1", "2024-10-01", cell("47.80")), grid("g2", "2026-01-01", cell(price), **late)
        )
        assert last(promised(values, "CHANGE_WINDOW", {}), "verdict", "excess", "observed") == told
    found = promised(prices(BASE, ("2026-07-01", "49.00")), "CHANGE_WINDOW", {})
    assert last(found, "verdict", "excess", "observed") == ("VIOLATION", None, "2026-07-01")


@pytest.mark.parametrize(
    ("price", "factor", "told"),
    [
        ("50.13", {}, [("EXEMPTED", "0.00")]),
        ("50.14", {}, [("VIOLATION", "0.01")]),
        ("50.13", {"revoked_on": "2026-06-01"}, [("EXEMPTED", "0.00"), ("VIOLATION", "0.90")]),
    ],
)
def test_an_exemption(price: str, factor: Json, told: Any) -> None:
    found = expected(prices(BASE, ("2026-01-01", price), exemptions=(exemption(**factor),)))
    assert outcome(found)[1:] == told


@pytest.mark.parametrize(
    ("old", "new", "excess"),
    [
        ("16.04", "16.51", "0.00"),
        ("31.86", "32.78", "0.00"),
        ("37.43", "37.52", "-1.00"),
        ("47.80", "49.60", "0.41"),
    ],
)
def test_a_uniform_increase(old: str, new: str, excess: str) -> None:
    values = prices(("2024-10-01", old), ("2026-01-01", new))
    values["grids"][1]["declared_rise_percent"] = "2.90"
    assert last(promised(values, "UNIFORM_INCREASE", {}), "excess") == (excess,)


def test_a_statutory_freeze() -> None:
    params = {"reference_on": "2025-12-31", "from": "2026-01-01", "to": "2026-12-31"}
    found = promised(prices(BASE, ("2026-01-01", "49.23")), "STATUTORY_FREEZE", params)
    assert outcome(found)[1:] == [("LEGAL_ALERT", "1.43"), ("NOT_APPLICABLE", None)]


def test_what_was_known_before_and_after_a_correction() -> None:
    wrong = grid("g2", "2026-01-01", cell("49.24"))
    right = grid("g3", "2026-01-01", cell("49.23"), corrects="g2", recorded_at="2026-02-01T09:00:00Z")
    for known, told in (("2026-01-15", ("VIOLATION", "0.01")), ("2026-02-02", ("COMPLIANT", "0.00"))):
        values = scenario(
            grid("g1", "2024-10-01", cell("47.80")), wrong, right, as_known_at=f"{known}T00:00:00Z"
        )
        assert last(expected(values)) == told


def test_a_formula_added_during_the_year() -> None:
    n4 = [("2026-03-01", "60.00"), ("2027-01-01", "61.81")]
    grids = [grid(f"g{day}", day, cell("47.80"), cell(price, "N4")) for day, price in n4]
    found = expected(scenario(grid("g1", "2024-10-01", cell("47.80")), *grids))
    told = [
        (each["anchor"], each["limit"], each["excess"]) for each in found if each["cell"]["formula"] == "N4"
    ]
    assert told == [(None, None, None), ("60.00", "61.80", "0.01")]


def test_a_bracket_that_is_split() -> None:
    split = cell("47.80", ages=(50, 64), parent=key()), cell("52.00", ages=(65, None), parent=key())
    values = scenario(grid("g1", "2024-10-01", cell("47.80")), grid("g2", "2026-01-01", *split))
    assert outcome(expected(values))[1:] == [("COMPLIANT", "0.00"), ("VIOLATION", "2.77")]
    assert last(promised(values, "AGE_STRUCTURE", {}), "verdict", "grid") == ("VIOLATION", "g2")


def test_the_terms_of_the_convention() -> None:
    values = prices(BASE)
    assert last(promised(values, "NO_FEE", {}), "verdict", "limit") == ("COMPLIANT", "0.00")
    values["convention"]["waiting_period_days"] = 30
    assert last(promised(values, "NO_WAITING_PERIOD", {}), "verdict", "excess") == ("VIOLATION", "30")
