"""A convention is declared, and corrected until the town confirms it: choose the commune, copy what was signed."""

import msgspec
from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow
from services.access import allow, commune_named, own_accord, tenant_of
from services.asking import asked, parts, principal
from services.commands import partnerships
from services.commands.perform import NotFoundError
from services.web.desk import Desk, found_communes, recorded
from services.web.forms import Entry, Form, prose
from services.web.insurer.blueprint import blueprint
from services.web.insurer.commitments_form import edited, editor
from services.web.insurer.terms_form import STARTING, paths_of, read_terms, sent, typed
from services.web.render import fragment, page, wants_fragment

_REASON = Entry("reason", prose, "Écrivez ce que vous corrigez, et pourquoi.")


@blueprint.get("/conventions/nouvelle")
@allow("insurer")
def choose() -> ResponseReturnValue:
    """Find the commune: by name, INSEE code or postcode; all that share a postcode are offered."""
    sought = request.args.get("q", "")
    found = found_communes(sought) if sought.strip() else None
    if wants_fragment():
        return fragment("insurer/suggestions.jinja", found=found, typed=sought)
    return page("insurer/choose.jinja", found=found, typed=sought)


@blueprint.get("/conventions/nouvelle/<commune:code>")
@allow("insurer")
def declare(code: str) -> ResponseReturnValue:
    """The form of a convention."""
    return _form(code, Form(typed=STARTING))


@blueprint.post("/conventions/nouvelle/<commune:code>")
@allow("insurer")
def declare_sent(code: str) -> ResponseReturnValue:
    """Declare it."""
    form = sent()
    again = edited(form)
    if again is not None:
        return _form(code, again)
    terms = read_terms(form)
    if terms is None:
        return _form(code, form)
    ask = asked(form.token)
    command = partnerships.DeclareConvention(
        id=ask.fresh_key(),
        insurer_name=principal().organisation,
        fictitious=principal().fictitious or bool(form.value("fictitious")),
        **msgspec.structs.asdict(terms),
    )
    try:
        receipt = partnerships.declare(parts().ledger, tenant_of(code), own_accord(), command, ask)
    except Refused as refused:
        form.refuse(refused, paths_of(form))
        return _form(code, form)
    return recorded(url_for(".town", code=code), receipt)


@blueprint.get("/communes/<commune:code>/conventions/<key:convention>/correction")
@allow("insurer")
def correct(code: str, convention: str) -> ResponseReturnValue:
    """The declaration as it stands, to be corrected."""
    row = _row(code, convention)
    return _form(code, Form(typed={**typed(row.terms), "expected": str(row.version)}), row)


@blueprint.post("/communes/<commune:code>/conventions/<key:convention>/correction")
@allow("insurer")
def correct_sent(code: str, convention: str) -> ResponseReturnValue:
    """Declare it otherwise."""
    row = _row(code, convention)
    form = sent()
    again = edited(form)
    if again is not None:
        return _form(code, again, row)
    reason = form.read([_REASON])["reason"]
    terms = read_terms(form, row.terms)
    if terms is None:
        return _form(code, form, row)
    command = partnerships.CorrectDeclaration(id=convention, reason=reason, terms=terms)
    seen = form.value("expected")
    ask = asked(form.token, int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None)
    try:
        receipt = partnerships.correct_declaration(
            parts().ledger, tenant_of(code), own_accord(), command, ask
        )
    except Refused as refused:
        form.refuse(refused, paths_of(form, "terms."))
        return _form(code, form, row)
    return recorded(url_for(".town", code=code), receipt)


def _row(code: str, convention: str) -> ConventionRow:
    tenant, owner = tenant_of(code), own_accord()
    row = Desk().read(lambda reader: oversight.convention(reader, tenant, owner, convention))
    if row is None:
        raise NotFoundError(convention)
    return row


def _form(code: str, form: Form, before: ConventionRow | None = None) -> ResponseReturnValue:
    return page(
        "insurer/declare.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        commune=commune_named(code),
        form=form,
        before=before,
        editor=editor(form),
        demo=parts().settings.demo,
    )


__all__ = ["choose", "correct", "correct_sent", "declare", "declare_sent"]
