"""An exemption in words: what its factor does to limits, and price by price what it would let pass."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Final

import msgspec

from domain.money import round_ratio
from domain.tariffs.exemptions import ExemptionTerms
from domain.tariffs.statements import Statement
from services.web.clauses import title
from services.web.figures import cents, subject
from services.web.price_history import plain_limit
from services.web.typography import eur, percent

_MONEY: Final = "euros"
_HUNDRED: Final = 100


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one limit: before and after, written out, and whether the price then passes."""

    clause: str
    name: str
    price: str
    limit: str
    allowed: str
    passes: bool
    kept: bool


def factor_words(factor: tuple[str, str]) -> str:
    """`les plafonds sont multipliés par 1,1532 ÷ 1,1327, soit +1,81 %`."""
    above, below = (text.replace(".", ",") for text in factor)
    ratio = Fraction(factor[0]) / Fraction(factor[1])
    if ratio == 1:
        return "les plafonds restent les mêmes"
    by = f"{above} ÷ {below}" if Fraction(factor[1]) != 1 else above
    return f"les plafonds sont multipliés par {by}, soit +{percent((ratio - 1) * _HUNDRED)}"


def effects(
    exemption: str,
    terms: ExemptionTerms,
    statements: Sequence[Statement],
    titles: Mapping[str, str],
    on: date,
) -> list[Effect]:
    """What the terms change or would: for each cell the limit that is said last, from their first day or `on` on."""
    first = max(terms.valid_from, on)
    last: dict[tuple[object, ...], Statement] = {}
    for each in statements:
        if each.commitment in terms.commitments and each.holds(first) and each.limit and each.observed:
            last[each.commitment, each.cell, each.subject] = each
    factor = Fraction(terms.factor[0]) / Fraction(terms.factor[1])
    return [
        found
        for each in last.values()
        if (found := _effect(exemption, each, factor, titles.get(each.commitment, each.commitment)))
        is not None
    ]


def _effect(exemption: str, statement: Statement, factor: Fraction, clause: str) -> Effect | None:
    observed, limit = Fraction(statement.observed or 0), Fraction(statement.limit or 0)
    counts = exemption in statement.exemptions
    if statement.unit == _MONEY:
        price, said = cents(statement.observed or "0"), cents(statement.limit or "0")
        before = (plain_limit(statement) or said) if counts else said
        allowed = said if counts else round_ratio(said * factor.numerator, factor.denominator)
        written = (eur(price), eur(before), eur(allowed))
        passes, kept = price <= allowed, price <= before
    elif statement.rule == "WEIGHTED_AVERAGE_CAP":
        # The average may rise by so much: what is multiplied is 1 + cap.
        below = (_HUNDRED + limit) / factor - _HUNDRED if counts else limit
        above = limit if counts else (_HUNDRED + limit) * factor - _HUNDRED
        written = (percent(observed), percent(below), percent(above))
        passes, kept = observed <= above, observed <= below
    else:
        return None
    return Effect(
        clause=clause, name=subject(statement), price=written[0], limit=written[1], allowed=written[2],
        passes=passes, kept=kept,
    )  # fmt: skip


def ratio_percent(factor: tuple[str, str]) -> str:
    """The factor as a percentage with a comma, as somebody would type it: `1,81`."""
    exact = (Fraction(factor[0]) / Fraction(factor[1]) - 1) * _HUNDRED
    return percent(exact).rstrip("%").rstrip()


def titles_of(commitments: Sequence[dict[str, object]]) -> dict[str, str]:
    """The title of each commitment of a convention by its id."""
    return {str(clause["id"]): title(clause) for clause in commitments}
