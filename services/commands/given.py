"""A grid as it comes in: cells with prices as texts, and what the insurer says of them.

It becomes exact cells and one canonical document here, or is refused with the path of what is wrong.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from domain.money import parse_decimal, parse_euros
from domain.refusal import Refused
from domain.tariffs.assess import CellId, ScenarioError, read_cells
from domain.tariffs.grid import Cells, demand_tax, demand_well_formed, formulas, to_document
from domain.tariffs.tariff import DeclaredRise


class CellNamed(msgspec.Struct, frozen=True, kw_only=True):
    """What names a cell; `age_to` is inclusive, None is without upper limit."""

    formula: str
    category: str = "general"
    role: str = "adult"
    age_from: int
    age_to: int | None = None

    def id(self) -> CellId:
        """The cell's name as the check uses it."""
        return CellId(self.formula, self.category, self.role, self.age_from, self.age_to)


class GivenCell(CellNamed, frozen=True, kw_only=True):
    """A cell as it comes in; prices are strings in euros with two decimals, `parent` the cell it was split from."""

    monthly: str
    before_tax: str | None = None
    parent: CellNamed | None = None


class GridContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a notified grid says, whatever the town. `notified_on` is today by default.

    `declared_rise` is the announced rise in percent, for all or by formula; `corrects` names the grid that it
    replaces; `justification` is the SHA-256 of a filed document; `reason` the written motive of an excess.
    """

    effective_on: date
    notified_on: date | None = None
    justified: bool = False
    cells: tuple[GivenCell, ...]
    tax_percent: str | None = None
    corrects: str | None = None
    decided_by: str | None = None
    decided_on: date | None = None
    justification: str | None = None
    declared_rise: DeclaredRise = None
    reason: str | None = None


class ReadGrid(msgspec.Struct, frozen=True):
    """The exact cells of a grid, and the document that keeps them."""

    cells: Cells
    document: bytes


def given_cells(given: Sequence[GivenCell]) -> Cells:
    """The cells of a grid as it comes in. Refused with the path of what is wrong."""
    try:
        cells = read_cells([_bare(cell) for cell in given])
    except ScenarioError as wrong:
        path = "$.cells" + wrong.path.removeprefix("$")
        raise Refused("cell-wrong", f"Expected {wrong.expected}, found {wrong.found}.", path=path) from None
    demand_well_formed(cells)
    return cells


def given_grid(cells: Sequence[GivenCell], tax_percent: str | None = None) -> ReadGrid:
    """The cells and document of a grid as it comes in. Refused with the path of what is wrong."""
    exact = given_cells(cells)
    before_tax = _before_tax(cells)
    demand_tax(exact, before_tax, tax_percent)
    return ReadGrid(exact, to_document(exact, before_tax, tax_percent))


def demand_declared_rise(declared: DeclaredRise, cells: Cells) -> None:
    """Refused when a declared rise is no percentage, or is that of a formula which the grid lacks."""
    rates = declared if isinstance(declared, dict) else {} if declared is None else {"": declared}
    known = formulas(cells)
    for formula, rate in rates.items():
        path = "$.declared_rise" + (f".{formula}" if formula else "")
        if formula and formula not in known:
            raise Refused("declared-rise-wrong", f"The grid has no formula {formula}.", path=path)
        try:
            parse_decimal(rate)
        except ValueError:
            raise Refused(
                "declared-rise-wrong", "A percentage such as 2.9 was expected.", path=path
            ) from None


def stored_grid(document: bytes) -> tuple[tuple[GivenCell, ...], str | None]:
    """The cells of a document as they came in, and the rate of the tax if it was said."""
    stored: dict[str, Any] = msgspec.json.decode(document)
    return msgspec.convert(stored["cells"], tuple[GivenCell, ...]), stored.get("tax_percent")


def _bare(cell: GivenCell) -> Mapping[str, object]:
    plain = msgspec.structs.asdict(cell)
    del plain["before_tax"]
    return {**plain, "parent": msgspec.structs.asdict(cell.parent) if cell.parent else None}


def _before_tax(given: Sequence[GivenCell]) -> dict[CellId, int]:
    prices = {}
    for place, cell in enumerate(given):
        if cell.before_tax is not None:
            try:
                prices[cell.id()] = parse_euros(cell.before_tax)
            except ValueError:
                raise Refused(
                    "cell-wrong", "Expected an amount in euros.", path=f"$.cells[{place}].before_tax"
                ) from None
    return prices
