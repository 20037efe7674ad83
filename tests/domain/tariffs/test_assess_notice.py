"""Notice to the commune: the last lawful day, what a correction keeps, and justifications."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tariffs.assess import ScenarioError, read_commitment
from domain.tariffs.assess.month_days import MonthDay
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, grid, judged, key, told

G1 = grid("g1", "2024-10-01", cell("47.80"))
MONTHS = {"months": 2}


def notified(on: str, *cells: Json, effective: str = "2026-01-01", name: str = "g2", **said: object) -> Json:
    said = {"recorded_at": f"{on}T09:00:00Z", **said}
    return grid(name, effective, *(cells or (cell("49.23"),)), notified_on=on, **said)


def correction(on: str, *cells: Json, of: str = "g2", name: str = "g3", **said: Any) -> Json:
    return notified(on, *cells, name=name, corrects=of, **said)


def last(params: Json, *grids: Json, **sections: Any) -> tuple[Any, ...]:
    return figures(promised("NOTICE", params, G1, *grids, **sections))[-1]


@pytest.mark.parametrize(
    ("params", "effective", "limit"),
    [
        ({"months": 2}, "2026-04-30", "2026-02-28"),
        ({"months": 2}, "2028-04-30", "2028-02-29"),
        ({"months": 2}, "2026-03-31", "2026-01-31"),
        ({"months": 1}, "2026-03-31", "2026-02-28"),
        ({"months": 12}, "2028-02-29", "2027-02-28"),
        ({"months": 14}, "2026-01-15", "2024-11-15"),
        ({"months": 0}, "2026-01-15", "2026-01-15"),
        ({"fixed_day": "10-31"}, "2026-01-01", "2025-10-31"),
        ({"fixed_day": "10-31"}, "2026-12-31", "2025-10-31"),
        ({"fixed_day": "12-31"}, "2026-01-01", "2025-12-31"),
        ({"fixed_day": "02-29"}, "2026-01-01", "2025-02-28"),
        ({"fixed_day": "02-29"}, "2025-01-01", "2024-02-29"),
    ],
)
def test_the_last_lawful_day_is_counted_in_months_or_fixed_in_the_year_before(
    params: Json, effective: str, limit: str
) -> None:
    in_time = notified(limit, effective=effective)
    assert last(params, in_time) == ("COMPLIANT", None, limit, limit, "0")
    next_day = (date.fromisoformat(limit) + timedelta(days=1)).isoformat()
    assert last(params, notified(next_day, effective=effective)) == ("VIOLATION", None, limit, next_day, "1")


def test_a_first_grid_needs_no_notice_and_a_correction_of_it_is_still_the_first() -> None:
    file = promised("NOTICE", MONTHS, grid("g1", "2024-10-01", cell("47.80"), notified_on="2024-09-30"))
    assert figures(file) == [("NOT_APPLICABLE", None, None, "2024-09-30", None)]
    again = correction("2024-10-15", cell("60.00"), of="g1", effective="2024-10-01")
    assert [row[0] for row in figures(promised("NOTICE", MONTHS, G1, again))] == ["NOT_APPLICABLE"]


@pytest.mark.parametrize(
    "new", [cell("20.00", "N4"), cell("40.00"), cell("47.80")], ids=["new", "fall", "same"]
)
def test_every_later_grid_is_judged_even_if_no_price_rises(new: Json) -> None:
    assert last(MONTHS, notified("2025-11-20", new)) == ("VIOLATION", None, "2025-11-01", "2025-11-20", "19")


def test_a_finding_is_of_the_whole_grid_on_all_its_days() -> None:
    file = promised(
        "NOTICE",
        MONTHS,
        G1,
        notified("2025-10-01"),
        notified("2026-10-01", name="g3", effective="2027-01-01"),
    )
    assert told(file, "grid", "cell", "subject", "from", "to")[1:] == [
        ("g2", None, None, "2026-01-01", "2026-12-31"),
        ("g3", None, None, "2027-01-01", None),
    ]


KEPT = ("COMPLIANT", None, "2025-11-01", "2025-10-15", "0")
RESTARTED = ("VIOLATION", None, "2025-11-01", "2025-12-01", "30")


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([cell("49.00")], KEPT),
        ([cell("49.23")], KEPT),
        ([cell("49.24")], RESTARTED),
        ([cell("49.00"), cell("20.00", "N2")], KEPT),
        ([cell("49.00"), cell("20.01", "N2")], RESTARTED),
        ([cell("20.00", "N2")], KEPT),
        ([cell("49.00"), cell("99.00", "N9")], KEPT),
        ([cell("49.00", ages=(50, 64), parent=key()), cell("49.23", ages=(65, None), parent=key())], KEPT),
        (
            [cell("49.00", ages=(50, 64), parent=key()), cell("49.24", ages=(65, None), parent=key())],
            RESTARTED,
        ),
        ([cell("99.00", ages=(65, None))], KEPT),
    ],
    ids=[
        "lower",
        "same",
        "higher",
        "all-lower",
        "one-higher",
        "withdrawn",
        "new",
        "split",
        "split-higher",
        "unrelated",
    ],
)
def test_a_correction_keeps_the_notice_of_what_it_corrects_unless_a_cell_rises_against_that(
    cells: list[Json], expected: tuple[str, ...]
) -> None:
    wrong = notified("2025-10-15", cell("49.23"), cell("20.00", "N2"))
    assert last(MONTHS, wrong, correction("2025-12-01", *cells)) == expected


def test_a_correction_is_held_to_its_own_effective_day() -> None:
    earlier = correction("2025-12-01", cell("49.00"), effective="2025-12-01")
    assert last(MONTHS, notified("2025-10-15"), earlier) == (
        "VIOLATION",
        None,
        "2025-10-01",
        "2025-10-15",
        "14",
    )


def test_a_chain_of_corrections_keeps_the_first_notice_as_long_as_nothing_rises() -> None:
    first = notified("2025-10-15", cell("50.00"))
    lower = correction("2025-11-10", cell("49.50"))
    lowest = correction("2025-12-01", cell("49.00"), of="g3", name="g4")
    assert last(MONTHS, first, lower, lowest) == KEPT
    higher = correction("2025-12-01", cell("49.60"), of="g3", name="g4")
    # It rises against the grid that it corrects, though not against the first.
    assert last(MONTHS, first, lower, higher) == RESTARTED
    raised = correction("2025-10-20", cell("51.00"))
    assert last(MONTHS, first, raised, lowest)[3] == "2025-10-20"


def test_each_of_two_corrections_of_one_grid_is_compared_with_that_grid() -> None:
    rival = correction("2025-11-10", cell("48.00"))
    later = correction("2025-12-01", cell("49.00"), of="g2", name="g4")
    assert last(MONTHS, notified("2025-10-15"), rival, later) == KEPT


def test_a_corrected_grid_that_is_not_known_yet_lends_nothing() -> None:
    wrong = notified("2025-10-15", recorded_at="2026-03-01T00:00:00Z")
    early = correction("2025-12-01", cell("49.00"))
    assert last(MONTHS, wrong, early, as_known_at="2026-02-01T00:00:00Z") == RESTARTED


def test_a_split_is_compared_through_a_parent_that_only_the_corrected_grid_priced() -> None:
    wrong = notified("2025-10-15", cell("30.00", "N5"))
    for price, expected in [("30.00", KEPT), ("30.01", RESTARTED)]:
        split = correction("2025-12-01", cell(price, "N5", (65, None), parent=key("N5")))
        assert last(MONTHS, wrong, split) == expected


def test_a_parent_that_an_earlier_grid_declared_stands_before_that_of_the_correction() -> None:
    old = cell("40.00", ages=(65, None), parent=key("N2"))
    before = notified(
        "2025-05-01", cell("49.23"), old, cell("20.00", "N2"), effective="2025-10-01", name="g1b"
    )
    wrong = notified("2025-10-15", cell("49.23"), cell("20.00", "N2"))
    again = correction("2025-12-01", cell("45.00", ages=(65, None), parent=key()))
    assert last(MONTHS, before, wrong, again) == RESTARTED


def test_a_grid_that_must_be_justified_and_is_not_is_late_whatever_the_day() -> None:
    params = {**MONTHS, "requires_justification": True}
    assert last(params, notified("2025-10-01")) == ("VIOLATION", None, "2025-11-01", "2025-10-01", None)
    assert last(params, notified("2025-11-20")) == ("VIOLATION", None, "2025-11-01", "2025-11-20", None)
    assert last(params, notified("2025-10-01", justified=True))[0] == "COMPLIANT"
    assert last(params, notified("2025-11-20", justified=True))[4] == "19"
    assert last(MONTHS, notified("2025-10-01"))[0] == "COMPLIANT"


def test_a_correction_keeps_the_justification_together_with_the_notice() -> None:
    params = {**MONTHS, "requires_justification": True}
    justified = notified("2025-10-15", justified=True)
    assert last(params, justified, correction("2025-12-01", cell("49.00"))) == KEPT
    assert last(params, justified, correction("2025-10-20", cell("49.24")))[4] is None
    unjustified = notified("2025-10-15")
    assert (
        last(params, unjustified, correction("2025-10-20", cell("49.00"), justified=True))[0] == "VIOLATION"
    )
    assert (
        last(params, unjustified, correction("2025-10-20", cell("49.24"), justified=True))[0] == "COMPLIANT"
    )


def test_the_sentence_names_the_grid_whose_notice_counts() -> None:
    file = promised("NOTICE", MONTHS, G1, notified("2025-10-15"), correction("2025-12-01", cell("49.00")))
    assert judged(file)[-1].reason == (
        "La grille a été notifiée le 15 octobre 2025 avec la grille «\u00a0g2\u00a0» qu’elle corrige sans hausse, "
        "dans le délai qui courait jusqu’au 1er novembre 2025."
    )


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({}, "$.params"),
        ({"months": None, "fixed_day": None}, "$.params"),
        ({"months": 2, "fixed_day": "10-31"}, "$.params.fixed_day"),
        ({"months": -1}, "$.params.months"),
        ({"months": "2"}, "$.params.months"),
        ({"fixed_day": "02-30"}, "$.params.fixed_day"),
        ({"fixed_day": "13-01"}, "$.params.fixed_day"),
        ({"fixed_day": "2025-10-31"}, "$.params.fixed_day"),
        ({"fixed_day": "1-1"}, "$.params.fixed_day"),
        ({"fixed_day": 1031}, "$.params.fixed_day"),
        ({"months": 2, "requires_justification": 1}, "$.params.requires_justification"),
    ],
)
def test_exactly_one_of_months_and_fixed_day_is_given(params: Json, path: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_commitment({"id": "c1", "rule": "NOTICE", "params": params})
    assert refused.value.path == path


@given(st.dates(date(2000, 1, 1), date(2040, 12, 31)), st.dates(date(2000, 1, 1), date(2040, 12, 31)))
def test_a_day_of_the_year_comes_back_once_a_year(any_day: date, other: date) -> None:
    day = MonthDay(any_day.month, any_day.day)
    found = day.in_year(other.year)
    assert found.year == other.year
    assert day.is_on(found) or (day == MonthDay(2, 29) and found == date(other.year, 2, 28))
    assert day.is_on(any_day)
