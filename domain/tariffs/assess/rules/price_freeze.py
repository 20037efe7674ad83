"""PRICE_FREEZE: until a day, no price rises above the first price of its cell.

Source: the usual clause « cotisations garanties sans augmentation jusqu’au JJ/MM/AAAA inclus ».
"""

from datetime import date

from domain.money import SPACE
from domain.tariffs.assess.anchors import first_price
from domain.tariffs.assess.days import cut_days, day_before, days_after, french_day, months_after
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import Params
from domain.tariffs.assess.price_limits import Aside, Bound, PriceLimits, Stage, nothing_earlier
from domain.tariffs.assess.reading import Field, ScenarioError, day, maybe, record, whole
from domain.tariffs.assess.rules.rule import NOTHING_EARLIER, WITHIN_EXEMPTIONS, Case, Prose, Rule
from domain.tariffs.assess.timeline import Timeline

NAME = "PRICE_FREEZE"


class PriceFreeze(Params, frozen=True):
    """`until`, the last day, or `months` from the day on which the first grid takes effect: one of the two."""

    until: date | None = None
    months: int | None = None

    def last_day(self, timeline: Timeline) -> date:
        """The last day of the freeze, the same for every cell; `timeline` has a grid."""
        if self.until is not None:
            return self.until
        after = months_after(timeline.slots[0].first, self.months or 0)
        return after if after == date.max else day_before(after)  # beyond the calendar it never ends


def judge(commitment: str, params: PriceFreeze, case: Case) -> list[Finding]:
    """One finding a cell and grid, more where the freeze ends or exemptions begin or end."""
    scenario, timeline = case
    limits = PriceLimits(commitment, NAME, timeline, scenario.exemptions)
    if not timeline.slots:
        return []
    last_day = params.last_day(timeline)
    basis = f"le premier prix de la case, garanti sans hausse jusqu’au {french_day(last_day)} inclus"
    free = f"La garantie de prix a pris fin le {french_day(last_day)}{SPACE}: elle ne limite plus ce prix."
    for slot in timeline.slots:
        spans = cut_days(slot.first, slot.last, days_after(last_day))
        new = nothing_earlier(slot)
        for place, cell in enumerate(slot.cells):
            anchor = first_price(timeline, cell, slot.index)
            if anchor is None:
                limits.aside(slot, place, new)
                continue
            stages = [
                Stage(
                    days,
                    Bound(anchor, (1, 1), basis)
                    if days.first <= last_day
                    else Aside(Verdict.COMPLIANT, free, anchor),
                )
                for days in spans
            ]
            limits.judge_stages(slot, place, stages)
    return limits.findings


def _make(until: date | None, months: int | None) -> PriceFreeze:
    if until is None and months is None:
        raise ScenarioError("", 'either "until" or "months"', "neither of them")
    if until is not None and months is not None:
        raise ScenarioError(".months", 'either "until" or "months"', "both of them")
    return PriceFreeze(until, months)


RULE = Rule(
    NAME,
    PriceFreeze,
    record(
        _make,
        {
            "until": Field(maybe(day), None, about="The last day of the freeze."),
            "months": Field(
                maybe(whole(1, 1200)),
                None,
                about=(
                    "Its length in months, from the day on which the first grid takes effect. Either this or "
                    "`until`."
                ),
            ),
        },
    ),
    judge,
    prose=Prose(
        title="gel des tarifs",
        clause=(
            "Les cotisations de la grille annexée ne connaissent aucune augmentation pendant les "
            "vingt-quatre mois qui suivent sa prise d’effet, dernier jour inclus."
        ),
        anchor="the first price of the cell, or of the cell that it was split from.",
        limit=(
            "the anchor itself, until the same day for every cell; a formula that comes later is frozen "
            "at its first price until that day too."
        ),
        verdicts={
            Verdict.COMPLIANT: "The price is not above the anchor, or the freeze is over (the limit is then empty).",
            Verdict.VIOLATION: "The price is above the anchor while the freeze lasts.",
            Verdict.EXEMPTED: WITHIN_EXEMPTIONS,
            Verdict.NOT_APPLICABLE: NOTHING_EARLIER,
        },
        example=(
            "Two years of frozen prices. In January 2026 one price takes over a tax and nobody has "
            "allowed it: it breaks the freeze until the town decides on 12 March, and is exempted from "
            "then on. Another price falls, which is always kept. From October 2026 the freeze is over."
        ),
    ),
)
