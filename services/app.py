"""The web application: the API and the pages, with one guard, one table of problems and one set of headers.

`create_app` connects to nothing: its parts do when they are first asked for.
"""

import importlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

from flask import Flask, Response, current_app, request
from flask.json.provider import DefaultJSONProvider
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter, RoutingException, ValidationError

from domain.tenancy import is_commune_code, is_key, is_siren
from services import api
from services.access import allow, guard
from services.asking import correlation, install, is_api, take_back
from services.problems import Problem, problem_of
from services.telemetry import requests
from services.wiring import Parts

log = logging.getLogger(__name__)

WEB: Final = Path(__file__).parent / "web"
LARGEST_BODY: Final = 1024 * 1024
"""Bytes: the largest grid, 1,540 cells, is a fifth of it."""

PROBLEM_PAGE: Final = "beffroi.problem_page"
"""The key of `app.extensions` under which the pages leave what shows a Problem to a person."""

_STRICT: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": _STRICT,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_CLOSING: Final = tuple((name, name.lower(), value) for name, value in _HEADERS.items())

ProblemPage = Callable[[Problem], ResponseReturnValue]


class Application(Flask):
    """Flask, but whatever goes wrong in the API is answered as a problem in JSON, whoever else handles errors."""

    def handle_user_exception(self, e: Exception) -> Any:
        """Answer an exception that a request raised."""
        if is_api() and not isinstance(e, RoutingException):
            return api.problem_response(_noted(e))
        return super().handle_user_exception(e)


def create_app(parts: Parts) -> Flask:
    """The application over the parts of a process."""
    app = Application(
        "beffroi",
        root_path=str(WEB),
        static_folder="static",
        static_url_path="/static",
        template_folder="templates",
    )
    if parts.settings.proxies:
        count = parts.settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.config.update(
        SECRET_KEY=parts.session_key.derive("forms"),
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_MEMORY_SIZE=LARGEST_BODY,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    cast(DefaultJSONProvider, app.json).sort_keys = False
    app.url_map.merge_slashes = False  # such a redirect would name whatever host the caller claims
    app.url_map.converters |= {"commune": CommuneConverter, "siren": SirenConverter, "key": KeyConverter}
    app.view_functions["static"] = allow(public=True)(app.view_functions["static"])
    app.register_error_handler(Exception, _problem_page)
    requests.install(app)
    # Run in the reverse order: what each response says beside comes last and wins.
    app.after_request(_close)
    install(app, parts)
    guard(app)
    api.register(app)
    pages: Any = importlib.import_module("services.web")
    if hasattr(pages, "register"):
        pages.register(app, parts)
    return app


class _Checked(BaseConverter):
    """A part of an address that has the right shape, else nothing is there."""

    part_isolating = True

    def to_python(self, value: str) -> str:
        """The part itself. Raises ValidationError, which makes the address unknown."""
        if not self.fits(value):
            raise ValidationError
        return value

    @classmethod
    def fits(cls, value: str) -> bool:
        """Whether a part has the right shape."""
        raise NotImplementedError


class CommuneConverter(_Checked):
    """An INSEE code."""

    @classmethod
    def fits(cls, value: str) -> bool:
        """Five characters."""
        return is_commune_code(value)


class SirenConverter(_Checked):
    """A SIREN."""

    @classmethod
    def fits(cls, value: str) -> bool:
        """Nine digits that add up."""
        return is_siren(value)


class KeyConverter(_Checked):
    """The last part of a stream's name."""

    @classmethod
    def fits(cls, value: str) -> bool:
        """Letters, digits and a few signs."""
        return is_key(value)


def _noted(error: Exception) -> Problem:
    """The problem of an exception, which is written to the log when it is ours to mend. Nothing personal is in it."""
    take_back()
    found = problem_of(error)
    if found.status >= 500:
        unexpected = found.code == "internal-error" and not isinstance(error, HTTPException)
        log.error(
            "%s %s: %s (%s)", request.method, requests.route(), found.code, correlation(), exc_info=unexpected
        )
    return found


def _problem_page(error: Exception) -> ResponseReturnValue:
    """Show a person what went wrong: as the pages do, or in a line of plain text."""
    if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
        return cast(ResponseReturnValue, error.get_response())
    found = _noted(error)
    page: ProblemPage | None = current_app.extensions.get(PROBLEM_PAGE)
    if page is not None:
        return page(found)
    return Response(
        f"{found.status} {found.title}\n", found.status, dict(found.headers), mimetype="text/plain"
    )


def _close(response: Response) -> Response:
    """Headers of every answer: what a browser may do with it, and that nobody keeps what was for one person."""
    said = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 (headers are not a mapping)
    for name, key, value in _CLOSING:
        if key not in said:
            response.headers.add(name, value)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


__all__ = ["LARGEST_BODY", "PROBLEM_PAGE", "Application", "ProblemPage", "create_app"]
