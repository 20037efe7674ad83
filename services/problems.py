"""What can go wrong in a request, in one table: from an exception to a status, a stable code and words (RFC 9457).

The API answers a problem as JSON, pages show it in French under the same code.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

import msgspec
import psycopg
from eventsourcing.persistence import DataError
from werkzeug.exceptions import HTTPException

from domain.refusal import Refused
from domain.tariffs.assess import ScenarioError
from infra.identity import SignInBusy, SignInRefused, SignInThrottled
from infra.ledger import CommandReused, Conflict, LedgerFull, LedgerUnavailable
from projections.engine.reading import ViewNotReadyError
from services.access import CommuneMergedError, DirectoryEmptyError, NotSignedInError
from services.commands.perform import NotFoundError, StaleError
from services.schemas.faults import Fault, InvalidInputError

CODES: Final[Mapping[str, tuple[int, str]]] = {
    "bad-request": (400, "The request cannot be understood"),
    "malformed-json": (400, "The body is not JSON"),
    "malformed-header": (400, "A header is not what it should be"),
    "not-signed-in": (401, "Sign in first"),
    "sign-in-refused": (401, "No account has this address with this password"),
    "not-found": (404, "Nothing is there, or nothing for you"),
    "commune-merged": (404, "This commune is part of another one now"),
    "method-not-allowed": (405, "This address does not take that method"),
    "lost-race": (409, "Somebody else was faster"),
    "command-reused": (409, "This Idempotency-Key was used for something else"),
    "stale": (412, "It has changed since you read it"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "The body must be JSON"),
    "invalid-input": (422, "Something in the input is not as expected"),
    "not-recordable": (422, "The input holds what cannot be recorded"),
    "tariff-not-judged": (422, "The tariff cannot be judged as it stands"),
    "too-many-attempts": (429, "Too many attempts to sign in"),
    "internal-error": (500, "Something went wrong here"),
    "ledger-full": (503, "Too much is being recorded at once"),
    "ledger-unavailable": (503, "The ledger does not answer"),
    "database-unavailable": (503, "The database does not answer"),
    "view-not-ready": (503, "A view is being prepared"),
    "communes-not-loaded": (503, "The communes are not loaded yet"),
    "sign-in-busy": (503, "Too many people sign in at once"),
}
"""Every code that is not a refusal of the domain, with its status and title."""

REFUSALS: Final[Mapping[str, str]] = {
    "already-cancelled": "The office hour was cancelled",
    "already-confirmed": "The town has confirmed the convention",
    "already-held": "The office hour was held already",
    "amendment-decided": "The town has decided on this amendment",
    "amendment-known": "Another amendment has this name",
    "amendment-outside": "The amendment takes effect outside the convention",
    "amendment-pending": "Another amendment waits for the town",
    "amendment-unknown": "No amendment has this name",
    "birth-date-wrong": "The birth date does not fit the day of joining",
    "case-elsewhere": "The case does not stand where this could be done",
    "cell-wrong": "A cell of the grid is not as expected",
    "cells-overlap": "Two cells price the same person",
    "commitment-not-promised": "The convention promises no such thing",
    "commitment-repeated": "Two commitments have the same name",
    "commitment-unknown": "A commitment cannot be checked as written",
    "communes-wrong": "The towns of the convention are not as expected",
    "convention-not-confirmed": "The town has not confirmed the convention",
    "convention-over": "The convention is over",
    "convention-refused": "The town refused the convention",
    "correction-unknown": "These terms do not stand",
    "corrects-unknown": "The grid to correct is not there",
    "counts-contradict": "The head counts contradict each other",
    "dates-inverted": "The convention ends before it starts",
    "decided-later": "The decision would be taken in the future",
    "declared-rise-wrong": "The declared rise is not as expected",
    "document-empty": "The document is empty",
    "document-too-large": "The document is too large",
    "document-type": "The document is of another type",
    "document-unknown": "No such document was filed",
    "exemption-decided": "The exemption was decided already",
    "exemption-impossible": "No exemption bears on what the case is about",
    "exemption-known": "Another exemption has this name",
    "exemption-not-granted": "The exemption is not in force",
    "exemption-unknown": "No exemption has this name",
    "exemption-wider": "More would be granted than was asked for",
    "exemption-wrong": "The exemption is not as expected",
    "explanation-awaited": "The insurer still has days to explain",
    "given-later": "Notice would be given in the future",
    "grid-empty": "The grid has no cell",
    "grid-known": "Another grid has this name",
    "headcount-known": "Members were counted otherwise already",
    "hours-inverted": "The office hour ends before it starts",
    "index-known": "The index was published with another value",
    "index-not-contested": "Nobody contests this value",
    "index-unknown": "Nothing was published so",
    "left-already": "The member left already",
    "left-before-joining": "The member would leave before joining",
    "letter-not-pdf": "The letter is not a PDF",
    "no-cell": "The grid in force has no price for this person",
    "no-grid-in-force": "No grid is in force on that day",
    "no-notice": "No notice stands",
    "not-yet-held": "The day of the office hour has not come",
    "notice-in-effect": "The notice has taken effect",
    "notice-of-other": "The other side gave the notice",
    "notice-outside": "Notice would be given outside the convention",
    "notice-standing": "Notice was given already",
    "notified-later": "The grid would be notified in the future",
    "number-taken": "Another member has this number",
    "out-of-range": "A figure or day is outside what is plausible",
    "outside-convention": "The day lies outside the convention",
    "prepared-grid-discarded": "The prepared grid was discarded",
    "prepared-incomplete": "The prepared grid is not complete",
    "proof-missing": "An operator confirms on the council's papers",
    "published-later": "The figure would be published in the future",
    "reason-missing": "A reason is needed",
    "reference-known": "Another reference grid has this name",
    "revoked-earlier": "The exemption would be revoked for days gone by",
    "sent-later": "The letter would be sent in the future",
    "source-missing": "A published figure needs its source",
    "start-moved": "The first day of the convention would move",
    "taken-later": "Members would be counted in the future",
    "term-too-long": "The convention would run too long",
    "town-repeated": "A town is named twice",
}
"""Every refusal of the domain with its title; all are answered with 422."""

_HTTP: Final[Mapping[int, str]] = {
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid-input",
}
_SOON, _LATER = 1, 5
_UNKNOWN: Final = "Whether it was recorded is unknown: send it again with its Idempotency-Key."


class HeaderError(Exception):
    """A header of the request is not what it should be; the message says which and what was expected."""


class MalformedJsonError(Exception):
    """The body is not JSON; the message says where."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong. `facts` are members of its own (RFC 9457, extension members), `headers` go with the answer."""

    code: str
    status: int
    title: str
    detail: str | None = None
    errors: tuple[Fault, ...] = ()
    facts: Mapping[str, object] = msgspec.field(default_factory=dict)
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)

    @property
    def type(self) -> str:
        """The address, relative to the site, where the code is explained."""
        return f"/problems/{self.code}"


