"""Commands in, an answer per command out: whole or absent, and each exactly once."""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import DataError
from psycopg import errors

from infra.ledger import ClaimTaken, CommandReused, Conflict, LedgerFull, LedgerUnavailable, Receipt
from infra.ledger.documents import Documents
from infra.ledger.writer import APPEND, Pending, Writer, _parameters
from tests.support.database import Database
from tests.support.ledgers import TestRecorder, claim, envelope, event, new_stream, recorder_on


@pytest.fixture
def recorder(any_database: Database) -> Iterator[TestRecorder]:
    made = recorder_on(any_database)
    yield made
    made.writer.close()


def positions(recorder: TestRecorder) -> list[int]:
    return [found.id for found in recorder.select_notifications(None, 1000)]


def send_group(database: Database, *commands: Pending) -> list[tuple[int, str, int, int]]:
    """The answers to commands sent as one group, as the writer thread would."""
    with database.connect("append") as connection:
        return connection.execute(APPEND, _parameters(list(commands)), prepare=True).fetchall()


def rows(*names: str, version: int = 1) -> list[tuple[str, int, str, bytes]]:
    return [(name, version, "member.joined.v1", b"{}") for name in names]


def test_positions_count_from_one_in_commit_order(recorder: TestRecorder) -> None:
    stream = new_stream()
    assert list(recorder.insert_events([event(stream, 1), event(stream, 2)])) == [1, 2]
    assert list(recorder.insert_events([event(new_stream())])) == [3]


def test_of_two_commands_on_one_version_exactly_one_wins(recorder: TestRecorder) -> None:
    stream = new_stream()
    answers: list[object] = []

    def write() -> None:
        try:
            answers.append(recorder.append([event(stream)], envelope()))
        except Conflict as lost:
            answers.append(lost)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(not isinstance(answer, Conflict) for answer in answers) == 1
    assert positions(recorder) == [1]


def test_a_losing_command_of_several_events_leaves_nothing(recorder: TestRecorder) -> None:
    contested, other = new_stream(), new_stream()
    recorder.insert_events([event(contested)])
    with pytest.raises(Conflict):
        recorder.insert_events([event(other), event(contested)])
    assert recorder.select_events(other) == []
    assert positions(recorder) == [1]


def test_a_losing_command_leaves_its_neighbours_of_the_group_alone(any_database: Database) -> None:
    contested, other, third = new_stream(), new_stream(), new_stream()
    answers = send_group(
        any_database,
        Pending(rows(contested), envelope()),
        Pending(rows(other, contested), envelope()),
        Pending(rows(third), envelope()),
    )
    assert answers == [(1, "recorded", 1, 1), (2, "conflict", None, None), (3, "recorded", 2, 2)]


def test_the_same_command_again_is_its_receipt(recorder: TestRecorder) -> None:
    once = envelope("once")
    stream = new_stream()
    first = recorder.append([event(stream, 1), event(stream, 2)], once)
    recorder.insert_events([event(new_stream())])
    # The repeat decided on the state after the first: its events are other ones, its input is the same.
    again = recorder.append([event(stream, 3)], once)
    assert (again.first, again.last, again.repeated) == (first.first, first.last, True)
    assert positions(recorder) == [1, 2, 3]


def test_the_same_command_id_with_another_input_is_refused(recorder: TestRecorder) -> None:
    recorder.append([event(new_stream())], envelope("once"))
    with pytest.raises(CommandReused):
        recorder.append([event(new_stream())], envelope("once", digest=b"another"))
    assert positions(recorder) == [1]


def test_a_command_id_is_its_actors_own_and_its_drawers(recorder: TestRecorder) -> None:
    recorder.append([event(new_stream())], envelope("once"))
    recorder.append([event(new_stream())], envelope("once", actor="account:2"))
    recorder.append([event(new_stream("commune:38185/town"))], envelope("once"))
    assert positions(recorder) == [1, 2, 3]


