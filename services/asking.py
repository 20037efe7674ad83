"""What one HTTP request knows: the parts of the process, who asks, under which correlation, and what to answer beside.

The API and the pages share it; neither keeps anything between two requests.
"""

import re
import uuid
from typing import Final, cast

from flask import Flask, Response, current_app, g, request

from infra.identity import Principal
from services.commands.perform import Ask
from services.wiring import Parts

API: Final = "/v1"
SESSION_COOKIE: Final = "beffroi_session"
CORRELATION_HEADER: Final = "X-Request-Id"
_PARTS: Final = "beffroi"
_CORRELATION = re.compile(r"[A-Za-z0-9._:-]{1,100}")


def install(app: Flask, parts: Parts) -> None:
    """Let the requests of an application know their parts."""
    app.extensions[_PARTS] = parts
    app.after_request(_say_beside)


def parts() -> Parts:
    """The parts of this process."""
    return cast(Parts, current_app.extensions[_PARTS])


def is_api() -> bool:
    """Whether a program asks: it is answered in JSON, and signs each request with a bearer token."""
    return request.path == API or request.path.startswith((f"{API}/", "/problems/", "/health/"))


def token() -> str | None:
    """The token that came with the request: in the header for programs, in the cookie for pages, never either for both.

    A browser sends its cookie wherever a stranger's page points it; so the API does not look at it.
    """
    if not is_api():
        return request.cookies.get(SESSION_COOKIE)
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    return text.strip() if scheme.lower() == "bearer" and text.strip() else None


def visitor() -> Principal | None:
    """Who is signed in, if anybody; asked of the database once a request."""
    if "visitor" not in g:
        text = token()
        g.visitor = parts().identity.principal(text) if text else None
    return cast("Principal | None", g.visitor)


def principal() -> Principal:
    """Who is signed in, on a route that asks for it. Raises LookupError elsewhere."""
    who = visitor()
    if who is None:
        msg = "nobody is signed in: the route is public, or says not who may call it"
        raise LookupError(msg)
    return who


def correlation() -> str:
    """What ties everything together that came of this request: the caller's X-Request-Id, or one made here."""
    if "correlation" not in g:
        given = request.headers.get(CORRELATION_HEADER, "")
        g.correlation = given if _CORRELATION.fullmatch(given) else uuid.uuid4().hex
    return cast(str, g.correlation)


def asked(command: str | None = None, expected: int | None = None) -> Ask:
    """The ask of a command by whoever is signed in; `command` is its id, `expected` the version the caller saw."""
    return Ask(
        actor=principal().account,
        now=parts().clock.now(),
        command=command,
        correlation=correlation(),
        expected=expected,
    )


def beside(name: str, value: object) -> None:
    """Answer with a header, whatever the handler returns; the last value counts."""
    g.setdefault("beside", {})[name] = str(value)


def take_back() -> None:
    """Forget what was to be answered beside: the handler failed, and another answer takes its place."""
    g.pop("beside", None)


def _say_beside(response: Response) -> Response:
    response.headers[CORRELATION_HEADER] = correlation()
    said: dict[str, str] = g.get("beside", {})
    for name, value in said.items():
        response.headers[name] = value
    if "ETag" in said and response.status_code == 200:
        response.make_conditional(request)
    return response
