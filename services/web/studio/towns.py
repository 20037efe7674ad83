"""The insurer's towns, a draft's check in each of them, and telling them: one town at a time, so that progress shows.

Nothing is kept of a run: what was notified lies in the towns' ledgers, and what keeps a town from it is found again.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

import msgspec
from eventsourcing.persistence import PersistenceError

from domain.partnerships.convention import Convention
from domain.refusal import Refused
from domain.tariffs.assess import BROKEN, CellId, ScenarioError
from domain.tariffs.prepared import Target
from domain.tenancy import code_of, commune
from domain.text import search_key, words
from infra.ledger import Receipt
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow
from projections.tariffs import queries as tariff_view
from services.asking import asked, parts
from services.commands.dossier import dossier_of, findings_of
from services.commands.given import given_grid
from services.commands.limits import earliest
from services.commands.partnerships import convention_stream
from services.commands.perform import NotFoundError, load
from services.commands.tariffs import NotifyGrid, NotifyToTowns, draft_of, notify_each
from services.communes import communes
from services.web.desk import Desk
from services.web.partnership import main_convention
from services.web.refusals import sentence
from services.web.studio.draft import Draft, tried, written

REASON_MISSING: Final = "Un prix ou la grille dépasse un engagement : écrivez le motif, ou ramenez les prix."
_GONE: Final = "Cette convention n’existe plus. Retirez la commune."
_UNJUDGED: Final = "Le tarif de cette commune ne peut pas être vérifié avec cette grille."
_AWAY: Final = "Le registre n’a pas répondu. Réessayez : rien n’est compté deux fois."


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """A town of the insurer and the convention that counts there today."""

    code: str
    name: str
    department: str
    postcodes: Sequence[str]
    convention: ConventionRow
    stage: str

    @property
    def target(self) -> Target:
        """The convention as a prepared grid names it."""
        return Target(commune=self.code, convention=self.convention.id)

    @property
    def open(self) -> bool:
        """Whether the town has recognised the convention."""
        return self.convention.state == "confirmed"

    def answers(self, beginnings: Sequence[str]) -> bool:
        """Whether each of some beginnings begins a word of its name, its code or a postcode."""
        names = [*words(self.name), self.code.casefold(), *self.postcodes]
        return all(any(name.startswith(beginning) for name in names) for beginning in beginnings)


class TownTried(msgspec.Struct, frozen=True, kw_only=True):
    """A draft in one town: prices above a limit, the largest excess in cents, other commitments broken."""

    town: Town
    prices: int = 0
    worst: int = 0
    others: int = 0
    first_lawful: date | None = None
    refused: str | None = None

    @property
    def breaks(self) -> int:
        """How many things are broken."""
        return self.prices + self.others


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one town. `position` and `at` of the grid in its ledger; `already`: it was there before."""

    town: Town
    position: int | None = None
    at: datetime | None = None
    already: bool = False
    refused: str | None = None


def towns_of(desk: Desk) -> list[Town]:
    """Every town of an insurer, by name."""

    def query(reader: Reader) -> list[ConventionRow]:
        return oversight.conventions(reader, None, [desk.accord], as_of=desk.today)

    by_tenant: dict[str, list[ConventionRow]] = {}
    for row in desk.read(query):
        by_tenant.setdefault(row.tenant, []).append(row)
    known = communes(parts(), [code_of(tenant) for tenant in by_tenant])
    found = []
    for tenant, rows in by_tenant.items():
        code = code_of(tenant)
        convention = main_convention(rows, desk.today)
        place = known.get(code)
        found.append(
            Town(
                code=code,
                name=place.name if place else code,
                department=place.department.name if place else "",
                postcodes=place.postcodes if place else (),
                convention=convention,
                stage=convention.stage(desk.today),
            )
        )
    return sorted(found, key=lambda town: (search_key(town.name), town.code))


def targeted(draft: Draft, towns: Sequence[Town]) -> list[Town]:
    """The towns that a draft shall go to, by name."""
    wanted = {target.commune for target in draft.saved.towns}
    return [town for town in towns if town.code in wanted]


