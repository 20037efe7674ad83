"""Mails about a broken commitment: from the day it is found until it is corrected, accepted or ends the convention."""

from collections.abc import Sequence
from typing import Any

import msgspec

from projections.engine.view import Recorded
from services.mail import links
from services.mail.notices import BOTH, Notice, Side, told
from services.mail.readings import Readings, last
from services.web.figures import excess, figure, subject

_SHOWN = 5
_EVIDENCE = ("case.opened", "case.revised", "case.reopened")


class Line(msgspec.Struct, frozen=True):
    """One broken cell: what it is, its limit, what was announced instead; `excess` and shorter `over`: by how much."""

    subject: str
    before: str | None
    limit: str | None
    observed: str | None
    excess: str | None
    over: str | None


@told("case.opened")
@told("case.reopened")
@told("case.corrected")
def both(fact: Recorded[Any], read: Readings) -> Notice:
    """Both learn that a commitment is broken, again broken, or no longer."""
    return _notice(fact, read, BOTH)


@told("case.fell_due")
def fell_due(fact: Recorded[Any], read: Readings) -> Notice:
    """Who had to act, and the other."""
    return _notice(fact, read, BOTH)


@told("case.explained")
def explained(fact: Recorded[Any], read: Readings) -> Notice:
    """The town reads the explanation and answers."""
    return _notice(fact, read, ("town",))


@told("case.disputed")
@told("case.formal_notice_sent")
def answered(fact: Recorded[Any], read: Readings) -> Notice:
    """The insurer learns what the town said and until when it has to act."""
    return _notice(fact, read, ("insurer",))


@told("case.accepted")
def accepted(fact: Recorded[Any], read: Readings) -> Notice:
    """The insurer learns that the town lets it pass, and on which terms."""
    opened = read.own_stream("case")[0].event
    granted = None
    if fact.event.exemption is not None:
        known = [
            each
            for each in read.stream("exemptions", opened.convention)
            if each.event.exemption == fact.event.exemption
        ]
        granted = last(known, "exemption.granted")
    return _notice(fact, read, ("insurer",), granted=granted)


@told("case.notice_given")
def notice_given(fact: Recorded[Any], read: Readings) -> Notice:
    """Both learn from which day the convention is over."""
    return _notice(fact, read, BOTH)


def _notice(fact: Recorded[Any], read: Readings, to: Sequence[Side], **facts: Any) -> Notice:
    history = read.own_stream("case")
    opened, newest = history[0].event, last(history, *_EVIDENCE)
    place = read.place(opened.convention)
    lines = [
        Line(
            subject(cell),
            figure(cell.before, newest.unit),
            figure(cell.limit, newest.unit),
            figure(cell.observed, newest.unit),
            excess(cell, newest.unit),
            figure(cell.excess, newest.unit),
        )
        for cell in newest.cells[:_SHOWN]
    ]
    return Notice(
        to=to,
        place=place,
        path=links.case(place, fact.key),
        facts={
            "event": fact.event,
            "opened": opened,
            "newest": newest,
            "lines": lines,
            "more": max(0, len(newest.cells) - _SHOWN),
            "worst": lines[0] if lines else None,
            **facts,
        },
    )
