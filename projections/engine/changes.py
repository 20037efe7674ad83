"""The changes that a batch of events makes to rows, gathered per key, then written a set at a time.

Gathering keeps the order of events: what is written is what one event after the other would have left.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

import psycopg
from psycopg import sql

from projections.engine.table import Table

Key = tuple[Any, ...]
Row = dict[str, Any]

_INSERT, _PUT, _SET, _DELETE = range(4)
_DELETED: Final[Row] = {}
_STATEMENTS: Final = 1_024


class Changes:
    """The rows of one batch, per table and key."""

    def __init__(self) -> None:
        self._rows: dict[Table, dict[Key, tuple[int, Row]]] = defaultdict(dict)
        self._sums: dict[Table, dict[Key, Row]] = defaultdict(dict)

    def insert(self, table: Table, row: Row) -> None:
        """A row whose key no event made before: written by COPY, the fastest way. A repeat is an error."""
        key = table.key_of(row)
        rows = self._of(table)
        # Nearly always the first of its key: one look-up tells, and keeps it.
        before = rows.setdefault(key, inserted := (_INSERT, row))
        if before is inserted:
            return
        if before[0] == _SET:  # what was set before had no row to be set in
            rows[key] = inserted
        elif before[0] == _DELETE:
            rows[key] = (_PUT, row)
        else:
            msg = f"{table.name} has a row with this key already"  # which may hold a word of a name
            raise ValueError(msg)

    def put(self, table: Table, row: Row) -> None:
        """A whole row, instead of the one that is there if any."""
        key = table.key_of(row)
        rows = self._of(table)
        before = rows.get(key)
        rows[key] = (_INSERT if before is not None and before[0] == _INSERT else _PUT, row)

    def set(self, table: Table, key: Key, **columns: Any) -> None:
        """Some columns of a row that is there; nothing when it is not."""
        rows = self._of(table)
        before = rows.get(key)
        if before is None:
            rows[key] = (_SET, columns)
        elif before[0] != _DELETE:
            rows[key] = (before[0], {**before[1], **columns})

    def delete(self, table: Table, key: Key) -> None:
        """No such row any more."""
        self._of(table)[key] = (_DELETE, _DELETED)

    def add(self, table: Table, key: Key, **amounts: int) -> None:
        """Add to counters of a row, which is made when missing. Each event is counted once: checkpoints see to it."""
        if not table.counters:
            msg = f"{table.name} has no counters"
            raise TypeError(msg)
        sums = self._sums[table]
        row = sums.get(key)
        if row is None:
            sums[key] = dict(amounts)
        else:
            for name, amount in amounts.items():
                row[name] = row.get(name, 0) + amount

    def _of(self, table: Table) -> dict[Key, tuple[int, Row]]:
        if table.counters:
            # A sum and a whole row of one key would be written in another order than they came.
            msg = f"the rows of {table.name} are only added to"
            raise TypeError(msg)
        return self._rows[table]

    def rows(self, table: Table) -> list[Row]:
        """The whole rows gathered for a table: what tests look at."""
        return [row for kind, row in self._rows[table].values() if kind in (_INSERT, _PUT)]

    def write(self, connection: psycopg.Connection[Any], schema: str, *, piped: bool = False) -> None:
        """Write everything into the tables of `schema`, within the caller's transaction.

        `piped`: within a pipeline, where there is no COPY, which pays only for many rows.

        By name of table, then in key order: workers that meet in a row wait for each other and never in a circle.
        """
        for table, rows in sorted(self._rows.items(), key=_by_name):
            kinds: dict[int, list[tuple[Key, Row]]] = defaultdict(list)
            for key, (kind, row) in rows.items():
                kinds[kind].append((key, row))
            if kinds[_INSERT]:
                insert = _insert if piped else _copy
                insert(connection, schema, table, [row for _, row in kinds[_INSERT]])
            if kinds[_PUT]:
                _upsert(connection, schema, table, [row for _, row in sorted(kinds[_PUT], key=_by_key)])
            if kinds[_SET]:
                _update(connection, schema, table, sorted(kinds[_SET], key=_by_key))
            if kinds[_DELETE]:
                _delete(connection, schema, table, sorted(key for key, _ in kinds[_DELETE]))
        for table, sums in sorted(self._sums.items(), key=_by_name):
            _sum(connection, schema, table, sorted(sums.items(), key=_by_key))


def _by_key(item: tuple[Key, Row]) -> Key:
    return item[0]


def _by_name(item: tuple[Table, Any]) -> str:
    return item[0].name


def _named(schema: str, table: Table) -> sql.Composed:
    return sql.Identifier(schema, table.name) + sql.SQL("")


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _arrays(table: Table, columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL(f"%b::{table.type_of(name)}[]") for name in columns)


def _copy(connection: psycopg.Connection[Any], schema: str, table: Table, rows: Sequence[Row]) -> None:
    statement = sql.SQL("copy {} ({}) from stdin").format(_named(schema, table), _names(table.columns))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        write = copy.write_row
        for values in map(table.values_of, rows):
            write(values)


def _insert(connection: psycopg.Connection[Any], schema: str, table: Table, rows: Sequence[Row]) -> None:
    connection.execute(_insert_statement(schema, table), _columns(map(table.values_of, rows)))


def _upsert(connection: psycopg.Connection[Any], schema: str, table: Table, rows: Sequence[Row]) -> None:
    connection.execute(_upsert_statement(schema, table), _columns(map(table.values_of, rows)))


def _update(
    connection: psycopg.Connection[Any], schema: str, table: Table, rows: Sequence[tuple[Key, Row]]
) -> None:
    groups: dict[tuple[str, ...], list[tuple[Key, Row]]] = defaultdict(list)
    for key, row in rows:
        groups[tuple(sorted(row))].append((key, row))
    for columns, group in sorted(groups.items()):
        values = [[row[name] for _, row in group] for name in columns]
        keys = _columns(key for key, _ in group)
        connection.execute(_update_statement(schema, table, columns), [*keys, *values])


def _delete(connection: psycopg.Connection[Any], schema: str, table: Table, keys: Sequence[Key]) -> None:
    connection.execute(_delete_statement(schema, table), _columns(keys))


def _sum(
    connection: psycopg.Connection[Any], schema: str, table: Table, rows: Sequence[tuple[Key, Row]]
) -> None:
    amounts = [[row.get(name, 0) for _, row in rows] for name in table.counters]
    connection.execute(_sum_statement(schema, table), [*_columns(key for key, _ in rows), *amounts])


def _columns(rows: Iterable[Key]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


# The statements are made once for each table of a build: in small batches making them cost more than sending them.


@lru_cache(_STATEMENTS)
def _insert_statement(schema: str, table: Table) -> bytes:
    return _inserting(schema, table).as_bytes()


@lru_cache(_STATEMENTS)
def _upsert_statement(schema: str, table: Table) -> bytes:
    return (
        sql.SQL("{insert} on conflict ({key}) do update set {others}")
        .format(
            insert=_inserting(schema, table),
            key=_names(table.key),
            others=sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in table.others
            ),
        )
        .as_bytes()
    )


@lru_cache(_STATEMENTS)
def _update_statement(schema: str, table: Table, columns: tuple[str, ...]) -> bytes:
    return (
        sql.SQL("update {table} as t set {assignments} from unnest({arrays}) as u ({names}) where {match}")
        .format(
            table=_named(schema, table),
            assignments=sql.SQL(", ").join(
                sql.SQL("{0} = u.{0}").format(sql.Identifier(name)) for name in columns
            ),
            arrays=_arrays(table, (*table.key, *columns)),
            names=_names((*table.key, *columns)),
            match=_match(table),
        )
        .as_bytes()
    )


@lru_cache(_STATEMENTS)
def _delete_statement(schema: str, table: Table) -> bytes:
    return (
        sql.SQL("delete from {table} as t using unnest({arrays}) as u ({names}) where {match}")
        .format(
            table=_named(schema, table),
            arrays=_arrays(table, table.key),
            names=_names(table.key),
            match=_match(table),
        )
        .as_bytes()
    )


@lru_cache(_STATEMENTS)
def _sum_statement(schema: str, table: Table) -> bytes:
    columns = (*table.key, *table.counters)
    return (
        sql.SQL(
            "insert into {table} as t ({names}) select * from unnest({arrays}) on conflict ({key}) do update set {sums}"
        )
        .format(
            table=_named(schema, table),
            names=_names(columns),
            arrays=_arrays(table, columns),
            key=_names(table.key),
            sums=sql.SQL(", ").join(
                sql.SQL("{0} = t.{0} + excluded.{0}").format(sql.Identifier(name)) for name in table.counters
            ),
        )
        .as_bytes()
    )


def _inserting(schema: str, table: Table) -> sql.Composed:
    names = tuple(table.columns)
    return sql.SQL("insert into {table} ({names}) select * from unnest({arrays})").format(
        table=_named(schema, table), names=_names(names), arrays=_arrays(table, names)
    )


def _match(table: Table) -> sql.Composed:
    return sql.SQL(" and ").join(sql.SQL("t.{0} = u.{0}").format(sql.Identifier(name)) for name in table.key)
