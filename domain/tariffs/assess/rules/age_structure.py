"""AGE_STRUCTURE: a formula prices every age once, keeps its brackets, and bounds its dearest adult price.

Source: the annex of tariffs, and a clause such as « le prix le plus élevé n’excède pas k fois celui du plus jeune ».
"""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import groupby

from domain.money import SPACE, format_decimal, french_euros
from domain.tariffs.assess.days import french_day
from domain.tariffs.assess.exemptions import covers_of, segments_of
from domain.tariffs.assess.findings import CellPart, Finding, Verdict
from domain.tariffs.assess.model import CellId, Params
from domain.tariffs.assess.reading import Field, ScenarioError, decimal, describe, flag, maybe, record
from domain.tariffs.assess.rules.rule import WITHIN_EXEMPTIONS, Case, Prose, Rule
from domain.tariffs.assess.segments import against_cents, judge_segments, tell
from domain.tariffs.assess.sentences import quoted
from domain.tariffs.assess.shapes import shaped
from domain.tariffs.assess.timeline import Slot, Timeline

NAME = "AGE_STRUCTURE"

_CATEGORY = "general"
_ADULT = "adult"
_ROLES = {_ADULT: "adultes", "child": "enfants"}


class AgeStructure(Params, frozen=True):
    """`max_ratio` of the dearest adult price to the youngest's; `fixed_brackets`: those of a formula's first grid."""

    max_ratio: Fraction | None = None
    fixed_brackets: bool = True


def judge(commitment: str, params: AgeStructure, case: Case) -> list[Finding]:
    """One finding a grid and formula, more where exemptions from the ratio begin or end.

    A broken structure has no limit, so that no exemption works on it.
    """
    scenario, timeline = case
    covers = covers_of(commitment, scenario.exemptions)
    structure = _Structure(timeline, fixed=params.fixed_brackets)
    findings = []
    for slot in timeline.slots:
        segments = segments_of(slot, covers)
        for formula, cells, prices in _formulas(timeline, slot):
            part = CellPart(formula, _CATEGORY, None, None, None)
            named = f"la formule {quoted((formula,))}"
            fault = structure.fault(formula, named, cells, slot.first)
            adults = _adults(timeline, cells, prices)
            if fault is not None or adults is None or params.max_ratio is None:
                youngest, dearest = (None, None) if fault or adults is None else adults
                findings.append(
                    Finding(
                        commitment, NAME, slot.grid.id, part, None, slot.first, slot.last,
                        Verdict.VIOLATION if fault else Verdict.COMPLIANT,
                        youngest, None, dearest, None if fault else 0,
                        fault or f"Dans {named}, chaque âge a un seul prix.",
                    )
                )  # fmt: skip
                continue
            youngest, dearest = adults
            subject = f"Le prix de {french_euros(dearest)}, le plus élevé des adultes dans {named},"
            basis = f"{_times(params.max_ratio)} fois celui du plus jeune adulte, {french_euros(youngest)}"
            against = against_cents(youngest * params.max_ratio, dearest)
            findings += [
                Finding(
                    commitment, NAME, slot.grid.id, part, None, piece.first, piece.last, piece.verdict,
                    youngest, piece.limit, dearest, piece.excess, tell(subject, piece, basis, french_euros),
                    piece.exempted_by,
                )
                for piece in judge_segments(segments, against, 0)
            ]  # fmt: skip
    return findings


def _formulas(timeline: Timeline, slot: Slot) -> Iterator[tuple[str, tuple[int, ...], list[int]]]:
    """Each formula's cells of the category that is judged, in the order of findings, and their prices."""
    ids = timeline.ids
    rows = [
        (number, price)
        for number, price in zip(slot.cells, slot.prices, strict=True)
        if ids[number].category == _CATEGORY
    ]
    for formula, group in groupby(rows, key=lambda row: ids[row[0]].formula):
        own = list(group)
        yield formula, tuple(number for number, _ in own), [price for _, price in own]


def _adults(timeline: Timeline, cells: Sequence[int], prices: Sequence[int]) -> tuple[int, int] | None:
    """Cents of the youngest adults and of the dearest ones; None without adults. Every age has one price here."""
    adults = [
        (timeline.ids[number].age_from, price)
        for number, price in zip(cells, prices, strict=True)
        if timeline.ids[number].role == _ADULT
    ]
    return (min(adults)[1], max(price for _, price in adults)) if adults else None


