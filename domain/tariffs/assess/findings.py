"""What a check found: a verdict over some days, its figures and a sentence for the mayor.

The same as JSON values and as one digest, so that a judgement can be compared with one made elsewhere.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

import msgspec

from domain.money import format_decimal, format_euros
from domain.tariffs.assess.model import CellId


class Verdict(StrEnum):
    """What can be said of a commitment on some days; LEGAL_ALERT: a law whose application is disputed."""

    COMPLIANT = "COMPLIANT"
    VIOLATION = "VIOLATION"
    EXEMPTED = "EXEMPTED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    INDETERMINATE = "INDETERMINATE"
    LEGAL_ALERT = "LEGAL_ALERT"


BROKEN = frozenset({Verdict.VIOLATION, Verdict.LEGAL_ALERT})
"""The verdicts that say that something is not kept."""


class Count(NamedTuple):
    """A number of days or of grids, where other rules have money."""

    number: int


Figure = int | Fraction | date | Count
"""A figure by its kind: cents, a percentage, a day, or a count."""


class CellPart(NamedTuple):
    """As much of a cell as a rule looks at, a formula and category say; None for the rest."""

    formula: str | None
    category: str | None
    role: str | None
    age_from: int | None
    age_to: int | None


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One verdict, from `from_on` to `to_on` (included; None: until further notice). `excess` is above `limit`.

    `cell` is the cell judged, or as much of one as the rule looks at; `subject` a member or a quote.
    """

    commitment: str
    rule: str
    grid: str | None
    cell: CellId | CellPart | None
    subject: str | None
    from_on: date
    to_on: date | None
    verdict: Verdict
    anchor: Figure | None
    limit: Figure | None
    observed: Figure | None
    excess: Figure | None
    reason: str
    exemptions: tuple[str, ...] = ()


def format_figure(figure: Figure | None) -> str | None:
    """A figure as files and reports write it: "47.80", "3.62", "2025-10-31", "14"."""
    if figure is None:
        return None
    if isinstance(figure, int):
        return format_euros(figure)
    if isinstance(figure, Fraction):
        return format_decimal(figure)
    return figure.isoformat() if isinstance(figure, date) else str(figure.number)


def finding_to_json(finding: Finding) -> dict[str, object]:
    """A finding as JSON values; `exemptions` is there only when the verdict is EXEMPTED."""
    cell = finding.cell
    values: dict[str, object] = {
        "commitment": finding.commitment,
        "rule": finding.rule,
        "grid": finding.grid,
        "cell": None if cell is None else dict(zip(cell._fields, cell, strict=True)),
        "subject": finding.subject,
        "from": finding.from_on.isoformat(),
        "to": None if finding.to_on is None else finding.to_on.isoformat(),
        "verdict": finding.verdict.value,
        "anchor": format_figure(finding.anchor),
        "limit": format_figure(finding.limit),
        "observed": format_figure(finding.observed),
        "excess": format_figure(finding.excess),
        "reason": finding.reason,
    }
    if finding.verdict is Verdict.EXEMPTED:
        values["exemptions"] = list(finding.exemptions)
    return values


def findings_digest(findings: Iterable[Finding]) -> str:
    """SHA-256, in hexadecimal, of the findings as canonical JSON: one list, keys sorted, no space, UTF-8."""
    digest = hashlib.sha256(b"[")
    separator = b""
    encoder = msgspec.json.Encoder(order="sorted")
    for finding in findings:
        digest.update(separator + encoder.encode(finding_to_json(finding)))
        separator = b","
    digest.update(b"]")
    return digest.hexdigest()


def summary(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings have each verdict; every verdict is there."""
    counted = Counter(finding.verdict for finding in findings)
    return {verdict.value: counted[verdict] for verdict in Verdict}
