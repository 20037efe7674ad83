"""The API under /v1: resources of thin handlers, one description (OpenAPI 3.1), one shape for whatever goes wrong.

| file | holds |
|---|---|
| `sessions`, `communes`, `tariffs`, `office_hours`, `membership`, `status` | the resources |
| `partnerships`, `amendments`, `documents` | the resources of conventions |
| `prepared`, `exemptions`, `indices`, `judged_on` | the resources of tariffs, besides notified grids |
| `compliance`, `cases` | what was judged, and what becomes of what is broken |
| `answers`, `cursors` | what handlers share: commands, positions of views, pages |
| `event_schemas` | the JSON Schemas of events |
| `blueprint` | strict reading of requests |
| `openapi` | the description, the page that shows it, the page of each problem's code |
"""

import json

from flask import Flask, Response, request

from services.api import (
    amendments,
    cases,
    communes,
    compliance,
    documents,
    event_schemas,
    exemptions,
    indices,
    judged_on,
    membership,
    office_hours,
    openapi,
    partnerships,
    prepared,
    sessions,
    status,
    tariffs,
)
from services.asking import correlation
from services.problems import Problem

RESOURCES = (
    sessions.blueprint,
    communes.blueprint,
    partnerships.blueprint,
    amendments.blueprint,
    documents.blueprint,
    tariffs.blueprint,
    exemptions.blueprint,
    judged_on.blueprint,
    prepared.blueprint,
    indices.blueprint,
    compliance.blueprint,
    cases.blueprint,
    office_hours.blueprint,
    membership.blueprint,
    status.blueprint,
    event_schemas.blueprint,
)


def register(app: Flask) -> None:
    """Serve the API by an application."""
    api = openapi.make(app)
    for resources in RESOURCES:
        api.register_blueprint(resources)
    app.register_blueprint(openapi.blueprint)


def problem_response(problem: Problem) -> Response:
    """A problem as RFC 9457 has it, with `code`, `errors` and the request's correlation as members of ours."""
    body: dict[str, object] = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request.path,
        "code": problem.code,
        "correlation": correlation(),
        **problem.facts,
    }
    if problem.errors:
        body["errors"] = [
            {"path": each.path, "code": each.code, "message": each.message, "expected": each.expected}
            for each in problem.errors
        ]
    shown = {name: value for name, value in body.items() if value is not None}
    return Response(
        json.dumps(shown), problem.status, dict(problem.headers), content_type=openapi.PROBLEM_JSON
    )
