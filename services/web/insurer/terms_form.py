"""The form of a convention's terms: what it asks, how it is read, and how terms already said fill it.

It asks for dates, figures, commitments, promises, office hours and the vote; what else the terms hold stays as it is.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from flask import request

from domain.money import format_euros
from domain.partnerships.terms import CouncilVote, OfficeHourPromise, Terms
from services.schemas.terms import TermsGiven
from services.web.forms import Entry, Form, cents, day, prose, text, whole
from services.web.insurer.commitments_form import paths, read_commitments, read_promises, typed_lists

_WRONG_DAY: Final = "Écrivez une date comme 25/11/2026."
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PATHS: Final = {
    "office_hours.article": "hours_article",
    "office_hours.wording": "hours_wording",
    "council_vote.number": "council_vote",
}
DOCUMENT: Final = "document"
"""The field that keeps the digest of the file that was sent."""

_PLAIN: Final = ("signed_on", "starts_on", "ends_on", "notice_months", "waiting_period_days", "fees")
STARTING: Final = {"notice_months": "6", "fees": "0", "waiting_period_days": "0"}
"""What an empty form starts with."""


_ENTRIES: Final = [
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
    Entry("per_month", whole(1, 31), wrong="Écrivez un nombre de 1 à 31."),
    Entry("hours_article", text),
    Entry("hours_wording", prose),
]


def read_terms(form: Form, before: Terms | None = None) -> Terms | None:
    """The terms that a form says, on top of those `before`; None when something is wrong, which the form then says."""
    values = form.read(_ENTRIES)
    commitments = read_commitments(form, before.commitments if before else ())
    promises = read_promises(form)
    _demand_together(form, values)
    if form.refused:
        return None
    held = before or Terms(**{name: values[name] for name in ("signed_on", "starts_on", "ends_on")})
    terms = msgspec.structs.replace(
        held,
        **{name: values[name] for name in _PLAIN},
        commitments=commitments,
        promises=promises,
        office_hours=_office_hours(values),
        council_vote=_vote(values, held.council_vote),
        document=form.value(DOCUMENT) or held.document,
    )
    said = {**msgspec.structs.asdict(terms), "fees": format_euros(terms.fees)}
    form.agree(TermsGiven(), said, paths_of(form))
    return None if form.errors or form.general else terms


def typed(terms: Terms) -> dict[str, str]:
    """The values of the form that say these terms."""
    found = {**typed_lists(terms), **{name: str(getattr(terms, name)) for name in _PLAIN}}
    found["fees"] = format_euros(terms.fees).replace(".", ",")
    if terms.office_hours is not None:
        found |= {
            "per_month": str(terms.office_hours.per_month),
            "hours_article": terms.office_hours.article,
            "hours_wording": terms.office_hours.wording,
        }
    if terms.council_vote is not None:
        found["council_vote"] = terms.council_vote.number
    return found


def sent() -> Form:
    """The form as it came back; of the file only its SHA-256 is kept, so that a form shown again still has it."""
    file = request.files.get("file")
    content = file.read() if file else b""
    known = request.form.get(DOCUMENT, "").strip().lower()
    digest = hashlib.sha256(content).hexdigest() if content else known if _DIGEST.fullmatch(known) else ""
    return Form.sent({**request.form.to_dict(), DOCUMENT: digest})


def paths_of(form: Form, at: str = "") -> dict[str, str]:
    """Our fields for the paths of the terms that are called otherwise; `at` is the path of the terms."""
    known = {**_PATHS, **paths(form), **({name: name for name in Terms.__struct_fields__} if at else {})}
    return {f"{at}{path}": name for path, name in known.items()}


def _demand_together(form: Form, values: Mapping[str, Any]) -> None:
    """The promise of office hours is whole or absent."""
    if values["per_month"] and not values["hours_wording"]:
        form.errors.setdefault("hours_wording", "Recopiez la clause des permanences, mot pour mot.")
    if values["per_month"] and not values["hours_article"]:
        form.errors.setdefault("hours_article", "Écrivez l’article de la clause, par exemple : Article 7.")
    if values["hours_wording"] and not values["per_month"]:
        form.errors.setdefault("per_month", "Écrivez le nombre de permanences par mois.")


def _office_hours(values: Mapping[str, Any]) -> OfficeHourPromise | None:
    if not values["per_month"]:
        return None
    return OfficeHourPromise(
        article=values["hours_article"] or "", wording=values["hours_wording"], per_month=values["per_month"]
    )


def _vote(values: Mapping[str, Any], held: CouncilVote | None) -> CouncilVote | None:
    number = values["council_vote"]
    if not number:
        return None
    return msgspec.structs.replace(held, number=number) if held else CouncilVote(number=number)
