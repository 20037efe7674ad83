"""Every stored name has its published schema, which what is stored keeps, and which never changes its shape."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final, Literal, cast

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from referencing import Registry, Resource

from domain import events as registry
from domain.events import Event, Sealed, encode, event, stored_name
from infra.feed import FeedRow
from infra.kafka import to_record
from infra.kafka.cloudevents import CloudEvent, schema_of
from services import cli_docs, docs_event_schemas
from services.docs_event_schemas import (
    RECORD,
    ROOT,
    SCHEMAS,
    ChangedShapeError,
    documents,
    event_schema,
    names,
    path_of,
)
from tests.support.generated import events
from tests.support.golden import EVENT_LIST, EVENTS, domain_events, pinned, seal
from tests.support.samples import SAMPLES

Json = dict[str, Any]

PINNED: Final = pinned(EVENT_LIST)
PUBLISHED: Final[dict[str, Json]] = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / SCHEMAS).glob("*.json")
}
FORMATS: Final = jsonschema.FormatChecker(["date"])
ALL: Final[Registry[Any]] = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in PUBLISHED.values()
)


@FORMATS.checks("date-time", raises=ValueError)
def _instant(value: object) -> bool:
    return isinstance(value, str) and datetime.fromisoformat(value).utcoffset() is not None


def valid(name: str, payload: object) -> bool:
    """Whether a payload keeps the published schema of a name."""
    return jsonschema.Draft202012Validator(PUBLISHED[name], registry=ALL, format_checker=FORMATS).is_valid(
        payload
    )


@pytest.mark.parametrize("path", list(documents()), ids=str)
def test_a_schema_is_what_would_be_written_now(path: Path) -> None:
    written = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
    assert written == documents()[path], "run `beffroi docs event-schemas`"


def test_every_stored_name_has_a_schema_and_nothing_else_has_one() -> None:
    assert set(names()) == PINNED.keys()
    assert PUBLISHED.keys() == {*names(), RECORD}


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_schema_is_one_and_is_called_what_records_call_it(name: str) -> None:
    schema = PUBLISHED[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == (schema_of(name) if name != RECORD else "urn:beffroi:cloudevent")
    assert schema["description"]


@pytest.mark.parametrize("name", sorted(PINNED))
def test_what_was_stored_once_keeps_its_schema_for_ever(name: str) -> None:
    payload = json.loads((EVENTS / f"{name}.json").read_bytes())
    assert valid(name, payload)
    assert not valid(name, {**payload, "unheard_of": 1})
    for field in payload:
        assert not valid(name, {key: value for key, value in payload.items() if key != field})
        assert not valid(name, {**payload, field: 1.5})


@pytest.mark.parametrize("name", sorted(PINNED))
def test_a_schema_older_ones_too_says_what_the_pinned_list_says(name: str) -> None:
    assert _spelled(PUBLISHED[name]) == [_as_stored(line) for line in PINNED[name]]


def _as_stored(line: str) -> str:
    """A pinned line without the clear form of what is stored sealed."""
    field, _, kind = line.partition(" ")
    parts = kind.split(" or ")
    return f"{field} {' or '.join(part for part in parts if 'sealed' not in parts or part in KEPT)}"


KEPT: Final = {"sealed", "null"}


def _spelled(schema: Json) -> list[str]:
    definitions = schema.get("$defs", {})

    def spell(part: Json) -> str:
        if "$ref" in part:
            return spell(definitions[part["$ref"].removeprefix("#/$defs/")])
        if "anyOf" in part:
            return " or ".join(sorted(map(spell, part["anyOf"])))
        if "enum" in part:
            return "one of " + "|".join(part["enum"])
        if "prefixItems" in part:
            return "(" + ", ".join(map(spell, part["prefixItems"])) + ")"
        if part["type"] == "array":
            return f"list of ({spell(part['items'])})"
        if part["type"] == "object" and "properties" not in part:
            return f"map to ({spell(part['additionalProperties'])})"
        if part["type"] == "object":
            fields = [f"{key} {spell(value)}" for key, value in part["properties"].items()]
            return (
                "sealed" if list(part["properties"]) == ["sealed"] else "{" + ", ".join(sorted(fields)) + "}"
            )
        plain = {"date": "date", "date-time": "instant"}.get(part.get("format", ""), "text")
        texts = {"string": "time" if "pattern" in part else plain}
        return texts.get(part["type"], str(part["type"]))

    return sorted(f"{field} {spell(part)}" for field, part in schema["properties"].items())


@pytest.mark.parametrize("name", sorted(domain_events()))
@settings(max_examples=20)
@given(data=st.data())
def test_whatever_an_event_holds_keeps_its_schema(name: str, data: st.DataObject) -> None:
    state = encode(data.draw(events(domain_events()[name])))
    assert valid(name, json.loads(state))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.topic)
def test_a_record_keeps_the_schema_of_records_which_chooses_that_of_its_data(sample: Event) -> None:
    row = FeedRow(
        7, "commune:38185", "insurer:999000011", "commune:38185/insurer:999000011/member/m1", 1,
        stored_name(type(sample)), encode(seal(sample)), datetime(2026, 3, 1, 9, tzinfo=UTC), "account:1",
    )  # fmt: skip
    record = json.loads(to_record(row, 3))
    assert valid(RECORD, record)
    assert not valid(RECORD, {**record, "data": {"nothing": "of the kind"}})
    assert not valid(RECORD, {**record, "dataschema": schema_of("other.v1")})
    assert not valid(RECORD, {**record, "position": 7})
    assert not valid(RECORD, {**record, "type": "unheard.of.v1"})


def test_the_schema_of_records_has_every_attribute_that_they_have() -> None:
    attributes = set(CloudEvent.__struct_fields__)
    assert attributes == PUBLISHED[RECORD]["properties"].keys() == set(PUBLISHED[RECORD]["required"])
    assert attributes == docs_event_schemas._ATTRIBUTES.keys()


@pytest.mark.parametrize("name", sorted(OPENED.stem for OPENED in (EVENTS.parent / "opened").glob("*.json")))
def test_no_schema_lets_a_personal_value_be_stored_in_clear(name: str) -> None:
    payload = json.loads((EVENTS / f"{name}.json").read_bytes())
    for field in json.loads((EVENTS.parent / "opened" / f"{name}.json").read_bytes()):
        assert not valid(name, {**payload, field: "Lefèvre"})
        assert not valid(name, {**payload, field: {**payload[field], "origin": "elsewhere"}})


# What was published stays


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is forgotten after it."""
    monkeypatch.setattr(registry, "_CLASSES", dict(registry._CLASSES))


