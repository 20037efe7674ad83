"""The cap on the weighted average: who weighs how much, what is rounded, and what exemptions change."""

from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, key, told, verdicts

CAP = {"max_rise_percent": "3"}
YOUNG, OLD = (50, 64), (65, None)
NOTICED = {"notified_on": "2025-10-31"}


def count(people: int, formula: str = "N1", ages: tuple[int, int | None] = (50, None)) -> Json:
    return {**key(formula, ages), "count": people}


def taken(on: str, *counts: Json) -> Json:
    return {"taken_on": on, "cells": list(counts)}


def average(old: list[Json], new: list[Json], *counts: Json, **sections: Any) -> Json:
    return promised(
        "WEIGHTED_AVERAGE_CAP",
        sections.pop("params", CAP),
        grid("g1", "2024-10-01", *old),
        grid("g2", "2026-01-01", *new, **NOTICED),
        headcounts=[taken("2025-09-30", *counts)],
        **sections,
    )


def test_there_is_no_average_in_the_first_grid_nor_of_new_cells_and_the_cap_is_stated() -> None:
    file = average([cell("47.80")], [cell("60.00", "N4")], count(10))
    assert figures(file) == [("NOT_APPLICABLE", None, "3.00", None, None)] * 2
    shapes = told(file, "grid", "cell", "subject", "from", "to")
    assert shapes == [("g1", None, None, "2024-10-01", "2025-12-31"), ("g2", None, None, "2026-01-01", None)]


def test_the_latest_headcount_taken_until_the_notice_counts_and_without_one_nothing_can_be_said() -> None:
    old, new = [cell("100.00"), cell("100.00", "N2")], [cell("110.00"), cell("100.00", "N2")]
    file = average(old, new, count(1), count(9, "N2"))
    file["headcounts"] += [
        taken("2024-09-30", count(9), count(1, "N2")),
        taken("2025-11-01", count(9), count(1, "N2")),
    ]
    assert figures(file)[1] == ("COMPLIANT", None, "3.00", "1.00", "0.00")
    file["headcounts"] = file["headcounts"][2:]
    assert figures(file)[1] == ("INDETERMINATE", None, "3.00", None, None)
    file["headcounts"] = [taken("2025-10-31", count(9), count(1, "N2"))]
    assert figures(file)[1] == ("VIOLATION", None, "3.00", "9.00", "6.00")


def test_a_correction_is_weighted_on_its_own_day_of_notice_even_if_it_keeps_another() -> None:
    file = average([cell("100.00")], [cell("110.00")], count(1))
    file["headcounts"] = [taken("2025-11-15", count(1))]
    correction = {"corrects": "g2", "notified_on": "2025-11-20", "recorded_at": "2025-11-20T09:00:00Z"}
    file["grids"].append(grid("g3", "2026-01-01", cell("105.00"), **correction))
    assert figures(file)[1] == ("VIOLATION", None, "3.00", "5.00", "2.00")


def test_a_cell_without_count_or_counted_empty_weighs_nothing_and_a_new_one_is_left_out() -> None:
    old = [cell("100.00"), cell("50.00", "N2"), cell("50.00", "N3")]
    new = [cell("101.00"), cell("99.00", "N2"), cell("99.00", "N3"), cell("500.00", "N4")]
    file = average(old, new, count(10), count(0, "N3"), count(1000, "N4"))
    assert figures(file)[1] == ("COMPLIANT", None, "3.00", "1.00", "0.00")


def test_an_average_of_nobody_or_of_free_cells_cannot_be_said() -> None:
    assert figures(average([cell("100.00")], [cell("90.00")], count(0)))[1][0] == "INDETERMINATE"
    assert figures(average([cell("0.00")], [cell("90.00")], count(5)))[1][0] == "INDETERMINATE"


def test_brackets_that_lack_a_count_share_equally_that_of_the_bracket_they_replace() -> None:
    new = [cell("100.00", ages=YOUNG, parent=key()), cell("110.00", ages=OLD, parent=key())]
    file = average([cell("100.00")], new, count(3))
    assert figures(file)[1] == ("VIOLATION", None, "3.00", "5.00", "2.00")
    counted = average([cell("100.00")], new, count(3), count(3, ages=YOUNG))
    assert figures(counted)[1][3] == "5.00"  # three people stay young, and three are all in the older bracket


def test_a_bracket_that_lacks_a_count_weighs_nothing_while_its_parent_is_in_the_grid() -> None:
    new = [cell("100.00"), cell("150.00", ages=OLD, parent=key())]
    assert figures(average([cell("100.00")], new, count(3)))[1][3] == "0.00"


