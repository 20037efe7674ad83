"""One line and one observation for each HTTP request: which route, how it ended, how long it took.

The route is the template of the address, never the address: that may hold a token, and its query whatever was searched.
"""

import logging
import time
from typing import Final

from flask import Flask, Response, g, has_request_context, request

from services.asking import correlation
from services.logs import ACCESS
from services.telemetry.metrics import http_requests

log = logging.getLogger(ACCESS)

NO_ROUTE: Final = "none"
"""What stands for the template where no route has the address."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def install(app: Flask) -> None:
    """Time every request of an application. To be called before anything else of it is installed: it encloses them."""
    app.before_request(_begin)
    app.after_request(_end)


def request_correlation() -> str | None:
    """What the request at work here is known by; None outside one."""
    return correlation() if has_request_context() else None


def route() -> str:
    """The template of the address that is asked for."""
    return request.url_rule.rule if request.url_rule is not None else NO_ROUTE


def _begin() -> None:
    g.begun = time.perf_counter()


def _end(response: Response) -> Response:
    seconds = time.perf_counter() - g.get("begun", time.perf_counter())
    template = route()
    method = request.method if request.method in _METHODS else "OTHER"
    status = response.status_code
    http_requests.labels(template, method, f"{status // 100}xx").observe(seconds)
    if log.isEnabledFor(logging.INFO):
        milliseconds = round(seconds * 1000, 1)
        log.info(
            "%s %s %s in %s ms",
            method,
            template,
            status,
            milliseconds,
            extra={"method": method, "route": template, "status": status, "milliseconds": milliseconds},
        )
    return response
