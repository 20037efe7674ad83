"""The shape of events and aggregates in one line a field, for the pinned lists in tests/golden.

`reason one of moved|other` may be followed by more choices later; every other change of a line is a new version.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, Sealed
from infra.ledger.mapper import snapshot_name

Shape = tuple[str, ...]

_PLAIN: Final[Mapping[type[msgspec.inspect.Type], str]] = {
    msgspec.inspect.StrType: "text",
    msgspec.inspect.IntType: "integer",
    msgspec.inspect.BoolType: "boolean",
    msgspec.inspect.DateType: "date",
    msgspec.inspect.TimeType: "time",
    msgspec.inspect.DateTimeType: "instant",
    msgspec.inspect.NoneType: "null",
}
_ENVELOPE: Final = frozenset(Event.__struct_fields__)
_CHOICES: Final = re.compile(r"one of (\S+)")


def event_shape(event_class: type[Event]) -> Shape:
    """The fields of an event's payload, by name."""
    return _fields(event_class, _ENVELOPE)


def snapshot_shapes(aggregates: Iterable[type[Aggregate]]) -> dict[str, Shape]:
    """The fields of each aggregate's snapshot, by its stored name."""
    return {snapshot_name(aggregate): _fields(aggregate) for aggregate in aggregates}


def allowed(pinned: Shape, present: Shape) -> bool:
    """Whether what was stored in the pinned shape is of the present one too: the same fields, no choice less."""
    return len(pinned) == len(present) and all(map(_holds, pinned, present))


def write(shapes: Mapping[str, Shape]) -> str:
    """A pinned list: a name, and its fields below."""
    return "".join(f"{name}\n" + "".join(f"    {line}\n" for line in shapes[name]) for name in sorted(shapes))


def read(text: str) -> dict[str, Shape]:
    """The shapes in a pinned list."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith(" "):
            found[list(found)[-1]].append(line.strip())
        else:
            found[line] = []
    return {name: tuple(lines) for name, lines in found.items()}


def spell(kind: msgspec.inspect.Type) -> str:
    """A type in words. Raises TypeError for one that an event may not have, such as a float."""
    plain = _PLAIN.get(type(kind))
    if plain is not None:
        return plain
    match kind:
        case msgspec.inspect.StructType(cls=cls) if cls is Sealed:
            return "sealed"
        case msgspec.inspect.StructType(fields=fields):
            return (
                "{" + ", ".join(sorted(f"{field.encode_name} {spell(field.type)}" for field in fields)) + "}"
            )
        case msgspec.inspect.LiteralType(values=values):
            return "one of " + "|".join(sorted(map(str, values)))
        case msgspec.inspect.UnionType(types=types):
            return " or ".join(sorted(map(spell, types)))
        case msgspec.inspect.VarTupleType(item_type=item) | msgspec.inspect.ListType(item_type=item):
            return f"list of ({spell(item)})"
        case msgspec.inspect.TupleType(item_types=types):
            return "(" + ", ".join(map(spell, types)) + ")"
        case msgspec.inspect.DictType(key_type=msgspec.inspect.StrType(), value_type=value):
            return f"map to ({spell(value)})"
    raise TypeError(f"an event or aggregate may not hold {kind}")


def _fields(struct: type[msgspec.Struct], without: frozenset[str] = frozenset()) -> Shape:
    info = msgspec.inspect.type_info(struct)
    assert isinstance(info, msgspec.inspect.StructType)
    return tuple(
        sorted(
            f"{field.encode_name} {spell(field.type)}" for field in info.fields if field.name not in without
        )
    )


def _holds(pinned: str, present: str) -> bool:
    if _CHOICES.sub("", pinned) != _CHOICES.sub("", present):
        return False
    pairs = zip(_CHOICES.findall(pinned), _CHOICES.findall(present), strict=True)
    return all(set(before.split("|")) <= set(now.split("|")) for before, now in pairs)