def test_the_nearest_ancestor_that_was_counted_is_shared() -> None:
    oldest = (75, None)
    file = average(
        [cell("100.00"), cell("10.00", "N9")], [cell("110.00", ages=oldest)], count(7), count(1, ages=OLD)
    )
    middle = grid("g1b", "2025-06-01", cell("100.00", ages=OLD, parent=key()), cell("10.00", "N9"))
    file["grids"][1]["cells"] = [cell("110.00", ages=oldest, parent=key(ages=OLD)), cell("10.00", "N9")]
    file["grids"].append(middle)
    file["headcounts"][0]["cells"].append(count(10, "N9"))
    # One person at 100.00 and ten at 10.00, and not seven and ten.
    assert figures(file)[2][3] == "5.00"


def test_a_counted_parent_that_no_grid_ever_priced_is_shared_too() -> None:
    file = average(
        [cell("100.00"), cell("100.00", "N9")], [cell("110.00", parent=key("N0")), cell("100.00", "N9")]
    )
    file["headcounts"] = [taken("2025-09-30", count(1, "N0"), count(1, "N9"))]
    assert figures(file)[1][3] == "5.00"


def test_the_verdict_is_exact_though_figures_are_rounded() -> None:
    old, new = [cell("333.00")], [cell("343.00")]  # 3.003003…
    assert figures(average(old, new, count(1)))[1] == ("VIOLATION", None, "3.00", "3.00", "0.00")
    assert "de moins de 0,01 point" in judged(average(old, new, count(1)))[1].reason
    near = average(old, new, count(1), params={"max_rise_percent": "3.004"})
    assert figures(near)[1] == ("COMPLIANT", None, "3.00", "3.00", "0.00")
    # 10 % exactly against 9.995: 10.00 above 10.00, by 0.01; half a hundredth goes up.
    half = average([cell("100.00")], [cell("110.00")], count(1), params={"max_rise_percent": "9.995"})
    assert figures(half)[1] == ("VIOLATION", None, "10.00", "10.00", "0.01")


def test_a_fall_is_told_below_zero_and_rounded_away_from_it() -> None:
    file = average([cell("200.00")], [cell("199.99")], count(1))
    assert figures(file)[1] == ("COMPLIANT", None, "3.00", "-0.01", "0.00")
    assert judged(file)[1].reason.startswith("La baisse moyenne de 0,01\u202f%")


def test_an_exemption_multiplies_one_plus_the_cap() -> None:
    file = average([cell("100.00")], [cell("105.06")], count(1), exemptions=[exemption(("1.02", "1"))])
    assert figures(file)[1] == ("EXEMPTED", None, "5.06", "5.06", "0.00")
    file = average([cell("100.00")], [cell("105.07")], count(1), exemptions=[exemption(("1.02", "1"))])
    assert figures(file)[1] == ("VIOLATION", None, "5.06", "5.07", "0.01")


def test_exemptions_split_the_days_of_a_grid_and_a_lowering_one_takes_nothing_away() -> None:
    covers = [
        exemption(("1.02", "1"), valid_to="2026-06-30"),
        exemption(("0.98", "1"), id="x2", valid_from="2026-07-01"),
    ]
    file = average([cell("100.00")], [cell("104.00")], count(1), exemptions=covers)
    assert told(file, "from", "to", "verdict", "limit", "excess")[1:] == [
        ("2026-01-01", "2026-06-30", "EXEMPTED", "5.06", "0.00"),
        ("2026-07-01", None, "VIOLATION", "3.00", "1.00"),
    ]
    within = average([cell("100.00")], [cell("103.00")], count(1), exemptions=covers)
    assert verdicts(within)[1:] == [("COMPLIANT", "0.00")]


def test_a_limit_of_ten_thousand_digits_forbids_nothing_and_can_be_told() -> None:
    absurd = [exemption(("999999999999", "0.000000000001"), id=f"x{place}") for place in range(300)]
    file = average([cell("1.00")], [cell("999999999999.99")], count(1), exemptions=absurd)
    assert verdicts(file)[1] == ("EXEMPTED", "0.00")


@given(
    st.lists(
        st.tuples(st.integers(1, 10_000), st.integers(0, 400), st.integers(0, 500)), min_size=1, max_size=5
    ),
    st.integers(1, 1000),
)
def test_the_average_lies_between_the_smallest_and_the_largest_rise_whatever_the_scale(
    rows: list[tuple[int, int, int]], times: int
) -> None:
    def euros(cents: int) -> str:
        return f"{cents // 100}.{cents % 100:02d}"

    def file(factor: int) -> Json:
        return average(
            [cell(euros(old), f"N{place}") for place, (old, _, _) in enumerate(rows)],
            [cell(euros(old + up), f"N{place}") for place, (old, up, _) in enumerate(rows)],
            *(count(number * factor, f"N{place}") for place, (_, _, number) in enumerate(rows)),
        )

    one = figures(file(1))[1]
    assert figures(file(times))[1] == one
    rises = [Fraction(100 * up, old) for old, up, number in rows if number]
    assert (one[3] is None) == (not rises)
    half = Fraction("0.005")
    if rises:
        assert min(rises) - half <= Fraction(one[3]) <= max(rises) + half
