"""Commands of exemptions: the insurer asks and may withdraw; the town grants, refuses, revokes."""

from datetime import date
from typing import Any

import msgspec

from domain.partnerships.convention import Convention
from domain.partnerships.document import Document
from domain.refusal import Refused
from domain.tariffs.exemptions import ExemptionReason, Exemptions, ExemptionTerms
from domain.tenancy import Owner, Tenant, stream
from infra.ledger import Ledger, Receipt
from services.commands.documents import document_stream
from services.commands.perform import Ask, Decision, demand, load, perform
from services.commands.tariffs import filed_here


class RequestExemption(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of `commitments` shall be multiplied by factor[0] ÷ factor[1] (decimal strings) on these days.

    With `rebase` what it allows becomes part of later anchors. `documents` are SHA-256 of filed documents.
    """

    convention: str
    id: str
    commitments: tuple[str, ...]
    kind: ExemptionReason
    factor: tuple[str, str]
    valid_from: date
    valid_to: date | None = None
    rebase: bool = False
    reason: str
    documents: tuple[str, ...] = ()


class GrantExemption(msgspec.Struct, frozen=True, kw_only=True):
    """The town's yes, as asked where a field is None, or narrower. `decided_by` is a body, never a person's name."""

    convention: str
    id: str
    decided_on: date
    decided_by: str
    council_reference: str | None = None
    document: str | None = None
    commitments: tuple[str, ...] | None = None
    factor: tuple[str, str] | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    rebase: bool | None = None


class RefuseExemption(msgspec.Struct, frozen=True, kw_only=True):
    """The town's no, with its reason."""

    convention: str
    id: str
    decided_on: date
    reason: str


class WithdrawExemption(msgspec.Struct, frozen=True, kw_only=True):
    """The insurer no longer asks."""

    convention: str
    id: str


class RevokeExemption(msgspec.Struct, frozen=True, kw_only=True):
    """The town takes an exemption back: the day before `revoked_on` is its last."""

    convention: str
    id: str
    revoked_on: date
    reason: str


def exemptions_stream(tenant: Tenant, owner: Owner, convention: str) -> str:
    """The stream of a convention's exemptions."""
    return stream(tenant, owner, Exemptions.kind, convention)


def promised(convention: Convention) -> dict[str, str]:
    """The rule of each commitment that a convention ever promised, by id: what can be exempted from."""
    return {
        commitment.id: commitment.rule
        for version in convention.terms
        for commitment in version.terms.commitments
    }


def load_exemptions(ledger: Ledger, tenant: Tenant, owner: Owner, convention: str) -> Exemptions:
    """The exemptions of a convention, none when nothing was ever asked."""
    name = exemptions_stream(tenant, owner, convention)
    return ledger.find(Exemptions, name) or Exemptions(id=name)


def request_exemption(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: RequestExemption, ask: Ask
) -> Receipt | None:
    """Ask for an exemption. Refused while the convention is not confirmed. Raises as `perform`."""

    def decide() -> Decision:
        convention, exemptions = _loaded(ledger, tenant, owner, command.convention, ask)
        exemptions.request_exemption(
            command.id,
            ExemptionTerms(**_terms(command)),
            reason=command.reason,
            documents=command.documents,
            promised=promised(convention),
        )
        filed = [
            document
            for digest in dict.fromkeys(command.documents)
            for document in filed_here(ledger, tenant, owner, digest, path="$.documents")
        ]
        return Decision([exemptions, *filed] if exemptions.pending else [])

    return perform(ledger, tenant, owner, command, ask, decide)


def grant_exemption(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: GrantExemption, ask: Ask
) -> Receipt | None:
    """Grant what was asked for, or less. Raises as `perform`."""

    def decide() -> Decision:
        convention, exemptions = _loaded(ledger, tenant, owner, command.convention, ask)
        known = exemptions.known.get(command.id)
        given = {name: value for name, value in _terms(command).items() if value is not None}
        terms = msgspec.structs.replace(known.asked, **given) if known and known.asked else None
        exemptions.grant_exemption(
            command.id,
            terms,
            decided_on=command.decided_on,
            decided_by=command.decided_by,
            council_reference=command.council_reference,
            document=command.document,
            case=None,
            promised=promised(convention),
            today=ask.today,
        )
        _demand_filed(ledger, tenant, owner, command.document)
        return Decision([exemptions])

    return perform(ledger, tenant, owner, command, ask, decide)


def refuse_exemption(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: RefuseExemption, ask: Ask
) -> Receipt | None:
    """Refuse what was asked for. Raises as `perform`."""

    def decide() -> Decision:
        _, exemptions = _loaded(ledger, tenant, owner, command.convention, ask)
        exemptions.refuse_exemption(
            command.id, decided_on=command.decided_on, reason=command.reason, today=ask.today
        )
        return Decision([exemptions])

    return perform(ledger, tenant, owner, command, ask, decide)


def withdraw_exemption(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: WithdrawExemption, ask: Ask
) -> Receipt | None:
    """Withdraw a request that waits. Raises as `perform`."""

    def decide() -> Decision:
        _, exemptions = _loaded(ledger, tenant, owner, command.convention, ask)
        exemptions.withdraw_exemption(command.id)
        return Decision([exemptions])

    return perform(ledger, tenant, owner, command, ask, decide)


def revoke_exemption(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: RevokeExemption, ask: Ask
) -> Receipt | None:
    """Revoke a granted exemption. Raises as `perform`."""

    def decide() -> Decision:
        _, exemptions = _loaded(ledger, tenant, owner, command.convention, ask)
        exemptions.revoke_exemption(
            command.id, revoked_on=command.revoked_on, reason=command.reason, today=ask.today
        )
        return Decision([exemptions])

    return perform(ledger, tenant, owner, command, ask, decide)


def _loaded(
    ledger: Ledger, tenant: Tenant, owner: Owner, convention: str, ask: Ask
) -> tuple[Convention, Exemptions]:
    found = load(ledger, Convention, stream(tenant, owner, Convention.kind, convention))
    found.demand_confirmed()
    exemptions = load_exemptions(ledger, tenant, owner, convention)
    demand(exemptions, ask)
    return found, exemptions


def _demand_filed(ledger: Ledger, tenant: Tenant, owner: Owner, digest: str | None) -> None:
    # A town opens nothing of the insurer's own by naming it: what it shows lies in the drawer of both already.
    if digest is not None and ledger.find(Document, document_stream(tenant, owner, digest)) is None:
        raise Refused("document-unknown", "No such document lies in this drawer.", path="$.document")


def _terms(command: RequestExemption | GrantExemption) -> dict[str, Any]:
    return {name: getattr(command, name, None) for name in ExemptionTerms.__struct_fields__}
