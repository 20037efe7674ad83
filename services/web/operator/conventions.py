"""Conventions that wait: an operator confirms one on the council's reference and the signed document."""

import re
from typing import Final

from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.partnerships.document import LARGEST
from domain.refusal import Refused
from domain.tenancy import code_of
from projections.access import queries as access
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow, DocumentRow
from services.access import accord_of, allow, commune_named, oversight_of
from services.asking import asked, parts
from services.commands import partnerships
from services.commands.perform import NotFoundError
from services.communes import communes
from services.schemas.partnerships import ConfirmationGiven
from services.web.attachments import filed
from services.web.clauses import title
from services.web.desk import Desk, recorded
from services.web.forms import Entry, Form, WrongValueError, text
from services.web.operator.blueprint import blueprint
from services.web.render import page
from services.web.typography import count
from services.web.uploads import takes_files

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MOST: Final = 500


@blueprint.get("/conventions")
@allow("operator")
def conventions() -> ResponseReturnValue:
    """Those declared and not confirmed, the oldest first."""
    desk = Desk()
    rows = desk.read(lambda reader: access.waiting(reader, _MOST))
    said = (
        f"{count(len(rows), 'convention attend', 'conventions attendent')} une confirmation"
        if rows
        else "Aucune convention n’attend"
    )
    return page(
        "operator/conventions.jinja",
        rows=rows,
        title=said,
        names=communes(parts(), {code_of(row.tenant) for row in rows}),
        code_of=code_of,
        read=desk.seal,
    )


@blueprint.get("/conventions/<commune:code>/<siren:siren>/<key:convention>/confirmation")
@allow("operator")
def confirm(code: str, siren: str, convention: str) -> ResponseReturnValue:
    """What would be confirmed, and the form of the proof."""
    return _page(code, siren, convention, Form())


@blueprint.post("/conventions/<commune:code>/<siren:siren>/<key:convention>/confirmation")
@allow("operator")
@takes_files(LARGEST)
def confirm_sent(code: str, siren: str, convention: str) -> ResponseReturnValue:
    """Confirm it; the signed document is filed in the common drawer."""
    tenant, owner = accord_of(code, siren)
    _found(code, siren, convention)
    form = Form.sent(request.form)
    values = form.read(
        [
            Entry("council_reference", text, "Écrivez la référence de la délibération."),
            Entry("document", digest),
        ]
    )
    if not form.refused:
        values["document"] = filed(form, "file", tenant, owner, "Convention signée") or values["document"]
        if values["document"] is None and not form.refused:
            form.errors["file"] = "Choisissez le document signé, ou écrivez son empreinte SHA-256."
    if not form.refused:
        form.agree(ConfirmationGiven(), values)
    if form.refused:
        return _page(code, siren, convention, form)
    command = partnerships.ConfirmConvention(id=convention, by="operator", **values)
    try:
        receipt = partnerships.confirm(parts().ledger, tenant, owner, command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _page(code, siren, convention, form)
    return recorded(url_for(".conventions"), receipt)


def digest(value: str) -> str:
    """A SHA-256 in hexadecimal."""
    lower = value.lower()
    if _DIGEST.fullmatch(lower) is None:
        raise WrongValueError("Une empreinte SHA-256 a 64 chiffres et lettres de a à f.")
    return lower


def _page(code: str, siren: str, convention: str, form: Form) -> ResponseReturnValue:
    desk, row, files = _found(code, siren, convention)
    if not form.typed and row.document in files:
        form = Form(typed={"document": row.document or ""}, token=form.token)
    return page(
        "operator/confirm.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        row=row,
        siren=siren,
        commune=commune_named(code),
        together=communes(parts(), row.communes),
        titles=[title(clause) for clause in row.commitments],
        files=files,
        form=form,
        read=desk.seal,
    )


Files = dict[str, DocumentRow]


def _found(code: str, siren: str, convention: str) -> tuple[Desk, ConventionRow, Files]:
    """The convention as it counts now and the documents that it names, by SHA-256. Raises NotFoundError."""
    tenant, owner = accord_of(code, siren)
    desk = Desk(oversight_of(tenant, parts().views))

    def query(reader: Reader) -> tuple[ConventionRow | None, Files]:
        row = oversight.convention(reader, tenant, owner, convention)
        named = (row.document, row.council_vote.document if row.council_vote else None) if row else ()
        found = [oversight.document(reader, tenant, owner, sha256) for sha256 in named if sha256]
        return row, {each.sha256: each for each in found if each is not None}

    row, files = desk.read(query)
    if row is None:
        raise NotFoundError(convention)
    return desk, row, files
