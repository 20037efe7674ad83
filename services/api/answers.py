"""What handlers share: the ask of a command, the answer to it, reading views at a position, pages of a list.

A handler loads, calls and dumps; all that HTTP adds around it is here.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from flask import request

from infra.ledger import Receipt
from projections.engine.reading import Reader
from services.access import audience_here
from services.api.cursors import opened, sealed
from services.asking import asked, beside, parts, principal
from services.commands.perform import Ask
from services.problems import HeaderError
from services.reading import Audience
from services.schemas.faults import Fault, InvalidInputError

T = TypeVar("T")

KEY_HEADER: Final = "Idempotency-Key"
REPLAYED_HEADER: Final = "Idempotency-Replayed"
POSITION_HEADER: Final = "Beffroi-Position"
VIEW_HEADER: Final = "Beffroi-View-Position"
BEHIND_HEADER: Final = "Beffroi-Catching-Up"

_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_POSITION = re.compile(r"[0-9]{1,18}")
_JUDGE: Final = "select position from projection.follower where name = 'judge'"
_TAG = re.compile(r'"([0-9]{1,18})"')

# Commands


def command_ask() -> Ask:
    """The ask of a command, with the id and the version that its headers give. Raises HeaderError."""
    key = request.headers.get(KEY_HEADER)
    if key is not None and not _KEY.fullmatch(key):
        raise HeaderError(f"{KEY_HEADER}: 1 to 200 visible ASCII characters were expected.")
    return asked(key, _expected())


def _expected() -> int | None:
    tag = request.headers.get("If-Match")
    if tag is None or tag.strip() == "*":
        return None
    known = _TAG.fullmatch(tag.strip())
    if known is None:
        raise HeaderError('If-Match: one entity tag such as "3", or *, was expected.')
    return int(known[1])


def recorded(
    receipt: Receipt | None, identity: str, href: str, *, made: bool = False
) -> tuple[dict[str, Any], int]:
    """The answer to a command about the resource at `href`; `made` by it. Without a receipt it was true already."""
    if receipt is None:
        return {"id": identity, "href": href, "position": None}, 200
    beside(POSITION_HEADER, receipt.last)
    if receipt.repeated:
        beside(REPLAYED_HEADER, "true")
    if made:
        beside("Location", href)
    return {"id": identity, "href": href, "position": receipt.last}, 201 if made else 200


# Views


def read(query: Callable[[Reader], T], *views: str, audience: Audience | None = None) -> T:
    """What `query` reads of some views as whoever asks, once they show the position that the request names.

    They are waited for a second at most; the answer's headers say how far they are, and if that is not far enough.
    Raises ViewNotReadyError, HeaderError.
    """
    wanted = _wanted()
    who = principal()
    if wanted:
        parts().views.wait(views if who.role == "insurer" else [*views, "access"], wanted)

    def at_position(reader: Reader) -> tuple[T, int]:
        return query(reader), min(reader.position(view) for view in views)

    found, position = parts().views.read(audience or audience_here(parts().views), at_position)
    beside(VIEW_HEADER, position)
    if position < wanted:
        beside(BEHIND_HEADER, "true")
    return found


def _wanted() -> int:
    text = request.headers.get(POSITION_HEADER, "0")
    if not _POSITION.fullmatch(text):
        raise HeaderError(f"{POSITION_HEADER}: a position as a write answered it was expected.")
    return int(text)


def judged(newest: int) -> None:
    """Say that alerts are still to come while the judge has not read the grid recorded at `newest`."""
    done = parts().views.read(Audience("operator"), lambda reader: reader.value(_JUDGE))
    if (done or 0) < newest:
        beside(BEHIND_HEADER, "true")


def tagged(version: int) -> None:
    """Answer with the version as entity tag: If-None-Match is honoured, and If-Match expects it."""
    beside("ETag", f'"{version}"')


# Pages


def page(rows: Sequence[T], limit: int, columns: Callable[[T], tuple[Any, ...]]) -> dict[str, Any]:
    """A page of a list of which `limit` + 1 rows were read; `columns` order it and say where the next page begins."""
    items = rows[:limit]
    cursor = sealed(columns(items[-1])) if len(rows) > limit else None
    if cursor is not None:
        onward = urlencode({**request.args, "cursor": cursor})
        beside("Link", f'<{request.path}?{onward}>; rel="next"')
    return {"items": items, "next": cursor}


def page_of_all(rows: Sequence[T], given: dict[str, Any], identity: Callable[[T], str]) -> dict[str, Any]:
    """A page of a list that was read whole: short ones, whose rows have an identity. Raises InvalidInputError."""
    after = opened(given.get("cursor"), tuple[str])
    start = 0
    if after is not None:
        start = next((place for place, row in enumerate(rows, 1) if identity(row) == after[0]), -1)
        if start < 0:
            fault = Fault("$.cursor", "Its row is no longer in the list.", "no cursor, to begin again")
            raise InvalidInputError(fault)
    return page(rows[start : start + given["limit"] + 1], given["limit"], lambda row: (identity(row),))
