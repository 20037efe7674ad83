"""The fixed annual cap, by worked examples on the grid of Caen 2024."""

import pytest

from domain.tariffs.assess import finding_to_json
from tests.support.tariff_scenarios import (
    cell,
    exemption,
    grid,
    judged,
    key,
    prices,
    scenario,
    told,
    verdicts,
)

BASE = ("2024-10-01", "47.80")
NEW = ("NOT_APPLICABLE", None)
KEPT = ("COMPLIANT", "0.00")


@pytest.mark.parametrize(
    ("old", "new", "rounding", "expected"),
    [
        ("31.86", "32.82", "HALF_UP", KEPT),
        ("31.86", "32.82", "FLOOR", ("VIOLATION", "0.01")),
        ("103.93", "107.05", "HALF_UP", KEPT),
        ("103.93", "107.05", "FLOOR", ("VIOLATION", "0.01")),
        ("16.04", "16.52", "HALF_UP", KEPT),
        ("66.73", "68.73", "HALF_UP", KEPT),
        ("47.80", "49.23", "HALF_UP", KEPT),
        ("47.80", "49.24", "HALF_UP", ("VIOLATION", "0.01")),
        ("10.50", "10.82", "HALF_UP", KEPT),
        ("33.50", "34.51", "HALF_UP", KEPT),
        ("33.50", "34.51", "FLOOR", ("VIOLATION", "0.01")),
        ("0.00", "0.01", "HALF_UP", ("VIOLATION", "0.01")),
        ("47.80", "0.00", "HALF_UP", KEPT),
    ],
)
def test_the_limit_is_rounded_once_and_met_to_the_cent(
    old: str, new: str, rounding: str, expected: tuple[str, str]
) -> None:
    file = prices(("2024-10-01", old), ("2025-01-01", new), rounding=rounding)
    assert verdicts(file) == [NEW, expected]


def test_a_finding_has_exactly_the_shape_of_the_contract() -> None:
    found = finding_to_json(judged(prices(BASE, ("2026-01-01", "49.24")))[1])
    reason = found.pop("reason")
    assert found == {
        "commitment": "c1",
        "rule": "ANNUAL_CAP_FIXED",
        "grid": "g2",
        "cell": {"formula": "N1", "category": "general", "role": "adult", "age_from": 50, "age_to": None},
        "subject": None,
        "from": "2026-01-01",
        "to": None,
        "verdict": "VIOLATION",
        "anchor": "47.80",
        "limit": "49.23",
        "observed": "49.24",
        "excess": "0.01",
    }
    assert reason == (
        "Le prix de 49,24\u202f€ dépasse de 0,01\u202f€ le plafond de 49,23\u202f€, "
        "soit 47,80\u202f€ en vigueur le 31 décembre 2025 plus 3\u202f%."
    )


def test_nothing_is_promised_of_a_first_grid() -> None:
    assert told(prices(BASE), "verdict", "anchor", "limit", "observed", "excess", "from", "to") == [
        ("NOT_APPLICABLE", None, None, "47.80", None, "2024-10-01", None)
    ]


def test_two_rises_in_one_year_compound() -> None:
    assert verdicts(prices(BASE, ("2025-03-01", "48.76"), ("2025-09-01", "49.74"))) == [
        NEW,
        KEPT,
        ("VIOLATION", "0.51"),
    ]


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("CIVIL_YEAR", KEPT),
        ("ROLLING_12M", ("VIOLATION", "1.48")),
        ("CONVENTION_YEAR", ("VIOLATION", "1.48")),
        ("PER_CHANGE", KEPT),
    ],
)
def test_two_rises_astride_new_year_are_one_or_two_by_the_period(
    period: str, expected: tuple[str, str]
) -> None:
    file = prices(BASE, ("2025-12-01", "49.23"), ("2026-02-01", "50.71"), period=period)
    assert verdicts(file) == [NEW, KEPT, expected]


