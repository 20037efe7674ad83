"""« Tarifs »: the grids that the insurer prepares; a new one begins from a grid in force, a paste or a file."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec
from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from domain.tariffs.prepared import Target
from domain.tenancy import Tenant, commune
from projections.tariffs import queries as tariff_view
from projections.tariffs.queries import GridRow, PreparedGridRow
from services.access import allow
from services.asking import asked, parts
from services.commands.given import GivenCell, stored_grid
from services.commands.perform import NotFoundError
from services.commands.prepared import DiscardPreparedGrid, SavePreparedGrid, discard_prepared, save_prepared
from services.web.desk import Desk, recorded
from services.web.exports import FileKind, download
from services.web.forms import Entry, Form, day, text
from services.web.insurer.blueprint import blueprint
from services.web.paste import Pasted, read_file, read_grid
from services.web.render import page
from services.web.sheets import LARGEST
from services.web.standing import in_force
from services.web.studio.draft import load_draft
from services.web.studio.towns import Town, TownTried, towns_of, try_towns
from services.web.typography import count
from services.web.uploads import sent, takes_files

_SHOWN_FAULTS: Final = 30
_WRONG_DAY: Final = "Écrivez une date comme 25/11/2026."


class DraftLine(msgspec.Struct, frozen=True, kw_only=True):
    """A draft of the list; `trial` is that of its first town, None while it has none."""

    row: PreparedGridRow
    towns: Sequence[Town]
    trial: TownTried | None

    @property
    def state(self) -> str:
        """The state of the last trial in a few words."""
        if self.trial is None:
            return "Aucune commune choisie"
        if self.trial.refused is not None:
            return self.trial.refused
        if not self.trial.breaks:
            return f"Rien ne dépasse à {self.trial.town.name}"
        told = [count(self.trial.prices, "prix au-dessus", "prix au-dessus")] if self.trial.prices else []
        told += [count(self.trial.others, "autre engagement rompu", "autres engagements rompus")] * bool(
            self.trial.others
        )
        return f"{', '.join(told)} à {self.trial.town.name}"


@blueprint.get("/tarifs")
@allow("insurer")
def drafts() -> ResponseReturnValue:
    """The drafts, the last saved first."""
    desk = Desk()
    return page("insurer/drafts.jinja", lines=_lines(desk), read=desk.seal)


@blueprint.get("/tarifs.<any(csv, xlsx):kind>")
@allow("insurer")
def drafts_file(kind: FileKind) -> ResponseReturnValue:
    """The same rows as a file."""
    headers = ("Grille", "Prix", "Effet", "Communes", "Dernier essai", "Enregistré le")
    return download(
        kind,
        "grilles-en-preparation",
        headers,
        (
            (
                line.row.name,
                line.row.cells,
                line.row.effective_on,
                ", ".join(town.name for town in line.towns),
                line.state,
                line.row.saved_at,
            )
            for line in _lines(Desk())
        ),
    )


def _lines(desk: Desk) -> list[DraftLine]:
    rows = desk.read(lambda reader: tariff_view.prepared_grids(reader, desk.own))
    towns = towns_of(desk)
    found = []
    for row in rows:
        wanted = {target.commune for target in row.towns}
        mine = [town for town in towns if town.code in wanted]
        try:
            trial = try_towns(desk, load_draft(desk.own, row.id), mine[:1])[0] if mine else None
        except NotFoundError:
            continue  # given up a moment ago
        found.append(DraftLine(row=row, towns=mine, trial=trial))
    return found


@blueprint.get("/tarifs/nouveau")
@allow("insurer")
def new_draft() -> ResponseReturnValue:
    """How a draft begins: from the grid in force of a commune, or from the one to correct."""
    desk = Desk()
    code, corrected = request.args.get("commune", ""), request.args.get("corrige", "")
    typed = {"commune": code, "corrige": corrected, "name": f"{corrected}-rectifiee" if corrected else ""}
    if corrected:
        grid = _grid(desk, code, corrected)
        if grid is None:
            raise NotFoundError(corrected)
        typed["effective_on"] = grid.effective_on.isoformat()
    return _form(desk, Form(typed=typed))


@blueprint.post("/tarifs/nouveau")
@allow("insurer")
@takes_files(LARGEST)
def new_draft_sent() -> ResponseReturnValue:
    """Save the draft, and open it in the studio."""
    desk = Desk()
    towns = towns_of(desk)
    form = Form.sent(dict(request.form))
    values = form.read(
        [
            Entry("name", text, "Donnez un nom à la grille, par exemple 2027-02."),
            Entry("effective_on", day, wrong=_WRONG_DAY),
        ]
    )
    chosen = next((town for town in towns if town.code == form.value("commune")), None)
    corrected = form.value("corrige") or None
    cells = _first_cells(desk, form, chosen, corrected)
    if form.refused:
        return _form(desk, form, towns)
    ask = asked(form.token)
    command = SavePreparedGrid(
        id=ask.fresh_key(),
        name=values["name"],
        cells=cells,
        effective_on=values["effective_on"],
        corrects=corrected,
        towns=(Target(commune=chosen.code, convention=chosen.convention.id),) if chosen else (),
    )
    try:
        save_prepared(parts().ledger, Tenant(desk.own), desk.own, command, ask)
    except Refused as refused:
        form.refuse(refused, {"cells": "paste"})
        return _form(desk, form, towns)
    return redirect(url_for(".studio", draft=command.id), 303)


@blueprint.get("/tarifs/<key:draft>/abandon")
@allow("insurer")
def discard(draft: str) -> ResponseReturnValue:
    """What giving up a draft means."""
    return page("insurer/draft_discard.jinja", draft=load_draft(Desk().own, draft), form=Form())


@blueprint.post("/tarifs/<key:draft>/abandon")
@allow("insurer")
def discard_sent(draft: str) -> ResponseReturnValue:
    """Give it up."""
    desk = Desk()
    ask = asked(Form.sent(dict(request.form)).token)
    command = DiscardPreparedGrid(id=draft)
    receipt = discard_prepared(parts().ledger, Tenant(desk.own), desk.own, command, ask)
    return recorded(url_for(".drafts"), receipt)


def faults(form: Form, pasted: Pasted, field: str) -> None:
    """Say what could not be read: the first beside its field, the others above."""
    told = [fault.told for fault in pasted.wrong]
    if not told:
        return
    form.errors[field] = told[0] if len(told) == 1 else f"{count(len(told), 'erreur')} de lecture. {told[0]}"
    form.general += told[1:_SHOWN_FAULTS]
    if len(told) > _SHOWN_FAULTS:
        form.general.append(f"Et {len(told) - _SHOWN_FAULTS} autres.")


def pasted_or_sent(form: Form, *, counts: bool = False) -> Pasted | None:
    """The grid that came with a form, its faults told in it; None when none did."""
    file = sent("file")
    if file is not None:
        found, field = read_file(file.content, counts=counts), "file"
    elif form.value("paste").strip():
        found, field = read_grid(form.value("paste"), counts=counts), "paste"
    else:
        return None
    faults(form, found, field)
    if not found.wrong and not found.cells:
        form.errors[field] = "Rien n’a été trouvé. Il faut une formule, un âge et un nombre par ligne."
    return found


def _first_cells(desk: Desk, form: Form, chosen: Town | None, corrected: str | None) -> tuple[GivenCell, ...]:
    pasted = pasted_or_sent(form)
    if pasted is not None:
        return pasted.cells
    if chosen is None:
        form.errors["commune"] = "Choisissez une commune dont partir, ou collez une grille."
        return ()
    grid = _grid(desk, chosen.code, corrected)
    if grid is None:
        form.errors["commune"] = (
            f"Aucune grille n’est notifiée à {chosen.name} : collez la première, ou choisissez un fichier."
        )
        return ()
    return stored_grid(parts().ledger.documents.get(grid.document))[0]


def _grid(desk: Desk, code: str, identity: str | None) -> GridRow | None:
    """A grid of the insurer in a commune by its name, or the one in force, or else the first to come."""
    known = {town.code: town for town in towns_of(desk)}
    town = known.get(code)
    if town is None:
        return None
    rows = desk.read(
        lambda reader: tariff_view.grids(reader, commune(code), [desk.accord], town.convention.id)
    )
    if identity:
        return next((row for row in rows if row.id == identity), None)
    return in_force(rows, desk.today) or _next(rows, desk.today)


def _next(rows: Sequence[GridRow], today: date) -> GridRow | None:
    return min(
        (row for row in rows if row.effective_on > today), key=lambda row: row.effective_on, default=None
    )


def _form(desk: Desk, form: Form, towns: Sequence[Town] | None = None) -> ResponseReturnValue:
    known = towns_of(desk) if towns is None else towns
    return page(
        "insurer/draft_new.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        form=form,
        towns=[(town.code, f"{town.name} ({town.code})") for town in known],
    )
