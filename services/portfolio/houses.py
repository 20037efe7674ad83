"""The invented insurers of a portfolio: what they are called, and how communes are shared out among them.

Their SIRENs follow those of the demo: the first numbers whose check digit is right, where INSEE's register has none.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

import msgspec

from domain.tenancy import is_siren
from domain.text import search_key
from services.demo.insurers import INSURERS

NAMES: Final = (
    "Mutuelle des Grands Chemins (fictive)",
    "Solidaire des Deux Rives (fictive)",
    "Prévoyance du Vieux Pont (fictive)",
    "Mutuelle de l’Étoile Claire (fictive)",
)
"""Who a portfolio belongs to unless somebody else is named."""

MOST: Final = 40
LONGEST: Final = 80
_GOLDEN: Final = 6_180_339_887
_WHOLE: Final = 10_000_000_000
_TWO_INSURERS_EVERY: Final = 7


class House(msgspec.Struct, frozen=True):
    """An invented insurer. `key` is its name in addresses."""

    key: str
    name: str
    siren: str


def houses(names: Sequence[str]) -> list[House]:
    """The insurers of these names, in order; the SIREN comes of the place in the list."""
    return [
        House("-".join(search_key(name.removesuffix(" (fictive)")).split()), name, siren)
        for name, siren in zip(names, _sirens(), strict=False)
    ]


def partners(every: Sequence[House], place: int) -> list[House]:
    """Who has a convention with the commune in a place of the portfolio: one, in some communes two.

    The first insurer has the most communes, each next one half as many; growing a portfolio moves nobody.
    """
    chosen = _by_weight(every, (place + 1) * _GOLDEN % _WHOLE)
    if len(every) == 1 or place % _TWO_INSURERS_EVERY:
        return [every[chosen]]
    return [every[chosen], every[(chosen + 1) % len(every)]]


def _by_weight(every: Sequence[House], spread: int) -> int:
    weights = [2 ** (min(len(every), 8) - 1 - min(number, 7)) for number in range(len(every))]
    at = spread * sum(weights) // _WHOLE
    return next(number for number, until in enumerate(accumulate(weights)) if at < until)


def _sirens() -> Iterator[str]:
    number = max(int(insurer.siren) for insurer in INSURERS)
    while True:
        number += 1
        if is_siren(f"{number:09d}"):
            yield f"{number:09d}"
