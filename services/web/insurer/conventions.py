"""A convention is declared: choose the commune, copy what was signed; it opens nothing until the town confirms it."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.money import format_euros
from domain.partnerships.convention import Commitment, OfficeHourPromise
from domain.refusal import Refused
from services.access import allow, commune_named, own_accord, tenant_of
from services.asking import asked, parts, principal
from services.commands import partnerships
from services.schemas.partnerships import ConventionGiven
from services.web.desk import found_communes, recorded
from services.web.forms import Entry, Form, WrongValueError, cents, day, one_of, prose, text, whole
from services.web.insurer.blueprint import blueprint
from services.web.render import fragment, page, wants_fragment
from services.web.words import PERIODS

_WRONG_DAY: Final = "Écrivez une date comme 25/11/2026."
_PERCENT: Final = re.compile(r"(\d{1,2})(?:[.,](\d{1,2}))?", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PATHS: Final = {
    "commitments[0].params.max_rise_percent": "max_rise",
    "commitments[0].article": "cap_article",
    "commitments[0].wording": "cap_wording",
    "office_hours.article": "hours_article",
    "office_hours.wording": "hours_wording",
}
_PLAIN: Final = (
    "signed_on", "starts_on", "ends_on", "notice_months", "waiting_period_days", "council_vote",
)  # fmt: skip


@blueprint.get("/conventions/nouvelle")
@allow("insurer")
def choose() -> ResponseReturnValue:
    """Find the commune: by name, INSEE code or postcode; all that share a postcode are offered."""
    typed = request.args.get("q", "")
    found = found_communes(typed) if typed.strip() else None
    if wants_fragment():
        return fragment("insurer/suggestions.jinja", found=found, typed=typed)
    return page("insurer/choose.jinja", found=found, typed=typed)


@blueprint.get("/conventions/nouvelle/<commune:code>")
@allow("insurer")
def declare(code: str) -> ResponseReturnValue:
    """The form of a convention."""
    typed = {"notice_months": "6", "fees": "0", "waiting_period_days": "0", "period": "CONVENTION_YEAR"}
    return _form(code, Form(typed=typed))


@blueprint.post("/conventions/nouvelle/<commune:code>")
@allow("insurer")
def declare_sent(code: str) -> ResponseReturnValue:
    """Declare it."""
    form = Form.sent(request.form)
    values = form.read(
        [
            Entry("signed_on", day, "Écrivez la date de signature.", _WRONG_DAY),
            Entry("starts_on", day, "Écrivez le premier jour de la convention.", _WRONG_DAY),
            Entry("ends_on", day, "Écrivez le dernier jour de la convention.", _WRONG_DAY),
            Entry(
                "notice_months",
                whole(0, 24),
                "Écrivez le préavis en mois.",
                "Écrivez un nombre de mois de 0 à 24.",
            ),
            Entry(
                "fees",
                cents,
                "Écrivez les frais d’adhésion, 0 s’il n’y en a pas.",
                "Écrivez un montant comme 12,50.",
            ),
            Entry(
                "waiting_period_days",
                whole(0, 365),
                "Écrivez le délai de carence en jours, 0 s’il n’y en a pas.",
                "Écrivez un nombre de jours de 0 à 365.",
            ),
            Entry("council_vote", text),
            Entry("max_rise", percent, wrong="Écrivez un pourcentage comme 3 ou 2,5."),
            Entry("period", one_of(list(PERIODS))),
            Entry("cap_article", text),
            Entry("cap_wording", prose),
            Entry("per_month", whole(1, 31), wrong="Écrivez un nombre de 1 à 31."),
            Entry("hours_article", text),
            Entry("hours_wording", prose),
        ]
    )
    _demand_together(form, values)
    if not form.refused:
        form.agree(ConventionGiven(), _given(values), _PATHS)
    if form.refused:
        return _form(code, form)
    ask = asked(form.token)
    command = partnerships.DeclareConvention(
        id=ask.fresh_key(),
        insurer_name=principal().organisation,
        commitments=_commitments(values),
        office_hours=_office_hours(values),
        document=document_digest(),
        fictitious=principal().fictitious or bool(form.value("fictitious")),
        fees=values["fees"],
        **{name: values[name] for name in _PLAIN},
    )
    try:
        receipt = partnerships.declare(parts().ledger, tenant_of(code), own_accord(), command, ask)
    except Refused as refused:
        form.refuse(refused, _PATHS)
        return _form(code, form)
    return recorded(url_for(".town", code=code), receipt)


def percent(value: str) -> str:
    """A percentage as rules take it: `2,5 %` is `2.5`."""
    match = _PERCENT.fullmatch(re.sub(r"[\s%]", "", value))
    if match is None:
        raise WrongValueError
    return f"{int(match[1])}.{match[2]}" if match[2] and int(match[2]) else str(int(match[1]))


def document_digest() -> str | None:
    """The SHA-256 of the file that was sent, or the one that was typed; None without either. The file is not kept."""
    sent = request.files.get("file")
    content = sent.read() if sent else b""
    if content:
        return hashlib.sha256(content).hexdigest()
    typed = request.form.get("document", "").strip().lower()
    return typed if _DIGEST.fullmatch(typed) else None


def _demand_together(form: Form, values: Mapping[str, Any]) -> None:
    """A commitment is whole or absent: its clause in its own words, and what a machine checks of it."""
    if values["max_rise"] and not values["cap_wording"]:
        form.errors.setdefault("cap_wording", "Recopiez la clause du plafond, mot pour mot.")
    if values["max_rise"] and not values["cap_article"]:
        form.errors.setdefault("cap_article", "Écrivez l’article de la clause, par exemple : Article 5.")
    if values["cap_wording"] and not values["max_rise"]:
        form.errors.setdefault("max_rise", "Écrivez la hausse permise, par exemple 3.")
    if values["per_month"] and not values["hours_wording"]:
        form.errors.setdefault("hours_wording", "Recopiez la clause des permanences, mot pour mot.")
    if values["per_month"] and not values["hours_article"]:
        form.errors.setdefault("hours_article", "Écrivez l’article de la clause, par exemple : Article 7.")
    if values["hours_wording"] and not values["per_month"]:
        form.errors.setdefault("per_month", "Écrivez le nombre de permanences par mois.")


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same as the API would be given it."""
    return {
        **{name: values[name] for name in _PLAIN},
        "fees": format_euros(values["fees"]),
        "commitments": _commitments(values),
        "office_hours": _office_hours(values),
    }


def _commitments(values: Mapping[str, Any]) -> tuple[Commitment, ...]:
    if not values["max_rise"]:
        return ()
    return (
        Commitment(
            id="plafond",
            article=values["cap_article"] or "",
            wording=values["cap_wording"],
            rule="ANNUAL_CAP_FIXED",
            params={"max_rise_percent": values["max_rise"], "period": values["period"] or "CIVIL_YEAR"},
        ),
    )


def _office_hours(values: Mapping[str, Any]) -> OfficeHourPromise | None:
    if not values["per_month"]:
        return None
    return OfficeHourPromise(
        article=values["hours_article"] or "", wording=values["hours_wording"], per_month=values["per_month"]
    )


def _form(code: str, form: Form) -> ResponseReturnValue:
    return page(
        "insurer/declare.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        commune=commune_named(code),
        form=form,
        periods=list(PERIODS.items()),
        demo=parts().settings.demo,
    )


__all__ = ["choose", "declare", "declare_sent", "document_digest", "percent"]
