"""The tariffs of a town's partners: every grid, the history of a price, two grids side by side."""

from flask.typing import ResponseReturnValue

from services.access import allow
from services.web.exports import FileKind, download, euros
from services.web.grids import before, cells_of, whom
from services.web.sight import town_sight
from services.web.standing import slots
from services.web.town.blueprint import blueprint
from services.web.town_facts import town_of
from services.web.town_pages import compared_page, find_grid, grid_page, tariffs_page


@blueprint.get("/tarifs")
@allow("town")
def tariffs() -> ResponseReturnValue:
    """The grid in force of each partner, its history and that of one price."""
    return tariffs_page(town_sight())


@blueprint.get("/tarifs.<any(csv, xlsx):kind>")
@allow("town")
def tariffs_file(kind: FileKind) -> ResponseReturnValue:
    """Every grid as a file, the last recorded first."""
    sight = town_sight()
    return download(
        kind,
        f"grilles-{sight.code}",
        (
            "Organisme", "Grille", "Effet", "Dernier jour", "Notifiée le", "Décidée par", "Décidée le", "Justificatif",
            "Rectifie", "Écriture",
        ),
        (
            (
                partner.name, row.id, row.effective_on, lasts.get(row.id), row.notified_on, row.decided_by,
                row.decided_on, "remis" if row.justified else "aucun", row.corrects, row.position,
            )
            for partner in town_of(sight).open
            for lasts in [{slot.grid.id: slot.last for slot in slots(partner.grids)}]
            for row in sorted(partner.grids, key=lambda grid: -grid.position)
        ),
    )  # fmt: skip


@blueprint.get("/tarifs/<siren:siren>/comparaison")
@allow("town")
def compared(siren: str) -> ResponseReturnValue:
    """Two grids side by side."""
    return compared_page(town_sight(), siren)


@blueprint.get("/tarifs/<siren:siren>/<key:grid>")
@allow("town")
def grid(siren: str, grid: str) -> ResponseReturnValue:
    """One grid, with what it changed and what it breaks."""
    return grid_page(town_sight(), siren, grid)


@blueprint.get("/tarifs/<siren:siren>/<key:grid>.<any(csv, xlsx):kind>")
@allow("town")
def grid_file(siren: str, grid: str, kind: FileKind) -> ResponseReturnValue:
    """One grid as a file: a price a line, with the one before."""
    sight = town_sight()
    partner, row = find_grid(town_of(sight).open, siren, grid)
    earlier = before(partner.grids, row)
    former = {cell.id: cell.monthly for cell in cells_of(earlier)} if earlier else {}
    return download(
        kind,
        f"grille-{sight.code}-{grid}",
        ("Organisme", "Formule", "Profil et âge", "Prix mensuel", "Prix précédent", "Effet"),
        (
            (
                partner.name, cell.id.formula, whom(cell.id), euros(cell.monthly), euros(former.get(cell.id)),
                row.effective_on,
            )
            for cell in cells_of(row)
        ),
    )  # fmt: skip
