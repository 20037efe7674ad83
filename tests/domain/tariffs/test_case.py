"""A case: who may do what in each state, the clocks, and what the judge makes of it."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from domain.tariffs.case import (
    OPEN,
    TURNS,
    Case,
    CaseAccepted,
    CaseCorrected,
    CaseDisputed,
    CaseExplained,
    CaseFellDue,
    CaseNoticeGiven,
    CaseReopened,
    CaseRevised,
    FormalNoticeSent,
    moves,
)
from domain.tariffs.evidence import Evidence
from tests.support.case_samples import CELL, DOCUMENT, OPENED, SMALLER
from tests.support.cases import STREAM, given

TODAY = date(2025, 11, 10)
BY = date(2025, 12, 1)
EVIDENCE = Evidence(
    commitment="cap",
    rule="ANNUAL_CAP_FIXED",
    grid="2026",
    grids=frozenset({"2026"}),
    verdict="VIOLATION",
    unit="euros",
    cells=OPENED.cells,
    from_on=OPENED.from_on,
    to_on=OPENED.to_on,
    reason="…",
)
EXPLAINED = CaseExplained(text="Taxe.", documents=(DOCUMENT,), answer_by=BY)
DISPUTED = CaseDisputed(text="Non.", documents=(), explain_by=BY)
ACCEPTED = CaseAccepted(text="Oui.", documents=(), exemption=None)
EXEMPTED = CaseAccepted(text="Oui.", documents=(), exemption="x1")
SENT = FormalNoticeSent(sent_on=TODAY, channel="email", document=DOCUMENT, cure_by=date(2025, 12, 10))
HEALED = CaseCorrected(on=TODAY, grid="2026-b", cause_position=9)
ENDED = CaseNoticeGiven(takes_effect_on=date(2026, 6, 1))
SILENT = CaseFellDue(clock="explanation", due_on=OPENED.explain_by)


def followed(evidence: Evidence = EVIDENCE, *, on: date = TODAY, again: bool = False) -> Any:
    return lambda case: case.follow_up(evidence, on=on, again=again, cause_position=9, explain_by=BY)


def evidence_of(event: Any) -> dict[str, Any]:
    names = ("verdict", "unit", "cells", "from_on", "to_on")
    return {name: getattr(event, name) for name in names}


def test_a_case_opens_with_its_evidence() -> None:
    given().when(
        lambda _: Case.open_for(
            STREAM, EVIDENCE, convention="c1", article=OPENED.article, wording=OPENED.wording, cause_position=1234,
            explain_by=OPENED.explain_by,
        )
    ).then(OPENED)  # fmt: skip


@pytest.mark.parametrize(
    ("happened", "insurer", "town"),
    [
        ((), "explanation", "acceptance dispute formal-notice notice"),
        ((EXPLAINED,), "", "acceptance dispute formal-notice notice"),
        ((DISPUTED,), "explanation", "acceptance formal-notice notice"),
        ((SENT,), "", "acceptance notice"),
        ((ACCEPTED,), "", ""),
        ((HEALED,), "", ""),
        ((DISPUTED, ENDED), "", ""),
    ],
)
def test_each_side_may_do_what_the_state_lets_it(happened: Any, insurer: str, town: str) -> None:
    def look(case: Case) -> None:
        assert moves(case.state, "insurer") == tuple(insurer.split())
        assert moves(case.state, "town") == tuple(town.split())
        assert (case.state in OPEN) == (case.state in TURNS) == bool(insurer or town)

    given(OPENED, *happened).when(look).then_nothing()


def test_an_explanation_is_answered_by_the_day_it_says() -> None:
    given(OPENED).when(lambda c: c.explain(text="Taxe.", documents=[DOCUMENT], answer_by=BY)).then(EXPLAINED)
    given(OPENED, DISPUTED).when(lambda c: c.explain(text="Taxe.", documents=[DOCUMENT], answer_by=BY)).then(
        EXPLAINED
    )
    given(OPENED, EXPLAINED).when(
        lambda c: c.explain(text="Taxe.", documents=[DOCUMENT], answer_by=TODAY)
    ).then_nothing()
    given(OPENED, SENT).when(lambda c: c.explain(text="Taxe.", documents=[], answer_by=BY)).then_refused(
        "case-elsewhere"
    )


def test_a_dispute_gives_the_turn_back() -> None:
    given(OPENED, EXPLAINED).when(lambda c: c.dispute(text="Non.", documents=[], explain_by=BY)).then(
        DISPUTED
    )
    given(OPENED, DISPUTED).when(lambda c: c.dispute(text="Non.", documents=[], explain_by=BY)).then_nothing()
    given(OPENED, DISPUTED).when(
        lambda c: c.dispute(text="Toujours non.", documents=[], explain_by=BY)
    ).then_refused("case-elsewhere")


def test_an_acceptance_closes_with_an_exemption_or_without() -> None:
    given(OPENED).when(lambda c: c.accept(text="Oui.", documents=[], exemption=None)).then(ACCEPTED)
    given(OPENED, SENT).when(lambda c: c.accept(text="Oui.", documents=[], exemption="x1")).then(EXEMPTED)
    given(OPENED, EXEMPTED).when(lambda c: c.accept(text="Oui.", documents=[], exemption="x2")).then_nothing()
    given(OPENED, HEALED).when(lambda c: c.accept(text="Oui.", documents=[], exemption=None)).then_refused(
        "case-elsewhere"
    )


def sending(sent_on: date = TODAY, document: str = DOCUMENT) -> Any:
    return lambda case: case.send_formal_notice(
        sent_on=sent_on, channel="email", document=document, cure_days=30, today=TODAY
    )


def test_the_days_to_cure_run_from_the_day_of_sending() -> None:
    given(OPENED).when(sending()).then(SENT)
    given(OPENED, SENT).when(sending()).then_nothing()
    given(OPENED, SENT).when(sending(document="ab" * 32)).then_refused("case-elsewhere")
    given(OPENED).when(sending(date(2025, 11, 11))).then_refused("sent-later", "$.sent_on")


def ending(today: date) -> Any:
    return lambda case: case.end_with(takes_effect_on=ENDED.takes_effect_on, today=today)


def test_notice_waits_for_the_first_days_to_explain_unless_the_town_disputed() -> None:
    given(OPENED).when(ending(OPENED.explain_by)).then_refused("explanation-awaited")
    given(OPENED).when(ending(date(2025, 11, 16))).then(ENDED)
    given(OPENED, DISPUTED).when(ending(TODAY)).then(ENDED)
    given(OPENED, DISPUTED, ENDED).when(ending(TODAY)).then_nothing()
    given(OPENED, ACCEPTED).when(ending(TODAY)).then_refused("case-elsewhere")


def silent(today: date) -> Any:
    return lambda case: case.fall_silent(today=today)


def test_each_clock_is_said_once_and_begins_anew_with_the_next_state() -> None:
    given(OPENED).when(silent(OPENED.explain_by)).then_nothing()
    given(OPENED).when(silent(date(2025, 11, 16))).then(SILENT)
    given(OPENED, SILENT).when(silent(date(2025, 11, 20))).then_nothing()
    given(OPENED, SILENT, EXPLAINED).when(silent(date(2025, 12, 2))).then(
        CaseFellDue(clock="answer", due_on=BY)
    )
    given(OPENED, SENT).when(silent(date(2025, 12, 11))).then(CaseFellDue(clock="cure", due_on=SENT.cure_by))
    given(OPENED, ACCEPTED).when(silent(date(2027, 1, 1))).then_nothing()


def test_the_same_evidence_again_is_nothing() -> None:
    given(OPENED).when(followed()).then_nothing()
    given(OPENED, SENT).when(followed()).then_nothing()
    given(OPENED, ACCEPTED).when(followed()).then_nothing()
    given(OPENED, DISPUTED, ENDED).when(followed()).then_nothing()


def test_other_evidence_revises_the_case_and_leaves_its_clock() -> None:
    less = replace(EVIDENCE, cells=(SMALLER,), to_on=None)
    revised = CaseRevised(**{**evidence_of(OPENED), "cells": (SMALLER,), "to_on": None}, cause_position=9)
    given(OPENED).when(followed(less)).then(revised)
    given(OPENED, ACCEPTED).when(followed(less)).then(revised)


def test_what_was_healed_and_is_broken_again_reopens() -> None:
    reopened = CaseReopened(**evidence_of(OPENED), cause_position=9, explain_by=BY)
    given(OPENED, HEALED).when(followed(again=True)).then(reopened)


def test_what_goes_beyond_an_acceptance_reopens() -> None:
    worse = replace(EVIDENCE, cells=(replace(CELL, excess="0.52"), SMALLER))
    reopened = CaseReopened(**{**evidence_of(OPENED), "cells": worse.cells}, cause_position=9, explain_by=BY)
    given(OPENED, ACCEPTED).when(followed(worse)).then(reopened)


def test_an_exemption_that_settled_a_case_is_over_when_it_is_revoked_or_its_end_has_come() -> None:
    later = replace(EVIDENCE, from_on=date(2026, 7, 1))
    reopened = CaseReopened(
        **{**evidence_of(OPENED), "from_on": later.from_on}, cause_position=9, explain_by=BY
    )
    given(OPENED, EXEMPTED).when(followed(later)).then_nothing()
    given(OPENED, EXEMPTED).when(followed(later, on=date(2026, 7, 1))).then(reopened)
    given(OPENED, EXEMPTED).when(followed(later, again=True)).then(reopened)


def healed(case: Case) -> None:
    case.heal(on=TODAY, grid="2026-b", cause_position=9)


def test_what_is_healed_is_corrected_and_a_closed_case_stays_as_it_was_closed() -> None:
    given(OPENED, SENT).when(healed).then(HEALED)
    for closed in ((ACCEPTED,), (HEALED,), (DISPUTED, ENDED)):
        given(OPENED, *closed).when(healed).then_nothing()
