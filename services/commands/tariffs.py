"""Commands of tariffs: a grid is notified to one town or to many, and what it breaks is recorded by the judge.

What the insurer sees before, what the event's digest stands for and what is judged afterwards are the same findings.
"""

from collections.abc import Iterator

import msgspec
from eventsourcing.persistence import PersistenceError

from domain.aggregate import Aggregate
from domain.partnerships.convention import Convention
from domain.partnerships.document import Document
from domain.refusal import Refused
from domain.tariffs.assess import (
    ASSESS_VERSION,
    ScenarioError,
    findings_digest,
)
from domain.tariffs.grid import Cells, checked_cells, from_document
from domain.tariffs.prepared import PreparedGrid, Target
from domain.tariffs.tariff import NotifiedGrid, Tariff
from domain.tenancy import Owner, Tenant, accord, commune, insurer, siren_of, stream
from infra.ledger import Ledger, Receipt
from services.commands.dossier import Json, dossier_of, findings_of
from services.commands.given import (
    GivenCell,
    GridContent,
    ReadGrid,
    demand_declared_rise,
    given_cells,
    given_grid,
    stored_grid,
)
from services.commands.perform import Ask, Decision, NotFoundError, demand, load, perform

__all__ = ["GivenCell", "given_cells"]


class NotifyGrid(GridContent, frozen=True, kw_only=True):
    """A grid told to the town of a convention. `id` is the insurer's name for it, `prepared` where it comes from."""

    convention: str
    id: str
    prepared: str | None = None


class NotifyToTowns(msgspec.Struct, frozen=True, kw_only=True):
    """A grid told to the towns of several conventions: `grid`, or the prepared one of this key.

    `id` is its name in each town (the key of the prepared grid by default); without `towns` those of the prepared.
    """

    id: str | None = None
    prepared: str | None = None
    grid: GridContent | None = None
    towns: tuple[Target, ...] = ()


class TownResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one town: a receipt; without one it was true already; or the error that refused it."""

    town: Target
    receipt: Receipt | None = None
    error: Exception | None = None


def tariff_stream(tenant: Tenant, owner: Owner, convention: str) -> str:
    """The stream of a convention's tariff."""
    return stream(tenant, owner, Tariff.kind, convention)


def notify(ledger: Ledger, tenant: Tenant, owner: Owner, command: NotifyGrid, ask: Ask) -> Receipt | None:
    """Notify a grid. Refused while the convention is not confirmed, or for a wrong grid. Raises as `perform`.

    Raises ScenarioError when the convention's tariff could not be judged with it.
    """

    def decide() -> Decision:
        convention = load(ledger, Convention, stream(tenant, owner, Convention.kind, command.convention))
        convention.demand_confirmed()
        read = given_grid(command.cells, command.tax_percent)
        demand_declared_rise(command.declared_rise, read.cells)
        name = tariff_stream(tenant, owner, command.convention)
        tariff = ledger.find(Tariff, name)
        demand(tariff or Tariff(id=name), ask)
        filed = filed_here(ledger, tenant, owner, command.justification)

        def findings() -> str:
            dossier = dossier_of(ledger, tenant, owner, convention)
            return findings_digest(findings_of(dossier, ledger.documents, draft=draft_of(command, read, ask)))

        tariff = Tariff.notify(
            tariff,
            name,
            grid=command.id,
            document=ledger.documents.remember(read.document),
            cells=len(read.cells),
            effective_on=command.effective_on,
            notified_on=command.notified_on or ask.today,
            today=ask.today,
            justified=command.justified or command.justification is not None,
            corrects=command.corrects,
            assess_version=ASSESS_VERSION,
            findings=findings,
            decided_by=command.decided_by,
            decided_on=command.decided_on,
            justification=command.justification,
            declared_rise=command.declared_rise,
            reason=command.reason,
            prepared=command.prepared,
        )
        if tariff.pending:
            ledger.documents.put(read.document)  # what is refused leaves nothing
        return Decision([tariff, *filed] if tariff.pending else [])

    return perform(ledger, tenant, owner, command, ask, decide)


