"""Grids: one document whatever the order of its cells, no person with two prices, and the cell that prices one."""

import hashlib
from datetime import date
from itertools import permutations

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.refusal import Refused
from domain.tariffs.assess.model import Cell, CellId
from domain.tariffs.grid import (
    CellKey,
    age_in_year,
    checked_cells,
    demand_tax,
    demand_well_formed,
    formulas,
    from_document,
    name,
    price,
    to_document,
)


def cell(
    age_from: int, age_to: int | None, monthly: int = 4780, formula: str = "N1", role: str = "adult"
) -> Cell:
    """A cell of the general category."""
    return Cell(CellId(formula, "general", role, age_from, age_to), monthly)


YOUNG, OLD, DEAR = cell(0, 49, 3186), cell(50, None), cell(50, None, 10393, formula="N3")


def test_the_order_of_cells_changes_nothing_of_the_document() -> None:
    documents = {to_document(cells) for cells in permutations([YOUNG, OLD, DEAR])}
    assert len(documents) == 1
    assert set(from_document(documents.pop())) == {YOUNG, OLD, DEAR}


def test_a_document_is_the_same_bytes_for_ever() -> None:
    split = Cell(CellId("N1", "étudiant", "adult", 18, 25), 2230, parent=YOUNG.id)
    assert to_document([OLD, split]).decode() == (
        '{"cells":[{"age_from":50,"age_to":null,"category":"general","formula":"N1","monthly":"47.80",'
        '"parent":null,"role":"adult"},{"age_from":18,"age_to":25,"category":"étudiant","formula":"N1",'
        '"monthly":"22.30","parent":{"age_from":0,"age_to":49,"category":"general","formula":"N1",'
        '"role":"adult"},"role":"adult"}]}'
    )


@drawn(
    st.lists(
        st.builds(
            cell,
            st.integers(0, 50),
            st.none() | st.integers(51, 120),
            st.integers(0, 10**9),
            st.text("abcé N'", min_size=1).filter(lambda text: text.strip() == text),
        ),
        unique_by=lambda cell: cell.id,
        max_size=6,
    )
)
def test_what_a_document_holds_is_what_was_put_in(cells: list[Cell]) -> None:
    document = to_document(cells)
    found = from_document(document)
    assert sorted(found, key=lambda cell: cell.id.order) == sorted(cells, key=lambda cell: cell.id.order)
    assert hashlib.sha256(to_document(found)).digest() == hashlib.sha256(document).digest()


def test_a_grid_has_a_cell() -> None:
    with pytest.raises(Refused) as refusal:
        demand_well_formed([])
    assert (refusal.value.code, refusal.value.path) == ("grid-empty", "$.cells")


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        ([cell(0, 49), cell(49, None)], 1),
        ([cell(49, None), cell(0, 49)], 0),
        ([cell(0, None), cell(60, None)], 1),
        ([cell(0, 99), DEAR, cell(10, 20), cell(30, 40)], 2),
    ],
)
def test_two_cells_may_not_price_one_person(cells: list[Cell], place: int) -> None:
    with pytest.raises(Refused) as refusal:
        demand_well_formed(cells)
    assert (refusal.value.code, refusal.value.path) == ("cells-overlap", f"$.cells[{place}].age_from")


def test_neighbours_of_other_formulas_or_roles_do_not_overlap() -> None:
    demand_well_formed([YOUNG, OLD, DEAR, cell(0, None, role="child"), cell(0, 49, formula="N3")])


@drawn(st.lists(st.tuples(st.integers(0, 20), st.none() | st.integers(0, 20)), min_size=1, max_size=5))
def test_a_grid_is_well_formed_when_every_age_has_one_price_at_most(
    ages: list[tuple[int, int | None]],
) -> None:
    brackets = {(first, last) for first, last in ages if last is None or last >= first} or {(0, None)}
    cells = [cell(first, last) for first, last in sorted(brackets, key=str)]
    priced = [
        age for age in range(30) for first, last in brackets if first <= age and (last is None or age <= last)
    ]
    try:
        demand_well_formed(cells)
    except Refused:
        assert len(priced) > len(set(priced))
    else:
        assert len(priced) == len(set(priced))


def test_a_person_is_priced_by_formula_category_role_and_age() -> None:
    grid = [YOUNG, OLD, DEAR]
    assert price(grid, "N1", "general", "adult", 49) is YOUNG
    assert price(grid, "N1", "general", "adult", 50) is OLD
    assert price(grid, "N3", "general", "adult", 120) is DEAR


@pytest.mark.parametrize(
    ("formula", "category", "role", "age"),
    [
        ("N2", "general", "adult", 40),
        ("N1", "étudiant", "adult", 40),
        ("N1", "general", "child", 40),
        ("N3", "general", "adult", 49),
    ],
)
def test_who_has_no_cell_has_no_price(formula: str, category: str, role: str, age: int) -> None:
    with pytest.raises(Refused) as refusal:
        price([YOUNG, OLD, DEAR], formula, category, role, age)
    assert (refusal.value.code, refusal.value.path) == ("no-cell", "$.formula")
    assert refusal.value.facts["formulas"] == ["N1", "N3"]


def test_a_tariff_counts_age_by_the_year_of_birth() -> None:
    assert age_in_year(date(1976, 12, 31), date(2026, 1, 1)) == 50
    assert age_in_year(date(1976, 1, 1), date(2026, 12, 31)) == 50


def test_formulas_are_listed_once_in_order() -> None:
    assert formulas([DEAR, YOUNG, OLD]) == ["N3", "N1"]


def test_a_cell_keeps_its_name_through_an_event() -> None:
    assert CellKey.of(OLD.id).id() == OLD.id
    assert (name(YOUNG.id), name(OLD.id)) == ("N1 general adult 0 to 49", "N1 general adult 50 and over")


def test_a_price_in_the_wrong_unit_is_refused_where_it_stands() -> None:
    with pytest.raises(Refused) as refusal:
        demand_well_formed([YOUNG, Cell(OLD.id, 1_000_000)])
    assert (refusal.value.code, refusal.value.path) == ("out-of-range", "$.cells[1].monthly")


def test_prices_before_tax_lie_in_the_document_and_not_in_the_check() -> None:
    plain, told = to_document([YOUNG, OLD]), to_document([YOUNG, OLD], {YOUNG.id: 2813}, "13.27")
    assert b"tax" not in plain
    assert told != plain
    cells = msgspec.json.decode(told)["cells"]
    assert [cell.get("before_tax") for cell in cells] == ["28.13", None]
    assert checked_cells(told) == msgspec.json.decode(plain)["cells"]
    assert from_document(told) == from_document(plain)


@pytest.mark.parametrize(
    ("before_tax", "percent", "path"),
    [
        ({YOUNG.id: YOUNG.monthly + 1}, None, "$.cells[0].before_tax"),
        ({}, "-1", "$.tax_percent"),
        ({}, "100.01", "$.tax_percent"),
        ({}, "vingt", "$.tax_percent"),
    ],
)
def test_a_tax_is_plausible(before_tax: dict[CellId, int], percent: str | None, path: str) -> None:
    demand_tax([YOUNG, OLD], {YOUNG.id: YOUNG.monthly}, "0")
    with pytest.raises(Refused) as refused:
        demand_tax([YOUNG, OLD], before_tax, percent)
    assert (refused.value.code, refused.value.path) == ("out-of-range", path)
