"""Judges prices against limits, exemptions included: the part that all rules whose limit is a price have in common.

The limit of a finding is rounded once, from its anchor, the rule's ratio and the exemptions in force together.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from domain.money import Rounding, scale
from domain.tariffs.assess.days import Days
from domain.tariffs.assess.exemptions import Cover, covers_of, product, segments_of
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import Exemption
from domain.tariffs.assess.sentences import FIRST_GRID, NEW_CELL, broken, exempted, kept
from domain.tariffs.assess.timeline import Slot, Timeline

Ratio = tuple[int, int]
"""A numerator and a denominator above zero."""

_HIGHEST = 10**15
# Above any price that can be read. A limit beyond it forbids nothing, and might have more digits than can be written.

_NOTHING: frozenset[str] = frozenset()


class Bound(msgspec.Struct, frozen=True, gc=False):
    """What a price is compared with, in cents: `anchor` times `ratio`; `absorbed` exemptions no longer multiply it.

    `basis` says in French how the limit comes about, to follow « soit ». With `undecided` a price within the limit is
    INDETERMINATE, for the reason that it gives: the limit is then the highest that might have been promised.
    """

    anchor: int
    ratio: Ratio
    basis: str
    absorbed: frozenset[str] = _NOTHING
    undecided: str = ""


class Aside(msgspec.Struct, frozen=True, gc=False):
    """A verdict without limit, which depends on no price; `anchor` in cents, if there is one."""

    verdict: Verdict
    reason: str
    anchor: int | None = None


Term = Bound | Aside


class Stage(NamedTuple):
    """Days of a grid and what is promised on them."""

    days: Days
    term: Term


FIRST = Aside(Verdict.NOT_APPLICABLE, FIRST_GRID)
NEW = Aside(Verdict.NOT_APPLICABLE, NEW_CELL)


def nothing_earlier(slot: Slot) -> Aside:
    """What a rule on rises says of a cell of that slot without earlier price."""
    return NEW if slot.index else FIRST


class _Piece(msgspec.Struct, frozen=True, gc=False):
    """Days of one verdict, before its sentence is written; `plain` is the limit without exemptions."""

    first: date
    last: date | None
    verdict: Verdict
    term: Term
    plain: int = 0
    limit: int | None = None
    exemptions: tuple[str, ...] = ()

    def goes_on(self, other: "_Piece") -> bool:
        """Whether that piece begins no new finding after this one."""
        return (
            self.verdict is other.verdict
            and self.limit == other.limit
            and self.term.anchor == other.term.anchor
        )

    def reason(self, price: int) -> str:
        """The sentence about a price."""
        if isinstance(self.term, Aside):
            return self.term.reason
        if self.limit is None:
            return self.term.undecided
        if self.verdict is Verdict.COMPLIANT:
            return kept(price, self.limit, self.term.basis)
        if self.verdict is Verdict.EXEMPTED:
            return exempted(price, self.plain, self.limit, self.exemptions)
        return broken(price, self.limit, self.exemptions, self.term.basis)


class PriceLimits:
    """Collects the findings of one commitment, in their order. A price above its limit is found `worse`."""

    def __init__(
        self,
        commitment: str,
        rule: str,
        timeline: Timeline,
        exemptions: Iterable[Exemption],
        rounding: Rounding = Rounding.HALF_UP,
        worse: Verdict = Verdict.VIOLATION,
    ) -> None:
        self.findings: list[Finding] = []
        self._commitment = commitment
        self._rule = rule
        self._ids = timeline.ids
        self._rounding = rounding
        self._worse = worse
        self._factors: dict[tuple[str, ...], Ratio] = {}
        covers = covers_of(commitment, exemptions)
        self._segments = [segments_of(slot, covers) for slot in timeline.slots]
        self._exempt = [any(segment.covers for segment in segments) for segments in self._segments]
        self._rebased = [
            {cover.id: cover for segment in segments for cover in segment.covers if cover.rebase}
            for segments in self._segments
        ]

    def limit(self, bound: Bound) -> int:
        """The limit without exemptions, in cents."""
        return min(scale(bound.anchor, bound.ratio, self._rounding), _HIGHEST)

    def aside(self, slot: Slot, place: int, term: Aside) -> None:
        """Find the same of the cell at that place, whatever its price, on all days of the slot."""
        self.findings.append(
            Finding(
                self._commitment,
                self._rule,
                slot.grid.id,
                self._ids[slot.cells[place]],
                None,
                slot.first,
                slot.last,
                term.verdict,
                term.anchor,
                None,
                slot.prices[place],
                0 if term.verdict is Verdict.COMPLIANT else None,
                term.reason,
            )
        )

    def judge(self, slot: Slot, place: int, bound: Bound) -> int:
        """Judge the price at that place on all days of the slot; the limit without exemptions, in cents."""
        price = slot.prices[place]
        limit = min(scale(bound.anchor, bound.ratio, self._rounding), _HIGHEST)
        above = price > limit
        if bound.undecided or (above and self._exempt[slot.index]):
            self._judge_days(slot, place, [Stage(Days(slot.first, slot.last), bound)])
            return limit
        self.findings.append(
            Finding(
                self._commitment,
                self._rule,
                slot.grid.id,
                self._ids[slot.cells[place]],
                None,
                slot.first,
                slot.last,
                self._worse if above else Verdict.COMPLIANT,
                bound.anchor,
                limit,
                price,
                price - limit if above else 0,
                broken(price, limit, (), bound.basis) if above else kept(price, limit, bound.basis),
            )
        )
        return limit

    def judge_stages(self, slot: Slot, place: int, stages: Sequence[Stage]) -> None:
        """Judge the price at that place by stages that follow each other and fill the days of the slot."""
        term = stages[0].term
        if len(stages) > 1:
            self._judge_days(slot, place, stages)
        elif isinstance(term, Aside):
            self.aside(slot, place, term)
        else:
            self.judge(slot, place, term)

    def held_to(self, slot: Slot, price: int, bound: Bound, limit: int) -> tuple[int, frozenset[str]]:
        """What later anchors take that price to have been held to, in cents, and the exemptions it has absorbed.

        That is `limit`, the one without exemptions, times the rebased exemptions that covered any day of the slot.
        """
        rebased = [cover for cover in self._rebased[slot.index].values() if cover.id not in bound.absorbed]
        if not rebased:
            return limit, bound.absorbed
        used = {
            cover.id
            for cover in rebased
            if price > self._with(bound, tuple(other for other in rebased if other is not cover))
        }
        return self._with(bound, tuple(rebased)), bound.absorbed | used

    def _with(self, bound: Bound, covers: tuple[Cover, ...]) -> int:
        """The limit with those exemptions, in cents."""
        names = tuple([cover.id for cover in covers])
        factor = self._factors.get(names)
        if factor is None:
            factor = self._factors[names] = product(covers).as_integer_ratio()
        above, below = bound.ratio
        return min(scale(bound.anchor, (above * factor[0], below * factor[1]), self._rounding), _HIGHEST)

    def _judge_days(self, slot: Slot, place: int, stages: Iterable[Stage]) -> None:
        """Judge a price day by day: a new finding starts when verdict, anchor or limit changes."""
        price = slot.prices[place]
        pieces: list[_Piece] = []
        for days, term in stages:
            for piece in self._pieces(slot.index, price, days, term):
                if pieces and pieces[-1].goes_on(piece):
                    before = pieces.pop()
                    names = tuple(dict.fromkeys((*before.exemptions, *piece.exemptions)))
                    pieces.append(msgspec.structs.replace(before, last=piece.last, exemptions=names))
                else:
                    pieces.append(piece)
        for piece in pieces:
            above = piece.verdict is self._worse
            self.findings.append(
                Finding(
                    self._commitment,
                    self._rule,
                    slot.grid.id,
                    self._ids[slot.cells[place]],
                    None,
                    piece.first,
                    piece.last,
                    piece.verdict,
                    piece.term.anchor,
                    piece.limit,
                    price,
                    price - (piece.limit or 0) if above else _NO_EXCESS.get(piece.verdict),
                    piece.reason(price),
                    piece.exemptions if piece.verdict is Verdict.EXEMPTED else (),
                )
            )

    def _pieces(self, slot: int, price: int, days: Days, term: Term) -> Iterator[_Piece]:
        """The verdicts on a price during some days of a slot, cut where exemptions begin or end."""
        if isinstance(term, Aside):
            yield _Piece(*days, term.verdict, term)
            return
        plain = self.limit(term)
        if price <= plain or not self._exempt[slot]:
            yield self._piece(price, days, term, plain, ())
            return
        for segment in self._segments[slot]:
            part = days.meet(segment.first, segment.last)
            if part is not None:
                active = tuple(cover for cover in segment.covers if cover.id not in term.absorbed)
                yield self._piece(price, part, term, plain, active)

    def _piece(self, price: int, days: Days, bound: Bound, plain: int, covers: tuple[Cover, ...]) -> _Piece:
        allowed = self._with(bound, covers) if covers else plain
        names = tuple(cover.id for cover in covers) if allowed > plain else ()
        most = max(plain, allowed)  # an exemption that would lower the limit lowers nothing
        if price > most:
            return _Piece(*days, self._worse, bound, plain, most, names)
        if bound.undecided:
            return _Piece(*days, Verdict.INDETERMINATE, bound, plain)
        return _Piece(
            *days, Verdict.EXEMPTED if price > plain else Verdict.COMPLIANT, bound, plain, most, names
        )


_NO_EXCESS = {Verdict.COMPLIANT: 0, Verdict.EXEMPTED: 0}