class _Structure:
    """The brackets of each formula in its first grid, and what is wrong with later ones."""

    def __init__(self, timeline: Timeline, *, fixed: bool) -> None:
        self._ids = timeline.ids
        self._fixed = fixed
        self._firsts: dict[str, tuple[tuple[int, ...], date]] = {}
        self._ages: dict[tuple[int, ...], list[str]] = {}

    def fault(self, formula: str, named: str, cells: tuple[int, ...], day: date) -> str | None:
        """What is wrong with the cells of a formula from that day on, in French; grids must come in their order."""
        first, since = self._firsts.setdefault(formula, (cells, day))
        ages = self._ages.get(cells)
        if ages is None:
            ages = self._ages[cells] = list(_wrong_ages([self._ids[number] for number in cells]))
        if len(ages) == 1:
            return f"Dans {named}, {ages[0]}, alors que chaque âge doit avoir un seul prix."
        if ages:
            return (
                f"Dans {named}, chaque âge doit avoir un seul prix, ce qui n’est pas le cas en {len(ages)} endroits, "
                f"et d’abord {ages[0]}."
            )
        if not self._fixed or cells == first:
            return None
        added = [self._ids[number] for number in cells if number not in first]
        if added:
            change = f"la tranche {_bracket(added[0])} n’y figurait pas"
        else:
            removed = next(number for number in first if number not in cells)
            change = f"la tranche {_bracket(self._ids[removed])} a disparu"
        return f"Les tranches de {named} ne sont plus celles de sa grille du {french_day(since)}{SPACE}: {change}."


def _wrong_ages(cells: Sequence[CellId]) -> Iterator[str]:
    """Which ages have no price or several, from 0 on without end, in French and by age."""
    next_age: int | None = 0  # the first age not priced yet; None when none is left
    for age_from, last, age_to in sorted(
        (cell.age_from, cell.age_to is None, cell.age_to or 0) for cell in cells
    ):
        to = None if last else age_to
        if next_age is None or age_from < next_age:
            both = to if next_age is None else next_age - 1 if to is None else min(to, next_age - 1)
            yield f"il y a plusieurs prix {_ages(age_from, both)}"
        elif age_from > next_age:
            yield f"il n’y a aucun prix {_ages(next_age, age_from - 1)}"
        if next_age is not None:
            next_age = None if to is None else max(next_age, to + 1)
    if next_age is not None:
        yield f"il n’y a aucun prix {_ages(next_age, None)}"


def _ages(first: int, last: int | None) -> str:
    if last is None:
        return f"à partir de {first} ans"
    return f"à {first} ans" if first == last else f"de {first} à {last} ans"


def _bracket(cell: CellId) -> str:
    return f"{_ages(cell.age_from, cell.age_to)} ({_ROLES.get(cell.role, cell.role)})"


def _times(ratio: Fraction) -> str:
    return format_decimal(ratio, 12).rstrip("0").rstrip(".").replace(".", ",")


@shaped(
    {
        "type": "string",
        "pattern": r"^(?=.*[1-9])(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?$",
        "description": "A number above zero.",
        "examples": ["1.55"],
    }
)
def _ratio(value: object) -> Fraction:
    number = decimal(value)
    if number <= 0:
        raise ScenarioError("", "a number above zero", describe(value))
    return number


RULE = Rule(
    NAME,
    AgeStructure,
    record(
        AgeStructure,
        {
            "max_ratio": Field(
                maybe(_ratio), None, about="The dearest adult price over that of the youngest adults."
            ),
            "fixed_brackets": Field(
                flag, default=True, about="Whether a formula keeps the brackets of its first grid."
            ),
        },
    ),
    judge,
    prose=Prose(
        title="structure des tranches d’âge",
        clause=(
            "Chaque formule couvre tous les âges, une seule fois, selon les tranches de l’annexe, et la "
            "cotisation d’adulte la plus élevée n’excède pas 1,56 fois celle des plus jeunes adultes."
        ),
        anchor="the price of the youngest adults of the formula, general category.",
        limit=(
            "anchor × ratio, rounded once, for the dearest adult price. Without a ratio, and where the "
            "brackets themselves are wrong, there are no figures."
        ),
        verdicts={
            Verdict.COMPLIANT: (
                "Every age from 0 on has one price, brackets are those of the formula's first grid if that is "
                "asked, and the ratio is kept."
            ),
            Verdict.VIOLATION: "An age has no price or several, a bracket has changed, or the ratio is passed.",
            Verdict.EXEMPTED: WITHIN_EXEMPTIONS + " Nothing exempts from wrong brackets.",
        },
        example=(
            "In 2025 the dearest price of N3 passes the ratio; the town allows 1 % more from April on. In "
            "2026 the ratio is kept again, but in N1 the bracket from 50 on is split and nobody aged 60 "
            "has a price."
        ),
    ),
)