def test_the_receipt_is_found_before_anything_is_decided(recorder: TestRecorder) -> None:
    stream = new_stream()
    receipt = recorder.append([event(stream)], envelope("once"))
    found = recorder.receipt("commune:38185", "insurer:999000011", "account:1", "once")
    assert found is not None
    assert (found[0].first, found[0].stream, found[1]) == (receipt.first, stream, b"input")
    assert recorder.receipt("commune:38185", "insurer:999000029", "account:1", "once") is None


def test_streams_that_come_with_a_receipt_are_what_each_is_alone(recorder: TestRecorder) -> None:
    long, short, none = new_stream(), new_stream(), new_stream()
    told = envelope()
    recorder.append([event(long, version) for version in range(1, 12)], told)
    recorder.append([event(short)], envelope())
    asked = [(short, None), (none, None), (long, None)]
    tenant, owner, _ = long.split("/", 2)
    earlier, found = recorder.load_together(asked, (tenant, owner, told.actor, told.command))
    assert earlier == recorder.receipt(tenant, owner, told.actor, told.command)
    assert found == [recorder.load(short), [], recorder.load(long)]
    assert recorder.load_together(asked, (tenant, owner, told.actor, "another"))[0] is None
    assert recorder.load_together(asked) == (None, found)


def test_a_claim_taken_twice_has_one_winner(recorder: TestRecorder) -> None:
    one, other = new_stream(), new_stream()
    recorder.append([event(one)], envelope(take=[claim("9h", one)]))
    with pytest.raises(ClaimTaken):
        recorder.append([event(other)], envelope(take=[claim("9h", other)]))
    assert recorder.select_events(other) == []


def test_a_claim_is_released_only_by_the_stream_that_holds_it(recorder: TestRecorder) -> None:
    one, other = new_stream(), new_stream()
    recorder.append([event(one)], envelope(take=[claim("9h", one)]))
    with pytest.raises(ClaimTaken):
        recorder.append([event(other)], envelope(release=[claim("9h", other)]))
    recorder.append([event(one, 2)], envelope(release=[claim("9h", one)]))
    recorder.append([event(other)], envelope(take=[claim("9h", other)]))


def test_a_command_cannot_take_what_a_later_one_of_its_group_releases(any_database: Database) -> None:
    holder, other = new_stream(), new_stream()
    send_group(any_database, Pending(rows(holder), envelope(take=[claim("9h", holder)])))
    answers = send_group(
        any_database,
        Pending(rows(other), envelope(take=[claim("9h", other)])),
        Pending(rows(holder, version=2), envelope(release=[claim("9h", holder)])),
    )
    assert [answer[1] for answer in answers] == ["claimed", "recorded"]


def test_a_command_takes_what_an_earlier_one_of_its_group_released(any_database: Database) -> None:
    holder, other = new_stream(), new_stream()
    send_group(any_database, Pending(rows(holder), envelope(take=[claim("9h", holder)])))
    answers = send_group(
        any_database,
        Pending(rows(holder, version=2), envelope(release=[claim("9h", holder)])),
        Pending(rows(other), envelope(take=[claim("9h", other)])),
    )
    assert {answer[1] for answer in answers} == {"recorded"}


def test_a_command_that_the_database_cannot_take_fails_alone(recorder: TestRecorder) -> None:
    gate = threading.Event()
    outcomes: dict[str, Any] = {}

    def write(name: str, actor: str) -> None:
        gate.wait()
        try:
            outcomes[name] = recorder.append([event(new_stream())], envelope(actor=actor))
        except DataError as error:
            outcomes[name] = error

    threads = [
        threading.Thread(target=write, args=(f"{i}", "account:\0" if i == 5 else "account:1"))
        for i in range(12)
    ]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert isinstance(outcomes.pop("5"), DataError)
    assert sorted(outcome.first for outcome in outcomes.values()) == list(range(1, 12))


