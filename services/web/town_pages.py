"""The pages of a town for everybody who may look at it: the town itself, a grouping, an operator.

Each takes a `Sight`; what is written with forms stays with the town's own handlers.
"""

from collections.abc import Sequence

from flask import Response, request

from domain.tariffs.assess import CellId
from projections.oversight import queries as oversight
from projections.tariffs.queries import GridRow
from services.commands.perform import NotFoundError
from services.web.case_file import MOST_DOCUMENTS, case_file, read_case
from services.web.grids import before, cell_name, cells_of, table
from services.web.partnership import Partner
from services.web.render import page
from services.web.sight import Sight
from services.web.standing import in_force, slots
from services.web.town_facts import Drawn, curve, drawn, figures, people_of, telling, town_of
from services.web.town_words import lead, side_by_side, tally, tasks, title, worst_case


def home_page(sight: Sight) -> Response:
    """Is every commitment kept, what waits, how many are helped."""
    town = town_of(sight)
    return page(
        "town/home.jinja",
        sight=sight,
        links=sight.links,
        town=town,
        title=title(town, sight),
        lead=lead(town, sight.today),
        worst=worst_case(town),
        tasks=tasks(town, sight),
        tallies={partner.owner: tally(town.register[partner.owner]) for partner in town.open},
        beside=side_by_side(town),
        figures={partner.owner: figures(partner, sight.today) for partner in town.partners},
        curves={partner.owner: curve(partner) for partner in town.partners},
        prices={
            partner.owner: drawn(town, partner, telling(town, partner), sight.today) for partner in town.open
        },
        cell_name=cell_name,
        today=sight.today,
        read=sight.seal,
    )


def tariffs_page(sight: Sight) -> Response:
    """The grid in force of each partner, all grids, and the history of one price."""
    town = town_of(sight, published=False)
    histories: dict[str, Drawn | None] = {}
    people: dict[str, Sequence[CellId]] = {}
    for partner in town.open:
        people[partner.owner] = people_of(partner)
        histories[partner.owner] = drawn(
            town, partner, chosen(people[partner.owner], partner) or telling(town, partner), sight.today
        )
    return page(
        "town/tariffs.jinja",
        sight=sight,
        links=sight.links,
        town=town,
        partners=town.open,
        tables={partner.owner: table(cells_of(partner.grid)) for partner in town.open if partner.grid},
        slots={slot.grid.id + partner.owner: slot for partner in town.open for slot in slots(partner.grids)},
        broken={(breach.owner, breach.grid) for breach in town.breaches if breach.holds(sight.today)},
        corrected={
            (partner.owner, grid.corrects): grid.id
            for partner in town.open
            for grid in partner.grids
            if grid.corrects
        },
        titles={
            (partner.owner, clause["id"]): entry.title
            for partner in town.open
            for clause in partner.convention.commitments
            for entry in town.register[partner.owner]
            if entry.id == clause["id"]
        },
        people=people,
        histories=histories,
        cell_key=cell_key,
        cell_name=cell_name,
        today=sight.today,
        read=sight.seal,
    )


def chosen(people: Sequence[CellId], partner: Partner) -> CellId | None:
    """The cell that the address asks for; None for another partner's, or none."""
    if request.args.get("organisme", partner.siren) != partner.siren:
        return None
    return next((cell for cell in people if cell_key(cell) == request.args.get("prix")), None)


def cell_key(cell: CellId) -> str:
    """A cell in an address."""
    return "~".join("" if part is None else str(part) for part in cell)


def grid_page(sight: Sight, siren: str, grid: str) -> Response:
    """One grid, with what it changed and what it breaks."""
    town = town_of(sight)
    partner, row = find_grid(town.open, siren, grid)
    earlier = before(partner.grids, row)
    return page(
        "town/grid.jinja",
        sight=sight,
        links=sight.links,
        partner=partner,
        grid=row,
        earlier=earlier,
        correction=next((each for each in partner.grids if each.corrects == row.id), None),
        others=[each for each in partner.grids if each.id != row.id],
        table=table(
            cells_of(row),
            cells_of(earlier) if earlier else (),
            [b for b in town.breaches if (b.owner, b.grid) == (row.owner, row.id)],
        ),
        names=document_names(sight, partner.owner),
        read=sight.seal,
    )


def compared_page(sight: Sight, siren: str) -> Response:
    """Two grids side by side: `de` and `a` name them; without them the one in force and the newest."""
    town = town_of(sight)
    partner = next((each for each in town.open if each.siren == siren), None)
    if partner is None or not partner.grids:
        raise NotFoundError(siren)
    every = [slot.grid for slot in slots(partner.grids)]
    names = {grid.id: grid for grid in partner.grids}
    newer = names.get(request.args.get("a", ""), every[-1])
    usual = before(partner.grids, newer) or in_force(partner.grids, sight.today) or every[0]
    older = names.get(request.args.get("de", ""), usual)
    return page(
        "town/compared.jinja",
        sight=sight,
        links=sight.links,
        partner=partner,
        older=older,
        newer=newer,
        every=sorted(partner.grids, key=lambda grid: grid.position, reverse=True),
        table=table(cells_of(newer), cells_of(older)),
        read=sight.seal,
    )


def case_page(sight: Sight, case: str) -> Response:
    """One case; what the town may do now is shown to the town alone."""
    found = sight.read(lambda reader: read_case(reader, sight.tenant, sight.owners, case))
    file = case_file(found, sight.today)
    return page(
        "town/case.jinja",
        sight=sight,
        links=sight.links,
        file=file,
        moves=file.moves("town") if sight.acts else (),
        today=sight.today,
        read=sight.seal,
    )


def document_names(sight: Sight, owner: str) -> dict[str, str]:
    """The names of the documents filed in a drawer, by SHA-256."""
    rows = sight.read(lambda reader: oversight.documents(reader, sight.tenant, owner, limit=MOST_DOCUMENTS))
    return {row.sha256: row.name for row in rows}


def find_grid(partners: Sequence[Partner], siren: str, identity: str) -> tuple[Partner, GridRow]:
    """A notified grid of a partner. Raises NotFoundError."""
    for partner in partners:
        for row in partner.grids:
            if (partner.siren, row.id) == (siren, identity):
                return partner, row
    raise NotFoundError(identity)
