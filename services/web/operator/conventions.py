"""Conventions that wait: an operator confirms one on the council's reference and the hash of the signed document."""

import hashlib
import re
from typing import Final

from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from domain.tenancy import code_of
from projections.access import queries as access
from projections.access.queries import AccordRow
from services.access import accord_of, allow, commune_named
from services.asking import asked, parts
from services.commands import partnerships
from services.commands.perform import NotFoundError
from services.schemas.partnerships import ConfirmationGiven
from services.web.communes import communes
from services.web.desk import Desk, recorded
from services.web.forms import Entry, Form, WrongValueError, text
from services.web.operator.blueprint import blueprint
from services.web.render import page
from services.web.typography import count

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MOST: Final = 500


@blueprint.get("/conventions")
@allow("operator")
def conventions() -> ResponseReturnValue:
    """Those declared and not confirmed, the oldest first."""
    desk = Desk()
    rows = desk.read(lambda reader: access.waiting(reader, _MOST))
    title = (
        f"{count(len(rows), 'convention attend', 'conventions attendent')} une confirmation"
        if rows
        else "Aucune convention n’attend"
    )
    return page(
        "operator/conventions.jinja",
        rows=rows,
        title=title,
        names=communes(parts(), {code_of(row.tenant) for row in rows}),
        code_of=code_of,
        read=desk.seal,
    )


@blueprint.get("/conventions/<commune:code>/<siren:siren>/<key:convention>/confirmation")
@allow("operator")
def confirm(code: str, siren: str, convention: str) -> ResponseReturnValue:
    """The form of the proof."""
    return _page(Desk(), code, siren, convention, Form())


@blueprint.post("/conventions/<commune:code>/<siren:siren>/<key:convention>/confirmation")
@allow("operator")
def confirm_sent(code: str, siren: str, convention: str) -> ResponseReturnValue:
    """Confirm it."""
    desk = Desk()
    typed = dict(request.form)
    sent = request.files.get("file")
    content = sent.read() if sent else b""
    if content:
        typed["document"] = hashlib.sha256(content).hexdigest()
    form = Form.sent(typed)
    values = form.read(
        [
            Entry("council_reference", text, "Écrivez la référence de la délibération."),
            Entry("document", digest, "Choisissez le document signé, ou écrivez son empreinte SHA-256."),
        ]
    )
    if not form.refused:
        form.agree(ConfirmationGiven(), values)
    if form.refused:
        return _page(desk, code, siren, convention, form)
    tenant, owner = accord_of(code, siren)
    command = partnerships.ConfirmConvention(id=convention, by="operator", **values)
    try:
        receipt = partnerships.confirm(parts().ledger, tenant, owner, command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _page(desk, code, siren, convention, form)
    return recorded(url_for(".conventions"), receipt)


def digest(value: str) -> str:
    """A SHA-256 in hexadecimal."""
    lower = value.lower()
    if _DIGEST.fullmatch(lower) is None:
        raise WrongValueError("Une empreinte SHA-256 a 64 chiffres et lettres de a à f.")
    return lower


def _page(desk: Desk, code: str, siren: str, convention: str, form: Form) -> ResponseReturnValue:
    return page(
        "operator/confirm.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        row=_row(desk, code, siren, convention),
        commune=commune_named(code),
        form=form,
        read=desk.seal,
    )


def _row(desk: Desk, code: str, siren: str, convention: str) -> AccordRow:
    tenant, owner = accord_of(code, siren)
    every = desk.read(lambda reader: access.accords(reader, tenant))
    row = next((row for row in every if (row.owner, row.convention) == (owner, convention)), None)
    if row is None:
        raise NotFoundError(convention)
    return row
