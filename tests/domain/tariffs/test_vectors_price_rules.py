"""Worked examples of rules whose limit is a price, on the grid of Caen 2024, figure by figure.

Each case: the prices of one cell (N1 from 50) by day, then verdict and excess in each grid after the first.
"""

from typing import Any

import pytest

from domain.tariffs.assess import VERSIONS, Verdict, findings_digest, read_scenario
from tests.support.tariff_promises import promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, told

Verdicts = list[tuple[str, str | None]]

BASE = "2024-10-01"
KEPT = ("COMPLIANT", "0.00")
UNDECIDED = ("INDETERMINATE", None)
INFLATION: list[Json] = [
    {"index": "IPC_HT_AVG", "year": 2023, "value": "4.8", "published_on": "2024-01-12"},
    {"index": "IPC_HT_AVG", "year": 2024, "value": "1.8", "published_on": "2025-01-15"},
    {"index": "IPC_HT_AVG", "year": 2025, "value": "0.9", "published_on": "2026-01-15"},
]
CEILINGS: list[Json] = [
    {"index": "PMSS", "year": year, "value": value, "published_on": f"{year - 1}-12-20"}
    for year, value in [(2022, "3428"), (2023, "3666"), (2024, "3864"), (2025, "3925"), (2026, "4005")]
]


def broken(excess: str) -> tuple[str, str]:
    return "VIOLATION", excess


def judged(rule: str, params: Json, *steps: tuple[str, str], **sections: Any) -> Verdicts:
    """Verdict and excess of each finding about the later grids, notified two months ahead."""
    grids = [
        grid(f"g{place}", day, cell(monthly), notified_on=f"{int(day[:4]) - 1}-10-31")
        for place, (day, monthly) in enumerate(steps)
    ]
    found = told(promised(rule, params, *grids, **sections), "grid", "verdict", "excess")
    return [(verdict, excess) for name, verdict, excess in found if name != "g0"]


CAP = {"max_rise_percent": "3"}
FLOOR = {**CAP, "rounding": "FLOOR"}
ROLLING = {**CAP, "period": "ROLLING_12M"}
CARRIED = {**CAP, "carry_over": True}
FREEZE = {"until": "2026-09-30"}
MONTHS = {"months": 24}
TWICE = (("2025-03-01", "48.76"), ("2025-09-01", "49.74"))
ASTRIDE = (("2025-12-01", "49.23"), ("2026-02-01", "50.71"))
YEARS = (("2025-01-01", "49.23"), ("2026-01-01", "50.71"), ("2027-01-01", "52.23"))


@pytest.mark.parametrize(
    ("rule", "params", "first", "later", "expected"),
    [
        ("PRICE_FREEZE", FREEZE, "47.80", [("2026-01-01", "49.23")], [broken("1.43"), KEPT]),
        ("PRICE_FREEZE", MONTHS, "47.80", [("2026-01-01", "49.23")], [broken("1.43"), KEPT]),
        ("PRICE_FREEZE", FREEZE, "47.80", [("2026-09-30", "49.23")], [broken("1.43"), KEPT]),
        ("PRICE_FREEZE", FREEZE, "47.80", [("2026-10-01", "49.23")], [KEPT]),
        ("PRICE_FREEZE", MONTHS, "47.80", [("2026-10-01", "49.23")], [KEPT]),
        ("PRICE_FREEZE", FREEZE, "47.80", [("2026-01-01", "47.80")], [KEPT, KEPT]),
        ("ANNUAL_CAP_FIXED", CAP, "31.86", [("2026-01-01", "32.82")], [KEPT]),
        ("ANNUAL_CAP_FIXED", FLOOR, "31.86", [("2026-01-01", "32.82")], [broken("0.01")]),
        ("ANNUAL_CAP_FIXED", CAP, "103.93", [("2026-01-01", "107.05")], [KEPT]),
        ("ANNUAL_CAP_FIXED", FLOOR, "103.93", [("2026-01-01", "107.05")], [broken("0.01")]),
        ("ANNUAL_CAP_FIXED", CAP, "16.04", [("2026-01-01", "16.52")], [KEPT]),
        ("ANNUAL_CAP_FIXED", CAP, "66.73", [("2026-01-01", "68.73")], [KEPT]),
        ("ANNUAL_CAP_FIXED", CAP, "10.50", [("2026-01-01", "10.82")], [KEPT]),
        ("ANNUAL_CAP_FIXED", CAP, "33.50", [("2026-01-01", "34.51")], [KEPT]),
        ("ANNUAL_CAP_FIXED", CAP, "47.80", [("2026-01-01", "49.24")], [broken("0.01")]),
        ("ANNUAL_CAP_FIXED", CAP, "47.80", TWICE, [KEPT, broken("0.51")]),
        ("ANNUAL_CAP_FIXED", CAP, "47.80", ASTRIDE, [KEPT, KEPT]),
        ("ANNUAL_CAP_FIXED", ROLLING, "47.80", ASTRIDE, [KEPT, broken("1.48")]),
        ("ANNUAL_CAP_FIXED", CAP, "47.80", [("2026-01-01", "50.71")], [broken("1.48")]),
        ("ANNUAL_CAP_FIXED", CARRIED, "47.80", [("2026-01-01", "50.71")], [KEPT]),
        ("ANNUAL_CAP_FIXED", CAP, "47.80", [], []),
        ("CUMULATIVE_CAP", {"max_rise_percent": "8"}, "47.80", YEARS, [KEPT, KEPT, broken("0.61")]),
        ("ANNUAL_CAP_FIXED", CAP, "47.80", YEARS, [KEPT, KEPT, KEPT]),
    ],
)
def test_a_price_is_held_to_its_first_or_earlier_price(
    rule: str, params: Json, first: str, later: list[tuple[str, str]], expected: Verdicts
) -> None:
    assert judged(rule, params, (BASE, first), *later) == expected


