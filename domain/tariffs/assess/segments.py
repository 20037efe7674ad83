"""Judges one figure over days during which exemptions come and go: for rules whose finding is not about one cell.

Within the limit one finding is enough; above it, each exemption that begins or ends may change the verdict.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from domain.money import round_ratio
from domain.tariffs.assess.exemptions import Cover, Segment, product
from domain.tariffs.assess.findings import Figure, Verdict
from domain.tariffs.assess.sentences import quoted

_HIGHEST = 10**15
# Above any price that can be read. A limit beyond it forbids nothing, and might have more digits than can be written.


class Against(NamedTuple):
    """A figure against a limit: the limit as it is told, by how much the figure is above it, and whether it is."""

    limit: Figure
    excess: Figure
    is_above: bool


class Piece(NamedTuple):
    """Days of one verdict; `last` None: until further notice. `plain` is the limit without the `exemptions`."""

    first: date
    last: date | None
    verdict: Verdict
    limit: Figure
    excess: Figure
    plain: Figure
    exemptions: tuple[str, ...]

    @property
    def exempted_by(self) -> tuple[str, ...]:
        """The exemptions as a finding names them: none unless it is EXEMPTED."""
        return self.exemptions if self.verdict is Verdict.EXEMPTED else ()


def judge_segments(
    segments: Sequence[Segment], against: Callable[[Fraction], Against], zero: Figure
) -> list[Piece]:
    """The verdicts over consecutive segments, at least one; `against` compares with the limit times a factor.

    `zero` is the excess of what is within its limit.
    """
    plain = against(Fraction(1))
    if not plain.is_above:
        return [
            Piece(segments[0].first, segments[-1].last, Verdict.COMPLIANT, plain.limit, zero, plain.limit, ())
        ]
    pieces: list[Piece] = []
    for first, last, covers in segments:
        factor = product(covers)
        helps = factor > 1
        names = tuple(cover.id for cover in covers) if helps else ()
        limit, excess, is_above = against(factor) if helps else plain
        piece = (
            Piece(first, last, Verdict.VIOLATION, limit, excess, plain.limit, names)
            if is_above
            else Piece(first, last, Verdict.EXEMPTED, limit, zero, plain.limit, names)
        )
        if pieces and (pieces[-1].verdict, pieces[-1].limit) == (piece.verdict, piece.limit):
            before = pieces.pop()
            both = tuple(dict.fromkeys((*before.exemptions, *names)))
            piece = before._replace(last=last, exemptions=both)
        pieces.append(piece)
    return pieces


def against_cents(exact: Fraction, observed: int) -> Callable[[Fraction], Against]:
    """How cents compare with a limit in exact cents, which is rounded once, HALF_UP, with its factor."""

    def compare(factor: Fraction) -> Against:
        allowed = exact * factor
        limit = min(round_ratio(allowed.numerator, allowed.denominator), _HIGHEST)
        return Against(limit, observed - limit, observed > limit)

    return compare


def on_day(day: date, covers: Iterable[Cover]) -> list[Segment]:
    """From a day on without end, the exemptions in force on that day: for findings that are never split."""
    active = tuple(
        cover for cover in covers if cover.first <= day and (cover.last is None or day <= cover.last)
    )
    return [Segment(day, None, active)]


Write = Callable[[Any], str]
"""Writes a figure of one kind in French."""


def tell(subject: str, piece: Piece, basis: str, write: Write, write_excess: Write | None = None) -> str:
    """One French sentence about a piece; `basis` says how the limit comes about, to follow « soit », if need be."""
    basis = basis and f", soit {basis}"
    names = piece.exemptions and quoted(piece.exemptions)
    plural = "s" if len(piece.exemptions) > 1 else ""
    limit = write(piece.limit)
    if piece.verdict is Verdict.COMPLIANT:
        return f"{subject} respecte le plafond de {limit}{basis}."
    if piece.verdict is Verdict.EXEMPTED:
        which = "des dérogations" if plural else "de la dérogation"
        return (
            f"{subject} dépasse le plafond de {write(piece.plain)}, mais reste dans la limite de {limit} "
            f"compte tenu {which} {names}."
        )
    included = f", dérogation{plural} {names} comprise{plural}" if names else ""
    excess = (write_excess or write)(piece.excess)
    return f"{subject} dépasse de {excess} le plafond de {limit}{included}{basis}."
