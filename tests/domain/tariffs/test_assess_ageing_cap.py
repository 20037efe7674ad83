"""The cap on what age adds: on which day who is how old, in which bracket, and what then limits a contribution."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tariffs.assess.rules.ageing_cap import AgeBasis, age_on
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, told

PARAMS = {"max_ageing_percent": "10", "max_price_percent": "3"}
G1 = grid("g1", "2024-10-01", cell("66.73", "N3", (18, 49)), cell("103.93", "N3"))
BOTH, PRICE_ONLY = "75.61", "68.73"


def member(after: str = "100.00", **said: object) -> Json:
    return {
        "id": "m1",
        "birth_date": "1976-11-02",
        "formula": "N3",
        "before": "66.73",
        "after": after,
        "on": "2026-01-01",
        **said,
    }


def limit(*grids: Json, on: str = "2026-01-01", birth: str = "1976-11-02", **params: Any) -> str | None:
    file = promised(
        "AGEING_CAP", {**PARAMS, **params}, *(grids or (G1,)), members=[member(on=on, birth_date=birth)]
    )
    ((found,),) = [told(file, "limit")]
    assert found[0] is None or isinstance(found[0], str)
    return found[0]


@pytest.mark.parametrize(
    ("basis", "day", "birth", "age"),
    [
        ("MILLESIME", "2026-01-01", "1976-11-02", 50),
        ("EXACT_AT_1_JAN", "2026-01-01", "1976-11-02", 49),
        ("EXACT_BIRTHDAY", "2026-01-01", "1976-11-02", 49),
        ("EXACT_AT_1_JAN", "2026-11-02", "1976-11-02", 49),
        ("EXACT_AT_1_JAN", "2026-12-31", "1976-01-01", 50),
        ("EXACT_AT_1_JAN", "2027-01-01", "1976-11-02", 50),
        ("EXACT_BIRTHDAY", "2026-11-01", "1976-11-02", 49),
        ("EXACT_BIRTHDAY", "2026-11-02", "1976-11-02", 50),
        ("EXACT_BIRTHDAY", "2025-02-28", "1976-02-29", 48),
        ("EXACT_BIRTHDAY", "2025-03-01", "1976-02-29", 49),
        ("EXACT_BIRTHDAY", "2024-02-29", "1976-02-29", 48),
        ("MILLESIME", "2025-12-31", "2026-01-01", -1),
    ],
)
def test_how_old_somebody_is_depends_on_the_basis(basis: str, day: str, birth: str, age: int) -> None:
    assert age_on(date.fromisoformat(day), date.fromisoformat(birth), AgeBasis(basis)) == age


@pytest.mark.parametrize(
    ("basis", "day", "expected"),
    [
        ("MILLESIME", "2026-01-01", BOTH),
        ("MILLESIME", "2026-01-02", PRICE_ONLY),
        ("MILLESIME", "2025-12-31", PRICE_ONLY),
        ("EXACT_AT_1_JAN", "2026-01-01", PRICE_ONLY),
        ("EXACT_AT_1_JAN", "2027-01-01", BOTH),
        ("EXACT_BIRTHDAY", "2026-11-01", PRICE_ONLY),
        ("EXACT_BIRTHDAY", "2026-11-02", BOTH),
        ("EXACT_BIRTHDAY", "2026-11-03", PRICE_ONLY),
    ],
)
def test_age_may_add_only_on_the_day_on_which_another_bracket_begins(
    basis: str, day: str, expected: str
) -> None:
    assert limit(age_basis=basis, on=day) == expected


def test_brackets_that_a_new_grid_moves_count_each_in_the_grid_then_in_force() -> None:
    moved = grid("g2", "2026-03-01", cell("66.73", "N3", (18, 44)), cell("103.93", "N3", (45, None)))
    assert limit(G1, moved, on="2026-03-01", birth="1980-05-05") == BOTH
    assert limit(G1, moved, on="2026-03-02", birth="1980-05-05") == PRICE_ONLY
    # The bracket is another one even for those whose price it does not raise.
    assert limit(G1, moved, on="2026-03-01", birth="1990-05-05") == BOTH


def test_a_new_grid_with_the_same_brackets_is_a_matter_of_price() -> None:
    dearer = grid("g2", "2026-03-01", cell("70.00", "N3", (18, 49)), cell("110.00", "N3"))
    assert limit(G1, dearer, on="2026-03-01") == PRICE_ONLY


def test_whoever_had_no_cell_the_day_before_enters_a_bracket() -> None:
    assert limit(on="2024-10-01") == BOTH
    assert limit(on="2024-01-01", birth="2006-01-01") == BOTH
    assert limit(on="2025-01-01", birth="2007-06-01") == BOTH  # 17 the day before: no adult cell


@pytest.mark.parametrize(
    ("freeze", "expected"), [(50, PRICE_ONLY), (49, PRICE_ONLY), (51, BOTH), (0, PRICE_ONLY)]
)
def test_age_adds_nothing_from_the_frozen_age_on(freeze: int, expected: str) -> None:
    assert limit(freeze_age=freeze) == expected


def test_a_member_without_a_cell_on_the_day_is_held_to_what_the_promise_allows_at_most() -> None:
    lost = [
        member(id="m1", formula="N9"),
        member(id="m2", on="2024-09-30"),
        member(id="m3", birth_date="2020-01-01"),
        member(id="m4", category="student"),
    ]
    file = promised("AGEING_CAP", PARAMS, G1, members=lost)
    assert told(file, "grid", "subject", "verdict", "anchor", "limit") == [
        (None, "m2", "VIOLATION", "66.73", "75.61"),
        ("g1", "m1", "VIOLATION", "66.73", "75.61"),
        ("g1", "m3", "VIOLATION", "66.73", "75.61"),
        ("g1", "m4", "VIOLATION", "66.73", "75.61"),
    ]
    assert "10\u202f% pour l’âge, faute de tranche ce jour-là" in judged(file)[0].reason
    frozen = promised("AGEING_CAP", {**PARAMS, "freeze_age": 0}, G1, members=lost)
    assert {limit for (limit,) in told(frozen, "limit")} == {"68.73"}


def test_a_formula_withdrawn_on_the_day_counts_as_another_bracket() -> None:
    g2 = grid("g2", "2026-01-01", cell("47.80"))
    young = member(birth_date="1990-06-01")
    assert told(promised("AGEING_CAP", PARAMS, G1, members=[young]), "limit") == [("68.73",)]
    assert told(promised("AGEING_CAP", PARAMS, G1, g2, members=[young]), "limit") == [("75.61",)]


def test_findings_come_by_grid_then_member_each_from_its_day_without_end() -> None:
    g2 = grid("g2", "2026-01-01", cell("66.73", "N3", (18, 49)), cell("103.93", "N3"))
    members = [
        member(id="m3"),
        member(id="m2", on="2026-07-01"),
        member(id="m9", on="2025-12-31"),
        member(id="m1"),
    ]
    file = promised("AGEING_CAP", PARAMS, g2, G1, members=members)
    assert told(file, "grid", "cell", "subject", "from", "to") == [
        ("g1", None, "m9", "2025-12-31", None),
        ("g2", None, "m1", "2026-01-01", None),
        ("g2", None, "m2", "2026-07-01", None),
        ("g2", None, "m3", "2026-01-01", None),
    ]


def test_the_exemptions_in_force_on_the_day_count_and_split_nothing() -> None:
    ends = [exemption(("1.02", "1"), valid_to="2026-01-01")]
    file = promised("AGEING_CAP", PARAMS, G1, members=[member("77.12")], exemptions=ends)
    assert told(file, "from", "to", "verdict", "limit", "excess") == [
        ("2026-01-01", None, "EXEMPTED", "77.12", "0.00")
    ]
    starts = [exemption(("1.02", "1"), valid_from="2026-01-02")]
    file = promised("AGEING_CAP", PARAMS, G1, members=[member("77.12")], exemptions=starts)
    assert figures(file) == [("VIOLATION", "66.73", "75.61", "77.12", "1.51")]


def test_the_sentence_says_what_the_age_adds() -> None:
    def sentence(**params: object) -> str:
        return judged(promised("AGEING_CAP", {**PARAMS, **params}, G1, members=[member()]))[0].reason

    assert "puis 10\u202f% pour le passage à une autre tranche" in sentence()
    assert "et 10\u202f% pour le passage" in sentence(combine="ADD")
    assert "sans hausse liée à l’âge à partir de 50 ans" in sentence(freeze_age=50)
    assert "la tranche d’âge restant la même" in sentence(age_basis="EXACT_BIRTHDAY")


days = st.dates(date(1930, 1, 1), date(2030, 12, 31))


@given(days, days)
def test_the_three_ages_differ_by_a_year_at_most_and_meet_at_the_end_of_the_year(
    birth: date, day: date
) -> None:
    by_year, on_new_year, exact = (age_on(day, birth, basis) for basis in AgeBasis)
    assert on_new_year <= exact <= by_year <= on_new_year + 1
    assert age_on(date(day.year, 12, 31), birth, AgeBasis.EXACT_BIRTHDAY) == by_year
    assert age_on(date(day.year, 1, 1), birth, AgeBasis.EXACT_BIRTHDAY) == on_new_year
