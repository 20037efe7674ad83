"""FAMILY_BENEFIT: a household pays no more than its cells, less free children and the discount of a couple.

Source: the clauses « gratuité à partir du 3e enfant » and « réduction de X % pour un couple ».
"""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction

from domain.money import french_euros, french_percent, round_ratio
from domain.tariffs.assess.exemptions import covers_of
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import Params, Person, Quote
from domain.tariffs.assess.percentages import discount
from domain.tariffs.assess.price_list import PriceList
from domain.tariffs.assess.reading import Field, choice, maybe, record, whole
from domain.tariffs.assess.rules.rule import WITHIN_EXEMPTIONS, Case, Prose, Rule
from domain.tariffs.assess.segments import against_cents, judge_segments, on_day, tell
from domain.tariffs.assess.sentences import quoted

NAME = "FAMILY_BENEFIT"

_ADULT, _CHILD = "adult", "child"


class DiscountBase(StrEnum):
    """Whether a couple's discount is taken off the sum of the two prices or off each, and rounded there."""

    SUM = "SUM"
    LINE = "LINE"


class FreeOrder(StrEnum):
    """Which children are free: those that come after their elders, the cheapest or the dearest."""

    BY_AGE = "BY_AGE"
    CHEAPEST = "CHEAPEST"
    DEAREST = "DEAREST"


class FamilyBenefit(Params, frozen=True):
    """Children are free from `free_from_rank` on (None: never), two adults pay `couple_discount_percent` less."""

    free_from_rank: int | None = None
    couple_discount_percent: Fraction = Fraction(0)
    discount_base: DiscountBase = DiscountBase.SUM
    free_order: FreeOrder = FreeOrder.BY_AGE


def judge(commitment: str, params: FamilyBenefit, case: Case) -> list[Finding]:
    """One finding a quote, by grid and quote; it is never split: the exemptions in force on the day count."""
    scenario, timeline = case
    covers = covers_of(commitment, scenario.exemptions)
    prices = PriceList(timeline)
    findings = []
    for quote in sorted(scenario.quotes, key=lambda each: (prices.place(each.on), each.id)):
        grid = prices.grid_on(quote.on)
        lines, lost = _lines(quote, prices)
        if lost is not None:
            findings.append(
                Finding(
                    commitment, NAME, grid, None, quote.id, quote.on, None, Verdict.INDETERMINATE,
                    None, None, quote.total, None,
                    f"La grille en vigueur n’a pas de prix à {lost.age} ans dans la formule "
                    f"{quoted((lost.formula,))} pour l’une des personnes du devis.",
                )
            )  # fmt: skip
            continue
        anchor = sum(lines)
        free = _free(quote.people, lines, params)
        discount = _couple_discount(quote.people, lines, params)
        limit = anchor - sum(lines[place] for place in free) - discount
        subject = f"Le total de {french_euros(quote.total)}"
        basis = _basis(anchor, params, len(free), has_discount=discount > 0)
        findings += [
            Finding(
                commitment, NAME, grid, None, quote.id, piece.first, piece.last, piece.verdict,
                anchor, piece.limit, quote.total, piece.excess,
                tell(subject, piece, basis, french_euros), piece.exempted_by,
            )
            for piece in judge_segments(on_day(quote.on, covers), against_cents(limit, quote.total), 0)
        ]  # fmt: skip
    return findings


def _lines(quote: Quote, prices: PriceList) -> tuple[list[int], Person | None]:
    """Cents of each person before benefits, up to the first without a cell, who comes second if there is one."""
    lines: list[int] = []
    for person in quote.people:
        found = prices.find(quote.on, person.formula, person.category, person.role, person.age)
        if found is None:
            return lines, person
        lines.append(found[1])
    return lines, None


def _free(people: Sequence[Person], lines: Sequence[int], params: FamilyBenefit) -> list[int]:
    """The places of the children who are free."""
    children = [place for place, person in enumerate(people) if person.role == _CHILD]
    if params.free_from_rank is None:
        return []
    if params.free_order is FreeOrder.BY_AGE:
        ranked = sorted(children, key=lambda place: -people[place].age)
    else:
        # Free ones come last, as they do among siblings ranked by age.
        cheapest_last = params.free_order is FreeOrder.CHEAPEST
        ranked = sorted(children, key=lambda place: lines[place], reverse=cheapest_last)
    return ranked[params.free_from_rank - 1 :]


def _couple_discount(people: Sequence[Person], lines: Sequence[int], params: FamilyBenefit) -> Fraction:
    """Cents that a couple pays less, exact on the sum, and what the rounding of each line leaves otherwise."""
    adults = [line for person, line in zip(people, lines, strict=True) if person.role == _ADULT]
    if len(adults) != 2:
        return Fraction(0)
    share = 1 - params.couple_discount_percent / 100
    if params.discount_base is DiscountBase.SUM:
        return sum(adults) * (1 - share)
    paid = (line * share for line in adults)
    return Fraction(sum(adults) - sum(round_ratio(line.numerator, line.denominator) for line in paid))


def _basis(anchor: int, params: FamilyBenefit, free: int, *, has_discount: bool) -> str:
    benefits = []
    if free:
        benefits.append("la gratuité d’un enfant" if free == 1 else f"la gratuité de {free} enfants")
    if has_discount:
        benefits.append(f"la réduction de {french_percent(params.couple_discount_percent)} du couple")
    total = f"{french_euros(anchor)} pour toutes les personnes du devis"
    return f"{total}, moins {' et '.join(benefits)}" if benefits else total


RULE = Rule(
    NAME,
    FamilyBenefit,
    record(
        FamilyBenefit,
        {
            "free_from_rank": Field(
                maybe(whole(1, 150)), None, about="Children are free from this rank on; absent: none is."
            ),
            "couple_discount_percent": Field(discount, Fraction(0), about="What two adults pay less."),
            "discount_base": Field(
                choice(DiscountBase),
                DiscountBase.SUM,
                about="Whether the discount is taken off their sum, or off each and rounded there.",
            ),
            "free_order": Field(
                choice(FreeOrder),
                FreeOrder.BY_AGE,
                about="Which children are free: the youngest, the cheapest or the dearest.",
            ),
        },
    ),
    judge,
    prose=Prose(
        title="avantages familiaux",
        clause=(
            "La cotisation est gratuite à partir du troisième enfant, et un couple bénéficie d’une "
            "réduction de 10 % sur la somme de ses deux cotisations."
        ),
        anchor="the sum of the cells of everybody in the quote, before any benefit.",
        limit="the anchor less free children and the couple's discount. The total may be lower, not higher.",
        verdicts={
            Verdict.COMPLIANT: "The total is not above the limit.",
            Verdict.VIOLATION: "The total is above the limit.",
            Verdict.EXEMPTED: WITHIN_EXEMPTIONS,
            Verdict.INDETERMINATE: "Somebody in the quote has no cell on that day.",
        },
        example=(
            "A couple pays 57.35, and a cent more is a breach. With four children two of them are free; a "
            "parent alone is no couple. Somebody with a formula that the grid lacks leaves the quote "
            "undecided, and a tax that the town allows exempts another."
        ),
    ),
)
