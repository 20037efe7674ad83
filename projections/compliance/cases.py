"""Cases as rows: where each stands, whose turn it is and until when; and every step that led there."""

from typing import Any, Final

from domain.events import Event
from domain.tariffs.case import (
    TURNS,
    CaseAccepted,
    CaseCorrected,
    CaseDisputed,
    CaseExplained,
    CaseFellDue,
    CaseNoticeGiven,
    CaseOpened,
    CaseReopened,
    CaseRevised,
    FormalNoticeSent,
)
from projections.engine import table as t
from projections.engine.changes import Changes
from projections.engine.table import Table
from projections.engine.view import Recorded

CASE_FILE: Final = Table(
    "case_file",
    {
        "id": t.TEXT, "convention": t.TEXT, "commitment": t.TEXT, "article": t.TEXT, "wording": t.TEXT,
        "rule": t.TEXT, "grid": t.TEXT, "verdict": t.TEXT, "unit": t.TEXT, "cells": t.JSON,
        "cell_count": t.INTEGER, "excess": t.TEXT, "excess_percent": t.TEXT, "from_on": t.DATE, "to_on": t.DATE,
        "cause_position": t.BIGINT, "state": t.TEXT, "turn": t.TEXT, "clock": t.TEXT, "due_on": t.DATE,
        "fell_due_on": t.DATE, "opened_at": t.INSTANT, "changed_at": t.INSTANT, "exemption": t.TEXT,
        "corrected_on": t.DATE, "corrected_by": t.TEXT, "formal_notice_on": t.DATE,
        "formal_notice_channel": t.TEXT, "formal_notice_document": t.TEXT, "takes_effect_on": t.DATE,
        "version": t.INTEGER, "position": t.BIGINT, "last_position": t.BIGINT,
    },
    key=("id",),
    readers=("organisation", "place"),
    indexes=(("owner", "due_on", "id"), ("tenant", "owner", "convention"), ("turn", "due_on")),
)  # fmt: skip
CASE_STEP: Final = Table(
    "case_step",
    {
        "case_file": t.TEXT, "step": t.TEXT, "by_side": t.TEXT, "recorded_at": t.INSTANT, "text": t.TEXT,
        "documents": t.JSON, "facts": t.JSON, "position": t.BIGINT,
    },
    key=("case_file", "position"),
    readers=("organisation", "place"),
)  # fmt: skip


def opened(fact: Recorded[CaseOpened], rows: Changes) -> None:
    """A commitment is broken."""
    event = fact.event
    rows.insert(
        CASE_FILE,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "id": fact.key,
            "convention": event.convention,
            "commitment": event.commitment,
            "article": event.article,
            "wording": event.wording,
            "rule": event.rule,
            "grid": event.grid,
            **_evidence(event),
            **_turn("detected", event.explain_by),
            "opened_at": fact.recorded_at,
            "changed_at": fact.recorded_at,
            "exemption": None,
            "corrected_on": None,
            "corrected_by": None,
            "formal_notice_on": None,
            "formal_notice_channel": None,
            "formal_notice_document": None,
            "takes_effect_on": None,
            "version": fact.event.originator_version,
            "position": fact.position,
            "last_position": fact.position,
        },
    )
    _step(fact, rows, "opened", "judge", explain_by=event.explain_by)


def revised(fact: Recorded[CaseRevised], rows: Changes) -> None:
    """Still broken, otherwise."""
    _set(fact, rows, **_evidence(fact.event))
    _step(fact, rows, "revised", "judge", excess=_evidence(fact.event)["excess"])


def reopened(fact: Recorded[CaseReopened], rows: Changes) -> None:
    """Broken again."""
    event = fact.event
    _set(
        fact,
        rows,
        **_evidence(event),
        **_turn("detected", event.explain_by),
        exemption=None,
        corrected_on=None,
        corrected_by=None,
    )
    _step(fact, rows, "reopened", "judge", explain_by=event.explain_by)


