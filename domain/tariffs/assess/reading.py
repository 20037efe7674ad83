"""Readers that turn untrusted values into exact ones, or say where and why they cannot.

A reader takes a value and returns what it means; those of lists and objects add their part to the path of an error.
Each carries its `Shape`, from which the published JSON Schema is made, so that the two cannot drift apart.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple, TypeVar

from domain.money import parse_decimal, parse_euros
from domain.tariffs.assess.shapes import shaped

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

Reader = Callable[[object], T]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_SHOWN = 60


# The patterns of the schema. A reader may refuse more than they do, never less.
_AMOUNT_SHAPE = r"^(0|[1-9][0-9]{0,11})\.[0-9]{2}$"
_NUMBER_SHAPE = r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,12})?$"


class ScenarioError(ValueError):
    """A scenario that cannot be judged: the JSON `path` at fault, what was `expected` there, what was `found`."""

    def __init__(self, path: str, expected: str, found: str) -> None:
        super().__init__(f"{path}: expected {expected}, found {found}")
        self.path = path
        self.expected = expected
        self.found = found

    def under(self, part: str) -> "ScenarioError":
        """The same error, seen from the value that holds this one."""
        return ScenarioError(part + self.path, self.expected, self.found)


class _Absent:
    """Stands for a key that is not there, so that its reader can say what it expected."""


ABSENT: Final = _Absent()
REQUIRED: Final = _Absent()


class _Repeated(dict[str, object]):
    """An object in which a key came twice: which of the two values counts, nobody can tell."""

    key: str = ""


_KINDS: Mapping[type, str] = {_Absent: "nothing", list: "a list", tuple: "a list", dict: "an object"}


def describe(value: object) -> str:
    """What was found, in a few words."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float | Decimal):
        huge = isinstance(value, int) and value.bit_length() > 128
        return "a huge number" if huge else f"the number {str(value)[:_LONGEST_SHOWN]}"
    if isinstance(value, str):
        text = json.dumps(value[:_LONGEST_SHOWN], ensure_ascii=False)
        return text.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, _Repeated):
        return f"the key {describe(value.key)} twice"
    return _KINDS.get(type(value), f"a {type(value).__name__}")


def key_path(key: object) -> str:
    """How a path goes on to the value of a key."""
    if isinstance(key, str) and _PLAIN_KEY.fullmatch(key):
        return f".{key}"
    return f"[{describe(key)}]"


def decode(raw: bytes | str) -> object:
    """The values of a JSON document in UTF-8; ScenarioError when it is not one."""
    try:
        text = raw if isinstance(raw, str) else raw.decode("utf-8-sig")
        value: object = json.loads(
            text, object_pairs_hook=_once, parse_float=Decimal, parse_constant=_no_such_number
        )
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise ScenarioError("$", "a JSON document in UTF-8", str(error)[:200]) from None
    return value


@shaped(
    {
        "type": "string",
        "pattern": r"^[^ \t\r\n](.*[^ \t\r\n])?$",
        "description": "One line in Unicode's normal form C, without space at either end.",
    },
    "text",
)
def text(value: object) -> str:
    """A name: one line, not empty, composed as Unicode composes it (NFC), without space at either end."""
    if not isinstance(value, str) or not value or value.strip() != value or not _is_one_line(value):
        raise ScenarioError("", "a text of one line, not empty, without space at either end", describe(value))
    if not unicodedata.is_normalized("NFC", value):
        # Two spellings that look alike would be two cells, and the second would look new.
        raise ScenarioError("", "a text in normal form C", describe(value))
    return value


@shaped({"type": "boolean"})
def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ScenarioError("", "true or false", describe(value))
    return value


@shaped(
    {
        "type": "string",
        "pattern": _AMOUNT_SHAPE,
        "description": "Euros, with two decimals.",
        "examples": ["47.80"],
    },
    "money",
)
def money(value: object) -> int:
    """Cents of an amount such as "47.80"."""
    if isinstance(value, str):
        try:
            return parse_euros(value)
        except ValueError:
            pass
    raise ScenarioError(
        "", 'an amount in euros as a text with two decimals, such as "47.80"', describe(value)
    )


@shaped(
    {
        "type": "string",
        "pattern": f"^-?{_NUMBER_SHAPE}",
        "description": "A decimal number, or a percentage.",
        "examples": ["2.05"],
    },
    "decimal",
)
def decimal(value: object) -> Fraction:
    """The exact value of a decimal text such as "2.05"."""
    if isinstance(value, str):
        try:
            return parse_decimal(value)
        except ValueError:
            pass
    raise ScenarioError("", 'a decimal number as a text, such as "2.05"', describe(value))


@shaped(
    {
        "type": "string",
        "pattern": rf"^(-0(\.0{{1,12}})?$|{_NUMBER_SHAPE})",
        "description": "A percentage that is not below zero.",
        "examples": ["3"],
    },
    "percentage",
)
def rise(value: object) -> Fraction:
    """A percentage that is not below zero."""
    percent = decimal(value)
    if percent < 0:
        raise ScenarioError("", 'a percentage of "0" or more', describe(value))
    return percent


