"""A commitment on a day as known at an instant: the register's line, and what is said of each cell.

Pure: what `compliance_at` and `history_of` found goes in, words come out.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Final

import msgspec

from domain.money import format_decimal
from domain.tariffs.statements import Statement, Word, worst
from projections.oversight.queries import ConventionRow
from services.compliance import Compliance, Said, StateOnDay
from services.web.clauses import title
from services.web.figures import figure, subject
from services.web.register import WORDS, Entry, EntryState, by_urgency
from services.web.standing import STATES
from services.web.typography import count, day, fr

CAUSES: Final[Mapping[str, str]] = {
    "convention.confirmed": "La convention est confirmée",
    "amendment.confirmed": "Un avenant est confirmé",
    "grid.notified": "Une grille est notifiée",
    "reference_grid.deposited": "Un tarif de référence est déposé",
    "index.applied": "Un indice est publié",
    "exemption.granted": "Une dérogation est accordée",
    "exemption.revoked": "Une dérogation est révoquée",
    "headcount.taken": "Les effectifs sont arrêtés",
    "convention.ended": "La convention prend fin",
    "calendar": "Le jour change ce qui s’applique",
}
"""What led to a judgement, by its topic."""


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One finding, written out. `margin` is the excess of a broken limit, or what is left below a kept one."""

    name: str
    grid: str | None
    state: EntryState
    word: str
    anchor: str | None
    limit: str | None
    observed: str | None
    margin: str | None
    days: str
    reason: str


class Telling(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of a commitment from one instant to another, and what led to it."""

    known_from: datetime
    known_to: datetime | None
    state: EntryState
    word: str
    counts: str
    why: str
    cause: str
    entry: int
    cause_entry: int | None
    version: int


def state_of(verdict: Word) -> tuple[EntryState, str]:
    """The state of the design and its word for a verdict."""
    state: EntryState = STATES[verdict]
    return state, "Alerte légale" if verdict == "LEGAL_ALERT" else WORDS[state]


def entries_on(found: Compliance, convention: ConventionRow, siren: str, on: date) -> list[Entry]:
    """The commitments of a convention on a day, the worst first."""
    clauses = {clause["id"]: clause for clause in convention.commitments}
    lines = []
    for each in found.commitments:
        clause = clauses.get(each.commitment)
        if clause is None:
            continue
        state, word = state_of(each.verdict)
        lines.append(
            Entry(
                siren=siren,
                insurer=convention.insurer_name,
                convention=convention.id,
                id=each.commitment,
                article=clause["article"],
                title=title(clause),
                wording=clause["wording"],
                state=state,
                word=word,
                evidence=_evidence(each, on),
            )
        )
    return by_urgency(lines)


def _evidence(each: StateOnDay, on: date) -> str:
    said = f"du {day(each.from_on)}" if each.from_on and each.to_on else ""
    if each.from_on is not None:
        said = (
            f"du {day(each.from_on)} au {day(each.to_on)}" if each.to_on else f"depuis le {day(each.from_on)}"
        )
    if each.verdict in {"INDETERMINATE", "NOT_APPLICABLE"} and each.reason:
        said = _lower(each.reason)
    if (
        each.announced in {"VIOLATION", "LEGAL_ALERT"}
        and each.announced_from
        and each.announced != each.verdict
    ):
        said += f"{', ' if said else ''}rompu à partir du {day(each.announced_from)}"
    return said or f"rien à vérifier au {day(on)}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].removesuffix(".")


def judged(findings: Sequence[Statement], commitment: str) -> list[Judged]:
    """What is said of each cell of a commitment, the worst first."""
    order = list(WORDS)
    return sorted(
        (_judged(each) for each in findings if each.commitment == commitment),
        key=lambda line: order.index(line.state),
    )


def _judged(each: Statement) -> Judged:
    state, word = state_of(each.verdict)
    days = f"du {day(each.from_on)} au {day(each.to_on)}" if each.to_on else f"depuis le {day(each.from_on)}"
    return Judged(
        name=subject(each),
        grid=each.grid,
        state=state,
        word=word,
        anchor=figure(each.anchor, each.unit),
        limit=figure(each.limit, each.unit),
        observed=figure(each.observed, each.unit),
        margin=_margin(each),
        days=days,
        reason=each.reason,
    )


def _margin(each: Statement) -> str | None:
    if each.excess is not None and not each.excess.startswith("-") and Fraction(each.excess) > 0:
        return f"{figure(each.excess, each.unit)} de trop"
    if each.unit in {"euros", "percent"} and each.limit is not None and each.observed is not None:
        room = Fraction(each.limit) - Fraction(each.observed)
        return f"{figure(format_decimal(room), each.unit)} de marge" if room > 0 else "au plafond"
    return None


def tellings(said: Sequence[Said]) -> list[Telling]:
    """The history of what was said of a commitment, the last first."""
    return [_telling(each) for each in reversed(said)]


def _telling(each: Said) -> Telling:
    verdict = worst(finding.verdict for finding in each.findings)
    state, word = state_of(verdict)
    counts = dict.fromkeys(WORDS, 0)
    for finding in each.findings:
        counts[STATES[finding.verdict]] += 1
    speaking = next((finding for finding in each.findings if finding.verdict == verdict), None)
    return Telling(
        known_from=each.known_from,
        known_to=each.known_to,
        state=state,
        word=word,
        counts=fr(
            ", ".join(
                f"{count(number, 'constat')} « {WORDS[name].lower()} »"
                for name, number in counts.items()
                if number
            )
        ),
        why=speaking.reason if speaking else "Rien n’était à vérifier.",
        cause=CAUSES.get(each.cause.removesuffix(":v1").split(".v")[0], each.cause),
        entry=each.position,
        cause_entry=each.cause_position,
        version=each.assess_version,
    )
