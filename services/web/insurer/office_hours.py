"""Office hours: those to come, those to report; plan one, say that it was held, cancel it."""

from datetime import timedelta
from typing import Final

from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from domain.tenancy import code_of
from projections.oversight import queries as oversight
from projections.oversight.queries import OfficeHourRow
from services.access import allow, own_accord, tenant_of
from services.asking import asked, parts
from services.commands import office_hours
from services.commands.perform import NotFoundError
from services.communes import communes
from services.schemas.office_hours import OfficeHourGiven
from services.web.desk import Desk, recorded
from services.web.exports import FileKind, download
from services.web.forms import Entry, Form, day, hour, one_of, text, whole
from services.web.insurer.blueprint import blueprint
from services.web.insurer.town import place, to_report
from services.web.render import page
from services.web.words import CANCELLING

_PAST: Final = timedelta(days=92)
_COMING: Final = timedelta(days=183)
_MOST: Final = 1_000
_EXPORTED: Final = 10_000
_WRONG_DAY: Final = "Écrivez une date comme 25/11/2026."
_WRONG_HOUR: Final = "Écrivez une heure comme 9:30 ou 9 h 30."


@blueprint.get("/permanences")
@allow("insurer")
def all_office_hours() -> ResponseReturnValue:
    """What is to come and what waits to be reported, in every commune."""
    desk = Desk()
    rows = desk.read(
        lambda reader: oversight.office_hours(
            reader, None, [desk.accord], first=desk.today - _PAST, last=desk.today + _COMING, limit=_MOST
        )
    )
    return page(
        "insurer/all_office_hours.jinja",
        silent=[row for row in rows if to_report(row, desk.today)],
        coming=[row for row in rows if row.state == "planned" and row.on_day >= desk.today],
        names=communes(parts(), {code_of(row.tenant) for row in rows}),
        code_of=code_of,
        today=desk.today,
        read=desk.seal,
    )


@blueprint.get("/communes/<commune:code>/permanences")
@allow("insurer")
def town_office_hours(code: str) -> ResponseReturnValue:
    """Every office hour of a commune, by month and by day."""
    desk = Desk()
    where = place(desk, code)
    rows = desk.read(
        lambda reader: oversight.office_hours(reader, where.partner.tenant, [desk.accord], limit=_MOST)
    )
    return page(
        "insurer/office_hours.jinja",
        where=where,
        partner=where.partner,
        rows=sorted(rows, key=lambda row: (row.on_day, row.starts_at), reverse=True),
        today=desk.today,
        to_report=to_report,
        read=desk.seal,
    )


@blueprint.get("/communes/<commune:code>/permanences.<any(csv, xlsx):kind>")
@allow("insurer")
def town_office_hours_file(code: str, kind: FileKind) -> ResponseReturnValue:
    """The same as a file."""
    desk = Desk()
    tenant = place(desk, code).partner.tenant
    rows = desk.read(lambda reader: oversight.office_hours(reader, tenant, [desk.accord], limit=_EXPORTED))
    headers = (
        "Jour",
        "Début",
        "Fin",
        "Lieu",
        "État",
        "Personnes reçues",
        "Sur rendez-vous",
        "Annulée le",
        "Motif",
    )
    words = {"planned": "Prévue", "held": "Tenue", "cancelled": "Annulée", "overdue": "À déclarer"}
    return download(
        kind,
        f"permanences-{code}",
        headers,
        (
            (
                row.on_day,
                row.starts_at,
                row.ends_at,
                row.place,
                words[row.state],
                row.visitors,
                row.by_appointment,
                row.cancelled_on,
                CANCELLING.get(row.reason or "", row.reason),
            )
            for row in rows
        ),
    )


@blueprint.get("/communes/<commune:code>/permanences/nouvelle")
@allow("insurer")
def plan(code: str) -> ResponseReturnValue:
    """The form of a new office hour."""
    return _plan_form(code, Desk(), Form(typed={"starts_at": "09:00", "ends_at": "12:00"}))


