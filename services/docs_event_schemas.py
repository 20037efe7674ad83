"""JSON Schemas of what a ledger holds, one per stored name, and of the record of the topic that carries it.

`beffroi docs event-schemas` writes them. A file of an older version was written once and is never written again.
"""

import inspect
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from domain.catalogue import AGGREGATES
from domain.events import Event, Sealed, registered, stored_name, stored_names
from infra.kafka.cloudevents import CloudEvent, schema_of

Json = dict[str, Any]

SCHEMAS: Final = Path("docs/schemas/events")
"""Where the files lie, from the root of the project."""

ROOT: Final = Path(__file__).parent.parent
RECORD: Final = "cloudevent"
"""The name of the schema of a record."""

RECORD_ID: Final = "urn:beffroi:cloudevent"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_DECIMAL: Final = "^(0|[1-9][0-9]*)$"
_TIME: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?$"
_PLAIN: Final[Mapping[type[msgspec.inspect.Type], Json]] = {
    msgspec.inspect.StrType: {"type": "string"},
    msgspec.inspect.IntType: {"type": "integer"},
    msgspec.inspect.BoolType: {"type": "boolean"},
    msgspec.inspect.DateType: {"type": "string", "format": "date"},
    # Not `format: time`, which asks for an offset: these are times of day in Paris.
    msgspec.inspect.TimeType: {"type": "string", "pattern": _TIME},
    msgspec.inspect.DateTimeType: {"type": "string", "format": "date-time"},
    msgspec.inspect.NoneType: {"type": "null"},
}
_SEALED: Final[Json] = {
    "description": "A personal value: ciphertext that only the key of its person opens.",
    "type": "object",
    "properties": {"sealed": {"type": "string", "contentEncoding": "base64", "minLength": 1}},
    "required": ["sealed"],
    "additionalProperties": False,
}
_ATTRIBUTES: Final[Mapping[str, Json]] = {
    "specversion": {"const": "1.0"},
    "id": {"type": "string", "description": "The stream and the version there, with a slash between."},
    "source": {"type": "string", "description": "The tenant, which is the record's key too."},
    "type": {"description": "The stored name: topic and version of the shape."},
    "subject": {"type": "string", "description": "The stream: `tenant/owner/kind/key`."},
    "time": {"type": "string", "format": "date-time", "description": "When it was recorded, UTC."},
    "dataschema": {"type": "string", "format": "uri", "description": "The `$id` of the schema of `data`."},
    "datacontenttype": {"const": "application/json"},
    "owner": {"type": "string", "description": "The drawer, which says who may read it."},
    "actor": {"type": "string", "description": "The account or worker that had it recorded."},
    "streamversion": {"type": "integer", "minimum": 1, "description": "Its place in the stream."},
    "position": {"type": "string", "pattern": _DECIMAL, "description": "Its place in the ledger."},
    "previous": {
        "type": "string",
        "pattern": _DECIMAL,
        "description": "The position of the record before it in its partition: a reader that has not applied it has"
        " missed something.",
    },
    "data": {
        "type": "object",
        "description": "The event as the ledger holds it; `type` says by which schema below it is read.",
    },
}


