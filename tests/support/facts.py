"""Views without a database: events as a projector hands them over, and tables that are dictionaries.

`Tables` applies what `Changes` gathered as its SQL does, so that one batch can be compared with many.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import replace

from domain.events import Event
from projections.engine.changes import _DELETE, _INSERT, _PUT, _SET, Changes, Key, Row
from projections.engine.table import Table
from projections.engine.view import Recorded, View

TENANT: Final = "commune:38185"
ACCORD: Final = "accord:999000011"
INSURER: Final = "insurer:999000011"
AT: Final = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
WHOSE: Final = {"tenant": TENANT, "owner": ACCORD}


def fact(
    event: Event,
    key: str = "k1",
    *,
    version: int = 1,
    position: int = 1,
    tenant: str = TENANT,
    owner: str = ACCORD,
) -> Recorded[Any]:
    """An event with what surrounds it in the ledger."""
    placed = replace(event, originator_id=f"{tenant}/{owner}/kind/{key}", originator_version=version)
    return Recorded(position, tenant, owner, key, AT, "account:1", placed)


def shown(view: View, *facts: Recorded[Any]) -> "Tables":
    """The rows of a view after these events, in one batch."""
    tables = Tables()
    tables.apply(gathered(view, facts))
    return tables


def gathered(view: View, facts: Iterable[Recorded[Any]]) -> Changes:
    """What a batch of events changes."""
    changes = Changes()
    view.apply(facts, changes)
    return changes


class Tables:
    """Rows by table and key."""

    def __init__(self) -> None:
        self.rows: dict[Table, dict[Key, Row]] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tables) and self._filled() == other._filled()

    __hash__ = None  # type: ignore[assignment] # it changes

    def apply(self, changes: Changes) -> None:
        """Write a batch. Raises ValueError for an inserted row that is there already."""
        for table, gathered_rows in changes._rows.items():
            rows = self.rows.setdefault(table, {})
            for key, (kind, row) in gathered_rows.items():
                if kind == _INSERT and key in rows:
                    raise ValueError(f"{table} has a row {key}")
                if kind in {_INSERT, _PUT}:
                    assert row.keys() == table.columns.keys(), table
                    rows[key] = dict(row)
                elif kind == _SET and key in rows:
                    assert row.keys() <= set(table.others), table
                    rows[key] = {**rows[key], **row}
                elif kind == _DELETE:
                    rows.pop(key, None)
        for table, sums in changes._sums.items():
            rows = self.rows.setdefault(table, {})
            for key, amounts in sums.items():
                row = rows.setdefault(
                    key, dict(zip(table.key, key, strict=True)) | dict.fromkeys(table.counters, 0)
                )
                for name, amount in amounts.items():
                    row[name] += amount

    def only(self, table: Table) -> Row:
        """The only row of a table."""
        (row,) = self.rows[table].values()
        return row

    def all(self, table: Table) -> list[Row]:
        """The rows of a table."""
        return list(self.rows.get(table, {}).values())

    def _filled(self) -> dict[Table, dict[Key, Row]]:
        return {table: rows for table, rows in self.rows.items() if rows}
