"""Statistical secrecy: which counts of people may leave the insurer's drawer.

A count under 11 is withheld, and with it a second one where the first could be found by subtraction (INSEE's rule for
natural persons, with complementary suppression). Zeros are withheld too: nobody is as telling as one.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

K = TypeVar("K")

FEWEST: Final = 11
"""The smallest count of people that is shown to others."""


def shown_total(count: int) -> int | None:
    """A total as others may see it; None when it is withheld."""
    return count if count >= FEWEST else None


def shown_parts(counts: Mapping[K, int]) -> dict[K, int | None]:
    """The parts of a total that is itself shown; None where one is withheld.

    What is withheld adds up to at least 11 and never stands alone, so that the total tells nothing about it.
    """
    shown: dict[K, int | None] = {key: shown_total(count) for key, count in counts.items()}
    hidden = [key for key, count in shown.items() if count is None]
    while hidden and (len(hidden) == 1 or sum(counts[key] for key in hidden) < FEWEST):
        rest = [key for key, count in shown.items() if count is not None]
        if not rest:
            break
        smallest = min(rest, key=lambda key: counts[key])
        shown[smallest] = None
        hidden.append(smallest)
    return shown