def try_towns(desk: Desk, draft: Draft, towns: Iterable[Town]) -> list[TownTried]:
    """A draft in some towns, as it was saved."""
    command = tried(draft, written(draft), "", desk.today)
    return [_tried(desk, command, town) for town in towns]


def _tried(desk: Desk, command: NotifyGrid, town: Town) -> TownTried:
    ledger, tenant = parts().ledger, commune(town.code)
    told = msgspec.structs.replace(command, convention=town.convention.id)
    ask = asked()
    try:
        convention = load(ledger, Convention, convention_stream(tenant, desk.accord, town.convention.id))
        dossier = dossier_of(ledger, tenant, desk.accord, convention)
        draft = draft_of(told, given_grid(told.cells, told.tax_percent), ask)
        findings = findings_of(dossier, ledger.documents, draft=draft)
        lawful = earliest(dossier, ledger.documents, draft, ask.today)
    except (Refused, NotFoundError, ScenarioError, PersistenceError) as error:
        return TownTried(town=town, refused=in_french(error))
    broken = [one for one in findings if one.grid == told.id and one.verdict in BROKEN]
    cells = [one for one in broken if isinstance(one.cell, CellId)]
    return TownTried(
        town=town,
        prices=len({one.cell for one in cells}),
        worst=max((one.excess for one in cells if isinstance(one.excess, int)), default=0),
        others=len({one.commitment for one in broken if not isinstance(one.cell, CellId)}),
        first_lawful=lawful,
    )


def notify_town(desk: Desk, draft: Draft, town: Town, token: str) -> tuple[Told, Receipt | None]:
    """Tell one town. The command's id comes from the form's token: a repeat completes what is missing."""
    if draft.saved.reason is None:
        (found,) = try_towns(desk, draft, [town])
        if found.refused is None and found.breaks:
            return Told(town=town, refused=REASON_MISSING), None
    command = NotifyToTowns(id=draft.grid, prepared=draft.id, towns=(town.target,))
    (result,) = notify_each(parts().ledger, desk.own, command, asked(token))
    if result.error is not None:
        return Told(town=town, refused=in_french(result.error)), None
    receipt = result.receipt
    return Told(
        town=town, position=receipt.last if receipt else None, at=desk.now, already=receipt is None
    ), receipt


def told_so_far(desk: Desk, draft: Draft, towns: Sequence[Town], since: datetime | None) -> list[Told]:
    """What the towns' ledgers say of a draft; without a grid, what keeps a town from it, if something does."""
    rows = {
        row.tenant: row
        for row in desk.read(lambda reader: tariff_view.grids(reader, None, [desk.accord]))
        if row.id == draft.grid and row.prepared == draft.id
    }
    found = []
    for town in towns:
        row = rows.get(commune(town.code))
        if row is not None:
            before = since is not None and row.recorded_at < since
            found.append(Told(town=town, position=row.position, at=row.recorded_at, already=before))
        else:
            found.append(Told(town=town, refused=None))
    return found


def obstacle(desk: Desk, draft: Draft, town: Town) -> str | None:
    """What would refuse a draft in a town, if it were notified now."""
    if not town.open:
        return sentence(Refused("convention-not-confirmed", ""))
    (found,) = try_towns(desk, draft, [town])
    if found.refused is not None:
        return found.refused
    if found.breaks and draft.saved.reason is None:
        return REASON_MISSING
    rows = desk.read(lambda reader: tariff_view.grids(reader, commune(town.code), [desk.accord]))
    if any(row.id == draft.grid and row.prepared != draft.id for row in rows):
        return sentence(Refused("grid-known", ""))
    return None


def in_french(error: Exception) -> str:
    """Why a town was not told."""
    match error:
        case Refused():
            return sentence(error)
        case NotFoundError():
            return _GONE
        case ScenarioError():
            return _UNJUDGED
    return _AWAY
