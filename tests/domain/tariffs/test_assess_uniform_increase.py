"""The uniform increase: every price moves by the declared rate, up or down, to the tolerance."""

from typing import Any

import pytest

from domain.tariffs.assess import ScenarioError, read_scenario
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, key, told

BASE = grid("g1", "2024-10-01", cell("47.80"), cell("31.86", "N2"))


def uniform(*grids: Json, params: Json | None = None, **sections: Any) -> Json:
    return promised("UNIFORM_INCREASE", params or {}, *grids, **sections)


def test_each_formula_may_have_its_rate() -> None:
    rates = {"N1": "2.9", "N9": "1"}
    moved = grid("g2", "2026-01-01", cell("49.60"), cell("32.00", "N2"), declared_rise_percent=rates)
    file = uniform(BASE, moved)
    assert figures(file) == [
        ("NOT_APPLICABLE", None, None, "47.80", None),
        ("NOT_APPLICABLE", None, None, "31.86", None),
        ("VIOLATION", "47.80", "49.19", "49.60", "0.41"),
        ("INDETERMINATE", "31.86", None, "32.00", None),
    ]
    assert [found.reason for found in judged(file)[2:]] == [
        (
            "Le prix de 49,60\u202f€ dépasse de 0,41\u202f€ les 49,19\u202f€ que donne l’évolution annoncée "
            "de 2,9\u202f% appliquée à 47,80\u202f€."
        ),
        (
            "Aucune évolution n’a été annoncée pour la formule «\u00a0N2\u00a0»\u00a0: rien ne dit si la hausse est "
            "la même pour tous."
        ),
    ]


def test_without_a_declared_rate_nothing_can_be_said_of_a_price_that_had_one_before() -> None:
    file = uniform(BASE, grid("g2", "2026-01-01", cell("47.80"), cell("60.00", "N4")))
    assert told(file, "verdict")[2:] == [("INDETERMINATE",), ("NOT_APPLICABLE",)]


def test_prices_are_compared_with_those_of_the_day_before_parents_and_withdrawals_included() -> None:
    file = uniform(
        BASE,
        grid("g2", "2025-03-01", cell("50.00"), declared_rise_percent="4.6"),
        grid(
            "g3",
            "2025-09-01",
            cell("51.00", ages=(65, None), parent=key()),
            cell("32.50", "N2"),
            declared_rise_percent="2",
        ),
    )
    assert told(file, "verdict", "anchor", "limit")[2:] == [
        ("COMPLIANT", "47.80", "50.00"),
        ("COMPLIANT", "50.00", "51.00"),
        ("COMPLIANT", "31.86", "32.50"),
    ]


@pytest.mark.parametrize(
    ("tolerance", "price", "expected"),
    [
        ("0.00", "49.19", ("COMPLIANT", "0.00")),
        ("0.00", "49.20", ("VIOLATION", "0.01")),
        ("0.05", "49.24", ("COMPLIANT", "0.00")),
        ("0.05", "49.14", ("COMPLIANT", "0.00")),
        ("0.05", "49.13", ("VIOLATION", "-0.06")),
    ],
)
def test_the_tolerance_counts_on_both_sides(tolerance: str, price: str, expected: tuple[str, str]) -> None:
    moved = grid("g2", "2026-01-01", cell(price), declared_rise_percent="2.9")
    assert told(uniform(BASE, moved, params={"tolerance": tolerance}), "verdict", "excess")[2:] == [expected]


@pytest.mark.parametrize(
    ("rate", "old", "limit"),
    [
        ("-2.5", "10.20", "9.95"),
        ("-101", "0.50", "-0.01"),
        ("-150", "0.25", "-0.13"),
        ("0", "10.20", "10.20"),
    ],
)
def test_a_rate_may_be_a_fall_and_half_a_cent_goes_away_from_zero(rate: str, old: str, limit: str) -> None:
    file = uniform(
        grid("g1", "2024-10-01", cell(old)),
        grid("g2", "2026-01-01", cell("1.00"), declared_rise_percent=rate),
    )
    assert told(file, "limit")[1] == (limit,)


def test_what_is_said_of_a_price_that_follows_or_falls_behind() -> None:
    moved = grid("g2", "2026-01-01", cell("49.19"), cell("31.00", "N2"), declared_rise_percent="2.9")
    assert [found.reason for found in judged(uniform(BASE, moved))[2:]] == [
        (
            "Le prix de 49,19\u202f€ correspond aux 49,19\u202f€ que donne l’évolution annoncée "
            "de 2,9\u202f% appliquée à 47,80\u202f€."
        ),
        (
            "Le prix de 31,00\u202f€ est inférieur de 1,78\u202f€ aux 32,78\u202f€ que donne l’évolution annoncée de "
            "2,9\u202f% appliquée à 31,86\u202f€."
        ),
    ]


def test_no_exemption_changes_what_was_declared() -> None:
    moved = grid("g2", "2026-01-01", cell("49.60"), declared_rise_percent="2.9")
    file = uniform(BASE, moved, exemptions=[exemption(("2", "1"), valid_to="2026-06-30")])
    assert told(file, "verdict", "from", "to")[2:] == [("VIOLATION", "2026-01-01", None)]


def test_one_rate_for_all_is_one_percentage() -> None:
    for_all = {"scope": "ALL"}
    one = grid("g2", "2026-01-01", cell("49.19"), cell("32.78", "N2"), declared_rise_percent="2.9")
    assert told(uniform(BASE, one, params=for_all), "verdict")[2:] == [("COMPLIANT",)] * 2
    with pytest.raises(ScenarioError) as refused:
        read_scenario(uniform(BASE, {**one, "declared_rise_percent": {"N1": "2.9"}}, params=for_all))
    assert refused.value.path == "$.grids[1].declared_rise_percent"
    assert refused.value.found == "an object"


def test_a_tolerance_is_an_amount_in_euros() -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(uniform(BASE, params={"tolerance": "1"}))
    assert refused.value.path == "$.convention.commitments[0].params.tolerance"
