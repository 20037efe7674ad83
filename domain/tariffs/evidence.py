"""What a case rests on: the cells of one commitment that one grid breaks, gathered from the findings of a judgement.

A grid and its corrections are one story: their case is named by the first of them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

import msgspec

from domain.money import format_decimal
from domain.tariffs.breach import key_of
from domain.tariffs.statements import BrokenCell, Statement, Unit, Word, worst

_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DAY: Final = timedelta(days=1)


class CaseCell(msgspec.Struct, frozen=True, kw_only=True):
    """One broken cell, figures as in a finding. `before` is the price in force until the grid took effect.

    `excess_percent` is the excess over the limit, HALF_UP to two decimals; None where figures are not prices.
    `breach` is the key of the breach.
    """

    cell: BrokenCell | None
    subject: str | None
    before: str | None
    anchor: str | None
    limit: str | None
    observed: str | None
    excess: str | None
    excess_percent: str | None
    breach: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is broken of one commitment by one grid; `grid` is the first of its corrections, or None.

    `grids` are those that break it by their own names.
    """

    commitment: str
    rule: str
    grid: str | None
    grids: frozenset[str]
    verdict: Word
    unit: Unit
    cells: tuple[CaseCell, ...]
    from_on: date
    to_on: date | None
    reason: str

    def graver_than(self, cells: Sequence[CaseCell]) -> bool:
        """Whether it has a cell that is not among `cells`, or one whose excess has grown."""
        known = {(each.cell, each.subject): each.excess for each in cells}
        return any(
            (each.cell, each.subject) not in known or size(each.excess) > size(known[each.cell, each.subject])
            for each in self.cells
        )


def case_key(convention: str, commitment: str, grid: str | None) -> str:
    """The key of a case, from the first grid of its chain of corrections."""
    identity = _ENCODER.encode((convention, commitment, grid))
    return hashlib.sha256(identity).hexdigest()[:32]


def origin(grid: str | None, corrects: Mapping[str, str | None]) -> str | None:
    """The first grid of a chain of corrections; `corrects` says of each grid which one it replaces."""
    seen = set()
    while grid is not None and (earlier := corrects.get(grid)) is not None and grid not in seen:
        seen.add(grid)
        grid = earlier
    return grid


def gather(
    convention: str, statements: Sequence[Statement], on: date, corrects: Mapping[str, str | None]
) -> dict[str, Evidence]:
    """By key of the case, what is broken on `on` or later."""
    groups: dict[tuple[str, str | None], list[Statement]] = {}
    for statement in statements:
        if statement.broken and statement.holds(on):
            where = (statement.commitment, origin(statement.grid, corrects))
            groups.setdefault(where, []).append(statement)
    prices = _Prices(statements, {commitment for commitment, _ in groups})
    return {
        case_key(convention, commitment, grid): _evidence(convention, grid, mine, prices)
        for (commitment, grid), mine in groups.items()
    }


def healer(statements: Iterable[Statement], broken: Evidence, on: date) -> str | None:
    """The grid that stands where another broke a commitment; None when the same grid stands there still."""
    day = max(on, broken.from_on)
    there = {each.grid for each in statements if each.commitment == broken.commitment and each.covers(day)}
    return min((grid for grid in there if grid is not None and grid not in broken.grids), default=None)


def size(figure: str | None) -> Fraction:
    """How much a figure of an excess is; nothing is the least."""
    return Fraction(figure) if figure is not None else Fraction(0)


class _Prices:
    """What each cell cost before a grid took effect, as the findings of the same commitment observed it."""

    def __init__(self, statements: Sequence[Statement], commitments: set[str]) -> None:
        self._of: dict[tuple[str, BrokenCell | None], list[Statement]] = {}
        self._first: dict[tuple[str, str | None], date] = {}
        for each in statements:
            if each.commitment in commitments:
                self._of.setdefault((each.commitment, each.cell), []).append(each)
                grid = (each.commitment, each.grid)
                self._first[grid] = min(self._first.get(grid, each.from_on), each.from_on)

    def before(self, broken: Statement) -> str | None:
        if broken.unit != "euros" or broken.grid is None:
            return None
        day = self._first[broken.commitment, broken.grid] - _DAY
        there = self._of[broken.commitment, broken.cell]
        return next((each.observed for each in there if each.covers(day)), None)


def _evidence(convention: str, grid: str | None, mine: Sequence[Statement], prices: _Prices) -> Evidence:
    dearest: dict[tuple[BrokenCell | None, str | None], Statement] = {}
    for each in sorted(mine, key=lambda each: (-size(each.excess), each.from_on)):
        dearest.setdefault((each.cell, each.subject), each)
    ends = [each.to_on for each in mine]
    known = [end for end in ends if end is not None]
    first = next(iter(dearest.values()))
    return Evidence(
        commitment=first.commitment,
        rule=first.rule,
        grid=grid,
        grids=frozenset(each.grid for each in mine if each.grid is not None),
        verdict=worst(each.verdict for each in mine),
        unit=first.unit,
        cells=tuple(_cell(convention, each, prices) for each in dearest.values()),
        from_on=min(each.from_on for each in mine),
        to_on=max(known) if len(known) == len(ends) else None,
        reason=first.reason,
    )


def _cell(convention: str, broken: Statement, prices: _Prices) -> CaseCell:
    return CaseCell(
        cell=broken.cell,
        subject=broken.subject,
        before=prices.before(broken),
        anchor=broken.anchor,
        limit=broken.limit,
        observed=broken.observed,
        excess=broken.excess,
        excess_percent=_percent(broken),
        breach=key_of(convention, broken),
    )


def _percent(broken: Statement) -> str | None:
    if broken.unit != "euros" or broken.excess is None or not (limit := size(broken.limit)):
        return None
    return format_decimal(size(broken.excess) / limit * 100)
