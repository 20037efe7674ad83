"""A formal notice: the town reads it ready written, changes what it likes, looks at it, and records that it was sent.

What is recorded is the very file that was looked at: the same words make the same bytes.
"""

import hashlib
from datetime import date
from typing import Any, Final, get_args

from flask import Response, request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from domain.tariffs.case import Channel, moves
from domain.tenancy import Owner
from services.access import allow
from services.asking import asked, parts
from services.commands import cases, documents
from services.commands.perform import NotFoundError
from services.letters.facts import LONGEST, Parts
from services.letters.press import formal_notice
from services.letters.reading import Found, facts, find
from services.letters.wording import first_version
from services.schemas.text import CLAUSE
from services.web.desk import Desk, recorded
from services.web.forms import Entry, Form, WrongValueError, day, one_of, written
from services.web.render import page
from services.web.town.blueprint import blueprint

MEDIA: Final = "application/pdf"
CHANNELS: Final = (
    ("registered_letter", "Lettre recommandée avec avis de réception"),
    ("hand_delivery", "Remise en main propre contre décharge"),
    ("email", "Courrier électronique"),
    ("other", "Autre moyen"),
)
_VIEWER: Final = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""What a browser needs to show a PDF that it opens as a page."""

_HOW: Final = "Choisissez comment la lettre part."
_MISSING: Final = {
    "sender": "Écrivez le nom et l'adresse de la ville.",
    "recipient": "Écrivez le nom et l'adresse de l'organisme.",
    "place": "Écrivez le lieu.",
    "signatory": "Écrivez qui signe, et à quel titre.",
    "subject": "Écrivez l'objet de la lettre.",
    "opening": "Écrivez les premiers paragraphes.",
    "demand": "Écrivez ce que la ville demande.",
    "closing": "Écrivez ce qui suit à défaut, et la formule de politesse.",
}


@blueprint.get("/dossiers/<key:case>/mise-en-demeure")
@allow("town")
def letter(case: str) -> ResponseReturnValue:
    """The letter, ready written; or what became of it."""
    desk = Desk()
    found = _found(desk, case)
    first = first_version(facts(found, desk.who.organisation, desk.today, desk.today))
    typed = {name: getattr(first, name) for name in first.__struct_fields__}
    typed |= {"sent_on": desk.today.isoformat(), "channel": CHANNELS[0][0]}
    return _page(desk, found, Form(typed=typed))


@blueprint.get("/dossiers/<key:case>/mise-en-demeure.pdf")
@allow("town")
def letter_pdf(case: str) -> ResponseReturnValue:
    """The letter that was sent, or the first version of one to send."""
    desk = Desk()
    found = _found(desk, case)
    if found.row.formal_notice_document is not None:
        return _pdf(parts().ledger.documents.get(found.row.formal_notice_document), case)
    case_ = facts(found, desk.who.organisation, desk.today, desk.today)
    return _pdf(formal_notice(case_, first_version(case_)), case)


@blueprint.post("/dossiers/<key:case>/mise-en-demeure.pdf")
@allow("town")
def letter_preview(case: str) -> ResponseReturnValue:
    """The letter as it is written in the form; nothing is recorded."""
    desk = Desk()
    found = _found(desk, case)
    form = Form.sent(request.form)
    values = _read(form, desk.today)
    if form.refused:
        return _page(desk, found, form)
    return _pdf(_made(desk, found, values), case)


@blueprint.post("/dossiers/<key:case>/mise-en-demeure")
@allow("town")
def letter_sent(case: str) -> ResponseReturnValue:
    """Record that it was sent, with the file."""
    desk = Desk()
    found = _found(desk, case)
    form = Form.sent(request.form)
    values = _read(form, desk.today)
    if form.refused:
        return _page(desk, found, form)
    content = _made(desk, found, values)
    filing = documents.FileDocument(
        name=f"mise-en-demeure-{values['sent_on']:%Y-%m-%d}.pdf",
        media_type=MEDIA,
        content=content,
        about=case,
    )
    command = cases.SendFormalNotice(
        case=case,
        sent_on=values["sent_on"],
        channel=values["channel"],
        document=hashlib.sha256(content).hexdigest(),
    )
    tenant, owner = desk.tenant, Owner(found.row.owner)
    try:
        documents.file(parts().ledger, tenant, owner, filing, asked(f"{form.token}-file"))
        receipt = cases.send_formal_notice(parts().ledger, tenant, owner, command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _page(desk, found, form)
    return recorded(url_for(".case", case=case), receipt)


def _found(desk: Desk, case: str) -> Found:
    found = desk.read(lambda reader: find(reader, desk.tenant, desk.owners, case))
    if found is None:
        raise NotFoundError(case)
    return found


def _read(form: Form, today: date) -> dict[str, Any]:
    def sent_on(value: str) -> date:
        given = day(value)
        if given > today:
            raise WrongValueError("Une lettre est envoyée aujourd’hui ou l’a été avant. Corrigez la date.")
        return given

    entries = [
        Entry(name, written(LONGEST.get(name, CLAUSE)), _MISSING.get(name))
        for name in Parts.__struct_fields__
    ]
    entries += [
        Entry("sent_on", sent_on, "Écrivez le jour de l'envoi.", "Écrivez une date, par exemple 25/11/2026."),
        Entry("channel", one_of(get_args(Channel)), _HOW, _HOW),
    ]
    return form.read(entries)


def _made(desk: Desk, found: Found, values: dict[str, Any]) -> bytes:
    texts = {name: values[name] or "" for name in Parts.__struct_fields__}
    return formal_notice(facts(found, desk.who.organisation, values["sent_on"], desk.today), Parts(**texts))


def _pdf(content: bytes, case: str) -> Response:
    answer = Response(content, mimetype=MEDIA)
    answer.headers.set("Content-Disposition", "inline", filename=f"mise-en-demeure-{case[:12]}.pdf")
    answer.headers["Content-Security-Policy"] = _VIEWER
    return answer


def _page(desk: Desk, found: Found, form: Form) -> ResponseReturnValue:
    cure_days = found.convention.clocks.cure_days
    return page(
        "town/letter.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        form=form,
        case=found.row,
        insurer=found.convention.insurer_name,
        fictitious=found.convention.fictitious and "(ficti" not in found.convention.insurer_name,
        cure_days=cure_days,
        channels=CHANNELS,
        channel_words=dict(CHANNELS),
        may_send="formal-notice" in moves(found.row.state, "town"),
        read=desk.seal,
    )
