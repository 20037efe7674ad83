"""The tariff studio: a draft is typed, tried against a town's commitments and saved, all in one step."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from domain.money import format_euros, parse_euros
from domain.partnerships.document import LARGEST, MEDIA_TYPES
from domain.refusal import Refused
from domain.tariffs.assess import ScenarioError
from domain.tenancy import Tenant, commune
from projections.crm import queries as crm
from projections.oversight import queries as oversight
from services.access import allow
from services.asking import asked, parts
from services.commands.documents import FileDocument, file
from services.commands.dossier import load_dossier, scenarios
from services.commands.dry_run import dry_run
from services.commands.given import given_grid
from services.commands.perform import NotFoundError, StaleError
from services.commands.tariffs import draft_of
from services.web.desk import Desk
from services.web.exports import FileKind, download, euros
from services.web.forms import Form
from services.web.grids import cell_name
from services.web.insurer.blueprint import blueprint
from services.web.insurer.drafts import pasted_or_sent
from services.web.paste import HEADERS, Pasted
from services.web.paste import written as columns
from services.web.refusals import sentence
from services.web.render import ENVIRONMENT, page, wants_fragment
from services.web.studio.draft import (
    Draft,
    Written,
    cell_of,
    field_of,
    form_of,
    load_draft,
    read_form,
    save,
    told,
    tried,
    typed_of_prices,
    written,
)
from services.web.studio.towns import Town, targeted, towns_of
from services.web.studio.trial import Shown, shown
from services.web.typography import in_words, plural
from services.web.uploads import sent, takes_files

_READING: Final = frozenset({"read", "try", "notify"})
_UNJUDGED: Final = "Cette grille ne peut pas être vérifiée telle quelle. Vérifiez ses prix et ses dates."


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What a page knows of a trial: the town whose limits count, what was found there, or why nothing was."""

    town: Town | None
    found: Shown | None = None
    problem: str | None = None


@blueprint.get("/tarifs/<key:draft>")
@allow("insurer")
def studio(draft: str) -> ResponseReturnValue:
    """The draft as it was saved, tried now."""
    desk = Desk()
    saved = load_draft(desk.own, draft)
    return _answer(desk, saved, form_of(saved), written(saved))


@blueprint.get("/tarifs/<key:draft>/essai.<any(csv, xlsx):kind>")
@allow("insurer")
def studio_file(draft: str, kind: FileKind) -> ResponseReturnValue:
    """The trial as a file, which may be read again as a grid."""
    desk = Desk()
    saved = load_draft(desk.own, draft)
    trial = _try(desk, saved, form_of(saved), written(saved), towns_of(desk))
    lines = {line.field: line for line in trial.found.lines} if trial.found else {}
    rows = []
    for cell in saved.cells:
        line = lines.get(field_of(cell.id()))
        price = line.price if line else parse_euros(cell.monthly)
        rows.append(
            (
                *columns(cell.id()),
                euros(price),
                euros(line.before) if line else None,
                euros(line.limit) if line else None,
                euros(line.margin) if line else None,
                line.word if line else None,
                line.article if line else None,
                line.members if line else None,
            )
        )
    headers = (*HEADERS, "En vigueur", "Plafond", "Marge", "Verdict", "Clause", "Adhérents")
    return download(kind, f"essai-{saved.grid}", headers, rows)


