"""Which grid is in force, as known when, and what a cell costs: corrections, shadows, parents, withdrawals."""

from datetime import date

import pytest

from domain.tariffs.assess import CellId, Timeline, as_known, read_scenario
from tests.support.tariff_scenarios import Json, cell, exemption, grid, key, prices, scenario, told, verdicts

BASE = grid("g1", "2024-10-01", cell("47.80"))
N1 = CellId("N1", "general", "adult", 50, None)
YOUNG, OLD = (50, 64), (65, None)


def timeline(*grids: Json, as_known_at: str | None = None) -> Timeline:
    return Timeline(as_known(read_scenario(scenario(*grids, as_known_at=as_known_at))).grids)


def in_force(line: Timeline) -> list[tuple[str, str, str | None]]:
    return [
        (slot.grid.id, slot.first.isoformat(), slot.last.isoformat() if slot.last else None)
        for slot in line.slots
    ]


def test_a_correction_is_judged_only_from_the_instant_it_was_recorded() -> None:
    wrong = grid("g2", "2026-01-01", cell("49.24"), recorded_at="2025-10-15T09:00:00Z")
    right = grid("g3", "2026-01-01", cell("49.23"), recorded_at="2026-02-01T09:00:00Z", corrects="g2")
    for known, expected in [
        ("2026-01-15T00:00:00Z", ("g2", "VIOLATION", "0.01")),
        ("2026-02-01T08:59:59Z", ("g2", "VIOLATION", "0.01")),
        ("2026-02-01T09:00:00Z", ("g3", "COMPLIANT", "0.00")),
        ("2026-02-02T00:00:00Z", ("g3", "COMPLIANT", "0.00")),
        (None, ("g3", "COMPLIANT", "0.00")),
    ]:
        file = scenario(BASE, wrong, right, as_known_at=known)
        assert told(file, "grid", "verdict", "excess")[1:] == [expected]


def test_what_was_recorded_later_does_not_exist() -> None:
    later = grid("g2", "2026-01-01", cell("60.00"), recorded_at="2025-12-01T09:00:00Z")
    assert verdicts(scenario(BASE, later, as_known_at="2025-11-30T00:00:00+01:00")) == [
        ("NOT_APPLICABLE", None)
    ]
    file = prices(
        ("2024-10-01", "47.80"), ("2026-01-01", "50.13"),
        exemptions=(exemption(recorded_at="2026-03-01T09:00:00Z"),), as_known_at="2026-02-01T00:00:00Z",
    )  # fmt: skip
    assert verdicts(file)[1:] == [("VIOLATION", "0.90")]


def test_a_revocation_is_known_from_its_day_in_paris() -> None:
    steps = ("2024-10-01", "47.80"), ("2026-01-01", "50.13")
    covered = (exemption(revoked_on="2026-06-01"),)
    before = prices(*steps, exemptions=covered, as_known_at="2026-05-31T21:59:59Z")
    assert told(before, "verdict", "to")[1:] == [("EXEMPTED", None)]
    after = prices(*steps, exemptions=covered, as_known_at="2026-05-31T22:00:00Z")
    assert told(after, "verdict", "to")[1:] == [("EXEMPTED", "2026-05-31"), ("VIOLATION", None)]


def test_a_correction_replaces_its_grid_entirely_dates_included() -> None:
    wrong = grid("g2", "2026-01-01", cell("60.00"), cell("70.00", "N4"))
    right = grid("g3", "2026-03-01", cell("49.00"), corrects="g2")
    assert in_force(timeline(BASE, wrong, right)) == [
        ("g1", "2024-10-01", "2026-02-28"),
        ("g3", "2026-03-01", None),
    ]


def test_the_latest_known_of_two_corrections_wins() -> None:
    wrong = grid("g2", "2026-01-01", cell("60.00"), recorded_at="2025-10-01T00:00:00Z")
    first = grid("g3", "2026-01-01", cell("50.00"), corrects="g2", recorded_at="2025-11-01T00:00:00Z")
    second = grid("g4", "2026-02-01", cell("49.00"), corrects="g2", recorded_at="2025-12-01T00:00:00Z")
    again = grid("g5", "2026-03-01", cell("48.00"), corrects="g3", recorded_at="2025-12-15T00:00:00Z")
    for grids in [(BASE, wrong, first, second, again), (again, second, first, wrong, BASE)]:
        for known, expected in [
            ("2025-10-15T00:00:00Z", "g2"),
            ("2025-11-15T00:00:00Z", "g3"),
            ("2025-12-02T00:00:00Z", "g4"),
            ("2025-12-16T00:00:00Z", "g5"),
        ]:
            assert [slot.grid.id for slot in timeline(*grids, as_known_at=known).slots] == ["g1", expected]