PLUS_2 = {"index": "IPC_HT_AVG", "margin_points": "2", "ceiling_percent": "4"}
KNOWN_LATE = {**PLUS_2, "as_of": "EFFECTIVE_DATE"}
SALARY = {"index": "PMSS", "as_of": "EFFECTIVE_DATE"}
EXACT = {**SALARY, "index_precision": "RATIO"}


@pytest.mark.parametrize(
    ("params", "first", "later", "expected"),
    [
        (KNOWN_LATE, (BASE, "47.80"), ("2026-02-01", "49.19"), KEPT),
        (KNOWN_LATE, (BASE, "47.80"), ("2026-02-01", "49.20"), broken("0.01")),
        ({**SALARY, "ceiling_percent": "4"}, ("2022-01-01", "47.80"), ("2023-01-01", "49.71"), KEPT),
        (
            {**SALARY, "ceiling_percent": "4"},
            ("2022-01-01", "47.80"),
            ("2023-01-01", "49.72"),
            broken("0.01"),
        ),
        (SALARY, ("2022-01-01", "47.80"), ("2023-01-01", "51.12"), KEPT),
        (EXACT, (BASE, "15.45"), ("2026-01-01", "15.77"), broken("0.01")),
        (EXACT, (BASE, "15.45"), ("2026-01-01", "15.76"), KEPT),
        (SALARY, (BASE, "15.45"), ("2026-01-01", "15.77"), KEPT),
        (PLUS_2, (BASE, "47.80"), ("2026-01-01", "47.81"), UNDECIDED),
        (PLUS_2, (BASE, "47.80"), ("2026-01-01", "47.80"), KEPT),
        ({**PLUS_2, "if_unpublished": "LAST_PUBLISHED"}, (BASE, "47.80"), ("2026-01-01", "49.62"), KEPT),
        (
            {**PLUS_2, "if_unpublished": "LAST_PUBLISHED"},
            (BASE, "47.80"),
            ("2026-01-01", "49.63"),
            broken("0.01"),
        ),
    ],
)
def test_a_price_follows_an_index(
    params: Json, first: tuple[str, str], later: tuple[str, str], expected: tuple[str, str | None]
) -> None:
    assert judged("ANNUAL_CAP_INDEXED", params, first, later, indices=INFLATION + CEILINGS) == [expected]


@pytest.mark.parametrize(
    ("reference", "price", "expected"),
    [
        ("58.60", "49.81", ("COMPLIANT", "49.81", "0.00")),
        ("58.60", "49.82", ("VIOLATION", "49.81", "0.01")),
        ("57.00", "49.81", ("VIOLATION", "48.45", "1.36")),
    ],
)
def test_a_price_stays_below_the_reference(
    reference: str, price: str, expected: tuple[str, str, str]
) -> None:
    deposited = {
        "id": "r1",
        "valid_from": "2024-01-01",
        "recorded_at": "2024-01-01T00:00:00Z",
        "cells": [cell(reference)],
    }
    file = promised(
        "MIN_DISCOUNT",
        {"min_discount_percent": "15"},
        grid("g1", BASE, cell(price)),
        reference_grids=[deposited],
    )
    assert told(file, "verdict", "limit", "excess") == [expected]


