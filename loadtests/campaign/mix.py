"""What is asked, how often, and when: visits of four audiences at a fixed rate of requests.

The timetable is made before the run: a request is due at its time, whatever became of those before it.
"""

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

Audience = Literal["adviser", "manager", "town", "office"]
Kind = Literal["read", "own", "write"]
"""`own` is a read that names the position of the reader's own write, and waits until the views show it."""
Arrivals = Literal["even", "random"]


class Visit(NamedTuple):
    """What somebody does. `requests` follow each other: a later one is due when the one before it is answered.

    `weight` is how many visits of a block are of this sort, `at_once` how many people do it at the same moment.
    """

    audience: Audience
    name: str
    requests: tuple[tuple[str, Kind], ...]
    weight: int
    at_once: int = 1


class Slot(NamedTuple):
    """A visit that is due, in seconds from the beginning of its phase."""

    due: float
    visit: str


BURST: Final = 13
"""Joins that a back office sends at once, as it empties its inbox."""

VISITS: Final = (
    Visit("adviser", "join", (("adviser: join", "write"), ("adviser: read it back", "own")), 110),
    Visit(
        "adviser",
        "join twice",
        (("adviser: join", "write"), ("adviser: send again", "write"), ("adviser: read it back", "own")),
        10,
    ),
    Visit("manager", "search", (("manager: search members", "read"),), 88),
    Visit("manager", "town", (("manager: a town's page", "read"),), 34),
    Visit("manager", "portfolio", (("manager: portfolio", "read"),), 20),
    Visit("manager", "member", (("manager: a member's page", "read"),), 12),
    Visit("manager", "notify", (("manager: notify a grid to 5 towns", "write"),), 3),
    Visit("town", "home", (("town: oversight", "read"),), 60),
    Visit("town", "register", (("town: commitments", "read"),), 40),
    Visit("town", "tariffs", (("town: tariffs", "read"),), 35),
    Visit("town", "cases", (("town: cases", "read"),), 30),
    Visit("town", "case", (("town: a case", "read"),), 15),
    Visit("office", "members", (("office: page of members", "read"),), 170),
    Visit("office", "conventions", (("office: conventions", "read"),), 60),
    Visit("office", "compliance", (("office: compliance", "read"),), 55),
    Visit("office", "cases", (("office: cases", "read"),), 53),
    Visit("office", "join", (("office: join, in bursts", "write"),), 5, BURST),
    Visit("office", "leave", (("office: leave", "write"),), 10),
)
"""The mix: its weights come to 1,000 requests, of which 208 write."""

BY_NAME: Final[Mapping[str, Visit]] = {f"{visit.audience}/{visit.name}": visit for visit in VISITS}
SESSIONS: Final[Mapping[Audience, int]] = {"adviser": 28, "manager": 16, "town": 32, "office": 32}
"""People and programs that are signed in: so many requests can be under way at once."""

KINDS: Final[Mapping[str, Kind]] = {name: kind for visit in VISITS for name, kind in visit.requests}


def timetable(
    rate: float,
    seconds: float,
    *,
    seed: int = 1,
    arrivals: Arrivals = "even",
    visits: Mapping[str, int] | None = None,
) -> list[Slot]:
    """When each visit is due, so that `rate` requests a second are over `seconds`.

    `visits` are weights by name (`adviser/join`), those of the mix by default. Visits come shuffled, the same for the
    same seed; `random` arrivals come at exponential distances, `even` ones at equal ones.
    """
    if not rate:
        return []
    generator = random.Random(seed)
    weights = visits if visits is not None else {name: visit.weight for name, visit in BY_NAME.items()}
    slots: list[Slot] = []
    due = 0.0
    for name in _shuffled(weights, generator):
        if due >= seconds:
            return slots
        visit = BY_NAME[name]
        slots += [Slot(due, name)] * visit.at_once
        gap = len(visit.requests) * visit.at_once / rate
        due += gap if arrivals == "even" else generator.expovariate(1 / gap)
    raise AssertionError  # a shuffle without end


def requests_of(slots: list[Slot]) -> int:
    """How many requests the visits of a timetable make."""
    return sum(len(BY_NAME[slot.visit].requests) for slot in slots)


def _shuffled(weights: Mapping[str, int], generator: random.Random) -> Iterator[str]:
    """Names without end, in blocks in which each comes as often as its weight."""
    block = list(itertools.chain.from_iterable([name] * weight for name, weight in weights.items()))
    if not block:
        msg = "a mix has at least one visit"
        raise ValueError(msg)
    while True:
        generator.shuffle(block)
        yield from block
