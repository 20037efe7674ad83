"""The stored form of events: the same event is always the same bytes, and the bytes are the same event."""

import json
from datetime import UTC, datetime
from typing import Any, NoReturn

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Event, UnknownEventError, decode, encode, known, personal_fields, stored_name
from tests.support.generated import events
from tests.support.golden import domain_events
from tests.support.samples import PUBLISHED, SAMPLES
from tests.support.shapes import spell

NAMES = sorted(domain_events())
EVENTS = st.sampled_from(NAMES).flatmap(lambda name: events(domain_events()[name]))


def _no_float(text: str) -> NoReturn:
    raise AssertionError(f"a float is stored: {text}")


def _sorted_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    assert keys == sorted(keys, key=lambda key: key.encode("utf-8", "surrogatepass"))
    return dict(pairs)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_what_is_decoded_is_what_was_encoded(name: str, data: st.DataObject) -> None:
    event = data.draw(events(domain_events()[name]))
    state = encode(event)
    assert stored_name(type(event)) == name
    assert decode(name, state) == event
    assert encode(decode(name, state)) == state


@given(EVENTS)
def test_keys_are_sorted_at_every_depth_and_no_number_is_a_float(event: Event) -> None:
    state = encode(event)
    payload = json.loads(
        state, object_pairs_hook=_sorted_keys, parse_float=_no_float, parse_constant=_no_float
    )
    assert isinstance(payload, dict)
    assert payload.keys() == set(event.__struct_fields__) - set(Event.__struct_fields__)


@given(EVENTS)
def test_json_is_utf_8_without_spaces_or_needless_escapes(event: Event) -> None:
    state = encode(event)
    again = json.dumps(json.loads(state), ensure_ascii=False, separators=(",", ":"))
    assert len(state) <= len(again.encode())
    assert msgspec.json.format(state, indent=-1) == state


@given(EVENTS)
def test_the_envelope_is_not_among_the_stored_bytes(event: Event) -> None:
    placed = msgspec.structs.replace(
        event,
        originator_id="commune:38185/town/x/1",
        originator_version=7,
        timestamp=datetime(2026, 3, 16, tzinfo=UTC),
    )
    assert encode(placed) == encode(event)


def test_the_order_in_which_a_map_was_filled_changes_nothing() -> None:
    one = msgspec.structs.replace(PUBLISHED, by_age={"a": 12, "b": None})
    other = msgspec.structs.replace(PUBLISHED, by_age={"b": None, "a": 12})
    assert encode(one) == encode(other)


@pytest.mark.parametrize("name", NAMES)
def test_no_field_of_an_event_can_hold_a_float(name: str) -> None:
    info = msgspec.inspect.type_info(domain_events()[name])
    assert isinstance(info, msgspec.inspect.StructType)
    for field in info.fields:
        spell(field.type)  # raises on a float, on bytes and on anything else that is not spelt for ever
    with pytest.raises(TypeError, match="may not hold"):
        spell(msgspec.inspect.FloatType())


@pytest.mark.parametrize("sample", SAMPLES, ids=stored_name)
def test_a_personal_value_is_never_nested_where_it_would_not_be_sealed(sample: Event) -> None:
    info = msgspec.inspect.type_info(type(sample))
    assert isinstance(info, msgspec.inspect.StructType)
    personal = {field.name for field in info.fields if "sealed" in spell(field.type)}
    assert personal == set(personal_fields(type(sample)))


@pytest.mark.parametrize(
    "name",
    [
        "member.eaten.v1",
        "member.joined.v2",
        "member.joined.v0",
        "member.joined",
        "member.joined.vx",
        "",
        ".v1",
    ],
)
def test_a_name_that_nobody_knows_is_an_error(name: str) -> None:
    assert not known(name)
    with pytest.raises(UnknownEventError, match="no such event"):
        decode(name, b"{}")


@pytest.mark.parametrize("state", [b"{}", b"[]", b"null", b'{"left_on":"x","reason":"moved"}', b"{", b"\xff"])
def test_bytes_of_another_shape_are_an_error(state: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode("member.left.v1", state)
