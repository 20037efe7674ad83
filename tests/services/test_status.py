"""The status tells what works, where, and what stopped; the calendar's silences are in it and not in every line."""

from collections.abc import Iterator
from datetime import date

import pytest

from domain.tariffs.assess import CellId
from domain.tariffs.headcounts import Headcounts, counts_document
from services.commands.headcounts import headcounts_stream
from services.commands.judgement import JudgeTariff
from services.commands.perform import Decision, perform
from services.status import Status, status
from tests.support import cast
from tests.support.cast import GRENOBLE, INSURER, parts_on
from tests.support.database import Database
from tests.support.judging import World, judging


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with judging(database) as made:
        yield made


def standing(database: Database) -> Status:
    with database.connect("project") as connection:
        return status(connection)


def test_a_tariff_that_can_never_be_judged_is_logged_once_and_stays_in_the_status(
    world: World, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    world.agree().notify("g1", "2024-10-01", "47.80")
    world.at("2025-10-31").notify("g2", "2026-01-01", "49.24")
    world.on("2025-10-31")
    # Nobody can count one person in two cells of this grid: no command says so, an import of old days did.
    counts = {CellId("N1", "general", "adult", 60, 50): 1}
    taken = Headcounts.take_headcount(
        None, headcounts_stream(GRENOBLE, INSURER, "c1"), headcount="h1", taken_on=date(2025, 10, 30),
        total=1, today=date(2025, 10, 31), document=world.ledger.documents.put(counts_document(counts)),
    )  # fmt: skip
    perform(
        world.ledger, GRENOBLE, INSURER, JudgeTariff(convention="c1", cause="unreadable"), world.ask(),
        lambda: Decision([taken]),
    )  # fmt: skip
    world.at("2026-01-02")
    caplog.clear()
    for _ in range(3):
        world.parts.calendar.round()
    said = [record for record in caplog.records if "could not be said" in record.getMessage()]
    assert len(said) == 1
    assert said[0].exc_info
    (calendar,) = [each for each in standing(database).followers if each.name == "calendar"]
    assert calendar.error
    assert calendar.error.startswith(f"1 could not be said: the tariff of c1 in {GRENOBLE}: ScenarioError")


def test_the_calendar_is_seen_to_work_and_has_nothing_to_complain_of(
    world: World, database: Database
) -> None:
    world.agree().on("2024-07-01")
    found = standing(database)
    (calendar,) = [each for each in found.followers if each.name == "calendar"]
    assert (calendar.error, calendar.lag_events) == (None, 0)
    assert found.healthy


def test_a_relay_counts_only_while_a_view_follows_kafka(database: Database) -> None:
    with parts_on(database) as parts, database.connect("project") as connection:
        cast.follow(parts)
        connection.execute(
            "insert into projection.relay (name, holder, epoch, renewed_at)"
            " values ('kafka', 'gone', 1, clock_timestamp() - interval '1 minute')"
        )
        found = status(connection)
        assert found.relay
        assert (found.relay.active, found.relay.healthy, found.healthy) == (False, False, True)
        connection.execute("update projection.view_version set feed = 'kafka' where view = 'crm'")
        found = status(connection)
        assert (found.relayed, found.unrelayed, found.healthy) == (True, True, False)
        connection.execute("update projection.relay set renewed_at = clock_timestamp()")
        assert status(connection).healthy
        connection.execute("update projection.relay set error = 'no brokers'")
        assert not status(connection).healthy


def test_the_partitions_that_a_view_has_to_apply_are_named(database: Database) -> None:
    with parts_on(database) as parts, database.connect("project") as connection:
        cast.follow(parts)
        connection.execute("insert into projection.relay (name) values ('kafka')")
        connection.execute(
            "insert into projection.relay_partition (relay, partition, position)"
            " select 'kafka', number, 10 * number from generate_series(0, 3) number"
        )
        connection.execute("update projection.view_version set feed = 'kafka' where view = 'crm'")
        connection.execute(
            "insert into projection.view_partition (schema, partition, position)"
            " select schema, number, 10 from projection.view_version, generate_series(0, 3) number"
            " where view = 'crm'"
        )
        (crm,) = [view for view in status(connection).views if view.view == "crm"]
    assert crm.feed == "kafka"
    assert [(each.partition, each.position, each.relayed) for each in crm.behind] == [
        (2, 10, 20),
        (3, 10, 30),
    ]
