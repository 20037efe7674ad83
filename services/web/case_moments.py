"""Who must act in a case, and by when: what is done, what runs, and what comes if nobody does anything."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec

from projections.compliance.case_queries import CaseRow, StepRow
from projections.oversight.queries import ConventionRow
from services.web.case_words import left, step_words
from services.web.typography import count, day

_SHOWN: Final = 6
"""How many past steps are listed here; all are in the case's history."""


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the procedure. `running` has a clock; `later` is not there yet."""

    words: str
    when: str
    tone: str | None = None
    running: bool = False
    later: bool = False


def moments(
    case: CaseRow, steps: Sequence[StepRow], convention: ConventionRow, insurer: str, today: date
) -> list[Moment]:
    """The steps done, the clock that runs, and what follows."""
    return [
        *_done(case, steps, insurer),
        *_running(case, insurer, today),
        *_to_come(case, convention, insurer, today),
    ]


def _done(case: CaseRow, steps: Sequence[StepRow], insurer: str) -> list[Moment]:
    shown = [step for step in steps if step.step != "revised"]
    if len(shown) > _SHOWN:
        shown = [shown[0], *shown[1 - _SHOWN :]]
    return [
        Moment(
            words=step_words(step, insurer, case.unit).words,
            when=f"{day(step.recorded_at)}"
            + (", ville et organisme avertis" if step.step in {"opened", "reopened"} else ""),
            tone="broken" if step.step == "fell_due" else "kept",
        )
        for step in shown
    ]


def _running(case: CaseRow, insurer: str, today: date) -> list[Moment]:
    if case.due_on is None:
        return []
    words = {
        "detected": f"{insurer} doit expliquer ou corriger",
        "explained": "La ville accepte ou conteste",
        "disputed": f"{insurer} doit expliquer à nouveau ou corriger",
        "formal_notice": f"{insurer} doit corriger",
    }[case.state]
    return [Moment(words=words, when=left(case.due_on, today), tone="broken", running=True)]


def _to_come(case: CaseRow, convention: ConventionRow, insurer: str, today: date) -> list[Moment]:
    found = []
    if case.state in {"detected", "disputed"}:
        days = count(convention.clocks.answer_days, "jour")
        found.append(
            Moment(words="La ville accepte ou conteste", when=f"{days} après l’explication", later=True)
        )
    if case.turn is not None and case.from_on > today and case.grid is not None:
        found.append(
            Moment(words="Nouveau tarif appliqué", when=f"{day(case.from_on)}, si rien ne change", later=True)
        )
    if case.state == "notice_given" and case.takes_effect_on is not None and case.takes_effect_on >= today:
        last = f"{day(case.takes_effect_on)} ; les contrats des adhérents continuent"
        found.append(Moment(words=f"Dernier jour de la convention avec {insurer}", when=last, later=True))
    return found
