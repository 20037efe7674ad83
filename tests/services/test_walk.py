"""The three events of the product walk through the whole house, on a real database."""

import hashlib
from collections.abc import Iterator
from datetime import date

import pytest
from psycopg import errors

from domain.refusal import Refused
from domain.tenancy import is_siren
from infra.ledger import CommandReused, Receipt
from projections.access import queries as access
from projections.compliance import queries as compliance
from projections.crm import queries as crm
from projections.oversight import queries as oversight
from services.commands import membership, office_hours, partnerships, tariffs
from services.commands.perform import input_of
from services.reading import Audience
from services.wiring import Parts
from tests.support import cast
from tests.support.cast import ACCORD, GRENOBLE, INSURER, ask
from tests.support.database import Database

ADVISER = Audience("organisation", owners=[INSURER, ACCORD, "public"])
TOWN = Audience("place", tenants=[GRENOBLE], owners=["town", "public", ACCORD])
STRANGERS = [
    Audience("organisation", owners=[cast.RIVAL, cast.RIVAL_ACCORD, "public"]),
    Audience("place", tenants=[cast.CACHAN], owners=["town", "public", ACCORD]),
    Audience("organisation"),
    Audience("place"),
]


@pytest.fixture
def parts(any_database: Database) -> Iterator[Parts]:
    with cast.parts_on(any_database) as made:
        yield made


