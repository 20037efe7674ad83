"""STATUTORY_FREEZE: a law forbids that prices rise above those of a day; a price that does is an alert, not a breach.

Source: LFSS 2026, article 13: no contribution of 2026 above that of 2025; its application is disputed.
"""

from datetime import date

from domain.money import SPACE
from domain.tariffs.assess.days import cut_days, days_after, french_day
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import Params
from domain.tariffs.assess.price_limits import Aside, Bound, PriceLimits, Stage, nothing_earlier
from domain.tariffs.assess.reading import Field, ScenarioError, day, describe, record
from domain.tariffs.assess.rules.rule import NOTHING_EARLIER, Case, Prose, Rule

NAME = "STATUTORY_FREEZE"


class StatutoryFreeze(Params, frozen=True):
    """No price above that of `reference_on` from `first` to `last`, both included."""

    reference_on: date
    first: date
    last: date


def judge(commitment: str, params: StatutoryFreeze, case: Case) -> list[Finding]:
    """One finding a cell and grid, more where the law begins or ends to apply; no exemption changes it."""
    timeline = case.timeline
    limits = PriceLimits(commitment, NAME, timeline, (), worse=Verdict.LEGAL_ALERT)
    reference = timeline.in_force(params.reference_on)
    reference_on = french_day(params.reference_on)
    window = f"du {french_day(params.first)} au {french_day(params.last)}"
    basis = f"le prix en vigueur le {reference_on}, que la loi gèle {window}"
    outside = Aside(Verdict.NOT_APPLICABLE, f"Le gel des prix par la loi ne vaut que {window}.")
    without = Aside(
        Verdict.NOT_APPLICABLE,
        f"Case sans prix le {reference_on}{SPACE}: le gel des prix par la loi ne s’y applique pas.",
    )
    starts = [params.first, *days_after(params.last)]
    for slot in timeline.slots:
        spans = [
            (days, params.first <= days.first <= params.last)
            for days in cut_days(slot.first, slot.last, starts)
        ]
        new = nothing_earlier(slot)
        for place, cell in enumerate(slot.cells):
            history = timeline.history(cell, slot.index)
            entry = history.at(reference)
            if history.slots[0] >= slot.index:
                limits.aside(slot, place, new)
            elif entry < 0:
                limits.aside(slot, place, without)
            else:
                bound = Bound(history.prices[entry], (1, 1), basis)
                stages = [Stage(days, bound if inside else outside) for days, inside in spans]
                limits.judge_stages(slot, place, stages)
    return limits.findings


def _make(**said: date) -> StatutoryFreeze:
    first, last = said["from"], said["to"]
    if last < first:
        raise ScenarioError(".to", f"a day not before {first}", describe(last.isoformat()))
    return StatutoryFreeze(said["reference_on"], first, last)


RULE = Rule(
    NAME,
    StatutoryFreeze,
    record(
        _make,
        {
            "reference_on": Field(day, about="The day whose prices are frozen."),
            "from": Field(day, about="The first day of the freeze."),
            "to": Field(day, about="Its last day."),
        },
    ),
    judge,
    prose=Prose(
        title="gel des tarifs par la loi",
        clause=(
            "La commune est informée de toute cotisation de 2026 supérieure à celle qui était applicable "
            "en 2025."
        ),
        anchor="the price in force on the reference day.",
        limit="the anchor itself, within the dates of the law. No exemption changes it.",
        verdicts={
            Verdict.COMPLIANT: "The price is not above the anchor.",
            Verdict.LEGAL_ALERT: (
                "The price is above the anchor: the application of this law is disputed, so it is an alert "
                "and no breach."
            ),
            Verdict.NOT_APPLICABLE: NOTHING_EARLIER
            + " Days outside the law's, and a cell without a price on the reference day.",
        },
        example=(
            "The law freezes 2026 at the prices of 31 December 2025. One price rises within a cap of 3 % "
            "that the convention may have, and is an alert nevertheless; the rises of 2027 are no longer "
            "its business."
        ),
    ),
)
