"""Reading views: a reader knows, for one transaction, which schema of each view is active.

Queries name the schema (`{crm}.member`), never a search path. What a reader may see is the database's second lock.
"""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import psycopg
from psycopg.rows import class_row, dict_row

T = TypeVar("T")

Parameters = Mapping[str, object]


class ViewNotReadyError(Exception):
    """A view has no active build of the version that this code reads: it is being prepared."""

    def __init__(self, view: str) -> None:
        super().__init__(f"the view {view} is being prepared")
        self.view = view


class Reader:
    """Runs the queries of views in one transaction. `schemas` are the active ones by view, `role` who reads.

    `stopped` are the views that met an event they cannot take: they show what was before.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        schemas: Mapping[str, str],
        positions: Mapping[str, int],
        *,
        role: str = "",
        stopped: Collection[str] = (),
    ) -> None:
        self._connection = connection
        self._schemas = schemas
        self._positions = positions
        self._role = role
        self._stopped = stopped

    def rows(self, of: type[T], query: str, parameters: Parameters | None = None) -> list[T]:
        """The rows as objects whose fields are the columns."""
        with self._connection.cursor(row_factory=class_row(of)) as cursor:
            return cursor.execute(self._named(query), parameters, prepare=True).fetchall()

    def row(self, of: type[T], query: str, parameters: Parameters | None = None) -> T | None:
        """The first row, or None."""
        with self._connection.cursor(row_factory=class_row(of)) as cursor:
            return cursor.execute(self._named(query), parameters, prepare=True).fetchone()

    def dicts(self, query: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """The rows as dictionaries."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(self._named(query), parameters, prepare=True).fetchall()

    def value(self, query: str, parameters: Parameters | None = None) -> Any:
        """The first column of the first row, or None."""
        row = self._connection.execute(self._named(query), parameters, prepare=True).fetchone()
        return None if row is None else row[0]

    def position(self, view: str) -> int:
        """How far a view had come when this transaction began: print it with what it shows."""
        self._schema(view)
        return self._positions[view]

    def stopped(self, view: str) -> bool:
        """Whether a view met an event that it cannot take, and shows nothing newer."""
        return view in self._stopped

    def _schema(self, view: str) -> str:
        if view not in self._schemas:
            raise ViewNotReadyError(view)
        return self._schemas[view]

    def _named(self, query: str) -> bytes:
        # Names are ours (a view and a number), never input; braces in a query are only these.
        named = query.format_map(_Schemas(self._schema))
        # A statement prepared under another role is planned again, as its policies are others: each has its own.
        return f"/* {self._role} */ {named}".encode()


class _Schemas(dict[str, str]):
    def __init__(self, find: Any) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, view: str) -> str:
        return str(self._find(view))
