"""Commands of headcounts: the insurer says, or lets its own file say, how many members each cell holds on a day."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from domain.partnerships.convention import Convention
from domain.refusal import Refused
from domain.tariffs.assess import CellId
from domain.tariffs.grid import Cells
from domain.tariffs.headcounts import Headcounts, counts_document, demand_counts
from domain.tenancy import Owner, Tenant, accord, siren_of, stream
from infra.ledger import Ledger, Receipt
from projections.crm.queries import ProfileCount
from services.commands.dossier import dossier_of, grid_in_force
from services.commands.given import CellNamed
from services.commands.perform import Ask, Decision, demand, load, perform
from services.commands.tariffs import cells_of


class CountedCell(CellNamed, frozen=True, kw_only=True):
    """How many members a cell holds."""

    count: int


class TakeHeadcount(msgspec.Struct, frozen=True, kw_only=True):
    """Members by cell on a day. `id` is the insurer's name for it."""

    convention: str
    id: str
    taken_on: date
    cells: tuple[CountedCell, ...]


class CountMembers(msgspec.Struct, frozen=True, kw_only=True):
    """The day on which the insurer's own file of members is counted, by the cells of the grid in force."""

    convention: str
    id: str
    taken_on: date


class Counted(msgspec.Struct, frozen=True):
    """Members by cell of a grid, none left out; `without` are those whom no cell prices."""

    cells: tuple[CountedCell, ...]
    without: int


def headcounts_stream(tenant: Tenant, owner: Owner, convention: str) -> str:
    """The stream of a convention's headcounts, in the insurer's own drawer."""
    return stream(tenant, owner, Headcounts.kind, convention)


def take_headcount(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: TakeHeadcount, ask: Ask
) -> Receipt | None:
    """Keep the counts of a day. `owner` is the insurer's own drawer. Raises as `perform`."""

    def decide() -> Decision:
        return _taken(ledger, tenant, owner, command, ask)

    return perform(ledger, tenant, owner, command, ask, decide)


def count_members(
    ledger: Ledger,
    tenant: Tenant,
    owner: Owner,
    command: CountMembers,
    ask: Ask,
    profiles: Sequence[ProfileCount],
) -> tuple[Receipt | None, Counted]:
    """Keep what the file of members says of a day (`profiles`). `owner` is the own drawer. Raises as `perform`.

    Refused before the first grid. With it comes what was counted; a repeat under the same id tells what is counted now.
    """
    found = counted(
        profiles,
        cells_in_force(ledger, tenant, owner, command.convention, command.taken_on),
        command.taken_on,
    )
    taking = TakeHeadcount(
        convention=command.convention, id=command.id, taken_on=command.taken_on, cells=found.cells
    )

    def decide() -> Decision:
        return _taken(ledger, tenant, owner, taking, ask)

    # The members of that day may have changed since; the same request is still the same.
    return perform(ledger, tenant, owner, command, ask, decide), found


def _taken(ledger: Ledger, tenant: Tenant, owner: Owner, command: TakeHeadcount, ask: Ask) -> Decision:
    binding = accord(siren_of(owner))
    load(ledger, Convention, stream(tenant, binding, Convention.kind, command.convention)).demand_confirmed()
    counts: dict[CellId, int] = {}
    for place, cell in enumerate(command.cells):
        if cell.id() in counts:
            raise Refused("cell-wrong", "A cell is counted twice.", path=f"$.cells[{place}]")
        counts[cell.id()] = cell.count
    demand_counts(counts)
    document = counts_document(counts)
    name = headcounts_stream(tenant, owner, command.convention)
    known = ledger.find(Headcounts, name)
    demand(known or Headcounts(id=name), ask)
    headcounts = Headcounts.take_headcount(
        known,
        name,
        headcount=command.id,
        taken_on=command.taken_on,
        document=ledger.documents.remember(document),
        total=sum(counts.values()),
        today=ask.today,
    )
    if headcounts.pending:
        ledger.documents.put(document)  # what is refused leaves nothing
    return Decision([headcounts])


def cells_in_force(ledger: Ledger, tenant: Tenant, owner: Owner, convention: str, on: date) -> Cells:
    """The cells of the grid in force on a day. `owner` is the insurer's own drawer. Refused before the first grid."""
    binding = accord(siren_of(owner))
    found = load(ledger, Convention, stream(tenant, binding, Convention.kind, convention))
    grid = grid_in_force(dossier_of(ledger, tenant, binding, found), on)
    if grid is None:
        raise Refused(
            "no-grid-in-force", f"No grid is in force on {on.isoformat()}.", path="$.taken_on", day=on
        )
    return cells_of(ledger, grid)


def counted(profiles: Iterable[ProfileCount], cells: Cells, on: date) -> Counted:
    """Members by cell: each in the adult cell of its formula, category and age by difference of years on that day."""
    counts = {cell.id: 0 for cell in cells}
    without = 0
    for profile in profiles:
        age = on.year - profile.birth_year
        for cell in counts:
            last = cell.age_to if cell.age_to is not None else age
            if cell[:3] == (profile.formula, profile.category, "adult") and cell.age_from <= age <= last:
                counts[cell] += profile.members
                break
        else:
            without += profile.members
    return Counted(
        tuple(CountedCell(**cell._asdict(), count=count) for cell, count in counts.items()), without
    )
