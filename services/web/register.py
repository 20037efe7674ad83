"""The register of commitments of both sides: where each stands, as its case and exemptions qualify what was judged.

Pure: a `Partner` and rows of views in, one `Entry` a commitment out.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final, Literal

import msgspec

from domain.partnerships.terms import Party
from projections.compliance.case_queries import CaseRow
from projections.oversight.queries import ConventionRow
from projections.tariffs.queries import ExemptionRow
from services.web.partnership import Partner
from services.web.standing import PROMISE, Standing
from services.web.typography import day

EntryState = Literal["broken", "disputed", "undecidable", "exempted", "kept", "none"]

WORST_FIRST: Final[Sequence[EntryState]] = ("broken", "disputed", "undecidable", "exempted", "kept", "none")

WORDS: Final = {
    "broken": "Rompu",
    "disputed": "Contesté",
    "undecidable": "Sans verdict",
    "exempted": "Dérogation",
    "kept": "Tenu",
    "none": "Sans objet",
}
TOGETHER: Final = "À constater ensemble"
"""The word for a promise that no machine judges."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the register. `case` is the one to open, `exemption` the id of what lets it pass, if anything does.

    `verified` is whether a machine judges it; `siren` and `convention` say where it was promised.
    """

    siren: str
    insurer: str
    convention: str
    id: str
    article: str
    title: str
    wording: str
    state: EntryState
    word: str
    evidence: str
    by: Party = "insurer"
    verified: bool = True
    case: str | None = None
    exemption: str | None = None

    @property
    def is_office_hours(self) -> bool:
        """Whether it is the promise of office hours."""
        return self.id == PROMISE

    @property
    def anchor(self) -> str:
        """The id of its line on a page."""
        return f"e{self.siren}-{self.id}"


def entries(partner: Partner, cases: Sequence[CaseRow], exemptions: Sequence[ExemptionRow]) -> list[Entry]:
    """What both sides promised in a convention, the worst first, else in its own order."""
    mine = [row for row in cases if _of(row.owner, row.convention, partner)]
    granted = [
        row
        for row in exemptions
        if _of(row.owner, row.convention, partner) and row.state == "granted" and row.granted is not None
    ]
    found = [_entry(partner, standing, mine, granted) for standing in partner.standings]
    if partner.open:
        found += promised(partner.convention, partner.siren)
    return by_urgency(found)


def by_urgency(every: Sequence[Entry]) -> list[Entry]:
    """The worst first, else as they stand."""
    return sorted(every, key=lambda entry: WORST_FIRST.index(entry.state))


def promised(convention: ConventionRow, siren: str) -> list[Entry]:
    """What either side promised and no machine judges."""
    return [
        Entry(
            siren=siren,
            insurer=convention.insurer_name,
            convention=convention.id,
            id=f"promesse-{each.id}",
            article=each.article,
            title=each.wording,
            wording=each.wording,
            state="none",
            word=TOGETHER,
            evidence=f"promis depuis le {day(convention.starts_on)}",
            by=each.by,
            verified=False,
        )
        for each in convention.promises
    ]


def _of(owner: str, convention: str, partner: Partner) -> bool:
    return (owner, convention) == (partner.owner, partner.convention.id)


def _entry(
    partner: Partner, standing: Standing, cases: Sequence[CaseRow], granted: Sequence[ExemptionRow]
) -> Entry:
    case = case_of(cases, standing.id)
    exemption = next((row for row in granted if row.granted and standing.id in row.granted.commitments), None)
    state: EntryState = standing.state
    word, evidence = standing.word or WORDS[state], standing.evidence
    if state == "broken" and case is not None:
        state, word, evidence = _in_case(case, word, evidence)
    elif state == "exempted" and exemption is not None:
        evidence = granted_words(exemption)
    elif state == "kept" and case is not None and case.corrected_on is not None:
        evidence = f"corrigé le {day(case.corrected_on)}"
    return Entry(
        siren=partner.siren,
        insurer=partner.name,
        convention=partner.convention.id,
        id=standing.id,
        article=standing.article,
        title=standing.title,
        wording=standing.wording,
        state=state,
        word=word,
        evidence=evidence,
        case=case.id if case else None,
        exemption=exemption.id if exemption else None,
        verified=standing.id != PROMISE,
    )


def _in_case(case: CaseRow, word: str, evidence: str) -> tuple[EntryState, str, str]:
    """What the case adds to a broken commitment: who disputes, who accepted, what is due."""
    due = day(case.due_on) if case.due_on else ""
    match case.state:
        case "detected":
            return "broken", word, f"{evidence}, explication due le {due}"
        case "explained":
            return "broken", word, f"{evidence}, expliqué, réponse de la ville due le {due}"
        case "disputed":
            said = f"contesté le {day(case.changed_at)}, explication due le {due}"
            return "disputed", WORDS["disputed"], said
        case "formal_notice":
            return "broken", word, f"{evidence}, mise en demeure, correction due le {due}"
        case "accepted":
            return "exempted", "Accepté", f"dépassement accepté par la ville le {day(case.changed_at)}"
        case "notice_given" if case.takes_effect_on is not None:
            return "broken", word, f"{evidence}, résiliation au {day(case.takes_effect_on)}"
    return "broken", word, evidence


def case_of(cases: Sequence[CaseRow], commitment: str) -> CaseRow | None:
    """The case to open for a commitment: an open one due first, else the last that changed."""
    mine = [row for row in cases if row.commitment == commitment]
    open_ = [row for row in mine if row.open]
    if open_:
        return min(open_, key=lambda row: (row.due_on or date.max, row.id))
    return max(mine, key=lambda row: row.last_position, default=None)


def granted_words(row: ExemptionRow) -> str:
    """Who decided an exemption, when, and until when it lasts."""
    said = f"accordée le {day(row.decided_on)}" if row.decided_on else "accordée"
    said += f" par : {row.decided_by}" if row.decided_by else ""
    said += f" ({row.council_reference})" if row.council_reference else ""
    if row.granted is not None and row.granted.valid_to is not None:
        said += f", jusqu’au {day(row.granted.valid_to)}"
    return said
