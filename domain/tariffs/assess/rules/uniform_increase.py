"""UNIFORM_INCREASE: all prices of a grid, or of a formula, move by the rate that the insurer declared.

Source: loi 89-1009 (loi Évin), article 6: a rise is the same for all who are insured under the same contract.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from domain.money import SPACE, french_euros, french_percent, scale
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.model import Grid, Params, Scenario
from domain.tariffs.assess.price_limits import Aside, PriceLimits, Ratio, nothing_earlier
from domain.tariffs.assess.reading import Field, ScenarioError, choice, money, record
from domain.tariffs.assess.rules.rule import NOTHING_EARLIER, Case, Prose, Rule
from domain.tariffs.assess.sentences import quoted

NAME = "UNIFORM_INCREASE"


class Scope(StrEnum):
    """Within what the rate is the same."""

    FORMULA = "FORMULA"
    ALL = "ALL"


class UniformIncrease(Params, frozen=True):
    """`tolerance` is in cents, on either side of the price that the declared rate gives."""

    scope: Scope = Scope.FORMULA
    tolerance: int = 1


class _Declared(NamedTuple):
    """What a price is multiplied by, or None where no rate was declared, and what is said of it."""

    ratio: Ratio | None
    words: str


def judge(commitment: str, params: UniformIncrease, case: Case) -> list[Finding]:
    """One finding a cell and grid: no exemption changes what was declared."""
    timeline = case.timeline
    limits = PriceLimits(commitment, NAME, timeline, ())
    for slot in timeline.slots:
        new = nothing_earlier(slot)
        declared: dict[str, _Declared] = {}
        for place, cell in enumerate(slot.cells):
            history = timeline.history(cell, slot.index)
            entry = history.at(slot.index - 1)
            if entry < 0:
                limits.aside(slot, place, new)
                continue
            name, old, price = timeline.ids[cell], history.prices[entry], slot.prices[place]
            if name.formula not in declared:
                declared[name.formula] = _declared(slot.grid, name.formula)
            ratio, words = declared[name.formula]
            if ratio is None:
                limits.aside(slot, place, Aside(Verdict.INDETERMINATE, words, old))
                continue
            limit = scale(old, ratio)
            excess = price - limit
            kept = abs(excess) <= params.tolerance
            limits.findings.append(
                Finding(
                    commitment,
                    NAME,
                    slot.grid.id,
                    name,
                    None,
                    slot.first,
                    slot.last,
                    Verdict.COMPLIANT if kept else Verdict.VIOLATION,
                    old,
                    limit,
                    price,
                    0 if kept else excess,
                    _reason(price, limit, old, words, kept=kept),
                )
            )
    return limits.findings


def _declared(grid: Grid, formula: str) -> _Declared:
    rate = grid.declared_rise_percent
    if isinstance(rate, Mapping):
        rate = rate.get(formula)
        if rate is None:
            formulas = f"pour la formule {quoted((formula,))}"
            return _Declared(None, f"Aucune évolution n’a été annoncée {formulas}{SPACE}: {_UNDECIDED}.")
    if rate is None:
        return _Declared(None, f"Aucune évolution n’a été annoncée avec cette grille{SPACE}: {_UNDECIDED}.")
    return _Declared((1 + rate / 100).as_integer_ratio(), french_percent(rate))


_UNDECIDED = "rien ne dit si la hausse est la même pour tous"


def _reason(price: int, limit: int, old: int, rate: str, *, kept: bool) -> str:
    given = f"{french_euros(limit)} que donne l’évolution annoncée de {rate} appliquée à {french_euros(old)}"
    if kept:
        return f"Le prix de {french_euros(price)} correspond aux {given}."
    if price > limit:
        return f"Le prix de {french_euros(price)} dépasse de {french_euros(price - limit)} les {given}."
    return f"Le prix de {french_euros(price)} est inférieur de {french_euros(limit - price)} aux {given}."


def check(params: UniformIncrease, scenario: Scenario) -> None:
    """ScenarioError where a grid declares a rate for each formula though one for all was promised."""
    if params.scope is not Scope.ALL:
        return
    for place, grid in enumerate(scenario.grids):
        if isinstance(grid.declared_rise_percent, Mapping):
            path = f".grids[{place}].declared_rise_percent"
            expected = "one percentage, as an increase was promised that is uniform over all formulas"
            raise ScenarioError(path, expected, "an object")


RULE = Rule(
    NAME,
    UniformIncrease,
    record(
        UniformIncrease,
        {
            "scope": Field(
                choice(Scope),
                Scope.FORMULA,
                about="Within what the rate is the same: each formula, or all (one rate for the grid).",
            ),
            "tolerance": Field(money, 1, about="How far a price may be off, in euros."),
        },
    ),
    judge,
    check=check,
    prose=Prose(
        title="hausse uniforme",
        clause=(
            "Dans une même formule, toutes les cotisations évoluent du même pourcentage, que l’organisme "
            "annonce avec la grille."
        ),
        anchor="the previous price of the cell.",
        limit=(
            "anchor × (1 + declared rate), rounded HALF_UP: what the price should be. `excess` has a "
            "sign, and is zero within the tolerance."
        ),
        verdicts={
            Verdict.COMPLIANT: "The price is the limit, give or take the tolerance.",
            Verdict.VIOLATION: "The price differs by more, upwards or downwards.",
            Verdict.NOT_APPLICABLE: NOTHING_EARLIER,
            Verdict.INDETERMINATE: "No rate was declared for the grid or the formula.",
        },
        example=(
            "With 2.90 % declared, one price rises by 3.77 % and one by a euro too little. The next grid "
            "declares a rate for one formula only, so that nothing can be said of the other."
        ),
    ),
)
