"""Notice of termination by the insurer: why, what it does and when, and only then given; it may be taken back."""

from datetime import date
from typing import get_args

import msgspec
from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.partnerships.document import LARGEST
from domain.partnerships.notice import NoticeReason, effect_of
from domain.refusal import Refused
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow
from services.access import allow
from services.asking import asked, parts
from services.commands import partnerships
from services.commands.perform import NotFoundError
from services.web.attachments import ACCEPT, HINT, filed
from services.web.desk import recorded
from services.web.forms import Entry, Form, WrongValueError, day, one_of, prose
from services.web.insurer.blueprint import blueprint
from services.web.insurer.view import Held, confirmed
from services.web.render import page
from services.web.uploads import takes_files
from services.web.words import NOTICE_REASONS


class Given(msgspec.Struct, frozen=True):
    """A notice as the form says it, and the last day that comes of it."""

    reason: NoticeReason
    detail: str
    given_on: date
    takes_effect_on: date


@blueprint.get("/communes/<commune:code>/preavis")
@allow("insurer")
def give_notice(code: str) -> ResponseReturnValue:
    """The form, or the notice that stands."""
    where = confirmed(code)
    return _form(where, Form(typed={"given_on": where.sight.today.isoformat()}))


@blueprint.post("/communes/<commune:code>/preavis")
@allow("insurer")
@takes_files(LARGEST)
def give_notice_sent(code: str) -> ResponseReturnValue:
    """State the effect, then give notice."""
    where = confirmed(code)
    form = Form.sent(request.form)
    convention = _last_terms(where)
    given = _read(where, form, convention)
    if given is None or form.value("do") == "change":
        return _form(where, form)
    if form.value("do") != "record":
        return _effect(where, form, given)
    tenant, owner = where.sight.tenant, where.sight.desk.accord
    document = filed(form, "files", tenant, owner, "Résiliation")
    if form.refused:
        return _effect(where, form, given)
    command = partnerships.GiveNotice(
        id=convention.id,
        by="insurer",
        reason=given.reason,
        detail=given.detail,
        given_on=given.given_on,
        document=document,
    )
    try:
        receipt = partnerships.give_notice(parts().ledger, tenant, owner, command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _form(where, form)
    return recorded(url_for(".town", code=code), receipt)


@blueprint.post("/communes/<commune:code>/preavis/retrait")
@allow("insurer")
def withdraw_notice(code: str) -> ResponseReturnValue:
    """Take one's own notice back."""
    where = confirmed(code)
    form = Form.sent(request.form)
    reason = form.read(
        [Entry("reason", prose, "Écrivez pourquoi vous retirez la résiliation : la ville le lit.")]
    )["reason"]
    if form.refused:
        return _form(where, form)
    command = partnerships.WithdrawNotice(id=where.partner.convention.id, by="insurer", reason=reason)
    tenant, owner = where.sight.tenant, where.sight.desk.accord
    try:
        receipt = partnerships.withdraw_notice(parts().ledger, tenant, owner, command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _form(where, form)
    return recorded(url_for(".town", code=code), receipt)


def _read(where: Held, form: Form, convention: ConventionRow) -> Given | None:
    def given_on(value: str) -> date:
        given = day(value)
        if given > where.sight.today:
            raise WrongValueError("La date est à venir. Écrivez le jour où la résiliation a été notifiée.")
        return given

    values = form.read(
        [
            Entry("reason", one_of(get_args(NoticeReason)), "Choisissez le motif."),
            Entry("detail", prose),
            Entry(
                "given_on",
                given_on,
                "Écrivez le jour de la notification.",
                "Écrivez une date comme 25/11/2026.",
            ),
        ]
    )
    if values["reason"] == "OTHER" and not values["detail"]:
        form.errors.setdefault("detail", "Écrivez le motif : la ville le lit.")
    if form.refused:
        return None
    reason: NoticeReason = values["reason"]
    effect = effect_of(reason, values["given_on"], convention.notice_months, convention.ends_on)
    return Given(reason, values["detail"] or "", values["given_on"], effect)


def _last_terms(where: Held) -> ConventionRow:
    """The convention under the terms that begin last: notice and end are theirs."""
    known = where.partner.convention
    found = where.sight.read(lambda reader: oversight.convention(reader, known.tenant, known.owner, known.id))
    if found is None:
        raise NotFoundError(known.id)
    return found


def _effect(where: Held, form: Form, given: Given) -> ResponseReturnValue:
    return page(
        "insurer/notice_check.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        form=form,
        given=given,
        reason=NOTICE_REASONS[given.reason],
        convention=_last_terms(where),
        hint=f"{HINT} La ville peut le lire.",
        file_types=ACCEPT,
        today=where.sight.today,
    )


def _form(where: Held, form: Form) -> ResponseReturnValue:
    return page(
        "insurer/notice.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        form=form,
        convention=_last_terms(where),
        reasons=list(NOTICE_REASONS.items()),
        words=NOTICE_REASONS,
        today=where.sight.today,
    )
