"""The published JSON Schemas of events: what a program reads before it reads a record. They name nobody."""

import hashlib
import json
from functools import cache
from typing import Any, Final

import msgspec
from flask import Response, url_for
from flask.views import MethodView

from services.access import allow
from services.api.blueprint import Resources
from services.asking import API, beside
from services.commands.perform import NotFoundError
from services.docs_event_schemas import ROOT, SCHEMAS
from services.schemas.event_schemas import EventSchemasAnswer

SCHEMA_JSON: Final = "application/schema+json"
_FIVE_MINUTES: Final = "public, max-age=300"

blueprint = Resources("event_schemas", __name__, prefix=f"{API}/schemas/events", about="Schemas of events")


class Published(msgspec.Struct, frozen=True):
    """A published schema: its `$id`, the bytes of its file and their digest."""

    id: str
    content: bytes
    digest: str


@cache
def published() -> dict[str, Published]:
    """Every published schema by name, read once a process."""
    contents = {path.stem: path.read_bytes() for path in sorted((ROOT / SCHEMAS).glob("*.json"))}
    return {
        name: Published(json.loads(content)["$id"], content, hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    }


@blueprint.route("")
class EventSchemas(MethodView):
    """The list."""

    @allow(public=True)
    @blueprint.response(200, EventSchemasAnswer)
    def get(self) -> dict[str, Any]:
        """Every published schema: one for each name under which events are stored, and that of a record"""
        known = published()
        every = "".join(schema.digest for schema in known.values())
        _kept(hashlib.sha256(every.encode()).hexdigest())
        items = [
            {"name": name, "id": schema.id, "href": url_for(".EventSchema", name=name)}
            for name, schema in known.items()
        ]
        return {"items": items}


@blueprint.route("/<key:name>")
class EventSchema(MethodView):
    """One schema."""

    @allow(public=True)
    @blueprint.response(200, content_type=SCHEMA_JSON)
    def get(self, name: str) -> Response:
        """One schema (JSON Schema, draft 2020-12) by the name under which events are stored"""
        schema = published().get(name)
        if schema is None:
            raise NotFoundError(name)
        _kept(schema.digest)
        return Response(schema.content, content_type=SCHEMA_JSON)


def _kept(digest: str) -> None:
    beside("ETag", f'"{digest}"')
    beside("Cache-Control", _FIVE_MINUTES)
