"""Forms: what was typed is kept, turned into exact values, and each wrong field is told what to do.

An `Entry` reads one field; `Form.read` reads them all, so that a person sees every mistake at once.
"""

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Final

import msgspec
from marshmallow import Schema

from domain.refusal import Refused
from services.schemas.faults import InvalidInputError
from services.schemas.reading import read_json
from services.schemas.text import CLAUSE, LINE, NAME, fault_in, settle
from services.web.refusals import sentence

_FRENCH_DAY: Final = re.compile(r"(\d{1,2})[/.\s-](\d{1,2})[/.\s-](\d{4})", re.ASCII)
_HOUR: Final = re.compile(r"(\d{1,2})\s*(?:[:hH]\s*(\d{2})?)?", re.ASCII)
_PRICE: Final = re.compile(r"(\d{1,9})(?:[.,](\d{1,2}))?", re.ASCII)
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")
_SAID: Final[Mapping[str, str]] = {
    "blank": "Écrivez quelque chose ici.",
    "too-long": "Écrivez au plus {longest} caractères.",
    "forbidden-character": "Retirez le caractère invisible de ce texte : retapez-le au lieu de le coller.",
    "social-security-number": "N’écrivez pas de numéro de sécurité sociale : il n’a rien à faire ici.",
}


class WrongValueError(ValueError):
    """A value that cannot be used; the message, if any, says better than the entry what to do."""


def text(value: str, longest: int = LINE) -> str:
    """One line, settled as the API settles it, without a social-security number."""
    return _settled(" ".join(value.split()), longest)


def name(value: str) -> str:
    """A name of a person."""
    return text(value, NAME)


def prose(value: str) -> str:
    """A clause in its own words; its lines are joined."""
    return text(value, CLAUSE)


def written(longest: int) -> Callable[[str], str]:
    """A reader of a text whose lines and paragraphs stay as they were written."""
    return lambda value: _settled(value, longest, lines=True)


def _settled(value: str, longest: int, *, lines: bool = False) -> str:
    found = settle(value)
    fault = fault_in(found, longest, lines=lines)
    if fault is not None:
        raise WrongValueError(_SAID[fault].format(longest=longest))
    return found


def day(value: str) -> date:
    """A day as browsers send it (`2026-11-25`) or as people write it (`25/11/2026`)."""
    french = _FRENCH_DAY.fullmatch(value)
    try:
        found = date(int(french[3]), int(french[2]), int(french[1])) if french else date.fromisoformat(value)
    except ValueError:
        raise WrongValueError from None
    if not 1880 <= found.year <= 2200:
        raise WrongValueError
    return found


def hour(value: str) -> time:
    """An hour such as `9:30`, `9 h 30` or `14h`."""
    match = _HOUR.fullmatch(value)
    try:
        return time(int(match[1]), int(match[2] or 0)) if match else time.fromisoformat(value)
    except ValueError:
        raise WrongValueError from None


def whole(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers between two bounds."""

    def read(value: str) -> int:
        digits = re.sub(r"\s", "", value)
        if not (digits.isascii() and digits.isdigit() and len(digits) < 10 and least <= int(digits) <= most):
            raise WrongValueError
        return int(digits)

    return read


def cents(value: str) -> int:
    """Cents of a price as people write it: `49,74`, `49.7`, `1 049,74 €`."""
    match = _PRICE.fullmatch(re.sub(r"[\s€]", "", value))
    if match is None:
        raise WrongValueError
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def one_of(choices: Sequence[str]) -> Callable[[str], str]:
    """A reader of one of the choices that the form offered."""

    def read(value: str) -> str:
        if value not in choices:
            raise WrongValueError
        return value

    return read


@dataclass(frozen=True)
class Entry:
    """One field: `missing` is said when it is empty (None: it may be), `wrong` when it cannot be read."""

    name: str
    read: Callable[[str], Any] = text
    missing: str | None = None
    wrong: str = "Corrigez cette valeur."


@dataclass
class Form:
    """What a form shows: values as typed, errors by field, errors about the whole, and its idempotency token."""

    typed: Mapping[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def sent(cls, typed: Mapping[str, str]) -> "Form":
        """A form as it came back. Its token is kept, so that sending it twice is one act."""
        token = typed.get("token", "")
        return cls(typed=typed, token=token) if _TOKEN.fullmatch(token) else cls(typed=typed)

    @property
    def refused(self) -> bool:
        """Whether something is wrong."""
        return bool(self.errors or self.general)

    def value(self, name: str) -> str:
        """What was typed, or the value the form starts with."""
        return self.typed.get(name, "")

    def error(self, name: str) -> str | None:
        """What is wrong with a field."""
        return self.errors.get(name)

    def read(self, entries: Sequence[Entry]) -> dict[str, Any]:
        """The values of all fields, None for empty and for wrong ones; what is wrong is kept in `errors`."""
        values: dict[str, Any] = {}
        for entry in entries:
            typed = self.value(entry.name).strip()
            if not typed:
                if entry.missing is not None:
                    self.errors[entry.name] = entry.missing
                values[entry.name] = None
                continue
            try:
                values[entry.name] = entry.read(typed)
            except WrongValueError as wrong:
                values[entry.name] = None
                self.errors[entry.name] = str(wrong) or entry.wrong
        return values

    def agree(
        self, schema: Schema, values: Mapping[str, Any], fields: Mapping[str, str] | None = None
    ) -> None:
        """Demand of the values what the API demands of them; `fields` names ours for paths that differ."""
        said = {key: _as_json(value) for key, value in values.items() if value is not None}
        given = msgspec.json.decode(msgspec.json.encode(said))
        try:
            read_json(schema, given)
        except InvalidInputError as wrong:
            for fault in wrong.faults:
                field_ = self._field(fault.path, fields)
                words = _SAID.get(fault.code, "Corrigez cette valeur.").format(longest=LINE)
                if field_ is None:
                    self.general.append(words)
                else:
                    self.errors.setdefault(field_, words)

    def _field(self, path: str, fields: Mapping[str, str] | None) -> str | None:
        """The field that a JSON path means; None for the whole."""
        key = path.removeprefix("$").removeprefix(".")
        key = (fields or {}).get(key, key)
        top = re.split(r"[.\[]", key)[0]
        return next((each for each in (key, top) if each and each in self.typed), None)

    def refuse(self, refused: Refused, fields: Mapping[str, str] | None = None) -> None:
        """Say a refusal beside its field. `fields` names ours for paths that are called otherwise."""
        field_ = self._field(refused.path, fields)
        if field_ is None:
            self.general.append(sentence(refused))
        else:
            self.errors[field_] = sentence(refused)


def _as_json(value: object) -> object:
    """A value as a program would send it: hours without seconds."""
    return value.isoformat("minutes") if isinstance(value, time) else value
