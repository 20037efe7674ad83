"""What binds a commune and its insurer in a filled ledger: convention, grids, judgements, a case, monthly figures.

Few beside the members, and what most views are made of.
"""

from datetime import UTC, date, datetime
from typing import Final

from domain.aggregate import Aggregate
from domain.membership.figures import AGE_BANDS, Figures
from domain.partnerships.convention import Convention
from domain.partnerships.terms import Commitment
from domain.tariffs.breach import Breach, Said
from domain.tariffs.case import Case
from domain.tariffs.evidence import CaseCell, Evidence
from domain.tariffs.judgement import CommitmentState, Judgement
from domain.tariffs.statements import BrokenCell, Word
from domain.tariffs.tariff import Tariff
from domain.tenancy import Owner, Tenant, stream

CONVENTION: Final = "c1"
MONTHS: Final = 24
YEARS: Final = (2024, 2025, 2026)
_DIGEST: Final = "0" * 64
_COMMITMENT: Final = Commitment(
    id="cap", article="Art. 5", wording="L’évolution annuelle ne peut excéder 3 %.", rule="ANNUAL_CAP_FIXED",
    params={"max_rise_percent": "3"},
)  # fmt: skip
_CELL: Final = BrokenCell(formula="N1", category="general", role="adult", age_from=50, age_to=None)
_FIGURES: Final = {"anchor": "47.80", "limit": "49.23", "observed": "49.74", "excess": "0.51"}
_SINCE: Final = datetime(2025, 10, 31, 9, 30, tzinfo=UTC)
_REASON: Final = "49,74 € au lieu de 49,23 € au plus"


def bound(tenant: Tenant, owner: Owner) -> list[Aggregate]:
    """What a commune and its insurer have together after two years; no person is named in it."""
    made = (
        _convention(stream(tenant, owner, Convention.kind, CONVENTION)),
        _tariff(stream(tenant, owner, Tariff.kind, CONVENTION)),
        _judgement(stream(tenant, owner, Judgement.kind, CONVENTION)),
        _breach(stream(tenant, owner, Breach.kind, "b1")),
        _case(stream(tenant, owner, Case.kind, "case1")),
        _figures(stream(tenant, owner, Figures.kind, CONVENTION)),
    )
    return [each for each in made if each is not None]


def _convention(name: str) -> Convention:
    made = Convention.declare(
        name, insurer_name="Banc d’essai", fictitious=True, signed_on=date(2024, 7, 1), starts_on=date(2024, 10, 1),
        ends_on=date(2029, 9, 30), commitments=(_COMMITMENT,),
    )  # fmt: skip
    made.confirm("town")
    return made


def _tariff(name: str) -> Tariff | None:
    made: Tariff | None = None
    for year in YEARS:
        on = date(year - 1, 10, 31)
        made = Tariff.notify(
            made, name, grid=f"g{year}", notified_on=on, corrects=None, findings=lambda: _DIGEST, today=on, cells=2,
            document=_DIGEST, effective_on=date(year, 1, 1), justified=False, assess_version=1, decided_by=None,
            decided_on=None, justification=None, declared_rise=None, reason=None, prepared=None,
        )  # fmt: skip
    return made


def _judgement(name: str) -> Judgement | None:
    made: Judgement | None = None
    verdicts: tuple[Word, ...] = ("COMPLIANT", "COMPLIANT", "VIOLATION")
    for year, verdict in zip(YEARS, verdicts, strict=True):
        state = CommitmentState(
            commitment="cap", rule="ANNUAL_CAP_FIXED", verdict=verdict, from_on=date(year, 1, 1), known_since=_SINCE,
            kept=90, broken=0, exempted=0, undecidable=0, not_applicable=90, reason=_REASON,
        )  # fmt: skip
        made = Judgement.pronounce(
            made, name, assess_version=1, findings=f"{year:064d}", commitments=[state], next_on=None,
            cause="grid.notified", cause_position=None, as_known_at=_SINCE, on=date(year - 1, 10, 31), document=_DIGEST,
            broken=(),
        )  # fmt: skip
    return made


def _breach(name: str) -> Breach:
    made = Breach.detect(
        name, convention=CONVENTION, commitment="cap", article=_COMMITMENT.article, wording=_COMMITMENT.wording,
        rule="ANNUAL_CAP_FIXED", grid="g2026", cell=_CELL, verdict="VIOLATION", from_on=date(2026, 1, 1), to_on=None,
        unit="euros", reason=_REASON, assess_version=1, grid_position=1, **_FIGURES,
    )  # fmt: skip
    exempted = Said(
        verdict="EXEMPTED", from_on=date(2026, 1, 1), to_on=None, unit="euros", reason=_REASON, exemptions=("x1",),
        **_FIGURES,
    )  # fmt: skip
    made.say_otherwise(exempted, assess_version=1, cause_position=None)
    return made


def _case(name: str) -> Case:
    cell = CaseCell(cell=_CELL, subject=None, before="48.76", excess_percent="1.04", breach="b1", **_FIGURES)
    evidence = Evidence(
        commitment="cap", rule="ANNUAL_CAP_FIXED", grid="g2026", grids=frozenset({"g2026"}), verdict="VIOLATION",
        unit="euros", cells=(cell,), from_on=date(2026, 1, 1), to_on=None, reason=_REASON,
    )  # fmt: skip
    return Case.open_for(
        name, evidence, convention=CONVENTION, article=_COMMITMENT.article, wording=_COMMITMENT.wording,
        cause_position=None, explain_by=date(2025, 11, 15),
    )  # fmt: skip


def _figures(name: str) -> Figures | None:
    made: Figures | None = None
    for number in range(MONTHS):
        year, month = 2024 + (9 + number) // 12, (9 + number) % 12 + 1
        made = Figures.publish(
            made, name, month=f"{year}-{month:02d}", on=date(year, month, 28), members=225,
            by_age={band: 40 for band, _, _ in AGE_BANDS},
        )  # fmt: skip
    return made
