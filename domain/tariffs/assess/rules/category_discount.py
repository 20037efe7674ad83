"""CATEGORY_DISCOUNT: a category pays less than another, by no less than a percentage, in the same grid.

Source: the clauses on students, agents or the self-employed; L110-2 of the code de la mutualité bounds them.
"""

from fractions import Fraction

from domain.money import SPACE, Rounding, french_euros, french_percent
from domain.tariffs.assess.annual_caps import ROUNDING
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import CellId, Params
from domain.tariffs.assess.percentages import discount
from domain.tariffs.assess.price_limits import Aside, Bound, PriceLimits
from domain.tariffs.assess.reading import Field, ScenarioError, describe, record, text
from domain.tariffs.assess.rules.rule import WITHIN_EXEMPTIONS, Case, Prose, Rule
from domain.tariffs.assess.sentences import quoted

NAME = "CATEGORY_DISCOUNT"


class CategoryDiscount(Params, frozen=True):
    """`category` pays `min_discount_percent` less than `base_category`: same formula, role and ages."""

    category: str
    min_discount_percent: Fraction
    base_category: str = "general"
    rounding: Rounding = Rounding.HALF_UP


def judge(commitment: str, params: CategoryDiscount, case: Case) -> list[Finding]:
    """One finding a cell of the category and grid, more where exemptions begin or end."""
    scenario, timeline = case
    limits = PriceLimits(commitment, NAME, timeline, scenario.exemptions, params.rounding)
    ratio = (1 - params.min_discount_percent / 100).as_integer_ratio()
    base = quoted((params.base_category,))
    basis = f" pour la catégorie {base} moins {french_percent(params.min_discount_percent)}"
    missing = Aside(
        Verdict.INDETERMINATE,
        f"La grille n’a pas la même case dans la catégorie {base}{SPACE}: la remise ne peut pas être vérifiée.",
    )
    bases = {
        number: timeline.numbers.get(CellId(cell.formula, params.base_category, *cell[2:]), -1)
        for number, cell in enumerate(timeline.ids)
        if cell.category == params.category
    }
    for slot in timeline.slots:
        prices = dict(zip(slot.cells, slot.prices, strict=True))
        for place, cell in enumerate(slot.cells):
            if cell not in bases:
                continue
            anchor = prices.get(bases[cell])
            if anchor is None:
                limits.aside(slot, place, missing)
            else:
                limits.judge(slot, place, Bound(anchor, ratio, french_euros(anchor) + basis))
    return limits.findings


def _make(
    category: str, base_category: str, min_discount_percent: Fraction, rounding: Rounding
) -> CategoryDiscount:
    if category == base_category:
        expected = "another category than the one that pays less"
        raise ScenarioError(".base_category", expected, describe(base_category))
    return CategoryDiscount(category, min_discount_percent, base_category, rounding)


RULE = Rule(
    NAME,
    CategoryDiscount,
    record(
        _make,
        {
            "category": Field(text, about="The category that pays less."),
            "base_category": Field(text, "general", about="The category that it is compared with."),
            "min_discount_percent": Field(discount, about="How much less at least."),
            "rounding": ROUNDING,
        },
    ),
    judge,
    prose=Prose(
        title="remise catégorielle",
        clause=(
            "Les étudiants bénéficient, à formule et âge identiques, d’une cotisation inférieure d’au "
            "moins 30 % à celle de la catégorie générale."
        ),
        anchor="the price of the same formula, role and ages in the base category of the same grid.",
        limit="anchor × (1 − discount), rounded once.",
        verdicts={
            Verdict.COMPLIANT: "The price is not above the limit.",
            Verdict.VIOLATION: "The price is above the limit.",
            Verdict.EXEMPTED: WITHIN_EXEMPTIONS,
            Verdict.INDETERMINATE: "The grid has no such cell in the base category.",
        },
        example=(
            "Students pay 30 % less, until one price of 2026 is a cent too high; the town allows 1 % from "
            "July on. In 2027 a bracket for students alone has nothing to be compared with."
        ),
    ),
)
