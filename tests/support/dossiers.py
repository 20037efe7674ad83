"""Dossiers by hand: a convention of some commitments, its versions, its grids; documents lie in a dictionary."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from domain.partnerships.terms import Commitment, Terms, TermsVersion
from domain.tariffs.assess import CellId, Finding, finding_to_json
from domain.tariffs.exemptions import ExemptionTerms, KnownExemption
from domain.tariffs.grid import to_document
from domain.tariffs.headcounts import TakenHeadcount, counts_document
from domain.tariffs.references import DepositedReference
from domain.tariffs.tariff import NotifiedGrid
from services.commands.dossier import Dossier, findings_of
from services.commands.given import GivenCell, given_cells

LONG_AGO: Final = datetime(2024, 7, 1, 9, tzinfo=UTC)


class Shelf:
    """Documents by their SHA-256."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        """Keep a document; its digest."""
        digest = hashlib.sha256(content).hexdigest()
        self._kept[digest] = content
        return digest

    def get(self, digest: str) -> bytes:
        """A document."""
        return self._kept[digest]


SHELF: Final = Shelf()


def promise(rule: str, identity: str = "c1", **params: Any) -> Commitment:
    """A commitment."""
    return Commitment(id=identity, article="Art. 5", wording="…", rule=rule, params=params)


def version(
    *commitments: Commitment,
    effective_on: date = date(2024, 10, 1),
    recorded_at: datetime = LONG_AGO,
    number: int = 1,
    corrects: int | None = None,
    **terms: Any,
) -> TermsVersion:
    """A version of the terms: the declared one, an amendment (a later number), or a correction."""
    facts: dict[str, Any] = {
        "signed_on": date(2024, 7, 1),
        "starts_on": date(2024, 10, 1),
        "ends_on": date(2029, 9, 30),
        **terms,
    }
    nature: Any = "declaration" if number == 1 else "correction" if corrects else "amendment"
    return TermsVersion(
        effective_on=effective_on,
        recorded_at=recorded_at,
        terms=Terms(**facts, commitments=commitments),
        nature=nature,
        amendment=None if number == 1 else f"a{number}",
        number=number,
        corrects=corrects,
    )


def cells(prices: Mapping[str, str]) -> tuple[GivenCell, ...]:
    """Cells of formula N1 by their ages (`0-49`, `50-`); `student 0-49` are another category's."""
    found = []
    for name, monthly in prices.items():
        category, _, ages = name.rpartition(" ")
        first, _, last = ages.partition("-")
        found.append(
            GivenCell(
                formula="N1",
                category=category or "general",
                age_from=int(first),
                age_to=int(last) if last else None,
                monthly=monthly,
            )
        )
    return tuple(found)


def grid(name: str, effective_on: date, prices: Mapping[str, str], **other: Any) -> NotifiedGrid:
    """A grid notified long before it takes effect, unless said."""
    facts: dict[str, Any] = {
        "notified_on": date(2024, 7, 1),
        "justified": False,
        "recorded_at": LONG_AGO,
        **other,
    }
    document = SHELF.put(to_document(given_cells(cells(prices))))
    return NotifiedGrid(grid=name, document=document, effective_on=effective_on, **facts)


def draft(name: str, effective_on: date, prices: Mapping[str, str], **other: Any) -> dict[str, Any]:
    """A grid as a scenario has it."""
    return {
        "id": name,
        "effective_on": effective_on.isoformat(),
        "notified_on": "2026-03-16",
        "recorded_at": "2026-03-16T09:30:00+00:00",
        "corrects": None,
        "justified": False,
        "declared_rise_percent": None,
        "cells": [
            {
                **cell.id._asdict(),
                "monthly": f"{cell.monthly // 100}.{cell.monthly % 100:02d}",
                "parent": None,
            }
            for cell in given_cells(cells(prices))
        ],
        **other,
    }


def reference(name: str, valid_from: date, prices: Mapping[str, str]) -> DepositedReference:
    """A reference grid."""
    document = SHELF.put(to_document(given_cells(cells(prices))))
    return DepositedReference(name, document, valid_from, "Santé", "Tarif public", LONG_AGO)


def headcount(taken_on: date, counts: Mapping[str, int], recorded_at: datetime = LONG_AGO) -> TakenHeadcount:
    """A headcount, by the same names of cells as prices."""
    by_cell: dict[CellId, int] = {
        cell.id(): count
        for cell, count in zip(cells(dict.fromkeys(counts, "1.00")), counts.values(), strict=True)
    }
    return TakenHeadcount("h", taken_on, SHELF.put(counts_document(by_cell)), recorded_at)


def exemption(*commitments: str, rebase: bool, valid_to: date | None = None) -> KnownExemption:
    """A tax that may be passed on from 2025, from the cap `c1` unless said."""
    terms = ExemptionTerms(
        commitments=commitments or ("c1",),
        kind="TAX",
        factor=("1.1532", "1.1327"),
        valid_from=date(2025, 1, 1),
        valid_to=valid_to,
        rebase=rebase,
    )
    at = datetime(2024, 12, 1, tzinfo=UTC)
    return KnownExemption(
        exemption="x1", state="granted", granted=terms, decided_on=date(2024, 12, 1), granted_at=at
    )


def dossier(*versions: TermsVersion, **other: Any) -> Dossier:
    """A dossier."""
    return Dossier(convention="c", terms=versions, **other)


def found(of: Dossier, **how: Any) -> list[tuple[Any, ...]]:
    """Grid, ages from, first and last day, verdict and limit of each finding."""
    return [told(finding) for finding in findings_of(of, SHELF, **how)]


def told(finding: Finding) -> tuple[Any, ...]:
    """The same of one finding."""
    said: Mapping[str, Any] = finding_to_json(finding)
    return said["grid"], said["from"], said["to"], said["verdict"], said["limit"]


def verdicts(findings: Sequence[Finding]) -> list[str]:
    """The verdicts alone."""
    return [finding.verdict.value for finding in findings]
