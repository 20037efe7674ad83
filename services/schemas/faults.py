"""What is wrong with an input: where (a JSON path), a stable code, a sentence, and what was expected there.

Marshmallow finds the faults; here its messages become ours, all of them at once.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, Self

import msgspec
from marshmallow import Schema, fields

MOST: Final = 50
"""Faults told at once."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
_UNKNOWN: Final = "unknown"


class Said(str):
    """A message with the stable code under which pages say it in French."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, code: str, message: str) -> Self:
        """A message under a code."""
        made = super().__new__(cls, message)
        made.code = code
        return made

    def format(self, *args: object, **kwargs: object) -> "Said":
        """The message with its blanks filled, under the same code."""
        return Said(self.code, super().format(*args, **kwargs))


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong. `path` is a JSON path (`$.cells[0].monthly`), `code` is stable."""

    path: str
    message: str
    expected: str | None = None
    code: str = "invalid"


class InvalidInputError(Exception):
    """An input that cannot be read, with everything that is wrong with it."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(f"{fault.path}: {fault.message}" for fault in faults))
        self.faults = faults


def faults_of(schema: Schema, messages: object) -> tuple[Fault, ...]:
    """The faults that marshmallow's messages tell about an input of `schema`, at most MOST."""
    return tuple(islice(_in_schema(schema, messages, "$"), MOST))


def _in_schema(schema: Schema, messages: object, path: str) -> Iterator[Fault]:
    if not isinstance(messages, Mapping):
        yield from _plain(messages, path, "an object")
        return
    known = {field.data_key or name: field for name, field in schema.fields.items()}
    places = {name: place for place, name in enumerate(known)}
    # Marshmallow gathers unknown keys in a set: in this order the same input is always told the same.
    for key in sorted(messages, key=lambda key: (places.get(key, len(places)), str(key))):
        said = messages[key]
        if key == "_schema":
            yield from _plain(said, path, "an object")
        elif key in known:
            yield from _in_field(known[key], said, path + _step(key))
        else:
            names = ", ".join(name for name, field in known.items() if not field.dump_only)
            yield Fault(path + _step(key), "This key is not known.", f"no other key than {names}", _UNKNOWN)


def _in_field(field: fields.Field[Any], messages: object, path: str) -> Iterator[Fault]:
    if not isinstance(messages, Mapping):
        yield from _plain(messages, path, expected_of(field))
    elif isinstance(field, fields.Nested):
        yield from _in_schema(field.schema, messages, path)
    elif isinstance(field, fields.List):
        for place, said in messages.items():
            yield from _in_field(field.inner, said, f"{path}[{place}]")
    else:
        for key, said in messages.items():
            yield from _plain(_leaves(said), path + _step(key), expected_of(field))


def _plain(messages: object, path: str, expected: str | None) -> Iterator[Fault]:
    for said in messages if isinstance(messages, list) else [messages]:
        yield Fault(path, str(said), expected, getattr(said, "code", "invalid"))


def _leaves(messages: object) -> list[object]:
    if isinstance(messages, Mapping):
        return [leaf for said in messages.values() for leaf in _leaves(said)]
    return list(messages) if isinstance(messages, list) else [messages]


def expected_of(field: fields.Field[Any]) -> str | None:
    """What a field expects, in a few words."""
    expected = getattr(field, "expected", None)
    return expected if isinstance(expected, str) else None


def _step(key: object) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    if _PLAIN_KEY.fullmatch(str(key)):
        return f".{key}"
    return f"[{msgspec.json.encode(_writable(str(key)[:60])).decode()}]"


def _writable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()
