"""Which communes a portfolio has: real ones, from every part of France and of all sizes as insurers meet them.

The order is the same for ever for one vintage of the directory, and a larger portfolio begins with a smaller one's.
"""

import hashlib
from collections import deque
from itertools import cycle, islice
from typing import Any, Final

import msgspec
import psycopg
from psycopg.rows import class_row

from infra.errors import OperatorError

_BANDS: Final = (0, 1_000, 5_000, 20_000, 100_000)
"""Communes from so many inhabitants on, up to the next."""

_TURNS: Final = (2, 1, 2, 3, 1, 2, 0, 2, 1, 2, 3, 1, 2, 4, 1, 2, 0, 2, 3, 1)
"""The band of each commune of twenty: most schemes are those of small towns, few those of villages and of cities."""


class PortfolioError(OperatorError):
    """A portfolio that cannot be as asked; the message says why."""


class Place(msgspec.Struct, frozen=True):
    """A commune of a portfolio."""

    code: str
    name: str
    department: str
    population: int


def places(connection: psycopg.Connection[Any], number: int) -> list[Place]:
    """So many inhabited communes of the directory. Raises PortfolioError for none and for more than there are."""
    with connection.cursor(row_factory=class_row(Place)) as cursor:
        found = cursor.execute(
            "select code, name, department_code as department, population from directory.commune where population > 0"
        ).fetchall()
    if not 0 < number <= len(found):
        msg = f"A portfolio has 1 to {len(found)} communes, not {number}: the directory knows no more with people."
        raise PortfolioError(msg)
    bands: list[deque[Place]] = [deque() for _ in _BANDS]
    for place in sorted(found, key=_shuffled):
        bands[_band(place)].append(place)
    return list(islice(_in_turns(bands), number))


def _in_turns(bands: list[deque[Place]]) -> Any:
    for band in cycle(_TURNS):
        if bands[band]:
            yield bands[band].popleft()
        elif not any(bands):
            return


def _band(place: Place) -> int:
    return max(number for number, least in enumerate(_BANDS) if place.population >= least)


def _shuffled(place: Place) -> bytes:
    """An order that has nothing to do with where a commune lies."""
    return hashlib.sha256(place.code.encode()).digest()
