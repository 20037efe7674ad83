"""Grids as they were notified: one as a table, as a file, and what it breaks. The studio makes new ones."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from projections.compliance import queries as compliance
from projections.tariffs.queries import GridRow
from services.access import allow
from services.commands.perform import NotFoundError
from services.web.desk import Desk
from services.web.exports import FileKind, download, euros
from services.web.grids import before, cells_of, table, whom
from services.web.insurer.blueprint import blueprint
from services.web.insurer.town import Place, place
from services.web.render import page


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


@blueprint.get("/communes/<commune:code>/grilles/nouvelle")
@allow("insurer")
def notify(code: str) -> ResponseReturnValue:
    """A grid for this commune begins as a draft of the studio."""
    place(Desk(), code)
    return redirect(url_for(".new_draft", commune=code, corrige=request.args.get("corrige") or None), 303)


def _grid(where: Place, identity: str) -> GridRow:
    row = next((grid for grid in where.partner.grids if grid.id == identity), None)
    if row is None:
        raise NotFoundError(identity)
    return row