class ChangedShapeError(Exception):
    """The class of an event says something else than the schema that was published under its stored name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was published with another shape: it needs a new version and an upcaster.")


def documents(root: Path = ROOT) -> dict[Path, str]:
    """Every file that is made from the present classes, by its path from the root of the project.

    Raises ChangedShapeError rather than giving a published name under `root` another shape.
    """
    made: dict[Path, str] = {}
    for event_class in _classes():
        schema, path = event_schema(event_class), path_of(stored_name(event_class))
        if (root / path).exists() and not _keeps(json.loads((root / path).read_text("utf-8")), schema):
            raise ChangedShapeError(stored_name(event_class))
        made[path] = _text(schema)
    return {**made, path_of(RECORD): _text(record_schema())}


def names() -> list[str]:
    """Every name under which an event may be stored, older versions too, in the order of the alphabet."""
    return sorted(name for event_class in _classes() for name in stored_names(event_class.topic))


def path_of(name: str) -> Path:
    """Where the schema of a stored name lies, from the root of the project."""
    return SCHEMAS / f"{name}.json"


def event_schema(event_class: type[Event]) -> Json:
    """The schema of the bytes of an event in its present shape: every field is there, and no other."""
    definitions: dict[str, Json] = {}
    name = stored_name(event_class)
    root = _struct(event_class, definitions, without=Event.__struct_fields__)
    schema = {"$schema": DIALECT, "$id": schema_of(name), "title": name, **root}
    return {**schema, "$defs": dict(sorted(definitions.items()))} if definitions else schema


def record_schema() -> Json:
    """The schema of the value of a record of the topic, whose `type` chooses that of its `data`."""
    every = names()
    attributes = {name: _ATTRIBUTES[name] for name in CloudEvent.__struct_fields__}
    return {
        "$schema": DIALECT,
        "$id": RECORD_ID,
        "title": "A record of the topic",
        "description": "One event as a CloudEvent 1.0 in structured mode. Whoever reads it passes over attributes that"
        " it does not know.",
        "type": "object",
        "properties": {**attributes, "type": {**attributes["type"], "enum": every}},
        "required": list(attributes),
        "allOf": [_chosen(name) for name in every],
    }


def _chosen(name: str) -> Json:
    return {
        "if": {"properties": {"type": {"const": name}}},
        "then": {"properties": {"dataschema": {"const": schema_of(name)}, "data": {"$ref": schema_of(name)}}},
    }


def _classes() -> list[type[Event]]:
    _ = AGGREGATES  # whose module imports every context
    return [cls for cls in registered().values() if cls.__module__.startswith("domain.")]


def _text(schema: Json) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


# From types to schemas


def _struct(struct: type[msgspec.Struct], definitions: dict[str, Json], without: Iterable[str] = ()) -> Json:
    info = msgspec.inspect.type_info(struct)
    if not isinstance(info, msgspec.inspect.StructType):
        raise TypeError(f"{struct} has no fields")
    fields = [field for field in info.fields if field.name not in without]
    return {
        "description": " ".join((inspect.getdoc(struct) or "").split()),
        "type": "object",
        "properties": {field.encode_name: _schema(field.type, definitions) for field in fields},
        # What may be left out of a call is always written.
        "required": [field.encode_name for field in fields],
        "additionalProperties": False,
    }


def _schema(kind: msgspec.inspect.Type, definitions: dict[str, Json]) -> Json:
    plain = _PLAIN.get(type(kind))
    if plain is not None:
        return plain
    match kind:
        case msgspec.inspect.LiteralType(values=values):
            return {"enum": sorted(values)}
        case msgspec.inspect.UnionType(types=types):
            return _either(types, definitions)
        case msgspec.inspect.StructType(cls=cls):
            return _defined(cls, definitions)
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            return {"type": "array", "items": _schema(item, definitions)}
        case msgspec.inspect.TupleType(item_types=items):
            each = [_schema(item, definitions) for item in items]
            return {"type": "array", "prefixItems": each, "items": False, "minItems": len(each)}
        case msgspec.inspect.DictType(key_type=msgspec.inspect.StrType(), value_type=value):
            return {"type": "object", "additionalProperties": _schema(value, definitions)}
    raise TypeError(f"an event may not hold {kind}")


def _either(kinds: Iterable[msgspec.inspect.Type], definitions: dict[str, Json]) -> Json:
    kinds = list(kinds)
    if any(_is_sealed(kind) for kind in kinds):
        # What is personal is never stored in clear.
        kinds = [kind for kind in kinds if _is_sealed(kind) or isinstance(kind, msgspec.inspect.NoneType)]
    ordered = sorted(kinds, key=lambda kind: isinstance(kind, msgspec.inspect.NoneType))
    each = [_schema(kind, definitions) for kind in ordered]
    return each[0] if len(each) == 1 else {"anyOf": each}


def _is_sealed(kind: msgspec.inspect.Type) -> bool:
    return isinstance(kind, msgspec.inspect.StructType) and kind.cls is Sealed


def _defined(cls: type[msgspec.Struct], definitions: dict[str, Json]) -> Json:
    found = _SEALED if cls is Sealed else _struct(cls, definitions)
    if definitions.setdefault(cls.__name__, found) != found:
        raise TypeError(f"two structs of one event are called {cls.__name__}")
    return {"$ref": f"#/$defs/{cls.__name__}"}


# What was published stays


def _keeps(published: Json, present: Json) -> bool:
    """Whether what was stored by the published schema is of the present one too: words apart, and no choice less."""
    return _holds(_bare(published, published), _bare(present, present))


def _bare(schema: Json, root: Json) -> Json:
    """The schema without words and without the names of its parts, which are those of classes and may change."""
    if "$ref" in schema:
        return _bare(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    bare: Json = {}
    for key, value in schema.items():
        if key == "properties":
            bare[key] = {name: _bare(part, root) for name, part in value.items()}
        elif key in {"anyOf", "prefixItems"}:
            parts = [_bare(part, root) for part in value]
            bare[key] = sorted(parts, key=json.dumps) if key == "anyOf" else parts
        elif key in {"items", "additionalProperties"} and isinstance(value, dict):
            bare[key] = _bare(value, root)
        elif key == "required":
            bare[key] = sorted(value)
        elif key not in {"title", "description", "$defs"}:
            bare[key] = value
    return bare


def _holds(published: Any, present: Any) -> bool:
    if isinstance(published, dict) and isinstance(present, dict):
        return published.keys() == present.keys() and all(
            set(value) <= set(present[key])
            if key == "enum" and isinstance(value, list)
            else _holds(value, present[key])
            for key, value in published.items()
        )
    if isinstance(published, list) and isinstance(present, list):
        return len(published) == len(present) and all(map(_holds, published, present))
    return bool(published == present)
