"""WEIGHTED_AVERAGE_CAP: weighted by the people in each cell, prices rise on average by no more than a percentage.

Source: the usual clause « la hausse moyenne, pondérée par les effectifs, ne peut excéder X % ».
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

from domain.money import NARROW_SPACE, SPACE, format_decimal, round_ratio
from domain.tariffs.assess.days import french_day
from domain.tariffs.assess.exemptions import covers_of, segments_of
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import CellId, Headcount, Params
from domain.tariffs.assess.reading import Field, record, rise
from domain.tariffs.assess.rises import Lineage, prices_before
from domain.tariffs.assess.rules.rule import WITHIN_EXEMPTIONS, Case, Prose, Rule
from domain.tariffs.assess.segments import Against, judge_segments, tell
from domain.tariffs.assess.sentences import FIRST_GRID
from domain.tariffs.assess.timeline import Slot, Timeline

NAME = "WEIGHTED_AVERAGE_CAP"

_ALL_NEW = f"Toutes les cases sont nouvelles{SPACE}: elles n’ont pas de prix antérieur auquel les comparer."
_HIGHEST = Fraction(10**30)
# Above any average of prices that can be read. A limit beyond it forbids nothing, and might have too many digits.


class WeightedAverageCap(Params, frozen=True):
    """`max_rise_percent` against the day before a grid takes effect."""

    max_rise_percent: Fraction


class _Average(NamedTuple):
    """What people pay together, new over old, and the headcount that tells how many they are."""

    growth: Fraction
    headcount: Headcount


class _Unknown(NamedTuple):
    """Why there is no average."""

    verdict: Verdict
    reason: str


def judge(commitment: str, params: WeightedAverageCap, case: Case) -> list[Finding]:
    """One finding a grid, more where exemptions begin or end; the cap is stated even if there is no average."""
    scenario, timeline = case
    covers = covers_of(commitment, scenario.exemptions)
    headcounts = sorted(scenario.headcounts, key=lambda each: each.taken_on, reverse=True)
    cap = params.max_rise_percent
    findings = []
    for slot in timeline.slots:
        average = _average(timeline, slot, headcounts)
        if isinstance(average, _Unknown):
            findings.append(
                Finding(
                    commitment, NAME, slot.grid.id, None, None, slot.first, slot.last, average.verdict,
                    None, _rounded(cap), None, None, average.reason,
                )
            )  # fmt: skip
            continue
        observed = _rounded(100 * (average.growth - 1))
        subject = _subject(observed, average.headcount)
        findings += [
            Finding(
                commitment, NAME, slot.grid.id, None, None, piece.first, piece.last, piece.verdict,
                None, piece.limit, observed, piece.excess, tell(subject, piece, "", _percent, _points),
                piece.exempted_by,
            )
            for piece in judge_segments(segments_of(slot, covers), _against(cap, average.growth), Fraction(0))
        ]  # fmt: skip
    return findings


def _average(timeline: Timeline, slot: Slot, headcounts: Sequence[Headcount]) -> _Average | _Unknown:
    """The growth of a grid; `headcounts` come latest first."""
    if not slot.index:
        return _Unknown(Verdict.NOT_APPLICABLE, FIRST_GRID)
    before = prices_before(timeline, slot)
    if all(price is None for price in before):
        return _Unknown(Verdict.NOT_APPLICABLE, _ALL_NEW)
    notified_on = slot.grid.notified_on
    headcount = next((each for each in headcounts if each.taken_on <= notified_on), None)
    if headcount is None:
        return _Unknown(
            Verdict.INDETERMINATE,
            f"Aucun effectif relevé au plus tard le {french_day(notified_on)}, jour de la notification, "
            "n’est connu pour pondérer la hausse moyenne.",
        )
    old, new = _weighted(timeline, slot, before, headcount)
    if not old:
        return _Unknown(
            Verdict.INDETERMINATE,
            f"Les effectifs relevés le {french_day(headcount.taken_on)} ne comptent personne qui payait "
            "l’une des cases de la grille, si bien que la hausse moyenne ne peut pas être calculée.",
        )
    return _Average(new / old, headcount)


def _weighted(
    timeline: Timeline, slot: Slot, before: Sequence[int | None], headcount: Headcount
) -> tuple[Fraction, Fraction]:
    """Cents that all people paid together before and pay now, in the cells that have an earlier price."""
    counts = headcount.counts
    ids = timeline.ids
    old = new = 0
    uncounted: list[tuple[CellId, int, int]] = []
    for number, price, former in zip(slot.cells, slot.prices, before, strict=True):
        if former is None:
            continue
        count = counts.get(ids[number])
        if count is None:
            uncounted.append((ids[number], former, price))
        else:
            old += count * former
            new += count * price
    exact_old, exact_new = Fraction(old), Fraction(new)
    for count, shares in _inherited(timeline, slot, uncounted, headcount):
        exact_old += Fraction(count * sum(former for former, _ in shares), len(shares))
        exact_new += Fraction(count * sum(price for _, price in shares), len(shares))
    return exact_old, exact_new


def _inherited(
    timeline: Timeline, slot: Slot, uncounted: Sequence[tuple[CellId, int, int]], headcount: Headcount
) -> list[tuple[int, list[tuple[int, int]]]]:
    """The counts of ancestors that have left the grid, each with the prices, old and new, of those who share it."""
    if not uncounted:
        return []
    counts = headcount.counts
    lineage = Lineage(timeline, slot.grid)
    heirs: dict[CellId, list[tuple[int, int]]] = {}
    for cell, former, price in uncounted:
        nearest = next((each for each in lineage.ancestors(cell) if each in counts), None)
        if nearest is not None:
            heirs.setdefault(nearest, []).append((former, price))
    present = {cell.id for cell in slot.grid.cells}
    return [(counts[ancestor], shares) for ancestor, shares in heirs.items() if ancestor not in present]


def _against(cap: Fraction, growth: Fraction) -> Callable[[Fraction], Against]:
    """How the exact growth compares with the exact cap; only what is told of them is rounded."""

    def compare(factor: Fraction) -> Against:
        allowed = (1 + cap / 100) * factor
        return Against(
            _rounded(100 * (allowed - 1)), _rounded(100 * (growth - allowed)), is_above=growth > allowed
        )

    return compare


def _rounded(percent: Fraction) -> Fraction:
    """A percentage as it is told, with two decimals, HALF_UP."""
    percent = min(percent, _HIGHEST)
    return Fraction(round_ratio(percent.numerator * 100, percent.denominator), 100)


def _subject(observed: Fraction, headcount: Headcount) -> str:
    moves = "La baisse" if observed < 0 else "La hausse"
    return (
        f"{moves} moyenne de {_percent(abs(observed))}, pondérée par les effectifs relevés "
        f"le {french_day(headcount.taken_on)},"
    )


def _percent(percent: Fraction) -> str:
    return f"{format_decimal(percent).replace('.', ',')}{NARROW_SPACE}%"


def _points(points: Fraction) -> str:
    if not points:
        return "moins de 0,01 point"
    plural = "s" if points >= 2 else ""
    return f"{format_decimal(points).replace('.', ',')} point{plural}"


RULE = Rule(
    NAME,
    WeightedAverageCap,
    record(
        WeightedAverageCap,
        {"max_rise_percent": Field(rise, about="The average rise allowed from one grid to the next.")},
    ),
    judge,
    prose=Prose(
        title="plafond de hausse moyenne",
        clause=(
            "La hausse moyenne des cotisations, pondérée par les effectifs arrêtés avant la notification, "
            "n’excède pas 3,5 % d’une grille à l’autre."
        ),
        anchor=(
            "none: all cells that have an earlier price are summed, by the latest headcount taken on or "
            "before the day of notification."
        ),
        limit=(
            "the rate itself. The average is Σ n × new ÷ Σ n × old − 1, exact; only what is shown has two "
            "decimals."
        ),
        verdicts={
            Verdict.COMPLIANT: "The average is not above the limit.",
            Verdict.VIOLATION: "The average is above the limit.",
            Verdict.EXEMPTED: WITHIN_EXEMPTIONS + " An exemption multiplies one plus the rate.",
            Verdict.NOT_APPLICABLE: "The first grid, and one whose cells are all new.",
            Verdict.INDETERMINATE: "No headcount was taken in time, or it counts nobody in these cells.",
        },
        example=(
            "The plain average of the rises of 2026 is 2.8 %; weighted by where people are it is 3.62 % "
            "and breaks the cap, until the town allows a little more. Before the first headcount nothing "
            "can be said."
        ),
    ),
)
