"""Civil days: what day it is in Paris, months back, the periods of a cap, and a day as a French reader writes it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")

_DAY = timedelta(days=1)
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


class Period(StrEnum):
    """How often an annual cap starts anew."""

    CIVIL_YEAR = "CIVIL_YEAR"
    CONVENTION_YEAR = "CONVENTION_YEAR"
    ROLLING_12M = "ROLLING_12M"
    PER_CHANGE = "PER_CHANGE"


class Days(NamedTuple):
    """Days that follow each other, both included; `last` None: until further notice."""

    first: date
    last: date | None

    def meet(self, first: date, last: date | None) -> "Days | None":
        """The days that are also among those from `first` to `last`; None if there are none."""
        start = max(self.first, first)
        end = last if self.last is None else self.last if last is None else min(self.last, last)
        return None if end is not None and end < start else Days(start, end)


def paris_day(instant: datetime) -> date:
    """The civil day in Paris at an aware instant."""
    try:
        return instant.astimezone(PARIS).date()
    except OverflowError:  # the last hours of the year 9999 have no Paris time
        return instant.date()


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later, or the last one if that month is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, _month_length(year, month + 1)))


def day_before(day: date) -> date:
    """The day before."""
    return day - _DAY


def months_after(day: date, months: int) -> date:
    """As `add_months`, or the last day of the calendar where that lies beyond."""
    try:
        return add_months(day, months)
    except ValueError:
        return date.max


def days_after(day: date) -> list[date]:
    """The day after, as the only one of a list; none after the last day of the calendar."""
    return [] if day == date.max else [day + _DAY]


def cut_days(first: date, last: date | None, starts: Iterable[date]) -> list[Days]:
    """The days from `first` to `last`, cut so that those of `starts` that lie among them begin a part."""
    inside = {day for day in starts if day > first and (last is None or day <= last)}
    if not inside:
        return [Days(first, last)]
    firsts = sorted(inside | {first})
    lasts = [*(day - _DAY for day in firsts[1:]), last]
    return [Days(*ends) for ends in zip(firsts, lasts, strict=True)]


def period_number(period: Period, day: date, starts_on: date) -> int:
    """Which calendar period `day` lies in, counted in years; for the other two kinds it means nothing and is 0.

    A convention year begins on the anniversary of `starts_on` (28 February for the 29th in a common year), and is
    counted below zero before it.
    """
    if period is Period.CIVIL_YEAR:
        return day.year
    if period is Period.CONVENTION_YEAR:
        number = day.year - starts_on.year
        return number if day >= add_months(starts_on, 12 * number) else number - 1
    return 0


def anchor_day(period: Period, effective_on: date, starts_on: date) -> date:
    """The day whose price bounds those of a grid that takes effect on `effective_on`."""
    if period is Period.CIVIL_YEAR:
        return date(effective_on.year - 1, 12, 31)
    if period is Period.CONVENTION_YEAR:
        return day_before(add_months(starts_on, 12 * period_number(period, effective_on, starts_on)))
    if period is Period.ROLLING_12M:
        return add_months(effective_on, -12)
    return day_before(effective_on)


@lru_cache(maxsize=4096)
def french_day(day: date) -> str:
    """`1er janvier 2026`, `31 décembre 2025`."""
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"


def _month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31
