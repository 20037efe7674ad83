"""The kinds of values that come in and go out. Each says what it expects, for error messages and OpenAPI alike.

Strict with JSON: a number is no text and a text no number. Only a form's texts are read as what they stand for.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final, TypeVar

from marshmallow import fields
from marshmallow.exceptions import ValidationError

from domain.money import format_euros, parse_euros
from domain.tenancy import is_commune_code, is_key
from services.schemas.faults import Said
from services.schemas.reading import is_form
from services.schemas.text import NAME, fault_in, settle

T = TypeVar("T")

REQUIRED: Final = Said("required", "This is required.")
NOT_NULL: Final = Said("required", "This may not be null.")
INVALID: Final = Said("invalid", "This is not what is expected here.")
_TEXTS: Final[Mapping[str, Said]] = {
    "blank": Said("required", "This may not be empty."),
    "too-long": Said("too-long", "This is too long."),
    "forbidden-character": Said("forbidden-character", "A character in this text may not be recorded."),
    "social-security-number": Said(
        "social-security-number", "A social-security number may not be recorded, here or anywhere."
    ),
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FRENCH_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_MONTH = re.compile(r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_WHOLE = re.compile(r"-?[0-9]{1,15}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_EMAIL = re.compile(r"[^\s@<>\"]{1,64}@[^\s@<>\"]{1,180}\.[^\s@<>\".]{2,24}")
_PHONE = re.compile(r"\+?[0-9][0-9 .\-]{5,23}")
_FRENCH_EUROS = re.compile(r"([0-9]{1,12})(?:[,.]([0-9]{1,2}))?")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


class Value(fields.Field[T]):
    """A value that says what it expects. `openapi` is its type and format there."""

    default_error_messages = {"required": REQUIRED, "null": NOT_NULL, "invalid": INVALID}  # noqa: RUF012 (as marshmallow has it)
    openapi: tuple[str, str | None] = ("string", None)
    expected = ""
    pattern: str | None = None

    def __init__(self, **options: Any) -> None:
        shown = {"description": self.expected[:1].upper() + self.expected[1:] + "."} if self.expected else {}
        if self.pattern:
            shown["pattern"] = f"^{self.pattern}$"
        options["metadata"] = {**shown, **options.get("metadata", {})}
        super().__init__(**options)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> T:
        found = self.read(value)
        if found is None:
            raise self.make_error("invalid")
        return found

    def _serialize(self, value: T | None, *_: Any, **__: Any) -> Any:
        return None if value is None else self.write(value)

    def read(self, value: object) -> T | None:
        """What a value stands for; None when it is not one."""
        raise NotImplementedError

    def write(self, value: T) -> object:
        """The value as JSON has it."""
        return value


class Text(Value[str]):
    """A text without control characters or a social-security number; trimmed and composed."""

    def __init__(self, longest: int = NAME, *, lines: bool = False, **options: Any) -> None:
        self.longest, self.lines = longest, lines
        self.expected = f"a text of 1 to {longest} characters{'' if lines else ', in one line'}"
        options["metadata"] = {"minLength": 1, "maxLength": longest, **options.get("metadata", {})}
        super().__init__(**options)

    def read(self, value: object) -> str | None:
        """The text, settled. Raises ValidationError with what is wrong in it."""
        if not isinstance(value, str):
            return None
        text = settle(value[: 4 * self.longest + 4])
        fault = fault_in(text, self.longest, lines=self.lines)
        if fault is not None:
            raise ValidationError([_TEXTS[fault]])
        return text


class Email(Text):
    """An e-mail address."""

    def __init__(self, **options: Any) -> None:
        super().__init__(254, **options)
        self.expected = "an e-mail address"

    def read(self, value: object) -> str | None:
        """The address as written."""
        text = super().read(value)
        return text if text is not None and _EMAIL.fullmatch(text) else None


class Phone(Text):
    """A telephone number as written."""

    def __init__(self, **options: Any) -> None:
        super().__init__(25, **options)
        self.expected = 'a telephone number such as "06 12 34 56 78"'

    def read(self, value: object) -> str | None:
        """The number as written."""
        text = super().read(value)
        return text if text is not None and _PHONE.fullmatch(text) else None


class Key(Value[str]):
    """A name that can be part of an address."""

    expected = "1 to 100 letters, digits or . _ : - (the first a letter or digit)"
    pattern = "[A-Za-z0-9][A-Za-z0-9._:-]{0,99}"

    def read(self, value: object) -> str | None:
        """The name."""
        return value if isinstance(value, str) and is_key(value) else None


class CommuneCode(Value[str]):
    """The INSEE code of a commune."""

    expected = 'an INSEE commune code such as "38185"'
    pattern = "([0-9]{2}|2[AB])[0-9]{3}"

    def read(self, value: object) -> str | None:
        """The code."""
        return value if isinstance(value, str) and is_commune_code(value) else None


class Digest(Value[str]):
    """A SHA-256."""

    expected = "a SHA-256 as 64 hexadecimal digits in lower case"
    pattern = _DIGEST.pattern

    def read(self, value: object) -> str | None:
        """The digest."""
        return value if isinstance(value, str) and _DIGEST.fullmatch(value) else None


class Choice(Value[str]):
    """One of a few words."""

    def __init__(self, words: Iterable[str], **options: Any) -> None:
        self.words = tuple(words)
        self.expected = f"one of {', '.join(self.words)}"
        options["metadata"] = {"enum": list(self.words), **options.get("metadata", {})}
        super().__init__(**options)

    def read(self, value: object) -> str | None:
        """The word."""
        return value if isinstance(value, str) and value in self.words else None


class Whole(Value[int]):
    """A whole number between two bounds, both included."""

    openapi = ("integer", None)

    def __init__(self, least: int, most: int, **options: Any) -> None:
        self.least, self.most = least, most
        self.expected = f"a whole number from {least} to {most}"
        options["metadata"] = {"minimum": least, "maximum": most, **options.get("metadata", {})}
        super().__init__(**options)

    def read(self, value: object) -> int | None:
        """The number."""
        if is_form() and isinstance(value, str) and _WHOLE.fullmatch(value):
            value = int(value)
        return value if type(value) is int and self.least <= value <= self.most else None


class Flag(Value[bool]):
    """True or false; in a form or an address `1` and `0`, and what a ticked box sends."""

    openapi = ("boolean", None)
    expected = "true or false"

    def read(self, value: object) -> bool | None:
        """The flag."""
        if isinstance(value, bool):
            return value
        if is_form() and isinstance(value, str):
            return {"1": True, "true": True, "on": True, "0": False, "false": False}.get(value)
        return None


class Day(Value[date]):
    """A civil day."""

    openapi = ("string", "date")
    expected = 'a day from 1900 to 2199, such as "2026-01-31"'

    def read(self, value: object) -> date | None:
        """The day; a form may also write it 31/01/2026."""
        if not isinstance(value, str):
            return None
        if is_form() and (french := _FRENCH_DAY.fullmatch(value)):
            value = f"{french[3]}-{int(french[2]):02d}-{int(french[1]):02d}"
        if not _DAY.fullmatch(value):
            return None
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return None
        return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None

    def write(self, value: date) -> str:
        """ISO 8601."""
        return value.isoformat()


class Month(Value[str]):
    """A calendar month."""

    expected = 'a month such as "2026-01"'
    pattern = _MONTH.pattern

    def read(self, value: object) -> str | None:
        """The month."""
        return value if isinstance(value, str) and _MONTH.fullmatch(value) else None


class Clock(Value[time]):
    """A civil time of day, to the minute."""

    openapi = ("string", "time")
    expected = 'a time of day such as "09:30"'

    def read(self, value: object) -> time | None:
        """The time."""
        if not isinstance(value, str) or not _TIME.fullmatch(value):
            return None
        return time.fromisoformat(value).replace(second=0)

    def write(self, value: time) -> str:
        """Hours and minutes."""
        return value.isoformat("minutes")


class Instant(Value[datetime]):
    """An instant; it goes out in UTC."""

    openapi = ("string", "date-time")
    expected = 'an instant with its zone, such as "2026-01-31T09:30:00Z"'

    def read(self, value: object) -> datetime | None:
        """The instant, in UTC."""
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            return None
        try:
            found = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None

    def write(self, value: datetime) -> str:
        """ISO 8601 with a Z."""
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Euros(Value[int]):
    """An amount: cents inside, a text in euros with two decimals outside."""

    pattern = r"(0|[1-9][0-9]*)\.[0-9]{2}"

    def __init__(self, most: int = 9_999_99, **options: Any) -> None:
        self.most = most
        self.expected = (
            f'an amount in euros as a text with two decimals, such as "47.80", up to {format_euros(most)}'
        )
        super().__init__(**options)

    def read(self, value: object) -> int | None:
        """Cents; a form may write `47,80 €`."""
        if not isinstance(value, str):
            return None
        if is_form():
            written = _FRENCH_EUROS.fullmatch(re.sub(r"[\s\u00a0\u202f€]", "", value))
            value = f"{int(written[1])}.{(written[2] or '').ljust(2, '0')}" if written else value
        try:
            cents = parse_euros(value)
        except ValueError:
            return None
        return cents if cents <= self.most else None

    def write(self, value: int) -> str:
        """Euros with two decimals."""
        return format_euros(value)


class Price(Euros):
    """An amount that stays a text inside: the tariff check reads it itself."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return format_euros(super()._deserialize(value))

    def write(self, value: int | str) -> str:
        """Euros with two decimals."""
        return value if isinstance(value, str) else format_euros(value)


class Many(fields.List[T]):
    """A list of at least `least` and at most `most` values."""

    default_error_messages = {"required": REQUIRED, "null": NOT_NULL, "invalid": INVALID}  # noqa: RUF012

    def __init__(self, of: fields.Field[T], *, least: int = 0, most: int, **options: Any) -> None:
        self.least, self.most = least, most
        self.expected = f"a list of {least} to {most}"
        options["metadata"] = {"minItems": least, "maxItems": most, **options.get("metadata", {})}
        super().__init__(of, **options)

    def _deserialize(self, value: Any, *args: Any, **more: Any) -> Any:
        # Before the values are read: a million of them would be a million faults.
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            raise self.make_error("invalid")
        return tuple(super()._deserialize(value, *args, **more))


class Part(fields.Nested):
    """An object within an object."""

    default_error_messages = {"required": REQUIRED, "null": NOT_NULL, "type": INVALID}  # noqa: RUF012
    expected = "an object"
