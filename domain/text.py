"""Keys for sorting and searching French text: without accents, ligatures, hyphens or capitals.

Made here and not in the database, so that every server sorts and finds alike, whatever its locales.
"""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_LETTERS = {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
_LAST = "\U0010ffff"


def _bare(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFD", letter) if not unicodedata.combining(part))


# The accented letters of European names, so that they cost one pass; whatever else comes is taken apart.
_LATIN = {code: _bare(chr(code)) for code in range(0xC0, 0x250)} | str.maketrans(_LETTERS)


def search_key(text: str) -> str:
    """The key under which `text` is sorted and found: its words in lower case, one space between them.

    `search_key("L'Haÿ-les-Roses") == "l hay les roses"`; text without letter or digit has the key `""`.
    """
    # No cache: names of persons pass through here, and must not outlive their erasure in memory.
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """The words of `search_key(text)`, in their order; everything but letters and digits separates."""
    text = text.casefold()
    if not text.isascii():
        text = text.translate(_LATIN)
        if not text.isascii():
            text = _bare(text).casefold().translate(_LATIN)
    return _WORD.findall(text)


def word_range(beginning: str) -> tuple[str, str]:
    """The bounds `low <= word < high` of all words that begin so, in code point order (`COLLATE "C"`).

    For columns of keys: under row-level security `LIKE` may not use an index, these comparisons may.
    """
    return beginning, beginning + _LAST
