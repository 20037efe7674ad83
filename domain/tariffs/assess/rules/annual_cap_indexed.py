"""ANNUAL_CAP_INDEXED: in one period a price rises by no more than a published index plus some points, within bounds.

Source: the usual clause « ne peut excéder l’évolution de l’indice majorée de M points, dans la limite de P % ».
"""

from enum import StrEnum
from fractions import Fraction

import msgspec

from domain.money import SPACE, Rounding, format_decimal, french_percent
from domain.tariffs.assess.anchors import Anchor, AnchorBook
from domain.tariffs.assess.annual_caps import PERIOD, ROUNDING, judge_annual_cap
from domain.tariffs.assess.days import Period, french_day
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.indices import NAMES, Index, Reading
from domain.tariffs.assess.model import IndexName, Params
from domain.tariffs.assess.price_limits import Aside, Bound, PriceLimits, Ratio, Term
from domain.tariffs.assess.reading import Field, ScenarioError, choice, decimal, maybe, record
from domain.tariffs.assess.rules.rule import NOTHING_EARLIER, WITHIN_EXEMPTIONS, Case, Prose, Rule
from domain.tariffs.assess.sentences import change
from domain.tariffs.assess.timeline import Slot

NAME = "ANNUAL_CAP_INDEXED"


class AsOf(StrEnum):
    """The day whose knowledge of the index counts: that on which the town was notified, or that of effect."""

    NOTICE_DATE = "NOTICE_DATE"
    EFFECTIVE_DATE = "EFFECTIVE_DATE"


class IndexPrecision(StrEnum):
    """Whether the index counts exactly, or as a percentage rounded HALF_UP to two decimals."""

    RATIO = "RATIO"
    PERCENT_2 = "PERCENT_2"


class IfUnpublished(StrEnum):
    """What an index that is not published yet leads to: no verdict, or the latest earlier one."""

    INDETERMINATE = "INDETERMINATE"
    LAST_PUBLISHED = "LAST_PUBLISHED"


class AnnualCapIndexed(Params, frozen=True):
    """The index plus `margin_points`, not below `floor_percent` nor above `ceiling_percent` (None: without)."""

    index: IndexName
    margin_points: Fraction = Fraction(0)
    floor_percent: Fraction = Fraction(0)
    ceiling_percent: Fraction | None = None
    as_of: AsOf = AsOf.NOTICE_DATE
    index_precision: IndexPrecision = IndexPrecision.PERCENT_2
    if_unpublished: IfUnpublished = IfUnpublished.INDETERMINATE
    period: Period = Period.CIVIL_YEAR
    rounding: Rounding = Rounding.HALF_UP


class _Rate(msgspec.Struct, frozen=True):
    """What a grid's prices may rise by. With `unknown`, the reason why, it is the least that is certain.

    `highest` and `highest_change` are then the most that the index could allow, None if that has no bound.
    """

    ratio: Ratio
    change: str
    unknown: str = ""
    highest: Ratio | None = None
    highest_change: str = ""


def judge(commitment: str, params: AnnualCapIndexed, case: Case) -> list[Finding]:
    """One finding a cell and grid, more where exemptions begin or end."""
    scenario, timeline = case
    book = AnchorBook(timeline, params.period, scenario.convention.starts_on, carry_over=False)
    limits = PriceLimits(commitment, NAME, timeline, scenario.exemptions, params.rounding)
    index = Index(params.index, scenario.indices)
    rates = [_rate(params, index, slot) for slot in timeline.slots]

    def promise(anchor: Anchor, slot: Slot, place: int) -> Term:
        rate = rates[slot.index]
        basis = book.explain(anchor, slot, rate.change)
        bound = Bound(anchor.amount, rate.ratio, basis, anchor.absorbed)
        if not rate.unknown or slot.prices[place] <= limits.limit(bound):
            return bound
        if rate.highest is None:
            return Aside(Verdict.INDETERMINATE, rate.unknown, anchor.amount)
        basis = book.explain(anchor, slot, rate.highest_change)
        return Bound(anchor.amount, rate.highest, basis, anchor.absorbed, rate.unknown)

    return judge_annual_cap(timeline, book, limits, promise)


def _rate(params: AnnualCapIndexed, index: Index, slot: Slot) -> _Rate:
    """What the prices of a slot may rise by, as far as the index is known on the day that counts."""
    grid, year = slot.grid, index.year_for(slot.first)
    as_of = grid.notified_on if params.as_of is AsOf.NOTICE_DATE else slot.first
    found = index.published(year, as_of)
    if found is None and params.if_unpublished is IfUnpublished.LAST_PUBLISHED:
        found = index.latest_before(year, as_of)
    if found is not None:
        return _known(params, found)
    figure = f"{NAMES[params.index]} {year}"
    hidden = f"quel que soit l’indice ({figure}), qui n’était pas publié le {french_day(as_of)}"
    least, most = params.floor_percent, params.ceiling_percent
    return _Rate(
        _ratio(least),
        f"{change(least)}, hausse permise {hidden}",
        f"Le plafond ne peut pas être calculé{SPACE}: l’indice ({figure}) n’était pas publié le {french_day(as_of)}.",
        None if most is None else _ratio(most),
        "" if most is None else f"{change(most)}, hausse maximale {hidden}",
    )