def test_a_correction_of_a_correction_stands_however_old_its_rival_grids_are() -> None:
    grids = [grid("g0", "2026-01-01", cell("50.00"), recorded_at="2025-12-31T00:00:00Z")]
    grids += [grid(f"g{n}", "2026-01-01", cell("49.00"), corrects=f"g{n - 1}") for n in range(1, 2000)]
    assert [slot.grid.id for slot in timeline(*reversed(grids)).slots] == ["g1999"]


def test_a_grid_shadowed_on_its_own_first_day_counts_for_nothing() -> None:
    shadowed = grid(
        "g2", "2026-01-01", cell("90.00"), cell("20.00", "N4"), recorded_at="2025-10-01T00:00:00Z"
    )
    final = grid("g3", "2026-01-01", cell("49.23"), recorded_at="2025-11-01T00:00:00Z")
    later = grid("g4", "2027-01-01", cell("50.71"), cell("99.00", "N4"))
    file = scenario(BASE, final, shadowed, later)
    assert told(file, "grid", "verdict", "anchor") == [
        ("g1", "NOT_APPLICABLE", None),
        ("g3", "COMPLIANT", "47.80"),
        ("g4", "COMPLIANT", "49.23"),
        ("g4", "NOT_APPLICABLE", None),
    ]


def test_a_parent_declared_by_a_shadowed_grid_counts_for_nothing() -> None:
    shadowed = grid(
        "g2", "2026-01-01", cell("48.00", ages=OLD, parent=key()), recorded_at="2025-10-01T00:00:00Z"
    )
    final = grid("g3", "2026-01-01", cell("80.00", ages=OLD), recorded_at="2025-11-01T00:00:00Z")
    assert verdicts(scenario(BASE, shadowed, final))[1:] == [("NOT_APPLICABLE", None)]


def test_the_price_of_a_cell_on_a_day() -> None:
    line = timeline(
        BASE,
        grid(
            "g2", "2025-01-01", cell("48.00", ages=YOUNG, parent=key()), cell("49.00", ages=OLD, parent=key())
        ),
        grid("g3", "2026-01-01", cell("50.00", ages=YOUNG)),
        grid("g4", "2027-01-01", cell("51.00"), cell("52.00", ages=YOUNG)),
        grid("g5", "2028-01-01", cell("53.00", "N4")),
    )
    old = CellId("N1", "general", "adult", 65, None)
    days = ["2024-09-30", "2024-10-01", "2024-12-31", "2025-01-01", "2026-01-01", "2027-01-01", "2028-01-01"]
    # Before the first grid; the parent; itself; withdrawn; the parent put back; both withdrawn.
    assert [line.price_on(old, date.fromisoformat(day)) for day in days] == [
        None, 4780, 4780, 4900, 4900, 5100, 5100,
    ]  # fmt: skip
    assert line.price_on(N1, date(2026, 6, 1)) == 4780
    assert line.price_on(CellId("N9", "general", "adult", 0, None), date(2026, 6, 1)) is None


def test_a_cell_withdrawn_and_put_back_keeps_its_history() -> None:
    file = scenario(
        grid("g1", "2024-10-01", cell("47.80"), cell("10.00", "N4")),
        grid("g2", "2025-01-01", cell("10.00", "N4")),
        grid("g3", "2026-01-01", cell("60.00")),
    )
    assert told(file, "grid", "anchor", "limit", "excess")[-1] == ("g3", "47.80", "49.23", "10.77")


def test_a_breach_that_was_withdrawn_is_no_base_when_put_back() -> None:
    file = scenario(
        BASE,
        grid("g2", "2025-01-01", cell("60.00")),
        grid("g3", "2025-06-01", cell("10.00", "N4")),
        grid("g4", "2026-01-01", cell("60.00")),
    )
    assert told(file, "grid", "anchor", "limit")[-1] == ("g4", "49.23", "50.71")


def test_a_split_does_not_wash_off_the_breach_of_the_parent() -> None:
    file = scenario(
        BASE,
        grid("g2", "2025-01-01", cell("60.00")),
        grid("g3", "2026-01-01", cell("60.00", ages=YOUNG, parent=key())),
    )
    assert told(file, "grid", "anchor", "limit", "excess")[-1] == ("g3", "49.23", "50.71", "9.29")


