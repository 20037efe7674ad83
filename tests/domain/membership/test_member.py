"""Members: they join within the convention at a price that the event keeps, and leave once."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from domain.events import personal_fields
from domain.membership.member import Member, MemberJoined, MemberLeft
from domain.tariffs.assess.model import Cell, CellId
from domain.tariffs.grid import CellKey
from domain.tariffs.tariff import NotifiedGrid
from tests.support.cases import STREAM, given
from tests.support.samples import DOCUMENT, JOINED, LEFT

CONVENTION = (date(2024, 10, 1), date(2029, 9, 30))
GRID = NotifiedGrid(
    "2026", DOCUMENT, date(2026, 1, 1), date(2025, 10, 31), True, datetime(2025, 11, 3, tzinfo=UTC)
)
CELLS = (
    Cell(CellId("N1", "general", "adult", 0, 49), 3186),
    Cell(CellId("N1", "general", "adult", 50, 64), 4500),
    Cell(CellId("N1", "general", "adult", 65, None), 4780),
)
TOLD = (
    "person", "number", "convention", "joined_on", "formula", "category", "family_name", "given_name",
    "birth_date", "sex", "email", "phone",
)  # fmt: skip
OLDEST_CELL = CellKey(formula="N1", category="general", role="adult", age_from=65, age_to=None)
SAMPLE = replace(JOINED, cell=OLDEST_CELL)


def join(**other: Any) -> Callable[[object], Member]:
    """The decision that the sample joins, with other facts where said."""
    facts = {name: getattr(SAMPLE, name) for name in TOLD}
    return lambda _: Member.join(
        STREAM, **{"within": CONVENTION, "notified": GRID, "cells": CELLS, **facts, **other}
    )


def leave(on: date, reason: str = "moved") -> Callable[[Member], None]:
    """The decision to leave."""
    return lambda member: member.leave(left_on=on, reason=reason)  # type: ignore[arg-type] # parametrised


def test_who_joins_has_the_price_of_the_grid_in_force_and_the_event_keeps_it() -> None:
    given().when(join()).then(SAMPLE)


def test_the_age_is_counted_by_the_year_of_birth() -> None:
    turns_fifty = join(birth_date=date(1976, 12, 31), joined_on=date(2026, 1, 1))
    cell = CellKey(formula="N1", category="general", role="adult", age_from=50, age_to=64)
    given().when(turns_fifty).then(
        replace(
            SAMPLE,
            birth_date=date(1976, 12, 31),
            birth_year=1976,
            joined_on=date(2026, 1, 1),
            cell=cell,
            price=4500,
        )
    )


def test_who_says_little_may_join() -> None:
    nothing: dict[str, Any] = dict.fromkeys(("number", "sex", "email", "phone"))
    given().when(join(**nothing)).then(replace(SAMPLE, **nothing))


@pytest.mark.parametrize("day", CONVENTION)
def test_members_join_from_the_first_to_the_last_day_of_the_convention(day: date) -> None:
    aged = day.year - SAMPLE.birth_year
    assert aged >= 65
    given().when(join(joined_on=day)).then(replace(SAMPLE, joined_on=day))


@pytest.mark.parametrize("day", [date(2024, 9, 30), date(2029, 10, 1)])
def test_nobody_joins_outside_the_convention(day: date) -> None:
    given().when(join(joined_on=day)).then_refused("outside-convention", "$.joined_on")


def test_nobody_joins_before_being_born_or_at_an_age_nobody_reached() -> None:
    given().when(join(birth_date=date(2026, 4, 2))).then_refused("birth-date-wrong", "$.birth_date")
    given().when(join(birth_date=date(1905, 12, 31))).then_refused("birth-date-wrong", "$.birth_date")
    given().when(join(birth_date=date(1906, 1, 1))).then(
        replace(SAMPLE, birth_date=date(1906, 1, 1), birth_year=1906)
    )


def test_nobody_joins_without_a_price() -> None:
    given().when(join(formula="N9")).then_refused("no-cell", "$.formula")
    given().when(join(cells=CELLS[:1])).then_refused("no-cell", "$.formula")


def test_a_member_leaves_on_the_day_of_joining_or_later() -> None:
    given(SAMPLE).when(leave(LEFT.left_on)).then(LEFT)
    same_day = MemberLeft(left_on=SAMPLE.joined_on, reason="renounced")
    given(SAMPLE).when(leave(SAMPLE.joined_on, "renounced")).then(same_day)
    given(SAMPLE).when(leave(date(2026, 3, 31))).then_refused("left-before-joining", "$.left_on")


def test_who_left_does_not_leave_again() -> None:
    given(SAMPLE, LEFT).when(leave(LEFT.left_on)).then_nothing()
    given(SAMPLE, LEFT).when(leave(LEFT.left_on, "other")).then_nothing()
    given(SAMPLE, LEFT).when(leave(date(2027, 4, 1))).then_refused("left-already")


def test_what_is_personal_in_a_member_is_sealed() -> None:
    assert personal_fields(MemberJoined) == ("family_name", "given_name", "birth_date", "email", "phone")
    assert personal_fields(MemberLeft) == ()
