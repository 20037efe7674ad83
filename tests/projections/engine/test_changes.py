"""Gathered changes: what a batch writes is what its events, one after the other, would have left."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.engine import table as t
from projections.engine.changes import Changes
from projections.engine.table import Table
from tests.support.facts import Tables

THING = Table("thing", {"id": t.TEXT, "a": t.INTEGER, "b": t.INTEGER}, key=("id",), readers=("organisation",))
COUNT = Table(
    "count",
    {"id": t.TEXT, "n": t.BIGINT, "m": t.BIGINT},
    key=("id",),
    readers=("organisation",),
    counters=("n", "m"),
)
Step = Callable[[Changes], None]


def row(identity: str = "x", a: int | None = 1, b: int | None = 2) -> dict[str, Any]:
    """A whole row."""
    return {"tenant": "t", "owner": "o", "id": identity, "a": a, "b": b}


def key(identity: str = "x") -> tuple[str, str, str]:
    """The key of a row."""
    return ("t", "o", identity)


def batch(*steps: Step) -> Changes:
    """Steps gathered in one batch."""
    changes = Changes()
    for step in steps:
        step(changes)
    return changes


def insert(**values: Any) -> Step:
    return lambda changes: changes.insert(THING, row(**values))


def put(**values: Any) -> Step:
    return lambda changes: changes.put(THING, row(**values))


def assign(identity: str = "x", **columns: int | None) -> Step:
    return lambda changes: changes.set(THING, key(identity), **columns)


def delete(identity: str = "x") -> Step:
    return lambda changes: changes.delete(THING, key(identity))


def add(identity: str = "x", **amounts: int) -> Step:
    return lambda changes: changes.add(COUNT, key(identity), **amounts)


def one_by_one(*steps: Step) -> Tables:
    """The tables after each step in a batch of its own."""
    tables = Tables()
    for step in steps:
        tables.apply(batch(step))
    return tables


def at_once(*steps: Step) -> Tables:
    """The tables after all steps in one batch."""
    tables = Tables()
    tables.apply(batch(*steps))
    return tables


def test_a_row_inserted_twice_is_an_error_in_one_batch_and_in_two() -> None:
    with pytest.raises(ValueError, match="has a row"):
        batch(insert(), insert(a=5))
    with pytest.raises(ValueError, match="has a row"):
        one_by_one(insert(), insert(a=5))
    with pytest.raises(ValueError, match="has a row"):
        batch(put(), insert())


def test_rows_of_other_tenants_and_owners_are_other_rows() -> None:
    changes = Changes()
    for tenant, owner in (("t", "o"), ("t2", "o"), ("t", "o2")):
        changes.insert(THING, {**row(), "tenant": tenant, "owner": owner})
    assert len(changes.rows(THING)) == 3


def test_what_was_inserted_can_be_set_and_stays_an_insert() -> None:
    assert batch(insert(), assign(a=5), assign(b=6)).rows(THING) == [row(a=5, b=6)]
    tables = one_by_one(insert())
    with pytest.raises(ValueError, match="has a row"):
        tables.apply(batch(insert(identity="y"), insert(), assign(a=5)))


def test_setting_columns_leaves_the_row_that_was_given_alone() -> None:
    given_row = row()
    batch(lambda changes: changes.insert(THING, given_row), assign(a=5))
    assert given_row == row()


def test_a_whole_row_replaces_what_was_set_before_it() -> None:
    assert batch(assign(a=5), put(a=7)).rows(THING) == [row(a=7)]
    assert at_once(assign(a=5), put(a=7)) == one_by_one(assign(a=5), put(a=7))


def test_columns_set_after_a_whole_row_are_in_it() -> None:
    assert batch(put(a=7), assign(a=5)).rows(THING) == [row(a=5)]


def test_setting_columns_of_no_row_is_nothing() -> None:
    assert batch(assign(a=5)).rows(THING) == []
    assert at_once(assign(a=5)).all(THING) == []


def test_a_deleted_row_stays_deleted_until_a_whole_row_comes() -> None:
    assert batch(put(), delete()).rows(THING) == []
    assert batch(put(), delete(), assign(a=5)).rows(THING) == []
    assert batch(put(), delete(), put(a=9)).rows(THING) == [row(a=9)]
    assert at_once(insert(), delete()).all(THING) == []


def test_a_whole_row_may_come_twice() -> None:
    assert batch(put(), put(a=9)).rows(THING) == [row(a=9)]
    assert batch(insert(), put(a=9)).rows(THING) == [row(a=9)]


def test_amounts_add_up_in_a_row_that_is_made_when_missing() -> None:
    tables = at_once(add(n=1), add(n=2, m=5), add("y", m=-1))
    assert tables.all(COUNT) == [
        {"tenant": "t", "owner": "o", "id": "x", "n": 3, "m": 5},
        {"tenant": "t", "owner": "o", "id": "y", "n": 0, "m": -1},
    ]
    assert tables == one_by_one(add(n=1), add(n=2, m=5), add("y", m=-1))


def test_amounts_of_one_event_are_not_those_of_the_next() -> None:
    amounts = {"n": 1}
    changes = Changes()
    changes.add(COUNT, key(), **amounts)
    changes.add(COUNT, key(), **amounts)
    assert amounts == {"n": 1}
    assert changes._sums[COUNT][key()] == {"n": 2}


NAMES = st.sampled_from(["x", "y", "z"])
FIGURES = st.none() | st.integers(0, 9)
AMOUNTS = st.integers(-3, 3)
STEP = st.one_of(
    st.builds(lambda a, b: lambda name: put(identity=name, a=a, b=b), FIGURES, FIGURES),
    st.builds(lambda a: lambda name: assign(name, a=a), FIGURES),
    st.builds(lambda a, b: lambda name: assign(name, a=a, b=b), FIGURES, FIGURES),
    st.builds(lambda n: lambda name: add(name, n=n), AMOUNTS),
    st.builds(lambda n, m: lambda name: add(name, n=n, m=m), AMOUNTS, AMOUNTS),
    st.just(delete),
)
HISTORIES = st.lists(st.tuples(NAMES, STEP), max_size=14)


@given(
    there=st.sets(NAMES),
    inserted=st.sets(NAMES),
    history=HISTORIES,
    cuts=st.lists(st.integers(0, 14), max_size=3),
)
def test_however_events_are_cut_into_batches_the_rows_are_the_same(
    there: set[str], inserted: set[str], history: list[tuple[str, Callable[[str], Step]]], cuts: list[int]
) -> None:
    steps = []
    touched = set(there)
    for name, step in history:
        # Only the first event of a stream inserts: nothing touched its row before.
        steps.append(insert(identity=name) if name in inserted - touched else step(name))
        touched.add(name)
    first_rows = [put(identity=name) for name in sorted(there)]
    expected = one_by_one(*first_rows, *steps)
    for places in ([0, len(steps)], [0, *sorted(cut for cut in cuts if cut < len(steps)), len(steps)]):
        tables = one_by_one(*first_rows)
        for first, last in pairwise(places):
            tables.apply(batch(*steps[first:last]))
        assert tables == expected
