"""Days on which office hours are announced: the n-th weekday of a month, never a public holiday."""

from collections.abc import Iterator
from datetime import date, timedelta

DAY = timedelta(days=1)


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
    while day.weekday() > 4 or day in holidays(day.year):
        day += DAY
    return day


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
