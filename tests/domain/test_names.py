"""Names are for ever: no stored name disappears or changes its shape, and what was stored once loads for ever."""

import msgspec
import pytest

from domain.catalogue import AGGREGATES
from domain.events import (
    Sealed,
    decode,
    encode,
    known,
    personal_fields,
    personal_plan,
    stored_name,
    stored_names,
)
from infra.ledger.mapper import placed
from infra.vault import vault
from tests.support import shapes
from tests.support.golden import (
    CIPHER,
    EVENT_LIST,
    EVENTS,
    OPENED,
    SNAPSHOT_LIST,
    STREAM,
    domain_events,
    open_value,
    pinned,
    present_lists,
)
from tests.support.samples import SAMPLES

PINNED = pinned(EVENT_LIST)
UPDATE = "run `python -m tests.support.golden`"


def test_no_stored_name_ever_disappears() -> None:
    unknown = [name for name in PINNED if not known(name)]
    assert not unknown, "an upcaster must lead from each of these to a present shape"


def test_no_event_changes_shape_without_a_new_version() -> None:
    present = present_lists()[EVENT_LIST]
    changed = [
        name for name in present.keys() & PINNED.keys() if not shapes.allowed(PINNED[name], present[name])
    ]
    assert not changed, "these need a new version and an upcaster"


def test_no_snapshot_changes_shape_without_a_new_version() -> None:
    present, before = present_lists()[SNAPSHOT_LIST], pinned(SNAPSHOT_LIST)
    changed = [name for name in present.keys() & before.keys() if before[name] != present[name]]
    assert not changed, "raise `schema` of these aggregates"


@pytest.mark.parametrize("path", [EVENT_LIST, SNAPSHOT_LIST], ids=lambda path: path.name)
def test_every_present_name_is_pinned(path: object) -> None:
    for listed, present in present_lists().items():
        if listed == path:
            assert shapes.write({**pinned(listed), **present}) == listed.read_text(), UPDATE


def test_no_kind_of_stream_ever_disappears() -> None:
    kinds = {name.split(".")[0] for name in pinned(SNAPSHOT_LIST)}
    assert kinds <= AGGREGATES.keys()
    assert all(kind == aggregate.kind for kind, aggregate in AGGREGATES.items())


def test_every_version_of_every_topic_is_pinned_and_has_a_golden_file() -> None:
    names = {name for cls in domain_events().values() for name in stored_names(cls.topic)}
    assert names <= PINNED.keys(), UPDATE
    assert {path.stem for path in EVENTS.glob("*.json")} == PINNED.keys(), UPDATE


def test_there_is_a_sample_of_every_event() -> None:
    assert {stored_name(type(sample)) for sample in SAMPLES} == domain_events().keys()


@pytest.mark.parametrize("name", sorted(PINNED))
def test_what_was_stored_once_loads_for_ever(name: str) -> None:
    state = (EVENTS / f"{name}.json").read_bytes()
    event = decode(name, state)
    if stored_name(type(event)) == name:
        assert encode(event) == state
    else:
        assert encode(decode(stored_name(type(event)), encode(event))) == encode(event)


@pytest.mark.parametrize("name", sorted(PINNED))
def test_a_golden_file_leaves_no_field_out(name: str) -> None:
    payload = msgspec.json.decode((EVENTS / f"{name}.json").read_bytes())
    assert {line.split(" ")[0] for line in PINNED[name]} == payload.keys()
    assert all(value is not None for value in payload.values())


@pytest.mark.parametrize("name", [path.stem for path in sorted(OPENED.glob("*.json"))])
def test_what_was_sealed_once_opens_for_ever(name: str) -> None:
    clear = msgspec.json.decode((OPENED / f"{name}.json").read_bytes())
    event = placed(decode(name, (EVENTS / f"{name}.json").read_bytes()), STREAM, 1, SAMPLES[0].timestamp)
    for field, origin, _ in personal_plan(type(event)):
        value = getattr(event, field)
        assert isinstance(value, Sealed)
        assert open_value(value, origin) == clear[field]
    vault._open(event, CIPHER)
    opened = {field: getattr(event, field) for field in personal_fields(type(event))}
    assert msgspec.to_builtins(opened) == clear


def test_every_event_with_personal_fields_has_a_golden_file_that_is_opened() -> None:
    sealed = {name for name in PINNED if any("sealed" in line for line in PINNED[name])}
    assert sealed == {path.stem for path in OPENED.glob("*.json")}


BEFORE = ("choice one of a|b", "day date", "reason null or one of x|y")


@pytest.mark.parametrize(
    ("present", "same"),
    [
        (BEFORE, True),
        (("choice one of a|b|c", "day date", "reason null or one of x|y"), True),
        (("choice one of a", "day date", "reason null or one of x|y"), False),
        (("choice one of a|b", "day text", "reason null or one of x|y"), False),
        (("choice one of a|b", "reason null or one of x|y"), False),
        ((*BEFORE, "other null or text"), False),
        (("choice one of a|b", "day date", "reason one of x|y"), False),
        (("choice one of a|b", "days date", "reason null or one of x|y"), False),
    ],
)
def test_a_shape_may_gain_choices_and_nothing_else(present: shapes.Shape, same: bool) -> None:
    assert shapes.allowed(BEFORE, present) is same


def test_a_pinned_list_reads_back() -> None:
    assert shapes.read(shapes.write({"a.v1": BEFORE, "b.v1": ()})) == {"a.v1": BEFORE, "b.v1": ()}
