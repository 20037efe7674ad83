"""The demo on a real database: recorded once, resumable, honest about what is real and what is invented."""

import dataclasses
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from domain.tenancy import accord, commune, insurer
from infra.clock import FixedClock
from infra.errors import OperatorError
from infra.identity import list_accounts
from projections.access import queries as access
from projections.compliance import queries as compliance
from projections.oversight import queries as oversight
from services.commands import office_hours
from services.commands.perform import Ask
from services.demo import DEMO_ACCOUNTS, DEMO_PASSWORD, seed
from services.demo.history import history
from services.demo.insurers import INSURERS
from services.demo.script import Partnership, Town
from services.demo.towns import TOWNS
from services.reading import Audience
from services.wiring import Parts
from tests.support import cast
from tests.support.database import Cluster, Database

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
TODAY = date(2026, 11, 22)
PARTNERSHIPS = [(town, partnership) for town in TOWNS for partnership in town.partnerships]
OPERATOR = Audience("operator")


def whole_town(town: Town) -> Audience:
    """A town that reads everything it may."""
    owners = ["town", "public", *(accord(of.insurer.siren) for of in town.partnerships)]
    return Audience("place", tenants=[commune(town.code)], owners=owners)


def itself(partnership: Partnership) -> Audience:
    """An insurer that reads everything it may."""
    siren = partnership.insurer.siren
    return Audience("organisation", owners=[insurer(siren), accord(siren), "public"])


def hours(parts: Parts, town: Town, partnership: Partnership) -> list[oversight.OfficeHourRow]:
    """The office hours of a partnership."""
    tenant, owners = commune(town.code), [accord(partnership.insurer.siren)]
    return parts.views.read(
        whole_town(town), lambda r: oversight.office_hours(r, tenant, owners, limit=10_000)
    )


def alerts(parts: Parts, town: Town, partnership: Partnership) -> list[compliance.BreachRow]:
    """The alerts of a partnership, as the town sees them."""
    tenant, owners = commune(town.code), [accord(partnership.insurer.siren)]
    return parts.views.read(whole_town(town), lambda r: compliance.breaches(r, tenant, owners))


def figures(parts: Parts, town: Town, partnership: Partnership) -> list[oversight.FiguresRow]:
    """The published months of a partnership, as the town sees them."""
    tenant, owners = commune(town.code), [accord(partnership.insurer.siren)]
    return parts.views.read(whole_town(town), lambda r: oversight.figures(r, tenant, owners))


def rows_of(parts: Parts, town: Town, partnership: Partnership) -> list[dict[str, Any]]:
    """Everybody who ever joined, as the insurer sees them."""
    with parts.views.reader(itself(partnership)) as reader:
        return reader.dicts(
            "select * from {crm}.member m left join {crm}.member_person p using (tenant, owner, id)"
            " where tenant = %(tenant)s and owner = %(owner)s",
            {"tenant": commune(town.code), "owner": insurer(partnership.insurer.siren)},
        )


def cited(parts: Parts, town: Town) -> list[oversight.CitationRow]:
    """What was published about a town."""
    tenant = commune(town.code)
    return parts.views.read(whole_town(town), lambda r: oversight.citations(r, tenant))


def conventions(parts: Parts, town: Town) -> list[oversight.ConventionRow]:
    """The conventions of a town."""
    tenant, owners = commune(town.code), [accord(of.insurer.siren) for of in town.partnerships]
    return parts.views.read(whole_town(town), lambda r: oversight.conventions(r, tenant, owners))


def named(key: str) -> tuple[Town, Partnership]:
    """A partnership by its key, with its town."""
    return next(pair for pair in PARTNERSHIPS if pair[1].key == key)


def events(parts: Parts) -> int:
    with parts.owner_connection() as connection:
        row = connection.execute("select count(*) from ledger.event").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(scope="module")
def demo(clusters: Any) -> Iterator[Parts]:
    """The demo as of 22 November 2026, seeded and followed to its end. These tests only read it."""
    cluster: Cluster = clusters(18)
    with cluster.database() as database, cast.parts_on(database, FixedClock(NOW)) as parts:
        seed(parts)
        cast.follow(parts)
        yield parts


@pytest.fixture
def empty(database: Database) -> Iterator[Parts]:
    with cast.parts_on(database, FixedClock(NOW)) as parts:
        yield parts


def test_seeding_again_records_nothing(demo: Parts) -> None:
    before = events(demo)
    seed(demo)
    assert events(demo) == before
    with demo.owner_connection() as connection:
        assert len(list_accounts(connection)) == len(DEMO_ACCOUNTS)


SEEDS = """
import json, sys
from datetime import datetime
from pathlib import Path
from infra.clock import FixedClock
from infra.database.pools import Databases
from infra.database.roles import Urls
from infra.settings import Settings
from services.demo import seed
from services.wiring import Parts

given = json.load(sys.stdin)
urls, clock = Urls(**given["urls"]), FixedClock(datetime.fromisoformat(given["now"]))
settings = Settings(data=Path(given["data"]), database_url=urls.owner, demo=True)
seed(Parts(settings, urls, Databases(urls), clock), lambda done, total, what: print(done, flush=True))
"""