def corrected(fact: Recorded[CaseCorrected], rows: Changes) -> None:
    """Nothing of it is broken any more."""
    event = fact.event
    _set(fact, rows, **_turn("corrected", None), corrected_on=event.on, corrected_by=event.grid)
    _step(fact, rows, "corrected", "judge", on=event.on, grid=event.grid)


def explained(fact: Recorded[CaseExplained], rows: Changes) -> None:
    """The insurer explained."""
    event = fact.event
    _set(fact, rows, **_turn("explained", event.answer_by))
    _step(fact, rows, "explained", "insurer", event.text, event.documents, answer_by=event.answer_by)


def disputed(fact: Recorded[CaseDisputed], rows: Changes) -> None:
    """The town disputed."""
    event = fact.event
    _set(fact, rows, **_turn("disputed", event.explain_by))
    _step(fact, rows, "disputed", "town", event.text, event.documents, explain_by=event.explain_by)


def accepted(fact: Recorded[CaseAccepted], rows: Changes) -> None:
    """The town accepted."""
    event = fact.event
    _set(fact, rows, **_turn("accepted", None), exemption=event.exemption)
    _step(fact, rows, "accepted", "town", event.text, event.documents, exemption=event.exemption)


def formal_notice_sent(fact: Recorded[FormalNoticeSent], rows: Changes) -> None:
    """The town sent a formal notice."""
    event = fact.event
    _set(
        fact,
        rows,
        **_turn("formal_notice", event.cure_by),
        formal_notice_on=event.sent_on,
        formal_notice_channel=event.channel,
        formal_notice_document=event.document,
    )
    facts = {"sent_on": event.sent_on, "channel": event.channel, "cure_by": event.cure_by}
    _step(fact, rows, "formal_notice_sent", "town", None, (event.document,), **facts)


def notice_given(fact: Recorded[CaseNoticeGiven], rows: Changes) -> None:
    """The town ended the convention because of it."""
    event = fact.event
    _set(fact, rows, **_turn("notice_given", None), takes_effect_on=event.takes_effect_on)
    _step(fact, rows, "notice_given", "town", takes_effect_on=event.takes_effect_on)


def fell_due(fact: Recorded[CaseFellDue], rows: Changes) -> None:
    """A deadline passed in silence; it is still the same side's turn."""
    event = fact.event
    _set(fact, rows, fell_due_on=event.due_on)
    _step(fact, rows, "fell_due", "calendar", clock=event.clock, due_on=event.due_on)


def _evidence(event: CaseOpened | CaseRevised | CaseReopened) -> dict[str, Any]:
    dearest = event.cells[0] if event.cells else None
    return {
        "verdict": event.verdict,
        "unit": event.unit,
        "cells": t.json_text(event.cells),
        "cell_count": len(event.cells),
        "excess": dearest.excess if dearest else None,
        "excess_percent": dearest.excess_percent if dearest else None,
        "from_on": event.from_on,
        "to_on": event.to_on,
        "cause_position": event.cause_position,
    }


def _turn(state: str, due_on: object) -> dict[str, Any]:
    waiting = TURNS.get(state)
    return {
        "state": state,
        "turn": waiting.side if waiting else None,
        "clock": waiting.clock if waiting else None,
        "due_on": due_on,
        "fell_due_on": None,
    }


def _set(fact: Recorded[Any], rows: Changes, **columns: Any) -> None:
    rows.set(
        CASE_FILE,
        (fact.tenant, fact.owner, fact.key),
        changed_at=fact.recorded_at,
        version=fact.event.originator_version,
        last_position=fact.position,
        **columns,
    )


def _step(
    fact: Recorded[Any],
    rows: Changes,
    step: str,
    side: str,
    text: str | None = None,
    documents: tuple[str, ...] = (),
    **facts: object,
) -> None:
    event: Event = fact.event
    cause = getattr(event, "cause_position", None)
    rows.insert(
        CASE_STEP,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "case_file": fact.key,
            "step": step,
            "by_side": side,
            "recorded_at": fact.recorded_at,
            "text": text,
            "documents": t.json_text(documents),
            "facts": t.json_text({**facts, **({"cause_position": cause} if cause is not None else {})}),
            "position": fact.position,
        },
    )
