"""The case of a broken commitment: the insurer explains or corrects, the town accepts, disputes, gives notice.

Whose turn it is and until when follows from the convention's clocks; nobody types a deadline.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, ClassVar, Final, Literal, NamedTuple, Self

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.refusal import Refused
from domain.tariffs.evidence import CaseCell, Evidence
from domain.tariffs.statements import Unit

CaseState = Literal[
    "detected", "explained", "disputed", "formal_notice", "accepted", "corrected", "notice_given"
]
Broken = Literal["VIOLATION", "LEGAL_ALERT"]
Clock = Literal["explanation", "answer", "cure"]
Channel = Literal["registered_letter", "hand_delivery", "email", "other"]
Side = Literal["insurer", "town"]
Move = Literal["explanation", "dispute", "acceptance", "formal-notice", "notice"]

OPEN: Final = frozenset({"detected", "explained", "disputed", "formal_notice"})
"""The states in which somebody has something to do."""


class Waiting(NamedTuple):
    """Who has to act in a state, and by which clock."""

    side: Side
    clock: Clock


TURNS: Final[Mapping[str, Waiting]] = {
    "detected": Waiting("insurer", "explanation"),
    "explained": Waiting("town", "answer"),
    "disputed": Waiting("insurer", "explanation"),
    "formal_notice": Waiting("insurer", "cure"),
}
"""Whose turn it is in each open state; in a closed one nobody's."""


@event("case.opened")
class CaseOpened(Event, frozen=True, kw_only=True):
    """A commitment is broken, with its evidence: `cells` the largest excess first, figures in `unit`.

    `grid` is the first of its chain of corrections. The insurer explains or corrects by `explain_by`.
    """

    convention: str
    commitment: str
    article: str
    wording: str
    rule: str
    grid: str | None
    verdict: Broken
    unit: Unit
    cells: tuple[CaseCell, ...]
    from_on: date
    to_on: date | None
    cause_position: int | None
    explain_by: date


@event("case.revised")
class CaseRevised(Event, frozen=True, kw_only=True):
    """Still broken, in other cells, by another amount or on other days."""

    verdict: Broken
    unit: Unit
    cells: tuple[CaseCell, ...]
    from_on: date
    to_on: date | None
    cause_position: int | None


@event("case.corrected")
class CaseCorrected(Event, frozen=True, kw_only=True):
    """Nothing of it is broken any more, as judged on `on`; `grid` is the one that stands there instead."""

    on: date
    grid: str | None
    cause_position: int | None


@event("case.reopened")
class CaseReopened(Event, frozen=True, kw_only=True):
    """Broken again, or further than was accepted; the insurer explains or corrects by `explain_by`."""

    verdict: Broken
    unit: Unit
    cells: tuple[CaseCell, ...]
    from_on: date
    to_on: date | None
    cause_position: int | None
    explain_by: date


@event("case.explained")
class CaseExplained(Event, frozen=True, kw_only=True):
    """The insurer explains; the town answers by `answer_by`. `documents` are SHA-256 of filed documents."""

    text: str
    documents: tuple[str, ...]
    answer_by: date


@event("case.disputed")
class CaseDisputed(Event, frozen=True, kw_only=True):
    """The town disputes; the insurer explains (again) or corrects by `explain_by`."""

    text: str
    documents: tuple[str, ...]
    explain_by: date


@event("case.accepted")
class CaseAccepted(Event, frozen=True, kw_only=True):
    """The town accepts; `exemption` is the one it granted with it."""

    text: str
    documents: tuple[str, ...]
    exemption: str | None


@event("case.formal_notice_sent")
class FormalNoticeSent(Event, frozen=True, kw_only=True):
    """The town sent a formal notice (mise en demeure); `document` is the letter's SHA-256."""

    sent_on: date
    channel: Channel
    document: str
    cure_by: date


@event("case.notice_given")
class CaseNoticeGiven(Event, frozen=True, kw_only=True):
    """The town gave notice to end the convention because of this case."""

    takes_effect_on: date


@event("case.fell_due")
class CaseFellDue(Event, frozen=True, kw_only=True):
    """A deadline passed in silence."""

    clock: Clock
    due_on: date


