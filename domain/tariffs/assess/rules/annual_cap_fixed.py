"""ANNUAL_CAP_FIXED: in one period a price rises by no more than a fixed percentage.

Source: the usual clause « l’évolution annuelle, à âge et garanties inchangés, ne peut excéder X % ».
"""

from fractions import Fraction

from domain.money import Rounding
from domain.tariffs.assess.anchors import Anchor, AnchorBook
from domain.tariffs.assess.annual_caps import PERIOD, ROUNDING, judge_annual_cap
from domain.tariffs.assess.days import Period
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import Params
from domain.tariffs.assess.price_limits import Bound, PriceLimits, Ratio
from domain.tariffs.assess.reading import Field, flag, record, rise
from domain.tariffs.assess.rules.rule import NOTHING_EARLIER, WITHIN_EXEMPTIONS, Case, Prose, Rule
from domain.tariffs.assess.sentences import change
from domain.tariffs.assess.timeline import Slot

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
    rate = change(params.max_rise_percent)
    growth = _Growth(params.max_rise_percent)

    def promise(anchor: Anchor, slot: Slot, _place: int) -> Bound:
        basis = book.explain(anchor, slot, rate)
        return Bound(anchor.amount, growth.over(anchor.periods), basis, anchor.absorbed)

    return judge_annual_cap(timeline, book, limits, promise)


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
            "max_rise_percent": Field(rise, about="The rise allowed in one period."),
            "period": PERIOD,
            "carry_over": Field(
                flag, default=False, about="Whether a period without a rise leaves its rate to the next."
            ),
            "rounding": ROUNDING,
        },
    ),
    judge,
    prose=Prose(
        title="plafond annuel fixe",
        clause=(
            "D’une année civile à l’autre, à âge et garanties inchangés, aucune cotisation n’augmente de "
            "plus de 3 %, taxes comprises."
        ),
        anchor=(
            "the price in force on the day before the period starts; for `ROLLING_12M` that of twelve "
            "months before the grid takes effect, for `PER_CHANGE` the previous price. Where there was "
            "none, the first price of the cell. A breach is never a base: the anchor is at most the limit "
            "that this price was itself held to."
        ),
        limit=(
            "anchor × (1 + rate), rounded once; with `carry_over` the rate is granted for each calendar "
            "period at the same price."
        ),
        verdicts={
            Verdict.COMPLIANT: "The price is not above the limit.",
            Verdict.VIOLATION: "The price is above the limit; a fall that leaves it there too.",
            Verdict.EXEMPTED: WITHIN_EXEMPTIONS,
            Verdict.NOT_APPLICABLE: NOTHING_EARLIER,
        },
        example=(
            "Two rises in one year, each below 3 %, are 4.06 % together: the second breaks the cap. In "
            "2026 the base is therefore 49.23 and not 49.74. A tax that the town has allowed is exempted "
            "until the town takes its leave back on 1 June; the same price is then a breach."
        ),
    ),
)
