"""The page docs/events.md: every event that a ledger may hold, made from the classes that define them.

`beffroi docs events` writes it; a test compares the file with what would be written.
"""

import importlib
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from domain.aggregate import Aggregate
from domain.catalogue import AGGREGATES
from domain.events import Event, Sealed, registered, stored_name, stored_names
from projections import VIEWS
from services.docs_event_schemas import path_of

PAGE: Final = "docs/events.md"
"""Where the page lies, from the root of the project."""

DRAWERS: Final[Mapping[str, str]] = {
    "applied-index": "accord:<siren>",
    "breach": "accord:<siren>",
    "case": "accord:<siren>",
    "citation": "public",
    "convention": "accord:<siren>",
    "document": "accord:<siren>",
    "exemptions": "accord:<siren>",
    "figures": "accord:<siren>",
    "headcounts": "insurer:<siren>",
    "index": "platform",
    "judgement": "accord:<siren>",
    "member": "insurer:<siren>",
    "office-hour": "accord:<siren>",
    "prepared-grid": "insurer:<siren>",
    "references": "accord:<siren>",
    "tariff": "accord:<siren>",
}
"""The drawer in which the streams of each kind lie."""

ELSEWHERE: Final[Mapping[str, str]] = {"index": "platform", "prepared-grid": "insurer:<siren>"}
"""The tenant of the kinds that do not lie in the ledger of a commune."""

INTRODUCTION: Final = """\
<!-- Made by `beffroi docs events` from the classes in domain/: change those, not this page. -->

# Events

Everything that a ledger may hold. An event lies in a stream, `tenant/owner/kind/key`; the owner is the drawer, which
says who may read it. Beside the fields below, every event has, in columns of its own: its position in the ledger, its
stream and the version there, the instant it was recorded (UTC), the actor, the command and the correlation.

A name is for ever: `topic.vN`, where N is the version of the shape. Older versions load as the present one. Fields are
stored as canonical JSON: keys sorted, no number with a fraction, money in cents, days as `2026-01-31` and times as
`09:30:00`, both in Paris. What is *sealed* is personal: it is encrypted with the key of its person, and destroying
that key makes it unreadable everywhere.

Each name has a JSON Schema, also served at `/v1/schemas/events/<name>`. It stays, but that an `enum` may gain choices:
a program that reads events expects some that it does not know. [cloudevent.json](schemas/events/cloudevent.json) is
that of a record of the topic over which events are distributed.
"""

_PLAIN: Final[Mapping[type[msgspec.inspect.Type], str]] = {
    msgspec.inspect.StrType: "text",
    msgspec.inspect.IntType: "integer",
    msgspec.inspect.BoolType: "true or false",
    msgspec.inspect.DateType: "day",
    msgspec.inspect.TimeType: "time",
    msgspec.inspect.DateTimeType: "instant",
    msgspec.inspect.NoneType: "nothing",
}


def events_page() -> str:
    """The whole page, in Markdown."""
    contexts: dict[str, list[type[Event]]] = {}
    for event_class in registered().values():
        room, context, *_ = event_class.__module__.split(".")
        if room == "domain":
            contexts.setdefault(context, []).append(event_class)
    parts = [INTRODUCTION, *_overview(contexts)]
    for context in sorted(contexts):
        parts += _context(context, contexts[context])
    return "\n".join(parts)


def _overview(contexts: Mapping[str, Iterable[type[Event]]]) -> Iterator[str]:
    yield "| event | stored as | stream |\n|---|---|---|"
    for context in sorted(contexts):
        for event_class in sorted(contexts[context], key=lambda cls: cls.topic):
            name, anchor = event_class.topic, event_class.topic.replace(".", "")
            stored = _schema_link(stored_name(event_class))
            yield f"| [{name}](#{anchor}) | {stored} | `{_stream(event_class)}` |"
    yield ""


