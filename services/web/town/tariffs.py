"""The tariffs of a town's partners: the grid in force, those before and those to come, each as a table."""

from flask.typing import ResponseReturnValue

from projections.compliance.queries import GridRow
from services.access import allow
from services.commands.perform import NotFoundError
from services.web.desk import Desk
from services.web.exports import FileKind, download, euros
from services.web.grids import before, cells_of, table, whom
from services.web.partnership import Partner
from services.web.render import page
from services.web.standing import slots
from services.web.town.blueprint import blueprint
from services.web.town.home import town_of


@blueprint.get("/tarifs")
@allow("town")
def tariffs() -> ResponseReturnValue:
    """The grid in force of each partner, and its history."""
    desk = Desk()
    town = town_of(desk)
    return page(
        "town/tariffs.jinja",
        partners=town.open,
        tables={partner.owner: table(cells_of(partner.grid)) for partner in town.open if partner.grid},
        slots={partner.owner: list(reversed(slots(partner.grids))) for partner in town.open},
        broken={breach.grid for breach in town.breaches},
        today=desk.today,
        read=desk.seal,
    )


@blueprint.get("/tarifs/<siren:siren>/<key:grid>")
@allow("town")
def grid(siren: str, grid: str) -> ResponseReturnValue:
    """One grid, with what it changed and what it breaks."""
    desk = Desk()
    town = town_of(desk)
    partner, row = _grid(town.open, siren, grid)
    earlier = before(partner.grids, row)
    return page(
        "town/grid.jinja",
        partner=partner,
        grid=row,
        earlier=earlier,
        table=table(
            cells_of(row),
            cells_of(earlier) if earlier else (),
            [b for b in town.breaches if (b.owner, b.grid) == (row.owner, row.id)],
        ),
        read=desk.seal,
    )


@blueprint.get("/tarifs/<siren:siren>/<key:grid>.<any(csv, xlsx):kind>")
@allow("town")
def grid_file(siren: str, grid: str, kind: FileKind) -> ResponseReturnValue:
    """One grid as a file: a price a line."""
    desk = Desk()
    partner, row = _grid(town_of(desk).open, siren, grid)
    return download(
        kind,
        f"grille-{desk.who.code}-{grid}",
        ("Organisme", "Formule", "Profil et âge", "Prix mensuel", "Effet"),
        (
            (partner.name, cell.id.formula, whom(cell.id), euros(cell.monthly), row.effective_on)
            for cell in cells_of(row)
        ),
    )


def _grid(partners: list[Partner], siren: str, identity: str) -> tuple[Partner, GridRow]:
    for partner in partners:
        for row in partner.grids:
            if (partner.siren, row.id) == (siren, identity):
                return partner, row
    raise NotFoundError(identity)
