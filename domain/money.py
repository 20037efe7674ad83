"""Exact money and percentages: cents are integers, percentages are fractions, nothing is ever a float.

A formula is rounded once, at its end, by `scale`. The `french_…` functions write for people, the others for files.
"""

import re
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

NARROW_SPACE = "\u202f"
"""Before % and €, and between thousands: it never breaks a line."""

SPACE = "\u00a0"
"""Before a colon or a semicolon, and inside guillemets."""

# Bounded, so that no file can make a computation long; ASCII digits only, which \d is not.
_EUROS = re.compile(r"(0|[1-9][0-9]{0,11})\.([0-9]{2})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?")


class Rounding(StrEnum):
    """How an exact amount becomes cents: half a cent goes away from zero, or the rest of a cent is left out."""

    HALF_UP = "HALF_UP"
    FLOOR = "FLOOR"


def parse_euros(text: str) -> int:
    """Cents of an amount such as `47.80`: two decimals, no sign, no separator; ValueError otherwise."""
    match = _EUROS.fullmatch(text)
    if match is None:
        raise ValueError(f"not an amount in euros with two decimals: {text[:40]!r}")
    return int(match[1] + match[2])


def format_euros(cents: int) -> str:
    """Cents as an amount that `parse_euros` reads, with a minus sign below zero."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{cents // 100}.{cents % 100:02d}"


def parse_decimal(text: str) -> Fraction:
    """The exact value of a decimal number such as `3`, `2.05` or `-0.4`; ValueError otherwise."""
    if _DECIMAL.fullmatch(text) is None:
        raise ValueError(f"not a decimal number: {text[:40]!r}")
    return Fraction(text)


def format_decimal(value: Fraction, places: int = 2) -> str:
    """A number with exactly `places` decimals, HALF_UP: the form in which percentages are reported."""
    scaled = round_ratio(value.numerator * 10**places, value.denominator)
    sign, scaled = ("-", -scaled) if scaled < 0 else ("", scaled)
    whole, rest = divmod(scaled, 10**places)
    return f"{sign}{whole}.{rest:0{places}d}" if places else f"{sign}{whole}"


def round_ratio(numerator: int, denominator: int, rounding: Rounding = Rounding.HALF_UP) -> int:
    """The whole number for `numerator / denominator`, in integers only; `denominator` is positive."""
    if rounding is Rounding.FLOOR:
        return numerator // denominator
    if numerator < 0:
        return -((2 * -numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def scale(cents: int, ratio: tuple[int, int], rounding: Rounding = Rounding.HALF_UP) -> int:
    """Cents times a ratio (numerator, denominator), rounded once to cents."""
    return round_ratio(cents * ratio[0], ratio[1], rounding)


@lru_cache(maxsize=16_384)  # the same few thousand prices are written again and again
def french_euros(cents: int) -> str:
    """An amount as a French reader expects it: `1 234,50 €`, with spaces that do not break."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    whole = str(cents // 100) if cents < 100_000 else f"{cents // 100:,}".replace(",", NARROW_SPACE)
    return f"{sign}{whole},{cents % 100:02d}{NARROW_SPACE}€"


@lru_cache(maxsize=1024)
def french_percent(percent: Fraction) -> str:
    """A percentage as a French reader expects it, with the decimals it needs and at most twelve: `2,05 %`."""
    text = format_decimal(percent, 12).rstrip("0").rstrip(".")
    return f"{text.replace('.', ',')}{NARROW_SPACE}%"
