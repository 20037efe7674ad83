"""Reads a scenario: every wrong thing is refused with its JSON path, what was expected there and what was found.

No value is guessed and none is converted: a number where money is expected is an error, as is an unknown key.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import TypeVar

from domain.tariffs.assess.model import (
    Cell,
    CellId,
    Commitment,
    Convention,
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
    Scenario,
)
from domain.tariffs.assess.reading import (
    ABSENT,
    Field,
    ScenarioError,
    by_key,
    choice,
    day,
    decimal,
    decode,
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
from domain.tariffs.assess.rules import RULES, unknown_rule

T = TypeVar("T")

_age = whole(0, 150)


def read_scenario(raw: object) -> Scenario:
    """The scenario in a JSON document (bytes or text) or in the values of one; ScenarioError when it is wrong."""
    return _from_root(_scenario, raw)


def read_cells(raw: object) -> tuple[Cell, ...]:
    """The cells of one grid, from JSON or values; paths begin at the list: `$[3].monthly`."""
    return _from_root(_cells, raw)


def read_commitment(raw: object) -> Commitment:
    """One commitment, from JSON or values; paths begin at it: `$.params.period`."""
    return _from_root(_commitment, raw)


def _from_root(reader: Callable[[object], T], raw: object) -> T:
    if isinstance(raw, bytes | bytearray | memoryview):
        raw = decode(bytes(raw))
    elif isinstance(raw, str):
        raw = decode(raw)
    try:
        return reader(raw)
    except ScenarioError as wrong:
        raise wrong.under("$") from None
    except RecursionError:
        raise ScenarioError("$", "values that are not nested so deeply", "a deeper nesting") from None


def _refuse_repeats(keys: Iterable[Hashable], where: str, expected: str) -> None:
    """Refuse the second of two equal keys; `where` is the path of an item, with `{}` for its place."""
    seen: set[Hashable] = set()
    for place, key in enumerate(keys):
        if key in seen:
            shown = describe(key) if isinstance(key, str) else ", ".join(str(part) for part in _parts(key))
            raise ScenarioError(where.format(place), expected, f"{shown} a second time")
        seen.add(key)


def _parts(key: object) -> tuple[object, ...]:
    return tuple("no limit" if part is None else part for part in key) if isinstance(key, tuple) else (key,)


def _refuse_before(key: str, last: date | None, first: date) -> None:
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


def _cells(value: object) -> tuple[Cell, ...]:
    cells = _cell_list(value)
    if len({cell.id for cell in cells}) < len(cells):
        _refuse_repeats((cell.id for cell in cells), "[{}]", "each cell once in a grid")
    return cells


_ID_FIELDS = {
    "formula": Field(text),
    "category": Field(text, "general"),
    "role": Field(text, "adult"),
    "age_from": Field(_age),
    "age_to": Field(maybe(_age), None),
}
_cell_list = items(
    record(
        _make_cell,
        {**_ID_FIELDS, "monthly": Field(money), "parent": Field(maybe(record(_make_id, _ID_FIELDS)), None)},
    )
)


# The convention


def _make_convention(
    *,
    id: str,  # noqa: A002 (the keys of the file)
    signed_on: date | None,
    starts_on: date,
    ends_on: date,
    fees: int | None,
    waiting_period_days: int | None,
    commitments: tuple[Commitment, ...],
) -> Convention:
    _refuse_before("ends_on", ends_on, starts_on)
    _refuse_repeats((promise.id for promise in commitments), ".commitments[{}].id", "an id of its own")
    return Convention(id, starts_on, ends_on, commitments, signed_on, fees, waiting_period_days)


def _make_commitment(id: str, rule: str, params: object) -> Commitment:  # noqa: A002 (the keys of the file)
    known = RULES.get(rule)
    if known is None:
        raise unknown_rule(rule, RULES).under(".rule")
    try:
        return Commitment(id, rule, known.read(params))
    except ScenarioError as wrong:
        raise wrong.under(".params") from None


def _anything(value: object) -> object:
    if value is ABSENT:
        raise ScenarioError("", "an object", describe(value))
    return value


_commitment = record(
    _make_commitment, {"id": Field(text), "rule": Field(text), "params": Field(_anything, {})}
)
_convention = record(
    _make_convention,
    {
        "id": Field(text),
        "signed_on": Field(maybe(day), None),
        "starts_on": Field(day),
        "ends_on": Field(day),
        "fees": Field(maybe(money), None),
        "waiting_period_days": Field(maybe(whole(0, 100_000)), None),
        "commitments": Field(items(_commitment)),
    },
)


# What the convention is judged on


def _declared_rise(value: object) -> Fraction | dict[str, Fraction]:
    return by_key(decimal)(value) if isinstance(value, dict) else decimal(value)


def _make_headcount(taken_on: date, cells: tuple[tuple[CellId, int], ...]) -> Headcount:
    _refuse_repeats((cell for cell, _ in cells), ".cells[{}]", "each cell once in a headcount")
    return Headcount(taken_on, dict(cells))


def _make_index(index: IndexName, year: int, value: Fraction, published_on: date) -> IndexValue:
    if index is IndexName.PMSS and value <= 0:
        raise ScenarioError(".value", "an amount above zero", describe(str(value)))
    return IndexValue(index, year, value, published_on)


def _make_exemption(**said: object) -> Exemption:
    exemption = Exemption(**said)  # type: ignore[arg-type] # the fields below have read each of them
    _refuse_before("valid_to", exemption.valid_to, exemption.valid_from)
    _refuse_repeats(exemption.commitments, ".commitments[{}]", "each commitment once")
    return exemption


_grid = record(
    Grid,
    {
        "id": Field(text),
        "effective_on": Field(day),
        "notified_on": Field(day),
        "recorded_at": Field(instant),
        "corrects": Field(maybe(text), None),
        "justified": Field(flag, default=False),
        "declared_rise_percent": Field(maybe(_declared_rise), None),
        "cells": Field(_cells),
    },
)
_reference_grid = record(
    ReferenceGrid,
    {"id": Field(text), "valid_from": Field(day), "recorded_at": Field(instant), "cells": Field(_cells)},
)
_index = record(
    _make_index,
    {
        "index": Field(choice(IndexName)),
        "year": Field(whole(1000, 9999)),
        "value": Field(decimal),
        "published_on": Field(day),
    },
)
_headcount = record(
    _make_headcount,
    {
        "taken_on": Field(day),
        "cells": Field(items(record(_make_count, {**_ID_FIELDS, "count": Field(whole(0, 10**9))}))),
    },
)
_exemption = record(
    _make_exemption,
    {
        "id": Field(text),
        "commitments": Field(items(text)),
        "kind": Field(choice(ExemptionKind)),
        "factor": Field(ratio),
        "valid_from": Field(day),
        "valid_to": Field(maybe(day), None),
        "decided_on": Field(day),
        "revoked_on": Field(maybe(day), None),
        "recorded_at": Field(instant),
        "rebase": Field(flag, default=False),
    },
)
_member = record(
    Member,
    {
        "id": Field(text),
        "birth_date": Field(day),
        "formula": Field(text),
        "category": Field(text, "general"),
        "before": Field(money),
        "after": Field(money),
        "on": Field(day),
    },
)
_person = record(
    Person,
    {
        "formula": Field(text),
        "role": Field(text, "adult"),
        "category": Field(text, "general"),
        "age": Field(_age),
    },
)
_quote = record(
    Quote, {"id": Field(text), "on": Field(day), "total": Field(money), "people": Field(items(_person))}
)


# The whole file


def _make_scenario(**said: object) -> Scenario:
    scenario = Scenario(**said)  # type: ignore[arg-type] # the fields below have read each of them
    named: dict[str, Sequence[Grid | ReferenceGrid | Exemption | Member | Quote]] = {
        "grids": scenario.grids,
        "reference_grids": scenario.reference_grids,
        "exemptions": scenario.exemptions,
        "members": scenario.members,
        "quotes": scenario.quotes,
    }
    for name, things in named.items():
        _refuse_repeats((thing.id for thing in things), f".{name}[{{}}].id", "an id of its own")
    _refuse_repeats(
        (count.taken_on for count in scenario.headcounts), ".headcounts[{}]", "one headcount a day"
    )
    _refuse_repeats(
        ((value.index, value.year, value.published_on) for value in scenario.indices),
        ".indices[{}]",
        "one value for an index, a year and a day of publication",
    )
    _refuse_wrong_corrections(scenario.grids)
    promised = {promise.id for promise in scenario.convention.commitments}
    for place, exemption in enumerate(scenario.exemptions):
        for spot, commitment in enumerate(exemption.commitments):
            if commitment not in promised:
                path = f".exemptions[{place}].commitments[{spot}]"
                raise ScenarioError(path, "the id of a commitment of the convention", describe(commitment))
    return scenario


def _refuse_wrong_corrections(grids: tuple[Grid, ...]) -> None:
    corrected = {grid.id: grid.corrects for grid in grids}
    sound: set[str | None] = {None}
    for place, grid in enumerate(grids):
        path = f".grids[{place}].corrects"
        if grid.corrects is not None and grid.corrects not in corrected:
            raise ScenarioError(path, "the id of a grid of this file, or null", describe(grid.corrects))
        chain: set[str] = set()
        link: str | None = grid.id
        while link not in sound and link is not None:
            if link in chain:
                raise ScenarioError(path, "an earlier grid", "a grid that corrects this one in its turn")
            chain.add(link)
            link = corrected.get(link)
        sound.update(chain)


_scenario = record(
    _make_scenario,
    {
        "convention": Field(_convention),
        "grids": Field(items(_grid)),
        "reference_grids": Field(items(_reference_grid), ()),
        "indices": Field(items(_index), ()),
        "headcounts": Field(items(_headcount), ()),
        "exemptions": Field(items(_exemption), ()),
        "members": Field(items(_member), ()),
        "quotes": Field(items(_quote), ()),
        "as_known_at": Field(maybe(instant), None),
    },
)
