"""The writer thread: it gathers the commands of concurrent requests and appends them as one group.

One group is in flight at a time; while it is flushed the next gathers, so that the cost of a commit is shared.
"""

import contextlib
import logging
import random
import threading
import time
from _thread import allocate_lock
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, Final

import psycopg
from eventsourcing.persistence import DataError, OperationalError

from infra.ledger.envelope import Envelope, LedgerFull, LedgerUnavailable

log = logging.getLogger(__name__)

Row = tuple[str, int, str, bytes]
"""Stream, version, stored name and bytes of one event."""

# The types of ledger_append's arrays: of events, then of claims taken and of claims released.
_EVENT_ARRAYS: Final = "int,text,bigint,text,bytea,text,text,text,int,int,bytea,timestamptz"
_CLAIM_ARRAYS: Final = "int,text,text,text,text"
APPEND: Final = (
    "select command_index, answer, first_position, last_position from ledger.ledger_append("  # noqa: S608 (placeholders only)
    + ", ".join(f"%b::{kind}[]" for kind in f"{_EVENT_ARRAYS},{_CLAIM_ARRAYS},{_CLAIM_ARRAYS}".split(","))
    + ")"
)
_LIMIT: Final = "54"
"""The class of SQLSTATE of what is too large to be indexed: psycopg counts it among the faults of operation, but to
send it again does not mend it."""

_NO_CLAIMS: Final[list[list[Any]]] = [[], [], [], [], []]


class Pending:
    """One command on its way: its rows, and later its answer."""

    __slots__ = ("answer", "done", "envelope", "error", "first", "last", "rows")

    def __init__(self, rows: Sequence[Row], envelope: Envelope) -> None:
        self.rows = rows
        self.envelope = envelope
        self.answer: str | None = None
        self.first = self.last = 0
        self.error: Exception | None = None
        self.done = allocate_lock()  # half the cost of an Event, and it is waited on once per command
        self.done.acquire()

    def settle(self, answer: str, first: int, last: int) -> None:
        """Hand the answer to the thread that waits for it."""
        self.answer, self.first, self.last = answer, first, last
        self.done.release()

    def fail(self, error: Exception) -> None:
        """Hand the error to the thread that waits for the answer."""
        self.error = error
        self.done.release()


class Writer:
    """A bounded queue of commands and the thread that appends them.

    `connect` opens an autocommit connection under the append role. `capacity` commands may wait; more are refused with
    LedgerFull. A group that could not be sent is sent again with the same command ids for `patience` seconds.

    `groups` and `refused` count since it began; `appended` is told the size of each group and the seconds it took.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        *,
        capacity: int = 4096,
        group: int = 256,
        patience: float = 10.0,
    ) -> None:
        self._connect = connect
        self._capacity, self._group, self._patience = capacity, group, patience
        self._queue: deque[Pending] = deque()
        self._wake = threading.Condition(threading.Lock())
        self._closing = False
        self._connection: psycopg.Connection[Any] | None = None
        self.groups = self.refused = 0
        self.appended: Callable[[int, float], None] = lambda _size, _seconds: None
        self._thread = threading.Thread(target=self._run, name="ledger-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many commands wait to be sent."""
        return len(self._queue)

    def append(self, rows: Sequence[Row], envelope: Envelope) -> Pending:
        """Append one command and wait for its answer. Raises LedgerFull, LedgerUnavailable or DataError."""
        pending = Pending(rows, envelope)
        with self._wake:
            if self._closing:
                msg = "the ledger's writer is closed"
                raise LedgerUnavailable(msg)
            if len(self._queue) >= self._capacity:
                self.refused += 1
                msg = f"{self._capacity} commands already wait for the ledger"
                raise LedgerFull(msg)
            self._queue.append(pending)
            if len(self._queue) == 1:
                self._wake.notify()
        pending.done.acquire()
        if pending.error is not None:
            raise pending.error
        return pending

    def close(self) -> None:
        """Append what waits, then stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join(self._patience + 5)
        self._drop_connection()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._queue and not self._closing:
                    self._wake.wait()
                if not self._queue:
                    return
                group = [self._queue.popleft() for _ in range(min(len(self._queue), self._group))]
            try:
                self._send_group(group)
            except BaseException as error:  # whatever happens, no caller may wait for ever
                log.exception("a group of commands could not be appended")
                for pending in group:
                    if pending.answer is None and pending.error is None:
                        pending.fail(LedgerUnavailable(str(error)))

    def _send_group(self, group: list[Pending]) -> None:
        try:
            self._send(group)
        except OperationalError as error:
            for pending in group:
                pending.fail(error)
        except (psycopg.Error, ValueError, TypeError) as error:
            if len(group) == 1:
                group[0].fail(DataError(str(error)))
                return
            # One command holds what the database cannot take (a NUL in a text) or what cannot even be sent to it
            # (half a surrogate pair): alone it harms nobody.
            for number, pending in enumerate(group):
                self._send_group([pending])
                if isinstance(pending.error, OperationalError):  # those behind would each wait as long
                    for behind in group[number + 1 :]:
                        behind.fail(pending.error)
                    return

    def _send(self, group: list[Pending]) -> None:
        parameters = _parameters(group)
        deadline = time.monotonic() + self._patience
        while True:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                begun = time.perf_counter()
                answers = self._connection.execute(APPEND, parameters, prepare=True).fetchall()
                break
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                if (error.sqlstate or "").startswith(_LIMIT):
                    raise psycopg.DataError(str(error)) from error
                # The group may have been recorded before the connection was lost: the same ids tell.
                self._drop_connection()
                if time.monotonic() > deadline:
                    raise LedgerUnavailable(str(error)) from error
                time.sleep(random.uniform(0.05, 0.25))  # noqa: S311 (spreads retries, keeps no secret)
        self.groups += 1
        self.appended(len(group), time.perf_counter() - begun)
        if answers[0][0] == 0:
            position = answers[0][2]
            for pending in group:
                size = len(pending.rows)
                pending.settle("recorded", position, position + size - 1)
                position += size
        else:
            for index, answer, first, last in answers:
                group[index - 1].settle(answer, first or 0, last or 0)

    def _drop_connection(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


def _parameters(group: list[Pending]) -> list[list[Any]]:
    """The columns of the events, of the claims taken and of those released, in command order."""
    rows: list[tuple[Any, ...]] = []
    for index, pending in enumerate(group, 1):
        envelope = pending.envelope
        size = len(pending.rows)
        shared = (envelope.actor, envelope.command, envelope.correlation)
        for ordinal, row in enumerate(pending.rows):
            first = ordinal == 0
            rows.append(
                (index, *row, *shared, ordinal, size if first else None, envelope.digest if first else None,
                 envelope.recorded_at)
            )  # fmt: skip
    columns = [list(column) for column in zip(*rows, strict=True)]
    taken = _claims(
        (index, pending.envelope.take) for index, pending in enumerate(group, 1) if pending.envelope.take
    )
    released = _claims(
        (index, pending.envelope.release)
        for index, pending in enumerate(group, 1)
        if pending.envelope.release
    )
    return [*columns, *taken, *released]


def _claims(of_commands: Any) -> list[list[Any]]:
    rows = list(chain.from_iterable(((index, *claim) for claim in claims) for index, claims in of_commands))
    return [list(column) for column in zip(*rows, strict=True)] if rows else _NO_CLAIMS
