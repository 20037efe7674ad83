"""The checks find what they look for: each is planted once in a database of its own."""

from collections.abc import Iterator

import msgspec
import pytest

from infra.ledger import Receipt
from loadtests import checks
from loadtests.checks import Acknowledged, NotStillError
from projections import VIEWS
from services.commands import membership
from services.wiring import Parts
from tests.support import cast, worlds
from tests.support.cast import GRENOBLE, INSURER, ask
from tests.support.database import Database


@pytest.fixture
def world(database: Database) -> Iterator[Parts]:
    with cast.parts_on(database) as made:
        worlds.fill(made)
        yield made


def joined(world: Parts, identity: str) -> Acknowledged:
    """Somebody joins, under a command id of the test's."""
    command = cast.member(identity)
    receipt = membership.join(world.ledger, GRENOBLE, INSURER, command, ask(command=f"join-{identity}"))
    assert receipt is not None
    return Acknowledged("account:adviser", f"join-{identity}", receipt)


def test_a_sound_installation_passes_every_check(world: Parts) -> None:
    answers = [joined(world, f"n{number}") for number in range(3)]
    cast.follow(world)
    assert checks.differing_views(world) == {}
    assert checks.missing_receipts(world, answers) == []
    assert checks.doubled(world) == []
    assert checks.order_broken(world) == []


def test_a_fresh_build_leaves_no_schema_behind(world: Parts, database: Database) -> None:
    checks.differing_views(world)
    with database.connect() as connection:
        found = connection.execute("select nspname from pg_namespace where nspname like 'check%'").fetchall()
    assert found == []


def test_a_lost_row_is_found(world: Parts, database: Database) -> None:
    with database.connect("project") as connection:
        connection.execute("delete from crm_v1.member where id = 'm1' and tenant = %s", (GRENOBLE,))
    (found,) = checks.differing_views(world)["crm"]
    assert (found.table, found.only_before, found.only_after) == ("member", 0, 2)


def test_a_row_that_was_written_twice_over_is_found(world: Parts, database: Database) -> None:
    with database.connect("project") as connection:
        connection.execute("update crm_v1.member set price = price * 2 where id = 'm1'")
    (found,) = checks.differing_views(world, views=[VIEWS["crm"]])["crm"]
    assert (found.table, found.only_before, found.only_after) == ("member", 3, 3)
    assert len(found.sample) == 6


def test_names_of_people_are_in_no_sample(world: Parts, database: Database) -> None:
    with database.connect("project") as connection:
        connection.execute("update crm_v1.member_person set family_name = 'Dupont' where id = 'm1'")
    assert [found.sample for found in checks.differing_views(world)["crm"]] == [[]]


def test_a_view_that_does_not_come_to_the_head_cannot_be_compared(world: Parts) -> None:
    joined(world, "unseen")
    with pytest.raises(NotStillError, match="access is at"):
        checks.differing_views(world, seconds=0.2)


def test_an_answer_that_the_ledger_does_not_bear_out_is_found(world: Parts) -> None:
    true = joined(world, "n1")
    position = true.receipt.first
    stream = true.receipt.stream
    false = [
        true._replace(command="join-n2"),
        true._replace(actor="account:rival"),
        true._replace(receipt=Receipt(position + 100, position + 100, stream)),
        true._replace(receipt=Receipt(position, position + 1, stream)),
        true._replace(receipt=msgspec.structs.replace(true.receipt, stream=stream + "x")),
    ]
    assert checks.missing_receipts(world, [true, *false]) == false
    assert checks.missing_receipts(world, [true._replace(actor=None)]) == []


def test_a_command_that_was_recorded_twice_is_found(world: Parts, database: Database) -> None:
    answer = joined(world, "n1")
    with database.connect() as connection:
        connection.execute("drop index ledger.event_command")
        connection.execute(
            "insert into ledger.event select (select max(position) + 1 from ledger.event), tenant, owner,"
            " stream || 'x', version, topic, state, actor, command, correlation, ordinal, command_size, digest,"
            " recorded_at from ledger.event where position = %s",
            (answer.receipt.first,),
        )
    assert [line.rpartition(": ")[2] for line in checks.doubled(world)] == [
        "2 times join-n1 of account:adviser"
    ]
    assert checks.missing_receipts(world, [answer]) == [answer]


def test_a_command_of_which_only_a_part_is_there_is_found(world: Parts, database: Database) -> None:
    answer = joined(world, "n1")
    with database.connect() as connection:
        connection.execute(
            "update ledger.event set command_size = 2 where position = %s", (answer.receipt.first,)
        )
    assert checks.doubled(world) == [f"command join-n1 at {answer.receipt.first} is not whole"]


def test_a_version_out_of_order_and_a_gap_are_found(world: Parts, database: Database) -> None:
    answer = joined(world, "n1")
    stream, position = answer.receipt.stream, answer.receipt.first
    with database.connect() as connection:
        connection.execute("update ledger.event set version = 3 where position = %s", (position,))
        assert checks.order_broken(world) == [f"version 3 of {stream} comes after 0"]
        connection.execute("update ledger.event set version = 1 where position = %s", (position,))
        connection.execute("update ledger.event set position = position + 4 where position = %s", (position,))
    assert checks.order_broken(world) == [f"event {position + 4} comes after {position - 1}"]
