"""Lists in a form, without a script: a field names the keys in their order, and each part of an entry is a field.

Keys are made once and never again, so that what was removed and what comes later are not taken for one another.
"""

import uuid
from collections.abc import Mapping
from typing import Final

from domain.tenancy import is_key
from services.web.forms import Form

MOST: Final = 50
"""Entries of one list, as many as the API takes."""

EDIT: Final = "edit"
"""The button that adds or removes: `add:<list>` or `remove:<list>:<key>`."""

FOCUS: Final = "focus"
"""The field where whoever pressed that button goes on; it is never sent."""


def part(kind: str, key: str, name: str) -> str:
    """The field of one part of an entry; no key has a slash."""
    return f"{kind}/{key}/{name}"


def keys(form: Form, kind: str) -> list[str]:
    """The keys of a list in their order, each once."""
    return [key for key in dict.fromkeys(form.value(kind).split()) if is_key(key)][:MOST]


def added(typed: Mapping[str, str], kind: str, focus: str, said: Mapping[str, str]) -> dict[str, str]:
    """The form with one entry more, whose parts begin as `said`."""
    key = uuid.uuid4().hex[:12]
    begun = {part(kind, key, name): value for name, value in said.items()}
    return {**typed, kind: f"{typed.get(kind, '')} {key}".strip(), **begun, FOCUS: part(kind, key, focus)}


def removed(typed: Mapping[str, str], kind: str, key: str, focus: str) -> dict[str, str]:
    """The form without an entry; what else was typed stays."""
    left = " ".join(each for each in typed.get(kind, "").split() if each != key)
    kept = {name: value for name, value in typed.items() if not name.startswith(part(kind, key, ""))}
    return {**kept, kind: left, FOCUS: focus}


def names(form: Form, kind: str) -> list[str]:
    """The fields of a list as they were sent, to carry them on to the next step."""
    starts = tuple(part(kind, key, "") for key in keys(form, kind))
    return [kind, *(name for name in form.typed if starts and name.startswith(starts))]