@blueprint.get("/tarifs/<key:draft>/essai.json")
@allow("insurer")
def studio_scenario(draft: str) -> ResponseReturnValue:
    """The trial as a scenario file, for `beffroi assess`: the draft among all that bears on the town's tariff."""
    desk = Desk()
    saved = load_draft(desk.own, draft)
    town = _town(saved, towns_of(desk))
    if town is None:
        raise NotFoundError(draft)
    ledger, ask = parts().ledger, asked()
    command = tried(saved, written(saved), town.convention.id, desk.today)
    dossier = load_dossier(ledger, commune(town.code), desk.accord, command.convention)
    grid = draft_of(command, given_grid(command.cells, command.tax_percent), ask)
    periods = scenarios(dossier, ledger.documents, draft=grid)
    counting = [each for each in periods if each.first is None or each.first <= command.effective_on]
    answer = Response(msgspec.json.encode(counting[-1].scenario), mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="essai-{saved.grid}-{town.code}.json"'
    return answer


@blueprint.post("/tarifs/<key:draft>")
@allow("insurer")
@takes_files(LARGEST)
def studio_sent(draft: str) -> ResponseReturnValue:
    """Read what is typed, change what a button asks for, save and try: without a word when nothing is wrong."""
    desk = Desk()
    saved = load_draft(desk.own, draft)
    form = Form.sent(dict(request.form))
    do = form.value("do")
    pasted = pasted_or_sent(form) if do in _READING else None
    said = read_form(form, saved, pasted.cells if pasted and not form.errors else None)
    changed: Mapping[str, str] = {}
    if pasted and not form.errors:
        changed = {**typed_of_prices(said.cells), "paste": ""}
    if not form.errors and (do == "lower" or form.value("fix")):
        said, changed = _lowered(desk, saved, form, said)
    form.typed = {**form.typed, **changed}
    justification = _filed(desk, form) if do == "proof" else None
    stale: Draft | None = None
    if not form.errors:
        try:
            saved = _save(desk, saved, form, said, justification)
        except StaleError:
            stale = load_draft(desk.own, draft)
        except Refused as refused:
            told(form, refused, said.cells)
    if not form.errors and stale is None:
        if do == "notify":
            return redirect(url_for(".targets", draft=draft), 303)
        if not wants_fragment() and not (pasted and pasted.note):
            return redirect(url_for(".studio", draft=draft, **_reference()), 303)
        form.typed = {**form.typed, "version": str(saved.version)}
    return _answer(desk, saved, form, said, stale=stale, changed=changed, pasted=pasted)


def _reference() -> dict[str, Any]:
    town = request.values.get("ville", "")
    return {"ville": town} if town else {}


def _save(desk: Desk, saved: Draft, form: Form, said: Written, justification: str | None) -> Draft:
    """Save; what another tab saved since is no conflict when it says the same."""
    version = form.value("over") or form.value("version")
    expected = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else None
    try:
        return save(desk.own, saved, said, asked(expected=expected), justification=justification)
    except StaleError:
        latest = written(saved)
        same = {cell.id(): cell for cell in latest.cells} == {cell.id(): cell for cell in said.cells}
        if justification is None and same and msgspec.structs.replace(said, cells=latest.cells) == latest:
            return saved
        raise


def _lowered(desk: Desk, saved: Draft, form: Form, said: Written) -> tuple[Written, Mapping[str, str]]:
    """The same grid with one price, or each that is above its limit, brought down to it."""
    trial = _try(desk, saved, form, said, towns_of(desk))
    only = form.value("fix")
    limits = {
        line.field: line.lowered
        for line in (trial.found.lines if trial.found else ())
        if line.lowered is not None and only in {"", line.field}
    }
    cells = tuple(
        msgspec.structs.replace(cell, monthly=format_euros(limit), before_tax=None)
        if (limit := limits.get(field_of(cell.id()))) is not None
        else cell
        for cell in said.cells
    )
    said = msgspec.structs.replace(said, cells=cells)
    typed = typed_of_prices(cells)
    return said, {field: typed[field] for field in limits}


def _filed(desk: Desk, form: Form) -> str | None:
    """The SHA-256 of the justification that was sent, filed in the insurer's own drawer."""
    given = sent("proof")
    if given is None:
        form.errors["proof"] = "Choisissez un fichier."
        return None
    command = FileDocument(
        name=given.name, media_type=given.media_type, content=given.content, about="justification"
    )
    try:
        file(parts().ledger, Tenant(desk.own), desk.own, command, asked())
    except Refused as refused:
        form.errors["proof"] = sentence(refused)
        return None
    return command.sha256


def _town(draft: Draft, towns: list[Town]) -> Town | None:
    """The town whose limits count: the one asked for, or the first that the draft shall go to."""
    asked_for = request.values.get("ville", "")
    going = targeted(draft, towns)
    return next((each for each in towns if each.code == asked_for), going[0] if going else None)


def _try(desk: Desk, draft: Draft, form: Form, said: Written, towns: list[Town]) -> Tried:
    """Try what is written in the town whose limits count."""
    town = _town(draft, towns)
    if town is None:
        return Tried(town=None)
    tenant, convention = commune(town.code), town.convention.id
    command = tried(draft, said, convention, desk.today)
    try:
        trial = dry_run(parts().ledger, tenant, desk.accord, command, asked())
    except Refused as refused:
        told(form, refused, said.cells)
        return Tried(town=town, problem=sentence(refused))
    except ScenarioError:
        return Tried(town=town, problem=_UNJUDGED)
    row, profiles = desk.read(
        lambda reader: (
            oversight.convention(reader, tenant, desk.accord, convention, as_of=command.effective_on),
            crm.members_by_profile(reader, tenant, desk.own, convention, desk.today),
        )
    )
    clauses = row.commitments if row else town.convention.commitments
    return Tried(town=town, found=shown(trial, clauses, profiles, command.effective_on))


def _answer(
    desk: Desk,
    draft: Draft,
    form: Form,
    said: Written,
    *,
    stale: Draft | None = None,
    changed: Mapping[str, str] | None = None,
    pasted: Pasted | None = None,
) -> Response:
    towns = towns_of(desk)
    trial = _try(desk, draft, form, said, towns)
    cells = [(field_of(cell.id()), cell_name(cell.id())) for cell in said.cells]
    if trial.found:
        cells = [(line.field, line.name) for line in trial.found.lines]
    anchors = {field: f"p{place}" for place, (field, _) in enumerate(cells)}
    names = dict(cells)
    facts: dict[str, Any] = {
        "draft": draft,
        "form": form,
        "said": said,
        "title": _title(form, draft, trial),
        "trial": trial,
        "cells": cells,
        "lines": {line.field: line for line in trial.found.lines} if trial.found else {},
        "typed": {**typed_of_prices(said.cells), **_typed_prices(form)},
        "anchors": anchors,
        "mistakes": [
            (
                anchors.get(field, field),
                f"{names[field]} : {message}" if field in names else message,
            )
            for field, message in form.errors.items()
        ],
        "stale": stale,
        "changed": set(changed or ()),
        "note": pasted.note if pasted else "",
        "towns": [(town.code, f"{town.name} ({town.code})") for town in towns],
        "going": targeted(draft, towns),
        "proof": desk.read(
            lambda reader: (
                oversight.document(reader, desk.own, desk.own, draft.saved.justification)
                if draft.saved.justification
                else None
            )
        ),
        "accepted": ",".join(MEDIA_TYPES),
        "read": desk.seal,
    }
    status = 409 if stale else 422 if form.refused else 200
    if wants_fragment():
        text = ENVIRONMENT.get_template("insurer/studio_body.jinja").render(**facts)
        return Response(text, status=status, mimetype="text/html")
    return page("insurer/studio.jinja", status=status, errors=form.refused, **facts)


def _typed_prices(form: Form) -> dict[str, str]:
    return {name: value for name, value in form.typed.items() if cell_of(name) is not None}


def _title(form: Form, draft: Draft, trial: Tried) -> str:
    if form.errors:
        wrong = len(form.errors)
        return f"Essai en attente : {in_words(wrong, feminine=True)} {plural(wrong, 'valeur')} à corriger"
    if trial.town is None:
        return f"Grille « {draft.saved.name} » : choisissez la commune de l’essai"
    if trial.found is None:
        return "Essai à blanc : cette grille ne peut pas être vérifiée"
    broken = len(trial.found.broken)
    if broken:
        verb = plural(broken, "dépasse", "dépassent")
        return f"Essai à blanc : {in_words(broken)} prix {verb} un engagement"
    wholes = len(trial.found.broken_wholes)
    if wholes:
        what = plural(wholes, "engagement est rompu", "engagements sont rompus")
        return f"Essai à blanc : {in_words(wholes)} {what} par la grille entière"
    if any(line.limit is not None for line in trial.found.lines):
        return "Essai à blanc : tous les prix respectent les engagements"
    return "Essai à blanc : aucun engagement ne limite encore ces prix"
