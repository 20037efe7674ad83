"""Amendments as the insurer declares them: terms ready filled in, then only what changes, then the town decides."""

from datetime import timedelta
from typing import Any, Final, Literal

import msgspec
from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.partnerships.document import LARGEST
from domain.partnerships.terms import Terms
from domain.refusal import Refused
from projections.oversight import queries as oversight
from projections.oversight.queries import AmendmentRow, ConventionRow
from services.access import allow
from services.asking import asked, parts
from services.commands import partnerships
from services.commands.perform import NotFoundError
from services.web.attachments import ACCEPT, HINT, filed
from services.web.changes import Change, clauses_changed, figures_changed
from services.web.desk import recorded
from services.web.forms import Entry, Form, day, one_of, prose
from services.web.insurer.blueprint import blueprint
from services.web.insurer.commitments_form import edited, editor, listed_names
from services.web.insurer.more_terms import FIELDS, read_more, typed_more
from services.web.insurer.terms_form import paths_of, read_terms, typed
from services.web.insurer.view import Held, confirmed, held
from services.web.render import page
from services.web.typography import day as day_words
from services.web.uploads import takes_files

_WRONG_DAY: Final = "Écrivez une date comme 25/11/2026."
_OWN: Final = ("nature", "corrects", "amended_on", "effective_on", "why")
_TERMS: Final = (
    "signed_on", "starts_on", "ends_on", "notice_months", "fees", "waiting_period_days", "council_vote", "per_month",
    "hours_article", "hours_wording",
)  # fmt: skip
_NATURES: Final = (
    ("amendment", "Avenant : ce qui a été signé depuis"),
    ("correction", "Rectification : ce qui a été mal saisi"),
)


