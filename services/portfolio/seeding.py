"""Seeding a portfolio: its story is given to the real commands, each once, several communes at a time.

Nothing is written beside the ledger; what follows from it (views, verdicts, cases, figures) is left to the workers.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Final

import msgspec

from domain.refusal import Refused
from domain.tenancy import Tenant, insurer
from infra.clock import PARIS
from infra.directory.load import in_force, load
from infra.directory.source import NODE_MODULES, open_source
from infra.ledger import CommandReused, Conflict
from services.commands import prepared
from services.demo.days import Days
from services.demo.script import raised
from services.portfolio.accounts import open_accounts
from services.portfolio.houses import LONGEST, MOST, NAMES, House, houses, partners
from services.portfolio.people import People
from services.portfolio.places import Place, PortfolioError, places
from services.portfolio.story import ACTOR, PRICES, Step, Story
from services.wiring import Parts

Tell = Callable[[int, int, str], None]
"""Communes done, communes in all, and the one that was done last."""

THREADS: Final = 16
MOST_MEMBERS: Final = 90_000
"""A member's place has five digits."""

_BEGAN: Final = "began"
_SECOND_SHARE: Final = 5
"""Where a commune has two insurers the second has one of so many members."""
_OTHERWISE: Final = (
    "This database holds a portfolio that was begun with other arguments (insurers or random seed). Seed it with those,"
    " or seed an empty database."
)


class Portfolio(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: `members` is how many join in each commune. Without a password no account is opened."""

    communes: int
    members: int
    insurers: Sequence[str] = NAMES
    random_seed: int = 1
    password: str | None = None
    threads: int = THREADS


class Seeded(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: commands recorded now and found recorded, the events of those recorded now, accounts opened.

    `conventions` are all there are now: commune, insurer, and how many joined.
    """

    conventions: Sequence[tuple[Place, House, int]]
    houses: Sequence[House]
    recorded: int
    known: int
    events: int
    accounts: int
    seconds: float

    @property
    def rate(self) -> float:
        """Commands recorded a second."""
        return self.recorded / self.seconds if self.seconds else 0.0


def silent(done: int, total: int, what: str) -> None:
    """Tells nobody."""


def seed(
    parts: Parts, portfolio: Portfolio, tell: Tell = silent, stop: threading.Event | None = None
) -> Seeded:
    """Record a portfolio; again it records nothing, after a kill it goes on, and a larger one adds what is more.

    Its days are counted from the day on which it was begun. Raises PortfolioError for what cannot be, and when other
    arguments began it.
    """
    every = _checked(portfolio)
    with parts.owner_connection() as connection:
        if in_force(connection) is None:
            load(connection, open_source(NODE_MODULES))
        chosen = places(connection, portfolio.communes)
    work = _Seeding(parts, portfolio, every, stop or threading.Event())
    accounts = open_accounts(parts, every, chosen, portfolio.password) if portfolio.password else 0
    began = time.perf_counter()
    with ThreadPoolExecutor(portfolio.threads, thread_name_prefix="seed") as executor:
        try:
            for done, place in enumerate(executor.map(work.commune, enumerate(chosen)), 1):
                tell(done, len(chosen), place.name)
        except BaseException:
            work.stop.set()
            raise
    return Seeded(
        conventions=[(place, *one) for number, place in enumerate(chosen) for one in work.shares(number)],
        houses=every,
        recorded=work.recorded,
        known=work.known,
        events=work.events,
        accounts=accounts,
        seconds=time.perf_counter() - began,
    )


def _checked(portfolio: Portfolio) -> list[House]:
    if not 0 <= portfolio.members <= MOST_MEMBERS:
        raise PortfolioError(f"0 to {MOST_MEMBERS} members join in a commune, not {portfolio.members}.")
    names = [" ".join(name.split()) for name in portfolio.insurers]
    every = houses(names)
    if not 0 < len(names) <= MOST or not all(house.key and len(house.name) <= LONGEST for house in every):
        raise PortfolioError(f"Name 1 to {MOST} insurers, each in at most {LONGEST} characters.")
    if len({house.key for house in every}) < len(every):
        raise PortfolioError("Two insurers have the same name.")
    return every


class _Seeding:
    """The communes of one portfolio, recorded by several threads."""

    def __init__(
        self, parts: Parts, portfolio: Portfolio, every: Sequence[House], stop: threading.Event
    ) -> None:
        self.stop = stop
        self.recorded = self.known = self.events = 0
        self._parts, self._portfolio, self._houses = parts, portfolio, every
        self._lock = threading.Lock()
        self._mine = threading.local()
        self._today = self._began_on()

    def commune(self, numbered: tuple[int, Place]) -> Place:
        """Record everything that happened in one commune. Raises PortfolioError."""
        number, place = numbered
        if not hasattr(self._mine, "people"):
            self._mine.people = People(self._portfolio.random_seed)
        try:
            for step in self._steps(number, place):
                if self.stop.is_set():
                    break
                self._give(step)
        except (CommandReused, Conflict, Refused) as error:
            raise PortfolioError(_OTHERWISE) from error
        return place

    def shares(self, number: int) -> list[tuple[House, int]]:
        """Who has a convention with the n-th commune, and how many join there: the second insurer has fewer."""
        there = partners(self._houses, number)
        second = self._portfolio.members // _SECOND_SHARE if len(there) > 1 else 0
        return list(zip(there, (self._portfolio.members - second, second), strict=False))

    def _steps(self, number: int, place: Place) -> Iterator[Step]:
        shares = self.shares(number)
        for house, members in shares:
            leads = house is shares[0][0]
            yield from Story(place, house, self._today, members, leads=leads).steps(self._mine.people)

    def _give(self, step: Step) -> None:
        receipt = step.perform(self._parts.ledger)
        with self._lock:
            if receipt is None or receipt.repeated:
                self.known += 1
            else:
                self.recorded += 1
                self.events += receipt.last - receipt.first + 1

    def _began_on(self) -> date:
        """The day on which the portfolio was begun. Its first entry says with which arguments: others are refused."""
        with self._parts.owner_connection() as connection:
            row = connection.execute(
                "select recorded_at from ledger.event where actor = %s and command = %s and ordinal = 0",
                (ACTOR, f"seed:{_BEGAN}"),
            ).fetchone()
        now = row[0] if row is not None else self._parts.clock.now()
        today: date = now.astimezone(PARIS).date()
        home, names = insurer(self._houses[0].siren), ", ".join(house.name for house in self._houses)
        begun = prepared.SavePreparedGrid(
            id="fictif-prochaine",
            name="Prochaine grille (fictive)",
            cells=raised(PRICES, "2.4"),
            effective_on=Days(today).month(4),
            reason=f"Portefeuille fictif {self._portfolio.random_seed} : {names}",
        )
        try:
            self._give(Step(now, _BEGAN, Tenant(home), home, prepared.save_prepared, begun))
        except (CommandReused, Conflict) as error:
            raise PortfolioError(_OTHERWISE) from error
        return today
