"""A grid as a table that people read: a line for each profile and age, a column for each formula.

Cells come from the shared document; what changed and what breaks a commitment is set beside each price.
"""

from collections.abc import Sequence

import msgspec

from domain.tariffs.assess import Cell, CellId
from domain.tariffs.grid import formulas, from_document
from projections.compliance.queries import BreachRow
from projections.tariffs.queries import GridRow
from services.asking import parts
from services.web.standing import slots
from services.web.typography import ages
from services.web.words import profile


class Price(msgspec.Struct, frozen=True):
    """A price in cents, the one before it (None: there was none), and what it breaks."""

    now: int
    before: int | None
    breach: BreachRow | None


class Line(msgspec.Struct, frozen=True):
    """Whom some prices are for, and the price of each formula, in the order of the columns."""

    label: str
    prices: Sequence[Price | None]

    @property
    def broken(self) -> bool:
        """Whether a price of the line breaks a commitment."""
        return any(price is not None and price.breach is not None for price in self.prices)


class GridTable(msgspec.Struct, frozen=True):
    """A whole grid."""

    formulas: Sequence[str]
    lines: Sequence[Line]


def cells_of(grid: GridRow) -> Sequence[Cell]:
    """The cells of a notified grid."""
    return from_document(parts().ledger.documents.get(grid.document))


def before(grids: Sequence[GridRow], grid: GridRow) -> GridRow | None:
    """The grid that another one replaces: the last that was in force before it."""
    earlier = [
        slot.grid
        for slot in slots(grids)
        if (slot.first, slot.grid.position) < (grid.effective_on, grid.position)
        and (slot.last is None or slot.last >= slot.first or slot.grid is grid)
    ]
    return earlier[-1] if earlier else None


def table(
    cells: Sequence[Cell], earlier: Sequence[Cell] = (), breaches: Sequence[BreachRow] = ()
) -> GridTable:
    """A grid as lines and columns; `earlier` are the prices it replaces, `breaches` what it breaks."""
    names = sorted(formulas(cells), key=lambda formula: _dearest(cells, formula))
    prices = {cell.id: cell.monthly for cell in cells}
    former = {cell.id: cell.monthly for cell in earlier}
    wrong = {
        CellId(
            breach.formula, breach.category or "", breach.role or "", breach.age_from or 0, breach.age_to
        ): breach
        for breach in breaches
        if breach.formula is not None
    }
    lines = []
    for who in sorted({cell.id[1:] for cell in cells}, key=_order):
        named = [CellId(formula, *who) for formula in names]
        lines.append(
            Line(
                whom(named[0]),
                [
                    Price(prices[cell], former.get(cell), wrong.get(cell)) if cell in prices else None
                    for cell in named
                ],
            )
        )
    return GridTable(names, lines)


def _dearest(cells: Sequence[Cell], formula: str) -> int:
    """Formulas stand from the lightest to the fullest, as brochures print them; their names seldom sort so."""
    return max(cell.monthly for cell in cells if cell.id.formula == formula)


def whom(cell: CellId) -> str:
    """Whom a cell prices: `50 ans et plus`, `Enfant, moins de 18 ans`."""
    written = ages(cell.age_from, cell.age_to)
    if (cell.category, cell.role) == ("general", "adult"):
        return written
    named = profile(cell.category, cell.role)
    return named if written == "tous âges" else f"{named}, {written}"


def cell_name(cell: CellId) -> str:
    """A cell in a few words: `Niveau 1, 50 ans et plus`."""
    who = whom(cell)
    return f"{cell.formula}, {who[0].lower()}{who[1:]}"


def named(breach: BreachRow) -> CellId:
    """The cell of a breach. A breach of the whole grid has none: it is then an empty name."""
    return CellId(
        breach.formula or "",
        breach.category or "general",
        breach.role or "adult",
        breach.age_from or 0,
        breach.age_to,
    )


def same_person(cells: Sequence[Cell], cell: CellId) -> int | None:
    """The price that a grid gave to those whom a cell prices, by their youngest; None when it gave none."""
    for other in cells:
        bounds = other.id
        last = bounds.age_to if bounds.age_to is not None else 199
        if bounds[:3] == cell[:3] and bounds.age_from <= cell.age_from <= last:
            return other.monthly
    return None


def _order(who: tuple[str, str, int, int | None]) -> tuple[bool, str, bool, str, int, int]:
    category, role, first, last = who
    return category != "general", category, role == "adult", role, first, 999 if last is None else last
