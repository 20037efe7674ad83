"""Commands of prepared grids: an insurer saves one as often as it likes, and discards it; no town is told."""

from datetime import date

import msgspec

from domain.partnerships.document import Document
from domain.refusal import Refused
from domain.tariffs.prepared import Preparation, PreparedGrid, Target
from domain.tariffs.tariff import DeclaredRise
from domain.tenancy import Owner, Tenant, stream
from infra.ledger import Ledger, Receipt
from services.commands.given import GivenCell, demand_declared_rise, given_grid
from services.commands.perform import Ask, Decision, demand, load, perform


class SavePreparedGrid(msgspec.Struct, frozen=True, kw_only=True):
    """A prepared grid as it shall be now, whole; what is not known yet is None. The fields are those of a grid."""

    id: str
    name: str
    cells: tuple[GivenCell, ...]
    tax_percent: str | None = None
    effective_on: date | None = None
    decided_by: str | None = None
    decided_on: date | None = None
    justification: str | None = None
    declared_rise: DeclaredRise = None
    corrects: str | None = None
    reason: str | None = None
    towns: tuple[Target, ...] = ()


class DiscardPreparedGrid(msgspec.Struct, frozen=True, kw_only=True):
    """A prepared grid that is given up."""

    id: str


def prepared_stream(tenant: Tenant, owner: Owner, prepared: str) -> str:
    """The stream of a prepared grid in the insurer's own ledger."""
    return stream(tenant, owner, PreparedGrid.kind, prepared)


def save_prepared(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: SavePreparedGrid, ask: Ask
) -> Receipt | None:
    """Save a prepared grid; a new id makes one. Tenant and owner are the insurer itself. Raises as `perform`."""

    def decide() -> Decision:
        read = given_grid(command.cells, command.tax_percent)
        demand_declared_rise(command.declared_rise, read.cells)
        name = prepared_stream(tenant, owner, command.id)
        prepared = ledger.find(PreparedGrid, name)
        demand(prepared or PreparedGrid(id=name), ask)
        if command.justification is not None:
            filed = stream(tenant, owner, Document.kind, command.justification)
            if ledger.find(Document, filed) is None:
                raise Refused(
                    "document-unknown", "No document of this SHA-256 was filed.", path="$.justification"
                )
        facts = {
            field: getattr(command, field)
            for field in Preparation.__struct_fields__
            if field not in {"document", "cells"}
        }
        given = Preparation(document=ledger.documents.remember(read.document), cells=len(read.cells), **facts)
        prepared = PreparedGrid.save_prepared(prepared, name, given)
        if prepared.pending:
            ledger.documents.put(read.document)  # what is refused leaves nothing
        return Decision([prepared])

    return perform(ledger, tenant, owner, command, ask, decide)


def discard_prepared(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: DiscardPreparedGrid, ask: Ask
) -> Receipt | None:
    """Discard a prepared grid. Raises as `perform`."""

    def decide() -> Decision:
        prepared = load(ledger, PreparedGrid, prepared_stream(tenant, owner, command.id))
        if not prepared.discarded:
            demand(prepared, ask)
        prepared.discard_prepared()
        return Decision([prepared])

    return perform(ledger, tenant, owner, command, ask, decide)
