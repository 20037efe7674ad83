"""Reading views: a reader knows, for one transaction, which schema of each view is active.

Queries name the schema (`{crm}.member`), never a search path. What a reader may see is the database's second lock.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Generic, TypeVar

import psycopg
from psycopg.rows import class_row, dict_row, tuple_row

T = TypeVar("T")

Parameters = Mapping[str, object]


class ViewNotReadyError(Exception):
    """A view has no active build of the version that this code reads: it is being prepared."""

    def __init__(self, view: str) -> None:
        super().__init__(f"the view {view} is being prepared")
        self.view = view


class LaterError(Exception):
    """The rows of a query are not there yet: it is sent with others, and whoever asked is called again."""


class Later(Generic[T]):
    """What an ask finds; nothing is sent before somebody looks, and then all that wait go in one round trip."""

    def __init__(self, reader: "Reader", ask: Callable[["Reader"], T]) -> None:
        self._reader = reader
        self._ask = ask
        self._answer: tuple[T] | None = None

    def ask(self) -> bool:
        """Ask, or ask again; whether it was answered."""
        try:
            self._answer = (self._ask(self._reader),)
        except LaterError:
            return False
        return True

    @property
    def found(self) -> T:
        """What was found."""
        if self._answer is None:
            self._reader.settle()
        if self._answer is None:
            raise LaterError  # this was asked within another ask, which waits with it
        return self._answer[0]


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
        self._pending: list[Later[Any]] = []
        self._known: dict[_Question, list[Any]] | None = None
        self._wanted: dict[_Question, Parameters | None] = {}

    def later(self, ask: Callable[["Reader"], T]) -> Later[T]:
        """What `ask` will find. It is called once more for each of its steps, so it only reads."""
        made = Later(self, ask)
        if self._known is None:
            self._pending.append(made)
        else:
            made.ask()
        return made

    def settle(self) -> None:
        """Let everything that was asked for `later` be found: a round trip for each step of the longest ask."""
        if self._known is not None:
            return  # within an ask: what is missing goes with the next step
        pending, self._pending, self._known = self._pending, [], {}
        try:
            while pending := [each for each in pending if not each.ask()]:
                self._send(self._known)
        finally:
            self._known = None
            self._wanted.clear()

    def rows(self, of: type[T], query: str, parameters: Parameters | None = None) -> list[T]:
        """The rows as objects whose fields are the columns."""
        return self._found(of, query, parameters)

    def row(self, of: type[T], query: str, parameters: Parameters | None = None) -> T | None:
        """The first row, or None."""
        return next(iter(self._found(of, query, parameters)), None)

    def dicts(self, query: str, parameters: Parameters | None = None) -> list[dict[str, Any]]:
        """The rows as dictionaries."""
        return self._found(dict, query, parameters)

    def value(self, query: str, parameters: Parameters | None = None) -> Any:
        """The first column of the first row, or None."""
        row = next(iter(self._found(tuple, query, parameters)), None)
        return None if row is None else row[0]

    def position(self, view: str) -> int:
        """How far a view had come when this transaction began: print it with what it shows."""
        self._schema(view)
        return self._positions[view]

    def stopped(self, view: str) -> bool:
        """Whether a view met an event that it cannot take, and shows nothing newer."""
        return view in self._stopped

    def _found(self, of: type[Any], query: str, parameters: Parameters | None) -> list[Any]:
        named = self._named(query)
        if self._known is None:
            with self._connection.cursor(row_factory=_factory(of)) as cursor:
                return cursor.execute(named, parameters, prepare=True).fetchall()
        question = of, named, repr(parameters)
        if question not in self._known:
            self._wanted[question] = parameters
            raise LaterError
        return list(self._known[question])

    def _send(self, known: dict["_Question", list[Any]]) -> None:
        sent = []
        with self._connection.pipeline():
            for question, parameters in self._wanted.items():
                cursor = self._connection.cursor(row_factory=_factory(question[0]))
                sent.append((question, cursor.execute(question[1], parameters, prepare=True)))
        self._wanted.clear()
        for question, cursor in sent:
            known[question] = cursor.fetchall()

    def _schema(self, view: str) -> str:
        if view not in self._schemas:
            raise ViewNotReadyError(view)
        return self._schemas[view]

    def _named(self, query: str) -> bytes:
        # Names are ours (a view and a number), never input; braces in a query are only these.
        named = query.format_map(_Schemas(self._schema))
        # A statement prepared under another role is planned again, as its policies are others: each has its own.
        return f"/* {self._role} */ {named}".encode()


_Question = tuple[type[Any], bytes, str]
"""What the rows are wanted as, the query, and its parameters."""


def _factory(of: type[Any]) -> Any:
    if of is dict:
        return dict_row
    return tuple_row if of is tuple else class_row(of)


class _Schemas(dict[str, str]):
    def __init__(self, find: Any) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, view: str) -> str:
        return str(self._find(view))