@pytest.mark.parametrize(("price", "expected"), [("22.30", KEPT), ("22.31", broken("0.01"))])
def test_a_student_pays_less(price: str, expected: tuple[str, str]) -> None:
    params = {"category": "student", "min_discount_percent": "30"}
    file = promised(
        "CATEGORY_DISCOUNT", params, grid("g1", BASE, cell("31.86"), cell(price, category="student"))
    )
    assert told(file, "verdict", "excess") == [expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("16.04", "16.51", KEPT),
        ("31.86", "32.78", KEPT),
        ("37.43", "38.52", KEPT),
        ("47.80", "49.19", KEPT),
        ("66.73", "68.67", KEPT),
        ("103.93", "106.94", KEPT),
        ("37.43", "38.53", KEPT),
        ("37.43", "38.54", broken("0.02")),
        ("37.43", "37.52", broken("-1.00")),
        ("47.80", "49.60", broken("0.41")),
    ],
)
def test_all_prices_rise_by_the_declared_rate(old: str, new: str, expected: tuple[str, str]) -> None:
    file = promised(
        "UNIFORM_INCREASE",
        {},
        grid("g1", BASE, cell(old)),
        grid("g2", "2026-01-01", cell(new), declared_rise_percent="2.90"),
    )
    assert told(file, "verdict", "excess")[1:] == [expected]


def test_a_price_above_the_law_of_2026_is_an_alert_though_the_cap_is_kept() -> None:
    steps = ((BASE, "47.80"), ("2026-01-01", "49.23"))
    law = {"reference_on": "2025-12-31", "from": "2026-01-01", "to": "2026-12-31"}
    assert judged("STATUTORY_FREEZE", law, *steps) == [("LEGAL_ALERT", "1.43"), ("NOT_APPLICABLE", None)]
    assert judged("ANNUAL_CAP_FIXED", CAP, *steps) == [KEPT]


@pytest.mark.parametrize(
    ("price", "revoked_on", "expected"),
    [
        ("50.13", None, [("EXEMPTED", "0.00")]),
        ("50.14", None, [broken("0.01")]),
        ("50.13", "2026-06-01", [("EXEMPTED", "0.00"), broken("0.90")]),
    ],
)
def test_a_tax_may_be_passed_on_under_an_exemption(
    price: str, revoked_on: str | None, expected: Verdicts
) -> None:
    allowed = [exemption(revoked_on=revoked_on)]
    steps = ((BASE, "47.80"), ("2026-01-01", price))
    assert judged("ANNUAL_CAP_FIXED", CAP, *steps, exemptions=allowed) == expected


def test_what_version_2_says_of_prices_never_changes() -> None:
    promises: list[tuple[str, Json]] = [
        ("PRICE_FREEZE", MONTHS),
        ("ANNUAL_CAP_FIXED", CARRIED),
        ("ANNUAL_CAP_INDEXED", PLUS_2),
        ("CUMULATIVE_CAP", {"tiers": [{"from_month": 12, "max_rise_percent": "2.5"}]}),
        ("MIN_DISCOUNT", {"min_discount_percent": "15"}),
        ("CATEGORY_DISCOUNT", {"category": "student", "min_discount_percent": "30"}),
        ("UNIFORM_INCREASE", {}),
        ("STATUTORY_FREEZE", {"reference_on": "2025-12-31", "from": "2026-01-01", "to": "2026-12-31"}),
    ]
    students = cell("33.46", category="student"), cell("20.00", "N2", category="student")
    file = promised(
        "PRICE_FREEZE",
        {},
        grid("g1", BASE, cell("47.80"), *students),
        grid("g2", "2026-01-01", cell("50.13"), *students, declared_rise_percent={"N1": "2.9"}),
        grid("g3", "2027-02-01", cell("51.00"), notified_on="2027-01-31", declared_rise_percent="2"),
        exemptions=[exemption(commitments=[rule for rule, _ in promises], revoked_on="2026-06-01")],
        indices=[
            *INFLATION,
            {"index": "IPC_HT_AVG", "year": 2026, "value": "1", "published_on": "2027-01-15"},
        ],
        reference_grids=[
            {
                "id": "r1",
                "valid_from": "2025-01-01",
                "recorded_at": "2024-01-01T00:00:00Z",
                "cells": [cell("58.60")],
            }
        ],
    )
    file["convention"]["commitments"] = [
        {"id": rule, "rule": rule, "params": params} for rule, params in promises
    ]
    found = VERSIONS[2](read_scenario(file))
    assert {each.verdict for each in found} == set(Verdict)
    assert findings_digest(found) == "6a566c43afdb5683989fe65467b086beee287cea6969f75b66152e8e72e4e184"