def test_a_parent_once_declared_stands_and_the_first_declaration_at_that() -> None:
    file = scenario(
        grid("g1", "2024-10-01", cell("47.80"), cell("20.00", "N0")),
        grid("g2", "2026-03-01", cell("47.80", ages=OLD, parent=key()), cell("20.00", "N0")),
        grid("g3", "2026-06-01", cell("49.24", ages=OLD, parent=key("N0")), cell("20.00", "N0")),
        grid("g4", "2026-09-01", cell("49.24", ages=OLD), cell("20.00", "N0")),
    )
    old = [row for row in told(file, "grid", "anchor", "excess", "cell") if row[3]["age_from"] == 65]
    assert [row[:3] for row in old] == [
        ("g2", "47.80", "0.00"),
        ("g3", "47.80", "0.01"),
        ("g4", "47.80", "0.01"),
    ]


def test_a_parent_counts_from_the_grid_that_declares_it_and_not_before() -> None:
    file = scenario(
        BASE,
        grid("g2", "2026-03-01", cell("47.80"), cell("60.00", "N4")),
        grid("g3", "2026-06-01", cell("47.80"), cell("61.80", "N4")),
        grid("g4", "2026-09-01", cell("47.80"), cell("61.80", "N4", parent=key())),
    )
    n4 = [row[1:] for row in told(file, "cell", "verdict", "anchor") if row[0]["formula"] == "N4"]
    assert n4 == [("NOT_APPLICABLE", None), ("COMPLIANT", "60.00"), ("VIOLATION", "47.80")]


def test_the_nearest_ancestor_that_has_a_price_stands_in() -> None:
    oldest = (75, None)
    file = scenario(
        BASE,
        grid("g2", "2026-03-01", cell("48.00", ages=OLD, parent=key())),
        grid("g3", "2026-06-01", cell("49.24", ages=oldest, parent=key(ages=OLD))),
        grid("g4", "2027-06-01", cell("51.00", ages=oldest)),
    )
    assert told(file, "grid", "anchor", "excess")[1:] == [
        ("g2", "47.80", "0.00"),
        ("g3", "47.80", "0.01"),
        ("g4", "49.23", "0.29"),
    ]


def test_brackets_split_and_joined_again_are_each_others_ancestors() -> None:
    file = scenario(
        BASE,
        grid("g2", "2025-01-01", cell("48.00", ages=OLD, parent=key())),
        grid("g3", "2026-01-01", cell("49.45", parent=key(ages=OLD))),
        grid("g4", "2027-01-01", cell("50.93", ages=OLD)),
    )
    assert told(file, "anchor", "limit", "excess")[1:] == [
        ("47.80", "49.23", "0.00"),
        ("48.00", "49.44", "0.01"),
        ("49.44", "50.92", "0.01"),
    ]


def test_a_parent_that_never_had_a_price_makes_no_history() -> None:
    file = scenario(BASE, grid("g2", "2026-01-01", cell("60.00", "N4", parent=key("N9"))))
    assert verdicts(file) == [("NOT_APPLICABLE", None)] * 2


@pytest.mark.parametrize("split", [True, False])
def test_the_run_at_a_price_is_that_of_the_parent_too(split: bool) -> None:
    old = cell("47.80", ages=OLD, parent=key() if split else None)
    file = scenario(BASE, grid("g2", "2025-06-01", old), grid("g3", "2026-01-01", old), carry_over=True)
    assert told(file, "limit")[-1] == ("50.71" if split else "49.23",)


def test_findings_come_by_commitment_then_grid_then_cell_with_no_upper_limit_last() -> None:
    cells = [
        cell("1.00", "N2", (0, 17), role="child"),
        cell("1.00", "N2", (0, None)),
        cell("1.00", "N2", (0, 30)),
        cell("1.00", "N2", (0, 4)),
        cell("1.00", "N1", (50, None)),
        cell("1.00", "N1", (18, 49), category="student"),
    ]
    file = scenario(grid("g2", "2026-01-01", *cells), grid("g1", "2025-01-01", *reversed(cells)))
    names = [tuple(row[1].values()) for row in told(file, "grid", "cell")]
    assert [row[0] for row in told(file, "grid")] == ["g1"] * 6 + ["g2"] * 6
    assert (
        names[:6]
        == names[6:]
        == [
            ("N1", "general", "adult", 50, None),
            ("N1", "student", "adult", 18, 49),
            ("N2", "general", "adult", 0, 4),
            ("N2", "general", "adult", 0, 30),
            ("N2", "general", "adult", 0, None),
            ("N2", "general", "child", 0, 17),
        ]
    )
