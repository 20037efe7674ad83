"""The end of a convention as the town sees it: notice to give, whatever the reason, and its own to take back."""

from datetime import date
from typing import Final, get_args

from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.partnerships.notice import NoticeReason, effect_of
from domain.refusal import Refused
from domain.tenancy import Owner, accord
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow
from services.access import allow
from services.asking import asked, parts
from services.commands import partnerships
from services.commands.perform import NotFoundError
from services.schemas.text import CLAUSE
from services.web.desk import recorded
from services.web.forms import Entry, Form, WrongValueError, day, one_of, written
from services.web.render import page
from services.web.sight import Sight, town_sight
from services.web.town.blueprint import blueprint
from services.web.words import NOTICE_REASONS

_ADDRESS: Final = "/conventions/<siren:siren>/<key:convention>/preavis"
_DAY: Final = "Écrivez une date, par exemple 25/11/2026."


@blueprint.get(_ADDRESS)
@allow("town")
def notice(siren: str, convention: str) -> ResponseReturnValue:
    """The form, or the notice that stands."""
    sight = town_sight()
    return _page(sight, siren, convention, Form(typed={"given_on": sight.today.isoformat()}))


@blueprint.post(_ADDRESS)
@allow("town")
def notice_sent(siren: str, convention: str) -> ResponseReturnValue:
    """State the last day that comes of it, then give notice."""
    sight, form = town_sight(), Form.sent(request.form)
    row = _row(sight, siren, convention)
    values = form.read(
        [
            Entry("reason", one_of(get_args(NoticeReason)), "Choisissez le motif."),
            Entry("detail", written(CLAUSE)),
            Entry("given_on", _today_or_before, "Écrivez le jour de la notification.", _DAY),
        ]
    )
    if values["reason"] == "OTHER" and not values["detail"]:
        form.errors.setdefault("detail", "Écrivez le motif : l’organisme le lit.")
    if form.refused or form.value("do") == "change":
        return _page(sight, siren, convention, form)
    reason: NoticeReason = values["reason"]
    if form.value("do") != "record":
        last = effect_of(reason, values["given_on"], row.notice_months, row.ends_on)
        return _page(sight, siren, convention, form, last)
    command = partnerships.GiveNotice(
        id=row.id, by="town", reason=reason, detail=values["detail"] or "", given_on=values["given_on"]
    )
    try:
        receipt = partnerships.give_notice(
            parts().ledger, sight.tenant, Owner(row.owner), command, asked(form.token)
        )
    except Refused as refused:
        form.refuse(refused)
        return _page(sight, siren, convention, form)
    return recorded(url_for(".notice", siren=siren, convention=convention), receipt)


@blueprint.post(f"{_ADDRESS}/retrait")
@allow("town")
def withdraw_sent(siren: str, convention: str) -> ResponseReturnValue:
    """Take one's own notice back."""
    sight, form = town_sight(), Form.sent(request.form)
    row = _row(sight, siren, convention)
    values = form.read(
        [Entry("why", written(CLAUSE), "Écrivez pourquoi vous retirez la résiliation : l’organisme le lit.")]
    )
    if not form.refused:
        command = partnerships.WithdrawNotice(id=row.id, by="town", reason=values["why"])
        try:
            receipt = partnerships.withdraw_notice(
                parts().ledger, sight.tenant, Owner(row.owner), command, asked(form.token)
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return recorded(url_for(".notice", siren=siren, convention=convention), receipt)
    return _page(sight, siren, convention, form)


def last_terms(sight: Sight, owner: str, convention: str) -> ConventionRow:
    """A convention under the terms that begin last: notice and end are theirs. Raises NotFoundError."""
    row = sight.read(lambda reader: oversight.convention(reader, sight.tenant, owner, convention))
    if row is None:
        raise NotFoundError(convention)
    return row


def _row(sight: Sight, siren: str, convention: str) -> ConventionRow:
    owner = accord(siren)
    row = last_terms(sight, owner, convention)
    if owner not in sight.owners or row.state != "confirmed":
        raise NotFoundError(convention)
    return row


def _today_or_before(value: str) -> date:
    given = day(value)
    if given > parts().clock.today():
        raise WrongValueError("La date est à venir. Écrivez le jour où la résiliation a été notifiée.")
    return given


def _page(
    sight: Sight, siren: str, convention: str, form: Form, last: date | None = None
) -> ResponseReturnValue:
    """The form; with `last`, the page that states what it does."""
    row = _row(sight, siren, convention)
    return page(
        "town/notice.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        sight=sight,
        links=sight.links,
        convention=row,
        siren=siren,
        form=form,
        last=last,
        reasons=list(NOTICE_REASONS.items()),
        words_of=NOTICE_REASONS,
        fictitious=row.fictitious and "(ficti" not in row.insurer_name,
        today=sight.today,
        read=sight.seal,
    )
