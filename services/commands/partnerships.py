"""Commands of partnerships: an insurer declares and amends, the town or an operator decides, either side ends it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal

import msgspec

from domain.partnerships.amendment import AmendmentNature
from domain.partnerships.convention import Convention
from domain.partnerships.notice import NoticeReason
from domain.partnerships.terms import (
    Clause,
    Clocks,
    Commitment,
    CouncilVote,
    OfficeHourPromise,
    Party,
    Promise,
    Terms,
)
from domain.tariffs.case import Case
from domain.tariffs.judgement import Judgement
from domain.tenancy import Owner, Tenant, commune, stream
from infra.ledger import Ledger, Receipt
from services.commands.perform import Ask, Decision, demand, load, perform


class DeclareConvention(msgspec.Struct, frozen=True, kw_only=True):
    """What was signed. `id` is the key of the new stream; money is in cents.

    `communes` are the INSEE codes of all towns of one convention over several, in order.
    """

    id: str
    insurer_name: str
    communes: tuple[str, ...] = ()
    signed_on: date
    starts_on: date
    ends_on: date
    notice_months: int = 6
    fees: int = 0
    waiting_period_days: int = 0
    commitments: tuple[Commitment, ...] = ()
    promises: tuple[Promise, ...] = ()
    office_hours: OfficeHourPromise | None = None
    termination: Clause | None = None
    clocks: Clocks = Clocks()
    council_vote: CouncilVote | None = None
    document: str | None = None
    fictitious: bool = False


class CorrectDeclaration(msgspec.Struct, frozen=True, kw_only=True):
    """Other terms than those declared, before the town confirmed; `corrects` is the event that was wrong."""

    id: str
    reason: str
    terms: Terms
    corrects: int | None = None


class ConfirmConvention(msgspec.Struct, frozen=True, kw_only=True):
    """The town recognises a convention, or an operator does on the council's reference and the document's SHA-256."""

    id: str
    by: Literal["town", "operator"]
    council_reference: str | None = None
    document: str | None = None


class RefuseConvention(msgspec.Struct, frozen=True, kw_only=True):
    """The town does not recognise what was declared."""

    id: str
    reason: str


class DeclareAmendment(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed since the town confirmed, whole; `id` is the amendment's. A correction counts for all days."""

    convention: str
    id: str
    nature: AmendmentNature = "amendment"
    corrects: int | None = None
    signed_on: date
    effective_on: date
    reason: str
    terms: Terms


class ConfirmAmendment(msgspec.Struct, frozen=True, kw_only=True):
    """The town recognises an amendment, or an operator does on the council's papers."""

    convention: str
    id: str
    by: Literal["town", "operator"]
    council_reference: str | None = None
    document: str | None = None


class RefuseAmendment(msgspec.Struct, frozen=True, kw_only=True):
    """The town does not recognise an amendment."""

    convention: str
    id: str
    reason: str


class GiveNotice(msgspec.Struct, frozen=True, kw_only=True):
    """One side ends a convention; `given_on` is today by default, `case` the breach case that led there."""

    id: str
    by: Party
    reason: NoticeReason
    detail: str = ""
    given_on: date | None = None
    case: str | None = None
    document: str | None = None


class WithdrawNotice(msgspec.Struct, frozen=True, kw_only=True):
    """Who gave notice takes it back."""

    id: str
    by: Party
    reason: str


class EndConvention(msgspec.Struct, frozen=True, kw_only=True):
    """What the calendar asks: is its last day over?"""

    id: str


def convention_stream(tenant: Tenant, owner: Owner, convention: str) -> str:
    """The stream of a convention in its accord's drawer."""
    return stream(tenant, owner, Convention.kind, convention)


def terms_of(command: DeclareConvention) -> Terms:
    """The terms that a declaration says."""
    return Terms(**{field: getattr(command, field) for field in Terms.__struct_fields__})


def declare(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: DeclareConvention, ask: Ask
) -> Receipt | None:
    """Declare a convention; a second declaration under the same id is a lost race. Raises as `perform`."""

    def decide() -> Decision:
        return Decision([_declared(tenant, owner, command)])

    return perform(ledger, tenant, owner, command, ask, decide)


def declare_together(ledger: Ledger, owner: Owner, command: DeclareConvention, ask: Ask) -> Receipt | None:
    """Declare one convention in all its `communes`, each of which confirms for itself. Raises as `perform`.

    One command in as many streams, whole or not at all; its receipt lies in the first commune.
    """
    towns = [commune(code) for code in command.communes]

    def decide() -> Decision:
        return Decision([_declared(town, owner, command) for town in towns])

    return perform(ledger, towns[0], owner, command, ask, decide)


