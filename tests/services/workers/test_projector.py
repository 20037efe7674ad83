"""The projector: views follow the ledger, and one that meets a poison event stops loudly while the others go on."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from domain.membership.member import MemberJoined
from projections import VIEWS
from projections.crm.view import VIEW as CRM
from projections.engine import builds
from projections.engine.changes import Changes
from projections.engine.view import Recorded, View
from services.commands import membership
from services.status import status
from services.wiring import Parts
from services.workers.projector import Projector
from services.workers.rebuild import Rebuild
from tests.support import cast, worlds
from tests.support.cast import GRENOBLE, INSURER, ask
from tests.support.database import Database


@pytest.fixture
def world(database: Database) -> Iterator[Parts]:
    with cast.parts_on(database) as made:
        worlds.fill(made)
        yield made


def poisoned(at: str) -> View:
    """The insurer's view with a handler that cannot take one member."""
    view = View(CRM.name, CRM.version, CRM.tables)

    @view.on(MemberJoined)
    def joined(fact: Recorded[MemberJoined], rows: Changes) -> None:
        if fact.key == at:
            msg = "cannot take this one"
            raise ValueError(msg)
        CRM.apply([fact], rows)

    return view


def test_a_poison_event_stops_its_view_at_that_event_and_says_so(database: Database) -> None:
    with cast.parts_on(database) as parts:
        views: list[View] = [poisoned("m7"), VIEWS["access"], VIEWS["oversight"], VIEWS["compliance"]]
        parts.projector = Projector(views, parts.databases.project, parts.feed, parts.opener)
        worlds.fill(parts)
        with parts.databases.project.connection() as connection:
            found = status(connection)
            crm = next(view for view in found.views if view.view == "crm")
            at = connection.execute(
                "select position from ledger.event where stream like '%/m7' order by position limit 1"
            ).fetchone()
        assert at is not None
        assert not found.healthy
        assert crm.poisoned_at == at[0]
        assert crm.error is not None
        assert "cannot take this one" in crm.error
        # Everything before it is shown, nothing after it.
        assert crm.position < at[0]
        rows = worlds.rows_of_active(parts, CRM)["member"]
        assert len(rows) == 7 * 3
        others = [view for view in found.views if view.view != "crm"]
        assert all(view.position == found.head for view in others)

        # Mended, it goes on from there.
        parts.projector = Projector([CRM], parts.databases.project, parts.feed, parts.opener)
        cast.follow(parts)
        assert len(worlds.rows_of_active(parts, CRM)["member"]) == 13 * 3


def test_an_event_of_a_version_that_only_later_code_knows_stops_the_views_that_want_it(
    world: Parts, database: Database
) -> None:
    first = membership.join(world.ledger, GRENOBLE, INSURER, cast.member("x1"), ask())
    second = membership.join(world.ledger, GRENOBLE, INSURER, cast.member("x2"), ask())
    assert first is not None
    assert second is not None
    said = "update ledger.event set topic = %s where position = %s"
    with database.connect("owner") as owner:
        owner.execute(said, ("member.joined.v99", first.first))
    cast.follow(world)
    with world.databases.project.connection() as connection:
        views = {view.view: view for view in status(connection).views}
    stopped = {name for name, view in views.items() if view.poisoned_at is not None}
    assert stopped == {name for name, view in VIEWS.items() if MemberJoined.topic in view.topics}
    for name in stopped:
        assert views[name].poisoned_at == first.first
        assert "member.joined.v99: this version of the code knows no such event" in str(views[name].error)
    assert {views[name].position for name in VIEWS.keys() - stopped} == {second.last}

    # The code that knows it goes on there, without a word from anybody.
    with database.connect("owner") as owner:
        owner.execute(said, ("member.joined.v1", first.first))
    world.projector = Projector(list(VIEWS.values()), world.databases.project, world.feed, world.opener)
    cast.follow(world)
    assert len(worlds.rows_of_active(world, CRM)["member"]) == 13 * 3 + 2
    with world.databases.project.connection() as connection:
        assert all(view.poisoned_at is None for view in status(connection).views)


def test_two_projectors_together_write_every_row_once(world: Parts, caplog: pytest.LogCaptureFixture) -> None:
    projectors = [
        Projector(list(VIEWS.values()), world.databases.project, world.feed, world.opener) for _ in range(2)
    ]
    stop = threading.Event()
    threads = [threading.Thread(target=each.run, args=(stop,)) for each in projectors]
    for thread in threads:
        thread.start()
    last: Any = None
    for number in range(40):
        last = membership.join(world.ledger, GRENOBLE, INSURER, cast.member(f"x{number}"), ask())
    assert world.views.wait(list(VIEWS), last.last, patience=15)
    stop.set()
    for thread in threads:
        thread.join()
    assert len(worlds.rows_of_active(world, CRM)["member"]) == 13 * 3 + 40
    # Neither took what the other had just written for a poison event.
    assert "stopped" not in caplog.text


