"""What somebody typed, taken apart: words of a name, numbers that begin a code, a number of arrondissement.

Pure: the search decides what to do with them.
"""

import re
from dataclasses import dataclass
from typing import Self

from domain.text import words
from infra.directory.naming import SHORTENED, expand

LONGEST = 120
"""Characters; the longest name of a commune has 45, and a longer text cannot be one."""

_MOST_WORDS = 12
_NUMBER = re.compile(r"[0-9]{1,5}|2[ab][0-9]{0,3}")
_ORDINAL = re.compile(r"([0-9]{1,2})(?:er|ere|e|eme|ieme|nd|nde)?")
_ARRONDISSEMENT = "arrondissement"
_ABBREVIATED = frozenset({"ardt", "arrdt"})
_OF = frozenset({"de", "du", "d"})


@dataclass(frozen=True, slots=True)
class Query:
    """A text to find communes by. `names` and `numbers` are without doubles, in the order typed."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]  # in upper case, 1 to 5 characters: the beginning of an INSEE code or a postcode
    key: str  # of the whole name, to find the very same one
    city: str  # the key of the name beside a number of arrondissement, or ""
    ordinals: tuple[int, ...]  # which arrondissements were meant, if any

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Take `text` apart; None when no commune can answer to it (empty, too long, too many words)."""
        if len(text) > LONGEST:
            return None
        typed = words(text)
        if not typed or len(typed) > _MOST_WORDS:
            return None
        names = [word for word in typed if word[0].isalpha()]
        rest = [word for word in typed if not word[0].isalpha()]
        if not all(_NUMBER.fullmatch(word) or _ORDINAL.fullmatch(word) for word in rest):
            return None
        numbers = [word.upper() for word in rest if _NUMBER.fullmatch(word)]
        ordinals = [int(found[1]) for word in rest if (found := _ORDINAL.fullmatch(word))]
        return cls(
            names=tuple(dict.fromkeys(names)),
            numbers=tuple(dict.fromkeys(numbers)),
            key=expand(names),
            city=expand(word for word in names if not _is_arrondissement(word) and word not in _OF),
            ordinals=tuple(ordinals),
        )

    @property
    def code(self) -> str | None:
        """The beginning of a code or postcode, when that is all that was typed."""
        return self.numbers[0] if len(self.numbers) == 1 and not self.names else None


def _is_arrondissement(word: str) -> bool:
    return word in _ABBREVIATED or (len(word) >= 3 and _ARRONDISSEMENT.startswith(word))


def beginnings(word: str) -> tuple[str, ...]:
    """With what a name's word may begin when `word` was typed: `st` is also `saint`."""
    return (word, SHORTENED[word]) if word in SHORTENED else (word,)
