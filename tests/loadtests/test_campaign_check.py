"""The check of a campaign finds what it is for: each fault is planted once."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from loadtests.campaign import check
from loadtests.campaign.check import RULES, Fault
from loadtests.campaign.plan import Asked, Journal, Passed, Written, read_journal, write
from services.commands import membership
from services.wiring import Parts
from tests.support import cast, worlds
from tests.support.cast import GRENOBLE, INSURER, ask
from tests.support.database import Database

RUN = "L0000"
ADVISER = "account:adviser"


@pytest.fixture
def world(database: Database) -> Iterator[Parts]:
    with cast.parts_on(database) as made:
        worlds.fill(made)
        yield made


def joined(parts: Parts, number: int) -> Written:
    """Somebody joins through the ledger as the campaign's request would."""
    key = f"{RUN}-{number}"
    command = cast.member(f"n{number}")
    receipt = membership.join(parts.ledger, GRENOBLE, INSURER, command, ask(command=key))
    assert receipt is not None
    return Written("adviser: join", ADVISER, key, receipt.stream, receipt.last)


@pytest.fixture
def journal(world: Parts) -> Journal:
    """What a sound campaign noted: three joins, the last of them sent twice."""
    written = [joined(world, number) for number in (1, 2, 3)]
    cast.follow(world)
    written.append(msgspec.structs.replace(written[-1], name="adviser: send again", again=True))
    asked = [Asked(0, one.name, 0.1, 0.1, 0.2, 201) for one in written]
    return Journal(asked=asked, written=written, sent=[one.command for one in written])


def rules(faults: list[Fault]) -> list[str]:
    return [fault.rule for fault in faults]


def test_a_sound_campaign_has_no_fault(world: Parts, journal: Journal) -> None:
    assert check.check(world, journal, RUN) == []


def test_a_journal_says_the_same_after_it_was_kept(journal: Journal, tmp_path: Path) -> None:
    write(tmp_path / "journal.json", journal)
    assert read_journal(tmp_path / "journal.json") == journal


@pytest.mark.parametrize("status", [0, 500, 502, 503])
def test_a_request_that_the_server_failed_is_a_fault(world: Parts, journal: Journal, status: int) -> None:
    journal.asked.append(Asked(0, "town: oversight", 0.1, 0.1, 0.2, status, "it broke"))
    assert rules(check.check(world, journal, RUN, views=False)) == [RULES[0]]


def test_requests_that_were_never_sent_are_a_fault_at_one_rate_and_not_above_the_knee(
    world: Parts, journal: Journal
) -> None:
    passed = Passed(
        name="300 requests/s", rate=300, seconds=1, warms=False, strict=True, offered=300, dropped=4, cpu={},
        cpu_in_all={}, seconds_in_all=1, began_at=0,
    )  # fmt: skip
    journal.phases.append(msgspec.structs.replace(passed, name="step 600", strict=False))
    assert check.check(world, journal, RUN, views=False) == []
    journal.phases.append(passed)
    assert rules(check.check(world, journal, RUN, views=False)) == [RULES[0]]


@pytest.mark.parametrize("status", [303, 404, 409, 422, 429])
def test_a_refusal_of_what_is_right_is_a_fault(world: Parts, journal: Journal, status: int) -> None:
    journal.asked.append(Asked(0, "adviser: read it back", 0.1, 0.1, 0.2, status, "refused"))
    assert rules(check.check(world, journal, RUN, views=False)) == [RULES[1]]


def test_a_foreign_mark_is_a_fault(world: Parts, journal: Journal) -> None:
    journal.foreign.append("town: oversight of 38185: FICTIF-000000075-38185")
    assert rules(check.check(world, journal, RUN, views=False)) == [RULES[2]]


def test_an_acknowledged_write_that_is_not_there_is_a_fault(world: Parts, journal: Journal) -> None:
    lost = msgspec.structs.replace(journal.written[0], command=f"{RUN}-9")
    journal.written.append(lost)
    journal.sent.append(lost.command)
    assert rules(check.check(world, journal, RUN, views=False)) == [RULES[3]]


@pytest.mark.parametrize(
    "wrong",
    [
        {"position": 1},
        {"position": None},
        {"stream": "commune:94016/x/member/n1"},
        {"actor": "account:other"},
    ],
)
def test_a_receipt_that_tells_another_place_is_a_fault(
    world: Parts, journal: Journal, wrong: dict[str, object]
) -> None:
    journal.written[0] = msgspec.structs.replace(journal.written[0], **wrong)
    assert rules(check.check(world, journal, RUN, views=False)) == [RULES[3]]


def test_a_command_that_is_in_the_ledger_twice_is_a_fault(
    world: Parts, journal: Journal, database: Database
) -> None:
    with database.connect() as connection:
        connection.execute("drop index ledger.event_command")
        connection.execute(
            "insert into ledger.event select (select max(position) from ledger.event) + 1, tenant, owner,"
            " stream || 'x', version, topic, state, actor, command, correlation, ordinal, command_size, digest,"
            " recorded_at from ledger.event where command = %s",
            (f"{RUN}-1",),
        )
    assert RULES[4] in rules(check.check(world, journal, RUN, views=False))


def test_a_gap_in_the_positions_is_a_fault(world: Parts, journal: Journal, database: Database) -> None:
    with database.connect() as connection:
        connection.execute(
            "update ledger.event set position = position + 10 where command = %s", (f"{RUN}-3",)
        )
    found = rules(check.check(world, journal, RUN, views=False))
    assert RULES[4] in found


def test_another_receipt_for_a_repeated_key_is_a_fault(world: Parts, journal: Journal) -> None:
    journal.written[-1] = msgspec.structs.replace(journal.written[0], command=f"{RUN}-3", again=True)
    found = rules(check.check(world, journal, RUN, views=False))
    assert RULES[5] in found


def test_a_write_that_nobody_sent_is_a_fault(world: Parts, journal: Journal) -> None:
    joined(world, 7)
    assert rules(check.check(world, journal, RUN, views=False)) == [RULES[6]]


def test_a_write_that_was_recorded_and_never_acknowledged_is_a_fault(world: Parts, journal: Journal) -> None:
    journal.sent.append(joined(world, 7).command)
    (fault,) = check.check(world, journal, RUN, views=False)
    assert fault == Fault(RULES[6], f"{RUN}-7 is recorded and was never acknowledged")


def test_a_view_that_lost_a_row_is_a_fault(world: Parts, journal: Journal, database: Database) -> None:
    with database.connect("project") as connection:
        row = connection.execute("select schema from projection.view_version where view = 'crm'").fetchone()
        assert row is not None
        connection.execute(f"delete from {row[0]}.member where id = 'n2'".encode())
    (fault,) = check.check(world, journal, RUN)
    assert (fault.rule, fault.what.split(":")[0]) == (RULES[7], "crm.member")
