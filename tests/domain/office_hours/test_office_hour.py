"""Office hours: announced, then held with head counts or cancelled, or passed over in silence."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from domain.office_hours.office_hour import OfficeHour, OfficeHourCancelled, OfficeHourHeld
from tests.support.cases import STREAM, given
from tests.support.samples import CANCELLED, FELL_DUE, HELD, PLANNED

DAY = PLANNED.on
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)


def plan(**other: Any) -> Callable[[object], OfficeHour]:
    """The decision to plan the sample, with other facts where said."""
    facts = {name: getattr(PLANNED, name) for name in ("convention", "on", "starts_at", "ends_at", "place")}
    return lambda _: OfficeHour.plan(STREAM, **{**facts, **other})


def hold(visitors: int = 9, by_appointment: int = 4, today: date = DAY) -> Callable[[OfficeHour], None]:
    """The decision to say that it was held."""
    return lambda hour: hour.hold(visitors=visitors, by_appointment=by_appointment, today=today)


def cancel(today: date = BEFORE) -> Callable[[OfficeHour], None]:
    """The decision to cancel."""
    return lambda hour: hour.cancel(reason="adviser_absent", today=today)


def fall_due(today: date) -> Callable[[OfficeHour], None]:
    """The decision to say that its day passed."""
    return lambda hour: hour.fall_due(today=today)


def test_an_office_hour_is_announced() -> None:
    given().when(plan()).then(PLANNED)


@pytest.mark.parametrize("ends_at", [time(9, 0), time(8, 59)])
def test_an_office_hour_ends_after_it_starts(ends_at: time) -> None:
    given().when(plan(ends_at=ends_at)).then_refused("hours-inverted", "$.ends_at")


def test_an_office_hour_is_held_on_its_day_or_said_to_have_been_later() -> None:
    given(PLANNED).when(hold()).then(HELD)
    given(PLANNED).when(hold(today=AFTER)).then(HELD)
    given(PLANNED).when(hold(today=BEFORE)).then_refused("not-yet-held")


def test_nobody_may_have_come() -> None:
    given(PLANNED).when(hold(0, 0)).then(OfficeHourHeld(visitors=0, by_appointment=0))


@pytest.mark.parametrize(("visitors", "by_appointment"), [(3, 4), (0, 1), (-1, -1), (2, -1)])
def test_people_with_an_appointment_are_among_the_visitors(visitors: int, by_appointment: int) -> None:
    given(PLANNED).when(hold(visitors, by_appointment)).then_refused("counts-contradict", "$.by_appointment")


def test_what_was_held_is_not_held_with_other_counts() -> None:
    given(PLANNED, HELD).when(hold()).then_nothing()
    given(PLANNED, HELD).when(hold(9, 5)).then_refused("already-held")
    given(PLANNED, HELD).when(hold(10, 4)).then_refused("already-held")


def test_a_repeat_is_nothing_also_where_it_would_be_refused_today() -> None:
    given(PLANNED, HELD).when(hold(today=BEFORE)).then_nothing()


def test_what_was_cancelled_is_not_held() -> None:
    given(PLANNED, CANCELLED).when(hold()).then_refused("already-cancelled")


def test_an_office_hour_is_cancelled_before_or_after_its_day() -> None:
    given(PLANNED).when(cancel()).then(CANCELLED)
    late = OfficeHourCancelled(cancelled_on=AFTER, reason="adviser_absent")
    given(PLANNED, FELL_DUE).when(cancel(AFTER)).then(late)


def test_cancelling_again_is_nothing() -> None:
    given(PLANNED, replace(CANCELLED, reason="other")).when(cancel()).then_nothing()


def test_what_was_held_is_not_cancelled() -> None:
    given(PLANNED, HELD).when(cancel()).then_refused("already-held")


def test_silence_is_said_the_day_after() -> None:
    given(PLANNED).when(fall_due(AFTER)).then(FELL_DUE)
    given(PLANNED).when(fall_due(DAY)).then_nothing()
    given(PLANNED).when(fall_due(BEFORE)).then_nothing()


def test_silence_is_said_once_and_only_of_what_nobody_spoke_of() -> None:
    given(PLANNED, FELL_DUE).when(fall_due(AFTER)).then_nothing()
    given(PLANNED, HELD).when(fall_due(AFTER)).then_nothing()
    given(PLANNED, CANCELLED).when(fall_due(AFTER)).then_nothing()


def test_what_fell_due_may_still_be_said_to_have_been_held() -> None:
    given(PLANNED, FELL_DUE).when(hold(today=AFTER)).then(HELD)
    given(PLANNED, FELL_DUE, HELD).when(fall_due(AFTER)).then_nothing()
