"""CHANGE_WINDOW: prices rise on certain days only, not too often, and never for days gone by.

Source: the clause « les cotisations ne sont révisées qu’au 1er janvier, une fois par an et sans effet rétroactif ».
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from domain.money import SPACE
from domain.tariffs.assess.annual_caps import PERIOD
from domain.tariffs.assess.days import Period, anchor_day, french_day, paris_day
from domain.tariffs.assess.findings import Count, Figure, Finding, Verdict
from domain.tariffs.assess.model import Params
from domain.tariffs.assess.month_days import MonthDay, month_day
from domain.tariffs.assess.reading import Field, flag, items, maybe, record, whole
from domain.tariffs.assess.rises import prices_before, prices_corrected
from domain.tariffs.assess.rules.rule import Case, Prose, Rule
from domain.tariffs.assess.sentences import FIRST_GRID
from domain.tariffs.assess.timeline import Slot, Timeline

NAME = "CHANGE_WINDOW"

_ALL_NEW = f"Toutes les cases sont nouvelles{SPACE}: elles n’ont pas de prix antérieur auquel les comparer."
_PERIODS = {
    Period.CIVIL_YEAR: "de l’année civile",
    Period.CONVENTION_YEAR: "de l’année de convention",
    Period.ROLLING_12M: "en douze mois",
    Period.PER_CHANGE: "de ce changement",
}


class ChangeWindow(Params, frozen=True):
    """Rises on `allowed_days`, in `max_rises_per_period` grids a period at most (None: any number)."""

    allowed_days: tuple[MonthDay, ...] = (MonthDay(1, 1),)
    max_rises_per_period: int | None = None
    period: Period = Period.CIVIL_YEAR
    no_retroactivity: bool = True


class _Moves(NamedTuple):
    """What the prices of a grid do; `over` is the price that was asked for the same days until it was recorded."""

    is_comparable: bool
    rises: bool
    rises_over: bool
    falls_over: bool


class _Word(NamedTuple):
    """What is found of a grid, and its figures."""

    verdict: Verdict
    limit: Figure | None
    observed: Figure
    excess: Figure | None
    reason: str


def judge(commitment: str, params: ChangeWindow, case: Case) -> list[Finding]:
    """One finding a grid: of several breaches the day comes first, then retroactivity, then the number of rises."""
    scenario, timeline = case
    findings = []
    rising: list[date] = []
    for slot in timeline.slots:
        moves = _moves(timeline, slot)
        if moves.rises:
            rising.append(slot.first)
        # Days are in order, so that those of the period are the last ones.
        before = anchor_day(params.period, slot.first, scenario.convention.starts_on)
        word = _judge(params, slot, moves, len(rising) - bisect_right(rising, before))
        findings.append(
            Finding(
                commitment, NAME, slot.grid.id, None, None, slot.first, slot.last, word.verdict,
                None, word.limit, word.observed, word.excess, word.reason,
            )
        )  # fmt: skip
    return findings


def _moves(timeline: Timeline, slot: Slot) -> _Moves:
    if not slot.index:
        return _Moves(is_comparable=False, rises=False, rises_over=False, falls_over=False)
    before = prices_before(timeline, slot)
    over: Sequence[int | None] = before
    corrected = timeline.corrected(slot.grid)
    if corrected is not None:
        former = prices_corrected(timeline, slot.grid, corrected)
        ids = timeline.ids
        over = [former.get(ids[cell], price) for cell, price in zip(slot.cells, before, strict=True)]
    return _Moves(
        is_comparable=any(price is not None for price in before),
        rises=_any_above(slot.prices, before),
        rises_over=_any_above(slot.prices, over),
        falls_over=any(old is not None and new < old for new, old in zip(slot.prices, over, strict=True)),
    )


def _any_above(prices: Sequence[int], former: Sequence[int | None]) -> bool:
    return any(old is not None and new > old for new, old in zip(prices, former, strict=True))


def _judge(params: ChangeWindow, slot: Slot, moves: _Moves, rises: int) -> _Word:
    effective_on = slot.first
    recorded_on = paris_day(slot.grid.recorded_at)
    late = max(0, (recorded_on - effective_on).days)
    most = params.max_rises_per_period
    when = french_day(effective_on)
    recorded = f"n’a été enregistrée que le {french_day(recorded_on)}"
    if not slot.index:
        return _Word(Verdict.NOT_APPLICABLE, None, effective_on, None, FIRST_GRID)
    if moves.rises and not any(each.is_on(effective_on) for each in params.allowed_days):
        return _Word(
            Verdict.VIOLATION, None, effective_on, None,
            f"Des prix augmentent le {when}, alors qu’ils ne peuvent augmenter {_allowed(params.allowed_days)}.",
        )  # fmt: skip
    if params.no_retroactivity and late and moves.rises_over:
        plural = "s" if late > 1 else ""
        return _Word(
            Verdict.VIOLATION, None, recorded_on, Count(late),
            f"Une hausse qui prend effet le {when} {recorded}, soit {late} jour{plural} plus tard, "
            "alors qu’aucune hausse ne peut être rétroactive.",
        )  # fmt: skip
    if not moves.is_comparable:
        return _Word(Verdict.NOT_APPLICABLE, None, effective_on, None, _ALL_NEW)
    if moves.rises and most is not None and rises > most:
        allowed = {0: "aucune", 1: "qu’une"}.get(most, f"que {most}")
        order = "1re" if rises == 1 else f"{rises}e"
        return _Word(
            Verdict.VIOLATION, Count(most), Count(rises), Count(rises - most),
            f"La hausse du {when} est la {order} {_PERIODS[params.period]}, "
            f"alors que la convention n’en admet {allowed}.",
        )  # fmt: skip
    if late and moves.falls_over and not moves.rises_over:
        reason = (
            f"La baisse qui prend effet le {when} {recorded}{SPACE}: "
            "elle est permise, et le trop-perçu est à rembourser aux adhérents."
        )
    elif moves.rises:
        reason = f"La hausse du {when} respecte le calendrier de révision de la convention."
    else:
        reason = (
            f"Aucun prix n’augmente le {when}{SPACE}: le calendrier de révision ne limite que les hausses."
        )
    return _Word(Verdict.COMPLIANT, None, effective_on, None, reason)


def _allowed(days: Sequence[MonthDay]) -> str:
    if not days:
        return "aucun jour de l’année"
    named = [f"le {day.french}" for day in days]
    return f"que {' et '.join([', '.join(named[:-1]), named[-1]] if len(named) > 1 else named)}"


RULE = Rule(
    NAME,
    ChangeWindow,
    record(
        ChangeWindow,
        {
            "allowed_days": Field(
                items(month_day), (MonthDay(1, 1),), about="Months and days on which prices may rise."
            ),
            "max_rises_per_period": Field(
                maybe(whole(0, 366)), None, about="How many grids may raise prices in one period."
            ),
            "period": PERIOD,
            "no_retroactivity": Field(
                flag,
                default=True,
                about="Whether a rise must be recorded by the day on which it takes effect.",
            ),
        },
    ),
    judge,
    prose=Prose(
        title="calendrier de révision",
        clause=(
            "Les cotisations ne peuvent augmenter qu’au 1er janvier, une fois par an, et sans effet "
            "rétroactif."
        ),
        anchor="none.",
        limit=(
            "the days on which prices may rise, the number of grids that may raise them in a period, and "
            "the day on which the grid was recorded. A fall is always allowed."
        ),
        verdicts={
            Verdict.COMPLIANT: (
                "Nothing rises, or it does on an allowed day, not too often and not retroactively. For a fall "
                "made known afterwards the reason says that a refund is due."
            ),
            Verdict.VIOLATION: (
                "A rise on another day (no figures), a retroactive one (the day recorded, and days), or one "
                "too many (the counts)."
            ),
            Verdict.NOT_APPLICABLE: "The first grid, and one whose cells are all new.",
        },
        example=(
            "A rise on 1 January is kept, one in July is not. A fall made known two weeks late is "
            "allowed, and what was paid too much is due; a rise made known two weeks late is a breach."
        ),
    ),
)
