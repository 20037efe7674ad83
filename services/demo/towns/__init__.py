"""The towns of the demo. Each file says which of its facts were published, and where; all the rest is invented.

Every convention is marked fictitious: its dates, clauses, prices, members and office hours are nobody's promises. No
insurer that exists is shown breaking one.
"""

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Final

from services.demo.days import Days
from services.demo.script import Town
from services.demo.towns.besancon import besancon
from services.demo.towns.cachan import cachan
from services.demo.towns.caen import caen
from services.demo.towns.cher_cases import bourges, les_aix, saint_amand, saint_florent
from services.demo.towns.cher_limits import aubigny, la_chapelle, saint_doulchard
from services.demo.towns.cher_terms import dun, foecy, henrichemont, massay, mereau, trouy
from services.demo.towns.grenoble import grenoble
from services.demo.towns.haute_marne import chaumont, saint_dizier
from services.demo.towns.vierzon import mehun, vierzon

_TOWNS: Final[tuple[Callable[[Days], Town], ...]] = (
    vierzon,
    mehun,
    bourges,
    saint_florent,
    saint_amand,
    les_aix,
    saint_doulchard,
    aubigny,
    la_chapelle,
    henrichemont,
    foecy,
    massay,
    mereau,
    trouy,
    dun,
    grenoble,
    cachan,
    chaumont,
    saint_dizier,
    caen,
    besancon,
)


@cache
def towns_from(began_on: date) -> tuple[Town, ...]:
    """The towns of a demo that begins on a day, in the order of the story."""
    return tuple(town(Days(began_on)) for town in _TOWNS)
