"""The agreed test vectors of eight rules: those on whole grids, on members, on quotes and on the convention."""

from typing import Any

import pytest

from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, key, verdicts

BASE = "2024-10-01"
CHILD, YOUNG, OLD = (0, 17), (18, 49), (50, None)
CAEN = grid(
    "g1",
    BASE,
    cell("16.04", "N1", CHILD, role="child"),
    cell("31.86", "N1", YOUNG),
    cell("47.80", "N1", OLD),
    cell("37.43", "N3", CHILD, role="child"),
    cell("66.73", "N3", YOUNG),
    cell("103.93", "N3", OLD),
)


def raised(price: str, on: str = "2026-01-01", **said: object) -> list[Json]:
    return [grid("g1", BASE, cell("47.80")), grid("g2", on, cell(price), **said)]


def last(rule: str, params: Json, *grids: Json, **sections: Any) -> tuple[Any, ...]:
    return figures(promised(rule, params, *grids, **sections))[-1]


def test_vector_19_the_average_is_weighted_and_not_the_mean_of_percentages() -> None:
    people = [("N1", YOUNG, 120), ("N1", OLD, 260), ("N3", OLD, 20)]
    counts = [
        {"formula": formula, "age_from": ages[0], "age_to": ages[1], "count": count}
        for formula, ages, count in people
    ]
    new = grid("g2", "2026-01-01", cell("32.50", "N1", YOUNG), cell("49.90"), cell("106.00", "N3"))
    headcounts = [{"taken_on": "2023-12-31", "cells": counts}]
    found = last("WEIGHTED_AVERAGE_CAP", {"max_rise_percent": "3.5"}, CAEN, new, headcounts=headcounts)
    assert found == ("VIOLATION", None, "3.50", "3.62", "0.12")


def test_vector_20_the_dearest_adult_price_over_the_youngest_is_bounded() -> None:
    found = figures(promised("AGE_STRUCTURE", {"max_ratio": "1.55"}, CAEN))
    assert found[1] == ("VIOLATION", "66.73", "103.43", "103.93", "0.50")


@pytest.mark.parametrize(("resumes", "ages"), [(67, "de 60 à 66 ans"), (68, "de 60 à 67 ans")])
def test_vector_21_a_hole_between_brackets_is_caught(resumes: int, ages: str) -> None:
    holed = grid(
        "g1",
        BASE,
        cell("20.00", ages=(0, 17), role="child"),
        cell("30.00", ages=(18, 39)),
        cell("40.00", ages=(40, 59)),
        cell("60.00", ages=(resumes, None)),
    )
    (found,) = judged(promised("AGE_STRUCTURE", {}, holed))
    assert found.verdict == "VIOLATION"
    assert f"aucun prix {ages}" in found.reason


@pytest.mark.parametrize(
    ("combine", "after", "expected"),
    [
        ("MULT", "75.61", ("COMPLIANT", "66.73", "75.61", "75.61", "0.00")),
        ("MULT", "75.62", ("VIOLATION", "66.73", "75.61", "75.62", "0.01")),
        ("ADD", "75.40", ("COMPLIANT", "66.73", "75.40", "75.40", "0.00")),
        ("ADD", "75.41", ("VIOLATION", "66.73", "75.40", "75.41", "0.01")),
    ],
)
def test_vector_22_the_price_and_the_age_each_raise_so_much(
    combine: str, after: str, expected: tuple[str, ...]
) -> None:
    member = {
        "id": "m1", "birth_date": "1976-11-02", "formula": "N3", "before": "66.73", "after": after, "on": "2026-01-01",
    }  # fmt: skip
    params = {"max_ageing_percent": "10", "max_price_percent": "3", "combine": combine}
    assert last("AGEING_CAP", params, CAEN, members=[member]) == expected


def people(adults: int, *children: int) -> list[Json]:
    return [{"formula": "N1", "age": 40}] * adults + [
        {"role": "child", "formula": "N1", "age": age} for age in children
    ]


@pytest.mark.parametrize(
    ("params", "household", "limit", "above"),
    [
        ({"free_from_rank": 3}, people(2, 16, 12, 9, 4), "95.80", "95.81"),
        ({"couple_discount_percent": "10", "discount_base": "SUM"}, people(2), "57.35", "57.36"),
        ({"couple_discount_percent": "10", "discount_base": "LINE"}, people(2), "57.34", "57.35"),
    ],
)
def test_vectors_23_and_24_a_household_pays_less_for_children_and_a_couple(
    params: Json, household: list[Json], limit: str, above: str
) -> None:
    for total, expected in [(limit, ("COMPLIANT", "0.00")), (above, ("VIOLATION", "0.01"))]:
        quote = {"id": "q1", "on": "2025-01-01", "total": total, "people": household}
        file = promised("FAMILY_BENEFIT", params, CAEN, quotes=[quote])
        assert verdicts(file) == [expected]
        assert figures(file)[0][2] == limit