def test_a_projector_at_rest_while_its_build_was_replaced_and_dropped_goes_on_with_the_next(
    world: Parts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("services.workers.projector.RETIRE_SECONDS", 0.0)
    stop = threading.Event()
    thread = threading.Thread(target=world.projector.run, args=(stop,))
    thread.start()
    outcome = Rebuild(CRM, world.databases.project, world.feed, world.opener).run(lambda _: False)
    assert outcome.switched
    with world.databases.project.connection() as connection:
        while builds.find(connection, "crm", "retired") is not None:
            time.sleep(0.01)
    receipt = membership.join(world.ledger, GRENOBLE, INSURER, cast.member("after"), ask())
    assert receipt is not None
    shown = world.views.wait(["crm"], receipt.last, patience=10)
    stop.set()
    thread.join()
    assert shown, caplog.text


def test_views_that_stand_together_follow_in_one_transaction(world: Parts) -> None:
    with world.databases.project.connection() as connection:
        membership.join(world.ledger, GRENOBLE, INSURER, cast.member("x1"), ask())
        assert world.projector.catch_up(connection) > 0
        transactions = connection.execute(
            "select count(distinct xmin::text), count(*), count(distinct position) from projection.view_version"
        ).fetchone()
    assert transactions == (1, len(VIEWS), 1)
    assert len(worlds.rows_of_active(world, CRM)["member"]) == 13 * 3 + 1


def test_of_views_that_stand_together_only_the_one_with_the_poison_event_stops(world: Parts) -> None:
    views = [poisoned("bad") if view.name == "crm" else view for view in VIEWS.values()]
    world.projector = Projector(views, world.databases.project, world.feed, world.opener)
    for key in ("good", "bad", "late"):
        membership.join(world.ledger, GRENOBLE, INSURER, cast.member(key), ask())
    cast.follow(world)
    with world.databases.project.connection() as connection:
        found = status(connection)
    assert {view.view for view in found.views if view.poisoned_at is not None} == {"crm"}
    assert all(view.position == found.head for view in found.views if view.view != "crm")
    assert len(worlds.rows_of_active(world, CRM)["member"]) == 13 * 3 + 1


def test_a_view_that_another_projector_moved_keeps_those_beside_it_from_nothing(world: Parts) -> None:
    other = Projector([CRM], world.databases.project, world.feed, world.opener)
    with world.databases.project.connection() as connection:
        assert other.catch_up(connection) == 0
        membership.join(world.ledger, GRENOBLE, INSURER, cast.member("x1"), ask())
        assert other.catch_up(connection) == 1
        membership.join(world.ledger, GRENOBLE, INSURER, cast.member("x2"), ask())
        while world.projector.catch_up(connection):
            pass
        found = status(connection)
    assert found.healthy
    assert all(view.position == found.head for view in found.views)
    assert len(worlds.rows_of_active(world, CRM)["member"]) == 13 * 3 + 2


def test_what_is_said_of_a_poison_event_holds_nobodys_name(
    world: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    with world.databases.project.connection() as connection:
        connection.execute(
            "insert into crm_v1.word_person (tenant, owner, word, id) values (%s, %s, 'lefevre', 'twice')",
            (GRENOBLE, INSURER),
        )
        membership.join(world.ledger, GRENOBLE, INSURER, cast.member("twice"), ask())
        cast.follow(world)
        error = next(view for view in status(connection).views if view.view == "crm").error
    assert error is not None
    assert "word_person" in error
    assert "lefevre" not in (error + caplog.text).lower()


def test_a_new_version_of_a_view_is_not_made_by_the_way(world: Parts) -> None:
    newer = View(CRM.name, CRM.version + 1, CRM.tables)
    projector = Projector([newer], world.databases.project, world.feed, world.opener)
    with world.databases.project.connection() as connection:
        assert projector.catch_up(connection) == 0
        active = builds.find(connection, "crm", "active")
    assert active is not None
    assert active.version == CRM.version


def test_a_view_that_waits_for_its_new_version_follows_once_it_is_switched_to(world: Parts) -> None:
    newer = View(CRM.name, CRM.version + 1, CRM.tables)
    newer.on(MemberJoined)(lambda fact, rows: CRM.apply([fact], rows))
    projector = Projector([newer], world.databases.project, world.feed, world.opener)
    with world.databases.project.connection() as connection:
        assert projector.catch_up(connection) == 0
        outcome = Rebuild(newer, world.databases.project, world.feed, world.opener).run(lambda _: True)
        assert outcome.switched
        receipt = membership.join(world.ledger, GRENOBLE, INSURER, cast.member("after"), ask())
        assert receipt is not None
        assert projector.catch_up(connection) == 1
    assert world.views.wait(["crm"], receipt.last, patience=0.05)


def test_waiting_for_a_position_that_never_comes_ends(world: Parts) -> None:
    assert not world.views.wait(["crm"], 10**9, patience=0.05)
    assert world.views.wait(["crm", "oversight"], 1, patience=0.05)


def test_after_one_has_waited_in_vain_nobody_waits_before_the_view_moves(world: Parts) -> None:
    first, second = (
        membership.join(world.ledger, GRENOBLE, INSURER, cast.member(key), ask()) for key in ("x1", "x2")
    )
    assert first is not None
    assert second is not None
    assert not world.views.wait(["crm"], 10**9, patience=0.05)
    stop = threading.Event()
    thread = threading.Thread(target=world.projector.run, args=(stop,))
    # What nobody waited for in vain yet is waited for, whatever others asked for.
    threading.Timer(0.2, thread.start).start()
    assert world.views.wait(["crm"], second.last, patience=30)
    stop.set()
    thread.join()

    third = membership.join(world.ledger, GRENOBLE, INSURER, cast.member("x3"), ask())
    assert third is not None
    assert not world.views.wait(["crm"], third.last, patience=0.05)
    began = time.monotonic()
    assert not world.views.wait(["crm", "oversight"], third.last + 1, patience=30)
    assert time.monotonic() - began < 15
    cast.follow(world)
    time.sleep(0.05)  # a look at the views serves others for a moment
    assert world.views.wait(["crm"], third.last, patience=30)
