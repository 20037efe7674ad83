"""Files that come with forms: how much a page takes, and what was sent.

A page that takes files says so with `takes_files`; the others keep the small limit of the application.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec
from flask import current_app, request

F = TypeVar("F", bound=Callable[..., Any])

_MARK: Final = "__files__"
_ENVELOPE: Final = 1024 * 1024
"""Bytes: the fields beside the file, of which the largest grid fills a fifth."""
_PARTS: Final = 8_000
"""Fields of one form: several for each price of the largest grid."""


class Sent(msgspec.Struct, frozen=True):
    """A file as a browser sent it; its type is what the browser says."""

    name: str
    media_type: str
    content: bytes


def takes_files(largest: int) -> Callable[[F], F]:
    """Let a page take a form with a file of at most `largest` bytes."""

    def mark(function: F) -> F:
        setattr(function, _MARK, largest)
        return function

    return mark


def make_room() -> None:
    """Before a form is read: the limits that its page asks for."""
    view = current_app.view_functions.get(request.endpoint or "")
    largest: int | None = getattr(view, _MARK, None)
    if largest is not None:
        request.max_content_length = largest + _ENVELOPE
        request.max_form_memory_size = largest + _ENVELOPE
        request.max_form_parts = _PARTS


def sent(name: str) -> Sent | None:
    """The file of a field; None when none was chosen."""
    file = request.files.get(name)
    if file is None:
        return None
    with file.stream:
        content = file.read()
    if not content:
        return None
    return Sent(file.filename or "", file.mimetype, content)


def every_sent(name: str) -> list[Sent]:
    """The files of a field that takes several; none of them empty."""
    read = [(file, file.read()) for file in request.files.getlist(name)]
    return [Sent(file.filename or "", file.mimetype, content) for file, content in read if content]
