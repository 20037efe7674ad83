"""One campaign: the product is started as in production and seeded, the generator sends, the ledger is asked.

Everything is on loopback and on a temporary folder; server, database, broker and generator share the machine.
"""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
import psycopg

from loadtests.campaign import check
from loadtests.campaign.check import Fault
from loadtests.campaign.freshness import Look, Probe
from loadtests.campaign.gauges import Gauges, Watch
from loadtests.campaign.mix import SESSIONS, VISITS, Arrivals, Audience
from loadtests.campaign.plan import VARIABLE, House, Journal, Phase, Plan, Town, read_journal, write
from loadtests.installation import Installation, InstallationError, free_port, installed
from services.demo.days import Days
from services.demo.script import Cells, raised
from services.portfolio import Portfolio, Seeded, seed
from services.portfolio.accounts import town_email
from services.portfolio.people import People
from services.portfolio.story import FORMULAS, PRICES, convention_of
from services.wiring import Parts

Say = Callable[[str], None]

PASSWORD: Final = "campaign-password"  # noqa: S105 (of accounts on a database that is thrown away)
STORE: Final[Mapping[str, Sequence[str]]] = {"work": ()}
KAFKA: Final[Mapping[str, Sequence[str]]] = {
    "relay": ("relay",),
    "projector": ("projector",),
    "work": ("judge", "calendar", "indices", "mail"),
}
"""`beffroi work` processes: what each is called here and which workers it runs."""

IDLE: Final = "nobody"
"""A phase in which nothing is asked: what the product costs by itself."""

_CATCH_UP_SECONDS: Final = 600.0
_QUIET_SECONDS: Final = 3.0
_SIGN_IN_SECONDS: Final = 90.0
_DRAIN_SECONDS: Final = 60.0
_LAST_LOOK_SECONDS: Final = 1.5
"""How long the probe goes on, for what was committed last."""
_POLL_SECONDS: Final = 0.1
_PEOPLE: Final = 500
_LETTERS: Final = 4


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for. `phases` follow each other; with `kafka` views follow a broker of the campaign's own."""

    phases: Sequence[Phase]
    communes: int = 140
    members: int = 225
    kafka: bool = False
    arrivals: Arrivals = "even"
    sessions: Mapping[Audience, int] = msgspec.field(default_factory=lambda: dict(SESSIONS))
    html: Path | None = None
    views: bool = True


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    wish: Wish
    seeded: Seeded
    events_before: int
    events_after: int
    journal: Journal
    looks: Sequence[Look]
    gauges: Sequence[Gauges]
    faults: Sequence[Fault]
    machine: Mapping[str, Any]
    catch_up_seconds: float


def run(wish: Wish, say: Say = print, folder: Path | None = None) -> Campaign:
    """Run a campaign in `folder` (by default a temporary one). Raises InstallationError with the processes' logs."""
    with ExitStack() as stack:
        home = folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="beffroi-load-")))
        broker = stack.enter_context(_broker(home)) if wish.kafka else None
        product = stack.enter_context(installed(home / "product", kafka=broker, web=False, work=()))
        parts = product.parts
        say(f"Seeding {wish.communes} communes with {wish.members} members each…")
        portfolio = Portfolio(communes=wish.communes, members=wish.members, password=PASSWORD)
        seeded = seed(parts, portfolio)
        say(f"{seeded.events:,} events in {seeded.seconds:.1f} s. Starting web and workers…")
        workers = KAFKA if wish.kafka else STORE
        caught_up = _followed(product, workers)
        _analyzed(parts)
        metrics = f"127.0.0.1:{free_port()}"
        product.start("web", "web", environ={"BEFFROI_METRICS": metrics})
        product.wait_ready()
        before = _head(parts)
        say(f"Everything followed in {caught_up:.1f} s. Sending…")
        plan = plan_of(wish, product, seeded, workers, broker.pid if broker else None)
        looks, gauges = _sent(product, plan, wish, f"http://{metrics}/metrics")
        journal = read_journal(Path(plan.journal))
        say("Asking the ledger…")
        settle(product)
        faults = check.check(parts, journal, plan.run, views=wish.views)
        return Campaign(
            wish=wish,
            seeded=seeded,
            events_before=before,
            events_after=_head(parts),
            journal=journal,
            looks=looks,
            gauges=gauges,
            faults=faults,
            machine=machine(parts),
            catch_up_seconds=caught_up,
        )


