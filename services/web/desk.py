"""What a page's handler has at hand: who asks, the views they may read, and how they record something.

A write answers with a redirect; the next page waits a moment for it, and says so when the views are not there yet.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Final, TypeVar

import msgspec
from flask import Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from domain.tenancy import Owner, Tenant, accord, commune, insurer
from infra.directory.search import SearchResult, search
from infra.ledger import Receipt
from projections import VIEWS
from services.access import scope_of
from services.asking import parts, principal
from services.reading import Audience, Reader, ViewNotReadyError
from services.web.render import wants_fragment

T = TypeVar("T")
R = TypeVar("R", bound=AnyResponse)

COOKIE: Final = "beffroi_recorded"
_SECONDS: Final = 30
_LONGEST_POSITION: Final = 18


class Read(msgspec.Struct, frozen=True):
    """When and how far a page was read: what its seal says."""

    today: date
    now: datetime
    position: int


class Desk:
    """One request of somebody who is signed in; `audience` narrows an operator's reading to one commune."""

    def __init__(self, audience: Audience | None = None) -> None:
        self.who = principal()
        self.now = parts().clock.now()
        self.today = parts().clock.today()
        if audience is None:
            scope = scope_of(self.who, parts().views)
            g.scope_reduced = not scope.complete
            audience = scope.audience
        self.audience = audience
        self._position = 0

    def read(self, query: Callable[[Reader], T]) -> T:
        """What a query finds, within what this person may see."""

        def positioned(reader: Reader) -> T:
            found = query(reader)
            self._position = min(_positions(reader), default=0)
            return found

        return parts().views.read(self.audience, positioned)

    @property
    def seal(self) -> Read:
        """State as of, as known at, ledger entry."""
        return Read(self.today, self.now, self._position)

    @property
    def own(self) -> Owner:
        """An insurer's own drawer."""
        return insurer(self.who.code)

    @property
    def accord(self) -> Owner:
        """What binds this insurer and a town."""
        return accord(self.who.code)

    @property
    def tenant(self) -> Tenant:
        """A town's own tenant."""
        return commune(self.who.code)

    @property
    def owners(self) -> Sequence[str]:
        """The accords that this person may read."""
        return [owner for owner in self.audience.owners if owner.startswith("accord:")]


def _positions(reader: Reader) -> Iterator[int]:
    """How far each view has come; one that is being prepared has nothing to say yet."""
    for view in VIEWS:
        with suppress(ViewNotReadyError):
            yield reader.position(view)


def found_communes(text: str, limit: int = 20) -> SearchResult:
    """The communes that answer to what somebody typed."""
    with parts().databases.request.connection() as connection:
        return search(connection, text, limit)


def judged(position: int) -> bool:
    """Whether the judge has checked every grid up to a position, and the views show what it found."""
    if position == 0:
        return True

    def reached(reader: Reader) -> bool:
        judge = reader.value("select position from projection.follower where name = 'judge'") or 0
        return bool(judge >= position and reader.position("compliance") >= position)

    return parts().views.read(Audience("operator"), reached)


def recorded(location: str, receipt: Receipt | None) -> AnyResponse:
    """Go to the page that shows what was recorded; it will wait for it."""
    return remembered(redirect(location, 303), receipt)


def remembered(answer: R, receipt: Receipt | None) -> R:
    """An answer after which the next page waits for what was recorded."""
    answer.set_cookie(
        COOKIE,
        str(receipt.last if receipt else 0),
        max_age=_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )
    return answer


def wait_for_own_write() -> None:
    """Before a page is read: wait up to a second for what this person has just recorded."""
    text = request.cookies.get(COOKIE, "")
    if request.method != "GET" or wants_fragment() or not (text.isascii() and text.isdigit()):
        return
    if len(text) > _LONGEST_POSITION:
        return
    g.recorded = int(text)
    g.caught_up = parts().views.wait(list(VIEWS), g.recorded)


def forget_own_write(answer: Response) -> Response:
    """After the page was shown: the notice is said once, and while the views are behind the next page waits again."""
    if g.get("recorded") is not None and g.get("caught_up") and answer.status_code < 300:
        answer.delete_cookie(COOKIE, httponly=True, samesite="Lax")
    return answer
