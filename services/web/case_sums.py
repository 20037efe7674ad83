"""How a breach came about, and its limit as a sum that anybody can do again: for caps that are a plain percentage.

For the other rules the check's own sentence says it.
"""

from collections.abc import Sequence
from fractions import Fraction

from domain.partnerships.terms import Commitment
from domain.tariffs.assess.days import Period, anchor_day
from domain.tariffs.evidence import CaseCell
from projections.compliance.case_queries import CaseRow
from projections.oversight.queries import ConventionRow
from projections.tariffs.queries import GridRow
from services.web.figures import figure
from services.web.typography import in_words, month, percent, rise


def why(
    case: CaseRow,
    convention: ConventionRow,
    commitment: Commitment | None,
    prices: Sequence[tuple[GridRow, int]],
) -> list[str]:
    """How it came to that, where several rises of one period did it together; else the check's sentence suffices."""
    if case.rule != "ANNUAL_CAP_FIXED" or commitment is None or len(prices) < 2:
        return []
    period = Period(str(commitment.params.get("period", "CIVIL_YEAR")))
    start = anchor_day(period, prices[-1][0].effective_on, convention.starts_on)
    known = [pair for pair in prices if pair[0].effective_on <= start]
    inside = [pair for pair in prices if pair[0].effective_on > start]
    if not known or len(inside) < 2:
        return []
    anchor = known[-1][1]
    steps = [
        (grid, before, price)
        for (grid, price), before in zip(inside, [anchor, *(p for _, p in inside)], strict=False)
    ]
    risen = [(grid, before, price) for grid, before, price in steps if price > before]
    if len(risen) < 2:
        return []
    cap = Fraction(str(commitment.params["max_rise_percent"]))
    told = ", puis ".join(
        f"{rise(before, price).removeprefix('+')} en {month(grid.effective_on)}"
        for grid, before, price in risen
    )
    words = {Period.CIVIL_YEAR: "la même année civile", Period.CONVENTION_YEAR: "une année de convention"}
    where = words.get(period, "douze mois")
    said = f"{in_words(len(risen), feminine=True).capitalize()} hausses en {where} : {told}."
    if all(Fraction(100 * (price - before), before) <= cap for _, before, price in risen):
        together = rise(anchor, inside[-1][1]).removeprefix("+")
        said += f" Chacune est sous {percent(cap)}, mais ensemble elles font {together}."
    return [said]


def formula(cell: CaseCell | None, commitment: Commitment | None) -> str | None:
    """The limit as a sum that anybody can do again, where one multiplication gives it to the cent."""
    if cell is None or commitment is None or commitment.rule != "ANNUAL_CAP_FIXED":
        return None
    if not (cell.anchor and cell.limit and cell.observed and cell.excess):
        return None
    rate = 1 + Fraction(str(commitment.params["max_rise_percent"])) / 100
    exact = Fraction(cell.anchor) * rate
    if abs(exact - Fraction(cell.limit)) >= Fraction(1, 100):
        return None  # an exemption, a carried-over rate or another base: the check's sentence says it
    factor, product = _decimal(rate), _decimal(exact)
    share = (
        f", soit {figure(cell.excess_percent, 'percent')} au-dessus du plafond" if cell.excess_percent else ""
    )
    return (
        f"{figure(cell.anchor, 'euros')} × {factor} = {product} €, arrondi au centime : {figure(cell.limit, 'euros')}."
        f" {figure(cell.observed, 'euros')} − {figure(cell.limit, 'euros')} = {figure(cell.excess, 'euros')}{share}."
    )


def _decimal(value: Fraction) -> str:
    """An exact decimal number with a comma, as long as it is."""
    text = f"{value.numerator * 10**12 // value.denominator:013d}"
    whole, rest = text[:-12], text[-12:].rstrip("0")
    return f"{whole},{rest}" if rest else whole