def plan_of(
    wish: Wish,
    product: Installation,
    seeded: Seeded,
    workers: Mapping[str, Sequence[str]],
    broker: int | None,
) -> Plan:
    """What the generator is told about a product that was seeded."""
    parts = product.parts
    today = parts.clock.today()
    broken = _broken(parts)
    towns = [
        Town(
            code=place.code,
            siren=house.siren,
            convention=convention_of(house, place),
            members=members,
            email=town_email(place.code),
            breaks=(place.code, house.siren) in broken,
        )
        for place, house, members in seeded.conventions
    ]
    people = People(2)
    invented = [people.person(str(number), in_year=today.year) for number in range(_PEOPLE)]
    pids = {name: [product.pid(name)] for name in (*workers, "web")}
    return Plan(
        run=f"L{secrets.token_hex(2)}",
        password=PASSWORD,
        journal=str(product.folder / "journal.json"),
        phases=list(wish.phases),
        houses=[House(house.key, house.siren) for house in seeded.houses],
        towns=towns,
        people=[_given(person._asdict()) for person in invented],
        searches=sorted(
            {one.family_name[:_LETTERS] for one in invented if one.family_name[:_LETTERS].isascii()}
        ),
        formulas=list(FORMULAS),
        joined_on=today.isoformat(),
        left_on=(today + timedelta(days=30)).isoformat(),
        effective_on=Days(today).month(3).isoformat(),
        cells=_cells(PRICES),
        dearer=_cells(raised(PRICES, "40")),
        pids={**pids, "postgres": [_postmaster(parts)], **({"broker": [broker]} if broker else {})},
        sessions=dict(wish.sessions),
        arrivals=wish.arrivals,
    )


def settle(product: Installation, timeout: float = _CATCH_UP_SECONDS) -> None:
    """Wait until views and followers are at the head and the head has stood still for some seconds."""
    until = time.monotonic() + timeout
    still_since, head = time.monotonic(), -1
    while True:
        product.demand_alive()
        now = _head(product.parts)
        if now != head or _behind(product.parts, now):
            still_since, head = time.monotonic(), now
        elif time.monotonic() - still_since > _QUIET_SECONDS:
            return
        if time.monotonic() > until:
            raise InstallationError(f"nothing stands still after {timeout:.0f} s\n{product.logs()}")
        time.sleep(_POLL_SECONDS)


def machine(parts: Parts) -> dict[str, Any]:
    """Where it ran."""
    with psycopg.connect(parts.urls.owner) as connection:
        (version,) = connection.execute("show server_version").fetchone() or ("",)
    return {"cores": psutil.cpu_count(), "postgresql": version}


def _analyzed(parts: Parts) -> None:
    """What autovacuum does within a minute or two, which a portfolio that grows over months never waits for."""
    with parts.owner_connection() as owner:
        owner.execute("analyze ledger.event, ledger.claim, vault.person_key")
    with parts.databases.project.connection() as connection:
        for table in connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where tableowner = current_user"
        ).fetchall():
            connection.execute(f"analyze {table[0]}")


def _followed(product: Installation, workers: Mapping[str, Sequence[str]]) -> float:
    """Start the workers and wait until they have done what follows from the seed; seconds until views showed it.

    Views first: the calendar publishes no figures of a view that is behind, and looks again only half a minute later.
    """
    first = {name: argv for name, argv in workers.items() if {"relay", "projector"} & set(argv)}
    for name, argv in (first or {"filling": ("projector",)}).items():
        product.start(name, "work", *argv)
    caught_up = product.wait_caught_up(_CATCH_UP_SECONDS)
    if not first:
        product.stop("filling")
    for name, argv in workers.items():
        if name not in first:
            product.start(name, "work", *argv)
    settle(product)
    return caught_up


