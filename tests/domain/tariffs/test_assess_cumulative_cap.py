"""The cumulative cap: how far above its first price a cell may be, at once or by tiers."""

from typing import Any

import pytest

from domain.tariffs.assess import ScenarioError, read_scenario
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, key, told

BASE = grid("g1", "2024-10-01", cell("100.00"))
LATER = grid("g2", "2025-01-01", cell("104.00"))


def tiers(*steps: tuple[int, str]) -> Json:
    return {"tiers": [{"from_month": month, "max_rise_percent": percent} for month, percent in steps]}


def capped(params: Json, *grids: Json, **sections: Any) -> Json:
    return promised("CUMULATIVE_CAP", params, *grids, **sections)


def test_the_days_of_a_grid_are_cut_where_a_tier_begins() -> None:
    file = capped(tiers((0, "2"), (12, "4"), (24, "6.005")), BASE, LATER)
    assert told(file, "from", "to", "verdict", "anchor", "limit", "excess")[1:] == [
        ("2025-01-01", "2025-09-30", "VIOLATION", "100.00", "102.00", "2.00"),
        ("2025-10-01", "2026-09-30", "COMPLIANT", "100.00", "104.00", "0.00"),
        ("2026-10-01", None, "COMPLIANT", "100.00", "106.01", "0.00"),
    ]


def test_nothing_applies_before_the_first_tier() -> None:
    file = capped(tiers((6, "2"),), BASE, LATER)  # fmt: skip
    assert told(file, "from", "to", "verdict", "anchor", "limit")[1:] == [
        ("2025-01-01", "2025-03-31", "NOT_APPLICABLE", None, None),
        ("2025-04-01", None, "VIOLATION", "100.00", "102.00"),
    ]
    assert "qu’à partir du 1er avril 2025" in judged(file)[1].reason


def test_tiers_are_counted_from_the_start_of_the_convention_by_the_day_of_the_month() -> None:
    file = capped(tiers((0, "2"), (1, "4"), (2, "6")), BASE, LATER)
    file["convention"]["starts_on"] = "2025-01-31"
    assert told(file, "from", "limit")[1:] == [
        ("2025-01-01", None),
        ("2025-01-31", "102.00"),
        ("2025-02-28", "104.00"),
        ("2025-03-31", "106.00"),
    ]


def test_tiers_with_one_limit_in_cents_are_one_finding() -> None:
    assert told(capped(tiers((0, "2"), (12, "2.001")), BASE, LATER), "from", "to")[1:] == [
        ("2025-01-01", None)
    ]


def test_an_exemption_and_a_tier_cut_the_same_days() -> None:
    allowed = [
        exemption(("1.02", "1"), valid_from="2025-09-01", decided_on="2025-01-01", valid_to="2025-12-31")
    ]
    file = capped(tiers((0, "2"), (12, "3")), BASE, LATER, exemptions=allowed)
    assert told(file, "from", "to", "verdict", "limit", "excess")[1:] == [
        ("2025-01-01", "2025-08-31", "VIOLATION", "102.00", "2.00"),
        ("2025-09-01", "2025-09-30", "EXEMPTED", "104.04", "0.00"),
        ("2025-10-01", "2025-12-31", "EXEMPTED", "105.06", "0.00"),
        ("2026-01-01", None, "VIOLATION", "103.00", "1.00"),
    ]


def test_the_rounding_is_that_of_the_clause() -> None:
    for rounding, limit in [("HALF_UP", "32.82"), ("FLOOR", "32.81")]:
        file = capped(
            {"max_rise_percent": "3", "rounding": rounding},
            grid("g1", "2024-10-01", cell("31.86")),
            grid("g2", "2025-01-01", cell("31.86")),
        )
        assert figures(file)[1] == ("COMPLIANT", "31.86", limit, "31.86", "0.00")


def test_a_breach_and_a_fall_change_nothing_of_the_base() -> None:
    file = capped(
        {"max_rise_percent": "8"},
        BASE,
        grid("g2", "2025-01-01", cell("120.00")),
        grid("g3", "2026-01-01", cell("90.00")),
        grid("g4", "2027-01-01", cell("108.00")),
    )
    assert told(file, "anchor", "limit", "verdict")[1:] == [
        ("100.00", "108.00", "VIOLATION"),
        ("100.00", "108.00", "COMPLIANT"),
        ("100.00", "108.00", "COMPLIANT"),
    ]


def test_a_split_bracket_rises_from_the_first_price_of_its_parent_and_a_new_one_from_its_own() -> None:
    split = cell("108.01", ages=(65, None), parent=key())
    file = capped(
        {"max_rise_percent": "8"},
        BASE,
        grid("g2", "2025-01-01", cell("200.00", "N4"), split),
        grid("g3", "2026-01-01", cell("216.00", "N4"), split),
    )
    assert told(file, "verdict", "anchor")[1:] == [
        ("VIOLATION", "100.00"),
        ("NOT_APPLICABLE", None),
        ("VIOLATION", "100.00"),
        ("COMPLIANT", "200.00"),
    ]


def test_what_is_said_of_a_tier() -> None:
    assert judged(capped(tiers((0, "2")), BASE, LATER))[1].reason == (
        "Le prix de 104,00\u202f€ dépasse de 2,00\u202f€ le plafond de 102,00\u202f€, soit 100,00\u202f€, premier prix "
        "de la case, plus 2\u202f%, hausse cumulée permise à partir du 1er octobre 2024."
    )


@pytest.mark.parametrize(
    ("params", "path", "found"),
    [
        ({}, "", "neither of them"),
        ({"max_rise_percent": "8", **tiers((0, "8"))}, ".tiers", "both of them"),
        ({"tiers": []}, ".tiers", "an empty list"),
        (tiers((0, "1"), (12, "2"), (12, "3")), ".tiers[2].from_month", "the number 12"),
        (tiers((0, "1"), (24, "2"), (12, "3")), ".tiers[2].from_month", "the number 12"),
        (tiers((-1, "1")), ".tiers[0].from_month", "the number -1"),
        (tiers((0, "-1")), ".tiers[0].max_rise_percent", '"-1"'),
    ],
)
def test_a_wrong_tier_is_named(params: Json, path: str, found: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(capped(params, BASE))
    assert refused.value.path == f"$.convention.commitments[0].params{path}"
    assert refused.value.found == found


def test_a_tier_beyond_the_calendar_begins_on_its_last_day() -> None:
    file = capped(tiers((0, "2"), (1200, "8")), BASE, LATER)
    file["convention"] |= {"starts_on": "9990-01-01", "ends_on": "9999-12-31"}
    assert told(file, "from", "verdict")[1:] == [
        ("2025-01-01", "NOT_APPLICABLE"),
        ("9990-01-01", "VIOLATION"),
        ("9999-12-31", "COMPLIANT"),
    ]
