"""Exemptions from a convention's caps: the insurer asks with its reasons, the town decides, and may revoke.

One who asks never decides. What a granted exemption lets pass is decided by `assess`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import ClassVar, Final, Literal

import msgspec

from domain.aggregate import Aggregate
from domain.events import UNRECORDED, Event, begins, event
from domain.money import parse_decimal
from domain.refusal import Refused

ExemptionReason = Literal["TAX", "LAW", "TRANSFER_AMO", "LOSS_RATIO", "DEMOGRAPHY"]

NEVER_EXEMPTED: Final = frozenset(
    {"STATUTORY_FREEZE", "NOTICE", "CHANGE_WINDOW", "UNIFORM_INCREASE", "NO_FEE", "NO_WAITING_PERIOD"}
)
"""Rules that no exemption bears on: their limit is neither a price nor an average."""

_MOST_FACTOR: Final = 10


class ExemptionTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What is exempted: limits of `commitments` are multiplied by factor[0] ÷ factor[1], on these days (included)."""

    commitments: tuple[str, ...]
    kind: ExemptionReason
    factor: tuple[str, str]
    valid_from: date
    valid_to: date | None = None
    rebase: bool = False


@event("exemption.requested")
class ExemptionRequested(Event, frozen=True, kw_only=True):
    """The insurer asks to exceed limits, and says why. `documents` are SHA-256 of filed documents."""

    exemption: str
    commitments: tuple[str, ...]
    kind: ExemptionReason
    factor: tuple[str, str]
    valid_from: date
    valid_to: date | None
    rebase: bool
    reason: str
    documents: tuple[str, ...]


@event("exemption.granted")
class ExemptionGranted(Event, frozen=True, kw_only=True):
    """The town lets limits be exceeded. `case` is the breach case that it settles, if it comes from one."""

    exemption: str
    commitments: tuple[str, ...]
    kind: ExemptionReason
    factor: tuple[str, str]
    valid_from: date
    valid_to: date | None
    rebase: bool
    decided_on: date
    decided_by: str
    council_reference: str | None
    document: str | None
    case: str | None


@event("exemption.refused")
class ExemptionRefused(Event, frozen=True, kw_only=True):
    """The town does not let it pass."""

    exemption: str
    decided_on: date
    reason: str


@event("exemption.withdrawn")
class ExemptionWithdrawn(Event, frozen=True, kw_only=True):
    """The insurer no longer asks."""

    exemption: str


@event("exemption.revoked")
class ExemptionRevoked(Event, frozen=True, kw_only=True):
    """The town takes it back: the day before `revoked_on` is its last."""

    exemption: str
    revoked_on: date
    reason: str


