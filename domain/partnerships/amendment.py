"""Amendments (avenants) of a confirmed convention: declared by the insurer, confirmed or refused by the town.

A wrong entry found after confirmation is an amendment too: its nature is `correction`, and it counts for all days.
"""

from datetime import date
from typing import Literal

import msgspec

from domain.events import Event, event
from domain.partnerships.terms import Terms

AmendmentNature = Literal["amendment", "correction"]


@event("amendment.declared")
class AmendmentDeclared(Event, frozen=True, kw_only=True):
    """The insurer says what was agreed, whole. `corrects` is the place in the stream of the terms it replaces."""

    amendment: str
    nature: AmendmentNature
    corrects: int | None
    signed_on: date
    effective_on: date
    reason: str
    terms: Terms


@event("amendment.confirmed")
class AmendmentConfirmed(Event, frozen=True, kw_only=True):
    """The town recognises the amendment, or an operator does on the council's papers."""

    amendment: str
    by: Literal["town", "operator"]
    council_reference: str | None
    document: str | None


@event("amendment.refused")
class AmendmentRefused(Event, frozen=True, kw_only=True):
    """The town does not recognise the amendment: the terms stay as they are."""

    amendment: str
    reason: str


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """What the convention remembers of an amendment; `number` is its declaration's place in the stream."""

    id: str
    nature: AmendmentNature
    corrects: int | None
    signed_on: date
    effective_on: date
    reason: str
    terms: Terms
    number: int
    state: Literal["pending", "confirmed", "refused"] = "pending"


def pending(event: AmendmentDeclared) -> Amendment:
    """The amendment that was declared and waits for the town."""
    return Amendment(
        id=event.amendment,
        nature=event.nature,
        corrects=event.corrects,
        signed_on=event.signed_on,
        effective_on=event.effective_on,
        reason=event.reason,
        terms=event.terms,
        number=event.originator_version,
    )
