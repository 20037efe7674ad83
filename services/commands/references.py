"""Commands of reference grids: the insurer deposits its own tariff with a convention that promises a discount on it."""

from datetime import date

import msgspec

from domain.partnerships.convention import Convention
from domain.tariffs.references import References
from domain.tenancy import Owner, Tenant, stream
from infra.ledger import Ledger, Receipt
from services.commands.given import GivenCell, given_grid
from services.commands.perform import Ask, Decision, demand, load, perform


class DepositReference(msgspec.Struct, frozen=True, kw_only=True):
    """A grid of the insurer's own `product` that counts from `valid_from` on; `source` says where it is published."""

    convention: str
    id: str
    valid_from: date
    product: str
    source: str
    cells: tuple[GivenCell, ...]


def references_stream(tenant: Tenant, owner: Owner, convention: str) -> str:
    """The stream of a convention's reference grids."""
    return stream(tenant, owner, References.kind, convention)


def deposit_reference(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: DepositReference, ask: Ask
) -> Receipt | None:
    """Deposit a reference grid. Refused while the convention is not confirmed. Raises as `perform`."""

    def decide() -> Decision:
        load(
            ledger, Convention, stream(tenant, owner, Convention.kind, command.convention)
        ).demand_confirmed()
        read = given_grid(command.cells)
        name = references_stream(tenant, owner, command.convention)
        known = ledger.find(References, name)
        demand(known or References(id=name), ask)
        references = References.deposit_reference(
            known,
            name,
            reference=command.id,
            document=ledger.documents.remember(read.document),
            cells=len(read.cells),
            valid_from=command.valid_from,
            product=command.product,
            source=command.source,
        )
        if references.pending:
            ledger.documents.put(read.document)  # what is refused leaves nothing
        return Decision([references])

    return perform(ledger, tenant, owner, command, ask, decide)