def _known(params: AnnualCapIndexed, found: Reading) -> _Rate:
    percent = found.percent
    if params.index_precision is IndexPrecision.PERCENT_2:
        percent = Fraction(format_decimal(percent))
    least, most, wanted = params.floor_percent, params.ceiling_percent, percent + params.margin_points
    granted = max(least, wanted)
    if most is not None:
        granted = min(most, granted)
    words = f"{NAMES[params.index]} {found.year}{SPACE}: {_written(percent)}"
    if params.margin_points:
        sign = "plus" if params.margin_points > 0 else "moins"
        points = french_percent(abs(params.margin_points)).split("\u202f")[0]
        words += f", {sign} {points} point{'s' if abs(params.margin_points) >= 2 else ''}"
    if granted > wanted:
        words += f", au moins {french_percent(granted)}"
    elif granted < wanted:
        words += f", au plus {french_percent(granted)}"
    sign = "plus" if granted >= 0 else "moins"
    return _Rate(_ratio(granted), f"{sign} {_written(abs(granted))} ({words})")


def _ratio(percent: Fraction) -> Ratio:
    return (1 + percent / 100).as_integer_ratio()


def _written(percent: Fraction) -> str:
    """A percentage in French, with four decimals where it has no end."""
    shown = Fraction(format_decimal(percent, 4))
    return french_percent(percent) if shown == percent else f"environ {french_percent(shown)}"


def _make(**said: object) -> AnnualCapIndexed:
    params = AnnualCapIndexed(**said)  # type: ignore[arg-type] # the fields below have read each of them
    if params.ceiling_percent is not None and params.ceiling_percent < params.floor_percent:
        raise ScenarioError(".ceiling_percent", "a percentage not below floor_percent", "a lower one")
    return params


RULE = Rule(
    NAME,
    AnnualCapIndexed,
    record(
        _make,
        {
            "index": Field(
                choice(IndexName),
                about=(
                    "The published figure: consumer prices without tobacco (average of a year, in percent), the "
                    "monthly ceiling of social security (in euros), or the national target of health spending (in "
                    "percent)."
                ),
            ),
            "margin_points": Field(decimal, Fraction(0), about="Points added to the index."),
            "floor_percent": Field(decimal, Fraction(0), about="The rate is never below this one."),
            "ceiling_percent": Field(maybe(decimal), None, about="The rate is never above this one."),
            "as_of": Field(
                choice(AsOf),
                AsOf.NOTICE_DATE,
                about="The day whose knowledge counts: when the town was told, or when the grid takes effect.",
            ),
            "index_precision": Field(
                choice(IndexPrecision),
                IndexPrecision.PERCENT_2,
                about="`PERCENT_2` rounds the index to two decimals first, `RATIO` keeps it exact.",
            ),
            "if_unpublished": Field(
                choice(IfUnpublished),
                IfUnpublished.INDETERMINATE,
                about="What to do without the index: say so, or take the latest earlier one.",
            ),
            "period": PERIOD,
            "rounding": ROUNDING,
        },
    ),
    judge,
    prose=Prose(
        title="plafond annuel indexé",
        clause=(
            "D’une année civile à l’autre, aucune cotisation n’augmente de plus que l’indice des prix à "
            "la consommation hors tabac (moyenne annuelle), majoré de 2 points, et jamais de plus de 4 %."
        ),
        anchor="as for [`ANNUAL_CAP_FIXED`](annual-cap-fixed.md).",
        limit=(
            "anchor × (1 + index + margin), the rate being held between floor and ceiling, rounded once. "
            "The index is that of the year before for `IPC_HT_AVG`, of the year itself for `ONDAM`, and "
            "the quotient of this year's value and last year's for `PMSS`, as published by the day that "
            "counts; what comes later changes nothing."
        ),
        verdicts={
            Verdict.COMPLIANT: (
                "The price is not above the limit; with an index not published, it is not above what the "
                "floor alone allows."
            ),
            Verdict.VIOLATION: "The price is above the limit; with an index not published, above the ceiling.",
            Verdict.EXEMPTED: WITHIN_EXEMPTIONS,
            Verdict.NOT_APPLICABLE: NOTHING_EARLIER,
            Verdict.INDETERMINATE: (
                "The index was not published on the day that counts, and the price lies between floor and "
                "ceiling."
            ),
        },
        example=(
            "The rise of 2025 follows the index of 2024. That of January 2026 was notified before the "
            "index of 2025 was published: it cannot be judged, except for one price that is above even "
            "the ceiling of 4 %, and those that did not move."
        ),
    ),
)
