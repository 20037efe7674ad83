"""Reads the parts of a scenario: cells, grids, indices, headcounts, exemptions, members and quotes.

What concerns several of them, a name that must exist elsewhere in the file, is looked at by scenario.py.
"""

from collections.abc import Hashable, Iterable
from datetime import date
from fractions import Fraction

from domain.tariffs.assess.model import (
    Cell,
    CellId,
    Exemption,
    ExemptionKind,
    Grid,
    Headcount,
    IndexName,
    IndexValue,
    Member,
    Person,
    Quote,
    ReferenceGrid,
)
from domain.tariffs.assess.reading import (
    Field,
    ScenarioError,
    by_key,
    choice,
    day,
    decimal,
    describe,
    flag,
    instant,
    items,
    maybe,
    money,
    ratio,
    record,
    text,
    whole,
)
from domain.tariffs.assess.shapes import shape_of, shaped

_age = whole(0, 150)


def refuse_repeats(keys: Iterable[Hashable], where: str, expected: str) -> None:
    """Refuse the second of two equal keys; `where` is the path of an item, with `{}` for its place."""
    seen: set[Hashable] = set()
    for place, key in enumerate(keys):
        if key in seen:
            shown = describe(key) if isinstance(key, str) else ", ".join(str(part) for part in _parts(key))
            raise ScenarioError(where.format(place), expected, f"{shown} a second time")
        seen.add(key)


def _parts(key: object) -> tuple[object, ...]:
    return tuple("no limit" if part is None else part for part in key) if isinstance(key, tuple) else (key,)


def refuse_before(key: str, last: date | None, first: date) -> None:
    """Refuse a last day before the first; `key` names the value that is wrong."""
    if last is not None and last < first:
        raise ScenarioError(f".{key}", f"a day not before {first}", describe(last.isoformat()))


# Cells


def _make_id(formula: str, category: str, role: str, age_from: int, age_to: int | None) -> CellId:
    if age_to is not None and age_to < age_from:
        raise ScenarioError(".age_to", f"an age of {age_from} or more, or null", describe(age_to))
    return CellId(formula, category, role, age_from, age_to)


def _make_cell(
    *,
    formula: str,
    category: str,
    role: str,
    age_from: int,
    age_to: int | None,
    monthly: int,
    parent: CellId | None,
) -> Cell:
    own = _make_id(formula, category, role, age_from, age_to)
    if parent == own:
        raise ScenarioError(".parent", "another cell", "the cell itself")
    return Cell(own, monthly, parent)


def _make_count(
    *, formula: str, category: str, role: str, age_from: int, age_to: int | None, count: int
) -> tuple[CellId, int]:
    return _make_id(formula, category, role, age_from, age_to), count


_ID_FIELDS = {
    "formula": Field(text, about="The level of cover."),
    "category": Field(text, "general", "Who pays this price: everybody, students, staff…"),
    "role": Field(text, "adult", "The place in the household: adult, child…"),
    "age_from": Field(_age, about="The lowest age."),
    "age_to": Field(maybe(_age), None, "The highest age, included; null: no limit."),
}
_cell_id = record(_make_id, _ID_FIELDS, "cell-id")
_cell_list = items(
    record(
        _make_cell,
        {
            **_ID_FIELDS,
            "monthly": Field(money, about="The price a month, taxes included."),
            "parent": Field(
                maybe(_cell_id),
                None,
                "The cell that this one was split from; it stands for this one wherever an earlier price is needed.",
            ),
        },
        "cell",
    )
)


@shaped(shape_of(_cell_list).keywords)
def read_cell_list(value: object) -> tuple[Cell, ...]:
    """The cells of one grid, each once."""
    cells = _cell_list(value)
    if len({cell.id for cell in cells}) < len(cells):
        refuse_repeats((cell.id for cell in cells), "[{}]", "each cell once in a grid")
    return cells


# What the convention is judged on


_rises_by_formula = by_key(decimal)


@shaped({"anyOf": [decimal, _rises_by_formula]})
def _declared_rise(value: object) -> Fraction | dict[str, Fraction]:
    return _rises_by_formula(value) if isinstance(value, dict) else decimal(value)


def _make_headcount(taken_on: date, cells: tuple[tuple[CellId, int], ...]) -> Headcount:
    refuse_repeats((cell for cell, _ in cells), ".cells[{}]", "each cell once in a headcount")
    return Headcount(taken_on, dict(cells))


