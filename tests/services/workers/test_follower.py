"""Followers at rest: one look at the ledger's head serves all of a process, and nothing that comes is missed."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from domain.events import UnknownEventError
from domain.membership.member import MemberJoined
from infra.database.pools import unflushed
from infra.feed import StoreFeed
from projections.engine.view import Recorded
from services.commands import membership
from services.wiring import Parts
from services.workers.follower import Follower
from tests.support import cast, worlds
from tests.support.cast import GRENOBLE, INSURER, ask
from tests.support.database import Database


@pytest.fixture
def world(database: Database) -> Iterator[Parts]:
    with cast.parts_on(database) as made:
        worlds.fill(made)
        yield made


def witness(world: Parts) -> tuple[Follower, list[str]]:
    """A follower that begins with the next event, and the members that it meets joining."""
    met: list[str] = []

    def effect(fact: Recorded[Any]) -> None:
        met.append(fact.key)

    pool = world.databases.project
    return Follower("witness", (MemberJoined.topic,), effect, pool, world.feed, from_head=True), met


def test_a_head_that_was_just_seen_is_not_asked_for_again(world: Parts) -> None:
    feed = StoreFeed()
    with world.databases.project.connection() as connection:
        head = feed.recent_head(connection, 60.0)
        receipt = membership.join(world.ledger, GRENOBLE, INSURER, cast.member("x1"), ask())
        assert receipt is not None
        assert feed.recent_head(connection, 60.0) == head
        assert feed.recent_head(connection, 0.0) == receipt.last
        assert feed.recent_head(connection, 60.0) == receipt.last


def test_a_follower_at_rest_meets_every_event_once_and_in_order(world: Parts) -> None:
    follower, met = witness(world)
    with world.databases.project.connection() as connection:
        follower.position(connection)
    stop = threading.Event()
    thread = threading.Thread(target=follower.run, args=(stop,))
    thread.start()
    keys = [f"x{number}" for number in range(12)]
    last = 0
    for key in keys:
        receipt = membership.join(world.ledger, GRENOBLE, INSURER, cast.member(key), ask())
        assert receipt is not None
        last = receipt.last
        time.sleep(0.02)
    with world.databases.project.connection() as connection:
        deadline = time.monotonic() + 10
        while follower.position(connection) < last and time.monotonic() < deadline:
            time.sleep(0.02)
        stop.set()
        thread.join()
        assert follower.position(connection) == last
    assert met == keys


def test_commits_wait_for_the_disk_again_after_work_that_need_not(world: Parts) -> None:
    with world.databases.project.connection() as connection:
        with unflushed(connection):
            assert connection.execute("show synchronous_commit").fetchone() == ("off",)
        assert connection.execute("show synchronous_commit").fetchone() == ("on",)


def test_a_follower_waits_before_an_event_of_a_version_that_only_later_code_knows(
    world: Parts, database: Database
) -> None:
    follower, met = witness(world)
    with world.databases.project.connection() as connection:
        before = follower.position(connection)
        receipt = membership.join(world.ledger, GRENOBLE, INSURER, cast.member("x1"), ask())
        assert receipt is not None
        said = "update ledger.event set topic = %s where position = %s"
        with database.connect("owner") as owner:
            owner.execute(said, ("member.joined.v99", receipt.first))
        with pytest.raises(UnknownEventError, match=r"member\.joined\.v99"):
            follower.step(connection)
        assert before <= follower.position(connection) < receipt.first
        with database.connect("owner") as owner:
            owner.execute(said, ("member.joined.v1", receipt.first))
        follower.step(connection)
    assert met == ["x1"]