def test_a_convention_year_starts_on_its_anniversary() -> None:
    steps = (BASE, ("2025-09-30", "49.23"), ("2025-10-01", "50.71"))
    assert verdicts(prices(*steps, period="CONVENTION_YEAR")) == [NEW, KEPT, KEPT]
    assert verdicts(prices(*steps, period="CIVIL_YEAR")) == [NEW, KEPT, ("VIOLATION", "1.48")]


def test_a_convention_of_29_february_has_its_anniversary_on_the_28th() -> None:
    file = prices(
        ("2024-02-29", "47.80"), ("2025-02-28", "49.23"), ("2026-02-28", "50.71"), period="CONVENTION_YEAR"
    )
    file["convention"] |= {"starts_on": "2024-02-29"}
    assert told(file, "anchor", "verdict")[1:] == [("47.80", "COMPLIANT"), ("49.23", "COMPLIANT")]


def test_a_grid_before_the_convention_lies_in_a_convention_year_of_its_own() -> None:
    file = prices(
        ("2023-09-30", "47.80"), ("2023-10-01", "49.23"), ("2024-09-30", "49.24"), period="CONVENTION_YEAR"
    )
    assert verdicts(file) == [NEW, KEPT, ("VIOLATION", "0.01")]


def test_a_rolling_year_looks_at_the_same_day_twelve_months_before() -> None:
    steps = (BASE, ("2025-02-01", "49.23"))
    assert verdicts(prices(*steps, ("2026-02-01", "50.71"), period="ROLLING_12M"))[2] == KEPT
    assert verdicts(prices(*steps, ("2026-01-31", "50.71"), period="ROLLING_12M"))[2] == ("VIOLATION", "1.48")
    leap = prices(
        ("2022-10-01", "47.80"), ("2023-02-28", "49.23"), ("2024-02-29", "50.71"), period="ROLLING_12M"
    )
    assert verdicts(leap)[2] == KEPT


@pytest.mark.parametrize(("carry_over", "expected"), [(False, ("VIOLATION", "1.48")), (True, KEPT)])
def test_a_year_without_a_rise_counts_later_only_if_it_is_carried_over(
    carry_over: bool, expected: tuple[str, str]
) -> None:
    assert verdicts(prices(BASE, ("2026-01-01", "50.71"), carry_over=carry_over)) == [NEW, expected]


def test_a_grid_that_repeats_a_price_does_not_interrupt_the_run_that_is_carried_over() -> None:
    file = prices(BASE, ("2025-06-01", "47.80"), ("2026-01-01", "50.71"), carry_over=True)
    assert verdicts(file) == [NEW, KEPT, KEPT]
    changed = prices(BASE, ("2025-06-01", "47.79"), ("2026-01-01", "50.70"), carry_over=True)
    assert told(changed, "limit")[2] == ("49.22",)


def test_carrying_over_counts_convention_years_where_the_cap_does() -> None:
    file = prices(BASE, ("2026-09-30", "49.24"), carry_over=True, period="CONVENTION_YEAR")
    assert told(file, "limit")[1] == ("49.23",)
    file = prices(BASE, ("2026-10-01", "50.71"), carry_over=True, period="CONVENTION_YEAR")
    assert told(file, "limit", "verdict")[1] == ("50.71", "COMPLIANT")


@pytest.mark.parametrize("period", ["ROLLING_12M", "PER_CHANGE"])
def test_nothing_is_carried_over_where_there_are_no_calendar_periods(period: str) -> None:
    file = prices(BASE, ("2027-01-01", "50.71"), carry_over=True, period=period)
    assert verdicts(file)[1] == ("VIOLATION", "1.48")


