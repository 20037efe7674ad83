"""Grids: one as a table, and notifying a new one: paste, check against every commitment, then state the effect."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec
from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from domain.tariffs.assess import ScenarioError
from domain.tenancy import is_key
from projections.compliance import queries as compliance
from projections.compliance.queries import GridRow
from services.access import allow, own_accord, tenant_of
from services.asking import asked, parts
from services.commands import tariffs
from services.commands.perform import NotFoundError
from services.commands.tariffs import GivenCell, NotifyGrid, given_cells
from services.schemas.tariffs import GridGiven
from services.web import trial
from services.web.alerts import alert
from services.web.desk import Desk, recorded
from services.web.exports import FileKind, download, euros
from services.web.forms import Entry, Form, WrongValueError, day
from services.web.grids import before, cells_of, table, whom
from services.web.insurer.blueprint import blueprint
from services.web.insurer.town import Place, place
from services.web.partnership import judged_up_to, partners
from services.web.paste import given, read_grid, write_grid
from services.web.refusals import sentence
from services.web.render import page
from services.web.typography import in_words, plural

_WRONG_DAY: Final = "Écrivez une date comme 25/11/2026."
_SHOWN_LINES: Final = 20


@blueprint.get("/communes/<commune:code>/grilles/<key:grid>")
@allow("insurer")
def grid(code: str, grid: str) -> ResponseReturnValue:
    """One grid as a table, with what it changed and what it breaks."""
    desk = Desk()
    where = place(desk, code)
    row = _grid(where, grid)
    breaches = desk.read(lambda reader: compliance.breaches(reader, row.tenant, [row.owner], row.convention))
    earlier = before(where.partner.grids, row)
    return page(
        "insurer/grid.jinja",
        where=where,
        grid=row,
        earlier=earlier,
        table=table(
            cells_of(row), cells_of(earlier) if earlier else (), [b for b in breaches if b.grid == row.id]
        ),
        read=desk.seal,
    )


@blueprint.get("/communes/<commune:code>/grilles/<key:grid>.<any(csv, xlsx):kind>")
@allow("insurer")
def grid_file(code: str, grid: str, kind: FileKind) -> ResponseReturnValue:
    """One grid as a file: a price a line."""
    row = _grid(place(Desk(), code), grid)
    return download(
        kind,
        f"grille-{code}-{grid}",
        ("Formule", "Profil et âge", "Prix mensuel", "Effet"),
        ((cell.id.formula, whom(cell.id), euros(cell.monthly), row.effective_on) for cell in cells_of(row)),
    )


@blueprint.get("/communes/<commune:code>/alertes/<key:breach>")
@allow("insurer")
def breach(code: str, breach: str) -> ResponseReturnValue:
    """One broken commitment, as the town reads it."""
    desk = Desk()
    tenant = tenant_of(code)
    checked = judged_up_to()
    every, rows = desk.read(
        lambda reader: (
            partners(reader, tenant, [desk.accord], desk.today, checked),
            compliance.breaches(reader, tenant, [desk.accord]),
        )
    )
    return page(
        "insurer/alert.jinja",
        where=place(desk, code),
        alert=alert(every, rows, breach, desk.today),
        read=desk.seal,
    )


@blueprint.get("/communes/<commune:code>/grilles/nouvelle")
@allow("insurer")
def notify(code: str) -> ResponseReturnValue:
    """The form of a new grid; it may begin from the one in force."""
    desk = Desk()
    where = place(desk, code)
    typed = {"notified_on": desk.today.isoformat()}
    if request.args.get("depuis") == "grille" and where.partner.grid:
        typed["cells"] = write_grid(given(cells_of(where.partner.grid)))
    return _form(where, Form(typed=typed))


@blueprint.post("/communes/<commune:code>/grilles/nouvelle")
@allow("insurer")
def notify_sent(code: str) -> ResponseReturnValue:
    """Check the grid, show what it breaks, state the effect, then notify: one step a button."""
    desk = Desk()
    where = place(desk, code)
    typed = dict(request.form)
    sent = request.files.get("file")
    content = sent.read() if sent else b""
    if content:
        typed["cells"] = _text_of(content)
    form = Form.sent(typed)
    values = form.read(
        [
            Entry("id", name, "Donnez un nom à la grille, par exemple 2027-02."),
            Entry("effective_on", day, "Écrivez la date d’effet.", _WRONG_DAY),
            Entry("notified_on", day, "Écrivez le jour où la ville a reçu la grille.", _WRONG_DAY),
        ]
    )
    cells = _read_cells(form)
    if not form.refused:
        form.agree(GridGiven(), {**values, "cells": cells})
    if form.refused or form.value("do") == "change":
        return _form(where, form)
    ask = asked(form.token)
    command = NotifyGrid(
        convention=where.partner.convention.id,
        id=values["id"],
        effective_on=values["effective_on"],
        notified_on=values["notified_on"],
        justified=bool(form.value("justified")),
        cells=cells,
    )
    try:
        trials = trial.trials(where.partner, command)
        if form.value("do") == "lower":
            form.typed = {**form.typed, "cells": write_grid(trial.lowered(command.cells, trials))}
            command = msgspec.structs.replace(command, cells=read_grid(form.value("cells")).cells)
            trials = trial.trials(where.partner, command)
        if form.value("do") not in {"confirm", "record"}:
            return _check(where, form, command, trials, desk)
        if form.value("do") == "confirm":
            return page(
                "insurer/grid_confirm.jinja",
                where=where,
                form=form,
                command=command,
                trials=trials,
                broken=trial.broken(trials),
            )
        receipt = tariffs.notify(parts().ledger, tenant_of(code), own_accord(), command, ask)
    except Refused as refused:
        form.refuse(refused, {"cells": "cells"})
        return _form(where, form)
    except ScenarioError:
        form.general.append(
            "Cette grille ne peut pas être vérifiée telle quelle. Vérifiez ses prix et ses dates."
        )
        return _form(where, form)
    return recorded(url_for(".grid", code=code, grid=command.id), receipt)


def name(value: str) -> str:
    """A name that an address can hold."""
    if not is_key(value) or len(value) > 50:
        raise WrongValueError(
            "Écrivez au plus 50 lettres sans accent, chiffres, points ou tirets, comme 2027-02."
        )
    return value


def _text_of(content: bytes) -> str:
    """A file of UTF-8, with a BOM or not, or of Windows-1252, as spreadsheets write them."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _read_cells(form: Form) -> tuple[GivenCell, ...]:
    pasted = read_grid(form.value("cells"))
    if pasted.wrong:
        shown = [
            f"Ligne {line.number} : {line.message}" if line.number else line.message for line in pasted.wrong
        ]
        form.errors["cells"] = (
            shown[0] if len(shown) == 1 else f"{len(shown)} lignes ne peuvent pas être lues. {shown[0]}"
        )
        form.general += shown[1:_SHOWN_LINES]
        if len(shown) > _SHOWN_LINES:
            form.general.append(f"Et {len(shown) - _SHOWN_LINES} autres lignes.")
    elif not pasted.cells:
        form.errors["cells"] = "Collez la grille, ou choisissez un fichier."
    else:
        try:
            given_cells(pasted.cells)
        except Refused as refused:
            form.errors["cells"] = sentence(refused)
    return pasted.cells


def _check(
    where: Place, form: Form, command: NotifyGrid, trials: Sequence[trial.Trial], desk: Desk
) -> ResponseReturnValue:
    broken = trial.broken(trials)
    if broken:
        verb = plural(len(broken), "dépasse", "dépassent")
        title = f"Essai à blanc : {in_words(len(broken))} prix {verb} un engagement"
    elif any(each.limit is not None for each in trials):
        title = "Essai à blanc : tous les prix respectent les engagements"
    else:
        title = "Essai à blanc : aucun engagement ne limite encore ces prix"
    verdicts = Counter(each.broken for each in trials)
    return page(
        "insurer/grid_check.jinja",
        where=where,
        form=form,
        command=command,
        trials=trials,
        broken=broken,
        title=title,
        kept=verdicts[False],
        changed=sum(each.old is not None and each.old != each.new for each in trials),
        read=desk.seal,
    )


def _form(where: Place, form: Form) -> ResponseReturnValue:
    return page(
        "insurer/notify.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        form=form,
    )


def _grid(where: Place, identity: str) -> GridRow:
    row = next((grid for grid in where.partner.grids if grid.id == identity), None)
    if row is None:
        raise NotFoundError(identity)
    return row
