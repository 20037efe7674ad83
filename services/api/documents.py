"""Documents: a file goes into a drawer, and comes out through the row that row-level security shows.

Larger bodies than anywhere else are taken here, and here alone.
"""

import io
from typing import Any, Final

from flask import Response, request, send_file, url_for
from flask.views import MethodView
from werkzeug.exceptions import UnsupportedMediaType

from domain.partnerships.document import LARGEST, LONGEST_NAME, MEDIA_TYPES
from domain.tenancy import Owner, Tenant
from projections.access import queries as access
from projections.oversight import queries as oversight
from services.access import READERS, accord_of, allow, own_drawer
from services.api.answers import command_ask, page, read, recorded
from services.api.blueprint import Resources
from services.api.cursors import opened
from services.asking import API, parts, principal
from services.commands import documents
from services.commands.documents import FileDocument
from services.commands.perform import NotFoundError
from services.schemas.answers import PageGiven, ReceiptAnswer, page_of
from services.schemas.documents import DocumentAnswer
from services.schemas.faults import Fault, InvalidInputError
from services.schemas.text import LINE, fault_in, settle

blueprint = Resources("documents", __name__, prefix=API, about="Signed texts, votes, justifications")

_ACCORD: Final = "/communes/<commune:code>/accords/<siren:siren>/documents"
_OWN: Final = "/insurers/<siren:siren>/documents"
_ENVELOPE: Final = 64 * 1024
"""Bytes that a form may need around the largest file."""

_FORM: Final = "multipart/form-data"
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_BODY: Final = {
    "required": True,
    "content": {
        _FORM: {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {"type": "string", "format": "binary"},
                    "about": {"type": "string", "maxLength": LINE},
                },
            }
        },
        **dict.fromkeys(MEDIA_TYPES, _BINARY),
    },
}
_NAMED: Final = [
    {
        "name": name,
        "in": "query",
        "description": said,
        "schema": {"type": "string", "maxLength": LINE},
    }
    for name, said in (
        ("name", "The file's name, when the body is the file itself."),
        ("about", "What it concerns, when the body is the file itself."),
    )
]


@blueprint.route(_ACCORD)
class Documents(MethodView):
    """The documents that a town and an insurer share."""

    @allow(*READERS)
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(DocumentAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str) -> dict[str, Any]:
        """The documents filed between a commune and an insurer, in the order of filing"""
        return _listed(given, *_shared(code, siren))

    @allow("insurer", "town")
    @blueprint.described(requestBody=_BODY, parameters=_NAMED)
    @blueprint.response(201, ReceiptAnswer)
    def post(self, code: str, siren: str) -> tuple[dict[str, Any], int]:
        """File a document that both read

        As a form with a field `file`, or as the body itself under its own type. The same bytes again are nothing.
        """
        tenant, owner = _shared(code, siren)
        return _filed(tenant, owner, ".DocumentBytes", {"code": code, "siren": siren})


@blueprint.route(f"{_ACCORD}/<key:sha256>")
class DocumentBytes(MethodView):
    """One document."""

    @allow(*READERS)
    @blueprint.response(200)
    def get(self, code: str, siren: str, sha256: str) -> Response:
        """The bytes of a document"""
        return _sent(*_shared(code, siren), sha256)


@blueprint.route(_OWN)
class OwnDocuments(MethodView):
    """The documents of an insurer's own."""

    @allow("insurer")
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(DocumentAnswer))
    def get(self, given: dict[str, Any], siren: str) -> dict[str, Any]:
        """The insurer's own documents, in the order of filing"""
        return _listed(given, *_own(siren))

    @allow("insurer")
    @blueprint.described(requestBody=_BODY, parameters=_NAMED)
    @blueprint.response(201, ReceiptAnswer)
    def post(self, siren: str) -> tuple[dict[str, Any], int]:
        """File a document of one's own: the justification of a grid that is being prepared"""
        tenant, owner = _own(siren)
        return _filed(tenant, owner, ".OwnDocumentBytes", {"siren": siren})


@blueprint.route(f"{_OWN}/<key:sha256>")
class OwnDocumentBytes(MethodView):
    """One document of an insurer's own."""

    @allow("insurer")
    @blueprint.response(200)
    def get(self, siren: str, sha256: str) -> Response:
        """The bytes of a document of one's own"""
        return _sent(*_own(siren), sha256)


def _own(siren: str) -> tuple[Tenant, Owner]:
    owner = own_drawer()
    if owner != f"insurer:{siren}":
        raise NotFoundError(siren)
    return Tenant(owner), owner


def _shared(code: str, siren: str) -> tuple[Tenant, Owner]:
    """The drawer that a commune and an insurer share; others than the insurer see it once a convention made it.

    Raises NotFoundError.
    """
    tenant, owner = accord_of(code, siren)
    if principal().role != "insurer":
        owners = read(lambda reader: access.accord_owners(reader, [tenant]), "access")
        if owner not in owners:
            raise NotFoundError(siren)
    return tenant, owner


def _listed(given: dict[str, Any], tenant: Tenant, owner: Owner) -> dict[str, Any]:
    after = opened(given.get("cursor"), tuple[int]) or (0,)
    limit = given["limit"]
    rows = read(
        lambda reader: oversight.documents(reader, tenant, owner, after=after[0], limit=limit + 1),
        "oversight",
    )
    return page(rows, limit, lambda row: (row.position,))


def _filed(tenant: Tenant, owner: Owner, endpoint: str, where: dict[str, Any]) -> tuple[dict[str, Any], int]:
    command = _given()
    receipt = documents.file(parts().ledger, tenant, owner, command, command_ask())
    href = url_for(endpoint, sha256=command.sha256, **where)
    return recorded(receipt, command.sha256, href, made=True)


def _given() -> FileDocument:
    """The file of this request. Raises InvalidInputError, UnsupportedMediaType."""
    request.max_content_length = LARGEST + _ENVELOPE
    if request.mimetype == _FORM:
        sent = request.files.get("file")
        if sent is None:
            raise InvalidInputError(Fault("$.file", "This is required.", "a file", "required"))
        with sent.stream as stream:
            content = stream.read()
        return FileDocument(
            name=_line("name", sent.filename) or "document",
            media_type=sent.mimetype,
            content=content,
            about=_line("about", request.form.get("about")),
        )
    if request.mimetype not in MEDIA_TYPES:
        raise UnsupportedMediaType
    return FileDocument(
        name=_line("name", request.args.get("name")) or "document",
        media_type=request.mimetype,
        content=request.get_data(cache=False),
        about=_line("about", request.args.get("about")),
    )


def _line(field: str, text: str | None) -> str | None:
    """A text of one line that may be recorded, or none. Raises InvalidInputError."""
    settled = settle(text or "")
    if not settled:
        return None
    fault = fault_in(settled, LONGEST_NAME if field == "name" else LINE)
    if fault is not None:
        raise InvalidInputError(Fault(f"$.{field}", "This text may not be recorded.", "one line", fault))
    return settled


def _sent(tenant: Tenant, owner: Owner, sha256: str) -> Response:
    row = read(lambda reader: oversight.document(reader, tenant, owner, sha256), "oversight")
    if row is None:
        raise NotFoundError(sha256)
    # The bytes are read by their digest, from a row that row-level security has let through.
    content = parts().ledger.documents.get(row.sha256)
    answer = send_file(
        io.BytesIO(content),
        mimetype=row.media_type,
        as_attachment=True,
        download_name=row.name,
        etag=row.sha256,
    )
    answer.headers["Content-Type"] = row.media_type
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return answer
