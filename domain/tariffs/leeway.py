"""How far a town's exemption must go to let a broken price pass: no further than the dearest cell needs.

The factor is a pair of decimal numbers as the exemption keeps it; `assess` says whether it suffices.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Final

from domain.money import format_decimal, parse_decimal
from domain.tariffs.evidence import CaseCell

Factor = tuple[str, str]

_HALF: Final = Fraction(5, 1000)
"""Half a cent, or half of the second decimal of a percentage: what rounding may have hidden."""

_WHOLE: Final = 100


def leeways(rule: str, cells: Sequence[CaseCell]) -> list[Factor]:
    """Factors to try in turn, the least first: the price over its limit, then the same with what rounding hid.

    The second always suffices where figures are prices or an average; empty where they are neither.
    """
    figures = list(_figures(rule, cells))
    if not figures or len(figures) < len(cells):
        return []
    observed, limit = max(figures, key=lambda pair: pair[0] / pair[1])
    plain = (format_decimal(observed), format_decimal(limit))
    hidden = _HALF if rule == "WEIGHTED_AVERAGE_CAP" else Fraction(0)
    above, below = max(
        ((top + hidden, bottom - _HALF) for top, bottom in figures), key=lambda pair: pair[0] / pair[1]
    )
    return [plain, (format_decimal(above, 3), format_decimal(below, 3))]


def _figures(rule: str, cells: Iterable[CaseCell]) -> Iterable[tuple[Fraction, Fraction]]:
    for cell in cells:
        if cell.observed is None or cell.limit is None:
            continue
        observed, limit = parse_decimal(cell.observed), parse_decimal(cell.limit)
        if rule == "WEIGHTED_AVERAGE_CAP":
            # The average may rise by so much: what is multiplied is 1 + cap.
            yield _WHOLE + observed, _WHOLE + limit
        elif limit > _HALF:
            yield observed, limit