@pytest.mark.parametrize(
    "wrong",
    [
        {"take": [claim(os.urandom(6_000).hex(), "commune:38185/insurer:999000011/member/x")]},
        {"correlation": "half a pair: \ud800"},
    ],
    ids=["too-large-to-index", "not-to-be-sent"],
)
def test_a_command_that_can_never_be_recorded_fails_alone_and_at_once(
    recorder: TestRecorder, wrong: dict[str, Any]
) -> None:
    answers: dict[str, object] = {}

    def write(name: str, **other: Any) -> None:
        try:
            answers[name] = recorder.append([event(new_stream())], envelope(**other))
        except (DataError, LedgerUnavailable) as error:
            answers[name] = error

    threads = [threading.Thread(target=write, args=(f"right {number}",)) for number in range(6)]
    threads.insert(3, threading.Thread(target=write, args=("wrong",), kwargs=wrong))
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < 5  # half of the writer's patience with a database that is away
    assert isinstance(answers.pop("wrong"), DataError)
    assert all(isinstance(answer, Receipt) for answer in answers.values()), answers


def test_an_event_lies_in_the_drawer_that_its_stream_names(any_database: Database) -> None:
    with any_database.connect() as owner, pytest.raises(errors.CheckViolation):
        owner.execute(
            "insert into ledger.event values (1, 'commune:94016', 'town', 'commune:38185/town/x/1', 1, 't', '',"
            " 'a', 'c', 'c', 0, 1, '', now())"
        )


def test_a_full_queue_is_said_at_once_and_records_nothing(any_database: Database) -> None:
    locked = threading.Event()
    release = threading.Event()

    def connect() -> psycopg.Connection[Any]:
        locked.set()
        release.wait()
        return psycopg.connect(any_database.url("append"), autocommit=True)

    writer = Writer(connect, capacity=2, group=1)
    told: list[tuple[int, float]] = []
    writer.appended = lambda size, seconds: told.append((size, seconds))
    threads = []
    for _ in range(3):  # one is in flight, two wait
        threads.append(threading.Thread(target=writer.append, args=(rows(new_stream()), envelope())))
        threads[-1].start()
        locked.wait()
    while writer.waiting < 2:
        pass
    with pytest.raises(LedgerFull):
        writer.append(rows(new_stream()), envelope())
    assert writer.refused == 1
    release.set()
    for thread in threads:
        thread.join()
    writer.close()
    assert [size for size, _ in told] == [1, 1, 1]
    assert all(seconds > 0 for _, seconds in told)


def test_a_lost_connection_sends_the_same_commands_again_and_records_them_once(
    any_database: Database,
) -> None:
    recorder = recorder_on(any_database)
    recorder.append([event(new_stream())], envelope())
    with psycopg.connect(any_database.administrator_url, autocommit=True) as administrator:
        administrator.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'beffroi_append'"
            " and datname = current_database()"
        )
    receipt = recorder.append([event(new_stream())], envelope())
    assert receipt.first == 2
    recorder.writer.close()


def test_the_append_role_may_call_functions_and_nothing_else(any_database: Database) -> None:
    with any_database.connect("append") as connection:
        for statement in (
            "select * from ledger.event",
            "insert into ledger.claim values ('t', 'k', 'k', 's')",
            "update ledger.event set state = ''",
            "delete from ledger.event",
            "truncate ledger.event",
            "select * from vault.person_key",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize("role", ["append", "request", "project"])
def test_no_role_of_the_application_changes_an_event(any_database: Database, role: Any) -> None:
    with any_database.connect(role) as connection:
        for statement in (
            "update ledger.event set state = ''",
            "delete from ledger.event",
            "truncate ledger.event",
        ):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(statement)


def test_a_document_is_kept_once_under_its_digest(any_database: Database) -> None:
    documents = Documents(any_database.pools.append)
    digest = documents.put(b'{"cells":[]}')
    assert digest == hashlib.sha256(b'{"cells":[]}').hexdigest()
    assert documents.put(b'{"cells":[]}') == digest
    assert Documents(any_database.pools.append).get(digest) == b'{"cells":[]}'
    with pytest.raises(KeyError):
        documents.get("00" * 32)


def test_a_document_cannot_lie_about_its_digest(any_database: Database) -> None:
    with any_database.connect("append") as connection, pytest.raises(errors.CheckViolation):
        connection.execute(
            "select ledger.ledger_document_put(%b, 'text/plain', %b)", (b"\0" * 32, b"something else")
        )
