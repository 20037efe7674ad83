"""An exemption: what the insurer asks and why, what it would let pass, and the town's yes, no, or second thoughts."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final

from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.money import parse_decimal
from domain.partnerships.document import LARGEST
from domain.refusal import Refused
from domain.tenancy import Owner, siren_of
from infra.ledger import Receipt
from projections.tariffs.queries import ExemptionRow
from services.access import allow
from services.asking import asked, parts
from services.commands import exemptions as commands
from services.commands.perform import NotFoundError
from services.schemas.text import CLAUSE
from services.web.attachments import ACCEPT, HINT, filed
from services.web.case_words import EXEMPTION_KINDS
from services.web.desk import recorded
from services.web.exemptions import effects, factor_words, ratio_percent, titles_of
from services.web.forms import Entry, Form, WrongValueError, day, text, written
from services.web.render import page
from services.web.sight import Sight, town_sight
from services.web.town.blueprint import blueprint
from services.web.town_facts import Town, statements_of, town_of
from services.web.town_pages import document_names
from services.web.uploads import takes_files

_DAY: Final = "Écrivez une date, par exemple 25/11/2026."
_PERCENT: Final = "Écrivez un pourcentage, par exemple 1,81."
_FIELDS: Final = {"factor": "percent", "document": "piece"}
_STATES: Final = {
    "requested": "Demandée",
    "granted": "Accordée",
    "refused": "Refusée",
    "withdrawn": "Retirée par l’organisme",
    "revoked": "Révoquée",
}


@blueprint.get("/derogations/<key:exemption>")
@allow("town")
def exemption(exemption: str) -> ResponseReturnValue:
    """The request, or what became of it."""
    return _page(town_sight(), exemption, Form())


@blueprint.post("/derogations/<key:exemption>/accord")
@allow("town")
@takes_files(LARGEST)
def grant_sent(exemption: str) -> ResponseReturnValue:
    """Grant it, as asked or narrower."""
    sight, form = town_sight(), Form.sent(request.form)
    row = _row(town_of(sight), exemption)
    values = form.read(
        [
            Entry("decided_by", text, "Écrivez qui a décidé, par exemple : Conseil municipal."),
            Entry("decided_on", day, "Écrivez le jour de la décision.", _DAY),
            Entry("council_reference", text),
            Entry("percent", _percent, None, _PERCENT),
            Entry("valid_from", day, None, _DAY),
            Entry("valid_to", day, None, _DAY),
        ]
    )
    if not form.refused:
        document = filed(
            form, "piece", sight.tenant, Owner(row.owner), f"Décision sur la dérogation {row.id}"
        )
    if form.refused:
        return _page(sight, exemption, form)
    asked_for = row.asked
    same = asked_for is not None and form.value("percent") == ratio_percent(asked_for.factor)
    command = commands.GrantExemption(
        convention=row.convention,
        id=row.id,
        decided_on=values["decided_on"],
        decided_by=values["decided_by"],
        council_reference=values["council_reference"],
        document=document,
        factor=None if same else values["percent"],
        valid_from=values["valid_from"],
        valid_to=values["valid_to"],
    )
    return _done(sight, row, form, lambda: commands.grant_exemption(
        parts().ledger, sight.tenant, Owner(row.owner), command, asked(form.token)
    ))  # fmt: skip


@blueprint.post("/derogations/<key:exemption>/refus")
@allow("town")
def refuse_exemption_sent(exemption: str) -> ResponseReturnValue:
    """Refuse it, with the reason that the insurer reads."""
    sight, form = town_sight(), Form.sent(request.form)
    row = _row(town_of(sight), exemption)
    values = form.read([Entry("reason", written(CLAUSE), "Écrivez pourquoi : l’organisme lit ce motif.")])
    if form.refused:
        return _page(sight, exemption, form)
    command = commands.RefuseExemption(
        convention=row.convention, id=row.id, decided_on=sight.today, reason=values["reason"]
    )
    return _done(sight, row, form, lambda: commands.refuse_exemption(
        parts().ledger, sight.tenant, Owner(row.owner), command, asked(form.token)
    ))  # fmt: skip


@blueprint.post("/derogations/<key:exemption>/revocation")
@allow("town")
def revoke_sent(exemption: str) -> ResponseReturnValue:
    """Take it back from a day on."""
    sight, form = town_sight(), Form.sent(request.form)
    row = _row(town_of(sight), exemption)
    values = form.read(
        [
            Entry("revoked_on", day, "Écrivez à partir de quel jour.", _DAY),
            Entry("why", written(CLAUSE), "Écrivez pourquoi : l’organisme lit ce motif."),
        ]
    )
    if form.refused:
        return _page(sight, exemption, form)
    command = commands.RevokeExemption(
        convention=row.convention, id=row.id, revoked_on=values["revoked_on"], reason=values["why"]
    )
    return _done(sight, row, form, lambda: commands.revoke_exemption(
        parts().ledger, sight.tenant, Owner(row.owner), command, asked(form.token)
    ))  # fmt: skip


def _done(
    sight: Sight, row: ExemptionRow, form: Form, act: Callable[[], Receipt | None]
) -> ResponseReturnValue:
    try:
        receipt = act()
    except Refused as refused:
        form.refuse(refused, _FIELDS)
        return _page(sight, row.id, form)
    return recorded(url_for(".exemption", exemption=row.id), receipt)


def _percent(value: str) -> tuple[str, str]:
    """A rise of limits in percent, as the factor of an exemption."""
    try:
        found = parse_decimal(value.replace("\u202f", "").replace(" ", "").rstrip("%").replace(",", "."))
    except ValueError:
        raise WrongValueError from None
    if not 0 <= found <= 900:
        raise WrongValueError("Écrivez un pourcentage de 0 à 900.")
    return _decimal(1 + found / 100), "1"


def _decimal(value: Fraction) -> str:
    """An exact decimal number, as long as it is."""
    digits = f"{value.numerator * 10**12 // value.denominator:013d}"
    return f"{digits[:-12]}.{digits[-12:].rstrip('0') or '0'}"


def _row(town: Town, identity: str) -> ExemptionRow:
    """The exemption of this name, the newest of those the town may read. Raises NotFoundError."""
    siren = request.args.get("organisme")
    mine = [row for row in town.exemptions if row.id == identity and siren in {None, siren_of(row.owner)}]
    if not mine:
        raise NotFoundError(identity)
    return mine[0]


def _page(sight: Sight, identity: str, form: Form) -> ResponseReturnValue:
    town = town_of(sight)
    row = _row(town, identity)
    partner = town.partner_of(row.owner)
    terms = row.granted or row.asked
    if partner is None or terms is None:
        raise NotFoundError(identity)
    if not form.typed:
        form = Form(typed=_typed(row, sight), token=form.token)
    titles = titles_of(partner.convention.commitments)
    shown: dict[str, Any] = {
        "effects": effects(row.id, terms, statements_of(town, partner), titles, sight.today)
        if row.convention == partner.convention.id
        else [],
        "factor": factor_words(terms.factor),
        "asked_factor": factor_words(row.asked.factor) if row.asked else None,
    }
    return page(
        "town/exemption.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        sight=sight,
        links=sight.links,
        row=row,
        terms=terms,
        partner=partner,
        clauses=[clause for clause in partner.convention.commitments if clause["id"] in terms.commitments],
        titles=titles,
        kind=EXEMPTION_KINDS[terms.kind],
        state_word=_STATES[row.state],
        names=document_names(sight, row.owner),
        siren=partner.siren,
        form=form,
        file_hint=HINT,
        file_types=ACCEPT,
        read=sight.seal,
        **shown,
    )


def _typed(row: ExemptionRow, sight: Sight) -> dict[str, str]:
    terms = row.asked
    if row.state == "granted":
        return {"revoked_on": sight.today.isoformat()}
    if terms is None:
        return {}
    return {
        "decided_on": sight.today.isoformat(),
        "percent": ratio_percent(terms.factor),
        "valid_from": terms.valid_from.isoformat(),
        "valid_to": terms.valid_to.isoformat() if terms.valid_to else "",
    }
