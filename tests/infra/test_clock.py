"""The record is in UTC, the business day is in Paris."""

from datetime import UTC, date, datetime, timedelta

import pytest

from infra.clock import PARIS, FixedClock, SystemClock


def test_a_summer_evening_in_utc_is_already_tomorrow_in_paris() -> None:
    assert FixedClock(datetime(2026, 7, 13, 22, 30, tzinfo=UTC)).today() == date(2026, 7, 14)
    assert FixedClock(datetime(2026, 1, 13, 22, 30, tzinfo=UTC)).today() == date(2026, 1, 13)


def test_a_fixed_clock_moves_only_when_told() -> None:
    clock = FixedClock(datetime(2026, 3, 16, 9, 0, tzinfo=PARIS))
    assert clock.now() == clock.now() == datetime(2026, 3, 16, 8, 0, tzinfo=UTC)
    clock.advance(timedelta(days=1))
    assert clock.today() == date(2026, 3, 17)
    with pytest.raises(ValueError, match="aware"):
        clock.set(datetime(2026, 3, 16))  # noqa: DTZ001 - what is refused


def test_the_system_clock_is_in_utc() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)
    assert abs(SystemClock().today() - SystemClock().now().date()) <= timedelta(days=1)