def _context(context: str, event_classes: Iterable[type[Event]]) -> Iterator[str]:
    about = inspect.getdoc(importlib.import_module(f"domain.{context}")) or ""
    yield f"## {about.splitlines()[0]}\n"
    structs: dict[str, type] = {}
    for event_class in sorted(event_classes, key=lambda cls: cls.topic):
        fields = [field for field in _fields(event_class) if field.name not in Event.__struct_fields__]
        yield f"### {event_class.topic}\n"
        yield f"{inspect.getdoc(event_class)}\n"
        views = ", ".join(view.name for view in VIEWS.values() if event_class.topic in view.topics)
        yield f"Version {event_class.schema}, in `{_stream(event_class)}`; shown by: {views or 'no view'}.\n"
        older = ", ".join(_schema_link(name) for name in stored_names(event_class.topic)[:-1])
        if older:
            yield f"Older shapes: {older}.\n"
        yield from _table(fields, structs)
    shown: set[str] = set()
    while structs.keys() - shown:
        name = min(structs.keys() - shown)
        shown.add(name)
        yield f"### {name}\n"
        yield f"{inspect.getdoc(structs[name])}\n"
        yield from _table(_fields(structs[name]), structs)


def _schema_link(name: str) -> str:
    return f"[`{name}`]({path_of(name).relative_to(Path(PAGE).parent)})"


def _table(fields: Iterable[msgspec.inspect.Field], structs: dict[str, type]) -> Iterator[str]:
    yield "| field | holds |\n|---|---|"
    for field in fields:
        yield f"| `{field.encode_name}` | {_spell(field.type, structs)} |"
    yield ""


def _fields(struct: type) -> tuple[msgspec.inspect.Field, ...]:
    info = msgspec.inspect.type_info(struct)
    if not isinstance(info, msgspec.inspect.StructType):
        raise TypeError(f"{struct} has no fields")
    return info.fields


def _spell(kind: msgspec.inspect.Type, structs: dict[str, type]) -> str:
    plain = _PLAIN.get(type(kind))
    if plain is not None:
        return plain
    match kind:
        case msgspec.inspect.LiteralType(values=values):
            return "one of " + ", ".join(f"`{value}`" for value in values)
        case msgspec.inspect.UnionType(types=types):
            return _either(types, structs)
        case msgspec.inspect.StructType(cls=cls):
            structs[cls.__name__] = cls
            return f"[{cls.__name__}](#{cls.__name__.lower()})"
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            return f"list of ({_spell(item, structs)})"
        case msgspec.inspect.TupleType(item_types=items):
            return f"list of ({', '.join(_spell(item, structs) for item in items)})"
        case msgspec.inspect.DictType(value_type=value):
            return f"by name ({_spell(value, structs)})"
    raise TypeError(f"an event may not hold {kind}")


def _either(kinds: Iterable[msgspec.inspect.Type], structs: dict[str, type]) -> str:
    sealed = [kind for kind in kinds if isinstance(kind, msgspec.inspect.StructType) and kind.cls is Sealed]
    spelled = [_spell(kind, structs) for kind in kinds if kind not in sealed]
    # `Personal` puts the sealed form among the possibilities; nothing always comes last.
    ordered = sorted(spelled, key=lambda text: text == "nothing")
    return " or ".join([f"**sealed** {ordered[0]}", *ordered[1:]] if sealed else ordered)


def _stream(event_class: type[Event]) -> str:
    kind = _aggregate(event_class).kind
    return f"{ELSEWHERE.get(kind, 'commune:<code>')}/{DRAWERS[kind]}/{kind}/<key>"


def _aggregate(event_class: type[Event]) -> type[Aggregate]:
    """The aggregate that records an event: it stands beside it, or takes it from a module of its own context."""
    every = list(AGGREGATES.values())
    beside = [each for each in every if each.__module__ == event_class.__module__]
    taken = [
        each
        for each in every
        if getattr(sys.modules[each.__module__], event_class.__name__, None) is event_class
    ]
    (aggregate,) = beside or taken
    return aggregate
