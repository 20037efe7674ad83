"""Mails about conventions: one to confirm, what the other side answered, a notice, an end."""

from typing import Any

from projections.engine.view import Recorded
from services.mail import links
from services.mail.notices import BOTH, Notice, Side, told
from services.mail.readings import Readings, last


def _declared(fact: Recorded[Any], read: Readings, to: Side, **facts: Any) -> Notice:
    place = read.place(fact.key)
    return Notice(
        to=(to,), place=place, path=links.convention(place, fact.key), facts={"event": fact.event, **facts}
    )


@told("convention.declared")
def declared(fact: Recorded[Any], read: Readings) -> Notice:
    """The town is asked whether it recognises it."""
    return _declared(fact, read, "town")


@told("convention.confirmed")
@told("convention.refused")
def answered(fact: Recorded[Any], read: Readings) -> Notice:
    """The insurer learns what the town said, or an operator for it."""
    return _declared(fact, read, "insurer")


@told("convention.notice_given")
def notice_given(fact: Recorded[Any], read: Readings) -> Notice | None:
    """Both learn the day. One that comes from a case is told with the case."""
    if fact.event.case is not None:
        return None
    place = read.place(fact.key)
    return Notice(to=BOTH, place=place, path=links.home(place), facts={"event": fact.event})


@told("convention.ended")
def ended(fact: Recorded[Any], read: Readings) -> Notice:
    """Both learn what goes on."""
    place = read.place(fact.key)
    return Notice(to=BOTH, place=place, path=links.home(place), facts={"event": fact.event})


@told("amendment.declared")
def amendment_declared(fact: Recorded[Any], read: Readings) -> Notice:
    """The town is asked whether it signed it."""
    return _declared(fact, read, "town")


@told("amendment.confirmed")
@told("amendment.refused")
def amendment_answered(fact: Recorded[Any], read: Readings) -> Notice:
    """The insurer learns what the town said of the amendment it declared."""
    every = [
        each
        for each in read.own_stream("convention")
        if getattr(each.event, "amendment", None) == fact.event.amendment
    ]
    return _declared(fact, read, "insurer", amendment=last(every, "amendment.declared"))
