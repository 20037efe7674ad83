"""Reading views: a reader knows, for one transaction, which schema of each view is active.

Queries name the schema (`{crm}.member`), never a search path. What a reader may see is the database's second lock.
"""

from collections.abc import Mapping
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
    """Runs the queries of views in one transaction. `schemas` are the active ones by view."""

    def __init__(
        self, connection: psycopg.Connection[Any], schemas: Mapping[str, str], positions: Mapping[str, int]
    ) -> None:
        self._connection = connection
        self._schemas = schemas
        self._positions = positions

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

    def _schema(self, view: str) -> str:
        if view not in self._schemas:
            raise ViewNotReadyError(view)
        return self._schemas[view]

    def _named(self, query: str) -> bytes:
        # Names are ours (a view and a number), never input; braces in a query are only these.
        return query.format_map(_Schemas(self._schema)).encode()


class _Schemas(dict[str, str]):
    def __init__(self, find: Any) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, view: str) -> str:
        return str(self._find(view))
