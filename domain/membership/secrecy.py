"""Statistical secrecy: which counts of people may leave the insurer's drawer.

A count under 11 is withheld, and with it others where it could be found by subtraction (INSEE's rule for natural
persons, with complementary suppression). Zeros are withheld too: nobody is as telling as one.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

K = TypeVar("K")

FEWEST: Final = 11
"""The smallest count of people that is shown to others."""


def shown_total(count: int) -> int | None:
    """A total as others may see it; None when it is withheld."""
    return count if count >= FEWEST else None


def shown_parts(counts: Mapping[K, int]) -> dict[K, int | None]:
    """The parts of a total that is itself shown; None where one is withheld.

    What is withheld never stands alone, and its sum leaves more than one possibility for every part, also to a reader
    who knows this rule. Where that takes other parts, the smallest go first, all that are equal together: which of
    two equal parts is shown would tell their order.
    """
    hidden = {key for key, count in counts.items() if count < FEWEST}
    while 0 < len(hidden) < len(counts) and _tells([counts[key] for key in hidden]):
        smallest = min(count for key, count in counts.items() if key not in hidden)
        hidden |= {key for key, count in counts.items() if count == smallest}
    return {key: None if key in hidden else count for key, count in counts.items()}


def _tells(withheld: Sequence[int]) -> bool:
    """Whether the sum of what is withheld, which everyone can work out, tells one of its parts."""
    # Three small parts that make 30 can only be ten each.
    return len(withheld) == 1 or sum(withheld) < FEWEST or set(withheld) == {FEWEST - 1}
