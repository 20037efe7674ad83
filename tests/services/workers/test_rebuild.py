"""Rebuilding a view beside the active one: compared, switched without stopping readers, and resumed after a kill."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.membership.member import MemberJoined, MemberLeft
from projections.crm import queries as crm
from projections.crm.view import VIEW as CRM
from projections.engine import builds
from projections.engine.changes import Changes
from projections.engine.view import Recorded, View
from services.commands import membership
from services.reading import Audience
from services.wiring import Parts
from services.workers import rebuild, shares
from services.workers.rebuild import Outcome, Rebuild
from tests.support import cast, worlds
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, INSURER, ask
from tests.support.database import Database

ADVISER = Audience("organisation", owners=[INSURER, ACCORD])


@pytest.fixture
def world(database: Database) -> Iterator[Parts]:
    with cast.parts_on(database) as made:
        worlds.fill(made)
        yield made


def rebuild_of(world: Parts, view: View = CRM) -> Rebuild:
    return Rebuild(view, world.databases.project, world.feed, world.opener)


def never(_: Outcome) -> bool:
    return False


def asking(asked: list[Outcome]) -> Callable[[Outcome], bool]:
    """Refuses, and keeps what it was asked about."""

    def refuse(found: Outcome) -> bool:
        asked.append(found)
        return False

    return refuse


def corrupt(database: Database, statement: str) -> None:
    with database.connect("project") as connection:
        connection.execute(statement)


def test_an_equal_rebuild_is_switched_to(world: Parts) -> None:
    before = worlds.rows_of_active(world, CRM)
    outcome = rebuild_of(world).run(never)
    assert outcome.switched
    assert outcome.differences == []
    assert (outcome.before, outcome.schema) == ("crm_v1", "crm_v1_b2")
    assert worlds.rows_of_active(world, CRM) == before


def test_the_live_projector_goes_on_with_the_new_build(world: Parts) -> None:
    rebuild_of(world).run(never)
    membership.join(world.ledger, GRENOBLE, INSURER, cast.member("after"), ask())
    cast.follow(world)
    with world.views.reader(ADVISER) as reader:
        assert crm.member(reader, GRENOBLE, INSURER, "after") is not None


def test_a_rebuild_that_differs_is_shown_and_waits_for_consent(world: Parts, database: Database) -> None:
    corrupt(database, "update crm_v1.member set price = price + 1 where id = 'm1'")
    asked: list[Outcome] = []
    refused = rebuild_of(world).run(asking(asked))
    assert not refused.switched
    assert [(d.table, d.only_before, d.only_after) for d in asked[0].differences] == [("member", 3, 3)]
    assert any("4781" in line for line in asked[0].differences[0].sample)
    agreed = rebuild_of(world).run(lambda _: True)
    assert agreed.switched
    assert agreed.schema == refused.schema
    assert not any('"price": 4781' in row for row in worlds.rows_of_active(world, CRM)["member"])


def test_the_view_follows_on_while_somebody_thinks_about_a_difference(
    world: Parts, database: Database
) -> None:
    corrupt(database, "update crm_v1.member set price = price + 1 where id = 'm1'")

    def think(_: Outcome) -> bool:
        membership.join(world.ledger, GRENOBLE, INSURER, cast.member("meanwhile"), ask())
        cast.follow(world)
        with world.views.reader(ADVISER) as reader:
            assert crm.member(reader, GRENOBLE, INSURER, "meanwhile") is not None
        return True

    assert rebuild_of(world).run(think).switched
    with world.views.reader(ADVISER) as reader:
        assert {row.price for row in crm.members(reader, GRENOBLE, INSURER)} == {4780}
        assert crm.member(reader, GRENOBLE, INSURER, "meanwhile") is not None


def test_names_are_never_in_what_a_rebuild_says(world: Parts, database: Database) -> None:
    corrupt(database, "update crm_v1.member_person set family_name = 'Dupont' where id = 'm1'")
    found = rebuild_of(world).run(never).differences
    assert [(d.table, d.sample) for d in found] == [("member_person", [])]


def test_a_reader_at_work_keeps_the_old_build_and_the_next_one_has_the_new(world: Parts) -> None:
    with world.views.reader(ADVISER) as reader:
        rebuild_of(world).run(never)
        assert len(crm.members(reader, GRENOBLE, INSURER)) == 13
    with world.databases.project.connection() as connection, connection.transaction():
        for build in builds.retired(connection, 0):
            builds.drop(connection, build)
    assert len(world.views.read(ADVISER, lambda r: crm.members(r, GRENOBLE, INSURER))) == 13


def test_readers_are_served_all_through_a_rebuild(world: Parts) -> None:
    stop, counts, failures = threading.Event(), [], []

    def read() -> None:
        while not stop.is_set():
            try:
                counts.append(len(world.views.read(ADVISER, lambda r: crm.members(r, GRENOBLE, INSURER))))
            except Exception as error:  # noqa: BLE001 (any failure is the point)
                failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    for _ in range(3):
        assert rebuild_of(world).run(never).switched
        with world.databases.project.connection() as connection, connection.transaction():
            for build in builds.retired(connection, 0):
                builds.drop(connection, build)
    stop.set()
    thread.join()
    assert failures == []
    assert set(counts) == {13}


def newer() -> View:
    """The next version of the view: it forgets members who left."""
    view = View(CRM.name, CRM.version + 1, CRM.tables)

    @view.on(MemberJoined)
    def joined(fact: Recorded[MemberJoined], rows: Changes) -> None:
        CRM.apply([fact], rows)

    @view.on(MemberLeft)
    def left(fact: Recorded[MemberLeft], rows: Changes) -> None:
        rows.delete(CRM.tables[0], (fact.tenant, fact.owner, fact.key))

    return view


def test_another_version_is_switched_to_only_when_confirmed(world: Parts) -> None:
    asked: list[Outcome] = []
    outcome = rebuild_of(world, newer()).run(asking(asked))
    assert not outcome.switched
    assert (asked[0].rows_before["member"], asked[0].rows["member"]) == (39, 36)
    assert rebuild_of(world, newer()).run(lambda _: True).switched


KILLED = """
import json, os, sys
from pathlib import Path
from services.workers import rebuild, shares
from services.workers.projection import Projection
from infra.clock import SystemClock
from infra.database.pools import Databases
from infra.database.roles import Urls
from infra.settings import Settings
from services.wiring import Parts
from projections import VIEWS
rebuild.BATCH = 5
write, count = Projection.write, []
def killed_in_the_third(self, *args):
    if len(count) == 2:
        os.kill(os.getpid(), 9)
    count.append(1)
    write(self, *args)