def _declared(tenant: Tenant, owner: Owner, command: DeclareConvention) -> Convention:
    facts = {field: getattr(command, field) for field in command.__struct_fields__ if field != "id"}
    if len(command.communes) == 1:
        facts["communes"] = ()  # this one alone
    return Convention.declare(convention_stream(tenant, owner, command.id), **facts)


def correct_declaration(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: CorrectDeclaration, ask: Ask
) -> Receipt | None:
    """Declare other terms before the town confirmed. Raises as `perform`."""
    return _change(
        ledger,
        tenant,
        owner,
        command,
        ask,
        command.id,
        lambda convention: convention.correct_declaration(
            reason=command.reason, terms=command.terms, corrects=command.corrects
        ),
    )


def confirm(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: ConfirmConvention, ask: Ask
) -> Receipt | None:
    """Confirm a convention. Raises as `perform`."""
    return _change(
        ledger,
        tenant,
        owner,
        command,
        ask,
        command.id,
        lambda convention: convention.confirm(
            command.by, council_reference=command.council_reference, document=command.document
        ),
    )


def decline(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: RefuseConvention, ask: Ask
) -> Receipt | None:
    """Not recognise a declared convention. Raises as `perform`."""
    return _change(
        ledger,
        tenant,
        owner,
        command,
        ask,
        command.id,
        lambda convention: convention.decline(reason=command.reason),
    )


def declare_amendment(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: DeclareAmendment, ask: Ask
) -> Receipt | None:
    """Declare an amendment; it waits for the town. Raises as `perform`."""
    return _change(
        ledger,
        tenant,
        owner,
        command,
        ask,
        command.convention,
        lambda convention: convention.declare_amendment(
            amendment=command.id,
            nature=command.nature,
            corrects=command.corrects,
            signed_on=command.signed_on,
            effective_on=command.effective_on,
            reason=command.reason,
            terms=command.terms,
        ),
    )


def confirm_amendment(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: ConfirmAmendment, ask: Ask
) -> Receipt | None:
    """Recognise an amendment. Raises as `perform`."""
    return _change(
        ledger,
        tenant,
        owner,
        command,
        ask,
        command.convention,
        lambda convention: convention.confirm_amendment(
            command.id, command.by, council_reference=command.council_reference, document=command.document
        ),
    )


def refuse_amendment(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: RefuseAmendment, ask: Ask
) -> Receipt | None:
    """Not recognise an amendment. Raises as `perform`."""
    return _change(
        ledger,
        tenant,
        owner,
        command,
        ask,
        command.convention,
        lambda convention: convention.refuse_amendment(command.id, reason=command.reason),
    )


def give_notice(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: GiveNotice, ask: Ask
) -> Receipt | None:
    """End a convention, as soon as its notice allows. Raises as `perform`."""
    return _change(
        ledger,
        tenant,
        owner,
        command,
        ask,
        command.id,
        lambda convention: convention.give_notice(
            command.by,
            reason=command.reason,
            detail=command.detail,
            given_on=command.given_on or ask.today,
            today=ask.today,
            case=command.case,
            document=command.document,
        ),
    )


def withdraw_notice(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: WithdrawNotice, ask: Ask
) -> Receipt | None:
    """Take one's own notice back; the case that it was given for is open again if it is broken still. As `perform`."""

    def decide() -> Decision:
        convention = load(ledger, Convention, convention_stream(tenant, owner, command.id))
        demand(convention, ask)
        because = convention.notice.case if convention.notice else None
        convention.withdraw_notice(command.by, reason=command.reason, today=ask.today)
        case = ledger.find(Case, stream(tenant, owner, Case.kind, because)) if because else None
        judgement = ledger.find(Judgement, stream(tenant, owner, Judgement.kind, command.id))
        if (
            case is None
            or judgement is None
            or not any(cell.breach in judgement.broken for cell in case.cells)
        ):
            return Decision([convention])
        case.resume(explain_by=ask.today + timedelta(days=convention.clocks.explanation_days))
        return Decision([convention, case])

    return perform(ledger, tenant, owner, command, ask, decide)


def reach_end(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: EndConvention, ask: Ask
) -> Receipt | None:
    """Say that a convention's last day is over, if it is. Raises as `perform`."""
    return _change(
        ledger, tenant, owner, command, ask, command.id, lambda convention: convention.reach_end(ask.today)
    )


def _change(
    ledger: Ledger,
    tenant: Tenant,
    owner: Owner,
    command: msgspec.Struct,
    ask: Ask,
    convention: str,
    decision: Callable[[Convention], None],
) -> Receipt | None:
    def decide() -> Decision:
        found = load(ledger, Convention, convention_stream(tenant, owner, convention))
        demand(found, ask)
        decision(found)
        return Decision([found])

    return perform(ledger, tenant, owner, command, ask, decide)
