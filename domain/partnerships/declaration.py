"""What happens to a declared convention: the town confirms or refuses it, the insurer corrects what it declared."""

from datetime import date
from typing import Any, Final, Literal

from domain.events import Event, event, upcaster
from domain.partnerships.terms import (
    Clause,
    Clocks,
    Commitment,
    CouncilVote,
    OfficeHourPromise,
    Promise,
    Terms,
    TermsVersion,
)
from domain.refusal import Refused


@event("convention.declared", version=2)
class ConventionDeclared(Event, frozen=True, kw_only=True):
    """The insurer says what was signed. Money is in cents; `document` is the SHA-256 of the signed text, if kept.

    `communes` are the INSEE codes of all towns of the same convention, in order; () is this one alone.
    """

    insurer_name: str
    communes: tuple[str, ...]
    signed_on: date
    starts_on: date
    ends_on: date
    notice_months: int
    fees: int
    waiting_period_days: int
    commitments: tuple[Commitment, ...]
    promises: tuple[Promise, ...]
    office_hours: OfficeHourPromise | None
    termination: Clause | None
    clocks: Clocks
    council_vote: CouncilVote | None
    document: str | None
    fictitious: bool

    @property
    def terms(self) -> Terms:
        """What was signed."""
        return Terms(**{name: getattr(self, name) for name in Terms.__struct_fields__})


@event("convention.confirmed")
class ConventionConfirmed(Event, frozen=True, kw_only=True):
    """The town recognises the convention as its own, or an operator does on the council's papers."""

    by: Literal["town", "operator"]
    council_reference: str | None
    document: str | None


@event("convention.refused")
class ConventionRefused(Event, frozen=True, kw_only=True):
    """The town does not recognise what the insurer declared."""

    reason: str


@event("convention.corrected")
class ConventionCorrected(Event, frozen=True, kw_only=True):
    """The insurer declares other terms before the town confirmed; `corrects` is the event's place in the stream."""

    corrects: int
    reason: str
    terms: Terms


_CLOCKS_BEFORE: Final = {"explanation_days": 15, "answer_days": 30, "cure_days": 30}


@upcaster("convention.declared", from_version=1)
def _with_both_sides(payload: dict[str, Any]) -> dict[str, Any]:
    """Version 1 knew one commune, the commitments of the insurer, and the vote as a text."""
    vote = payload.get("council_vote")
    return {
        **payload,
        "communes": [],
        "promises": [],
        "termination": None,
        "clocks": dict(_CLOCKS_BEFORE),
        "council_vote": {"number": vote, "voted_on": None, "document": None} if vote else None,
    }


def first_version(event: Event, terms: Terms) -> TermsVersion:
    """The terms that an event declares, before any amendment."""
    return TermsVersion(
        effective_on=terms.starts_on,
        recorded_at=event.timestamp,
        terms=terms,
        nature="declaration",
        amendment=None,
        number=event.originator_version,
    )


def demand_papers(
    by: Literal["town", "operator"], council_reference: str | None, document: str | None
) -> None:
    """Refused when an operator confirms without the council's reference or the document's SHA-256."""
    if by == "operator" and not (council_reference and document):
        raise Refused(
            "proof-missing",
            "An operator confirms with the council's reference and the SHA-256 of the signed document.",
            path="$.document" if council_reference else "$.council_reference",
        )


def demand_reason(reason: str, path: str = "$.reason") -> None:
    """Refused when no reason is given."""
    if not reason.strip():
        raise Refused("reason-missing", "A reason in words is needed.", path=path)