def _make_index(index: IndexName, year: int, value: Fraction, published_on: date) -> IndexValue:
    if index is IndexName.PMSS and value <= 0:
        raise ScenarioError(".value", "an amount above zero", describe(str(value)))
    return IndexValue(index, year, value, published_on)


def _make_exemption(**said: object) -> Exemption:
    exemption = Exemption(**said)  # type: ignore[arg-type] # the fields below have read each of them
    refuse_before("valid_to", exemption.valid_to, exemption.valid_from)
    refuse_repeats(exemption.commitments, ".commitments[{}]", "each commitment once")
    return exemption


_AN_ID = "Its name in this file."
_RECORDED = "When it became known: before that it does not exist."

read_grid = record(
    Grid,
    {
        "id": Field(text, about=_AN_ID),
        "effective_on": Field(day, about="The first day on which its prices count."),
        "notified_on": Field(day, about="The day on which the town was told."),
        "recorded_at": Field(instant, about=_RECORDED),
        "corrects": Field(maybe(text), None, "The grid that this one replaces entirely."),
        "justified": Field(flag, default=False, about="Whether the documents that explain it came with it."),
        "declared_rise_percent": Field(
            maybe(_declared_rise), None, "The rise that the insurer declares, for all formulas or by formula."
        ),
        "cells": Field(read_cell_list, about="Its prices."),
    },
    "grid",
)
read_reference_grid = record(
    ReferenceGrid,
    {
        "id": Field(text, about=_AN_ID),
        "valid_from": Field(day, about="The first day on which its prices count."),
        "recorded_at": Field(instant, about=_RECORDED),
        "cells": Field(read_cell_list, about="Its prices."),
    },
    "reference-grid",
)
read_index_value = record(
    _make_index,
    {
        "index": Field(choice(IndexName), about="Which figure it is."),
        "year": Field(whole(1000, 9999), about="The year that it describes."),
        "value": Field(decimal, about="A percentage; for PMSS the amount in euros."),
        "published_on": Field(day, about="From this day it is known; a later publication revises it."),
    },
    "index-value",
)
read_headcount = record(
    _make_headcount,
    {
        "taken_on": Field(day, about="The day on which people were counted."),
        "cells": Field(
            items(
                record(
                    _make_count,
                    {**_ID_FIELDS, "count": Field(whole(0, 10**9), about="How many people pay this price.")},
                    "cell-count",
                )
            ),
            about="Each cell with its number of people.",
        ),
    },
    "headcount",
)
read_exemption = record(
    _make_exemption,
    {
        "id": Field(text, about=_AN_ID),
        "commitments": Field(items(text), about="The commitments whose limits it raises."),
        "kind": Field(choice(ExemptionKind), about="Why."),
        "factor": Field(ratio, about="Limits are multiplied by the first number and divided by the second."),
        "valid_from": Field(day, about="The first day on which it may be used."),
        "valid_to": Field(maybe(day), None, "The last day; null: no end."),
        "decided_on": Field(day, about="The day on which the town decided; before it nothing is exempted."),
        "revoked_on": Field(maybe(day), None, "From this day it counts no more."),
        "recorded_at": Field(instant, about=_RECORDED),
        "rebase": Field(flag, default=False, about="Whether what it allowed is a base for later years."),
    },
    "exemption",
)
read_member = record(
    Member,
    {
        "id": Field(text, about=_AN_ID),
        "birth_date": Field(day, about="The day of birth."),
        "formula": Field(text, about="The level of cover."),
        "category": Field(text, "general", "The category of the price."),
        "before": Field(money, about="The price a month until then."),
        "after": Field(money, about="The price a month from that day on."),
        "on": Field(day, about="The day on which the price changes."),
    },
    "member",
)
_person = record(
    Person,
    {
        "formula": Field(text, about="The level of cover."),
        "role": Field(text, "adult", "The place in the household: adult, child…"),
        "category": Field(text, "general", "The category of the price."),
        "age": Field(_age, about="The age on that day."),
    },
    "person",
)
read_quote = record(
    Quote,
    {
        "id": Field(text, about=_AN_ID),
        "on": Field(day, about="The day for which it is made."),
        "total": Field(money, about="What the household is asked to pay a month."),
        "people": Field(
            items(_person), about="Its members; where the order matters between equals, this one."
        ),
    },
    "quote",
)
