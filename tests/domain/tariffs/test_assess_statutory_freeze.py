"""The freeze by law: an alert instead of a breach, on the days of the law only, and no exemption from it."""

from typing import Any

import pytest

from domain.tariffs.assess import ScenarioError, read_scenario
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, key, told

LAW = {"reference_on": "2025-12-31", "from": "2026-01-01", "to": "2026-12-31"}
BASE = grid("g1", "2024-10-01", cell("47.80"))


def lawful(*grids: Json, law: Json = LAW, **sections: Any) -> Json:
    return promised("STATUTORY_FREEZE", law, *grids, **sections)


def test_the_days_of_a_grid_are_cut_where_the_law_begins_and_ends() -> None:
    file = lawful(BASE, grid("g2", "2025-06-01", cell("48.00")), grid("g3", "2026-03-01", cell("49.00")))
    assert told(file, "grid", "from", "to", "verdict", "anchor", "limit", "excess") == [
        ("g1", "2024-10-01", "2025-05-31", "NOT_APPLICABLE", None, None, None),
        ("g2", "2025-06-01", "2025-12-31", "NOT_APPLICABLE", None, None, None),
        ("g2", "2026-01-01", "2026-02-28", "COMPLIANT", "48.00", "48.00", "0.00"),
        ("g3", "2026-03-01", "2026-12-31", "LEGAL_ALERT", "48.00", "48.00", "1.00"),
        ("g3", "2027-01-01", None, "NOT_APPLICABLE", None, None, None),
    ]


def test_the_law_says_nothing_of_a_first_grid_nor_of_a_cell_without_price_on_its_day() -> None:
    assert told(lawful(grid("g1", "2025-06-01", cell("47.80"))), "verdict", "to") == [
        ("NOT_APPLICABLE", None)
    ]
    n4 = cell("60.00", "N4")
    file = lawful(BASE, grid("g2", "2026-02-01", n4), grid("g3", "2026-06-01", cell("70.00", "N4")))
    assert told(file, "verdict", "from", "to")[1:] == [
        ("NOT_APPLICABLE", "2026-02-01", "2026-05-31"),
        ("NOT_APPLICABLE", "2026-06-01", None),
    ]
    assert judged(file)[2].reason == (
        "Case sans prix le 31 décembre 2025\u00a0: le gel des prix par la loi ne s’y applique pas."
    )


def test_a_new_cell_is_bound_by_its_price_on_the_day_of_the_law_from_its_second_grid_on() -> None:
    n4 = cell("60.00", "N4")
    file = lawful(BASE, grid("g2", "2025-06-01", n4), grid("g3", "2026-06-01", cell("70.00", "N4")))
    assert told(file, "grid", "verdict", "excess")[1:] == [
        ("g2", "NOT_APPLICABLE", None),
        ("g3", "LEGAL_ALERT", "10.00"),
        ("g3", "NOT_APPLICABLE", None),
    ]


def test_the_price_on_the_day_of_the_law_may_be_that_of_a_parent_or_a_withdrawn_one() -> None:
    file = lawful(
        grid("g1", "2024-10-01", cell("47.80"), cell("30.00", "N2")),
        grid("g2", "2025-06-01", cell("48.00")),
        grid("g3", "2026-01-01", cell("52.00", ages=(65, None), parent=key()), cell("31.00", "N2")),
    )
    assert [row for row in figures(file) if row[0] == "LEGAL_ALERT"] == [
        ("LEGAL_ALERT", "48.00", "48.00", "52.00", "4.00"),
        ("LEGAL_ALERT", "30.00", "30.00", "31.00", "1.00"),
    ]


def test_no_exemption_lifts_the_law() -> None:
    file = lawful(BASE, grid("g2", "2026-01-01", cell("48.00")), exemptions=[exemption(("2", "1"))])
    assert told(file, "verdict", "limit")[1] == ("LEGAL_ALERT", "47.80")


def test_what_is_said_of_the_law() -> None:
    found = judged(lawful(BASE, grid("g2", "2026-01-01", cell("49.23"))))
    assert [each.reason for each in found[1:]] == [
        (
            "Le prix de 49,23\u202f€ dépasse de 1,43\u202f€ le plafond de 47,80\u202f€, soit le prix en vigueur le "
            "31 décembre 2025, que la loi gèle du 1er janvier 2026 au 31 décembre 2026."
        ),
        "Le gel des prix par la loi ne vaut que du 1er janvier 2026 au 31 décembre 2026.",
    ]


def test_a_law_for_ever_ends_on_no_day() -> None:
    file = lawful(BASE, grid("g2", "2026-01-01", cell("48.00")), law={**LAW, "to": "9999-12-31"})
    assert told(file, "verdict", "to")[1:] == [("LEGAL_ALERT", None)]


def test_a_law_ends_after_it_begins() -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(lawful(BASE, law={**LAW, "to": "2025-12-31"}))
    assert refused.value.path == "$.convention.commitments[0].params.to"
