"""Commands of indices: the operator publishes, a town or an insurer contests, the operator answers.

A published value is handed on to the accords that follow it, by the worker `indices`.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from domain.partnerships.convention import Convention
from domain.tariffs.applied_index import AppliedIndex
from domain.tariffs.indices import Index, IndexName
from domain.tenancy import Owner, Tenant, stream
from infra.ledger import Ledger, Receipt
from services.commands.dossier import indices_followed
from services.commands.perform import Ask, Decision, demand, load, perform


class PublishIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The value of a year: a percentage, or euros a month for PMSS, as a decimal string."""

    index: IndexName
    year: int
    value: str
    published_on: date
    source: str
    address: str | None = None


class ContestIndex(msgspec.Struct, frozen=True, kw_only=True):
    """A town or an insurer says that a published value is wrong."""

    index: IndexName
    year: int
    published_on: date
    reason: str
    by_tenant: str
    by_owner: str
    organisation: str


class UpholdIndex(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's answer: the value stands."""

    index: IndexName
    year: int
    published_on: date
    answer: str


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A published value and its place in the ledger."""

    index: IndexName
    year: int
    value: str
    published_on: date
    source: str
    platform_position: int


class ApplyIndices(msgspec.Struct, frozen=True, kw_only=True):
    """Hand published values on to the accord of a convention, those that it follows."""

    convention: str
    values: tuple[Value, ...]


def index_stream(tenant: Tenant, owner: Owner, index: str) -> str:
    """The stream of an index, in the platform's ledger."""
    return stream(tenant, owner, Index.kind, index)


def publish_index(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: PublishIndex, ask: Ask
) -> Receipt | None:
    """Publish a value. Tenant and owner are the platform. Raises as `perform`."""

    def decide() -> Decision:
        name = index_stream(tenant, owner, command.index)
        known = ledger.find(Index, name)
        demand(known or Index(id=name), ask)
        facts = msgspec.structs.asdict(command)
        return Decision([Index.publish_index(known, name, today=ask.today, **facts)])

    return perform(ledger, tenant, owner, command, ask, decide)


def contest_index(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: ContestIndex, ask: Ask
) -> Receipt | None:
    """Contest a value. Raises as `perform`."""

    def decide() -> Decision:
        index = load(ledger, Index, index_stream(tenant, owner, command.index))
        index.contest_index(
            command.year,
            command.published_on,
            reason=command.reason,
            by_tenant=command.by_tenant,
            by_owner=command.by_owner,
            organisation=command.organisation,
        )
        return Decision([index])

    return perform(ledger, tenant, owner, command, ask, decide)


def uphold_index(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: UpholdIndex, ask: Ask
) -> Receipt | None:
    """Answer the objections to a value. Raises as `perform`."""

    def decide() -> Decision:
        index = load(ledger, Index, index_stream(tenant, owner, command.index))
        demand(index, ask)
        index.uphold_index(command.year, command.published_on, answer=command.answer)
        return Decision([index])

    return perform(ledger, tenant, owner, command, ask, decide)


def apply_indices(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: ApplyIndices, ask: Ask
) -> Receipt | None:
    """Hand values on to an accord, each once; nothing for what its convention does not follow. Raises as `perform`."""

    def decide() -> Decision:
        convention = load(ledger, Convention, stream(tenant, owner, Convention.kind, command.convention))
        followed = indices_followed(version.terms for version in convention.terms)
        return Decision(
            [
                applied
                for index in sorted(followed)
                if (applied := _applied(ledger, tenant, owner, index, command.values)) is not None
            ]
        )

    return perform(ledger, tenant, owner, command, ask, decide)


def _applied(
    ledger: Ledger, tenant: Tenant, owner: Owner, index: str, values: Sequence[Value]
) -> AppliedIndex | None:
    name = stream(tenant, owner, AppliedIndex.kind, index)
    known = ledger.find(AppliedIndex, name)
    for value in values:
        if value.index == index:
            known = AppliedIndex.apply_index(known, name, **msgspec.structs.asdict(value))
    return known
