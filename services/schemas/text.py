"""What free text may not hold, wherever it comes from: control characters, too much, or a social-security number.

One check for the API and the pages; `settle` first brings the text into the one form in which it is kept.
"""

import re
import unicodedata
from typing import Final, Literal

TextFault = Literal["blank", "too-long", "forbidden-character", "social-security-number"]

NAME: Final = 100
LINE: Final = 200
CLAUSE: Final = 2_000
"""Characters: the longest name of a person, line and clause."""

# Controls, lone surrogates, and what turns the direction of the text around and lets it pass for another.
_CATEGORIES: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_TURNING: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_LINE_ENDS: Final = re.compile(r"\r\n?")

# A NIR: sex, year, month, department (2A and 2B in Corsica), commune, order, and two digits of control or none.
_APART = r"[\s.\-_/\u00a0\u202f]*"
_DIGITS: Final = [r"[1-478]", *[r"\d"] * 4, r"\d", r"[\dABab]", *[r"\d"] * 6]
_NIR: Final = re.compile(
    rf"(?<!\d)(?<!\d[\s.\-]){_APART.join(_DIGITS)}(?:{_APART}\d{_APART}\d)?(?![\s.\-]?\d)"
)


def settle(text: str) -> str:
    """The text as it is kept: composed (NFC), without space at either end, lines ending in a line feed alone."""
    return unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text)).strip()


def fault_in(text: str, longest: int, *, lines: bool = False) -> TextFault | None:
    """What is wrong with a settled text, if anything; `lines` lets it run over several."""
    if not text:
        return "blank"
    if len(text) > longest:
        return "too-long"
    for letter in text if not text.isprintable() else "":
        if letter in _TURNING or (
            unicodedata.category(letter) in _CATEGORIES and not (lines and letter == "\n")
        ):
            return "forbidden-character"
    return "social-security-number" if holds_nir(text) else None


def holds_nir(text: str) -> bool:
    """Whether a social-security number stands in the text: 13 or 15 digits, spaces or dots between them allowed."""
    return _NIR.search(unicodedata.normalize("NFKC", text)) is not None