def problem(code: str, detail: str | None = None, *, retry: int | None = None, **more: Any) -> Problem:
    """A problem of the table; `retry` is in how many seconds it is worth trying again."""
    status, title = CODES[code]
    headers = dict(more.pop("headers", {}))
    if retry is not None:
        headers["Retry-After"] = str(retry)
    return Problem(code=code, status=status, title=title, detail=detail, headers=headers, **more)


def problem_of(error: BaseException) -> Problem:
    """What an exception means to whoever asked. What is in no table is an internal error, and tells nothing."""
    for kind in type(error).__mro__:
        if kind in _TABLE:
            return _TABLE[kind](error)
    return problem("internal-error", "It is recorded here under the request's correlation.")


def _refused(error: Refused) -> Problem:
    return Problem(
        code=error.code,
        status=422,
        title=REFUSALS.get(error.code, "The rules do not allow it"),
        detail=error.detail,
        errors=(Fault(error.path, error.detail, code=error.code),),
        facts={"facts": {name: _plain(value) for name, value in error.facts.items()}} if error.facts else {},
    )


def _merged(error: CommuneMergedError) -> Problem:
    successor = {"code": error.successor.code, "name": error.successor.name}
    return problem("commune-merged", f"{error}.", facts={"successor": successor})


def _stale(error: StaleError) -> Problem:
    return problem("stale", f"It is at version {error.version} now.", headers={"ETag": f'"{error.version}"'})


def _throttled(error: SignInThrottled) -> Problem:
    detail = f"Another attempt may be made in {error.seconds} seconds."
    return problem("too-many-attempts", detail, retry=error.seconds)


def _http(error: HTTPException) -> Problem:
    status = error.code or 500
    code = _HTTP.get(status, "bad-request" if status < 500 else "internal-error")
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    made = problem(code, headers=headers)
    return made if made.status == status else msgspec.structs.replace(made, status=status, title=error.name)


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | None) else str(value)


_TABLE: Final[Mapping[type[BaseException], Callable[[Any], Problem]]] = {
    Refused: _refused,
    InvalidInputError: lambda e: problem("invalid-input", errors=e.faults),
    MalformedJsonError: lambda e: problem("malformed-json", str(e)),
    HeaderError: lambda e: problem("malformed-header", str(e)),
    ScenarioError: lambda e: problem("tariff-not-judged", errors=(Fault(e.path, str(e), e.expected),)),
    DataError: lambda _: problem("not-recordable"),
    NotSignedInError: lambda _: problem(
        "not-signed-in", headers={"WWW-Authenticate": 'Bearer realm="beffroi"'}
    ),
    SignInRefused: lambda _: problem("sign-in-refused"),
    SignInThrottled: _throttled,
    SignInBusy: lambda e: problem("sign-in-busy", retry=e.seconds),
    CommuneMergedError: _merged,
    NotFoundError: lambda _: problem("not-found"),
    StaleError: _stale,
    CommandReused: lambda _: problem("command-reused"),
    Conflict: lambda _: problem("lost-race", "Read it again and decide again."),
    LedgerFull: lambda _: problem("ledger-full", retry=_SOON),
    LedgerUnavailable: lambda _: problem("ledger-unavailable", _UNKNOWN, retry=_LATER),
    ViewNotReadyError: lambda e: problem(
        "view-not-ready", f"The view {e.view} is being prepared.", retry=_LATER
    ),
    DirectoryEmptyError: lambda _: problem("communes-not-loaded", retry=_LATER),
    psycopg.OperationalError: lambda _: problem("database-unavailable", retry=_LATER),
    psycopg.InterfaceError: lambda _: problem("database-unavailable", retry=_LATER),
    HTTPException: _http,
}