@pytest.fixture
def confirmed(parts: Parts) -> Parts:
    """A convention that the town has confirmed, with its first grid."""
    partnerships.declare(parts.ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    partnerships.confirm(
        parts.ledger, GRENOBLE, ACCORD, cast.confirmation(), ask("account:town", now=cast.LONG_AGO)
    )
    tariffs.notify(parts.ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    return parts


def test_sirens_of_the_cast_are_sirens() -> None:
    assert is_siren(cast.SIREN)
    assert is_siren(cast.RIVAL_SIREN)


def test_a_member_joined_and_the_insurer_finds_them_by_any_word_of_the_name(confirmed: Parts) -> None:
    receipt = membership.join(confirmed.ledger, GRENOBLE, INSURER, cast.member(), ask())
    assert isinstance(receipt, Receipt)
    cast.follow(confirmed)
    for search in ("", "lef", "HÉN", "oenone lefevre"):
        with confirmed.views.reader(ADVISER) as reader:
            rows = crm.members(reader, GRENOBLE, INSURER, search=search)
        assert [(row.family_name, row.given_name, row.price, row.grid) for row in rows] == [
            ("Lefèvre-Hénaff", "Œnone", 4780, "g1")
        ]
    assert confirmed.views.read(ADVISER, lambda r: crm.members(r, GRENOBLE, INSURER, search="dupont")) == []
    for stranger in STRANGERS:
        if stranger.role == "organisation":
            assert confirmed.views.read(stranger, lambda r: crm.members(r, GRENOBLE, INSURER)) == []
    with pytest.raises(errors.InsufficientPrivilege):  # a town has no way at all to the insurer's file
        confirmed.views.read(TOWN, lambda r: crm.members(r, GRENOBLE, INSURER))


def test_a_search_that_many_answer_finds_the_same_members_in_the_same_order(
    confirmed: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, name in enumerate(("Marchand", "Le Goff", "Martin", "Petit-Martel", "Moreau")):
        member = cast.member(f"m{number}", family_name=name, given_name="Marie", number=f"A{number}")
        membership.join(confirmed.ledger, GRENOBLE, INSURER, member, ask())
    cast.follow(confirmed)

    def found(search: str, after: tuple[str, str] | None = None) -> list[str]:
        with confirmed.views.reader(ADVISER) as reader:
            rows = [
                crm.members(reader, tenant, INSURER, search=search, after=after, limit=2)
                for tenant in (GRENOBLE, None)
            ]
        assert rows[0] == rows[1]
        return [row.id for row in rows[0]]

    asked: list[tuple[str, tuple[str, str] | None]] = [
        ("mar", None), ("mar", ("le goff marie", "m1")), ("mar le", None), ("zz", None), ("a", None), ("A1", None),
    ]  # fmt: skip
    few = [found(*each) for each in asked]
    assert few[:3] == [["m1", "m0"], ["m0", "m2"], ["m1"]]
    monkeypatch.setattr(crm, "_FEW", 0)
    assert [found(*each) for each in asked] == few


def test_an_office_hour_was_held_and_the_town_sees_its_counts(confirmed: Parts) -> None:
    office_hours.plan(confirmed.ledger, GRENOBLE, ACCORD, cast.office_hour(), ask())
    command = office_hours.HoldOfficeHour(id="o1", visitors=12, by_appointment=7)
    office_hours.hold(confirmed.ledger, GRENOBLE, ACCORD, command, ask())
    cast.follow(confirmed)
    (row,) = confirmed.views.read(TOWN, lambda r: oversight.office_hours(r, GRENOBLE, [ACCORD]))
    assert (row.state, row.visitors, row.by_appointment) == ("held", 12, 7)
    for stranger in STRANGERS:
        assert confirmed.views.read(stranger, lambda r: oversight.office_hours(r, GRENOBLE, [ACCORD])) == []


def test_a_tariff_above_its_cap_is_an_alert_for_the_town_and_the_insurer(confirmed: Parts) -> None:
    rise = cast.grid("g2", young="32.82", old="49.24", effective_on=date(2026, 5, 1))
    tariffs.notify(confirmed.ledger, GRENOBLE, ACCORD, rise, ask())
    cast.follow(confirmed)
    for reader in (TOWN, ADVISER):
        (breach,) = confirmed.views.read(reader, lambda r: compliance.breaches(r, GRENOBLE, [ACCORD]))
        assert (breach.anchor_price, breach.limit_price, breach.observed_price, breach.excess) == (
            4780, 4923, 4924, 1,
        )  # fmt: skip
        assert breach.wording == cast.CAP.wording
    for stranger in STRANGERS:
        assert confirmed.views.read(stranger, lambda r: compliance.breaches(r, GRENOBLE, [ACCORD])) == []


def test_an_office_hour_passed_in_silence_is_said_once(confirmed: Parts) -> None:
    office_hours.plan(confirmed.ledger, GRENOBLE, ACCORD, cast.office_hour(on=date(2026, 3, 2)), ask())
    cast.follow(confirmed)
    (row,) = confirmed.views.read(TOWN, lambda r: oversight.office_hours(r, GRENOBLE, [ACCORD]))
    assert row.state == "overdue"
    assert confirmed.calendar.round() == 0


def test_figures_are_published_for_months_that_ended_and_small_counts_are_withheld(confirmed: Parts) -> None:
    for number in range(12):
        joined = date(2026, 1, 5) if number < 10 else date(2026, 2, 5)
        command = cast.member(f"m{number}", joined_on=joined, number=str(number))
        membership.join(confirmed.ledger, GRENOBLE, INSURER, command, ask())
    cast.follow(confirmed)
    rows = confirmed.views.read(TOWN, lambda r: oversight.figures(r, GRENOBLE, [ACCORD]))
    assert [(row.month, row.members) for row in rows] == [("2026-01", None), ("2026-02", 12)]


def test_no_month_is_frozen_that_ended_before_the_convention_was_confirmed_here(parts: Parts) -> None:
    partnerships.declare(parts.ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    partnerships.confirm(parts.ledger, GRENOBLE, ACCORD, cast.confirmation(), ask("account:town"))
    tariffs.notify(parts.ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    membership.join(parts.ledger, GRENOBLE, INSURER, cast.member(joined_on=date(2024, 10, 5)), ask())
    cast.follow(parts)
    assert parts.views.read(TOWN, lambda r: oversight.figures(r, GRENOBLE, [ACCORD])) == []


def test_a_refused_grid_leaves_no_document(parts: Parts) -> None:
    partnerships.declare(parts.ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    with pytest.raises(Refused):
        tariffs.notify(parts.ledger, GRENOBLE, ACCORD, cast.grid(), ask())
    partnerships.confirm(parts.ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
    later = tariffs.NotifyGrid(
        convention="c1",
        id="g1",
        effective_on=date(2026, 5, 1),
        notified_on=date(2027, 1, 1),
        cells=cast.grid().cells,
    )
    with pytest.raises(Refused):
        tariffs.notify(parts.ledger, GRENOBLE, ACCORD, later, ask())
    with parts.databases.project.connection() as connection:
        assert connection.execute("select count(*) from ledger.document").fetchone() == (0,)


def test_what_stands_for_a_commands_input_cannot_be_guessed_at(confirmed: Parts) -> None:
    receipt = membership.join(confirmed.ledger, GRENOBLE, INSURER, cast.member(), ask(command="once"))
    assert receipt is not None
    with confirmed.databases.project.connection() as connection:
        row = connection.execute(
            "select digest from ledger.event where position = %s", (receipt.first,)
        ).fetchone()
    assert row is not None
    assert bytes(row[0]) == confirmed.ledger.fingerprint(input_of(cast.member()))
    assert bytes(row[0]) != hashlib.sha256(input_of(cast.member())).digest()


def test_the_same_command_again_gives_the_same_receipt_and_another_body_is_refused(confirmed: Parts) -> None:
    first = membership.join(confirmed.ledger, GRENOBLE, INSURER, cast.member(), ask(command="once"))
    again = membership.join(confirmed.ledger, GRENOBLE, INSURER, cast.member(), ask(command="once"))
    assert first is not None
    assert again is not None
    assert (again.first, again.last, again.repeated) == (first.first, first.last, True)
    with pytest.raises(CommandReused):
        membership.join(confirmed.ledger, GRENOBLE, INSURER, cast.member(formula="N3"), ask(command="once"))


def test_the_town_learns_which_insurers_declared_something_in_it(parts: Parts) -> None:
    partnerships.declare(parts.ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
    cast.follow(parts)
    bare = Audience("place", tenants=[GRENOBLE], owners=["town", "public"])
    (row,) = parts.views.read(bare, lambda r: access.accords(r, GRENOBLE))
    assert (row.owner, row.state) == (ACCORD, "declared")
    elsewhere = Audience("place", tenants=[cast.CACHAN], owners=["town", "public"])
    assert parts.views.read(elsewhere, lambda r: access.accords(r, GRENOBLE)) == []
