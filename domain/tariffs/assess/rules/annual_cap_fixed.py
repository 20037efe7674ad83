"""ANNUAL_CAP_FIXED: in one period a price rises by no more than a fixed percentage.

Source: the usual clause « l’évolution annuelle, à âge et garanties inchangés, ne peut excéder X % ».
"""

from fractions import Fraction

from domain.money import Rounding, french_percent
from domain.tariffs.assess.anchors import AnchorBook
from domain.tariffs.assess.days import Period
from domain.tariffs.assess.findings import Finding
from domain.tariffs.assess.model import Params
from domain.tariffs.assess.price_limits import FIRST_GRID, NEW_CELL, Bound, PriceLimits, Ratio
from domain.tariffs.assess.reading import Field, choice, flag, record, rise
from domain.tariffs.assess.rules.rule import Case, Rule

NAME = "ANNUAL_CAP_FIXED"


class AnnualCapFixed(Params, frozen=True):
    """`max_rise_percent` a period; `carry_over` grants a percentage for each calendar period at the same price."""

    max_rise_percent: Fraction
    period: Period = Period.CIVIL_YEAR
    carry_over: bool = False
    rounding: Rounding = Rounding.HALF_UP


def judge(commitment: str, params: AnnualCapFixed, case: Case) -> list[Finding]:
    """One finding a cell and grid, more where exemptions begin or end."""
    scenario, timeline = case
    book = AnchorBook(timeline, params.period, scenario.convention.starts_on, carry_over=params.carry_over)
    limits = PriceLimits(commitment, NAME, timeline, scenario.exemptions, params.rounding)
    rate = french_percent(params.max_rise_percent)
    growth = _Growth(params.max_rise_percent)
    for slot in timeline.slots:
        for place, cell in enumerate(slot.cells):
            anchor = book.anchor(cell, slot.index)
            if anchor is None:
                limits.not_applicable(slot, place, NEW_CELL if slot.index else FIRST_GRID)
                continue
            basis = book.explain(anchor, slot, rate)
            bound = Bound(anchor.amount, growth.over(anchor.periods), basis, anchor.absorbed)
            limit = limits.judge(slot, place, bound)
            price = slot.prices[place]
            held, absorbed = limits.held_to(slot, price, bound, limit)
            if price > held or absorbed:
                book.hold(cell, slot.index, held, absorbed)
    return limits.findings


class _Growth:
    """Powers of one plus the percentage, as integers."""

    def __init__(self, percent: Fraction) -> None:
        self._once = 1 + percent / 100
        self._powers: dict[int, Ratio] = {}

    def over(self, periods: int) -> Ratio:
        """What an anchor is multiplied by after so many periods."""
        power = self._powers.get(periods)
        if power is None:
            exact = self._once**periods
            power = self._powers[periods] = exact.numerator, exact.denominator
        return power


RULE = Rule(
    NAME,
    AnnualCapFixed,
    record(
        AnnualCapFixed,
        {
            "max_rise_percent": Field(rise),
            "period": Field(choice(Period), Period.CIVIL_YEAR),
            "carry_over": Field(flag, default=False),
            "rounding": Field(choice(Rounding), Rounding.HALF_UP),
        },
    ),
    judge,
)
