"""What a town does in a case: dispute, accept (with an exemption or without), end the convention.

Each is a page that states the effect; the formal notice has its own.
"""

from typing import Any, Final, get_args

import msgspec
from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.partnerships.document import LARGEST
from domain.partnerships.notice import effect_of
from domain.refusal import Refused
from domain.tariffs.case import moves
from domain.tariffs.evidence import CaseCell
from domain.tariffs.exemptions import NEVER_EXEMPTED, ExemptionReason
from domain.tariffs.leeway import leeways
from domain.tenancy import Owner
from services.access import allow
from services.asking import asked, parts
from services.commands import cases as commands
from services.commands.perform import NotFoundError
from services.schemas.text import CLAUSE
from services.web.attachments import ACCEPT, HINT, filed
from services.web.case_file import CaseFile, case_file, read_case
from services.web.case_words import EXEMPTION_KINDS
from services.web.desk import recorded
from services.web.exemptions import factor_words
from services.web.forms import Entry, Form, WrongValueError, day, one_of, text, written
from services.web.render import page
from services.web.sight import Sight, town_sight
from services.web.town.blueprint import blueprint
from services.web.town.notices import last_terms
from services.web.uploads import takes_files

_WHY: Final = "Écrivez vos raisons : l’organisme les lit."
_DAY: Final = "Écrivez une date, par exemple 25/11/2026."
_FIELDS: Final = {"exemption": "with_exemption", "exemption.valid_to": "valid_to", "text": "text"}


@blueprint.get("/dossiers/<key:case>/contestation")
@allow("town")
def dispute(case: str) -> ResponseReturnValue:
    """The form to dispute."""
    return _page("dispute", town_sight(), case, Form())


@blueprint.post("/dossiers/<key:case>/contestation")
@allow("town")
@takes_files(LARGEST)
def dispute_sent(case: str) -> ResponseReturnValue:
    """Dispute, with a text and a document."""
    sight, form = town_sight(), Form.sent(request.form)
    file = _file(sight, case)
    values = form.read([Entry("text", written(CLAUSE), _WHY)])
    documents = _documents(form, file, sight) if not form.refused else ()
    if not form.refused:
        command = commands.DisputeCase(case=case, text=values["text"], documents=documents)
        try:
            receipt = commands.dispute(
                parts().ledger, sight.tenant, Owner(file.case.owner), command, asked(form.token)
            )
        except Refused as refused:
            form.refuse(refused, _FIELDS)
        else:
            return recorded(url_for(".case", case=case), receipt)
    return _page("dispute", sight, case, form)


@blueprint.get("/dossiers/<key:case>/acceptation")
@allow("town")
def accept(case: str) -> ResponseReturnValue:
    """The form to accept."""
    return _page("accept", town_sight(), case, Form(typed={"kind": "TAX"}))


@blueprint.post("/dossiers/<key:case>/acceptation")
@allow("town")
@takes_files(LARGEST)
def accept_sent(case: str) -> ResponseReturnValue:
    """Accept, and grant an exemption with it where the town says so."""
    sight, form = town_sight(), Form.sent(request.form)
    file = _file(sight, case)
    values = form.read([Entry("text", written(CLAUSE), _WHY), *_settling(form)])
    documents = _documents(form, file, sight) if not form.refused else ()
    if not form.refused:
        settling = None
        if form.value("with_exemption"):
            settling = commands.SettlingExemption(
                kind=values["kind"],
                valid_to=values["valid_to"],
                rebase=bool(form.value("rebase")),
                decided_by=values["decided_by"],
                council_reference=values["council_reference"],
                document=documents[0] if documents else None,
            )
        command = commands.AcceptCase(case=case, text=values["text"], documents=documents, exemption=settling)
        try:
            receipt = commands.accept(
                parts().ledger, sight.tenant, Owner(file.case.owner), command, asked(form.token)
            )
        except Refused as refused:
            form.refuse(refused, _FIELDS)
        else:
            return recorded(url_for(".case", case=case), receipt)
    return _page("accept", sight, case, form)


@blueprint.get("/dossiers/<key:case>/resiliation")
@allow("town")
def terminate(case: str) -> ResponseReturnValue:
    """The form to end the convention."""
    sight = town_sight()
    return _page("terminate", sight, case, Form(typed={"given_on": sight.today.isoformat()}))


@blueprint.post("/dossiers/<key:case>/resiliation")
@allow("town")
@takes_files(LARGEST)
def terminate_sent(case: str) -> ResponseReturnValue:
    """Give notice because of the case."""
    sight, form = town_sight(), Form.sent(request.form)
    file = _file(sight, case)
    values = form.read(
        [
            Entry("detail", written(CLAUSE)),
            Entry("given_on", day, "Écrivez le jour de la notification.", _DAY),
        ]
    )
    documents = _documents(form, file, sight) if not form.refused else ()
    if not form.refused:
        command = commands.EndForCase(
            case=case,
            detail=values["detail"] or "",
            given_on=values["given_on"],
            document=documents[0] if documents else None,
        )
        try:
            receipt = commands.end_for_case(
                parts().ledger, sight.tenant, Owner(file.case.owner), command, asked(form.token)
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return recorded(url_for(".case", case=case), receipt)
    return _page("terminate", sight, case, form)


def _settling(form: Form) -> list[Entry]:
    if not form.value("with_exemption"):
        return []
    kinds: tuple[str, ...] = get_args(ExemptionReason)

    def last_day(value: str) -> Any:
        found = day(value)
        if found < parts().clock.today():
            raise WrongValueError(
                "La dérogation finit un jour à venir. Corrigez la date, ou laissez-la vide."
            )
        return found

    return [
        Entry("kind", one_of(kinds), "Choisissez le motif de la dérogation."),
        Entry("valid_to", last_day, None, _DAY),
        Entry("decided_by", text, "Écrivez qui a décidé, par exemple : Conseil municipal."),
        Entry("council_reference", text),
    ]


def _documents(form: Form, file: CaseFile, sight: Sight) -> tuple[str, ...]:
    found = filed(form, "piece", sight.tenant, Owner(file.case.owner), f"Dossier {file.case.id[:8]}")
    return (found,) if found else ()


def _file(sight: Sight, case: str) -> CaseFile:
    found = sight.read(lambda reader: read_case(reader, sight.tenant, sight.owners, case))
    return case_file(found, sight.today)


def _page(what: str, sight: Sight, case: str, form: Form) -> ResponseReturnValue:
    file = _file(sight, case)
    move = {"dispute": "dispute", "accept": "acceptance", "terminate": "notice"}[what]
    if not form.refused and move not in moves(file.case.state, "town"):
        raise NotFoundError(case)
    cells = [msgspec.convert(cell, CaseCell) for cell in file.case.cells]
    factors = leeways(file.case.rule, cells) if file.case.rule not in NEVER_EXEMPTED else []
    convention = last_terms(sight, file.case.owner, file.case.convention)
    return page(
        "town/answer.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        what=what,
        sight=sight,
        links=sight.links,
        file=file,
        convention=convention,
        form=form,
        file_hint=HINT,
        file_types=ACCEPT,
        kinds=list(EXEMPTION_KINDS.items()),
        factor=factor_words(factors[0]) if factors else None,
        ends_on=effect_of("COMMITMENT_BROKEN", sight.today, convention.notice_months, convention.ends_on),
        read=sight.seal,
    )
