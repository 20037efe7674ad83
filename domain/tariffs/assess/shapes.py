"""What a reader takes, noted on the reader itself as a JSON Schema in which other readers may stand for theirs.

`schema.py` makes the published schemas of it; a reader that is not described cannot be published.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

R = TypeVar("R", bound=Callable[[object], Any])


class Shape(NamedTuple):
    """What a reader takes; `name` is its own among the definitions, and empty if it is written out where it is used.

    In `keywords` a reader stands for its schema, a `Field` for that of a key, and a `Shape` for itself.
    """

    keywords: Mapping[str, object]
    name: str = ""


def shaped(keywords: Mapping[str, object], name: str = "") -> Callable[[R], R]:
    """Say what a reader takes."""

    def note(reader: R) -> R:
        vars(reader)["shape"] = Shape(keywords, name)
        return reader

    return note


def shape_of(reader: Callable[[object], Any]) -> Shape:
    """What was said of a reader; TypeError when nothing was."""
    shape = getattr(reader, "shape", None)
    if not isinstance(shape, Shape):
        raise TypeError(f"{reader} does not say what it takes: use `shaped`")
    return shape
