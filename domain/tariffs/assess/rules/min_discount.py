"""MIN_DISCOUNT: a price stays below that of the insurer's own tariff by no less than a percentage.

Source: the usual clause « inférieure d’au moins R % au tarif individuel de référence déposé en annexe ».
"""

from fractions import Fraction

from domain.money import SPACE, Rounding, french_euros, french_percent
from domain.tariffs.assess.annual_caps import ROUNDING
from domain.tariffs.assess.days import cut_days
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import Params
from domain.tariffs.assess.percentages import discount
from domain.tariffs.assess.price_limits import Aside, Bound, PriceLimits, Stage
from domain.tariffs.assess.reading import Field, record
from domain.tariffs.assess.reference_tariffs import ReferenceTariffs
from domain.tariffs.assess.rules.rule import WITHIN_EXEMPTIONS, Case, Prose, Rule

NAME = "MIN_DISCOUNT"

_NO_REFERENCE = Aside(
    Verdict.INDETERMINATE,
    f"Aucun tarif de référence ne donne de prix pour cette case{SPACE}: la remise ne peut pas être vérifiée.",
)


class MinDiscount(Params, frozen=True):
    """`min_discount_percent` below the reference price of the same cell on the same day."""

    min_discount_percent: Fraction
    rounding: Rounding = Rounding.HALF_UP


def judge(commitment: str, params: MinDiscount, case: Case) -> list[Finding]:
    """One finding a cell and grid, more where the reference changes or exemptions begin or end."""
    scenario, timeline = case
    limits = PriceLimits(commitment, NAME, timeline, scenario.exemptions, params.rounding)
    references = ReferenceTariffs(scenario.reference_grids)
    ratio = (1 - params.min_discount_percent / 100).as_integer_ratio()
    basis = f" au tarif de référence moins {french_percent(params.min_discount_percent)}"
    for slot in timeline.slots:
        spans = [
            (days, references.prices_on(days.first))
            for days in cut_days(slot.first, slot.last, references.starts)
        ]
        for place, cell in enumerate(slot.cells):
            name = timeline.ids[cell]
            stages = []
            for days, prices in spans:
                price = prices.get(name)
                stages.append(
                    Stage(
                        days,
                        _NO_REFERENCE if price is None else Bound(price, ratio, french_euros(price) + basis),
                    )
                )
            limits.judge_stages(slot, place, stages)
    return limits.findings


RULE = Rule(
    NAME,
    MinDiscount,
    record(
        MinDiscount,
        {
            "min_discount_percent": Field(discount, about="How far below the reference at least."),
            "rounding": ROUNDING,
        },
    ),
    judge,
    prose=Prose(
        title="remise sur le tarif de référence",
        clause=(
            "À tout moment, chaque cotisation est inférieure d’au moins 15 % à celle du tarif individuel "
            "de référence que l’organisme dépose auprès de la commune."
        ),
        anchor="the price of the same cell in the reference grid in force on that day.",
        limit="anchor × (1 − discount), rounded once; it is judged again whenever either side changes.",
        verdicts={
            Verdict.COMPLIANT: "The price is not above the limit.",
            Verdict.VIOLATION: "The price is above the limit, even if only the reference has fallen.",
            Verdict.EXEMPTED: WITHIN_EXEMPTIONS,
            Verdict.INDETERMINATE: "No reference grid prices that cell on that day.",
        },
        example=(
            "The insurer lowers its own tariff in July 2025 and leaves the town's alone: a price that "
            "kept its discount no longer does, without any new grid. One cell has no reference, so that "
            "nothing can be said of it."
        ),
    ),
)