@pytest.mark.parametrize(
    ("params", "effective", "notified", "expected"),
    [
        ({"months": 2}, "2026-01-01", "2025-11-01", ("COMPLIANT", None, "2025-11-01", "2025-11-01", "0")),
        (
            {"fixed_day": "10-31"},
            "2026-01-01",
            "2025-11-01",
            ("VIOLATION", None, "2025-10-31", "2025-11-01", "1"),
        ),
        ({"months": 2}, "2026-04-30", "2026-02-28", ("COMPLIANT", None, "2026-02-28", "2026-02-28", "0")),
        ({"months": 2}, "2026-01-01", "2025-11-20", ("VIOLATION", None, "2025-11-01", "2025-11-20", "19")),
        ({"months": 2}, "2026-01-20", "2025-11-20", ("COMPLIANT", None, "2025-11-20", "2025-11-20", "0")),
    ],
)
def test_vectors_26_and_27_the_commune_is_told_in_time(
    params: Json, effective: str, notified: str, expected: tuple[str, ...]
) -> None:
    assert last("NOTICE", params, *raised("49.23", on=effective, notified_on=notified)) == expected


def test_vector_28_a_rise_for_days_gone_by_is_a_breach() -> None:
    grids = raised("49.23", recorded_at="2026-01-15T09:00:00Z")
    assert last("CHANGE_WINDOW", {}, *grids) == ("VIOLATION", None, None, "2026-01-15", "14")


def test_vector_29_a_fall_for_days_gone_by_is_allowed_and_a_refund_due() -> None:
    file = promised("CHANGE_WINDOW", {}, *raised("46.00", recorded_at="2026-01-15T09:00:00Z"))
    assert figures(file)[-1] == ("COMPLIANT", None, None, "2026-01-01", None)
    assert "trop-perçu est à rembourser" in judged(file)[-1].reason


def test_a_rise_in_the_middle_of_the_year_is_not_on_an_allowed_day() -> None:
    found = last("CHANGE_WINDOW", {}, *raised("49.23", on="2026-07-01"))
    assert found == ("VIOLATION", None, None, "2026-07-01", None)


def test_vector_37_splitting_a_bracket_is_a_change_of_structure() -> None:
    whole = grid("g1", BASE, cell("16.04", ages=(0, 49)), cell("47.80"))
    split = grid(
        "g2",
        "2026-01-01",
        cell("16.04", ages=(0, 49)),
        cell("48.00", ages=(50, 64), parent=key()),
        cell("52.00", ages=(65, None), parent=key()),
    )
    assert figures(promised("AGE_STRUCTURE", {}, whole, split)) == [
        ("COMPLIANT", "16.04", None, "47.80", "0.00"),
        ("VIOLATION", None, None, None, None),
    ]
    assert verdicts(promised("AGE_STRUCTURE", {"fixed_brackets": False}, whole, split))[1] == (
        "COMPLIANT",
        "0.00",
    )


def test_reasons_are_one_sentence_in_french_typography() -> None:
    member = {"birth_date": "1976-11-02", "formula": "N1", "before": "40.00", "after": "99.00"}
    holed = cell("47.80", "N2", (18, 30))
    later = grid("g2", "2026-07-01", cell("60.00"), holed, recorded_at="2026-08-01T09:00:00Z")
    last_one = grid("g3", "2027-01-01", cell("50.00"), recorded_at="2027-02-01T09:00:00Z", corrects="g2")
    parts: Json = {
        "members": [
            {**member, "id": "m1", "on": "2026-01-01"},
            {**member, "id": "m2", "on": "2020-01-01"},
        ],
        "quotes": [
            {"id": "q1", "on": "2025-01-01", "total": "99.00", "people": people(2, 5, 4)},
            {"id": "q2", "on": "2025-01-01", "total": "99.00", "people": people(2, 30)},
        ],
        "headcounts": [{"taken_on": "2023-12-31", "cells": [{**key(), "count": 3}]}],
        "exemptions": [
            exemption(("1.01", "1"), valid_to="2026-09-30"),
            exemption(("2", "1"), id="x2", valid_from="2026-09-01"),
        ],
    }
    promises: list[tuple[str, Json]] = [
        ("WEIGHTED_AVERAGE_CAP", {"max_rise_percent": "3"}),
        ("AGE_STRUCTURE", {"max_ratio": "1.2"}),
        ("AGE_STRUCTURE", {"fixed_brackets": False}),
        ("AGEING_CAP", {"max_ageing_percent": "2.5", "max_price_percent": "3"}),
        ("FAMILY_BENEFIT", {"free_from_rank": 2, "couple_discount_percent": "5"}),
        ("NOTICE", {"months": 2}),
        ("NOTICE", {"fixed_day": "01-01", "requires_justification": True}),
        ("CHANGE_WINDOW", {}),
        ("CHANGE_WINDOW", {"allowed_days": ["07-01"], "no_retroactivity": False, "max_rises_per_period": 0}),
        ("NO_FEE", {}),
        ("NO_WAITING_PERIOD", {}),
    ]
    for rule, params in promises:
        for grids in [(CAEN, later), (CAEN, later, last_one)]:
            for found in judged(promised(rule, params, *grids, **parts)):
                assert found.reason.endswith(".")
                assert found.reason.count(". ") == 0
                for forbidden in (" %", " €", " :", " ;", "« ", " »", "'", "  ", " ,"):
                    assert forbidden not in found.reason
