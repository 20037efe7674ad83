"""Tariffs: grids are notified one after the other, nothing is overwritten, and one is in force on a day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.refusal import Refused
from domain.tariffs.tariff import GridNotified, NotifiedGrid, Tariff
from tests.support.cases import STREAM, given
from tests.support.samples import NOTIFIED

TODAY = date(2025, 11, 3)
FIRST = replace(NOTIFIED, grid="2025", effective_on=date(2025, 1, 1), corrects=None)
OTHER_DOCUMENT = "0" * 64
AT = datetime(2025, 11, 3, 9, 30, tzinfo=UTC)
FACTS = tuple(name for name in GridNotified.__struct_fields__[3:] if name != "findings")


def notify(fact: GridNotified, today: date = TODAY) -> Callable[[Tariff | None], Tariff]:
    """The decision to notify the grid that `fact` tells of."""
    facts: dict[str, Any] = {name: getattr(fact, name) for name in FACTS}
    return lambda tariff: Tariff.notify(tariff, STREAM, today=today, findings=lambda: fact.findings, **facts)


def test_the_first_grid_begins_a_tariff() -> None:
    given().when(notify(FIRST)).then(FIRST)


def test_a_later_grid_joins_those_before_it() -> None:
    given(FIRST).when(notify(NOTIFIED)).then(NOTIFIED)


def test_a_grid_is_notified_today_or_was_before() -> None:
    given().when(notify(FIRST, today=FIRST.notified_on)).then(FIRST)
    yesterday = FIRST.notified_on - timedelta(days=1)
    given().when(notify(FIRST, today=yesterday)).then_refused("notified-later", "$.notified_on")
    given(FIRST).when(notify(NOTIFIED, today=yesterday)).then_refused("notified-later", "$.notified_on")


def test_the_same_grid_again_is_nothing() -> None:
    given(FIRST, NOTIFIED).when(notify(FIRST)).then_nothing()
    given(FIRST, NOTIFIED).when(notify(NOTIFIED)).then_nothing()


def test_the_same_grid_on_a_later_day_was_notified_already() -> None:
    again = replace(NOTIFIED, notified_on=TODAY)
    given(FIRST, NOTIFIED).when(notify(again)).then_nothing()


@pytest.mark.parametrize(
    "other",
    [
        {"document": OTHER_DOCUMENT},
        {"effective_on": date(2026, 2, 1)},
        {"justified": False},
        {"corrects": None},
        {"declared_rise": "2.9"},
        {"reason": None},
    ],
    ids=["prices", "first day", "justification", "correction", "declared rise", "motive"],
)
def test_a_name_stands_for_one_grid(other: dict[str, Any]) -> None:
    given(FIRST, NOTIFIED).when(notify(replace(NOTIFIED, **other))).then_refused("grid-known", "$.grid")


def test_a_grid_corrects_an_earlier_one_of_its_tariff() -> None:
    given(FIRST).when(notify(NOTIFIED)).then(NOTIFIED)
    for unknown in ("2024", NOTIFIED.grid):
        given(FIRST).when(notify(replace(NOTIFIED, corrects=unknown))).then_refused(
            "corrects-unknown", "$.corrects"
        )
    given().when(notify(NOTIFIED)).then_refused("corrects-unknown", "$.corrects")


def test_a_decision_of_a_day_to_come_is_not_told() -> None:
    given(FIRST).when(notify(replace(NOTIFIED, decided_on=TODAY + timedelta(days=1)))).then_refused(
        "decided-later", "$.decided_on"
    )


def test_what_was_known_before_is_not_judged_again() -> None:
    def judged() -> str:
        raise AssertionError

    facts: dict[str, Any] = {name: getattr(FIRST, name) for name in FACTS}
    given(FIRST).when(
        lambda it: Tariff.notify(it, STREAM, today=TODAY, findings=judged, **facts)
    ).then_nothing()


def test_a_correction_is_in_force_in_the_place_of_what_it_corrects() -> None:
    day, later = date(2026, 1, 1), date(2026, 7, 1)
    wrong = NotifiedGrid("a", OTHER_DOCUMENT, day, day, False, AT)
    right = replace(wrong, grid="b", effective_on=later, recorded_at=AT + timedelta(1), corrects="a")
    tariff = Tariff(id=STREAM, grids=[wrong, right])
    assert in_force(tariff, later) == "b"
    with pytest.raises(Refused):
        tariff.in_force(later - timedelta(days=1))


def test_two_names_may_stand_for_the_same_prices() -> None:
    renamed = replace(FIRST, grid="2025-bis", effective_on=date(2025, 7, 1))
    given(FIRST).when(notify(renamed)).then(renamed)


def test_no_grid_is_in_force_before_the_first() -> None:
    given(FIRST).when(lambda tariff: tariff.in_force(date(2024, 12, 31))).then_refused(
        "no-grid-in-force", "$.joined_on"
    )
    with pytest.raises(Refused, match="No grid is in force"):
        Tariff(id=STREAM).in_force(TODAY)


def test_a_grid_is_in_force_from_its_first_day_until_the_next_one() -> None:
    tariff = tariff_of(("a", date(2025, 1, 1), AT), ("b", date(2026, 1, 1), AT + timedelta(days=1)))
    assert in_force(tariff, date(2025, 1, 1)) == "a"
    assert in_force(tariff, date(2025, 12, 31)) == "a"
    assert in_force(tariff, date(2026, 1, 1)) == "b"
    assert in_force(tariff, date(9999, 12, 31)) == "b"


def test_a_grid_recorded_later_for_an_earlier_day_does_not_push_out_its_successor() -> None:
    tariff = tariff_of(("b", date(2026, 1, 1), AT), ("a", date(2025, 1, 1), AT + timedelta(days=1)))
    assert in_force(tariff, date(2025, 6, 1)) == "a"
    assert in_force(tariff, date(2026, 6, 1)) == "b"


def test_of_two_grids_for_one_day_the_later_recorded_is_in_force() -> None:
    day = date(2026, 1, 1)
    assert in_force(tariff_of(("a", day, AT), ("b", day, AT + timedelta(seconds=1))), day) == "b"


def test_of_two_grids_recorded_in_one_instant_the_second_is_in_force() -> None:
    day = date(2026, 1, 1)
    assert in_force(tariff_of(("a", day, AT), ("b", day, AT)), day) == "b"


@drawn(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.integers(0, 5))
def test_what_is_in_force_was_effective_and_nothing_later_was(starts: list[int], day: int) -> None:
    first = date(2026, 1, 1)
    tariff = tariff_of(
        *((str(number), first + timedelta(days=start), AT) for number, start in enumerate(starts))
    )
    on = first + timedelta(days=day)
    effective = [(start, number) for number, start in enumerate(starts) if start <= day]
    if effective:
        assert in_force(tariff, on) == str(max(effective)[1])
    else:
        with pytest.raises(Refused):
            tariff.in_force(on)


def tariff_of(*grids: tuple[str, date, datetime]) -> Tariff:
    """A tariff of grids by name, first day and instant of recording."""
    return Tariff(
        id=STREAM, grids=[NotifiedGrid(name, OTHER_DOCUMENT, day, day, False, at) for name, day, at in grids]
    )


def in_force(tariff: Tariff, day: date) -> str:
    """The name of the grid in force."""
    return tariff.in_force(day).grid
