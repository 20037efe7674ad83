"""CUMULATIVE_CAP: since its first price a cell has risen by no more than a percentage, or by steps that grow in time.

Source: the clauses that bound the whole rise of a convention; décret 2017-372 bounds it by 100, 125, 150 % so.
"""

from fractions import Fraction
from itertools import pairwise

import msgspec

from domain.money import Rounding, french_euros
from domain.tariffs.assess.anchors import first_price
from domain.tariffs.assess.annual_caps import ROUNDING
from domain.tariffs.assess.days import cut_days, french_day, months_after
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import Params
from domain.tariffs.assess.price_limits import Aside, Bound, PriceLimits, Ratio, Stage, nothing_earlier
from domain.tariffs.assess.reading import Field, ScenarioError, describe, items, maybe, record, rise, whole
from domain.tariffs.assess.rules.rule import NOTHING_EARLIER, WITHIN_EXEMPTIONS, Case, Prose, Rule
from domain.tariffs.assess.sentences import change

NAME = "CUMULATIVE_CAP"


class Tier(msgspec.Struct, frozen=True):
    """The rise allowed from a number of months after the convention starts."""

    from_month: int
    max_rise_percent: Fraction


class CumulativeCap(Params, frozen=True):
    """`max_rise_percent` at any time, or by `tiers` in the order of their months: one of the two."""

    max_rise_percent: Fraction | None = None
    tiers: tuple[Tier, ...] = ()
    rounding: Rounding = Rounding.HALF_UP


def judge(commitment: str, params: CumulativeCap, case: Case) -> list[Finding]:
    """One finding a cell and grid, more where a tier begins or exemptions begin or end."""
    scenario, timeline = case
    limits = PriceLimits(commitment, NAME, timeline, scenario.exemptions, params.rounding)
    starts_on = scenario.convention.starts_on
    starts = [months_after(starts_on, tier.from_month) for tier in params.tiers]
    # The promise on the days that follow each number of starts; without tiers the only one.
    promises: list[tuple[Ratio, str] | Aside] = []
    if params.max_rise_percent is not None:
        promises.append(_promise(params.max_rise_percent, "quelle que soit la date"))
    else:
        waits = f"La hausse cumulée n’est limitée qu’à partir du {french_day(starts[0])}."
        promises.append(Aside(Verdict.NOT_APPLICABLE, waits))
        promises += [
            _promise(tier.max_rise_percent, f"à partir du {french_day(start)}")
            for tier, start in zip(params.tiers, starts, strict=True)
        ]
    for slot in timeline.slots:
        spans = [
            (days, promises[sum(start <= days.first for start in starts)])
            for days in cut_days(slot.first, slot.last, starts)
        ]
        new = nothing_earlier(slot)
        for place, cell in enumerate(slot.cells):
            anchor = first_price(timeline, cell, slot.index)
            if anchor is None:
                limits.aside(slot, place, new)
                continue
            first = f"{french_euros(anchor)}, premier prix de la case, "
            stages = [
                Stage(
                    days,
                    promise if isinstance(promise, Aside) else Bound(anchor, promise[0], first + promise[1]),
                )
                for days, promise in spans
            ]
            limits.judge_stages(slot, place, stages)
    return limits.findings


def _promise(percent: Fraction, since: str) -> tuple[Ratio, str]:
    return (1 + percent / 100).as_integer_ratio(), f"{change(percent)}, hausse cumulée permise {since}"


def _make(
    max_rise_percent: Fraction | None, tiers: tuple[Tier, ...] | None, rounding: Rounding
) -> CumulativeCap:
    if max_rise_percent is None and tiers is None:
        raise ScenarioError("", 'either "max_rise_percent" or "tiers"', "neither of them")
    if max_rise_percent is not None and tiers is not None:
        raise ScenarioError(".tiers", 'either "max_rise_percent" or "tiers"', "both of them")
    if tiers == ():
        raise ScenarioError(".tiers", "one tier or more", "an empty list")
    for place, (before, tier) in enumerate(pairwise(tiers or ()), 1):
        if tier.from_month <= before.from_month:
            expected = f"a month after {before.from_month}, that of the tier before"
            raise ScenarioError(f".tiers[{place}].from_month", expected, describe(tier.from_month))
    return CumulativeCap(max_rise_percent, tiers or (), rounding)


RULE = Rule(
    NAME,
    CumulativeCap,
    record(
        _make,
        {
            "max_rise_percent": Field(
                maybe(rise), None, about="The rise allowed since the first price. Either this or `tiers`."
            ),
            "tiers": Field(
                maybe(
                    items(
                        record(Tier, {"from_month": Field(whole(0, 1200)), "max_rise_percent": Field(rise)})
                    )
                ),
                None,
                about=(
                    "Rises allowed from so many months after the convention starts, by month; in each, the months "
                    "and the rise."
                ),
            ),
            "rounding": ROUNDING,
        },
    ),
    judge,
    prose=Prose(
        title="plafond de hausse cumulée",
        clause=(
            "Sur toute la durée de la convention, aucune cotisation ne dépasse de plus de 8 % son premier "
            "montant."
        ),
        anchor="the first price of the cell, or of the cell that it was split from.",
        limit="anchor × (1 + rate), rounded once; with tiers the rate of the last one that has begun.",
        verdicts={
            Verdict.COMPLIANT: "The price is not above the limit.",
            Verdict.VIOLATION: "The price is above the limit.",
            Verdict.EXEMPTED: WITHIN_EXEMPTIONS,
            Verdict.NOT_APPLICABLE: NOTHING_EARLIER + " Any price before the first tier begins.",
        },
        example=(
            "Three rises of 3 % each keep a yearly cap, but together they pass 8 %: the third one breaks "
            "this one by 0.61, until the town allows 2 % more."
        ),
    ),
)
