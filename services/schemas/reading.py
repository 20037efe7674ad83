"""From JSON values or a form to what a command takes; all that is wrong is told at once.

A form differs in three ways: everything is text, an empty field is an absent one, amounts are written in French.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, cast

import msgspec
from marshmallow import RAISE, Schema, ValidationError, post_load

from services.schemas.faults import Fault, InvalidInputError, faults_of

_FORM: ContextVar[bool] = ContextVar("form", default=False)


class Given(Schema):
    """The base of everything that is read: an unknown key is a fault."""

    class Meta:
        unknown = RAISE


class CommandGiven(Given):
    """What a caller gives of a command. `command` is its struct, `from_route` the fields that the address settles."""

    command: ClassVar[type[msgspec.Struct]]
    from_route: ClassVar[frozenset[str]] = frozenset({"id"})


class PartGiven(Given):
    """A part of a command; it is read as the struct `makes`."""

    makes: ClassVar[type[msgspec.Struct]]

    @post_load
    def made(self, values: dict[str, Any], **_: Any) -> msgspec.Struct:
        """The struct that the values make."""
        return self.makes(**values)


def is_form() -> bool:
    """Whether a form is being read, whose values are all text."""
    return _FORM.get()


@contextmanager
def _form() -> Iterator[None]:
    before = _FORM.set(True)
    try:
        yield
    finally:
        _FORM.reset(before)


def read_json(schema: Schema, values: object) -> dict[str, Any]:
    """The values that a JSON document gives. Raises InvalidInputError."""
    if not isinstance(values, dict):
        raise InvalidInputError(Fault("$", "This is not an object.", "an object"))
    try:
        return cast("dict[str, Any]", schema.load(values))
    except ValidationError as wrong:
        raise InvalidInputError(*faults_of(schema, wrong.messages)) from None


def read_form(schema: Schema, values: Mapping[str, object]) -> dict[str, Any]:
    """The values that a form gives; lists and objects within it are read likewise. Raises InvalidInputError."""
    with _form():
        return read_json(schema, _filled(values))


def _filled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(item) for key, item in value.items() if _said(item)}
    if isinstance(value, list | tuple):
        return [_filled(item) for item in value if _said(item)]
    return value.strip() if isinstance(value, str) else value


def _said(value: object) -> bool:
    return not (value is None or (isinstance(value, str) and not value.strip()))
