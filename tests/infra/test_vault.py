"""Personal fields are sealed from the first event on: nothing in the ledger names anybody without their key."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import errors

from domain.events import decode
from domain.membership.member import MemberJoined
from infra.ledger.mapper import placed
from infra.secrets import SecretsFolder
from infra.vault import MasterKey, MasterKeyError, load_master_key
from projections.crm import queries as crm
from services.commands import membership, partnerships, tariffs
from services.reading import Audience
from services.wiring import Parts
from tests.support import cast
from tests.support.cast import ACCORD, GRENOBLE, INSURER, ask
from tests.support.database import Database

ADVISER = Audience("organisation", owners=[INSURER, ACCORD])


@pytest.fixture
def joined(any_database: Database) -> Iterator[Parts]:
    with cast.parts_on(any_database) as made:
        partnerships.declare(made.ledger, GRENOBLE, ACCORD, cast.declaration(), ask())
        partnerships.confirm(made.ledger, GRENOBLE, ACCORD, cast.confirmation(), ask())
        tariffs.notify(made.ledger, GRENOBLE, ACCORD, cast.grid(), ask())
        membership.join(made.ledger, GRENOBLE, INSURER, cast.member(), ask())
        yield made


def stored(database: Database) -> tuple[str, int, bytes]:
    with database.connect("project") as connection:
        row = connection.execute(
            "select stream, version, state from ledger.event where topic = 'member.joined.v1'"
        ).fetchone()
    assert row is not None
    stream, version, state = row
    return stream, version, state


def test_no_byte_of_a_name_birth_date_or_address_is_stored(joined: Parts, any_database: Database) -> None:
    _, _, state = stored(any_database)
    for secret in ("Lef", "none", "1954-05-02", "exemple"):
        assert secret not in state.decode()
    assert b'"birth_year":1954' in state


def test_a_loaded_aggregate_holds_nothing_personal(joined: Parts) -> None:
    from domain.membership.member import Member

    found = joined.ledger.find(Member, membership.member_stream(GRENOBLE, INSURER, "m1"))
    assert found is not None
    assert "Lef" not in repr(found)


def test_a_sealed_value_opens_only_in_its_own_field_and_stream(joined: Parts, any_database: Database) -> None:
    stream, version, state = stored(any_database)

    def opened(event: MemberJoined) -> MemberJoined:
        with any_database.connect("project") as connection:
            joined.opener.open_batch(connection, [event])
        return event

    def fresh(where: str = stream) -> MemberJoined:
        event = placed(decode("member.joined.v1", state), where, version, cast.NOW)
        assert isinstance(event, MemberJoined)
        return event

    assert opened(fresh()).family_name == "Lefèvre-Hénaff"
    import msgspec

    swapped = fresh()
    msgspec.structs.force_setattr(swapped, "given_name", swapped.family_name)
    with pytest.raises(ValueError, match="moved or altered"):
        opened(swapped)
    with pytest.raises(ValueError, match="moved or altered"):
        opened(fresh(stream[:-1] + "2"))


def test_destroying_the_key_forgets_the_person_and_keeps_the_contract(
    joined: Parts, any_database: Database
) -> None:
    with any_database.connect() as owner:
        owner.execute("delete from vault.person_key")
    cast.follow(joined)
    with joined.views.reader(ADVISER) as reader:
        found = crm.member(reader, GRENOBLE, INSURER, "m1")
    assert found is not None
    assert (found.family_name, found.price) == (None, 4780)


def test_a_wrapped_key_does_not_open_for_somebody_else() -> None:
    master = MasterKey(b"m" * 32)
    wrapped = master.wrap(b"k" * 32, "commune:38185/insurer:1/person")
    assert master.unwrap(wrapped, "commune:38185/insurer:1/person") == b"k" * 32
    with pytest.raises(MasterKeyError):
        master.unwrap(wrapped, "commune:38185/insurer:2/person")
    with pytest.raises(MasterKeyError):
        MasterKey(b"n" * 32).unwrap(wrapped, "commune:38185/insurer:1/person")


def test_no_role_reads_the_table_of_keys(joined: Parts, any_database: Database) -> None:
    for role in ("append", "request", "project"):
        with any_database.connect(role) as connection, pytest.raises(errors.InsufficientPrivilege):
            connection.execute("select * from vault.person_key")
    with any_database.connect("request") as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("select * from vault.vault_keys('{}', '{}', '{}')")


def test_outside_a_demo_a_master_key_must_be_given(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match="BEFFROI_MASTER_KEY_FILE"):
        load_master_key(text=None, file=None, generated=None)
    file = tmp_path / "key"
    file.write_bytes(base64.b64encode(b"x" * 32))
    assert isinstance(load_master_key(text=None, file=file, generated=None), MasterKey)
    generated = SecretsFolder(tmp_path / "secrets")
    wrapped = load_master_key(text=None, file=None, generated=generated).wrap(b"k", "p")
    assert load_master_key(text=None, file=None, generated=generated).unwrap(wrapped, "p") == b"k"


@pytest.mark.parametrize("text", ["", "zz", "not base64!", base64.b64encode(b"short").decode()])
def test_what_is_not_a_master_key_is_refused(text: str) -> None:
    with pytest.raises(MasterKeyError):
        load_master_key(text=text, file=None, generated=None)
