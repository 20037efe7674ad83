"""Commands of membership: someone joins, leaves; the figures of a month are published."""

import uuid
from collections.abc import Mapping
from datetime import date

import msgspec

from domain.membership.figures import Figures
from domain.membership.member import LeavingReason, Member, Sex
from domain.partnerships.convention import Convention
from domain.tariffs.tariff import Tariff
from domain.tenancy import Owner, Tenant, accord, siren_of, stream
from infra.ledger import Claim, Ledger, Loaded, Receipt
from services.commands.partnerships import convention_stream
from services.commands.perform import Ask, Decision, NotFoundError, demand, perform, perform_on
from services.commands.tariffs import cells_of, tariff_stream


class JoinMember(msgspec.Struct, frozen=True, kw_only=True):
    """Someone joins the scheme of a commune. `id` is the key of the new stream, `number` the insurer's own number."""

    id: str
    convention: str
    number: str | None = None
    joined_on: date
    formula: str
    category: str = "general"
    family_name: str
    given_name: str
    birth_date: date
    sex: Sex | None = None
    email: str | None = None
    phone: str | None = None


class LeaveMember(msgspec.Struct, frozen=True, kw_only=True):
    """Someone is no longer a member from `left_on` on."""

    id: str
    left_on: date
    reason: LeavingReason


class PublishFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Members on the last day of a month (`2026-10`), in all and by age band, before secrecy."""

    month: str
    on: date
    members: int
    by_age: Mapping[str, int]


def member_stream(tenant: Tenant, owner: Owner, member: str) -> str:
    """The stream of a member in the insurer's own drawer."""
    return stream(tenant, owner, Member.kind, member)


def join(ledger: Ledger, tenant: Tenant, owner: Owner, command: JoinMember, ask: Ask) -> Receipt | None:
    """Join, at the price of the grid in force on that day. `owner` is the insurer's own drawer. Raises as `perform`."""
    binding = accord(siren_of(owner))
    agreed = convention_stream(tenant, binding, command.convention)
    priced = tariff_stream(tenant, binding, command.convention)

    def decide(loaded: Loaded) -> Decision:
        convention = loaded.find(Convention, agreed)
        if convention is None:
            raise NotFoundError(command.convention)
        convention.demand_open(command.joined_on)
        tariff = loaded.find(Tariff, priced) or Tariff(id=priced)
        notified = tariff.in_force(command.joined_on)
        name = member_stream(tenant, owner, command.id)
        member = Member.join(
            name,
            person=uuid.uuid4().hex,
            within=(convention.starts_on, convention.ends_on),
            notified=notified,
            cells=cells_of(ledger, notified),
            **{field: getattr(command, field) for field in command.__struct_fields__ if field != "id"},
        )
        number = f"{siren_of(owner)}:{command.number}" if command.number else None
        return Decision([member], take=[Claim(tenant, "number", number, name)] if number else ())

    return perform_on(ledger, tenant, owner, command, ask, [agreed, priced], decide)


def leave(ledger: Ledger, tenant: Tenant, owner: Owner, command: LeaveMember, ask: Ask) -> Receipt | None:
    """Leave. Raises as `perform`."""
    name = member_stream(tenant, owner, command.id)

    def decide(loaded: Loaded) -> Decision:
        member = loaded.find(Member, name)
        if member is None:
            raise NotFoundError(name)
        demand(member, ask)
        member.leave(left_on=command.left_on, reason=command.reason)
        return Decision([member])

    return perform_on(ledger, tenant, owner, command, ask, [name], decide)


def publish(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: PublishFigures, ask: Ask
) -> Receipt | None:
    """Publish the figures of a month under statistical secrecy; a published month stays. Raises as `perform`."""
    name = stream(tenant, owner, Figures.kind, siren_of(owner))

    def decide() -> Decision:
        return Decision(
            [
                Figures.publish(
                    ledger.find(Figures, name),
                    name,
                    month=command.month,
                    on=command.on,
                    members=command.members,
                    by_age=command.by_age,
                )
            ]
        )

    return perform(ledger, tenant, owner, command, ask, decide)
