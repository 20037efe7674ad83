"""Days of the story: counted from the day on which the demo begins, and never a weekend or a public holiday at work.

Office hours are announced on the n-th weekday of a month.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

import msgspec

DAY = timedelta(days=1)


class Days(msgspec.Struct, frozen=True):
    """Days as seen from the one on which the demo begins."""

    today: date

    def ago(self, days: int) -> date:
        """The last working day that is so many days past, or more."""
        day = self.today - days * DAY
        while not is_working_day(day):
            day -= DAY
        return day

    def month(self, months: int) -> date:
        """The first day of a month: 0 is the present one, -1 the one before."""
        years, month = divmod(self.today.month - 1 + months, 12)
        return date(self.today.year + years, month + 1, 1)

    def january(self, years: int) -> date:
        """New Year's Day: 0 is this year's."""
        return date(self.today.year + years, 1, 1)


def monthly(first: date, last: date, days: tuple[tuple[int, int], ...]) -> Iterator[date]:
    """The n-th such weekdays of each month between two days, in order; a holiday gives way to the next working day."""
    month = first.replace(day=1)
    while month <= last:
        for day in sorted(working_day(nth_weekday(month, nth, weekday)) for nth, weekday in days):
            if first <= day <= last:
                yield day
        month = (month + timedelta(days=32)).replace(day=1)


def nth_weekday(month: date, nth: int, weekday: int) -> date:
    """The n-th such weekday of the month that begins on `month`; Monday is 0."""
    return month + timedelta(days=(weekday - month.weekday()) % 7 + 7 * (nth - 1))


def working_day(day: date) -> date:
    """The day itself, or the next one that is neither a weekend nor a public holiday."""
    while not is_working_day(day):
        day += DAY
    return day


def is_working_day(day: date) -> bool:
    """Whether it is neither a weekend nor a public holiday."""
    return day.weekday() <= 4 and day not in holidays(day.year)


@cache
def holidays(year: int) -> frozenset[date]:
    """The eleven public holidays of the Labour Code (L3133-1)."""
    easter = easter_day(year)
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    return frozenset(date(year, *day) for day in fixed) | {easter + n * DAY for n in (1, 39, 50)}


def easter_day(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    golden = year % 19
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)