Projection.write = killed_in_the_third
urls = Urls(**json.loads(sys.argv[1]))
settings = Settings(data=Path(sys.argv[2]), database_url=urls.owner, demo=True)
parts = Parts(settings, urls, Databases(urls), SystemClock())
rebuild.Rebuild(VIEWS["crm"], parts.databases.project, parts.feed, parts.opener).run(lambda _: False)
"""


def test_a_killed_rebuild_goes_on_where_it_was(world: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = json.dumps(dataclasses.asdict(world.urls))
    arguments = [sys.executable, "-c", KILLED, urls, str(world.settings.data)]
    killed = subprocess.run(
        arguments, cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    with world.databases.project.connection() as connection:
        building = builds.find(connection, "crm", "building")
    assert building is not None
    assert building.position > 0
    monkeypatch.setattr(rebuild, "BATCH", 5)
    outcome = rebuild_of(world).run(never)
    assert outcome.switched
    assert outcome.schema == building.schema
    assert outcome.events < 39 + 3


def test_one_commune_is_rebuilt_alone_and_its_neighbour_stays_as_it_is(
    world: Parts, database: Database
) -> None:
    corrupt(database, "update crm_v1.member set price = 1 where tenant in ('commune:38185', 'commune:94016')")
    found = rebuild_of(world).commune(GRENOBLE)
    assert [(d.table, d.only_before, d.only_after) for d in found] == [("member", 26, 26)]
    with world.views.reader(ADVISER) as reader:
        assert {row.price for row in crm.members(reader, GRENOBLE, INSURER)} == {4780}
        assert {row.price for row in crm.members(reader, CACHAN, INSURER)} == {1}
    assert rebuild_of(world).commune(GRENOBLE) == []


def test_several_processes_fill_the_same_rows(world: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    before = worlds.rows_of_active(world, CRM)
    monkeypatch.setattr(rebuild, "SHARED_FROM", 1)
    monkeypatch.setattr(rebuild, "BATCH", 4)
    outcome = rebuild_of(world).run(never)
    assert outcome.switched
    assert outcome.events == 39 + 3
    assert worlds.rows_of_active(world, CRM) == before
    with world.databases.project.connection() as connection:
        assert connection.execute("select count(*) from projection.view_share").fetchone() == (0,)


def test_a_rebuild_of_which_a_process_was_killed_says_so_and_goes_on(
    world: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = worlds.rows_of_active(world, CRM)
    monkeypatch.setattr(rebuild, "SHARED_FROM", 1)
    monkeypatch.setattr(rebuild, "BATCH", 4)
    write = Changes.write
    written: list[int] = []

    def killed_in_the_third(self: Changes, *arguments: Any) -> None:
        if len(written) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        written.append(1)
        write(self, *arguments)

    monkeypatch.setattr(Changes, "write", killed_in_the_third)
    with pytest.raises(shares.ShareDiedError, match="ask again"):
        rebuild_of(world).run(never)
    monkeypatch.setattr(Changes, "write", write)
    monkeypatch.setattr(rebuild, "SHARED_FROM", 10**9)  # what was begun by shares is ended by shares
    outcome = rebuild_of(world).run(never)
    assert outcome.switched
    assert outcome.events < 39 + 3
    assert worlds.rows_of_active(world, CRM) == before
