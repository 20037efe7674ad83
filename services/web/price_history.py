"""What one price was over time and what it was allowed to be: a row for each stretch of days on which neither changes.

Prices come from notified grids, limits from the findings of a judgement.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from domain.tariffs.assess import CellId
from domain.tariffs.statements import Statement, Word, worst
from projections.tariffs.queries import GridRow
from services.web.figures import cents
from services.web.standing import slots

CAPPING: Final = frozenset(
    {
        "PRICE_FREEZE",
        "ANNUAL_CAP_FIXED",
        "ANNUAL_CAP_INDEXED",
        "CUMULATIVE_CAP",
        "MIN_DISCOUNT",
        "CATEGORY_DISCOUNT",
        "STATUTORY_FREEZE",
    }
)
"""Rules whose limit is the highest price that a cell may have."""

_DAY: Final = timedelta(days=1)
_PLAIN: Final = re.compile(r"dépasse le plafond de ([\d\s]+,\d\d)\s€, mais")
_OLDEST: Final = 199


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Some days (`last` None: until further notice) with one price and its lowest limit, in cents.

    `cap` None: nothing limits it, or nobody can say; `allowed` is the limit that exemptions make of it. `commitment`
    is the one that sets the cap, `verdict` what is said of the price.
    """

    first: date
    last: date | None
    price: int
    grid: GridRow
    cap: int | None = None
    allowed: int | None = None
    commitment: str | None = None
    verdict: Word | None = None

    @property
    def broken(self) -> bool:
        """Whether a commitment is broken on these days."""
        return self.verdict in {"VIOLATION", "LEGAL_ALERT"}


def spans(
    grids: Sequence[GridRow],
    price_of: Callable[[GridRow], int | None],
    person: CellId,
    statements: Sequence[Statement],
) -> list[Span]:
    """The history of the price of a person's cell under one convention, the earliest first."""
    mine = [each for each in statements if _is_about(each, person)]
    found = []
    for slot in slots(grids):
        price = price_of(slot.grid)
        if price is None or (slot.last is not None and slot.last < slot.first):
            continue
        said = [each for each in mine if each.grid == slot.grid.id]
        firsts = {slot.first}
        firsts.update(day for each in said for day in _turns(each) if _inside(day, slot.first, slot.last))
        ordered = sorted(firsts)
        lasts = [*(day - _DAY for day in ordered[1:]), slot.last]
        for first, last in zip(ordered, lasts, strict=True):
            there = [each for each in said if each.covers(first)]
            found.append(_span(slot.grid, first, last, price, there))
    return _joined(found)


def _span(
    grid: GridRow,
    first: date,
    last: date | None,
    price: int,
    there: Sequence[Statement],
) -> Span:
    limits = [(limit, each) for each in there if (limit := plain_limit(each)) is not None]
    cap, binding = min(limits, key=lambda pair: pair[0], default=(None, None))
    allowed = cents(binding.limit or "0") if binding is not None and binding.verdict == "EXEMPTED" else None
    return Span(
        first=first,
        last=last,
        price=price,
        grid=grid,
        cap=cap,
        allowed=allowed,
        commitment=binding.commitment if binding else None,
        verdict=_verdict(there, binding),
    )


def _verdict(there: Sequence[Statement], binding: Statement | None) -> Word | None:
    """What is said of the price: what is broken or exempted, else what its lowest limit says, else the worst."""
    if not there:
        return None
    word = worst(each.verdict for each in there)
    if binding is None or word in {"VIOLATION", "LEGAL_ALERT"}:
        return word
    return "EXEMPTED" if any(each.verdict == "EXEMPTED" for each in there) else binding.verdict


def plain_limit(statement: Statement) -> int | None:
    """The limit without exemptions, in cents; None where there is none.

    A finding keeps the limit that decided: with an exemption the one that it allows. What the convention itself allows
    then stands in its sentence.
    """
    if statement.limit is None or statement.unit != "euros":
        return None
    told = _PLAIN.search(statement.reason) if statement.verdict == "EXEMPTED" else None
    return int(re.sub(r"\D", "", told[1])) if told else cents(statement.limit)


def _is_about(statement: Statement, person: CellId) -> bool:
    cell = statement.cell
    if cell is None or statement.rule not in CAPPING or statement.unit != "euros":
        return False
    if (cell.formula, cell.category, cell.role) != person[:3] or cell.age_from is None:
        return False
    return cell.age_from <= person.age_from <= (_OLDEST if cell.age_to is None else cell.age_to)


def _turns(statement: Statement) -> list[date]:
    return [statement.from_on, *([statement.to_on + _DAY] if statement.to_on is not None else [])]


def _inside(day: date, first: date, last: date | None) -> bool:
    return first <= day and (last is None or day <= last)


def _joined(found: Sequence[Span]) -> list[Span]:
    """The same stretches without the cuts at which nothing changes."""
    joined: list[Span] = []
    for span in found:
        before = joined[-1] if joined else None
        if (
            before is not None
            and msgspec.structs.replace(span, first=before.first, last=before.last) == before
        ):
            joined[-1] = msgspec.structs.replace(before, last=span.last)
        else:
            joined.append(span)
    return joined