def _sent(product: Installation, plan: Plan, wish: Wish, metrics: str) -> tuple[list[Look], list[Gauges]]:
    """Run the generator to its end; how fresh views were and what requests waited for meanwhile."""
    where = product.folder / "plan.json"
    write(where, plan)
    users = str(sum(plan.sessions.values()))
    html = ["--html", str(wish.html)] if wish.html is not None else []
    probe, watch = Probe(product.parts.urls.project), Watch(metrics)
    probe.start()
    watch.start()
    try:
        product.start(
            "generator",
            *("-f", str(Path(__file__).with_name("users.py")), "--headless", "--only-summary"),
            *(
                "--host",
                product.address,
                "--users",
                users,
                "--spawn-rate",
                users,
                "--loglevel",
                "WARNING",
                *html,
            ),
            module="locust",
            environ={VARIABLE: str(where)},
        )
        longest = sum(phase.seconds for phase in plan.phases) + _DRAIN_SECONDS * len(plan.phases)
        until = time.monotonic() + _SIGN_IN_SECONDS + longest
        while product.exit_code("generator") is None:
            if time.monotonic() > until:
                raise InstallationError(f"the generator does not end\n{product.logs()}")
            time.sleep(_POLL_SECONDS)
        time.sleep(_LAST_LOOK_SECONDS)
    finally:
        looks, gauges = probe.stop(), watch.stop()
    if product.exit_code("generator") != 0 or not Path(plan.journal).exists():
        raise InstallationError(f"the generator failed\n{product.logs()}")
    product.stop("generator")
    return looks, gauges


@contextmanager
def _broker(home: Path) -> Iterator[Any]:
    from infra.kafka.broker import Broker, BrokerError, missing  # noqa: PLC0415 (a machine without Java needs none)

    reason = missing()
    if reason is not None:
        raise BrokerError(reason)
    with Broker(home / "broker") as broker:
        yield broker


def _head(parts: Parts) -> int:
    with parts.databases.project.connection() as connection:
        return parts.feed.head(connection)


def _behind(parts: Parts, head: int) -> bool:
    """Whether a view or a follower has not come to a position."""
    with parts.databases.project.connection() as connection:
        row = connection.execute(
            "select exists (select from projection.view_version where state = 'active' and position < %(head)s)"
            " or exists (select from projection.follower where position < %(head)s)",
            {"head": head},
        ).fetchone()
    return row is None or bool(row[0])


def _broken(parts: Parts) -> set[tuple[str, str]]:
    """Communes and insurers between whom a case was opened."""
    with parts.databases.project.connection() as connection:
        rows = connection.execute(
            "select distinct substr(tenant, 9), substr(owner, 8) from ledger.event where topic like 'case.opened%'"
        ).fetchall()
    return {(str(code), str(siren)) for code, siren in rows}


def _postmaster(parts: Parts) -> int:
    with psycopg.connect(parts.urls.owner) as connection:
        return psutil.Process(connection.info.backend_pid).ppid()


def _given(person: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if name == "birth_date" else value
        for name, value in person.items()
        if value is not None
    }


def _cells(given: Cells) -> list[dict[str, Any]]:
    unsaid = ("before_tax", "parent")
    return [
        {name: value for name, value in msgspec.structs.asdict(cell).items() if name not in unsaid}
        for cell in given
    ]


def usual(rate: float, seconds: float, warm_up: float) -> list[Phase]:
    """The mix at one rate, after a while that is not counted."""
    warm = Phase(name="warm-up", rate=rate, seconds=warm_up, seed=2, warms=True)
    return [*([warm] if warm_up else []), Phase(name=f"{rate:g} requests/s", rate=rate, seconds=seconds)]


def climbing(first: float, last: float, step: float, seconds: float, warm_up: float) -> list[Phase]:
    """The mix at rising rates, until a step breaks a bar or does not follow."""
    rates = [first + step * number for number in range(int((last - first) // step) + 1)]
    warm = Phase(name="warm-up", rate=first, seconds=warm_up, seed=2, warms=True)
    steps = [
        Phase(name=f"step {rate:g}", rate=rate, seconds=seconds, seed=3 + number, climbs=True, strict=False)
        for number, rate in enumerate(rates)
    ]
    return [*([warm] if warm_up else []), *steps]


def each_alone(rate: float, seconds: float) -> list[Phase]:
    """Nobody, then every sort of visit alone, one after the other: what each costs."""
    names = [f"{visit.audience}/{visit.name}" for visit in VISITS]
    alone = [
        Phase(name=name, rate=rate, seconds=seconds, seed=9, visits={name: 1}, strict=False) for name in names
    ]
    warm = Phase(name="warm-up", rate=rate, seconds=2 * seconds, seed=2, warms=True, strict=False)
    return [warm, Phase(name=IDLE, rate=0, seconds=2 * seconds), *alone]
