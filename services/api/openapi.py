"""The description of the API (OpenAPI 3.1), a page to read it by, and a page for each code of problem.

What all operations share (headers, problems, who may call) is added here, from the routes themselves.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Flask, current_app, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_smorest import Api
from flask_smorest.spec.plugins import FlaskPlugin
from marshmallow import fields

from services.access import Access, allow, routes
from services.api.answers import BEHIND_HEADER, KEY_HEADER, POSITION_HEADER, REPLAYED_HEADER, VIEW_HEADER
from services.asking import API, CORRELATION_HEADER, beside
from services.commands.perform import NotFoundError
from services.problems import CODES, REFUSALS
from services.schemas.answers import Answer
from services.schemas.fields import Value

PROBLEM_JSON: Final = "application/problem+json"
_KEPT: Final = "beffroi.openapi"
_FIVE_MINUTES: Final = "public, max-age=300"
_CONVERTERS: Final[Mapping[str, Mapping[str, str]]] = {
    "commune": {"type": "string", "pattern": "^([0-9]{2}|2[AB])[0-9]{3}$", "description": "INSEE code"},
    "siren": {"type": "string", "pattern": "^[0-9]{9}$", "description": "SIREN of the insurer"},
    "key": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$"},
}
# swagger-ui draws its icons from data: addresses; scripts are files of ours, as everywhere.
_DOCS_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_ABOUT: Final = (
    "What a mutuelle communale promised, and what happened, commune by commune.\n\n"
    "Money is a text in euros with two decimals, a day is ISO 8601. Whatever goes wrong is a problem (RFC 9457) with a"
    f" stable code. A POST may carry an `{KEY_HEADER}`: sent again, it is answered again and done once. A write answers"
    f" its `{POSITION_HEADER}`; name it when reading, and views are waited for, a second at most."
)

blueprint = Blueprint(
    "api-reference",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path=f"{API}/docs/static",
)


class FaultAnswer(Answer):
    """One thing that is wrong with the input."""

    path = fields.String(metadata={"description": "A JSON path: `$.cells[0].monthly`."})
    code = fields.String()
    message = fields.String()
    expected = fields.String(allow_none=True)


class ProblemAnswer(Answer):
    """What went wrong (RFC 9457)."""

    type = fields.String(metadata={"format": "uri-reference"})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    instance = fields.String(metadata={"format": "uri-reference"})
    code = fields.String(metadata={"enum": sorted({*CODES, *REFUSALS})})
    correlation = fields.String()
    errors = fields.List(fields.Nested(FaultAnswer))


class BeffroiApi(Api):
    """flask-smorest without its own error handlers: the application has one table for all problems."""

    DEFAULT_ERROR_RESPONSE_NAME: Any = None
    ERROR_SCHEMA: Any = ProblemAnswer

    def __init__(self, app: Flask, **options: Any) -> None:
        Api.__init__(self, app, spec_kwargs=options)

    def describe_field(self, field: type[Value[Any]]) -> None:
        """Let a kind of value have its type and format in the description."""
        Api.register_field(self, field, *field.openapi)

    def _register_error_handlers(self) -> None:
        pass


def make(app: Flask) -> Api:
    """The API of an application, into which blueprints are registered."""
    plugin = FlaskPlugin()
    for name, schema in _CONVERTERS.items():
        plugin.register_converter(app.url_map.converters[name], lambda _, schema=schema: dict(schema))
    api = BeffroiApi(
        app,
        title="Beffroi",
        version="1",
        openapi_version="3.1.0",
        flask_plugin=plugin,
        info={"description": _ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        servers=[{"url": "/"}],
    )
    for field in _kinds(Value):
        api.describe_field(field)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    api.spec.components.response(
        "Problem", {"description": "What went wrong", "content": {PROBLEM_JSON: {"schema": ProblemAnswer}}}
    )
    for name, header in _HEADERS.items():
        api.spec.components.parameter(name.replace("-", ""), "header", {"name": name, **header})
    return api


def _kinds(base: type[Value[Any]]) -> list[type[Value[Any]]]:
    return [base, *(kind for each in base.__subclasses__() for kind in _kinds(each))]


_HEADERS: Final[Mapping[str, Mapping[str, Any]]] = {
    KEY_HEADER: {
        "description": "1 to 200 visible ASCII characters. Sent again with the same input, the answer is the same,"
        f" with `{REPLAYED_HEADER}: true`.",
        "schema": {"type": "string", "maxLength": 200, "pattern": "^[!-~]{1,200}$"},
    },
    "If-Match": {
        "description": "The entity tag that was read: done only if that is still the version.",
        "schema": {"type": "string"},
    },
    POSITION_HEADER: {
        "description": "A position that a write answered: views are waited for, a second at most."
        f" `{VIEW_HEADER}` says how far they are, `{BEHIND_HEADER}: true` that it is not far enough.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    },
    CORRELATION_HEADER: {
        "description": "Kept with whatever this request records, and answered.",
        "schema": {"type": "string", "maxLength": 100},
    },
}
_CHANGES: Final = (
    "/confirmation",
    "/correction",
    "/refusal",
    "/amendments",
    "/notice",
    "/withdrawal",
    "/grant",
    "/revocation",
    "/{prepared}",
    "/held",
    "/cancellation",
    "/leaving",
    "/explanation",
    "/dispute",
    "/acceptance",
    "/formal-notice",
)


def described(app: Flask) -> dict[str, Any]:
    """The whole description, with what every operation shares."""
    extension: Any = app.extensions["flask-smorest"]
    api: Api = extension["apis"][""]["ext_obj"]
    spec: dict[str, Any] = api.spec.to_dict()
    for rule, method, access in routes(app):
        path = FlaskPlugin.flaskpath2openapi(rule.rule)
        operation = spec["paths"].get(path, {}).get(method.lower())
        if operation is not None and access is not None:
            operation["operationId"] = f"{method.lower()}{rule.endpoint.rpartition('.')[2]}"
            _complete(operation, path, method, access)
    return spec


def _complete(operation: dict[str, Any], path: str, method: str, access: Access) -> None:
    operation["security"] = [] if access.public else [{"bearer": []}]
    if access.roles:
        operation["x-roles"] = list(access.roles)
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {"$ref": "#/components/responses/Problem"}
    wanted = [CORRELATION_HEADER]
    if method == "POST" and not access.public:
        wanted.append(KEY_HEADER)
    if path.endswith(_CHANGES):
        wanted.append("If-Match")
    if method == "GET" and not access.public:
        wanted.append(POSITION_HEADER)
    references = [{"$ref": f"#/components/parameters/{name.replace('-', '')}"} for name in wanted]
    operation.setdefault("parameters", []).extend(references)


@blueprint.get(f"{API}/openapi.json")
@allow(public=True)
def description() -> ResponseReturnValue:
    """The description of the API."""
    app = current_app
    if _KEPT not in app.extensions:
        app.extensions[_KEPT] = described(app)
    beside("Cache-Control", _FIVE_MINUTES)
    return jsonify(app.extensions[_KEPT])


@blueprint.get(f"{API}/docs")
@allow(public=True)
def docs() -> ResponseReturnValue:
    """A page that draws the description."""
    beside("Content-Security-Policy", _DOCS_POLICY)
    beside("Cache-Control", _FIVE_MINUTES)
    return render_template("api_docs.jinja")


@blueprint.get("/problems/<key:code>")
@allow(public=True)
def problem(code: str) -> ResponseReturnValue:
    """What a code of problem means."""
    if code in CODES:
        status, title = CODES[code]
    elif code in REFUSALS:
        status, title = 422, REFUSALS[code]
    else:
        raise NotFoundError(code)
    beside("Cache-Control", _FIVE_MINUTES)
    return jsonify({"code": code, "title": title, "status": status})


def _static(filename: str) -> ResponseReturnValue:
    return blueprint.send_static_file(filename)


@blueprint.record_once
def _open(state: Any) -> None:
    # The functions that serve files are Flask's own and carry no mark.
    served = state.app.view_functions
    served["api-reference.static"] = allow(public=True)(_static)
