"""The figures of a broken cell in words: what it costs, may cost and exceeds, in the unit of its rule.

Mails, letters and pages name a cell and its figures alike.
"""

from datetime import date
from decimal import Decimal

from domain.money import NARROW_SPACE
from domain.tariffs.assess import CellId
from domain.tariffs.evidence import CaseCell
from domain.tariffs.statements import Statement
from services.web.grids import cell_name
from services.web.typography import count, day, eur, number


def figure(value: str | None, unit: str) -> str | None:
    """A figure of a finding as people read it: `49,74 €`, `3,2 %`, `01/01/2027`, `4`; None stays None."""
    if value is None:
        return None
    if unit == "euros":
        return eur(cents(value))
    if unit == "day":
        is_date = value.count("-") == 2
        return day(date.fromisoformat(value)) if is_date else count(int(Decimal(value)), "jour")
    exact = Decimal(value)
    places = max(0, -int(exact.normalize().as_tuple().exponent))
    return number(exact, places) + (f"{NARROW_SPACE}%" if unit == "percent" else "")


def cents(value: str) -> int:
    """Cents of an amount in euros as findings write it."""
    return int((Decimal(value) * 100).to_integral_value())


def excess(cell: CaseCell, unit: str) -> str | None:
    """By how much a limit is exceeded: `0,51 € par mois (1,04 %)`; None where no figure is told."""
    if cell.excess is None:
        return None
    if unit == "day":
        return count(int(Decimal(cell.excess)), "jour")
    told = figure(cell.excess, unit)
    if unit != "euros":
        return told
    share_ = share(cell)
    return f"{told} par mois ({share_})" if share_ else f"{told} par mois"


def share(cell: CaseCell) -> str | None:
    """The excess over the limit, always with two decimals: `0,90 %`; None where figures are not prices."""
    return (
        f"{number(Decimal(cell.excess_percent), 2)}{NARROW_SPACE}%"
        if cell.excess_percent is not None
        else None
    )


def subject(cell: CaseCell | Statement) -> str:
    """What is judged: a cell of the grid (`Niveau 1, 50 ans et plus`), what the rule says it compares, or the grid."""
    if cell.cell is None:
        return cell.subject or "Ensemble de la grille"
    key = cell.cell
    if key.formula is None:
        return cell.subject or "Ensemble de la grille"
    if key.age_from is None and key.role is None:
        return f"Formule {key.formula}"
    return cell_name(
        CellId(key.formula, key.category or "general", key.role or "adult", key.age_from or 0, key.age_to)
    )
