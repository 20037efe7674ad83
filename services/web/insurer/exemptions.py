"""Exemptions as the insurer asks for them: what they would allow is shown first; a request may be withdrawn."""

from collections.abc import Mapping
from typing import Any, Final, get_args

import msgspec
from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.partnerships.document import LARGEST
from domain.refusal import Refused
from domain.tariffs.assess import ScenarioError
from domain.tariffs.evidence import CaseCell
from domain.tariffs.exemptions import NEVER_EXEMPTED, ExemptionReason, ExemptionTerms
from domain.tariffs.leeway import leeways
from domain.tenancy import Owner, Tenant
from projections.compliance.case_queries import CaseRow
from projections.tariffs.queries import ExemptionRow
from services.access import allow
from services.asking import asked, parts
from services.commands import exemptions
from services.commands.perform import NotFoundError
from services.schemas.text import CLAUSE
from services.web.attachments import ACCEPT, SEVERAL, file_several
from services.web.case_words import EXEMPTION_KINDS
from services.web.clauses import title
from services.web.desk import recorded
from services.web.exemptions import factor_words
from services.web.forms import Entry, Form, day, one_of, written
from services.web.insurer.blueprint import blueprint
from services.web.insurer.leeway import Allowed, Factor, allowed, broken, read_factor, typed_factor
from services.web.insurer.view import Held, confirmed, held
from services.web.render import page
from services.web.town_pages import document_names
from services.web.uploads import takes_files

STATES: Final[Mapping[str, str]] = {
    "requested": "Demandée, la ville ne s’est pas prononcée",
    "granted": "Accordée",
    "refused": "Refusée",
    "withdrawn": "Retirée",
    "revoked": "Révoquée",
}
_WRONG_DAY: Final = "Écrivez une date comme 25/11/2026."
_BOX: Final = "engagement-"


class Asked(msgspec.Struct, frozen=True):
    """What a form asks for."""

    terms: ExemptionTerms
    reason: str | None


@blueprint.get("/communes/<commune:code>/derogations/nouvelle")
@allow("insurer")
def ask_exemption(code: str) -> ResponseReturnValue:
    """The form of a request; `?dossier=` fills in what a case needs."""
    where = confirmed(code)
    case = next((each for each in where.town.cases if each.id == request.args.get("dossier")), None)
    return _form(where, Form(typed=_needed(case) if case else {"valid_from": where.sight.today.isoformat()}))


@blueprint.post("/communes/<commune:code>/derogations/nouvelle")
@allow("insurer")
@takes_files(LARGEST)
def ask_exemption_sent(code: str) -> ResponseReturnValue:
    """Show what it would allow, or ask the town."""
    where = confirmed(code)
    form = Form.sent(request.form)
    preview = form.value("do") == "preview"
    wanted = _read(where, form, preview=preview)
    if wanted is None:
        return _form(where, form)
    tenant, owner = _drawer(where)
    if preview:
        return _preview(where, form, wanted)
    digests = file_several(form, "files", tenant, owner, "Demande de dérogation")
    if form.refused:
        return _form(where, form)
    ask = asked(form.token)
    command = exemptions.RequestExemption(
        convention=where.partner.convention.id,
        id=ask.fresh_key(),
        reason=wanted.reason or "",
        documents=digests,
        **msgspec.structs.asdict(wanted.terms),
    )
    try:
        receipt = exemptions.request_exemption(parts().ledger, tenant, owner, command, ask)
    except Refused as refused:
        form.refuse(refused, {"factor": "more"})
        return _form(where, form)
    return recorded(url_for(".exemption", code=code, exemption=command.id), receipt)


@blueprint.get("/communes/<commune:code>/derogations/<key:exemption>")
@allow("insurer")
def exemption(code: str, exemption: str) -> ResponseReturnValue:
    """What was asked, what the town decided, and whether it can still be withdrawn."""
    return _page(held(code), exemption, Form())


