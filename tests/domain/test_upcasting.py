"""Old shapes load for ever: through upcasters, with what was sealed in them still opening, or with a clear error."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from cryptography.exceptions import InvalidTag

from domain import events
from domain.events import (
    Event,
    Personal,
    Sealed,
    UnknownEventError,
    decode,
    encode,
    event,
    known,
    registered,
    stored_name,
    stored_names,
    upcaster,
)
from infra.ledger.mapper import placed
from infra.vault import vault
from tests.support.golden import CIPHER, STREAM, open_value, seal


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test registers is forgotten after it."""
    for name in ("_CLASSES", "_UPCASTERS", "_AGGREGATES"):
        monkeypatch.setattr(events, name, dict(getattr(events, name)))
    events._decoder.cache_clear()
    yield
    events._decoder.cache_clear()


def moved_v3() -> Any:
    """`test.moved` in its third shape: the name was renamed in the second, the place became a code in the third."""

    @event("test.moved", version=3)
    class Moved(Event, frozen=True, kw_only=True):
        person: str
        family_name: Personal[str]
        phone: Personal[str] | None
        commune: str

    return Moved


def register_upcasters() -> None:
    """From the first shape to the second, and from there to the third."""

    @upcaster("test.moved", from_version=1)
    def renamed(payload: dict[str, Any]) -> dict[str, Any]:
        return {**payload, "family_name": payload.pop("name"), "phone": None}

    @upcaster("test.moved", from_version=2)
    def coded(payload: dict[str, Any]) -> dict[str, Any]:
        return {**payload, "commune": {"Grenoble": "38185"}[payload.pop("place")]}


def sealed_as(name: str, field: str, value: object) -> Sealed:
    """A value as it was sealed in an old shape."""
    binding = events.sealed_in(name, field)
    nonce = b"0" * 12
    return Sealed(nonce + CIPHER.encrypt(nonce, msgspec.json.encode(value), f"{binding}|{STREAM}".encode()))


def stored(**payload: object) -> bytes:
    """Bytes as they lie in a ledger."""
    return msgspec.json.encode(payload, order="sorted")


def test_the_first_shape_is_brought_to_the_present_one() -> None:
    moved = moved_v3()
    register_upcasters()
    value = sealed_as("test.moved.v1", "name", "Lefèvre")
    loaded = decode("test.moved.v1", stored(person="p", name=value, place="Grenoble"))
    assert type(loaded) is moved
    assert stored_name(type(loaded)) == "test.moved.v3"
    facts = msgspec.structs.asdict(loaded)
    assert (facts["person"], facts["phone"], facts["commune"]) == ("p", None, "38185")


def test_every_shape_since_the_first_loads() -> None:
    moved_v3()
    register_upcasters()
    assert stored_names("test.moved") == ("test.moved.v1", "test.moved.v2", "test.moved.v3")
    assert all(known(name) for name in stored_names("test.moved"))


@pytest.mark.parametrize(("version", "field"), [(1, "name"), (2, "family_name"), (3, "family_name")])
def test_what_was_sealed_in_an_old_shape_opens_under_its_new_name(version: int, field: str) -> None:
    moved_v3()
    register_upcasters()
    name = f"test.moved.v{version}"
    payload: dict[str, object] = {"person": "p", field: sealed_as(name, field, "Lefèvre")}
    if version > 1:
        payload["phone"] = sealed_as(name, "phone", "+33 1 99 00 12 34")
    payload["place" if version < 3 else "commune"] = "Grenoble" if version < 3 else "38185"
    loaded: Any = placed(decode(name, stored(**payload)), STREAM, 1, events.UNRECORDED)
    assert open_value(loaded.family_name, "test.moved.v3|family_name") == "Lefèvre"
    vault._open(loaded, CIPHER)
    assert (loaded.family_name, loaded.phone) == ("Lefèvre", None if version == 1 else "+33 1 99 00 12 34")


def test_what_was_sealed_in_one_field_does_not_open_in_another() -> None:
    moved_v3()
    register_upcasters()
    value = sealed_as("test.moved.v2", "phone", "+33 1 99 00 12 34")
    loaded: Any = placed(
        decode("test.moved.v2", stored(person="p", family_name=value, phone=None, place="Grenoble")),
        STREAM,
        1,
        events.UNRECORDED,
    )
    with pytest.raises(InvalidTag):
        open_value(loaded.family_name, "test.moved.v3|family_name")
    with pytest.raises(ValueError, match="moved or altered"):
        vault._open(loaded, CIPHER)


def test_the_place_where_a_value_was_sealed_is_not_stored_with_a_new_event() -> None:
    moved = moved_v3()
    fresh = seal(moved(person="p", family_name="Lefèvre", phone=None, commune="38185"))
    payload = msgspec.json.decode(encode(fresh))
    assert payload["family_name"].keys() == {"sealed"}


def test_a_missing_upcaster_is_named_in_the_error() -> None:
    moved_v3()
    with pytest.raises(UnknownEventError, match=r"no upcaster leads from test.moved.v1 to test.moved.v3"):
        decode("test.moved.v1", b"{}")
    register_upcasters()
    del events._UPCASTERS["test.moved.v2"]
    with pytest.raises(UnknownEventError, match=r"no upcaster leads from test.moved.v2 to test.moved.v3"):
        decode("test.moved.v1", b"{}")
    assert not known("test.moved.v1")
    assert not known("test.moved.v2")


def test_a_shape_newer_than_the_code_is_not_guessed() -> None:
    moved_v3()
    register_upcasters()
    with pytest.raises(UnknownEventError, match="no such event"):
        decode("test.moved.v4", b"{}")


def test_an_upcaster_that_gives_another_shape_is_an_error() -> None:
    moved_v3()
    register_upcasters()
    events._UPCASTERS["test.moved.v2"] = dict
    with pytest.raises(msgspec.ValidationError, match="commune"):
        decode("test.moved.v2", stored(person="p", family_name="x", phone=None, place="Grenoble"))


def test_a_topic_has_one_class_so_that_no_handler_misses_an_event() -> None:
    moved_v3()
    with pytest.raises(TypeError, match=r"topic of test.moved.v3"):
        moved_v3()
    with pytest.raises(TypeError, match=r"topic of test.moved.v2"):

        @event("test.moved", version=2)
        class Older(Event, frozen=True, kw_only=True):
            person: str


def test_what_is_personal_says_whose_it_is() -> None:
    with pytest.raises(TypeError, match="does not say whose"):

        @event("test.nobody")
        class Nobody(Event, frozen=True, kw_only=True):
            name: Personal[str]

    assert "test.nobody.v1" not in registered()


def test_a_topic_that_nobody_registered_has_no_names() -> None:
    with pytest.raises(UnknownEventError):
        stored_names("test.unheard")