def test_a_new_formula_is_free_in_its_first_grid_and_its_first_price_the_anchor_after() -> None:
    old = cell("47.80")
    file = scenario(
        grid("g1", "2024-10-01", old),
        grid("g2", "2026-03-01", old, cell("60.00", "N4")),
        grid("g3", "2026-09-01", old, cell("61.80", "N4")),
        grid("g4", "2027-01-01", old, cell("63.66", "N4")),
    )
    n4 = [
        row[1:]
        for row in told(file, "cell", "grid", "verdict", "anchor", "limit")
        if row[0]["formula"] == "N4"
    ]
    assert n4 == [
        ("g2", "NOT_APPLICABLE", None, None),
        ("g3", "COMPLIANT", "60.00", "61.80"),
        ("g4", "VIOLATION", "61.80", "63.65"),
    ]


def test_a_new_formula_that_does_not_move_has_its_first_price_as_anchor_the_next_year() -> None:
    file = scenario(
        grid("g1", "2024-10-01", cell("47.80")),
        grid("g2", "2026-03-01", cell("47.80"), cell("60.00", "N4")),
        grid("g3", "2027-01-01", cell("47.80"), cell("61.80", "N4")),
    )
    assert told(file, "grid", "anchor", "limit", "verdict")[-1] == ("g3", "60.00", "61.80", "COMPLIANT")


def test_a_bracket_that_was_split_is_judged_on_the_price_of_its_parent() -> None:
    file = scenario(
        grid("g1", "2024-10-01", cell("47.80")),
        grid(
            "g2",
            "2026-01-01",
            cell("48.00", ages=(50, 64), parent=key()),
            cell("52.00", ages=(65, None), parent=key()),
        ),
    )
    assert told(file, "verdict", "anchor", "limit", "excess")[1:] == [
        ("COMPLIANT", "47.80", "49.23", "0.00"),
        ("VIOLATION", "47.80", "49.23", "2.77"),
    ]


def test_a_breach_is_never_a_base() -> None:
    file = prices(BASE, ("2026-01-01", "52.00"), ("2027-01-01", "52.00"), ("2028-01-01", "52.00"))
    assert told(file, "anchor", "limit", "verdict", "excess")[1:] == [
        ("47.80", "49.23", "VIOLATION", "2.77"),
        ("49.23", "50.71", "VIOLATION", "1.29"),
        ("50.71", "52.23", "COMPLIANT", "0.00"),
    ]


def test_a_fall_that_leaves_the_price_above_its_limit_is_still_a_breach() -> None:
    file = prices(BASE, ("2026-01-01", "52.00"), ("2026-06-01", "50.00"), ("2026-09-01", "49.23"))
    assert verdicts(file) == [NEW, ("VIOLATION", "2.77"), ("VIOLATION", "0.77"), KEPT]


def test_a_fall_lowers_the_anchor_of_the_next_year_and_not_of_its_own() -> None:
    steps = (BASE, ("2025-03-01", "40.00"))
    assert verdicts(prices(*steps, ("2025-09-01", "49.23")))[2] == KEPT
    assert told(prices(*steps, ("2026-01-01", "41.21")), "anchor", "limit", "excess")[2] == (
        "40.00",
        "41.20",
        "0.01",
    )


def test_grids_are_judged_after_the_convention_has_ended() -> None:
    assert verdicts(prices(BASE, ("2031-01-01", "49.24")))[1] == ("VIOLATION", "0.01")


def test_reasons_are_one_sentence_in_french_typography() -> None:
    file = prices(
        BASE, ("2026-01-01", "50.14"), ("2027-01-01", "49.00"), ("2029-01-01", "49.00"), carry_over=True,
        exemptions=(exemption(valid_to="2026-06-30"),),
    )  # fmt: skip
    for found in judged(file):
        assert found.reason.endswith(".")
        assert found.reason.count(". ") == 0
        for forbidden in (" %", " €", " :", " ;", "« ", " »", "'", "  "):
            assert forbidden not in found.reason
    assert "par an pendant 2 ans" in judged(file)[-1].reason