@shaped(
    {
        "type": "string",
        "format": "date",
        "pattern": "^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$",
        "description": "A civil day in Paris.",
        "examples": ["2026-01-31"],
    },
    "day",
)
def day(value: object) -> date:
    """An ISO day."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            pass
        else:
            if found.year >= 1000:
                return found
    raise ScenarioError("", 'a day such as "2026-01-31"', describe(value))


@shaped(
    {
        "type": "string",
        "pattern": f"^{_INSTANT.pattern}$",
        "description": "An instant with its zone.",
        "examples": ["2026-01-31T09:00:00Z"],
    },
    "instant",
)
def instant(value: object) -> datetime:
    """An ISO instant with its zone, in UTC."""
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            found = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        else:
            if found.year >= 1000:
                return found
    raise ScenarioError("", 'an instant with its zone, such as "2026-01-31T09:00:00Z"', describe(value))


def whole(least: int, most: int) -> Reader[int]:
    """A reader of whole numbers between two bounds, both included."""

    @shaped({"type": "integer", "minimum": least, "maximum": most})
    def read(value: object) -> int:
        if type(value) is not int or not least <= value <= most:
            raise ScenarioError("", f"a whole number from {least} to {most}", describe(value))
        return value

    return read


def choice(kind: type[E]) -> Reader[E]:
    """A reader of one of the names of an enumeration."""
    names = {member.value: member for member in kind}

    @shaped({"enum": [*names]})
    def read(value: object) -> E:
        member = names.get(value) if isinstance(value, str) else None
        if member is None:
            raise ScenarioError("", f"one of {', '.join(names)}", describe(value))
        return member

    return read


def maybe(reader: Reader[T]) -> Reader[T | None]:
    """A reader that also takes null."""

    @shaped({"anyOf": [reader, {"type": "null"}]})
    def read(value: object) -> T | None:
        return None if value is None else reader(value)

    return read


def items(reader: Reader[T]) -> Reader[tuple[T, ...]]:
    """A reader of lists."""

    @shaped({"type": "array", "items": reader})
    def read(value: object) -> tuple[T, ...]:
        if not isinstance(value, list | tuple):
            raise ScenarioError("", "a list", describe(value))
        found: list[T] = []
        try:
            for item in value:
                found.append(reader(item))  # noqa: PERF401 (the length tells which item was wrong)
        except ScenarioError as wrong:
            raise wrong.under(f"[{len(found)}]") from None
        return tuple(found)

    return read


def by_key(reader: Reader[T]) -> Reader[dict[str, T]]:
    """A reader of objects whose keys are names."""

    @shaped({"type": "object", "propertyNames": text, "additionalProperties": reader})
    def read(value: object) -> dict[str, T]:
        found: dict[str, T] = {}
        for key, item in _object(value).items():
            try:
                found[text(key)] = reader(item)
            except ScenarioError as wrong:
                raise wrong.under(key_path(key)) from None
        return found

    return read


class Field(NamedTuple):
    """A key of an object: how its value is read, what stands for it when it is absent, and what it is `about`."""

    read: Reader[object]
    default: object = REQUIRED
    about: str = ""


def record(make: Callable[..., T], fields: Mapping[str, Field], name: str = "") -> Reader[T]:
    """A reader of objects with these keys and no other; `make` gets their values by name."""
    rows = [(key, field.read, field.default) for key, field in fields.items()]

    @shaped(object_shape(fields), name)
    def read(value: object) -> T:
        given = _object(value)
        values: dict[str, object] = {}
        seen = 0
        for key, reader, default in rows:
            item = given.get(key, ABSENT)
            if item is ABSENT and default is not REQUIRED:
                values[key] = default
                continue
            seen += 1
            try:
                values[key] = reader(item)
            except ScenarioError as wrong:
                raise wrong.under(f".{key}") from None
        if seen < len(given):
            unknown = next(key for key in given if key not in fields)
            known = ", ".join(fields) or "none"
            raise ScenarioError(key_path(unknown), f"no other key than these: {known}", "an unknown key")
        return make(**values)

    return read


def object_shape(fields: Mapping[str, Field]) -> dict[str, object]:
    """The shape of an object with these keys and no other."""
    required = [key for key, field in fields.items() if field.default is REQUIRED]
    return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}


def _object(value: object) -> dict[str, object]:
    if type(value) is not dict:
        raise ScenarioError("", "an object", describe(value))
    return value


@shaped({"type": "string", "pattern": f"^(?=.*[1-9]){_NUMBER_SHAPE}"})
def _positive(value: object) -> Fraction:
    number = decimal(value)
    if number <= 0:
        raise ScenarioError("", "a number above zero", describe(value))
    return number


_positives = items(_positive)


@shaped(
    {"type": "array", "items": _positive, "minItems": 2, "maxItems": 2, "examples": [["1.1532", "1.1327"]]}
)
def ratio(value: object) -> Fraction:
    """A factor as two decimal texts above zero: the first divided by the second."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ScenarioError("", 'two decimal numbers, such as ["1.1532", "1.1327"]', describe(value))
    above, below = _positives(value)
    return above / below


def _is_one_line(value: str) -> bool:
    # Control characters and lone surrogates have no place in a name, and no encoding in a report.
    return value.isprintable() or not any(
        letter < " "
        or "\x7f" <= letter <= "\x9f"
        or "\ud800" <= letter <= "\udfff"
        or letter in "\u2028\u2029"
        for letter in value
    )


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) == len(pairs):
        return values
    repeated = _Repeated(values)
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            repeated.key = key
            break
        seen.add(key)
    return repeated


def _no_such_number(name: str) -> object:
    raise ValueError(f"{name} is not a number in JSON")
