"""The lease: one holder at a time, another within seconds, and every holder by its own epoch."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from services.workers import lease
from services.workers.lease import Lease, LeaseLostError
from tests.support.database import Database


@pytest.fixture
def connection(any_database: Database) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(any_database.urls.project, autocommit=True) as made:
        made.execute("insert into projection.relay (name) values ('kafka')")
        yield made


@pytest.fixture(autouse=True)
def always_due(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "_RENEW_SECONDS", 0.0)


def lapse(connection: psycopg.Connection[Any]) -> None:
    connection.execute("update projection.relay set renewed_at = renewed_at - interval '3.1 s'")


def test_one_of_two_holds_it(connection: psycopg.Connection[Any]) -> None:
    first, second = Lease("kafka", "first"), Lease("kafka", "second")
    assert first.take(connection)
    assert not second.take(connection)
    first.renew(connection)


def test_one_that_was_not_renewed_is_taken_with_the_next_epoch(connection: psycopg.Connection[Any]) -> None:
    first, second = Lease("kafka", "first"), Lease("kafka", "second")
    assert first.take(connection)
    lapse(connection)
    assert second.take(connection)
    assert second.epoch == (first.epoch or 0) + 1
    with pytest.raises(LeaseLostError):
        first.renew(connection)


def test_one_that_was_given_back_is_taken_at_once(connection: psycopg.Connection[Any]) -> None:
    first, second = Lease("kafka", "first"), Lease("kafka", "second")
    assert first.take(connection)
    first.release(connection)
    assert second.take(connection)


def test_whoever_lost_it_cannot_give_it_back(connection: psycopg.Connection[Any]) -> None:
    first, second = Lease("kafka", "first"), Lease("kafka", "second")
    assert first.take(connection)
    lapse(connection)
    assert second.take(connection)
    first.release(connection)
    second.renew(connection)
    assert not first.take(connection)


def test_its_holder_may_begin_again_with_the_next_epoch(connection: psycopg.Connection[Any]) -> None:
    holder = Lease("kafka", "holder")
    assert holder.take(connection)
    before = holder.epoch
    assert holder.take(connection)
    assert holder.epoch == (before or 0) + 1
