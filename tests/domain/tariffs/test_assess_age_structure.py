"""The structure of ages: every age priced once, brackets that stay, and a bound on the dearest adult price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tariffs.assess import ScenarioError, read_commitment
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, told, verdicts

Ages = tuple[int, int | None]
SOUND: list[Ages] = [(0, 17), (18, 49), (50, None)]
FREE = {"fixed_brackets": False}


def priced(*brackets: Ages, formula: str = "N1") -> list[Json]:
    return [cell("40.00", formula, ages) for ages in brackets]


def structure(*brackets: Ages) -> tuple[str, str]:
    (found,) = judged(promised("AGE_STRUCTURE", FREE, grid("g1", "2024-10-01", *priced(*brackets))))
    return found.verdict.value, found.reason


@pytest.mark.parametrize("brackets", [SOUND, [(0, None)], [(0, 0), (1, 1), (2, None)], SOUND[::-1]])
def test_ages_covered_once_without_end_are_sound(brackets: list[Ages]) -> None:
    assert structure(*brackets)[0] == "COMPLIANT"


@pytest.mark.parametrize(
    ("brackets", "told_of"),
    [
        ([(1, None)], "il n’y a aucun prix à 0 ans"),
        ([(18, None)], "il n’y a aucun prix de 0 à 17 ans"),
        ([(0, 59), (67, None)], "il n’y a aucun prix de 60 à 66 ans"),
        ([(0, 120)], "il n’y a aucun prix à partir de 121 ans"),
        ([(0, 25), (18, None)], "il y a plusieurs prix de 18 à 25 ans"),
        ([(0, 50), (50, None)], "il y a plusieurs prix à 50 ans"),
        ([(0, None), (60, None)], "il y a plusieurs prix à partir de 60 ans"),
        ([(0, None), (60, 69)], "il y a plusieurs prix de 60 à 69 ans"),
        ([(0, 100), (10, 19), (101, None)], "il y a plusieurs prix de 10 à 19 ans"),
        ([(0, 9), (20, 29), (25, None)], "en 2 endroits, et d’abord il n’y a aucun prix de 10 à 19 ans"),
    ],
)
def test_a_hole_or_an_overlap_is_a_breach_and_the_ages_are_told(brackets: list[Ages], told_of: str) -> None:
    verdict, reason = structure(*brackets)
    assert verdict == "VIOLATION"
    assert told_of in reason


def test_roles_are_taken_together() -> None:
    file = promised(
        "AGE_STRUCTURE",
        FREE,
        grid("g1", "2024-10-01", cell("10.00", ages=(0, 25), role="child"), cell("40.00", ages=(18, None))),
    )
    assert "plusieurs prix de 18 à 25 ans" in judged(file)[0].reason


def test_each_formula_is_judged_alone_and_of_the_general_category_only() -> None:
    cells = [
        *priced((0, None), formula="N2"),
        *priced((5, None), formula="N1"),
        {**cell("9.00", "N1", (18, 25)), "category": "student"},
        {**cell("9.00", "N0", (18, 25)), "category": "student"},
    ]
    file = promised("AGE_STRUCTURE", {}, grid("g1", "2024-10-01", *cells))
    part = {"category": "general", "role": None, "age_from": None, "age_to": None}
    assert told(file, "cell", "verdict") == [
        ({"formula": "N1", **part}, "VIOLATION"),
        ({"formula": "N2", **part}, "COMPLIANT"),
    ]


def test_fixed_brackets_are_those_of_the_first_grid_that_has_the_formula() -> None:
    file = promised(
        "AGE_STRUCTURE",
        {},
        grid("g1", "2024-10-01", *priced((0, None))),
        grid("g2", "2025-01-01", *priced((0, None)), *priced((0, 39), (40, None), formula="N2")),
        grid("g3", "2026-01-01", *priced((0, 39), (40, None), formula="N2")),
        grid("g4", "2027-01-01", *priced((0, 40), (41, None)), *priced((0, None), formula="N2")),
        grid("g5", "2028-01-01", *priced((0, None))),
    )
    rows = [(row[0], row[1]["formula"], row[2]) for row in told(file, "grid", "cell", "verdict")]
    assert rows == [
        ("g1", "N1", "COMPLIANT"),
        ("g2", "N1", "COMPLIANT"),
        ("g2", "N2", "COMPLIANT"),
        ("g3", "N2", "COMPLIANT"),
        ("g4", "N1", "VIOLATION"),
        ("g4", "N2", "VIOLATION"),
        ("g5", "N1", "COMPLIANT"),
    ]
    reason = judged(file)[5].reason
    assert "de sa grille du 1er janvier 2025" in reason
    assert "la tranche à partir de 0 ans (adultes) n’y figurait pas" in reason


def test_a_bracket_that_changes_its_role_is_another_cell() -> None:
    first = grid("g1", "2024-10-01", cell("1.00", ages=(0, 17), role="child"), cell("2.00", ages=(18, None)))
    later = grid("g2", "2026-01-01", cell("1.00", ages=(0, 17)), cell("2.00", ages=(18, None)))
    assert verdicts(promised("AGE_STRUCTURE", {}, first, later))[1] == ("VIOLATION", None)
    assert verdicts(promised("AGE_STRUCTURE", FREE, first, later))[1] == ("COMPLIANT", "0.00")


def test_a_structure_that_was_wrong_from_the_start_is_not_mended_by_new_brackets() -> None:
    holed = grid("g1", "2024-10-01", *priced((0, 59), (67, None)))
    mended = grid("g2", "2026-01-01", *priced((0, 66), (67, None)))
    assert verdicts(promised("AGE_STRUCTURE", {}, holed, mended)) == [("VIOLATION", None)] * 2
    assert verdicts(promised("AGE_STRUCTURE", FREE, holed, mended))[1] == ("COMPLIANT", "0.00")


def ratio(youngest: str, oldest: str, limit: str = "1.55", **sections: object) -> Json:
    cells = [
        cell("99.00", ages=(0, 17), role="child"),
        cell(youngest, ages=(18, 49)),
        cell("60.00", ages=(50, 59)),
        cell(oldest, ages=(60, None)),
    ]
    return promised("AGE_STRUCTURE", {"max_ratio": limit}, grid("g1", "2024-10-01", *cells), **sections)


def test_the_ratio_is_of_adults_only_and_its_limit_is_a_price_rounded_once() -> None:
    assert figures(ratio("66.73", "103.43")) == [("COMPLIANT", "66.73", "103.43", "103.43", "0.00")]
    assert figures(ratio("66.73", "103.44")) == [("VIOLATION", "66.73", "103.43", "103.44", "0.01")]
    assert figures(ratio("10.00", "12.00", "5.9999")) == [("COMPLIANT", "10.00", "60.00", "60.00", "0.00")]


def test_the_dearest_adults_need_not_be_the_oldest_nor_the_youngest_the_cheapest() -> None:
    assert figures(ratio("40.00", "30.00", "1.5")) == [("COMPLIANT", "40.00", "60.00", "60.00", "0.00")]
    assert figures(ratio("70.00", "30.00", "1")) == [("COMPLIANT", "70.00", "70.00", "70.00", "0.00")]


def test_without_a_ratio_the_prices_are_told_and_nothing_limits_them() -> None:
    file = promised("AGE_STRUCTURE", {}, grid("g1", "2024-10-01", *priced((0, None))))
    assert figures(file) == [("COMPLIANT", "40.00", None, "40.00", "0.00")]


def test_without_an_adult_there_is_nothing_to_compare() -> None:
    children = grid("g1", "2024-10-01", cell("10.00", ages=(0, None), role="child"))
    file = promised("AGE_STRUCTURE", {"max_ratio": "1"}, children)
    assert figures(file) == [("COMPLIANT", None, None, None, "0.00")]


def test_the_limit_of_the_ratio_is_a_price_so_that_an_exemption_works_on_it() -> None:
    covers = [
        exemption(("1.01", "1"), valid_from="2025-01-01", valid_to="2025-12-31", decided_on="2024-12-01")
    ]
    file = ratio("66.73", "103.93", exemptions=covers)
    assert told(file, "from", "to", "verdict", "limit", "excess") == [
        ("2024-10-01", "2024-12-31", "VIOLATION", "103.43", "0.50"),
        ("2025-01-01", "2025-12-31", "EXEMPTED", "104.47", "0.00"),
        ("2026-01-01", None, "VIOLATION", "103.43", "0.50"),
    ]
    assert judged(file)[1].exemptions == ("x1",)


def test_a_broken_structure_has_no_limit_so_that_no_exemption_works_on_it() -> None:
    holed = grid("g1", "2024-10-01", *priced((5, None)))
    file = promised(
        "AGE_STRUCTURE",
        {"max_ratio": "1.5"},
        holed,
        exemptions=[exemption(("9", "1"), valid_from="2025-01-01")],
    )
    assert figures(file) == [("VIOLATION", None, None, None, None)]


@pytest.mark.parametrize("wrong", ["0", "-1", 2, "1,5"])
def test_a_ratio_is_a_number_above_zero(wrong: object) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_commitment({"id": "c1", "rule": "AGE_STRUCTURE", "params": {"max_ratio": wrong}})
    assert refused.value.path == "$.params.max_ratio"


@given(st.sets(st.integers(1, 150), max_size=8), st.data())
def test_brackets_cut_anywhere_are_sound_and_any_one_of_them_missing_or_doubled_is_not(
    cuts: set[int], data: st.DataObject
) -> None:
    starts = sorted({0, *cuts})
    ends = [*(start - 1 for start in starts[1:]), None]
    brackets: list[Ages] = list(zip(starts, ends, strict=True))
    assert structure(*data.draw(st.permutations(brackets)))[0] == "COMPLIANT"
    lost = data.draw(st.sampled_from(brackets))
    if len(brackets) > 1:
        assert structure(*(each for each in brackets if each != lost))[0] == "VIOLATION"
    cells = [*priced(*brackets), {**priced(lost)[0], "role": "child"}]
    doubled = promised("AGE_STRUCTURE", FREE, grid("g1", "2024-10-01", *cells))
    assert verdicts(doubled) == [("VIOLATION", None)]
