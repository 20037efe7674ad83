"""A declared convention: the town reads what the insurer says was signed, and recognises it or says what is wrong."""

from typing import Final

from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow
from services.access import accord_of, allow
from services.asking import asked, parts
from services.commands import partnerships
from services.commands.perform import NotFoundError
from services.schemas.partnerships import RefusalGiven
from services.web.clauses import title
from services.web.desk import Desk, recorded
from services.web.forms import Entry, Form, prose
from services.web.render import page
from services.web.town.blueprint import blueprint

_REASON: Final = Entry("reason", prose, "Écrivez ce qui est inexact : l’organisme le lit et corrige.")


@blueprint.get("/conventions/<siren:siren>/<key:convention>/confirmation")
@allow("town")
def confirm(siren: str, convention: str) -> ResponseReturnValue:
    """The page that states what confirming opens."""
    return _page(Desk(), siren, convention, Form())


@blueprint.post("/conventions/<siren:siren>/<key:convention>/confirmation")
@allow("town")
def confirm_sent(siren: str, convention: str) -> ResponseReturnValue:
    """Recognise it."""
    desk = Desk()
    form = Form.sent(request.form)
    row = _row(desk, siren, convention)
    tenant, owner = accord_of(desk.who.code, siren)
    command = partnerships.ConfirmConvention(id=row.id, by="town")
    try:
        receipt = partnerships.confirm(parts().ledger, tenant, owner, command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _page(desk, siren, convention, form)
    return recorded(url_for(".home"), receipt)


@blueprint.post("/conventions/<siren:siren>/<key:convention>/refus")
@allow("town")
def refuse_sent(siren: str, convention: str) -> ResponseReturnValue:
    """Not recognise it, with the reason that the insurer reads."""
    desk = Desk()
    form = Form.sent(request.form)
    row = _row(desk, siren, convention)
    reason = form.read([_REASON])["reason"]
    if not form.refused:
        form.agree(RefusalGiven(), {"reason": reason})
    if form.refused:
        return _page(desk, siren, convention, form)
    tenant, owner = accord_of(desk.who.code, siren)
    command = partnerships.RefuseConvention(id=row.id, reason=reason)
    try:
        receipt = partnerships.decline(parts().ledger, tenant, owner, command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _page(desk, siren, convention, form)
    return recorded(url_for(".home"), receipt)


def _page(desk: Desk, siren: str, convention: str, form: Form) -> ResponseReturnValue:
    row = _row(desk, siren, convention)
    return page(
        "town/confirm.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        convention=row,
        siren=siren,
        titles=[title(clause) for clause in row.commitments],
        form=form,
        read=desk.seal,
    )


def _row(desk: Desk, siren: str, convention: str) -> ConventionRow:
    tenant, owner = accord_of(desk.who.code, siren)

    def query(reader: Reader) -> ConventionRow | None:
        return oversight.convention(reader, tenant, owner, convention)

    row = desk.read(query)
    if row is None:
        raise NotFoundError(convention)
    return row
