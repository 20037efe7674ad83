"""Whose turn it is: workers that act once for a whole installation run in one process of it at a time.

Its turn is a lock that a database session holds; when that session ends, another process takes over within seconds.
"""

import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import psycopg

from infra.errors import described
from services import telemetry
from services.telemetry.pulse import Pulses
from services.workers import ALONE

log = logging.getLogger(__name__)

Work = Callable[[threading.Event], None]

CHECK_SECONDS: Final = 0.5
"""How often a process asks for the turns it has not, and whether it still holds those it has."""

SETTLE_SECONDS: Final = 1.5
"""What a successor waits before it begins: longer than the one before takes to notice that its session is gone."""

SILENCE_SECONDS: Final = 10
"""A session that is silent for so long (a paused process, a cut network) is ended by the server, and its turns too."""

_SPACE: Final = 7_301_003  # the first half of the locks' keys; the other is the place in ALONE
_TAKE: Final = "select number from unnest(%s::int[]) as asked (number) where pg_try_advisory_lock(%s, number)"


_HOLDERS: Final = """
select l.objid, a.application_name from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted and l.classid = %s and l.objsubid = 2
  and l.database = (select oid from pg_database where datname = current_database())
"""


def process_name() -> str:
    """How this process is told from others: its machine and number, 63 characters at most."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


def holders(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Who has whose turn in an installation: the worker's name to its process."""
    rows = connection.execute(_HOLDERS, (_SPACE,)).fetchall()
    return {ALONE[number]: str(who) for number, who in rows if number < len(ALONE)}


class Turns:
    """Runs workers while this process holds their turns. `connect` opens an autocommit connection for it alone.

    What happens twice all the same harms nobody: a holder may be in the middle of an effect when its session ends, and
    each effect is keyed by its cause (a repeat gets the earlier receipt), each mail is locked while it is sent.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], pulses: Pulses | None = None) -> None:
        self._connect = connect
        self._pulses = pulses or Pulses()
        self._running: dict[str, tuple[threading.Thread, threading.Event]] = {}
        self._awaited: set[str] = set()

    def run(self, works: Mapping[str, Work], stop: threading.Event) -> None:
        """Run each worker of ALONE that is given whenever it has its turn, until told to stop."""
        for name in works:
            telemetry.turn_held.labels(name).set(0)
        while not stop.is_set():
            try:
                with self._connect() as connection:
                    connection.execute(
                        "select set_config('idle_session_timeout', %s, false),"
                        " set_config('application_name', %s, false)",
                        (f"{SILENCE_SECONDS}s", process_name()),
                    )
                    self._hold(connection, works, stop)
                    self._end(wait=True)  # the turns are given back after the work, not before
            except psycopg.OperationalError as error:
                log.warning("the turns of %s are lost: %s", ", ".join(works), described(error))
                self._end()
                stop.wait(CHECK_SECONDS)
        self._end(wait=True)

    def _hold(
        self, connection: psycopg.Connection[Any], works: Mapping[str, Work], stop: threading.Event
    ) -> None:
        held: set[str] = set()
        while not stop.is_set():
            # One that lost its turn and has not stopped yet may not begin again beside itself.
            asked = [name for name in works if name not in held and not self._is_working(name)]
            numbers = [ALONE.index(name) for name in asked]
            won = [ALONE[row[0]] for row in connection.execute(_TAKE, (numbers, _SPACE)).fetchall()]
            for name in won:
                self._begin(name, works[name])
            held.update(won)
            for name in set(asked) - held - self._awaited:
                log.info("%s works in another process; this one waits for its turn", name)
                self._awaited.add(name)
            stop.wait(CHECK_SECONDS)

    def _is_working(self, name: str) -> bool:
        return name in self._running and self._running[name][0].is_alive()

    def _begin(self, name: str, work: Work) -> None:
        lost = self._pulses.begin(name)
        pause = SETTLE_SECONDS if name in self._awaited else 0.0
        self._awaited.discard(name)

        def settled() -> None:
            if not lost.wait(pause):
                log.info("%s begins: it is its turn", name)
                telemetry.turn_held.labels(name).set(1)
                work(lost)
            telemetry.turn_held.labels(name).set(0)
            self._pulses.end(name)

        thread = threading.Thread(target=settled, name=name)
        self._running[name] = thread, lost
        thread.start()

    def _end(self, *, wait: bool = False) -> None:
        for _, lost in self._running.values():
            lost.set()
        for thread, _ in self._running.values():
            if wait:
                thread.join()