def draft_of(command: NotifyGrid, read: ReadGrid, ask: Ask) -> Json:
    """The grid as a scenario has it, were it notified now."""
    return {
        "id": command.id,
        "effective_on": command.effective_on.isoformat(),
        "notified_on": (command.notified_on or ask.today).isoformat(),
        "recorded_at": ask.now.isoformat(),
        "corrects": command.corrects,
        "justified": command.justified or command.justification is not None,
        "declared_rise_percent": command.declared_rise,
        "cells": checked_cells(read.document),
    }


def filed_here(
    ledger: Ledger, tenant: Tenant, owner: Owner, digest: str | None, *, path: str = "$.justification"
) -> list[Aggregate]:
    """What must be recorded so that both read a document in this drawer: itself, if the insurer filed it at home.

    Refused for one that was filed nowhere.
    """
    if digest is None or ledger.find(Document, stream(tenant, owner, Document.kind, digest)) is not None:
        return []
    home = insurer(siren_of(owner))
    own = ledger.find(Document, stream(Tenant(home), home, Document.kind, digest))
    if own is None:
        raise Refused("document-unknown", "No document of this SHA-256 was filed.", path=path)
    here = Document.file(
        None,
        stream(tenant, owner, Document.kind, digest),
        name=own.name,
        media_type=own.media_type,
        content=ledger.documents.get(digest),
        about=own.about,
    )
    return [here]


# Many towns


def notify_many(ledger: Ledger, owner: Owner, command: NotifyToTowns, ask: Ask) -> list[TownResult]:
    """Notify a grid to many towns, each its own command. `owner` is the insurer's own drawer.

    Repeated with the same id it goes on where it was: what was recorded answers with its receipt. Raises
    NotFoundError for a prepared grid that is not there, Refused when it is not complete.
    """
    return list(notify_each(ledger, owner, command, ask))


def notify_each(ledger: Ledger, owner: Owner, command: NotifyToTowns, ask: Ask) -> Iterator[TownResult]:
    """The same, a town at a time, so that progress can be shown."""
    towns, told = expanded(ledger, owner, command)
    binding = accord(siren_of(owner))
    for town in towns:
        one = msgspec.structs.replace(
            ask, command=f"{ask.command}:{town.commune}" if ask.command else None, expected=None
        )
        grid = msgspec.structs.replace(told, convention=town.convention)
        try:
            yield TownResult(town=town, receipt=notify(ledger, commune(town.commune), binding, grid, one))
        except (Refused, NotFoundError, ScenarioError, PersistenceError) as error:
            yield TownResult(town=town, error=error)


def expanded(ledger: Ledger, owner: Owner, command: NotifyToTowns) -> tuple[tuple[Target, ...], NotifyGrid]:
    """The towns and the grid that a bulk command means. Raises as `notify_many`."""
    if command.prepared is None:
        if command.grid is None or command.id is None:
            raise Refused("prepared-incomplete", "A grid and its name, or a prepared grid.", path="$.grid")
        content = msgspec.structs.asdict(command.grid)
        return command.towns, NotifyGrid(convention="", id=command.id, **content)
    prepared = load(ledger, PreparedGrid, stream(Tenant(owner), owner, PreparedGrid.kind, command.prepared))
    saved = prepared.saved
    if saved is None or prepared.discarded:
        raise NotFoundError(command.prepared)
    if saved.effective_on is None:
        raise Refused("prepared-incomplete", "The prepared grid has no first day.", path="$.effective_on")
    cells, tax_percent = stored_grid(ledger.documents.get(saved.document))
    grid = NotifyGrid(
        convention="",
        id=command.id or command.prepared,
        prepared=command.prepared,
        effective_on=saved.effective_on,
        cells=cells,
        tax_percent=tax_percent,
        corrects=saved.corrects,
        decided_by=saved.decided_by,
        decided_on=saved.decided_on,
        justification=saved.justification,
        declared_rise=saved.declared_rise,
        reason=saved.reason,
    )
    return command.towns or saved.towns, grid


# The judge


def cells_of(ledger: Ledger, grid: NotifiedGrid) -> Cells:
    """The cells of a notified grid."""
    return from_document(ledger.documents.get(grid.document))
