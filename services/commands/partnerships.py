"""Commands of partnerships: an insurer declares a convention, the town or an operator confirms it."""

from datetime import date
from typing import Literal

import msgspec

from domain.partnerships.convention import Commitment, Convention, OfficeHourPromise
from domain.tenancy import Owner, Tenant, stream
from infra.ledger import Ledger, Receipt
from services.commands.perform import Ask, Decision, demand, load, perform


class DeclareConvention(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed. `id` is the key of the new stream; money is in cents."""

    id: str
    insurer_name: str
    signed_on: date
    starts_on: date
    ends_on: date
    notice_months: int = 6
    fees: int = 0
    waiting_period_days: int = 0
    commitments: tuple[Commitment, ...] = ()
    office_hours: OfficeHourPromise | None = None
    council_vote: str | None = None
    document: str | None = None
    fictitious: bool = False


class ConfirmConvention(msgspec.Struct, frozen=True, kw_only=True):
    """The town recognises a convention, or an operator does on the council's reference and the document's SHA-256."""

    id: str
    by: Literal["town", "operator"]
    council_reference: str | None = None
    document: str | None = None


def convention_stream(tenant: Tenant, owner: Owner, convention: str) -> str:
    """The stream of a convention in its accord's drawer."""
    return stream(tenant, owner, Convention.kind, convention)


def declare(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: DeclareConvention, ask: Ask
) -> Receipt | None:
    """Declare a convention; a second declaration under the same id is a lost race. Raises as `perform`."""
    name = convention_stream(tenant, owner, command.id)

    def decide() -> Decision:
        facts = {field: getattr(command, field) for field in command.__struct_fields__ if field != "id"}
        return Decision([Convention.declare(name, **facts)])

    return perform(ledger, tenant, owner, command, ask, decide)


def confirm(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: ConfirmConvention, ask: Ask
) -> Receipt | None:
    """Confirm a convention. Raises as `perform`."""

    def decide() -> Decision:
        convention = load(ledger, Convention, convention_stream(tenant, owner, command.id))
        demand(convention, ask)
        convention.confirm(command.by, council_reference=command.council_reference, document=command.document)
        return Decision([convention])

    return perform(ledger, tenant, owner, command, ask, decide)
