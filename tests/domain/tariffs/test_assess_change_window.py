"""When prices may rise: on which days, how often, and never for days gone by."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tariffs.assess import ScenarioError, read_commitment
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, grid, judged, key, told

G1 = grid("g1", "2024-10-01", cell("47.80"))
ANY_DAY = {"allowed_days": [f"{month:02d}-{day:02d}" for month in range(1, 13) for day in (1, 15, 28)]}


def step(name: str, effective: str, price: str, **said: Any) -> Json:
    return grid(name, effective, cell(price), **said)


def corrected(effective: str, *cells: Json, recorded: str, of: str = "g2", name: str = "g3") -> Json:
    return grid(name, effective, *cells, corrects=of, recorded_at=f"{recorded}T09:00:00Z")


def all_of(params: Json, *grids: Json, **sections: Any) -> list[tuple[Any, ...]]:
    return figures(promised("CHANGE_WINDOW", params, G1, *grids, **sections))


def last(params: Json, *grids: Json) -> tuple[Any, ...]:
    return all_of(params, *grids)[-1]


def fine(day: str) -> tuple[Any, ...]:
    return "COMPLIANT", None, None, day, None


def wrong_day(day: str) -> tuple[Any, ...]:
    return "VIOLATION", None, None, day, None


def test_nothing_is_promised_of_a_first_grid_or_of_new_cells_alone() -> None:
    fresh = grid("g2", "2026-07-01", cell("60.00", "N4"), recorded_at="2026-08-01T00:00:00Z")
    assert all_of({}, fresh) == [
        ("NOT_APPLICABLE", None, None, "2024-10-01", None),
        ("NOT_APPLICABLE", None, None, "2026-07-01", None),
    ]
    late = corrected("2024-10-01", cell("90.00"), recorded="2025-01-01", of="g1")
    assert all_of({}, late) == [("NOT_APPLICABLE", None, None, "2024-10-01", None)]


@pytest.mark.parametrize(
    ("days", "effective", "expected"),
    [
        (["01-01"], "2026-01-01", fine("2026-01-01")),
        (["01-01"], "2026-01-02", wrong_day("2026-01-02")),
        (["01-01", "07-01"], "2026-07-01", fine("2026-07-01")),
        ([], "2026-01-01", wrong_day("2026-01-01")),
        (["02-29"], "2028-02-29", fine("2028-02-29")),
        (["02-29"], "2027-02-28", wrong_day("2027-02-28")),
    ],
)
def test_prices_rise_on_allowed_days_only(days: list[str], effective: str, expected: tuple[Any, ...]) -> None:
    assert last({"allowed_days": days}, step("g2", effective, "47.81")) == expected


@pytest.mark.parametrize("price", ["47.80", "40.00"])
def test_a_grid_in_which_nothing_rises_is_always_allowed(price: str) -> None:
    assert last({"max_rises_per_period": 0}, step("g2", "2026-07-03", price)) == fine("2026-07-03")


def test_one_cell_that_rises_is_a_rise_whatever_the_others_do() -> None:
    base = grid("g1", "2024-10-01", cell("47.80"), cell("20.00", "N2"))
    mixed = grid("g2", "2026-07-01", cell("10.00"), cell("20.01", "N2"), cell("5.00", "N9"))
    assert figures(promised("CHANGE_WINDOW", {}, base, mixed))[1] == wrong_day("2026-07-01")


def test_a_split_bracket_rises_against_its_parent_and_one_put_back_against_its_last_price() -> None:
    split = grid("g2", "2026-07-01", cell("47.81", ages=(65, None), parent=key()))
    assert last({}, split) == wrong_day("2026-07-01")
    gone = grid("g2", "2025-07-01", cell("1.00", "N9"))
    back = grid("g3", "2026-07-01", cell("47.81"))
    assert last({}, gone, back) == wrong_day("2026-07-01")


def test_a_finding_is_of_the_whole_grid_on_all_its_days() -> None:
    file = promised(
        "CHANGE_WINDOW", {}, G1, step("g2", "2026-01-01", "49.00"), step("g3", "2027-01-01", "50.00")
    )
    assert told(file, "grid", "cell", "subject", "from", "to")[1:] == [
        ("g2", None, None, "2026-01-01", "2026-12-31"),
        ("g3", None, None, "2027-01-01", None),
    ]


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ("2026-01-01T22:59:59Z", fine("2026-01-01")),
        ("2026-01-01T23:00:00Z", ("VIOLATION", None, None, "2026-01-02", "1")),
        ("2026-01-15T09:00:00Z", ("VIOLATION", None, None, "2026-01-15", "14")),
        ("2025-12-31T09:00:00Z", fine("2026-01-01")),
    ],
)
def test_a_rise_is_retroactive_from_the_day_after_by_the_calendar_of_paris(
    recorded: str, expected: tuple[Any, ...]
) -> None:
    assert last({}, step("g2", "2026-01-01", "49.00", recorded_at=recorded)) == expected
    allowed = {"no_retroactivity": False}
    assert last(allowed, step("g2", "2026-01-01", "49.00", recorded_at=recorded)) == fine("2026-01-01")


WRONG = step("g2", "2026-01-01", "49.00")


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ("48.50", fine("2026-01-01")),
        ("49.00", fine("2026-01-01")),
        ("49.01", ("VIOLATION", None, None, "2026-02-01", "31")),
    ],
)
def test_a_correction_is_retroactive_where_it_rises_against_the_grid_that_it_corrects(
    price: str, expected: tuple[Any, ...]
) -> None:
    assert last({}, WRONG, corrected("2026-01-01", cell(price), recorded="2026-02-01")) == expected


def test_a_cell_that_the_corrected_grid_lacks_is_compared_with_the_day_before() -> None:
    base = grid("g1", "2024-10-01", cell("47.80"), cell("20.00", "N2"))
    for price, expected in [
        ("20.00", fine("2026-01-01")),
        ("20.01", ("VIOLATION", None, None, "2026-02-01", "31")),
    ]:
        again = corrected("2026-01-01", cell("49.00"), cell(price, "N2"), recorded="2026-02-01")
        assert figures(promised("CHANGE_WINDOW", {}, base, WRONG, again))[-1] == expected
    new = corrected("2026-01-01", cell("49.00"), cell("99.00", "N9"), recorded="2026-02-01")
    assert last({}, WRONG, new) == fine("2026-01-01")


def test_a_new_cell_that_rises_against_the_corrected_grid_is_retroactive() -> None:
    wrong = grid("g2", "2026-01-01", cell("10.00", "N9"))
    higher = corrected("2026-01-01", cell("12.00", "N9"), recorded="2026-02-01")
    assert last({}, wrong, higher) == ("VIOLATION", None, None, "2026-02-01", "31")
    same = corrected("2026-01-01", cell("10.00", "N9"), recorded="2026-02-01")
    assert last({}, wrong, same)[0] == "NOT_APPLICABLE"


def test_each_correction_of_a_chain_is_compared_with_the_one_before() -> None:
    lower = corrected("2026-01-01", cell("48.50"), recorded="2026-01-10")
    again = corrected("2026-01-01", cell("48.80"), recorded="2026-01-20", of="g3", name="g4")
    assert last({}, WRONG, lower, again) == ("VIOLATION", None, None, "2026-01-20", "19")


def reason(*grids: Json, **params: Any) -> str:
    return judged(promised("CHANGE_WINDOW", params, G1, *grids))[-1].reason


def test_a_refund_is_due_after_a_retroactive_fall_even_below_a_rise() -> None:
    fall = step("g2", "2026-01-01", "40.00", recorded_at="2026-01-15T09:00:00Z")
    assert "trop-perçu est à rembourser" in reason(fall)
    lower = corrected("2026-01-01", cell("48.50"), recorded="2026-02-01")
    assert "trop-perçu est à rembourser" in reason(WRONG, lower)
    assert "rembourser" not in reason(step("g2", "2026-01-01", "40.00"))
    assert "rembourser" not in reason(WRONG, corrected("2026-01-01", cell("49.00"), recorded="2026-02-01"))


def rises(days: list[str], period: str, most: int = 1) -> list[tuple[Any, ...]]:
    grids = [step(f"g{place}", day, f"{50 + place}.00") for place, day in enumerate(days, 2)]
    return all_of({**ANY_DAY, "max_rises_per_period": most, "period": period}, *grids)[1:]


@pytest.mark.parametrize(
    ("period", "days", "kept"),
    [
        ("CIVIL_YEAR", ["2025-12-01", "2026-01-01", "2026-12-01", "2027-01-01"], [True, True, False, True]),
        (
            "CONVENTION_YEAR",
            ["2025-09-28", "2025-10-01", "2026-01-01", "2026-10-01"],
            [True, True, False, True],
        ),
        ("ROLLING_12M", ["2025-02-01", "2026-01-28", "2026-02-01", "2027-02-01"], [True, False, False, True]),
        ("ROLLING_12M", ["2025-02-01", "2026-02-01", "2027-02-01"], [True, True, True]),
        ("PER_CHANGE", ["2025-02-01", "2025-02-15", "2025-02-28"], [True, True, True]),
    ],
)
def test_so_many_rises_a_period_and_no_more(period: str, days: list[str], kept: list[bool]) -> None:
    assert [row[0] == "COMPLIANT" for row in rises(days, period)] == kept


def test_too_many_rises_are_told_as_counts_and_falls_do_not_count() -> None:
    assert rises(["2026-01-01", "2026-03-01", "2026-05-01"], "CIVIL_YEAR") == [
        fine("2026-01-01"),
        ("VIOLATION", None, "1", "2", "1"),
        ("VIOLATION", None, "1", "3", "2"),
    ]
    assert rises(["2026-01-01"], "PER_CHANGE", most=0) == [("VIOLATION", None, "0", "1", "1")]
    down = [
        step("g2", "2026-01-01", "49.00"),
        step("g3", "2026-03-01", "48.00"),
        step("g4", "2026-05-01", "48.50"),
        step("g5", "2026-06-15", "48.50"),
    ]
    found = all_of({**ANY_DAY, "max_rises_per_period": 1}, *down)
    assert [row[:2] + row[3:] for row in found[2:]] == [
        ("COMPLIANT", None, "2026-03-01", None),
        ("VIOLATION", None, "2", "1"),
        ("COMPLIANT", None, "2026-06-15", None),
    ]


def test_many_cells_that_rise_in_one_grid_are_one_rise() -> None:
    base = grid("g1", "2024-10-01", cell("47.80"), cell("20.00", "N2"))
    both = grid("g2", "2026-01-01", cell("48.80"), cell("21.00", "N2"))
    assert figures(promised("CHANGE_WINDOW", {"max_rises_per_period": 1}, base, both))[1][0] == "COMPLIANT"


def test_of_several_breaches_the_day_comes_first_then_retroactivity_then_the_number() -> None:
    late = {"recorded_at": "2026-09-01T09:00:00Z"}
    most = {"max_rises_per_period": 0}
    assert last(most, step("g2", "2026-07-03", "49.00", **late)) == wrong_day("2026-07-03")
    assert last({**most, **ANY_DAY}, step("g2", "2026-08-28", "49.00", **late)) == (
        "VIOLATION", None, None, "2026-09-01", "4",
    )  # fmt: skip


def test_the_sentences_say_which_days_and_how_many() -> None:
    assert "qu’ils ne peuvent augmenter que le 1er janvier et le 29 février." in reason(
        step("g2", "2026-07-01", "49.00"), allowed_days=["01-01", "02-29"]
    )
    assert "augmenter aucun jour de l’année." in reason(step("g2", "2026-07-01", "49.00"), allowed_days=[])
    twice = reason(WRONG, step("g3", "2026-07-01", "50.00"), max_rises_per_period=1, **ANY_DAY)
    assert "est la 2e de l’année civile, alors que la convention n’en admet qu’une." in twice


@pytest.mark.parametrize(
    ("params", "path"),
    [
        ({"allowed_days": ["01-01", "31-01"]}, "$.params.allowed_days[1]"),
        ({"allowed_days": "01-01"}, "$.params.allowed_days"),
        ({"max_rises_per_period": -1}, "$.params.max_rises_per_period"),
        ({"period": "MONTH"}, "$.params.period"),
        ({"no_retroactivity": "yes"}, "$.params.no_retroactivity"),
    ],
)
def test_wrong_parameters_are_refused_where_they_are(params: Json, path: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_commitment({"id": "c1", "rule": "CHANGE_WINDOW", "params": params})
    assert refused.value.path == path


steps = st.lists(
    st.tuples(st.dates(date(2025, 1, 1), date(2028, 12, 31)), st.integers(4000, 5000)),
    min_size=1,
    max_size=6,
    unique_by=lambda each: each[0],
)


@given(
    steps, st.integers(0, 2), st.sampled_from(["CIVIL_YEAR", "CONVENTION_YEAR", "ROLLING_12M", "PER_CHANGE"])
)
def test_whoever_never_raises_a_price_keeps_the_window(
    moves: list[tuple[date, int]], most: int, period: str
) -> None:
    falling = sorted((cents for _, cents in moves), reverse=True)
    grids = [
        step(
            f"g{place}",
            day.isoformat(),
            f"{cents // 100}.{cents % 100:02d}",
            recorded_at="2029-01-01T00:00:00Z",
        )
        for place, (day, cents) in enumerate(zip(sorted(day for day, _ in moves), falling, strict=True), 2)
    ]
    base = grid("g1", "2024-10-01", cell("50.00"))
    params = {"allowed_days": [], "max_rises_per_period": most, "period": period}
    verdicts = [row[0] for row in figures(promised("CHANGE_WINDOW", params, base, *grids))]
    assert verdicts == ["NOT_APPLICABLE"] + ["COMPLIANT"] * len(grids)
