"""The convention between a commune and an insurer: declared by the insurer, confirmed by the town, amended, ended.

Until it is confirmed it opens nothing that both read; an operator may confirm on the council's papers.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar, Literal, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event
from domain.partnerships.agreed import Agreed
from domain.partnerships.amendment import (
    Amendment,
    AmendmentConfirmed,
    AmendmentDeclared,
    AmendmentNature,
    AmendmentRefused,
    pending,
)
from domain.partnerships.declaration import (
    ConventionConfirmed,
    ConventionCorrected,
    ConventionDeclared,
    ConventionRefused,
    demand_papers,
    demand_reason,
    first_version,
)
from domain.partnerships.notice import (
    ConventionEnded,
    Notice,
    NoticeGiven,
    NoticeReason,
    NoticeWithdrawn,
    earliest,
    effect_of,
)
from domain.partnerships.terms import (
    Party,
    Terms,
    TermsVersion,
    demand_sound,
    in_order,
)
from domain.refusal import Refused
from domain.tenancy import is_commune_code


class Convention(Aggregate, Agreed, kw_only=True):
    """One convention of one commune with one insurer.

    `terms` are the versions that count, as recorded: the declared one, then confirmed amendments. Attributes such as
    `commitments` or `fees` are those of the version that begins last. `ended` is the last day, once it is over.
    """

    kind: ClassVar[str] = "convention"
    schema: ClassVar[int] = 2
    begins_with: ClassVar[type[Event]] = ConventionDeclared

    insurer_name: str = ""
    communes: tuple[str, ...] = ()
    fictitious: bool = False
    state: Literal["declared", "refused", "confirmed"] = "declared"
    refusal: str | None = None
    confirmed_at: datetime | None = None
    terms: list[TermsVersion] = msgspec.field(default_factory=list)
    amendments: list[Amendment] = msgspec.field(default_factory=list)
    notice: Notice | None = None
    ended: date | None = None

    @classmethod
    def declare(
        cls,
        stream: str,
        *,
        insurer_name: str,
        communes: tuple[str, ...] = (),
        fictitious: bool = False,
        **terms: Any,
    ) -> Self:
        """Say what was signed: the fields of `Terms`. Refused when they contradict themselves, or a figure is absurd.

        `communes` are all towns of one convention over several.
        """
        signed = Terms(**terms)
        if list(communes) != sorted(set(communes)) or not all(map(is_commune_code, communes)):
            raise Refused("communes-wrong", "INSEE codes, each once, in order.", path="$.communes")
        demand_sound(signed)
        return cls.begin(
            stream,
            insurer_name=insurer_name,
            communes=communes,
            fictitious=fictitious,
            **msgspec.structs.asdict(signed),
        )

    def confirm(
        self,
        by: Literal["town", "operator"],
        *,
        council_reference: str | None = None,
        document: str | None = None,
    ) -> None:
        """Recognise the convention. An operator shows the council's reference and the document; once is enough.

        A town may think again after it refused; an operator does not confirm what the town refused.
        """
        if self.confirmed:
            return
        demand_papers(by, council_reference, document)
        if by == "operator" and self.state == "refused":
            raise Refused("convention-refused", "The town refused this convention; only it can confirm it.")
        self.record(ConventionConfirmed, by=by, council_reference=council_reference, document=document)

    def decline(self, *, reason: str) -> None:
        """The town does not recognise what was declared. Refused once it confirmed; a repeat is nothing."""
        if self.state == "refused" and self.refusal == reason:
            return
        self._demand_unconfirmed()
        demand_reason(reason)
        self.record(ConventionRefused, reason=reason)

    def correct_declaration(self, *, reason: str, terms: Terms, corrects: int | None = None) -> None:
        """Declare other terms before the town confirmed; after a refusal the town decides again.

        `corrects` is the place in the stream of the declaration that was wrong: the present one.
        """
        self._demand_unconfirmed()
        present = self.terms[-1]
        if self.state == "declared" and present.terms == terms:
            return
        demand_reason(reason)
        if corrects not in {None, present.number}:
            raise Refused(
                "correction-unknown",
                f"What stands declared is event {present.number} of the convention.",
                path="$.corrects",
                number=present.number,
            )
        demand_sound(terms, "$.terms")
        self.record(ConventionCorrected, corrects=present.number, reason=reason, terms=terms)

    def declare_amendment(
        self,
        *,
        amendment: str,
        nature: AmendmentNature,
        signed_on: date,
        effective_on: date,
        reason: str,
        terms: Terms,
        corrects: int | None = None,
    ) -> None:
        """Say what was agreed after confirmation; it waits for the town, one at a time. A repeat is nothing.

        A correction names the terms it replaces (`corrects`; those that begin last by default), and a correction of
        the first terms is effective from their first day. Refused when the amendment begins outside the convention
        or before the version that begins last, or moves the convention's first day.
        """
        for known in self.amendments:
            if known.id == amendment:
                given = (nature, signed_on, effective_on, reason, terms)
                if given == (known.nature, known.signed_on, known.effective_on, known.reason, known.terms):
                    return
                raise Refused(
                    "amendment-known", "An amendment of this name says something else.", path="$.id"
                )
        self.demand_running()
        if any(known.state == "pending" for known in self.amendments):
            raise Refused("amendment-pending", "Another amendment waits for the town.")
        demand_reason(reason)
        standing = in_order(self.terms)
        replaced = self._corrected(standing, corrects) if nature == "correction" else None
        demand_sound(terms, "$.terms")
        first = replaced is standing[0]
        if terms.starts_on != self.starts_on and not first:
            raise Refused(
                "start-moved",
                f"It starts on {self.starts_on.isoformat()}; only a correction of its first terms moves that.",
                path="$.terms.starts_on",
                starts_on=self.starts_on,
            )
        earliest = terms.starts_on if replaced else standing[-1].effective_on
        latest = terms.starts_on if first else terms.ends_on
        if not earliest <= effective_on <= latest:
            raise Refused(
                "amendment-outside",
                f"From {earliest.isoformat()} to {latest.isoformat()}.",
                path="$.effective_on",
                first=earliest,
                last=latest,
            )
        self.record(
            AmendmentDeclared,
            amendment=amendment,
            nature=nature,
            corrects=replaced.number if replaced else None,
            signed_on=signed_on,
            effective_on=effective_on,
            reason=reason,
            terms=terms,
        )

    def confirm_amendment(
        self,
        amendment: str,
        by: Literal["town", "operator"],
        *,
        council_reference: str | None = None,
        document: str | None = None,
    ) -> None:
        """Recognise a pending amendment, as a convention is; once is enough."""
        pending = self._amendment(amendment)
        if pending.state == "confirmed":
            return
        self._demand_pending(pending)
        demand_papers(by, council_reference, document)
        self.record(
            AmendmentConfirmed,
            amendment=amendment,
            by=by,
            council_reference=council_reference,
            document=document,
        )

    def refuse_amendment(self, amendment: str, *, reason: str) -> None:
        """Not recognise a pending amendment; once is enough."""
        pending = self._amendment(amendment)
        if pending.state == "refused":
            return
        self._demand_pending(pending)
        demand_reason(reason)
        self.record(AmendmentRefused, amendment=amendment, reason=reason)

    def give_notice(
        self,
        by: Party,
        *,
        reason: NoticeReason,
        given_on: date,
        today: date,
        detail: str = "",
        case: str | None = None,
        document: str | None = None,
    ) -> None:
        """End the convention; the day on which it takes effect is computed. A repeat is nothing.

        Refused on a day to come or outside the convention, for a last day gone by, while another notice stands, or
        for no reason. One that ends nothing before the term gives way to one that does.
        """
        self.demand_running()
        takes_effect_on = effect_of(reason, given_on, self.notice_months, self.term)
        given = Notice(
            by=by,
            reason=reason,
            detail=detail,
            given_on=given_on,
            takes_effect_on=takes_effect_on,
            case=case,
            document=document,
        )
        if self.notice == given:
            return
        if self.notice is not None and not takes_effect_on < self.notice.takes_effect_on == self.term:
            raise Refused(
                "notice-standing",
                f"Notice was given; the last day is {self.ends_on.isoformat()}.",
                ends_on=self.ends_on,
            )
        if given_on > today:
            raise Refused("given-later", "Notice is given today or was before.", path="$.given_on")
        first = max(self.signed_on, earliest(reason, today, self.notice_months))
        if not first <= given_on <= self.term:
            raise Refused(
                "notice-outside",
                f"From {first.isoformat()} to {self.term.isoformat()}.",
                path="$.given_on",
                first=first,
                last=self.term,
            )
        if reason == "OTHER":
            demand_reason(detail, "$.detail")
        self.record(NoticeGiven, **msgspec.structs.asdict(given))

    def withdraw_notice(self, by: Party, *, reason: str, today: date) -> None:
        """Take back one's own notice, before the day on which it takes effect."""
        self.demand_running()
        if self.notice is None:
            raise Refused("no-notice", "No notice stands.")
        if self.notice.by != by:
            raise Refused("notice-of-other", f"It was given by the {self.notice.by}.", by=self.notice.by)
        if today >= self.notice.takes_effect_on:
            raise Refused(
                "notice-in-effect",
                f"It takes effect on {self.notice.takes_effect_on.isoformat()}.",
                takes_effect_on=self.notice.takes_effect_on,
            )
        demand_reason(reason)
        self.record(NoticeWithdrawn, by=by, reason=reason)

    def reach_end(self, today: date) -> None:
        """Say that the last day is over. Nothing while it is not, once it was said, or before confirmation."""
        if self.confirmed and self.ended is None and today > self.ends_on:
            cause = "notice" if self.ends_on < self.term else "term"
            self.record(ConventionEnded, on=self.ends_on, cause=cause)

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        match event:
            case ConventionDeclared():
                self.insurer_name, self.communes = event.insurer_name, event.communes
                self.fictitious = event.fictitious
                self.terms = [first_version(event, event.terms)]
            case ConventionCorrected():
                self.state, self.refusal = "declared", None
                self.terms = [first_version(event, event.terms)]
            case ConventionRefused():
                self.state, self.refusal = "refused", event.reason
            case ConventionConfirmed():
                self.state, self.refusal = "confirmed", None
                self.confirmed_at = self.confirmed_at or event.timestamp
            case AmendmentDeclared() | AmendmentConfirmed() | AmendmentRefused():
                self._evolve_terms(event)
            case NoticeGiven():
                self.notice = Notice(**{name: getattr(event, name) for name in Notice.__struct_fields__})
            case NoticeWithdrawn():
                self.notice = None
            case ConventionEnded():
                self.ended = event.on

    def _evolve_terms(self, event: AmendmentDeclared | AmendmentConfirmed | AmendmentRefused) -> None:
        match event:
            case AmendmentDeclared():
                self.amendments = [*self.amendments, pending(event)]
            case AmendmentConfirmed():
                self._decided(event.amendment, "confirmed")
                self.terms = [*self.terms, *self._recognised(event)]
            case AmendmentRefused():
                self._decided(event.amendment, "refused")

    def _decided(self, amendment: str, state: Literal["confirmed", "refused"]) -> None:
        self.amendments = [
            msgspec.structs.replace(known, state=state) if known.id == amendment else known
            for known in self.amendments
        ]

    def _recognised(self, event: AmendmentConfirmed) -> list[TermsVersion]:
        return [
            TermsVersion(
                effective_on=known.effective_on,
                recorded_at=event.timestamp,
                terms=known.terms,
                nature=known.nature,
                amendment=known.id,
                number=known.number,
                corrects=known.corrects,
            )
            for known in self.amendments
            if known.id == event.amendment
        ]

    def _amendment(self, amendment: str) -> Amendment:
        for known in self.amendments:
            if known.id == amendment:
                return known
        raise Refused("amendment-unknown", f"No amendment is called {amendment}.")

    def _corrected(self, standing: Sequence[TermsVersion], number: int | None) -> TermsVersion:
        for version in standing:
            if version.number == (number or standing[-1].number):
                return version
        raise Refused(
            "correction-unknown",
            f"The terms that stand are said by the events {[version.number for version in standing]}.",
            path="$.corrects",
            number=standing[-1].number,
        )

    def _demand_pending(self, amendment: Amendment) -> None:
        self.demand_running()
        if amendment.state != "pending":
            raise Refused("amendment-decided", f"It was {amendment.state}.", state=amendment.state)

    def _demand_unconfirmed(self) -> None:
        if self.confirmed:
            raise Refused(
                "already-confirmed", "The town confirmed this convention; what is wrong in it is amended."
            )
