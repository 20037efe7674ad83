"""Commands of office hours: planned, held with head counts, cancelled, or passed over in silence."""

from datetime import date, time

import msgspec

from domain.office_hours.office_hour import CancellationReason, OfficeHour
from domain.partnerships.convention import Convention
from domain.tenancy import Owner, Tenant, stream
from infra.ledger import Ledger, Receipt
from services.commands.partnerships import convention_stream
from services.commands.perform import Ask, Decision, demand, load, perform


class PlanOfficeHour(msgspec.Struct, frozen=True, kw_only=True):
    """An office hour announced to residents; civil date and times of the commune."""

    id: str
    convention: str
    on: date
    starts_at: time
    ends_at: time
    place: str


class HoldOfficeHour(msgspec.Struct, frozen=True, kw_only=True):
    """It took place: people received, and how many of them had an appointment."""

    id: str
    visitors: int
    by_appointment: int = 0


class CancelOfficeHour(msgspec.Struct, frozen=True, kw_only=True):
    """It does not take place."""

    id: str
    reason: CancellationReason


class OfficeHourDue(msgspec.Struct, frozen=True, kw_only=True):
    """What the calendar asks for: say that its day passed in silence."""

    id: str


def office_hour_stream(tenant: Tenant, owner: Owner, office_hour: str) -> str:
    """The stream of an office hour in its accord's drawer."""
    return stream(tenant, owner, OfficeHour.kind, office_hour)


def plan(ledger: Ledger, tenant: Tenant, owner: Owner, command: PlanOfficeHour, ask: Ask) -> Receipt | None:
    """Plan an office hour. Refused while the convention is not confirmed. Raises as `perform`."""

    def decide() -> Decision:
        load(ledger, Convention, convention_stream(tenant, owner, command.convention)).demand_confirmed()
        name = office_hour_stream(tenant, owner, command.id)
        facts = {field: getattr(command, field) for field in command.__struct_fields__ if field != "id"}
        return Decision([OfficeHour.plan(name, **facts)])

    return perform(ledger, tenant, owner, command, ask, decide)


def hold(ledger: Ledger, tenant: Tenant, owner: Owner, command: HoldOfficeHour, ask: Ask) -> Receipt | None:
    """Say that an office hour took place. Raises as `perform`."""

    def decide() -> Decision:
        office_hour = load(ledger, OfficeHour, office_hour_stream(tenant, owner, command.id))
        demand(office_hour, ask)
        office_hour.hold(visitors=command.visitors, by_appointment=command.by_appointment, today=ask.today)
        return Decision([office_hour])

    return perform(ledger, tenant, owner, command, ask, decide)


def cancel(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: CancelOfficeHour, ask: Ask
) -> Receipt | None:
    """Cancel an office hour. Raises as `perform`."""

    def decide() -> Decision:
        office_hour = load(ledger, OfficeHour, office_hour_stream(tenant, owner, command.id))
        demand(office_hour, ask)
        office_hour.cancel(reason=command.reason, today=ask.today)
        return Decision([office_hour])

    return perform(ledger, tenant, owner, command, ask, decide)


def fall_due(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: OfficeHourDue, ask: Ask
) -> Receipt | None:
    """Say that an office hour's day passed in silence; nothing when it did not. Raises as `perform`."""

    def decide() -> Decision:
        office_hour = load(ledger, OfficeHour, office_hour_stream(tenant, owner, command.id))
        office_hour.fall_due(today=ask.today)
        return Decision([office_hour])

    return perform(ledger, tenant, owner, command, ask, decide)