def test_seeding_that_was_killed_goes_on_where_it_was(empty: Parts) -> None:
    given = {
        "urls": dataclasses.asdict(empty.urls),
        "data": str(empty.settings.data),
        "now": NOW.isoformat(),
    }
    with subprocess.Popen(
        [sys.executable, "-c", SEEDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(given))
        child.stdin.close()
        for line in child.stdout:
            if int(line) > 700:
                child.kill()
                break
    whole = len(history(TOWNS, NOW))
    assert 700 <= events(empty) < whole
    told: list[tuple[int, int, str]] = []
    seed(empty, lambda done, total, what: told.append((done, total, what)))
    assert events(empty) == whole
    assert told[0][0] == 0
    assert told[-1][:2] == (whole + 1, whole + 1)


def test_a_later_day_adds_what_happened_since_and_leaves_what_somebody_decided(empty: Parts) -> None:
    seed(empty)
    before = events(empty)
    town, partnership = named("grenoble-entrenous")
    tenant, owner = commune(town.code), accord(partnership.insurer.siren)
    cancel = office_hours.CancelOfficeHour(id="grenoble-entrenous-2026-12-01", reason="other")
    office_hours.cancel(empty.ledger, tenant, owner, cancel, Ask(actor="visitor", now=NOW))
    clock = empty.clock
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(days=40))
    seed(empty)
    assert events(empty) > before + 20
    cast.follow(empty)
    states = {row.on_day: row.state for row in hours(empty, town, partnership)}
    assert states[date(2026, 12, 1)] == "cancelled"
    assert states[date(2026, 12, 9)] == "held"
    for somewhere, of in PARTNERSHIPS:
        if of.insurer.real:
            assert "overdue" not in {row.state for row in hours(empty, somewhere, of)}


def test_a_demo_begun_by_another_version_is_refused_in_words(empty: Parts) -> None:
    first = history(TOWNS, NOW)[0]
    other = msgspec.structs.replace(first.command, notice_months=1)
    msgspec.structs.replace(first, command=other).perform(empty.ledger)
    with pytest.raises(OperatorError, match="make demo-reset"):
        seed(empty)


def test_exactly_one_town_has_alerts_and_they_are_an_invented_insurers(demo: Parts) -> None:
    found = {of.key: alerts(demo, town, of) for town, of in PARTNERSHIPS}
    broken = {key: rows for key, rows in found.items() if rows}
    assert list(broken) == ["vierzon-trois-rivieres"]
    assert not named("vierzon-trois-rivieres")[1].insurer.real
    (rows,) = broken.values()
    assert {(row.grid, row.from_on, row.rule) for row in rows} == {
        ("grille-septembre-2026", date(2026, 9, 1), "ANNUAL_CAP_FIXED")
    }
    assert {row.age_from for row in rows} == {50, 60, 70, 80}
    assert len(rows) == 12
    assert all(row.excess and row.excess > 0 for row in rows)


def test_the_alerts_were_recorded_by_the_judge_and_not_by_the_demo(demo: Parts) -> None:
    with demo.owner_connection() as connection:
        rows = connection.execute(
            "select topic, actor, count(*) from ledger.event"
            " where topic like 'breach.%' or topic like 'figures.%' or topic like 'office_hour.fell%' group by 1, 2"
        ).fetchall()
    assert {(topic, actor) for topic, actor, _ in rows} == {
        ("breach.detected.v1", "judge"),
        ("figures.published.v1", "calendar"),
        ("office_hour.fell_due.v1", "calendar"),
    }


def test_a_real_insurer_holds_as_many_office_hours_as_promised_each_month(demo: Parts) -> None:
    for town, partnership in PARTNERSHIPS:
        if not partnership.insurer.real:
            continue
        assert partnership.promise is not None
        rows = hours(demo, town, partnership)
        assert {row.state for row in rows} <= {"held", "planned", "cancelled"}
        assert sum(1 for row in rows if row.state == "planned" and row.on_day >= TODAY) >= 2
        kept = Counter(row.on_day.strftime("%Y-%m") for row in rows if row.state != "cancelled")
        month = partnership.starts_on.replace(day=1)
        while month <= TODAY:  # of the present month, what is to come counts as well
            name = month.strftime("%Y-%m")
            assert kept[name] >= partnership.promise.per_month, (partnership.key, name)
            month = (month + timedelta(days=32)).replace(day=1)


def test_an_invented_insurer_shows_cancelled_and_silent_office_hours(demo: Parts) -> None:
    town, partnership = named("vierzon-trois-rivieres")
    states = Counter(row.state for row in hours(demo, town, partnership))
    assert (states["cancelled"], states["overdue"]) == (3, 1)
    assert states["planned"] >= 3
    assert states["held"] > 40