class Version(msgspec.Struct, frozen=True):
    """Terms that stand and may be corrected, by the place in the stream of the event that said them."""

    number: int
    words: str
    terms: Terms
    first: bool
    effective_on: Any


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a form declares, and the terms it changes."""

    before: Terms
    facts: dict[str, Any]


@blueprint.get("/communes/<commune:code>/avenants/nouveau")
@allow("insurer")
def amend(code: str) -> ResponseReturnValue:
    """The form, filled in with the terms that begin last, or those that `?rectifie=` names."""
    where = confirmed(code)
    versions = _versions(where)
    number = request.args.get("rectifie", "")
    version = next((each for each in versions if str(each.number) == number), versions[-1])
    nature = "correction" if number else "amendment"
    known = {"nature": nature, "corrects": str(version.number), "amended_on": where.sight.today.isoformat()}
    return _form(where, Form(typed={**typed(version.terms), **typed_more(version.terms), **known}))


@blueprint.post("/communes/<commune:code>/avenants/nouveau")
@allow("insurer")
@takes_files(LARGEST)
def amend_sent(code: str) -> ResponseReturnValue:
    """Show what changes, then declare it."""
    where = confirmed(code)
    form = Form.sent(request.form)
    again = edited(form)
    if again is not None:
        return _form(where, again)
    version = _version(where, form)
    wanted = _read(form, version)
    if wanted is None or form.value("do") == "change":
        return _form(where, form)
    every = changes(wanted.before, wanted.facts["terms"])
    if not every:
        form.general.append("Rien ne change. Modifiez au moins un point de la convention, ou renoncez.")
        return _form(where, form)
    if form.value("do") != "record":
        return _check(where, form, wanted, every, version)
    tenant, owner = where.sight.tenant, where.sight.desk.accord
    signed = filed(form, "signed_text", tenant, owner, "Avenant signé")
    if form.refused:
        return _check(where, form, wanted, every, version)
    if signed is not None:
        wanted.facts["terms"] = msgspec.structs.replace(wanted.facts["terms"], document=signed)
    ask = asked(form.token)
    command = partnerships.DeclareAmendment(
        convention=where.partner.convention.id, id=ask.fresh_key(), **wanted.facts
    )
    try:
        receipt = partnerships.declare_amendment(parts().ledger, tenant, owner, command, ask)
    except Refused as refused:
        form.refuse(refused, {**paths_of(form, "terms."), "signed_on": "amended_on", "reason": "why"})
        return _form(where, form)
    return recorded(url_for(".amendment", code=code, amendment=command.id), receipt)


@blueprint.get("/communes/<commune:code>/avenants/<key:amendment>")
@allow("insurer")
def amendment(code: str, amendment: str) -> ResponseReturnValue:
    """One amendment: what it changes, and what the town made of it."""
    where = held(code)
    for convention in (where.partner.convention, *where.partner.others):
        row = next((each for each in convention.amendments if each.id == amendment), None)
        if row is not None:
            return page(
                "insurer/amendment.jinja",
                where=where,
                row=row,
                changes=changes(_before(where, convention, row), row.terms),
                read=where.sight.seal,
            )
    raise NotFoundError(amendment)


def changes(before: Terms, after: Terms) -> list[Change]:
    """Everything that other terms change: figures, clauses, and the papers they rest on."""
    vote, document = "Délibération", "Texte signé, empreinte SHA-256"
    papers = [
        Change(what=vote, before=_vote(before), after=_vote(after)),
        Change(what=document, before=before.document, after=after.document),
    ]
    found = [*figures_changed(before, after), *clauses_changed(before, after)]
    return [*found, *(each for each in papers if each.before != each.after)]


def _vote(terms: Terms) -> str | None:
    vote = terms.council_vote
    if vote is None:
        return None
    return vote.number + (f" du {day_words(vote.voted_on)}" if vote.voted_on else "")


def _before(where: Held, convention: ConventionRow, row: AmendmentRow) -> Terms:
    """The terms that an amendment changed: as they stood when it was declared."""
    at = row.declared_at - timedelta(microseconds=1)
    known = where.sight.read(
        lambda reader: oversight.convention(
            reader, convention.tenant, convention.owner, convention.id, as_of=row.effective_on, as_known_at=at
        )
    )
    return known.terms if known is not None else convention.terms


def _versions(where: Held) -> list[Version]:
    """The terms that stand, from the first to those that begin last."""
    convention = where.partner.convention
    first = where.sight.read(
        lambda reader: oversight.convention(
            reader, convention.tenant, convention.owner, convention.id, as_of=convention.starts_on.min
        )
    )
    if first is None:
        raise NotFoundError(convention.id)
    replaced = {row.corrects for row in convention.amendments if row.state == "confirmed" and row.corrects}
    later = sorted(
        (
            row
            for row in convention.amendments
            if row.state == "confirmed" and row.number not in {*replaced, first.number}
        ),
        key=lambda row: row.effective_on,
    )
    return [
        Version(
            first.number,
            f"les termes d’origine, signés le {day_words(first.signed_on)}",
            first.terms,
            first=True,
            effective_on=first.starts_on,
        ),
        *(
            Version(
                row.number,
                f"l’avenant signé le {day_words(row.signed_on)}, effet le {day_words(row.effective_on)}",
                row.terms,
                first=False,
                effective_on=row.effective_on,
            )
            for row in later
        ),
    ]


def _version(where: Held, form: Form) -> Version:
    """The terms that the form began from: those it corrects, or those that begin last."""
    versions = _versions(where)
    if form.value("nature") != "correction":
        return versions[-1]
    return next((each for each in versions if str(each.number) == form.value("corrects")), versions[-1])


def _read(form: Form, version: Version) -> Wanted | None:
    correction = form.value("nature") == "correction"
    values = form.read(
        [
            Entry("nature", one_of([name for name, _ in _NATURES]), "Choisissez : avenant ou rectification."),
            Entry("amended_on", day, "Écrivez la date de signature de l’avenant.", _WRONG_DAY),
            Entry(
                "effective_on",
                day,
                None if correction else "Écrivez le premier jour des nouveaux termes.",
                _WRONG_DAY,
            ),
            Entry("why", prose, "Écrivez le motif : la ville le lit."),
        ]
    )
    said = read_terms(form, version.terms)
    terms = read_more(form, said or version.terms)
    if said is None or terms is None:
        return None
    effective = values["effective_on"]
    if correction:
        # A correction counts for all the days of what it corrects.
        effective = terms.starts_on if version.first else version.effective_on
    nature: Literal["amendment", "correction"] = "correction" if correction else "amendment"
    return Wanted(
        before=version.terms,
        facts={
            "nature": nature,
            "corrects": version.number if correction else None,
            "signed_on": values["amended_on"],
            "effective_on": effective,
            "reason": values["why"],
            "terms": terms,
        },
    )


def _check(
    where: Held, form: Form, wanted: Wanted, every: list[Change], version: Version
) -> ResponseReturnValue:
    return page(
        "insurer/amend_check.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        form=form,
        facts=wanted.facts,
        changes=every,
        carried=[*_OWN, *_TERMS, *FIELDS, *listed_names(form)],
        version=version,
        hint=f"{HINT} La ville peut le lire.",
        file_types=ACCEPT,
    )


def _form(where: Held, form: Form) -> ResponseReturnValue:
    return page(
        "insurer/amend.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        form=form,
        natures=_NATURES,
        versions=[(str(each.number), each.words) for each in _versions(where)],
        editor=editor(form),
        pending=where.partner.convention.pending,
    )
