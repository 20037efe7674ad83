"""Questions about the cases of broken commitments: one, those of a town or an insurer, what is due, whole portfolios.

Whose turn it is (insurer, town, nobody) and the day it is due are columns; figures are written in the case's unit.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, Literal

import msgspec

from projections.engine.reading import Reader

PAGE: Final = 100

_OPEN: Final = "turn is not null"


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case. `cells` are its broken cells, the largest excess first (`CaseCell`); `excess` is that of the first.

    `state` is detected, explained, disputed, formal_notice, accepted, corrected or notice_given; `clock` which deadline
    runs until `due_on`, `fell_due_on` set when it passed in silence.
    """

    tenant: str
    owner: str
    id: str
    convention: str
    commitment: str
    article: str
    wording: str
    rule: str
    grid: str | None
    verdict: str
    unit: str
    cells: list[dict[str, Any]]
    cell_count: int
    excess: str | None
    excess_percent: str | None
    from_on: date
    to_on: date | None
    cause_position: int | None
    state: str
    turn: Literal["insurer", "town"] | None
    clock: Literal["explanation", "answer", "cure"] | None
    due_on: date | None
    fell_due_on: date | None
    opened_at: datetime
    changed_at: datetime
    exemption: str | None
    corrected_on: date | None
    corrected_by: str | None
    formal_notice_on: date | None
    formal_notice_channel: str | None
    formal_notice_document: str | None
    takes_effect_on: date | None
    version: int
    position: int
    last_position: int

    @property
    def open(self) -> bool:
        """Whether somebody has something to do."""
        return self.turn is not None

    def overdue(self, today: date) -> bool:
        """Whether the day by which somebody had to act has passed."""
        return self.due_on is not None and self.due_on < today


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a case: what (`opened`, `explained`, …), by whom (insurer, town, judge, calendar) and when.

    `documents` are SHA-256 of filed documents; `facts` the rest: days, clock, channel, grid, exemption, as texts.
    """

    case_file: str
    step: str
    by_side: str
    recorded_at: datetime
    text: str | None
    documents: list[str]
    facts: dict[str, Any]
    position: int


class CasePlace(msgspec.Struct, frozen=True):
    """Where a case lies, and since when its clock has run out: enough to command it."""

    tenant: str
    owner: str
    id: str
    due_on: date
    clock: str


def _columns(row: type[msgspec.Struct]) -> str:
    return ", ".join(row.__struct_fields__)


def cases(
    reader: Reader,
    tenant: str | None,
    owners: Sequence[str],
    *,
    convention: str | None = None,
    commitment: str | None = None,
    state: str | None = None,
    turn: str | None = None,
    open_only: bool = False,
    overdue_on: date | None = None,
    after: tuple[date | None, str] | None = None,
    limit: int = PAGE,
) -> list[CaseRow]:
    """Cases of one commune or (None) of all: those due first, closed ones last. Conditions narrow each other.

    `overdue_on`: whose clock had run out by that day; `after` is the (due_on, id) of the last row of the page before.
    """
    query = f"select {_columns(CaseRow)} from {{compliance}}.case_file where owner = any(%(owners)s)"  # noqa: S608
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " and convention = %(convention)s" if convention is not None else ""
    query += " and commitment = %(commitment)s" if commitment is not None else ""
    query += " and state = %(state)s" if state is not None else ""
    query += " and turn = %(turn)s" if turn is not None else ""
    query += f" and {_OPEN}" if open_only else ""
    query += " and due_on < %(overdue_on)s" if overdue_on is not None else ""
    if after is not None:
        query += " and (coalesce(due_on, 'infinity'), id) > (coalesce(%(after_due)s::date, 'infinity'), %(after_id)s)"
    query += " order by coalesce(due_on, 'infinity'), id limit %(limit)s"
    after_due, after_id = after or (None, None)
    return reader.rows(
        CaseRow,
        query,
        {
            "tenant": tenant, "owners": list(owners), "convention": convention, "commitment": commitment,
            "state": state, "turn": turn, "overdue_on": overdue_on, "after_due": after_due,
            "after_id": after_id, "limit": limit,
        },
    )  # fmt: skip


def case(reader: Reader, tenant: str, owners: Sequence[str], identity: str) -> CaseRow | None:
    """One case."""
    return reader.row(
        CaseRow,
        f"select {_columns(CaseRow)} from {{compliance}}.case_file"  # noqa: S608
        " where tenant = %(tenant)s and owner = any(%(owners)s) and id = %(id)s",
        {"tenant": tenant, "owners": list(owners), "id": identity},
    )


def case_of_breach(reader: Reader, tenant: str, owners: Sequence[str], breach: str) -> str | None:
    """The id of the case in which a breach is a cell now."""
    found = reader.value(
        "select id from {compliance}.case_file where tenant = %(tenant)s and owner = any(%(owners)s)"
        " and exists (select from jsonb_array_elements(cells) as cell where cell->>'breach' = %(breach)s) limit 1",
        {"tenant": tenant, "owners": list(owners), "breach": breach},
    )
    return None if found is None else str(found)


def steps(reader: Reader, tenant: str, owners: Sequence[str], identity: str) -> list[StepRow]:
    """What happened in a case, the earliest first."""
    return reader.rows(
        StepRow,
        f"select {_columns(StepRow)} from {{compliance}}.case_step"  # noqa: S608
        " where tenant = %(tenant)s and owner = any(%(owners)s) and case_file = %(id)s order by position",
        {"tenant": tenant, "owners": list(owners), "id": identity},
    )


def clocks_run_out(reader: Reader, today: date) -> list[CasePlace]:
    """Cases whose deadline passed and of which nobody said so yet. For the calendar: it reads across tenants."""
    return reader.rows(
        CasePlace,
        "select tenant, owner, id, due_on, clock from {compliance}.case_file"
        " where turn is not null and due_on < %(today)s and fell_due_on is null order by due_on, id",
        {"today": today},
    )