class Case(Aggregate, kw_only=True):
    """One broken commitment of one convention, through one grid and its corrections."""

    kind: ClassVar[str] = "case"
    begins_with: ClassVar[type[Event]] = CaseOpened

    convention: str = ""
    commitment: str = ""
    rule: str = ""
    grid: str | None = None
    state: CaseState = "detected"
    verdict: Broken = "VIOLATION"
    unit: Unit = "euros"
    cells: tuple[CaseCell, ...] = ()
    from_on: date = date.min
    to_on: date | None = None
    due_on: date | None = None
    fallen: tuple[Clock, ...] = ()
    said: tuple[str, tuple[str, ...]] | None = None
    exemption: str | None = None

    @classmethod
    def open_for(
        cls,
        stream: str,
        evidence: Evidence,
        *,
        convention: str,
        article: str,
        wording: str,
        cause_position: int | None,
        explain_by: date,
    ) -> Self:
        """Open the case of what is broken."""
        return cls.begin(
            stream,
            convention=convention,
            commitment=evidence.commitment,
            article=article,
            wording=wording,
            rule=evidence.rule,
            grid=evidence.grid,
            explain_by=explain_by,
            **_facts(evidence, cause_position),
        )

    def follow_up(
        self, evidence: Evidence, *, on: date, again: bool, cause_position: int | None, explain_by: date
    ) -> None:
        """Still broken, or broken `again` after nothing was; nothing when it is so in the same way.

        It is reopened when it was healed, goes beyond what was accepted, or the exemption that settled it is over.
        """
        if self.state == "corrected" or (
            self.state == "accepted" and self._is_news(evidence, on, again=again)
        ):
            self.record(CaseReopened, explain_by=explain_by, **_facts(evidence, cause_position))
            return
        if self.state == "accepted" and self.exemption is not None:
            return  # what is exempted until a day will be broken after it: said on that day
        present = (self.verdict, self.unit, self.cells, self.from_on, self.to_on)
        if present != (evidence.verdict, evidence.unit, evidence.cells, evidence.from_on, evidence.to_on):
            self.record(CaseRevised, **_facts(evidence, cause_position))

    def _is_news(self, evidence: Evidence, on: date, *, again: bool) -> bool:
        over = self.exemption is not None and (again or evidence.from_on <= on)
        return over or evidence.graver_than(self.cells)

    def heal(self, *, on: date, grid: str | None, cause_position: int | None) -> None:
        """Nothing of it is broken any more. A closed case stays as it was closed."""
        if self.state in OPEN:
            self.record(CaseCorrected, on=on, grid=grid, cause_position=cause_position)

    def explain(self, *, text: str, documents: Sequence[str], answer_by: date) -> None:
        """The insurer explains. The same explanation again is nothing."""
        if self.state == "explained" and self.said == (text, tuple(documents)):
            return
        self._demand("explanation", "insurer")
        self.record(CaseExplained, text=text, documents=tuple(documents), answer_by=answer_by)

    def dispute(self, *, text: str, documents: Sequence[str], explain_by: date) -> None:
        """The town disputes. The same again is nothing."""
        if self.state == "disputed" and self.said == (text, tuple(documents)):
            return
        self._demand("dispute", "town")
        self.record(CaseDisputed, text=text, documents=tuple(documents), explain_by=explain_by)

    def accept(self, *, text: str, documents: Sequence[str], exemption: str | None) -> None:
        """The town accepts, with an exemption or without. The same again is nothing."""
        same = self.said == (text, tuple(documents)) and (exemption is None) == (self.exemption is None)
        if self.state == "accepted" and same:
            return
        self._demand("acceptance", "town")
        self.record(CaseAccepted, text=text, documents=tuple(documents), exemption=exemption)

    def send_formal_notice(
        self, *, sent_on: date, channel: Channel, document: str, cure_days: int, today: date
    ) -> None:
        """The town sent a formal notice. Refused for a day to come; the same letter again is nothing."""
        if self.state == "formal_notice" and self.said == (document, ()):
            return
        self._demand("formal-notice", "town")
        if sent_on > today:
            raise Refused("sent-later", "A letter is sent today or was before.", path="$.sent_on")
        cure_by = sent_on + timedelta(days=cure_days)
        self.record(FormalNoticeSent, sent_on=sent_on, channel=channel, document=document, cure_by=cure_by)

    def end_with(self, *, takes_effect_on: date, today: date) -> None:
        """The town gave notice because of it. Refused while the insurer's first days to explain run."""
        if self.state == "notice_given":
            return
        self._demand("notice", "town")
        if self.state == "detected" and self.due_on is not None and today <= self.due_on:
            raise Refused(
                "explanation-awaited",
                f"The insurer may explain until {self.due_on.isoformat()}; or dispute first.",
                due_on=self.due_on,
            )
        self.record(CaseNoticeGiven, takes_effect_on=takes_effect_on)

    def resume(self, *, explain_by: date) -> None:
        """The town took back the notice that it gave because of it, and it is broken still. Else nothing."""
        if self.state == "notice_given":
            facts = {"verdict": self.verdict, "unit": self.unit, "cells": self.cells}
            days = {"from_on": self.from_on, "to_on": self.to_on, "explain_by": explain_by}
            self.record(CaseReopened, **facts, **days, cause_position=None)

    def fall_silent(self, *, today: date) -> None:
        """Say that the present deadline passed, once; nothing while it runs or when nobody's turn it is."""
        waiting = TURNS.get(self.state)
        if waiting is None or self.due_on is None or self.due_on >= today or waiting.clock in self.fallen:
            return
        self.record(CaseFellDue, clock=waiting.clock, due_on=self.due_on)

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        match event:
            case CaseOpened():
                self.convention, self.commitment, self.rule = event.convention, event.commitment, event.rule
                self.grid = event.grid
                self._judged(event)
            case CaseReopened() | CaseRevised():
                self._judged(event)
            case CaseCorrected():
                self._enter("corrected", None)
            case CaseFellDue():
                self.fallen = (*self.fallen, event.clock)
            case _:
                self._moved(event)

    def _judged(self, event: CaseOpened | CaseReopened | CaseRevised) -> None:
        if not isinstance(event, CaseRevised):
            self._enter("detected", event.explain_by)
        self.verdict, self.unit, self.cells = event.verdict, event.unit, event.cells
        self.from_on, self.to_on = event.from_on, event.to_on

    def _moved(self, event: Event) -> None:
        match event:
            case CaseExplained():
                self._enter("explained", event.answer_by, (event.text, event.documents))
            case CaseDisputed():
                self._enter("disputed", event.explain_by, (event.text, event.documents))
            case CaseAccepted():
                self._enter("accepted", None, (event.text, event.documents))
                self.exemption = event.exemption
            case FormalNoticeSent():
                self._enter("formal_notice", event.cure_by, (event.document, ()))
            case CaseNoticeGiven():
                self._enter("notice_given", None)

    def _enter(
        self, state: CaseState, due_on: date | None, said: tuple[str, tuple[str, ...]] | None = None
    ) -> None:
        self.state, self.due_on, self.fallen, self.said = state, due_on, (), said
        self.exemption = None

    def _demand(self, move: Move, side: Side) -> None:
        if move not in moves(self.state, side):
            raise Refused("case-elsewhere", f"A case that is {self.state} takes no {move}.", state=self.state)


def moves(state: str, side: Side) -> tuple[Move, ...]:
    """What a side may do in a state of a case."""
    if state not in OPEN:
        return ()
    if side == "insurer":
        return ("explanation",) if state in {"detected", "disputed"} else ()
    disputing: tuple[Move, ...] = ("dispute",) if state in {"detected", "explained"} else ()
    noticing: tuple[Move, ...] = () if state == "formal_notice" else ("formal-notice",)
    return ("acceptance", *disputing, *noticing, "notice")


def _facts(evidence: Evidence, cause_position: int | None) -> dict[str, Any]:
    return {
        "verdict": evidence.verdict,
        "unit": evidence.unit,
        "cells": evidence.cells,
        "from_on": evidence.from_on,
        "to_on": evidence.to_on,
        "cause_position": cause_position,
    }
