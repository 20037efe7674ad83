"""What a check found, as it is kept: the findings of one judgement as text, and what is read from them afterwards.

The figures stay as they were written; the names of their kinds (`unit`) follow from the rule.
"""

import zlib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final, Literal

import msgspec

from domain.tariffs.assess.findings import BROKEN, Finding, finding_to_json

Unit = Literal["euros", "percent", "day", "count"]
Word = Literal["COMPLIANT", "VIOLATION", "EXEMPTED", "NOT_APPLICABLE", "INDETERMINATE", "LEGAL_ALERT"]
"""A verdict as events keep it."""

MOST_BYTES: Final = 256 * 1024 * 1024
"""What a kept judgement may unfold to: a convention's findings take a few megabytes."""

WORST_FIRST: Final[Sequence[Word]] = (
    "VIOLATION",
    "LEGAL_ALERT",
    "INDETERMINATE",
    "EXEMPTED",
    "COMPLIANT",
    "NOT_APPLICABLE",
)

_DAY: Final = timedelta(days=1)
_LENGTH_OF_A_DAY: Final = len("2026-01-01")
_UNITS: Final[dict[str, Unit]] = {
    "WEIGHTED_AVERAGE_CAP": "percent",
    "NOTICE": "day",
    "NO_WAITING_PERIOD": "day",
}
_BROKEN: Final = frozenset(verdict.value for verdict in BROKEN)
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


class BrokenCell(msgspec.Struct, frozen=True, kw_only=True):
    """The cell that is judged, or as much of one as the rule looks at (a formula and category)."""

    formula: str | None
    category: str | None
    role: str | None
    age_from: int | None
    age_to: int | None


class Statement(msgspec.Struct, frozen=True, kw_only=True, rename={"from_on": "from", "to_on": "to"}):
    """One finding as it was written down; `from_on` and `to_on` are the first and the last day."""

    commitment: str
    rule: str
    grid: str | None
    cell: BrokenCell | None
    subject: str | None
    from_on: date
    to_on: date | None
    verdict: Word
    anchor: str | None
    limit: str | None
    observed: str | None
    excess: str | None
    reason: str
    exemptions: tuple[str, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether it says that something is not kept."""
        return self.verdict in _BROKEN

    @property
    def about(self) -> tuple[str, str | None, BrokenCell | None, str | None]:
        """What it is said of, whatever the days."""
        return self.commitment, self.grid, self.cell, self.subject

    @property
    def unit(self) -> Unit:
        """What its figures are: euros a month, percentages, days (dates and numbers of them) or counts."""
        if self.rule == "CHANGE_WINDOW":
            return "day" if self.observed and len(self.observed) == _LENGTH_OF_A_DAY else "count"
        return _UNITS.get(self.rule, "euros")

    def holds(self, on: date) -> bool:
        """Whether it is said of `on`, or of a day after it."""
        return self.to_on is None or self.to_on >= on

    def covers(self, on: date) -> bool:
        """Whether it is said of `on` itself."""
        return self.from_on <= on and self.holds(on)


def stated(findings: Iterable[Finding]) -> tuple[Statement, ...]:
    """The findings of a check as they are kept."""
    return tuple(msgspec.convert(finding_to_json(finding), Statement) for finding in findings)


def to_document(statements: Sequence[Statement]) -> bytes:
    """Compressed canonical JSON: the list of all findings of one judgement, as a check writes them."""
    return zlib.compress(_ENCODER.encode([as_json(statement) for statement in statements]), 6)


def as_json(statement: Statement) -> dict[str, object]:
    """The finding as JSON values: `exemptions` is there only when the verdict is EXEMPTED."""
    values: dict[str, object] = msgspec.to_builtins(statement)
    del values["exemptions"]
    return {**values, "exemptions": list(statement.exemptions)} if statement.verdict == "EXEMPTED" else values


def from_document(document: bytes) -> tuple[Statement, ...]:
    """The findings that a kept judgement holds. Raises ValueError when it is not one."""
    unfolding = zlib.decompressobj()
    try:
        content = unfolding.decompress(document, MOST_BYTES)
    except zlib.error as error:
        msg = f"not a judgement: {error}"
        raise ValueError(msg) from None
    return msgspec.json.decode(content, type=tuple[Statement, ...])


def timely(statements: Sequence[Statement], on: date) -> tuple[Statement, ...]:
    """The statements without those that only time may make true: what is broken once an exemption will have ended.

    Until its last day has passed a price may still fall and the town may still prolong it; then a day that passes
    has the convention judged again. A breach that a later grid announces is said at once.
    """
    exempted: dict[object, date] = {}
    for each in statements:
        if each.verdict == "EXEMPTED" and each.holds(on):
            exempted[each.about] = min(each.from_on, exempted.get(each.about, each.from_on))
    return tuple(
        each
        for each in statements
        if not (each.broken and each.from_on > on and exempted.get(each.about, date.max) < each.from_on)
    )


def worst(words: Iterable[Word]) -> Word:
    """The verdict that speaks for several; NOT_APPLICABLE for none."""
    return min(words, key=WORST_FIRST.index, default="NOT_APPLICABLE")


def turning_day(statements: Iterable[Statement], on: date) -> date | None:
    """The first day after `on` on which something begins or is over; None when nothing changes by itself."""
    days = [
        day
        for statement in statements
        for day in (statement.from_on, statement.to_on + _DAY if statement.to_on is not None else None)
        if day is not None and day > on
    ]
    return min(days, default=None)
