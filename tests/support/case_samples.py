"""One of every event of judgements and cases, every optional field filled in."""

from datetime import UTC, date, datetime
from typing import Final

from domain.events import Event
from domain.tariffs.breach import VerdictRevised
from domain.tariffs.case import (
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
from domain.tariffs.evidence import CaseCell
from domain.tariffs.judgement import CommitmentState, TariffJudged
from domain.tariffs.statements import BrokenCell

DOCUMENT: Final = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
BREACH_KEY: Final = "27d1f60b0670c0d2b047d68d327bb71c"

CELL: Final = CaseCell(
    cell=BrokenCell(formula="N1", category="general", role="adult", age_from=50, age_to=64),
    subject=None,
    before="48.76",
    anchor="47.80",
    limit="49.23",
    observed="49.74",
    excess="0.51",
    excess_percent="1.04",
    breach=BREACH_KEY,
)
SMALLER: Final = CaseCell(
    cell=BrokenCell(formula="N1", category="general", role="adult", age_from=65, age_to=None),
    subject=None,
    before="75.80",
    anchor="75.80",
    limit="78.07",
    observed="78.08",
    excess="0.01",
    excess_percent="0.01",
    breach="d2434b835c07eb9f38b5a89cf1dc47c1",
)
STATE: Final = CommitmentState(
    commitment="cap",
    rule="ANNUAL_CAP_FIXED",
    verdict="VIOLATION",
    from_on=date(2026, 1, 1),
    known_since=datetime(2025, 10, 31, 9, 30, tzinfo=UTC),
    kept=88,
    broken=2,
    exempted=0,
    undecidable=0,
    not_applicable=90,
    reason="49,74 € au lieu de 49,23 € au plus",
)
JUDGED: Final = TariffJudged(
    cause="grid.notified",
    cause_position=1234,
    as_known_at=datetime(2025, 10, 31, 9, 30, tzinfo=UTC),
    on=date(2025, 10, 31),
    assess_version=2,
    findings=DOCUMENT,
    document=DOCUMENT,
    commitments=(STATE,),
    broken=(BREACH_KEY,),
    next_on=date(2026, 1, 1),
)
REVISED: Final = VerdictRevised(
    verdict="EXEMPTED",
    from_on=date(2026, 3, 10),
    to_on=date(2026, 12, 31),
    unit="euros",
    anchor="47.80",
    limit="50.13",
    observed="49.74",
    excess="0.00",
    reason="Dérogation accordée le 10/03/2026.",
    exemptions=("taxe-2026",),
    assess_version=2,
    cause_position=1300,
)
OPENED: Final = CaseOpened(
    convention="c1",
    commitment="cap",
    article="Art. 5",
    wording="L’évolution annuelle ne peut excéder 3 %.",
    rule="ANNUAL_CAP_FIXED",
    grid="2026",
    verdict="VIOLATION",
    unit="euros",
    cells=(CELL, SMALLER),
    from_on=date(2026, 1, 1),
    to_on=date(2026, 12, 31),
    cause_position=1234,
    explain_by=date(2025, 11, 15),
)
CASE_REVISED: Final = CaseRevised(
    verdict="VIOLATION",
    unit="euros",
    cells=(CELL,),
    from_on=date(2026, 1, 1),
    to_on=date(2026, 6, 30),
    cause_position=1301,
)
REOPENED: Final = CaseReopened(
    verdict="VIOLATION",
    unit="euros",
    cells=(CELL,),
    from_on=date(2026, 6, 1),
    to_on=date(2026, 12, 31),
    cause_position=1302,
    explain_by=date(2026, 6, 16),
)
CASE_CORRECTED: Final = CaseCorrected(on=date(2026, 2, 1), grid="2026-b", cause_position=1303)
EXPLAINED: Final = CaseExplained(
    text="La taxe a augmenté de 2,05 points.\nVoir la note.",
    documents=(DOCUMENT,),
    answer_by=date(2025, 12, 15),
)
DISPUTED: Final = CaseDisputed(
    text="La clause dit « taxes comprises ».", documents=(DOCUMENT,), explain_by=date(2025, 12, 30)
)
ACCEPTED: Final = CaseAccepted(text="Accepté pour un an.", documents=(DOCUMENT,), exemption=f"{BREACH_KEY}-3")
SENT: Final = FormalNoticeSent(
    sent_on=date(2026, 1, 5), channel="registered_letter", document=DOCUMENT, cure_by=date(2026, 2, 4)
)
ENDED_FOR: Final = CaseNoticeGiven(takes_effect_on=date(2026, 8, 6))
SILENT: Final = CaseFellDue(clock="explanation", due_on=date(2025, 11, 15))

CASE_SAMPLES: Final[tuple[Event, ...]] = (
    JUDGED, REVISED, OPENED, CASE_REVISED, REOPENED, CASE_CORRECTED, EXPLAINED, DISPUTED, ACCEPTED, SENT, ENDED_FOR,
    SILENT,
)  # fmt: skip
"""One of each."""
