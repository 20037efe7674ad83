"""An invented portfolio: the same arguments invent the same, a repeat records nothing, whoever is in it is nobody."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.directory.load import load
from infra.directory.source import open_source
from infra.identity import SignInRefused
from services.portfolio import Portfolio, PortfolioError, Seeded, seed
from services.portfolio.accounts import insurer_email, town_email
from services.portfolio.houses import NAMES, houses, partners
from services.portfolio.people import LANDLINES, MOBILE, People
from services.portfolio.places import places
from services.wiring import Parts
from tests.support import cast
from tests.support.communes import write_package
from tests.support.database import Database, run_folder

ROOT = Path(__file__).parents[2]
SMALL = Portfolio(communes=4, members=10)
PASSWORD = "portfolio-password"
PERSONAL = ("family_name", "given_name", "birth_date", "email", "phone")


def country(folder: Path, number: int = 40) -> Path:
    """A package with so many communes of all sizes."""
    communes = [
        {
            "code": f"{1001 + place:05d}",
            "nom": f"Bourg {place}",
            "departement": "01",
            "region": "84",
            "type": "commune-actuelle",
            "codesPostaux": ["01400"],
            "population": 150 * 2 ** (place % 11),
        }
        for place in range(number)
    ]
    return write_package(folder, communes=communes, epci=[])


def furnish(database: Database, folder: Path) -> None:
    with database.connect() as owner:
        load(owner, open_source(country(folder)))


@pytest.fixture
def parts(database: Database, tmp_path: Path) -> Iterator[Parts]:
    furnish(database, tmp_path)
    with cast.parts_on(database) as made:
        yield made


def told(parts: Parts) -> list[tuple[Any, ...]]:
    """Everything in the ledger but its sealed fields and the names of persons' keys, in an order of its own."""
    with parts.owner_connection() as connection:
        return connection.execute(
            "select stream, version, topic, actor, command, recorded_at from ledger.event order by stream, version"
        ).fetchall()


def rows_of(parts: Parts, query: str) -> list[tuple[Any, ...]]:
    """What a query finds; `{view}` stands for the schema of a view's active build."""
    with parts.databases.project.connection() as connection:
        active = connection.execute("select view, schema from projection.view_version where state = 'active'")
        return connection.execute(query.format_map(dict(active.fetchall())).encode()).fetchall()


def people(parts: Parts) -> list[dict[str, Any]]:
    """Everybody who joined, as their insurers see them."""
    cast.follow(parts)
    names = ("tenant", "owner", "id", "number", "joined_on", "price", *PERSONAL)
    query = (
        "select m.tenant, m.owner, m.id, m.number, m.joined_on, m.price, p.family_name, p.given_name, p.birth_date,"
        " p.email, p.phone from {crm}.member m join {crm}.member_person p using (tenant, owner, id) order by 1, 2, 3"
    )
    return [dict(zip(names, row, strict=True)) for row in rows_of(parts, query)]


def test_the_same_arguments_invent_the_same(clusters: Any, tmp_path: Path, database: Database) -> None:
    stories = []
    for name in ("a", "b"):
        with clusters(18).database() as made:
            furnish(made, tmp_path / name)
            with cast.parts_on(made) as parts:
                seed(parts, SMALL)
                stories.append((told(parts), people(parts)))
    assert stories[0] == stories[1]
    assert len(stories[0][1]) == SMALL.communes * SMALL.members


def test_another_seed_invents_other_people() -> None:
    one, other = (People(number).person("a/1", in_year=2026) for number in (1, 2))
    assert one != other
    assert one == People(1).person("a/1", in_year=2026)


def test_somebody_is_the_same_whoever_was_invented_before() -> None:
    invents = People(1)
    invents.person("a/1", in_year=2026)
    assert invents.person("a/2", in_year=2026) == People(1).person("a/2", in_year=2026)


def test_a_repeat_records_nothing(parts: Parts) -> None:
    first = seed(parts, SMALL)
    before = told(parts)
    again = seed(parts, SMALL)
    assert (again.recorded, again.known) == (0, first.recorded)
    assert told(parts) == before


def test_a_larger_portfolio_adds_to_a_smaller_one(parts: Parts) -> None:
    seed(parts, SMALL)
    before = told(parts)
    larger = seed(parts, Portfolio(communes=6, members=12))
    assert larger.recorded > 0
    assert set(before) < set(told(parts))


def test_other_arguments_are_refused_before_anything_is_recorded(parts: Parts) -> None:
    seed(parts, SMALL)
    before = told(parts)
    for other in (
        Portfolio(communes=6, members=10, random_seed=2),
        Portfolio(communes=6, members=10, insurers=("Mutuelle des Quatre Vents (fictive)",)),
    ):
        with pytest.raises(PortfolioError, match="other arguments"):
            seed(parts, other)
    assert told(parts) == before