def test_the_figures_of_past_months_are_published_where_members_are_known(demo: Parts) -> None:
    last = {}
    for town, partnership in PARTNERSHIPS:
        rows = figures(demo, town, partnership)
        last[partnership.key] = (rows[-1].month, rows[-1].members, len(rows)) if rows else None
    assert last["saint-dizier-just"] is None
    assert last["besancon-trois-rivieres"] is None
    assert last["mehun-trois-rivieres"] == ("2026-10", None, 10)
    known = {key: value for key, value in last.items() if value is not None and value[1] is not None}
    assert set(known) == {
        "grenoble-entrenous", "grenoble-cimes", "cachan-entrain", "chaumont-just", "caen-mutame",
        "vierzon-trois-rivieres",
    }  # fmt: skip
    assert all(month == "2026-10" for month, _, _ in known.values())


def test_no_band_of_a_published_month_can_be_found_by_subtraction(demo: Parts) -> None:
    for town, partnership in PARTNERSHIPS:
        for row in figures(demo, town, partnership):
            assert row.members is None or row.members >= 11
            assert list(row.by_age.values()).count(None) != 1


def test_chaumont_is_as_the_published_review_says(demo: Parts) -> None:
    town, partnership = named("chaumont-just")
    everybody = rows_of(demo, town, partnership)

    def members(on: date) -> list[dict[str, Any]]:
        return [
            row
            for row in everybody
            if row["joined_on"] <= on and (row["left_on"] is None or row["left_on"] > on)
        ]

    assert len(members(date(2025, 10, 1))) > 400
    now = members(TODAY)
    assert len(now) == 412
    assert round(100 * sum(row["sex"] == "F" for row in now) / len(now)) == 59
    assert round(sum(2025 - row["birth_year"] for row in now) / len(now)) == 70


def test_nobody_in_the_demo_can_be_a_real_person(demo: Parts) -> None:
    for town, partnership in PARTNERSHIPS:
        for row in rows_of(demo, town, partnership):
            assert row["number"].startswith("FICTIF-")
            assert row["email"] is None or row["email"].endswith(".example")
            # The six blocks that ARCEP reserves for works of fiction.
            assert row["phone"] is None or re.fullmatch(
                r"\+33(19900|26191|35301|46571|53649|63998)\d{4}", row["phone"]
            )


def test_some_members_left_and_nobody_before_joining(demo: Parts) -> None:
    for town, partnership in PARTNERSHIPS:
        rows = rows_of(demo, town, partnership)
        left = [row for row in rows if row["left_on"] is not None]
        assert len(left) == (partnership.members.departures if partnership.members else 0)
        assert all(row["left_on"] > row["joined_on"] for row in left)
        for row in left:
            if row["left_reason"] == "terminated":
                assert row["left_on"] >= row["joined_on"] + timedelta(days=365)


def test_no_published_fact_is_shown_without_its_source_and_year(demo: Parts) -> None:
    for town in TOWNS:
        rows = cited(demo, town)
        assert len(rows) == len(town.published)
        for row in rows:
            assert row.statement
            assert len(row.source) > 20
            assert re.search(r"20[12]\d", row.source)
            assert row.published_on is None or str(row.published_on.year) in row.source
    assert sum(len(town.published) for town in TOWNS) >= 25


def test_every_convention_is_marked_fictitious(demo: Parts) -> None:
    for town in TOWNS:
        rows = conventions(demo, town)
        assert len(rows) == len(town.partnerships)
        assert all(row.fictitious for row in rows)
        assert all("fictive" in (row.council_vote or "") for row in rows)


def test_one_convention_waits_for_its_town_and_one_town_has_two_insurers(demo: Parts) -> None:
    (row,) = demo.views.read(OPERATOR, access.waiting)
    assert (row.tenant, row.convention) == ("commune:25056", "besancon-trois-rivieres")
    bare = Audience("place", tenants=[commune("38185")], owners=["town", "public"])
    accords = demo.views.read(bare, lambda r: access.accords(r, commune("38185")))
    assert [(each.insurer_name, each.state) for each in accords] == [
        ("Entrenous", "confirmed"),
        ("Solidarité des Cimes (fictive)", "confirmed"),
    ]


def test_every_insurer_and_town_has_somebody_who_may_sign_in(demo: Parts) -> None:
    roles = Counter(account.role for account in DEMO_ACCOUNTS)
    assert roles == {"insurer": len(INSURERS), "town": len(TOWNS), "operator": 1}
    assert all(account.email.endswith(".example") for account in DEMO_ACCOUNTS)
    assert len(DEMO_PASSWORD) >= 12
    with demo.owner_connection() as connection:
        made = {(account.email, account.role, account.code) for account in list_accounts(connection)}
    assert made == {(account.email, account.role, account.code) for account in DEMO_ACCOUNTS}


def test_as_many_people_joined_as_the_script_says(demo: Parts) -> None:
    for town, partnership in PARTNERSHIPS:
        count = len(rows_of(demo, town, partnership))
        assert count == (partnership.members.growth[-1][1] if partnership.members else 0)
