"""The demo on a real database: recorded once, resumable, honest about what is real and what is invented."""

import dataclasses
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from psycopg import sql

from domain.tenancy import commune
from infra.clock import FixedClock
from infra.errors import OperatorError
from infra.identity import list_accounts
from projections.access import queries as access
from projections.oversight import agreements
from projections.oversight import queries as oversight
from services.commands import office_hours
from services.commands.perform import Ask
from services.demo import DEMO_ACCOUNTS, DEMO_PASSWORD, seed
from services.demo.history import Letter, Step
from services.demo.insurers import INSURERS
from services.demo.seeding import plot
from services.demo.towns import towns_from
from services.reading import Audience
from services.wiring import Parts
from tests.support import cast
from tests.support import demo as seen
from tests.support.database import Database
from tests.support.demo import NOW, TODAY, events, place, places

OPERATOR = Audience("operator")
TOWNS = towns_from(TODAY)


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
    entries = plot(TODAY, empty)
    steps = [entry for entry in entries if isinstance(entry, Step | Letter)]
    assert 500 <= events(empty, "demo") < len(steps)
    told: list[tuple[int, int, str]] = []
    seed(empty, lambda done, total, what: told.append((done, total, what)))
    # Three towns are told of one convention, a letter is filed and sent, a case ends a convention.
    assert events(empty, "demo") == len(steps) + 2 + 1 + 1
    assert told[0][0] == 0
    assert told[-1][:2] == (len(entries) + 1, len(entries) + 1)
    cast.follow(empty)
    assert [case.state for case in seen.cases(empty, place("18033"))] == ["formal_notice"]


def test_a_later_day_adds_what_happened_since_and_leaves_what_somebody_decided(empty: Parts) -> None:
    seed(empty)
    before = events(empty)
    at = place("grenoble-entrenous")
    cancel = office_hours.CancelOfficeHour(id="grenoble-entrenous-2026-12-01", reason="other")
    office_hours.cancel(empty.ledger, at.tenant, at.owner, cancel, Ask(actor="visitor", now=NOW))
    clock = empty.clock
    assert isinstance(clock, FixedClock)
    clock.advance(timedelta(days=40))
    seed(empty)
    assert events(empty) > before + 20
    cast.follow(empty)
    states = {row.on_day: row.state for row in seen.hours(empty, at)}
    assert states[date(2026, 12, 1)] == "cancelled"
    assert states[date(2026, 12, 9)] == "held"
    for each in places():
        if each.of.insurer.real:
            assert "overdue" not in {row.state for row in seen.hours(empty, each)}


def test_a_demo_begun_by_another_version_is_refused_in_words(empty: Parts) -> None:
    first = next(
        entry
        for entry in plot(TODAY, empty)
        if isinstance(entry, Step) and entry.identity.endswith(":declare")
    )
    other = msgspec.structs.replace(first.command, notice_months=1)
    msgspec.structs.replace(first, command=other).perform(empty.ledger)
    with pytest.raises(OperatorError, match="make demo-reset"):
        seed(empty)


def test_verdicts_cases_and_figures_were_recorded_by_the_workers_and_not_by_the_demo(demo: Parts) -> None:
    with demo.owner_connection() as connection:
        rows = connection.execute(
            "select topic, actor, count(*) from ledger.event"
            " where topic like any(array['breach.%', 'figures.%', 'office_hour.fell%', 'case.opened%',"
            " 'case.corrected%', 'case.fell%', 'tariff.judged%', 'verdict.%', 'index.applied%', 'convention.ended%'])"
            " group by 1, 2"
        ).fetchall()
    assert {(topic, actor) for topic, actor, _ in rows} == {
        ("breach.detected.v1", "judge"),
        ("figures.published.v1", "calendar"),
        ("office_hour.fell_due.v1", "calendar"),
        ("case.opened.v1", "judge"),
        ("case.corrected.v1", "judge"),
        ("case.fell_due.v1", "calendar"),
        ("tariff.judged.v1", "judge"),
        ("tariff.judged.v1", "calendar"),
        ("verdict.revised.v1", "judge"),
        ("index.applied.v1", "indices"),
        ("convention.ended.v1", "calendar"),
    }


