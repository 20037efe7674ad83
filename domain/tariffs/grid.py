"""A tariff grid as one immutable document that many towns may share: canonical JSON of its cells.

Which cell prices a person is decided here; what a grid promises or breaks is decided by `assess`.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any

import msgspec

from domain.money import format_euros, parse_decimal
from domain.refusal import Refused
from domain.tariffs.assess.model import Cell, CellId
from domain.tariffs.assess.scenario import read_cells

DEAREST = 999_999
"""Cents a month: a price above is a mistake of units."""

_ENCODER = msgspec.json.Encoder(order="sorted")

Cells = Sequence[Cell]
"""The cells of a grid in the order of their names; prices are monthly, including tax, in cents."""


class CellKey(msgspec.Struct, frozen=True, kw_only=True):
    """What names a cell, as events keep it; `age_to` is inclusive, None is without upper limit."""

    formula: str
    category: str
    role: str
    age_from: int
    age_to: int | None

    @classmethod
    def of(cls, cell: CellId) -> "CellKey":
        """The key of a cell."""
        return cls(**cell._asdict())

    def id(self) -> CellId:
        """The cell's name as the check uses it."""
        return CellId(self.formula, self.category, self.role, self.age_from, self.age_to)


def to_document(
    cells: Cells, before_tax: Mapping[CellId, int] | None = None, tax_percent: str | None = None
) -> bytes:
    """Canonical JSON: the same cells always give the same bytes. Money is a string in euros.

    `before_tax` are cents by cell and `tax_percent` the tax's rate, where the insurer says them: their keys are absent
    otherwise, so that a grid without them has the bytes that it always had.
    """
    without = before_tax or {}
    document: dict[str, object] = {
        "cells": [
            {
                **cell.id._asdict(),
                "monthly": format_euros(cell.monthly),
                "parent": cell.parent._asdict() if cell.parent else None,
                **({"before_tax": format_euros(without[cell.id])} if cell.id in without else {}),
            }
            for cell in sorted(cells, key=lambda cell: cell.id.order)
        ]
    }
    if tax_percent is not None:
        document["tax_percent"] = tax_percent
    return _ENCODER.encode(document)


@lru_cache(maxsize=256)  # the same few grids price every member who joins and stand on each page of a town
def from_document(document: bytes) -> Cells:
    """The cells that a document holds. Raises ScenarioError when it is not a grid."""
    return read_cells(checked_cells(document))


def checked_cells(document: bytes) -> list[dict[str, Any]]:
    """The cells of a document as a scenario file has them: prices are judged with taxes, what is before is left out."""
    cells: list[dict[str, Any]] = msgspec.json.decode(document)["cells"]
    for cell in cells:
        cell.pop("before_tax", None)
    return cells


def demand_tax(cells: Cells, before_tax: Mapping[CellId, int], tax_percent: str | None) -> None:
    """Refused when a price before tax is above the one after it, or the rate is not a percentage."""
    if tax_percent is not None:
        try:
            plausible = 0 <= parse_decimal(tax_percent) <= 100
        except ValueError:
            plausible = False
        if not plausible:
            raise Refused("out-of-range", "A tax is from 0 to 100 percent.", path="$.tax_percent")
    for place, cell in enumerate(cells):
        if before_tax.get(cell.id, 0) > cell.monthly:
            raise Refused(
                "out-of-range",
                "A price before tax is at most the price.",
                path=f"$.cells[{place}].before_tax",
            )


def demand_well_formed(cells: Cells) -> None:
    """Refused when the grid is empty, a price is absurd, or two cells price the same person."""
    if not cells:
        raise Refused("grid-empty", "A grid has at least one cell.", path="$.cells")
    for place, cell in enumerate(cells):
        if cell.monthly > DEAREST:
            raise Refused(
                "out-of-range", "A monthly price is at most 9999.99 euros.", path=f"$.cells[{place}].monthly"
            )
    ordered = sorted(cells, key=lambda cell: cell.id.order)
    for before, cell in pairwise(ordered):
        if before.id[:3] == cell.id[:3] and (
            before.id.age_to is None or before.id.age_to >= cell.id.age_from
        ):
            raise Refused(
                "cells-overlap",
                f"{name(before.id)} and {name(cell.id)} price the same ages.",
                path=f"$.cells[{cells.index(cell)}].age_from",
            )


def formulas(cells: Cells) -> list[str]:
    """The formulas of a grid, in order."""
    return list(dict.fromkeys(cell.id.formula for cell in cells))


def price(cells: Cells, formula: str, category: str, role: str, age: int) -> Cell:
    """The cell that prices such a person. Refused with what the grid offers when there is none."""
    for cell in cells:
        named = cell.id
        if named[:3] == (formula, category, role) and named.age_from <= age <= _or_no_limit(named.age_to):
            return cell
    raise Refused(
        "no-cell",
        f"The grid in force has no price for {formula}, {category}, {role}, {age} years;"
        f" its formulas are {', '.join(formulas(cells))}.",
        path="$.formula",
        formula=formula,
        age=age,
        formulas=formulas(cells),
    )


def age_in_year(birth: date, on: date) -> int:
    """The age by difference of years (âge par différence de millésime), the usual basis of French tariffs."""
    return on.year - birth.year


def name(cell: CellId) -> str:
    """The cell in a few words, for messages."""
    ages = f"{cell.age_from} and over" if cell.age_to is None else f"{cell.age_from} to {cell.age_to}"
    return f"{cell.formula} {cell.category} {cell.role} {ages}"


def _or_no_limit(age: int | None) -> float:
    return float("inf") if age is None else age