@blueprint.post("/communes/<commune:code>/permanences/nouvelle")
@allow("insurer")
def plan_sent(code: str) -> ResponseReturnValue:
    """Plan it."""
    desk = Desk()
    where = place(desk, code)
    form = Form.sent(request.form)
    values = form.read(
        [
            Entry("on", day, "Écrivez le jour de la permanence.", _WRONG_DAY),
            Entry("starts_at", hour, "Écrivez l’heure de début.", _WRONG_HOUR),
            Entry("ends_at", hour, "Écrivez l’heure de fin.", _WRONG_HOUR),
            Entry("place", text, "Écrivez le lieu, par exemple : mairie, salle 2."),
        ]
    )
    if not form.refused:
        form.agree(OfficeHourGiven(), values)
    if form.refused:
        return _plan_form(code, desk, form)
    ask = asked(form.token)
    command = office_hours.PlanOfficeHour(
        id=ask.fresh_key(), convention=where.partner.convention.id, **values
    )
    try:
        receipt = office_hours.plan(parts().ledger, tenant_of(code), own_accord(), command, ask)
    except Refused as refused:
        form.refuse(refused)
        return _plan_form(code, desk, form)
    return recorded(f"{url_for('.town', code=code)}#permanences", receipt)


@blueprint.get("/communes/<commune:code>/permanences/<key:hours>/tenue")
@allow("insurer")
def hold(code: str, hours: str) -> ResponseReturnValue:
    """The form of an office hour that was held."""
    return _hold_form(code, hours, Desk(), Form(typed={"by_appointment": "0"}))


@blueprint.post("/communes/<commune:code>/permanences/<key:hours>/tenue")
@allow("insurer")
def hold_sent(code: str, hours: str) -> ResponseReturnValue:
    """Say that it was held, with its counts."""
    desk = Desk()
    form = Form.sent(request.form)
    values = form.read(
        [
            Entry(
                "visitors",
                whole(0, 999),
                "Écrivez combien de personnes ont été reçues, 0 si personne.",
                "Écrivez un nombre de 0 à 999.",
            ),
            Entry(
                "by_appointment",
                whole(0, 999),
                "Écrivez combien avaient rendez-vous, 0 si personne.",
                "Écrivez un nombre de 0 à 999.",
            ),
        ]
    )
    if form.refused:
        return _hold_form(code, hours, desk, form)
    command = office_hours.HoldOfficeHour(id=hours, **values)
    try:
        receipt = office_hours.hold(parts().ledger, tenant_of(code), own_accord(), command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _hold_form(code, hours, desk, form)
    return recorded(f"{url_for('.town', code=code)}#permanences", receipt)


@blueprint.get("/communes/<commune:code>/permanences/<key:hours>/annulation")
@allow("insurer")
def cancel(code: str, hours: str) -> ResponseReturnValue:
    """The form of a cancellation, which states its effect."""
    return _cancel_form(code, hours, Desk(), Form())


@blueprint.post("/communes/<commune:code>/permanences/<key:hours>/annulation")
@allow("insurer")
def cancel_sent(code: str, hours: str) -> ResponseReturnValue:
    """Cancel it."""
    desk = Desk()
    form = Form.sent(request.form)
    values = form.read([Entry("reason", one_of(list(CANCELLING)), "Choisissez le motif de l’annulation.")])
    if form.refused:
        return _cancel_form(code, hours, desk, form)
    command = office_hours.CancelOfficeHour(id=hours, reason=values["reason"])
    try:
        receipt = office_hours.cancel(
            parts().ledger, tenant_of(code), own_accord(), command, asked(form.token)
        )
    except Refused as refused:
        form.refuse(refused)
        return _cancel_form(code, hours, desk, form)
    return recorded(f"{url_for('.town', code=code)}#permanences", receipt)


def _plan_form(code: str, desk: Desk, form: Form) -> ResponseReturnValue:
    where = place(desk, code)
    rows = desk.read(
        lambda reader: oversight.office_hours(
            reader,
            where.partner.tenant,
            [desk.accord],
            first=desk.today - _PAST,
            last=desk.today + _COMING,
            limit=_MOST,
        )
    )
    return page(
        "insurer/plan.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        form=form,
        places=sorted({row.place for row in rows}),
        coming=[row for row in rows if row.state == "planned" and row.on_day >= desk.today],
    )


def _hold_form(code: str, hours: str, desk: Desk, form: Form) -> ResponseReturnValue:
    return page(
        "insurer/hold.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=place(desk, code),
        row=_row(desk, code, hours),
        form=form,
    )


def _cancel_form(code: str, hours: str, desk: Desk, form: Form) -> ResponseReturnValue:
    return page(
        "insurer/cancel.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=place(desk, code),
        row=_row(desk, code, hours),
        form=form,
        reasons=list(CANCELLING.items()),
        today=desk.today,
    )


def _row(desk: Desk, code: str, hours: str) -> OfficeHourRow:
    tenant = tenant_of(code)
    row = desk.read(lambda reader: oversight.office_hour(reader, tenant, desk.accord, hours))
    if row is None:
        raise NotFoundError(hours)
    return row
