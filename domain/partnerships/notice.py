"""Notice of termination (résiliation) and the end of a convention; what is due is computed, never typed.

After its last day members keep their contracts, grids are still notified and judged, and nobody new joins.
"""

from datetime import date, timedelta
from typing import Literal

import msgspec

from domain.events import Event, event
from domain.partnerships.terms import Party
from domain.tariffs.assess.days import add_months

NoticeReason = Literal["COMMITMENT_BROKEN", "DISSATISFACTION", "NEEDS_CHANGED", "NOT_RENEWED", "OTHER"]


@event("convention.notice_given")
class NoticeGiven(Event, frozen=True, kw_only=True):
    """One side ends the convention; `takes_effect_on` is its last day then. `case` is the breach case it comes from."""

    by: Party
    reason: NoticeReason
    detail: str
    given_on: date
    takes_effect_on: date
    case: str | None
    document: str | None


@event("convention.notice_withdrawn")
class NoticeWithdrawn(Event, frozen=True, kw_only=True):
    """Who gave notice takes it back before it takes effect."""

    by: Party
    reason: str


@event("convention.ended")
class ConventionEnded(Event, frozen=True, kw_only=True):
    """The last day, `on`, is over; said by the calendar on the day after."""

    on: date
    cause: Literal["term", "notice"]


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """The notice that stands."""

    by: Party
    reason: NoticeReason
    detail: str
    given_on: date
    takes_effect_on: date
    case: str | None
    document: str | None


def effect_of(reason: NoticeReason, given_on: date, notice_months: int, term: date) -> date:
    """The last day of a convention of which notice is given: so many months later, at its term at the latest.

    A convention that is only not renewed runs until its term.
    """
    return term if reason == "NOT_RENEWED" else min(add_months(given_on, notice_months), term)


def earliest(reason: NoticeReason, today: date, notice_months: int) -> date:
    """The first day on which notice recorded today may have been given: nobody ends a convention on a day gone by.

    What the other side did in the meantime, and the days it had to answer, would be taken from it.
    """
    if reason == "NOT_RENEWED":
        return date.min
    first = add_months(today, -notice_months)
    return first if add_months(first, notice_months) >= today else first + timedelta(days=1)
