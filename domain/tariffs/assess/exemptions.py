"""Exemptions in time: on which days each multiplies the limits of a commitment, and by how much together."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from domain.tariffs.assess.days import cut_days, day_before, days_after
from domain.tariffs.assess.model import Exemption
from domain.tariffs.assess.timeline import Slot


class Cover(NamedTuple):
    """The days, both included, on which an exemption bears on a commitment; `last` None: no end is known."""

    id: str
    first: date
    last: date | None
    factor: Fraction
    rebase: bool


class Segment(NamedTuple):
    """Days of one grid during which the same exemptions are in force."""

    first: date
    last: date | None
    covers: tuple[Cover, ...]


def covers_of(commitment: str, exemptions: Iterable[Exemption]) -> tuple[Cover, ...]:
    """The exemptions that bear on a commitment on any day at all, in the order of the file."""
    found = []
    for exemption in exemptions:
        if commitment not in exemption.commitments:
            continue
        first = max(exemption.valid_from, exemption.decided_on)
        ends = [] if exemption.valid_to is None else [exemption.valid_to]
        if exemption.revoked_on is not None:
            ends.append(day_before(exemption.revoked_on))
        last = min(ends, default=None)
        if last is None or first <= last:
            found.append(Cover(exemption.id, first, last, exemption.factor, exemption.rebase))
    return tuple(found)


def segments_of(slot: Slot, covers: Iterable[Cover]) -> tuple[Segment, ...]:
    """The days of a slot, cut wherever an exemption begins or ends; one segment where none does."""
    near = [
        cover
        for cover in covers
        if (slot.last is None or cover.first <= slot.last)
        and (cover.last is None or cover.last >= slot.first)
    ]
    starts = [cover.first for cover in near]
    for cover in near:
        if cover.last is not None:
            starts += days_after(cover.last)
    return tuple(
        Segment(
            first,
            last,
            tuple(
                cover
                for cover in near
                if cover.first <= first and (cover.last is None or cover.last >= first)
            ),
        )
        for first, last in cut_days(slot.first, slot.last, starts)
    )


def product(covers: Iterable[Cover]) -> Fraction:
    """What several exemptions multiply a limit by."""
    factor = Fraction(1)
    for cover in covers:
        factor *= cover.factor
    return factor
