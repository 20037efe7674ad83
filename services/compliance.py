"""What was kept on a day, as known at an instant; and what was said of one cell over time.

The first is found again from what is recorded, by the function that judges; the second is read from kept judgements.
"""

import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Final

import msgspec

from domain.partnerships.terms import in_order
from domain.tariffs.assess import ASSESS_VERSION, findings_digest
from domain.tariffs.statements import BrokenCell, Statement, Word, from_document, stated, worst
from domain.tenancy import Owner, Tenant
from infra.ledger import Ledger
from projections.compliance.queries import JudgementRow
from services.commands.dossier import Documents, Dossier, findings_of, load_dossier

_VERDICTS: Final[Sequence[Word]] = (
    "COMPLIANT", "VIOLATION", "EXEMPTED", "NOT_APPLICABLE", "INDETERMINATE", "LEGAL_ALERT",
)  # fmt: skip


Checked = tuple[tuple[Statement, ...], str]
_NOTHING: Final[Checked] = (), findings_digest(())


class StateOnDay(msgspec.Struct, frozen=True, kw_only=True):
    """A commitment on one day: the worst verdict of that day, since when, and why; counts are of that day's findings.

    `announced` is the worst verdict of what begins later (None: nothing does), from `announced_from` on.
    """

    commitment: str
    rule: str
    verdict: Word
    from_on: date | None
    to_on: date | None
    reason: str
    counts: dict[str, int]
    announced: Word | None
    announced_from: date | None


class Compliance(msgspec.Struct, frozen=True, kw_only=True):
    """What the check finds of a convention. `findings` are those of the day, `digest` that of all of any day."""

    as_of: date
    as_known_at: datetime | None
    assess_version: int
    digest: str
    commitments: tuple[StateOnDay, ...]
    summary: dict[str, int]
    findings: tuple[Statement, ...]


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of a cell between two instants, and what led to it; `known_to` None: it is said still."""

    known_from: datetime
    known_to: datetime | None
    position: int
    cause: str
    cause_position: int | None
    assess_version: int
    findings: tuple[Statement, ...]


class _Kept:
    """What the check found lately, by all that it looked at: the recorded facts, the instant, its version.

    Nothing is told to one that was found for another: their facts, digests of documents among them, are the same then.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._found: OrderedDict[bytes, Checked] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def of(
        self, dossier: Dossier, documents: Documents, as_known_at: datetime | None, version: int
    ) -> Checked:
        """All that is found of a dossier, and its digest. Raises ScenarioError."""
        key = hashlib.sha256(msgspec.msgpack.encode((dossier, as_known_at, version))).digest()
        with self._lock:
            kept = self._found.get(key)
            if kept is not None:
                self._found.move_to_end(key)
                return kept
        findings = findings_of(dossier, documents, as_known_at=as_known_at, version=version)
        checked = stated(findings), findings_digest(findings)
        with self._lock:
            if key not in self._found:
                self._found[key] = checked
                self._size += len(checked[0])
            while self._size > self._capacity:
                self._size -= len(self._found.popitem(last=False)[1][0])
        return checked


_KEPT: Final = _Kept(capacity=50_000)
"""Findings, of half a kilobyte each: those of some hundreds of conventions, or of the last few large ones."""


def compliance_at(
    ledger: Ledger,
    tenant: Tenant,
    owner: Owner,
    convention: str,
    *,
    as_of: date,
    as_known_at: datetime | None = None,
    version: int = ASSESS_VERSION,
) -> Compliance:
    """What a convention's tariff kept on a day, from what was recorded by an instant (None: by now).

    A convention not declared by then has no commitments. Raises NotFoundError, ScenarioError.
    """
    dossier = load_dossier(ledger, tenant, owner, convention)
    promised: dict[str, str] = {}
    for terms in reversed(in_order(dossier.terms, as_known_at)):
        for commitment in terms.terms.commitments:
            promised.setdefault(commitment.id, commitment.rule)
    every, digest = _KEPT.of(dossier, ledger.documents, as_known_at, version) if promised else _NOTHING
    there = tuple(each for each in every if each.covers(as_of))
    return Compliance(
        as_of=as_of,
        as_known_at=as_known_at,
        assess_version=version,
        digest=digest,
        commitments=tuple(_state(name, rule, every, as_of) for name, rule in promised.items()),
        summary=counts(there),
        findings=there,
    )


def counts(statements: Sequence[Statement]) -> dict[str, int]:
    """How many findings have each verdict; every verdict is there."""
    found = Counter(each.verdict for each in statements)
    return {verdict: found[verdict] for verdict in _VERDICTS}


def history_of(
    judgements: Sequence[JudgementRow],
    read: Callable[[str], bytes],
    *,
    commitment: str | None = None,
    grid: str | None = None,
    cell: Mapping[str, object] | None = None,
) -> list[Said]:
    """What was said, judgement after judgement (the earliest first), of a commitment, grid and cell; None: of any.

    `cell` names as much of a cell as is asked for. What was said again unchanged is one entry. `read` gives documents.
    """
    told = [
        (row, tuple(_about(from_document(read(row.document)), commitment, grid, cell))) for row in judgements
    ]
    changed = [
        (row, findings)
        for place, (row, findings) in enumerate(told)
        if place == 0 or findings != told[place - 1][1]
    ]
    if changed and not changed[0][1]:
        del changed[0]
    ends = [later.recorded_at for _, (later, _) in pairwise(changed)]
    return [
        Said(
            known_from=row.recorded_at,
            known_to=end,
            position=row.position,
            cause=row.cause,
            cause_position=row.cause_position,
            assess_version=row.assess_version,
            findings=findings,
        )
        for (row, findings), end in zip(changed, [*ends, None], strict=False)
    ]


def _about(
    statements: Sequence[Statement],
    commitment: str | None,
    grid: str | None,
    cell: Mapping[str, object] | None,
) -> Iterator[Statement]:
    for each in statements:
        if commitment not in {None, each.commitment} or grid not in {None, each.grid}:
            continue
        if cell and not _is_named(each.cell, cell):
            continue
        yield each


def _is_named(found: BrokenCell | None, cell: Mapping[str, object]) -> bool:
    return found is not None and all(getattr(found, name) == value for name, value in cell.items())


def _state(commitment: str, rule: str, every: Sequence[Statement], on: date) -> StateOnDay:
    mine = [each for each in every if each.commitment == commitment]
    there = [each for each in mine if each.covers(on)]
    later = [each for each in mine if each.from_on > on]
    verdict = worst(each.verdict for each in there)
    speaking = [each for each in there if each.verdict == verdict]
    first = min(speaking, key=lambda each: each.from_on, default=None)
    announced = worst(each.verdict for each in later) if later else None
    return StateOnDay(
        commitment=commitment,
        rule=rule,
        verdict=verdict,
        from_on=first.from_on if first else None,
        to_on=first.to_on if first else None,
        reason=first.reason if first else "",
        counts=counts(there),
        announced=announced,
        announced_from=min((each.from_on for each in later if each.verdict == announced), default=None),
    )


__all__ = ["Compliance", "Said", "StateOnDay", "compliance_at", "counts", "history_of"]
