"""Under which words and keys the name of a commune is found, when it is indexed and when it is asked for.

The loader and the search must agree on every line here: raise LAYOUT when a line changes what is stored.
"""

import re
from collections.abc import Iterable

from domain.text import words

LAYOUT = 1
"""Part of a vintage's digest, so that a changed index is built again from unchanged data."""

SHORTENED = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}

LINKING = frozenset(
    {"a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "sous", "sur"},
)
"""Words that only tie others together: typed alone they find the names that begin with them, no others."""

_IN_BRACKETS = re.compile(r"\([^)]*\)")
_ELIDED = frozenset({"d", "l"})


def name_key(name: str) -> str:
    """The key that says two names are the same: brackets left out, `St` written `saint`."""
    return expand(words(_IN_BRACKETS.sub(" ", name)))


def expand(parts: Iterable[str]) -> str:
    """Words of a name, as one key in which nothing is shortened."""
    return " ".join(SHORTENED.get(word, word) for word in parts)


def indexed_words(name: str) -> dict[str, bool]:
    """The words by which `name` is found, and whether each one only links others.

    `L'Haÿ-les-Roses` is also found by `lhay`, as many type it.
    """
    parts = [SHORTENED.get(word, word) for word in words(name)]
    found: dict[str, bool] = {}
    for place, word in enumerate(parts):
        found[word] = found.get(word, True) and place > 0 and word in LINKING
        if word in _ELIDED and place + 1 < len(parts):
            found[word + parts[place + 1]] = False
    return found
