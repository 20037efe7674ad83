"""An amendment or correction of a convention: the town reads what changes, recognises it or says what is wrong."""

from typing import Final

from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.partnerships.document import LARGEST
from domain.refusal import Refused
from domain.tenancy import Owner, siren_of
from projections.oversight import queries as oversight
from projections.oversight.queries import AmendmentRow, ConventionRow
from services.access import allow
from services.asking import asked, parts
from services.commands import partnerships
from services.commands.perform import NotFoundError
from services.schemas.text import CLAUSE
from services.web.attachments import ACCEPT, HINT, filed
from services.web.changes import clauses_changed, figures_changed
from services.web.desk import recorded
from services.web.forms import Entry, Form, text, written
from services.web.render import page
from services.web.sight import Sight, town_sight
from services.web.town.blueprint import blueprint
from services.web.town_pages import document_names
from services.web.uploads import takes_files

_WHY: Final = "Écrivez ce qui est inexact : l’organisme le lit et corrige."


@blueprint.get("/avenants/<key:amendment>")
@allow("town")
def amendment(amendment: str) -> ResponseReturnValue:
    """What changes, and the two answers."""
    return _page(town_sight(), amendment, Form())


@blueprint.post("/avenants/<key:amendment>/confirmation")
@allow("town")
@takes_files(LARGEST)
def confirm_amendment_sent(amendment: str) -> ResponseReturnValue:
    """Recognise it."""
    sight, form = town_sight(), Form.sent(request.form)
    row, _ = _found(sight, amendment)
    values = form.read([Entry("council_reference", text)])
    document = None
    if not form.refused:
        document = filed(form, "piece", sight.tenant, Owner(row.owner), f"Avenant {amendment}")
    if not form.refused:
        command = partnerships.ConfirmAmendment(
            convention=row.id,
            id=amendment,
            by="town",
            council_reference=values["council_reference"],
            document=document,
        )
        try:
            receipt = partnerships.confirm_amendment(
                parts().ledger, sight.tenant, Owner(row.owner), command, asked(form.token)
            )
        except Refused as refused:
            form.refuse(refused, {"document": "piece"})
        else:
            return recorded(url_for(".amendment", amendment=amendment), receipt)
    return _page(sight, amendment, form)


@blueprint.post("/avenants/<key:amendment>/refus")
@allow("town")
def refuse_amendment_sent(amendment: str) -> ResponseReturnValue:
    """Not recognise it, with the reason that the insurer reads."""
    sight, form = town_sight(), Form.sent(request.form)
    row, _ = _found(sight, amendment)
    values = form.read([Entry("reason", written(CLAUSE), _WHY)])
    if not form.refused:
        command = partnerships.RefuseAmendment(convention=row.id, id=amendment, reason=values["reason"])
        try:
            receipt = partnerships.refuse_amendment(
                parts().ledger, sight.tenant, Owner(row.owner), command, asked(form.token)
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return recorded(url_for(".amendment", amendment=amendment), receipt)
    return _page(sight, amendment, form)


def _found(sight: Sight, identity: str) -> tuple[ConventionRow, AmendmentRow]:
    """The convention, with the terms that counted before the amendment, and the amendment. Raises NotFoundError."""
    every = sight.read(lambda reader: oversight.conventions(reader, sight.tenant, sight.owners))
    for row in every:
        for each in row.amendments:
            if each.id == identity:
                before = sight.read(
                    lambda reader, row=row, each=each: oversight.convention(  # type: ignore[misc]
                        reader,
                        sight.tenant,
                        row.owner,
                        row.id,
                        as_of=each.effective_on,
                        as_known_at=each.declared_at,
                    )
                )
                return before or row, each
    raise NotFoundError(identity)


def _page(sight: Sight, identity: str, form: Form) -> ResponseReturnValue:
    row, found = _found(sight, identity)
    return page(
        "town/amendment.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        sight=sight,
        links=sight.links,
        convention=row,
        amendment=found,
        siren=siren_of(row.owner),
        figures=figures_changed(row.terms, found.terms),
        clauses=clauses_changed(row.terms, found.terms),
        names=document_names(sight, row.owner),
        fictitious=row.fictitious and "(ficti" not in row.insurer_name,
        form=form,
        file_hint=HINT,
        file_types=ACCEPT,
        read=sight.seal,
    )