def test_a_real_insurer_holds_as_many_office_hours_as_promised_each_month(demo: Parts) -> None:
    for at in places():
        if not at.of.insurer.real:
            continue
        assert at.of.promise is not None
        rows = seen.hours(demo, at)
        assert {row.state for row in rows} <= {"held", "planned", "cancelled"}
        assert sum(1 for row in rows if row.state == "planned" and row.on_day >= TODAY) >= 2
        kept = Counter(row.on_day.strftime("%Y-%m") for row in rows if row.state != "cancelled")
        month = at.of.starts_on.replace(day=1)
        while month <= TODAY:  # of the present month, what is to come counts as well
            name = month.strftime("%Y-%m")
            assert kept[name] >= at.of.promise.per_month, (at.of.key, name)
            month = (month + timedelta(days=32)).replace(day=1)


def test_an_invented_insurer_shows_cancelled_and_silent_office_hours(demo: Parts) -> None:
    at = place("vierzon-trois-rivieres")
    states = Counter(row.state for row in seen.hours(demo, at))
    assert (states["cancelled"], states["overdue"]) == (3, 1)
    assert states["planned"] >= 3
    assert states["held"] > 40


def test_the_figures_of_past_months_are_published_where_members_are_known(demo: Parts) -> None:
    last = {}
    for at in places():
        rows = seen.figures(demo, at)
        last[at.of.key] = (rows[-1].month, rows[-1].members, len(rows)) if rows else None
    assert last["saint-dizier-just"] is None
    assert last["besancon-trois-rivieres"] is None
    assert last["mehun-trois-rivieres"] is not None
    assert last["mehun-trois-rivieres"][1] is None
    known = {key: value for key, value in last.items() if value is not None and value[1] is not None}
    assert set(known) >= {
        "grenoble-entrenous", "grenoble-cimes", "cachan-entrain", "chaumont-just", "caen-mutame",
        "vierzon-trois-rivieres", "bourges-trois-rivieres",
    }  # fmt: skip
    assert all(month == "2026-10" for month, _, _ in known.values())


def test_no_band_of_a_published_month_can_be_found_by_subtraction(demo: Parts) -> None:
    for at in places():
        for row in seen.figures(demo, at):
            assert row.members is None or row.members >= 11
            assert list(row.by_age.values()).count(None) != 1


def test_chaumont_is_as_the_published_review_says(demo: Parts) -> None:
    at = place("chaumont-just")
    everybody = seen.members(demo, at)

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
    for at in places():
        for row in seen.members(demo, at):
            assert row["number"].startswith("FICTIF-")
            assert row["email"] is None or row["email"].endswith(".example")
            # The six blocks that ARCEP reserves for works of fiction.
            assert row["phone"] is None or re.fullmatch(
                r"\+33(19900|26191|35301|46571|53649|63998)\d{4}", row["phone"]
            )


def test_no_name_of_a_member_is_legible_outside_the_tables_of_persons(demo: Parts) -> None:
    names = {row["family_name"] for at in places() for row in seen.members(demo, at)}
    assert len(names) > 30
    with demo.databases.project.connection() as connection:  # rows are hidden from their owner
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE'"
            " and (table_schema in ('ledger', 'outbox') or table_schema ~ '_v[0-9]+')"
        ).fetchall()
        # A row as text shows its bytes as hexadecimal digits.
        words = "|".join(word for name in sorted(names) for word in (name, name.encode().hex()))
        legible = set()
        for schema, table in tables:
            query = sql.SQL("select count(*) from {} row where row::text ~ %s").format(
                sql.Identifier(schema, table)
            )
            if connection.execute(query, (words,)).fetchone() != (0,):
                legible.add(table)
    assert legible == {"member_person"}


