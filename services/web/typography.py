"""French typography for screens: spaces that do not break, money, days and hours as a French reader writes them.

Templates hold plain spaces: `fr` is applied to their text when they are compiled, and as a filter to what comes in.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from babel.dates import format_date
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup

from domain.money import NARROW_SPACE, SPACE, round_ratio
from infra.clock import PARIS

_LOCALE: Final = "fr_FR"
_MINUS: Final = "−"
_UNITS: Final = (
    "mois|ans?|jours?|semaines?|heures?|min|euros?|km|janvier|février|mars|avril|mai|juin|juillet|août|septembre"
    "|octobre|novembre|décembre"
)
_Rules = tuple[tuple[re.Pattern[str], str], ...]
_EVERYWHERE: Final[_Rules] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=[^\W\d_])'(?=[^\W\d_]|$)", "’"),
        (r"[ \u00a0]+(?=[;!?€%](?:\W|$))", NARROW_SPACE),
        (r"[ \u202f]+(?=:(?:\s|$))", SPACE),
        (r"«\s*", f"«{SPACE}"),
        (r"\s*»", f"{SPACE}»"),
        (r"(?<=\bn°)\s+", SPACE),
        (r"(?<=\b[Aa]rt\.)\s+", SPACE),
    )
)
# Inside a tag a number may be a coordinate: these are for words only.
_IN_WORDS: Final[_Rules] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=\d) h (?=\d\d\b)", f"{SPACE}h{SPACE}"),
        (r"(?<=\d) h\b", f"{SPACE}h"),
        (rf"(?<=\d) (?=(?:{_UNITS})\b)", SPACE),
        (r"(?<=\d) (?=\d{3}(?!\d))", NARROW_SPACE),
    )
)
_AFTER_A_VALUE: Final = re.compile(rf"^ (?=(?:{_UNITS})\b)")
_TAG: Final = re.compile(r"<[^>]*(?:>|$)")
_WORDS: Final = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize",
)  # fmt: skip


def fr(text: object) -> str:
    """The text with the spaces and apostrophes of French print. Markup stays markup."""
    found = _set(str(text))
    return Markup(found) if isinstance(text, Markup) else found  # noqa: S704 (it was markup before)


@lru_cache(maxsize=4096)  # a table says the same few words in every row
def _set(text: str) -> str:
    return _apply(_apply(text, _EVERYWHERE), _IN_WORDS)


def number(value: int | Decimal, places: int = 0) -> str:
    """`1 284`; a decimal comma with exactly `places` decimals."""
    written = f"{abs(Decimal(value)):,.{places}f}".replace(",", NARROW_SPACE).replace(".", ",")
    return (_MINUS if value < 0 else "") + written


def eur(cents: int) -> str:
    """`49,74 €` from cents; a true minus sign below zero."""
    return f"{number(Decimal(cents) / 100, 2)}{NARROW_SPACE}€"


def signed_eur(cents: int) -> str:
    """`+0,51 €`; zero has no sign."""
    return f"+{eur(cents)}" if cents > 0 else eur(cents)


def signed(value: int) -> str:
    """`+12`, `−3`, `0`."""
    return f"+{number(value)}" if value > 0 else number(value)


def percent(value: str | int | Fraction) -> str:
    """`3 %`, `2,5 %` from an exact value, with the decimals it needs and at most two."""
    hundredths = round_ratio((exact := Fraction(value)).numerator * 100, exact.denominator)
    places = 0 if hundredths % 100 == 0 else 1 if hundredths % 10 == 0 else 2
    return f"{number(Decimal(hundredths) / 100, places)}{NARROW_SPACE}%"


def share(value: Fraction) -> str:
    """`9,80 %`, with two decimals: one below another in a column."""
    hundredths = round_ratio(value.numerator * 100, value.denominator)
    return f"{number(Decimal(hundredths) / 100, 2)}{NARROW_SPACE}%"


def rise(before: int, after: int) -> str:
    """How much more, with two decimals and its sign: `+1,04 %`; `0 %` for the same price."""
    if before in {after, 0}:
        return f"0{NARROW_SPACE}%"
    hundredths = round_ratio((after - before) * 10_000, before)
    return f"{'+' if hundredths > 0 else ''}{number(Decimal(hundredths) / 100, 2)}{NARROW_SPACE}%"


def day(value: date) -> str:
    """`25/11/2026`, for tables."""
    return f"{_civil(value):%d/%m/%Y}"


@lru_cache(maxsize=1024)
def long_day(value: date, *, weekday: bool = True, year: bool = True) -> Markup:
    """`mardi 24 novembre 2026`, for sentences; the first of a month is « 1er »."""
    civil = _civil(value)
    name = format_date(civil, "EEEE", locale=_LOCALE) + " " if weekday else ""
    month_name = format_date(civil, "MMMM", locale=_LOCALE)
    ordinal = Markup("1<sup>er</sup>") if civil.day == 1 else Markup(str(civil.day))  # noqa: S704 (a number)
    return Markup("{}{}{}{}{}").format(name, ordinal, SPACE, month_name, f" {civil.year}" if year else "")


def plain_text(text: str) -> str:
    """What a piece of markup says where there is none: `1er` for « 1<sup>er</sup> »."""
    return _TAG.sub("", str(text))


@lru_cache(maxsize=1024)
def month(value: date | str) -> str:
    """`octobre 2026`, from a day or from `2026-10`."""
    return format_date(_of_month(value), "MMMM y", locale=_LOCALE)


@lru_cache(maxsize=1024)
def short_month(value: date | str) -> str:
    """`oct. 26`, for the axis of a chart."""
    return format_date(_of_month(value), "MMM yy", locale=_LOCALE)


def hour(value: time | datetime) -> str:
    """`9 h 12`, `14 h`; an instant is told in Paris time."""
    if isinstance(value, datetime):
        value = value.astimezone(PARIS).time()
    minutes = f"{SPACE}{value.minute:02d}" if value.minute else ""
    return f"{value.hour}{SPACE}h{minutes}"


def instant(value: datetime) -> str:
    """`24/11/2026, 10 h 42`, in Paris time."""
    return f"{day(value)}, {hour(value)}"


def count(value: int, one: str, many: str | None = None) -> str:
    """`1 284 adhérents`, `0 adhérent`: the French plural begins at two."""
    return f"{number(value)}{SPACE}{plural(value, one, many)}"


def plural(value: int, one: str, many: str | None = None) -> str:
    """The noun in singular or plural, without the number."""
    return one if abs(value) < 2 else many or f"{one}s"


def in_words(value: int, *, feminine: bool = False) -> str:
    """`trois`, up to sixteen; digits above."""
    if not 0 <= value < len(_WORDS):
        return number(value)
    return "une" if feminine and value == 1 else _WORDS[value]


def ages(first: int, last: int | None) -> str:
    """An age bracket in words: `50 ans et plus`, `moins de 50 ans`, `50 à 64 ans`, `tous âges`."""
    if last is None:
        return "tous âges" if first == 0 else f"{first}{SPACE}ans et plus"
    if first == 0:
        return f"moins de {last + 1}{SPACE}ans"
    return f"{first}{SPACE}ans" if first == last else f"{first} à {last}{SPACE}ans"


def phone(value: str) -> str:
    """`06 39 98 00 12` from a French number in international form; others as they are."""
    digits = value.removeprefix("+33") if value.startswith("+33") and len(value) == 12 else ""
    return SPACE.join(re.findall("..", f"0{digits}")) if digits.isdigit() else value


def _civil(value: date) -> date:
    return value.astimezone(PARIS).date() if isinstance(value, datetime) else value


def _of_month(value: date | str) -> date:
    return date.fromisoformat(f"{value}-01") if isinstance(value, str) else value


def _apply(text: str, rules: _Rules) -> str:
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text


class FrenchText(Extension):
    """Sets the text that templates hold in French typography, once, when they are compiled."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """Every piece of literal text passes through the rules; expressions do not."""
        inside = False
        for token in stream:
            if token.type != "data":
                yield token
                continue
            written, inside = _typeset(token.value, inside=inside)
            yield Token(token.lineno, "data", written)


def _typeset(source: str, *, inside: bool) -> tuple[str, bool]:
    """A piece of a template, and whether it ends inside a tag; `inside` says whether it begins in one."""
    source = _apply(source, _EVERYWHERE)
    begun, closing, rest = source.partition(">") if inside else ("", "", source)
    if inside and not closing:
        return begun, True
    written = [begun, closing]
    at = 0
    for tag in _TAG.finditer(rest):
        written += [_words(rest[at : tag.start()]), tag[0]]
        at = tag.end()
    written.append(_words(rest[at:]))
    return "".join(written), rest.rfind("<") > rest.rfind(">")


def _words(text: str) -> str:
    return _apply(_AFTER_A_VALUE.sub(SPACE, text), _IN_WORDS)


FILTERS: Final = {
    filter_.__name__: filter_
    for filter_ in (
        ages, count, day, eur, fr, hour, in_words, instant, long_day, month, number, percent, phone, plural, rise,
        share, short_month, signed, signed_eur,
    )
}  # fmt: skip
"""What templates may use, by name."""