class KnownExemption(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of an exemption; `granted` are the terms decided, which may be narrower than those `asked`."""

    exemption: str
    state: Literal["requested", "granted", "refused", "withdrawn", "revoked"]
    asked: ExemptionTerms | None = None
    reason: str | None = None
    documents: tuple[str, ...] = ()
    granted: ExemptionTerms | None = None
    decided_on: date | None = None
    granted_at: datetime = UNRECORDED
    revoked_on: date | None = None
    revoked_at: datetime = UNRECORDED


class Exemptions(Aggregate, kw_only=True):
    """The exemptions of one convention; its stream's key is the convention's."""

    kind: ClassVar[str] = "exemptions"
    begins_with: ClassVar[type[Event]] = ExemptionRequested

    known: dict[str, KnownExemption] = msgspec.field(default_factory=dict)

    def request_exemption(
        self,
        exemption: str,
        terms: ExemptionTerms,
        *,
        reason: str,
        documents: Sequence[str],
        promised: Mapping[str, str],
    ) -> None:
        """Ask for an exemption; the same again is nothing. `promised` are the rules of the commitments by their ids.

        Refused for terms that exempt from nothing, or a name that stands for another request.
        """
        demand_exemption(terms, promised)
        known = self.known.get(exemption)
        if known is not None:
            if (known.asked, known.reason, known.documents) == (terms, reason, tuple(documents)):
                return
            raise Refused("exemption-known", f"Another exemption is called {exemption}.", path="$.id")
        self.record(
            ExemptionRequested,
            exemption=exemption,
            **msgspec.structs.asdict(terms),
            reason=reason,
            documents=tuple(documents),
        )

    def grant_exemption(
        self,
        exemption: str,
        terms: ExemptionTerms | None,
        *,
        decided_on: date,
        decided_by: str,
        council_reference: str | None,
        document: str | None,
        case: str | None,
        promised: Mapping[str, str],
        today: date,
    ) -> None:
        """Let limits be exceeded, as was asked (`terms` None) or narrower; without a request when it settles a case.

        Granting what is granted in the same terms is nothing.
        """
        known = self.known.get(exemption)
        if known is None and case is None:
            raise Refused("exemption-unknown", f"No exemption {exemption} was asked for.")
        decided = terms or (known.asked if known else None)
        if decided is None:
            raise Refused("exemption-wrong", "Say what is exempted.", path="$.commitments")
        demand_exemption(decided, promised)
        if known is not None:
            if known.state == "granted" and known.granted == decided:
                return
            _demand_open(known)
            _demand_narrower(decided, known.asked)
        if decided_on > today:
            raise Refused("decided-later", "What was decided was so today or before.", path="$.decided_on")
        self.record(
            ExemptionGranted,
            exemption=exemption,
            **msgspec.structs.asdict(decided),
            decided_on=decided_on,
            decided_by=decided_by,
            council_reference=council_reference,
            document=document,
            case=case,
        )

    def refuse_exemption(self, exemption: str, *, decided_on: date, reason: str, today: date) -> None:
        """Do not let it pass; once is enough."""
        known = self._exemption(exemption)
        if known.state == "refused":
            return
        _demand_open(known)
        if decided_on > today:
            raise Refused("decided-later", "What was decided was so today or before.", path="$.decided_on")
        self.record(ExemptionRefused, exemption=exemption, decided_on=decided_on, reason=reason)

    def withdraw_exemption(self, exemption: str) -> None:
        """Ask no longer; once is enough. Refused when it was decided."""
        known = self._exemption(exemption)
        if known.state == "withdrawn":
            return
        _demand_open(known)
        self.record(ExemptionWithdrawn, exemption=exemption)

    def revoke_exemption(self, exemption: str, *, revoked_on: date, reason: str, today: date) -> None:
        """Take back a granted exemption from today or a later day on; the same again is nothing.

        Not from an earlier day: what was paid under it then was allowed.
        """
        known = self._exemption(exemption)
        if known.state == "revoked" and known.revoked_on == revoked_on:
            return
        if known.state != "granted":
            raise Refused("exemption-not-granted", "Only a granted exemption can be revoked.")
        if revoked_on < today:
            raise Refused(
                "revoked-earlier",
                "An exemption is revoked from today on at the earliest.",
                path="$.revoked_on",
            )
        self.record(ExemptionRevoked, exemption=exemption, revoked_on=revoked_on, reason=reason)

    def _exemption(self, exemption: str) -> KnownExemption:
        known = self.known.get(exemption)
        if known is None:
            raise Refused("exemption-unknown", f"No exemption {exemption} was asked for.")
        return known

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        match event:
            case ExemptionRequested():
                self.known[event.exemption] = KnownExemption(
                    exemption=event.exemption,
                    state="requested",
                    asked=_terms(event),
                    reason=event.reason,
                    documents=event.documents,
                )
            case ExemptionGranted():
                self._set(
                    event.exemption,
                    state="granted",
                    granted=_terms(event),
                    decided_on=event.decided_on,
                    granted_at=event.timestamp,
                )
            case ExemptionRefused():
                self._set(event.exemption, state="refused", decided_on=event.decided_on)
            case ExemptionWithdrawn():
                self._set(event.exemption, state="withdrawn")
            case ExemptionRevoked():
                self._set(
                    event.exemption,
                    state="revoked",
                    revoked_on=event.revoked_on,
                    revoked_at=event.timestamp,
                )

    def _set(self, exemption: str, **facts: object) -> None:
        present = self.known.get(exemption) or KnownExemption(exemption=exemption, state="requested")
        self.known[exemption] = msgspec.structs.replace(present, **facts)


begins(ExemptionGranted, Exemptions)  # one that settles a case may be the first of its convention


def demand_exemption(terms: ExemptionTerms, promised: Mapping[str, str]) -> None:
    """Refused for terms that exempt from nothing: no commitment, one without a limit to exceed, a factor below 1."""
    if not terms.commitments or len(set(terms.commitments)) < len(terms.commitments):
        raise Refused("exemption-wrong", "Each commitment is named once.", path="$.commitments")
    for place, commitment in enumerate(terms.commitments):
        if commitment not in promised:
            raise Refused(
                "commitment-not-promised",
                f"The convention promises no {commitment}.",
                path=f"$.commitments[{place}]",
                commitment=commitment,
            )
        if promised[commitment] in NEVER_EXEMPTED:
            raise Refused(
                "exemption-wrong",
                f"No exemption bears on {promised[commitment]}.",
                path=f"$.commitments[{place}]",
            )
    if not 1 <= _ratio(terms.factor) <= _MOST_FACTOR:
        raise Refused("exemption-wrong", "The factor is at least 1 and at most 10.", path="$.factor")
    if terms.valid_to is not None and terms.valid_to < terms.valid_from:
        raise Refused("exemption-wrong", "It ends before it begins.", path="$.valid_to")


def _ratio(factor: tuple[str, str]) -> Fraction:
    try:
        above, below = (parse_decimal(part) for part in factor)
    except ValueError:
        return Fraction(0)
    return above / below if above > 0 and below > 0 else Fraction(0)


def _demand_open(known: KnownExemption) -> None:
    if known.state != "requested":
        raise Refused("exemption-decided", f"The exemption {known.exemption} was {known.state} already.")


def _demand_narrower(decided: ExemptionTerms, asked: ExemptionTerms | None) -> None:
    if asked is None:
        return
    beyond = (
        ("commitments", not set(decided.commitments) <= set(asked.commitments)),
        ("factor", _ratio(decided.factor) > _ratio(asked.factor)),
        ("valid_from", decided.valid_from < asked.valid_from),
        ("valid_to", (decided.valid_to or date.max) > (asked.valid_to or date.max)),
        ("rebase", decided.rebase and not asked.rebase),
    )
    for name, wider in beyond:
        if wider:
            raise Refused("exemption-wider", "A town grants what was asked for, or less.", path=f"$.{name}")


def _terms(fact: ExemptionRequested | ExemptionGranted) -> ExemptionTerms:
    return ExemptionTerms(**{name: getattr(fact, name) for name in ExemptionTerms.__struct_fields__})