def moved(**fields: object) -> type[Event]:
    """An event `test.moved` with these fields and their types, as if the domain had it."""
    registry._CLASSES.pop("test.moved.v1", None)
    made = msgspec.defstruct(
        "Moved", list(fields.items()), bases=(Event,), frozen=True, kw_only=True,
        namespace={"__doc__": "Somebody moved."}, module="domain.planted",
    )  # fmt: skip
    return event("test.moved")(cast(type[Event], made))


BEFORE: Final[dict[str, Any]] = {
    "person": str,
    "name": str | Sealed,
    "on": date | None,
    "why": Literal["work", "love"] | None,
    "places": tuple[str, ...],
}


def publish(folder: Path) -> None:
    """Write what would be published now under another root."""
    for path, text in documents(folder).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize(
    "changed",
    [
        {**BEFORE, "weight": int},
        {key: value for key, value in BEFORE.items() if key != "on"},
        {**BEFORE, "on": date},
        {**BEFORE, "on": str | None},
        {**BEFORE, "name": str},
        {**BEFORE, "why": Literal["work"] | None},
        {**BEFORE, "places": tuple[int, ...]},
    ],
    ids=["added", "left out", "required", "of another type", "in clear", "a choice less", "inside a list"],
)
def test_a_published_name_is_never_given_another_shape(changed: dict[str, Any], tmp_path: Path) -> None:
    moved(**BEFORE)
    publish(tmp_path)
    before = (tmp_path / path_of("test.moved.v1")).read_bytes()
    moved(**changed)
    with pytest.raises(ChangedShapeError, match=r"test\.moved\.v1 .* needs a new version"):
        publish(tmp_path)
    assert (tmp_path / path_of("test.moved.v1")).read_bytes() == before


@pytest.mark.usefixtures("planted")
def test_words_names_of_classes_order_and_choices_more_are_no_other_shape(tmp_path: Path) -> None:
    moved(**BEFORE)
    publish(tmp_path)
    made = moved(
        **{**dict(reversed(BEFORE.items())), "why": None | Literal["work", "love", "sea"]},
    )
    made.__doc__ = "In other words."
    publish(tmp_path)
    schema = json.loads((tmp_path / path_of("test.moved.v1")).read_text())
    assert schema["properties"]["why"] == {"anyOf": [{"enum": ["love", "sea", "work"]}, {"type": "null"}]}
    assert schema["description"] == "In other words."


@pytest.mark.usefixtures("planted")
def test_a_raised_version_leaves_the_file_of_the_older_one_as_it_is(tmp_path: Path) -> None:
    moved(**BEFORE)
    publish(tmp_path)
    before = (tmp_path / path_of("test.moved.v1")).read_bytes()
    del registry._CLASSES["test.moved.v1"]

    @event("test.moved", version=2)
    class Moved(Event, frozen=True, kw_only=True):
        """Somebody moved."""

        weight: int

    Moved.__module__ = "domain.planted"
    assert path_of("test.moved.v1") not in documents(tmp_path)
    publish(tmp_path)
    assert (tmp_path / path_of("test.moved.v1")).read_bytes() == before
    assert (tmp_path / path_of("test.moved.v2")).exists()
    assert {"test.moved.v1", "test.moved.v2"} <= set(names())


@pytest.mark.usefixtures("planted")
def test_what_an_event_may_not_hold_has_no_schema() -> None:
    with pytest.raises(TypeError, match="may not hold"):
        event_schema(moved(weight=float))


@pytest.mark.usefixtures("planted")
def test_the_command_writes_what_is_missing_checks_what_is_there_and_refuses_another_shape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_docs, "FOLDER", tmp_path / "docs")
    moved(**BEFORE)
    result = CliRunner().invoke(cli_docs.docs, ["event-schemas", "--check"])
    assert result.exit_code == 1
    assert "is not up to date: run `beffroi docs event-schemas`" in result.output
    assert CliRunner().invoke(cli_docs.docs, ["event-schemas"]).exit_code == 0
    assert CliRunner().invoke(cli_docs.docs, ["event-schemas", "--check"]).exit_code == 0
    moved(**BEFORE, weight=int)
    refused = CliRunner().invoke(cli_docs.docs, ["event-schemas"])
    assert refused.exit_code == 1
    assert "test.moved.v1 was published with another shape" in refused.output
