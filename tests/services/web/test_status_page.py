"""The operator's page and the API tell of the relay, of what each view follows, and of who does which work."""

import psycopg
import pytest

from tests.services.web.conftest import Pages, title
from tests.support.database import Database

PAGE = "/exploitation/etat"


@pytest.fixture
def over_kafka(pages: Pages, database: Database) -> psycopg.Connection[tuple[object, ...]]:
    """Views that follow Kafka behind a relay that died a minute ago, with two partitions to apply."""
    pages.here.follow()
    with database.connect("project") as connection:
        connection.execute(
            "insert into projection.relay (name, holder, epoch, renewed_at, position)"
            " values ('kafka', 'machine-1:42', 7, clock_timestamp() - interval '1 minute', 30)"
        )
        connection.execute(
            "insert into projection.relay_partition (relay, partition, position)"
            " select 'kafka', number, 10 * number from generate_series(0, 3) number"
        )
        connection.execute("update projection.view_version set feed = 'kafka'")
        connection.execute(
            "insert into projection.view_partition (schema, partition, position)"
            " select schema, number, 10 from projection.view_version, generate_series(0, 3) number"
            " where view = 'crm'"
        )
        return connection


def test_a_relay_that_stopped_is_told_where_views_depend_on_it(
    pages: Pages, over_kafka: psycopg.Connection[tuple[object, ...]]
) -> None:
    operator = pages.of("operator")
    assert title(operator.get(PAGE)).startswith("Un élément à examiner")
    said = operator.text(PAGE)
    for words in ("Relais vers Kafka", "machine-1:42", "Arrêté", "2 partitions en retard"):
        assert words in said


def test_the_api_tells_the_same(pages: Pages, over_kafka: psycopg.Connection[tuple[object, ...]]) -> None:
    found = pages.here.operator.get("/v1/status").json
    assert found
    assert found["healthy"] is False
    relay = found["relay"]
    assert (relay["holder"], relay["epoch"], relay["active"], relay["healthy"]) == (
        "machine-1:42",
        7,
        False,
        False,
    )
    behind = {view["view"]: [each["partition"] for each in view["behind"]] for view in found["views"]}
    assert behind["crm"] == [2, 3]
    assert {view["feed"] for view in found["views"]} == {"kafka"}
    assert found["mails"] == {"waiting": 0, "sent": 0, "refused": 0}
    assert {follower["name"]: follower["holder"] for follower in found["followers"]}["judge"] is None


def test_without_kafka_no_relay_is_spoken_of(pages: Pages) -> None:
    pages.here.follow()
    said = pages.of("operator").text(PAGE)
    assert "Tout suit" in said
    assert "Relais" not in said
    found = pages.here.operator.get("/v1/status").json
    assert found
    assert found["relay"] is None
