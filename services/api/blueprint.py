"""Resources of the API: flask-smorest's blueprint with types, and a parser that reads JSON strictly.

A key that comes twice, a number that is not exact: what two programs could read differently is refused.
"""

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final, TypeVar

from flask import Request, request
from flask_smorest.blueprint import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from services.problems import MalformedJsonError
from services.schemas.faults import Fault, InvalidInputError
from services.schemas.reading import read_form, read_json

F = TypeVar("F", bound=Callable[..., Any])

_LARGEST: Final = 2**53
"""Beyond it, whole numbers are not exact in every program that reads JSON."""


@cache
def _made(schema: type[Schema]) -> Schema:
    """A schema keeps nothing of what it reads: one serves every request."""
    return schema()


class StrictParser(FlaskParser):
    """Reads bodies and addresses, and tells all that is wrong with them at once."""

    def parse(self, argmap: Any, req: Request | None = None, *, location: str | None = None, **_: Any) -> Any:
        """What the request gives of a schema. Raises InvalidInputError, MalformedJsonError, UnsupportedMediaType."""
        asked = req or request
        schema = _made(argmap) if isinstance(argmap, type) else self._get_schema(argmap, asked)
        if location == "query":
            return read_form(schema, _once_each(asked))
        return read_json(schema, json_body(asked))


class Resources(Blueprint):
    """Routes that belong together."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, module: str, *, prefix: str | None = None, about: str) -> None:
        Blueprint.__init__(self, name, module, url_prefix=prefix, description=about)

    def route(self, rule: str, **options: Any) -> Callable[[F], F]:
        """Serve a function or a MethodView under an address."""
        decorator: Callable[[F], F] = Blueprint.route(self, rule, **options)
        return decorator

    def arguments(self, schema: type[Schema], **options: Any) -> Callable[[F], F]:
        """Read the body (or `location="query"`) by a schema, and give it to the handler before the address' parts."""
        decorator: Callable[[F], F] = Blueprint.arguments(self, schema, **options)
        return decorator

    def response(
        self, status_code: int, schema: type[Schema] | None = None, **options: Any
    ) -> Callable[[F], F]:
        """Answer with what the handler returns, written by a schema."""
        decorator: Callable[[F], F] = Blueprint.response(self, status_code, schema, **options)
        return decorator

    def described(self, **parts: Any) -> Callable[[F], F]:
        """Say in the description what no schema says: a body of bytes, for one."""
        decorator: Callable[[F], F] = Blueprint.doc(**parts)
        return decorator

    def or_response(self, status_code: int, schema: type[Schema]) -> Callable[[F], F]:
        """Say that the handler may answer otherwise too."""
        decorator: Callable[[F], F] = Blueprint.alt_response(self, status_code, schema=schema)
        return decorator


def json_body(req: Request) -> object:
    """The body as JSON values; an empty body is an empty object. Raises MalformedJsonError, UnsupportedMediaType."""
    raw = req.get_data(cache=True)
    if not raw:
        return {}
    if req.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        return json.loads(
            raw.decode(),
            object_pairs_hook=_once,
            parse_int=_exact,
            parse_float=_fraction,
            parse_constant=_no_such_number,
        )
    except UnicodeDecodeError:
        raise MalformedJsonError("The body is not in UTF-8.") from None
    except RecursionError:
        raise MalformedJsonError("The body is nested too deeply.") from None
    except json.JSONDecodeError as wrong:
        raise MalformedJsonError(f"Line {wrong.lineno}, column {wrong.colno}: {wrong.msg}.") from None


def _once_each(req: Request) -> dict[str, str]:
    for name, values in req.args.lists():
        if len(values) > 1:
            raise InvalidInputError(
                Fault(f"$.{name[:60]}", "This comes more than once.", "each parameter once")
            )
    return req.args.to_dict()


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise MalformedJsonError("A key comes twice in the same object.")
    return values


def _exact(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > _LARGEST:
        raise MalformedJsonError("A whole number is too large.")
    return int(text)


def _fraction(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise MalformedJsonError("A number's exponent is too large.") from None


def _no_such_number(name: str) -> object:
    raise MalformedJsonError(f"{name} is not a JSON number.")
