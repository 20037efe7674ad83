"""Judges prices against limits, exemptions included: the part that all rules whose limit is a price have in common.

The limit of a finding is rounded once, from its anchor, the rule's ratio and the exemptions in force together.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from domain.money import SPACE, Rounding, french_euros, scale
from domain.tariffs.assess.exemptions import Cover, covers_of, product, segments_of
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import Exemption
from domain.tariffs.assess.timeline import Slot, Timeline

Ratio = tuple[int, int]
"""A numerator and a denominator above zero."""

_HIGHEST = 10**15
# Above any price that can be read. A limit beyond it forbids nothing, and might have more digits than can be written.

FIRST_GRID = f"Première grille connue{SPACE}: il n’y a pas encore de prix antérieur auquel comparer."
NEW_CELL = f"Case nouvelle{SPACE}: elle n’a pas de prix antérieur auquel la comparer."


class Bound(msgspec.Struct, frozen=True, gc=False):
    """What a price is compared with, in cents: `anchor` times `ratio`; `absorbed` exemptions no longer multiply it.

    `basis` says in French how the limit comes about, to follow « soit ».
    """

    anchor: int
    ratio: Ratio
    basis: str
    absorbed: frozenset[str]


class _Piece(msgspec.Struct, frozen=True, gc=False):
    """Days of one verdict, before its sentence is written."""

    first: date
    last: date | None
    verdict: Verdict
    limit: int | None = None
    excess: int | None = None
    exemptions: tuple[str, ...] = ()


class PriceLimits:
    """Collects the findings of one commitment, in their order."""

    def __init__(
        self,
        commitment: str,
        rule: str,
        timeline: Timeline,
        exemptions: Iterable[Exemption],
        rounding: Rounding,
    ) -> None:
        self.findings: list[Finding] = []
        self._commitment = commitment
        self._rule = rule
        self._ids = timeline.ids
        self._rounding = rounding
        self._factors: dict[tuple[str, ...], Ratio] = {}
        covers = covers_of(commitment, exemptions)
        self._segments = [segments_of(slot, covers) for slot in timeline.slots]
        self._exempt = [any(segment.covers for segment in segments) for segments in self._segments]
        self._rebased = [
            {cover.id: cover for segment in segments for cover in segment.covers if cover.rebase}
            for segments in self._segments
        ]

    def not_applicable(self, slot: Slot, place: int, reason: str) -> None:
        """Find that nothing is promised of the cell at that place of the slot."""
        self._add(slot, place, _Piece(slot.first, slot.last, Verdict.NOT_APPLICABLE), None, reason)

    def judge(self, slot: Slot, place: int, bound: Bound) -> int:
        """Judge the price at that place of the slot; the limit without exemptions, in cents."""
        price = slot.prices[place]
        limit = min(scale(bound.anchor, bound.ratio, self._rounding), _HIGHEST)
        if price > limit and self._exempt[slot.index]:
            self._judge_exempted(slot, place, bound, limit)
        elif price > limit:
            piece = _Piece(slot.first, slot.last, Verdict.VIOLATION, limit, price - limit)
            self._add(slot, place, piece, bound.anchor, _broken(price, piece, bound.basis))
        else:
            piece = _Piece(slot.first, slot.last, Verdict.COMPLIANT, limit, 0)
            self._add(slot, place, piece, bound.anchor, _kept(price, limit, bound.basis))
        return limit

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
            if price > self._limit(bound, tuple(other for other in rebased if other is not cover))
        }
        return self._limit(bound, tuple(rebased)), bound.absorbed | used

    def _limit(self, bound: Bound, covers: tuple[Cover, ...]) -> int:
        """The limit with those exemptions, in cents."""
        names = tuple([cover.id for cover in covers])
        factor = self._factors.get(names)
        if factor is None:
            factor = self._factors[names] = product(covers).as_integer_ratio()
        above, below = bound.ratio
        return min(scale(bound.anchor, (above * factor[0], below * factor[1]), self._rounding), _HIGHEST)

    def _judge_exempted(self, slot: Slot, place: int, bound: Bound, limit: int) -> None:
        """Judge a price above its limit day by day, by the exemptions then in force."""
        price = slot.prices[place]
        pieces: list[_Piece] = []
        for first, last, covers in self._segments[slot.index]:
            active = tuple(cover for cover in covers if cover.id not in bound.absorbed)
            allowed = self._limit(bound, active) if active else limit
            names = tuple(cover.id for cover in active) if allowed > limit else ()
            piece = (
                _Piece(first, last, Verdict.EXEMPTED, allowed, 0, names)
                if price <= allowed
                else _Piece(
                    first, last, Verdict.VIOLATION, max(limit, allowed), price - max(limit, allowed), names
                )
            )
            if pieces and pieces[-1].verdict is piece.verdict and pieces[-1].limit == piece.limit:
                before = pieces.pop()
                both = tuple(dict.fromkeys((*before.exemptions, *names)))
                piece = msgspec.structs.replace(piece, first=before.first, exemptions=both)
            pieces.append(piece)
        for piece in pieces:
            reason = (
                _exempted(price, limit, piece)
                if piece.verdict is Verdict.EXEMPTED
                else _broken(price, piece, bound.basis)
            )
            self._add(slot, place, piece, bound.anchor, reason)

    def _add(self, slot: Slot, place: int, piece: _Piece, anchor: int | None, reason: str) -> None:
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
                anchor,
                piece.limit,
                slot.prices[place],
                piece.excess,
                reason,
                piece.exemptions if piece.verdict is Verdict.EXEMPTED else (),
            )
        )


def _kept(price: int, limit: int, basis: str) -> str:
    return f"Le prix de {french_euros(price)} respecte le plafond de {french_euros(limit)}, soit {basis}."


def _broken(price: int, piece: _Piece, basis: str) -> str:
    limit = price - (piece.excess or 0)
    included = ""
    if piece.exemptions:
        plural = "s" if len(piece.exemptions) > 1 else ""
        included = f", dérogation{plural} {_quoted(piece.exemptions)} comprise{plural}"
    return (
        f"Le prix de {french_euros(price)} dépasse de {french_euros(price - limit)} "
        f"le plafond de {french_euros(limit)}{included}, soit {basis}."
    )


def _exempted(price: int, limit: int, piece: _Piece) -> str:
    which = "des dérogations" if len(piece.exemptions) > 1 else "de la dérogation"
    return (
        f"Le prix de {french_euros(price)} dépasse le plafond de {french_euros(limit)}, mais reste dans la limite de "
        f"{french_euros(piece.limit or 0)} compte tenu {which} {_quoted(piece.exemptions)}."
    )


def _quoted(ids: tuple[str, ...]) -> str:
    quoted = [f"«{SPACE}{name}{SPACE}»" for name in ids]
    return " et ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
