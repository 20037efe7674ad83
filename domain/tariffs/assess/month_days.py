"""Days that come back every year, such as 31 October, as a convention and its file write them."""

import re
from datetime import date
from typing import NamedTuple

from domain.tariffs.assess.days import french_day
from domain.tariffs.assess.reading import ScenarioError, describe
from domain.tariffs.assess.shapes import shaped

_FORM = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_LEAP_YEAR = 2024


class MonthDay(NamedTuple):
    """A day of any year; 29 February is one."""

    month: int
    day: int

    def in_year(self, year: int) -> date:
        """That day in a year; the 28th for 29 February in a common year."""
        try:
            return date(year, self.month, self.day)
        except ValueError:
            return date(year, self.month, self.day - 1)

    def is_on(self, day: date) -> bool:
        """Whether a day is that one; in a common year none is 29 February."""
        return (day.month, day.day) == self

    @property
    def french(self) -> str:
        """`1er janvier`, `31 octobre`."""
        return french_day(date(_LEAP_YEAR, self.month, self.day)).rsplit(" ", 1)[0]


@shaped(
    {
        "type": "string",
        "pattern": f"^{_FORM.pattern}$",
        "description": "A month and a day of any year.",
        "examples": ["10-31"],
    },
    "month-day",
)
def month_day(value: object) -> MonthDay:
    """A month and a day such as "10-31"."""
    match = _FORM.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        month, day = int(match[1]), int(match[2])
        try:
            date(_LEAP_YEAR, month, day)
        except ValueError:
            pass
        else:
            return MonthDay(month, day)
    raise ScenarioError("", 'a month and a day such as "10-31"', describe(value))