@pytest.mark.parametrize(
    ("portfolio", "said"),
    [
        (Portfolio(communes=0, members=1), "1 to 40 communes, not 0"),
        (Portfolio(communes=-3, members=1), "1 to 40 communes, not -3"),
        (Portfolio(communes=41, members=1), "1 to 40 communes, not 41"),
        (Portfolio(communes=1, members=-1), "0 to 90000 members"),
        (Portfolio(communes=1, members=90_001), "0 to 90000 members"),
        (Portfolio(communes=1, members=1, insurers=()), "1 to 40 insurers"),
        (Portfolio(communes=1, members=1, insurers=("!",)), "1 to 40 insurers"),
        (Portfolio(communes=1, members=1, insurers=("Une", "une")), "the same name"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(parts: Parts, portfolio: Portfolio, said: str) -> None:
    with pytest.raises(PortfolioError, match=re.escape(said)):
        seed(parts, portfolio)
    assert told(parts) == []


def test_everybody_is_marked_as_invented(parts: Parts) -> None:
    seed(parts, Portfolio(communes=8, members=20))
    fiction = (MOBILE, *LANDLINES.values())
    found = people(parts)
    assert len(found) == 8 * 20
    for one in found:
        assert one["number"].startswith("FICTIF-")
        assert one["email"] is None or one["email"].endswith("@courriel.example")
        assert one["phone"] is None or (one["phone"].startswith(fiction) and len(one["phone"]) == 12)
    assert {one["email"] is None for one in found} == {True, False}
    flags = rows_of(parts, "select distinct fictitious from {oversight}.convention")
    assert flags == [(True,)]


def test_the_workers_find_nothing_wrong_in_it_but_the_rises_above_the_cap(parts: Parts) -> None:
    seed(parts, Portfolio(communes=30, members=3))
    cast.follow(parts)
    broken = rows_of(parts, "select distinct commitment from {compliance}.case_file")
    assert broken == [("plafond",)]


def test_communes_come_in_one_order_and_of_all_sizes(database: Database, tmp_path: Path) -> None:
    furnish(database, tmp_path)
    with database.connect() as connection:
        some, more = places(connection, 10), places(connection, 40)
    assert more[:10] == some
    assert len({place.code for place in more}) == 40
    assert min(place.population for place in some) < 1_000
    assert max(place.population for place in some) > 20_000


def test_growing_moves_no_commune_to_another_insurer_and_some_have_two() -> None:
    every = houses(NAMES)
    shared = [partners(every, place) for place in range(140)]
    assert [len(there) for there in shared].count(2) == 20
    leading = [there[0].key for there in shared]
    counts = [leading.count(house.key) for house in every]
    assert counts == sorted(counts, reverse=True)
    assert min(counts) > 0
    assert len({house.siren for house in every}) == len(every)


def test_accounts_of_every_audience_open_with_the_password_and_no_other(parts: Parts) -> None:
    opened = seed(parts, Portfolio(communes=2, members=1, password=PASSWORD))
    assert opened.accounts == 3 * len(NAMES) + 2
    addresses = [insurer_email(opened.houses[0], who) for who in ("gestion", "conseil", "api")]
    addresses.append(town_email(opened.conventions[0][0].code))
    roles = [parts.identity.sign_in(address, PASSWORD).principal.role for address in addresses]
    assert roles == ["insurer", "insurer", "insurer", "town"]
    with pytest.raises(SignInRefused):
        parts.identity.sign_in(addresses[0], PASSWORD + "!")
    assert seed(parts, Portfolio(communes=2, members=1, password=PASSWORD)).accounts == 0


def test_without_a_password_nobody_may_sign_in(parts: Parts) -> None:
    assert seed(parts, SMALL).accounts == 0
    with parts.owner_connection() as connection:
        assert connection.execute("select count(*) from identity.account").fetchone() == (0,)


def test_progress_is_told_commune_by_commune(parts: Parts) -> None:
    said: list[tuple[int, int, str]] = []
    seeded = seed(parts, SMALL, lambda *told: said.append(told))
    names = [place.name for place, house, _ in seeded.conventions if house is leads(seeded, place.code)]
    assert said == [(number, 4, name) for number, name in enumerate(names, 1)]


def leads(seeded: Seeded, code: str) -> Any:
    return next(house for place, house, _ in seeded.conventions if place.code == code)


def command(database: Database, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "services.cli", "seed", *arguments],
        cwd=ROOT,
        env={
            **os.environ,
            "BEFFROI_DATABASE_URL": database.owner_url,
            "BEFFROI_DATA": str(run_folder() / str(database.version)),
            "BEFFROI_DEMO": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_seed_goes_on_where_it_was(database: Database, tmp_path: Path) -> None:
    furnish(database, tmp_path)
    wanted = ("--communes", "12", "--members", "40")
    killed = command(database, *wanted)
    with database.connect() as connection:
        while killed.poll() is None:
            (events,) = connection.execute("select count(*) from ledger.event").fetchone() or (0,)
            if events > 100:
                killed.send_signal(signal.SIGKILL)
                break
            time.sleep(0.005)
        killed.communicate()
        assert killed.returncode == -signal.SIGKILL
        again = command(database, *wanted)
        said, wrong = again.communicate()
        assert again.returncode == 0, wrong
        recorded, known = (
            int(number.replace(",", ""))
            for number in re.findall(r"([\d,]+) (?:commands|were there already)", said)
        )
        (commands,) = connection.execute(
            "select count(*) from ledger.event where ordinal = 0"
        ).fetchone() or (0,)
        members = connection.execute(
            "select count(*) from ledger.event where topic like 'member.joined%'"
        ).fetchone()
    assert recorded + known == commands
    assert known > 0 < recorded
    assert members == (12 * 40,)


def test_the_command_says_what_cannot_be(database: Database, tmp_path: Path) -> None:
    furnish(database, tmp_path)
    process = command(database, "--communes", "0")
    said, wrong = process.communicate()
    assert (process.returncode, said) == (1, "")
    assert (
        wrong == "Error: A portfolio has 1 to 40 communes, not 0: the directory knows no more with people.\n"
    )
