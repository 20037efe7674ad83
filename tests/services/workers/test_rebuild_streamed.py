"""Rebuilding a view that follows Kafka, whose partitions are not level: compared at its marks, which it hands over."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from domain.tenancy import Tenant
from infra.feed import partition_of
from infra.kafka.cloudevents import Taken
from projections.crm.view import VIEW as CRM
from projections.engine import builds, vectors
from projections.engine.builds import OutrunError
from projections.engine.view import View
from services.workers import rebuild
from services.workers.projection import recorded
from services.workers.rebuild import Rebuild
from services.workers.streamed import Streamed
from tests.support import cast
from tests.support.cast import CACHAN, GRENOBLE
from tests.support.database import Database
from tests.support.streams import NOWHERE, Stage, marks


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with cast.parts_on(database) as parts:
        made = Stage(parts, NOWHERE)
        made.fill()
        yield made


@pytest.fixture
def connection(stage: Stage) -> Iterator[psycopg.Connection[Any]]:
    with stage.parts.databases.project.connection() as made:
        yield made


@pytest.fixture
def streamed(stage: Stage, connection: psycopg.Connection[Any]) -> Streamed:
    """The insurer's view over Kafka: Cachan is ahead of everybody, Grenoble half as far."""
    at = stage.active(CRM).position
    stage.join(28)
    found = stage.streamed(connection, CRM)
    records = stage.taken(at)
    found.take(connection, {partition_of(CACHAN): records[partition_of(CACHAN)]}, recorded)
    half = records[partition_of(GRENOBLE)][:4]
    found.take(connection, {partition_of(GRENOBLE): half}, recorded)
    return found


def rebuilt(stage: Stage, view: View = CRM, *, agreed: bool = False) -> rebuild.Outcome:
    parts = stage.parts
    return Rebuild(view, parts.databases.project, parts.feed, parts.opener).run(lambda _: agreed)


def later(stage: Stage, streamed: Streamed) -> dict[int, list[Taken]]:
    return {
        partition: some
        for partition, found in stage.taken().items()
        if (some := [r for r in found if r.row.position > streamed.vector[partition].position])
    }


def test_it_has_equal_rows_at_the_same_marks_and_reads_on_at_the_same_offsets(
    stage: Stage, streamed: Streamed, connection: psycopg.Connection[Any]
) -> None:
    before, rows = marks(stage.parts, streamed.build.schema), stage.rows(CRM)
    outcome = rebuilt(stage)
    assert outcome.switched
    assert outcome.differences == []
    assert stage.rows(CRM) == rows
    active = stage.active(CRM)
    assert (active.schema, active.feed) == (outcome.schema, "kafka")
    assert marks(stage.parts, active.schema) == before
    assert active.position >= streamed.build.position
    with pytest.raises(OutrunError):
        streamed.take(connection, later(stage, streamed), recorded)
    following = stage.streamed(connection, CRM)
    following.take(connection, later(stage, following), recorded)
    stage.equal_to_store(CRM)


def test_a_row_that_differs_is_shown_whatever_the_marks(
    stage: Stage, streamed: Streamed, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("update crm_v1.member set price = price + 1 where tenant = %s", (CACHAN,))
    outcome = rebuilt(stage)
    assert not outcome.switched
    assert [found.table for found in outcome.differences] == ["member"]
    # Asked again later it comes as far as the view has come meanwhile.
    streamed.take(connection, later(stage, streamed), recorded)
    assert rebuilt(stage, agreed=True).switched
    stage.equal_to_store(CRM)


def test_the_next_version_begins_at_the_offsets_of_the_one_before(stage: Stage, streamed: Streamed) -> None:
    newer = View(CRM.name, CRM.version + 1, CRM.tables)
    newer._handlers.update(CRM._handlers)
    before = marks(stage.parts, streamed.build.schema)
    assert rebuilt(stage, newer, agreed=True).switched
    with stage.parts.databases.project.connection() as connection:
        head = stage.parts.feed.head(connection)
    found = marks(stage.parts, stage.active(CRM).schema)
    assert {mark.position for mark in found.values()} == {head}
    assert [m.next_offset for m in found.values()] == [m.next_offset for m in before.values()]


def test_a_rebuild_begun_over_kafka_ends_over_the_store_when_the_view_does(
    stage: Stage, streamed: Streamed, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("update crm_v1.member set price = price + 1 where tenant = %s", (CACHAN,))
    first = rebuilt(stage)
    stage.from_store(CRM)
    outcome = rebuilt(stage, agreed=True)
    assert outcome.switched
    assert outcome.schema == first.schema
    assert stage.active(CRM).feed == "store"
    assert marks(stage.parts, outcome.schema) == {}
    stage.equal_to_store(CRM)


@pytest.mark.parametrize("tenant", [CACHAN, GRENOBLE])
def test_one_commune_is_rebuilt_up_to_the_mark_of_its_partition(
    stage: Stage, streamed: Streamed, connection: psycopg.Connection[Any], tenant: Tenant
) -> None:
    rows = stage.rows(CRM)
    parts = stage.parts
    work = Rebuild(CRM, parts.databases.project, parts.feed, parts.opener)
    assert work.commune(tenant) == []
    connection.execute("update crm_v1.member set price = price + 1 where tenant = %s", (tenant,))
    assert [found.table for found in work.commune(tenant)] == ["member"]
    assert stage.rows(CRM) == rows
    streamed.take(connection, later(stage, streamed), recorded)


KILLED = """
import json, os, sys
from pathlib import Path
from projections import VIEWS
from projections.engine import vectors
from services.workers import rebuild
from infra.clock import SystemClock
from infra.database.pools import Databases
from infra.database.roles import Urls
from infra.settings import Settings
from services.wiring import Parts
rebuild.BATCH = 3
move, count = vectors.move, []
def killed_in_the_third(*args):
    if len(count) == 2:
        os.kill(os.getpid(), 9)
    count.append(1)
    move(*args)
vectors.move = killed_in_the_third
urls = Urls(**json.loads(sys.argv[1]))
settings = Settings(data=Path(sys.argv[2]), database_url=urls.owner, demo=True)
parts = Parts(settings, urls, Databases(urls), SystemClock())
rebuild.Rebuild(VIEWS["crm"], parts.databases.project, parts.feed, parts.opener).run(lambda _: False)
"""


def test_killed_between_partitions_it_goes_on_where_it_was(
    stage: Stage, streamed: Streamed, connection: psycopg.Connection[Any]
) -> None:
    urls = json.dumps(dataclasses.asdict(stage.parts.urls))
    arguments = [sys.executable, "-c", KILLED, urls, str(stage.parts.settings.data)]
    killed = subprocess.run(
        arguments, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    building = builds.find(connection, "crm", "building")
    assert building is not None
    assert building.feed == "kafka"
    known = vectors.load(connection, building.schema)
    assert any(mark.position > building.position for mark in known.values())
    outcome = rebuilt(stage)
    assert outcome.switched
    assert outcome.schema == building.schema
    assert outcome.events < 28
