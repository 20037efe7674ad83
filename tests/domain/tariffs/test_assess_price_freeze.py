"""The freeze: until a day, the first price of each cell; afterwards nothing, with the anchor kept."""

from typing import Any

import pytest

from domain.tariffs.assess import ScenarioError, read_scenario
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, key, told

UNTIL = {"until": "2026-09-30"}
BASE = grid("g1", "2024-10-01", cell("47.80"))


def frozen(*grids: Json, params: Json = UNTIL, **sections: Any) -> Json:
    return promised("PRICE_FREEZE", params, *grids, **sections)


def test_the_days_of_a_grid_are_cut_where_the_freeze_ends() -> None:
    file = frozen(BASE, grid("g2", "2026-01-01", cell("49.23")))
    assert told(file, "from", "to", "verdict", "anchor", "limit", "excess") == [
        ("2024-10-01", "2025-12-31", "NOT_APPLICABLE", None, None, None),
        ("2026-01-01", "2026-09-30", "VIOLATION", "47.80", "47.80", "1.43"),
        ("2026-10-01", None, "COMPLIANT", "47.80", None, "0.00"),
    ]


def test_a_price_that_never_rose_still_ends_one_finding_and_begins_another() -> None:
    file = frozen(BASE, grid("g2", "2026-01-01", cell("47.80")))
    assert told(file, "from", "verdict", "limit")[1:] == [
        ("2026-01-01", "COMPLIANT", "47.80"),
        ("2026-10-01", "COMPLIANT", None),
    ]


@pytest.mark.parametrize(
    ("first", "months", "last"),
    [
        ("2024-10-01", 24, "2026-09-30"),
        ("2024-10-15", 24, "2026-10-14"),
        ("2024-02-29", 12, "2025-02-27"),
        ("2024-10-01", 1, "2024-10-31"),
    ],
)
def test_months_are_counted_from_the_first_grid(first: str, months: int, last: str) -> None:
    file = frozen(
        grid("g1", first, cell("47.80")),
        grid("g2", "2024-10-31", cell("47.80")),
        params={"months": months},
    )
    assert told(file, "to")[1] == (last,)


def test_the_first_grid_is_the_one_that_stands_and_not_the_one_it_corrects() -> None:
    corrected = grid("g1b", "2024-11-01", cell("47.80"), corrects="g1", recorded_at="2024-02-01T00:00:00Z")
    file = frozen(BASE, corrected, grid("g2", "2026-01-01", cell("47.80")), params={"months": 24})
    assert told(file, "to")[1] == ("2026-10-31",)


def test_a_fall_leaves_the_first_price_as_the_limit() -> None:
    file = frozen(BASE, grid("g2", "2025-01-01", cell("40.00")), grid("g3", "2026-01-01", cell("47.80")))
    assert figures(file)[1:3] == [
        ("COMPLIANT", "47.80", "47.80", "40.00", "0.00"),
        ("COMPLIANT", "47.80", "47.80", "47.80", "0.00"),
    ]


def test_a_formula_that_is_added_is_frozen_at_its_first_price_until_the_same_day() -> None:
    n4 = cell("60.00", "N4")
    file = frozen(
        BASE, grid("g2", "2025-06-01", n4), grid("g3", "2026-01-01", cell("60.01", "N4")), params=UNTIL
    )
    assert told(file, "grid", "to", "verdict", "limit", "excess")[1:] == [
        ("g2", "2025-12-31", "NOT_APPLICABLE", None, None),
        ("g3", "2026-09-30", "VIOLATION", "60.00", "0.01"),
        ("g3", None, "COMPLIANT", None, "0.00"),
    ]


def test_a_bracket_that_was_split_is_frozen_at_the_first_price_of_its_parent() -> None:
    split = grid("g2", "2026-01-01", cell("52.00", ages=(65, None), parent=key()))
    assert figures(frozen(BASE, split))[1] == ("VIOLATION", "47.80", "47.80", "52.00", "4.20")


def test_days_are_cut_by_exemptions_too_as_long_as_there_is_a_limit() -> None:
    allowed = [exemption(("1.02", "1"), valid_from="2026-03-01", valid_to="2026-12-31")]
    file = frozen(BASE, grid("g2", "2026-01-01", cell("48.50")), exemptions=allowed)
    assert told(file, "from", "to", "verdict", "limit", "excess")[1:] == [
        ("2026-01-01", "2026-02-28", "VIOLATION", "47.80", "0.70"),
        ("2026-03-01", "2026-09-30", "EXEMPTED", "48.76", "0.00"),
        ("2026-10-01", None, "COMPLIANT", None, "0.00"),
    ]


def test_a_freeze_that_ended_before_or_never_ends_cuts_nothing() -> None:
    later = grid("g2", "2026-01-01", cell("49.23"))
    assert figures(frozen(BASE, later, params={"until": "2025-12-31"}))[1:] == [
        ("COMPLIANT", "47.80", None, "49.23", "0.00")
    ]
    assert figures(frozen(BASE, later, params={"until": "9999-12-31"}))[1:] == [
        ("VIOLATION", "47.80", "47.80", "49.23", "1.43")
    ]
    last = grid("g2", "9999-12-31", cell("49.23"))
    far = frozen(grid("g1", "9999-01-01", cell("47.80")), last, params={"months": 1200})
    assert figures(far)[1:] == [("VIOLATION", "47.80", "47.80", "49.23", "1.43")]


def test_nothing_is_found_where_no_grid_is_known() -> None:
    assert judged(frozen(BASE, as_known_at="2023-01-01T00:00:00Z")) == ()


def test_what_is_said_of_a_freeze() -> None:
    found = judged(frozen(BASE, grid("g2", "2026-01-01", cell("49.23"))))
    assert [each.reason for each in found[1:]] == [
        (
            "Le prix de 49,23\u202f€ dépasse de 1,43\u202f€ le plafond de 47,80\u202f€, soit le premier prix "
            "de la case, garanti sans hausse jusqu’au 30 septembre 2026 inclus."
        ),
        "La garantie de prix a pris fin le 30 septembre 2026\u00a0: elle ne limite plus ce prix.",
    ]


@pytest.mark.parametrize(
    ("params", "path", "found"),
    [
        ({}, "", "neither of them"),
        ({"until": None}, "", "neither of them"),
        ({"until": "2026-09-30", "months": 24}, ".months", "both of them"),
        ({"months": 0}, ".months", "the number 0"),
        ({"months": "24"}, ".months", '"24"'),
    ],
)
def test_exactly_one_of_day_and_months_is_given(params: Json, path: str, found: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(frozen(BASE, params=params))
    assert refused.value.path == f"$.convention.commitments[0].params{path}"
    assert refused.value.found == found