def test_some_members_left_and_nobody_before_joining(demo: Parts) -> None:
    for at in places():
        rows = seen.members(demo, at)
        left = [row for row in rows if row["left_on"] is not None]
        assert len(left) == (at.of.members.departures if at.of.members else 0)
        assert all(row["left_on"] > row["joined_on"] for row in left)
        for row in left:
            if row["left_reason"] == "terminated":
                assert row["left_on"] >= row["joined_on"] + timedelta(days=365)


def test_no_published_fact_is_shown_without_its_source_its_address_and_its_year(demo: Parts) -> None:
    for town in TOWNS:
        tenant = commune(town.code)
        with demo.views.reader(seen.as_town(town)) as reader:
            rows = oversight.citations(reader, tenant)
        assert len(rows) == len(town.published)
        for row in rows:
            assert row.statement
            assert re.search(r"[a-z-]+\.(fr|com|org)\b|site non indiqué", row.source), row.source
            assert re.search(r"20[12]\d", row.source)
            assert row.published_on is None or str(row.published_on.year) in row.source
    assert sum(len(town.published) for town in TOWNS) >= 25


def test_every_convention_is_marked_fictitious(demo: Parts) -> None:
    for town in TOWNS:
        tenant, owners = commune(town.code), seen.as_town(town).owners
        with demo.views.reader(seen.as_town(town)) as reader:
            rows = agreements.conventions(reader, tenant, owners)
        assert len(rows) == len(town.partnerships)
        assert all(row.fictitious for row in rows)
        assert all(row.council_vote and "fictive" in row.council_vote.number for row in rows)


def test_two_conventions_wait_for_their_towns_and_one_town_has_two_insurers(demo: Parts) -> None:
    rows = demo.views.read(OPERATOR, access.waiting)
    assert {row.tenant for row in rows if row.state == "declared"} == {"commune:25056", "commune:18148"}
    bare = Audience("place", tenants=[commune("38185")], owners=["town", "public"])
    accords = demo.views.read(bare, lambda r: access.accords(r, commune("38185")))
    assert [(each.insurer_name, each.state) for each in accords] == [
        ("Entrenous", "confirmed"),
        ("Solidarité des Cimes (fictive)", "confirmed"),
    ]


def test_every_insurer_and_town_has_somebody_who_may_sign_in_and_is_told_what_there_is_to_see(
    demo: Parts,
) -> None:
    roles = Counter(account.role for account in DEMO_ACCOUNTS)
    assert roles == {"insurer": len(INSURERS), "town": len(TOWNS), "grouping": 1, "operator": 1}
    assert {account.code: account.who for account in DEMO_ACCOUNTS if account.role == "town"} == {
        town.code: town.name for town in TOWNS
    }
    assert all(account.email.endswith(".example") for account in DEMO_ACCOUNTS)
    assert all(20 < len(account.sees) < 100 for account in DEMO_ACCOUNTS)
    assert len(DEMO_PASSWORD) >= 12
    with demo.owner_connection() as connection:
        made = {(account.email, account.role, account.code) for account in list_accounts(connection)}
    assert made == {(account.email, account.role, account.code) for account in DEMO_ACCOUNTS}


def test_the_department_reads_two_towns(demo: Parts) -> None:
    token = demo.identity.sign_in("elu@cher.example", DEMO_PASSWORD)
    principal = demo.identity.principal(token.text)
    assert principal is not None
    assert (principal.role, sorted(principal.communes)) == ("grouping", ["18141", "18279"])


def test_as_many_people_joined_as_the_script_says(demo: Parts) -> None:
    for at in places():
        count = len(seen.members(demo, at))
        assert count == (at.of.members.growth[-1][1] if at.of.members else 0)