@blueprint.post("/communes/<commune:code>/derogations/<key:exemption>/retrait")
@allow("insurer")
def withdraw_exemption(code: str, exemption: str) -> ResponseReturnValue:
    """Ask no longer."""
    where = held(code)
    row = _row(where, exemption)
    form = Form.sent(request.form)
    tenant, owner = _drawer(where)
    command = exemptions.WithdrawExemption(convention=row.convention, id=exemption)
    try:
        receipt = exemptions.withdraw_exemption(parts().ledger, tenant, owner, command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _page(where, exemption, form)
    return recorded(url_for(".exemption", code=code, exemption=exemption), receipt)


def _drawer(where: Held) -> tuple[Tenant, Owner]:
    return where.sight.tenant, where.sight.desk.accord


def _row(where: Held, identity: str) -> ExemptionRow:
    row = next((each for each in where.town.exemptions if each.id == identity), None)
    if row is None:
        raise NotFoundError(identity)
    return row


def _exemptible(where: Held) -> list[dict[str, Any]]:
    return [each for each in where.partner.convention.commitments if each["rule"] not in NEVER_EXEMPTED]


def _needed(case: CaseRow) -> dict[str, str]:
    """What a case needs to pass: its commitment, its first day, and the least factor."""
    factors = leeways(case.rule, [msgspec.convert(cell, CaseCell) for cell in case.cells])
    return {
        f"{_BOX}{case.commitment}": "1",
        "valid_from": case.from_on.isoformat(),
        **(typed_factor(factors[0]) if factors else {}),
    }


def _read(where: Held, form: Form, *, preview: bool) -> Asked | None:
    factor = read_factor(form)
    commitments = tuple(each["id"] for each in _exemptible(where) if form.value(f"{_BOX}{each['id']}"))
    if not commitments:
        form.errors["commitments"] = "Choisissez au moins un engagement."
    missing = None if preview else "Écrivez le motif de la demande : la ville le lit pour se prononcer."
    values = form.read(
        [
            Entry("kind", one_of(get_args(ExemptionReason)), "Choisissez la nature de la dérogation."),
            Entry("valid_from", day, "Écrivez le premier jour de la dérogation.", _WRONG_DAY),
            Entry("valid_to", day, wrong=_WRONG_DAY),
            Entry("reason", written(CLAUSE), missing),
        ]
    )
    first, last = values["valid_from"], values["valid_to"]
    if first and last and last < first:
        form.errors["valid_to"] = "La dérogation finit avant de commencer. Corrigez l’une des deux dates."
    if form.refused or factor is None:
        return None
    terms = ExemptionTerms(
        commitments=commitments,
        kind=values["kind"],
        factor=factor,
        valid_from=first,
        valid_to=last,
        rebase=bool(form.value("rebase")),
    )
    return Asked(terms, values["reason"])


def _preview(where: Held, form: Form, wanted: Asked) -> ResponseReturnValue:
    tenant, owner = _drawer(where)
    convention = where.partner.convention.id
    try:
        rows = allowed(parts().ledger, tenant, owner, convention, wanted.terms, where.sight.desk.now)
    except ScenarioError:
        form.general.append("Ces plafonds ne peuvent pas être calculés. Vérifiez le taux et les dates.")
        return _form(where, form)
    return _form(where, form, rows=rows, factor=wanted.terms.factor)


def _form(
    where: Held, form: Form, *, rows: list[Allowed] | None = None, factor: Factor | None = None
) -> ResponseReturnValue:
    return page(
        "insurer/ask_exemption.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        form=form,
        choices=[(f"{_BOX}{each['id']}", each["article"], title(each)) for each in _exemptible(where)],
        kinds=list(EXEMPTION_KINDS.items()),
        rows=rows,
        said=factor_words(factor) if factor else "",
        over=broken(rows) if rows else 0,
        hint=f"{SEVERAL} La ville peut les lire.",
        file_types=ACCEPT,
    )


def _page(where: Held, identity: str, form: Form) -> ResponseReturnValue:
    row = _row(where, identity)
    titles = {
        each["id"]: f"{each['article']}, {title(each)}" for each in where.partner.convention.commitments
    }
    return page(
        "insurer/exemption.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        form=form,
        row=row,
        state=STATES[row.state],
        kinds=EXEMPTION_KINDS,
        titles=titles,
        said=factor_words,
        names=document_names(where.sight, row.owner),
        read=where.sight.seal,
    )
