"""Commands of cases: the insurer explains, the town disputes, accepts, sends a formal notice or ends the convention.

Documents are named by their SHA-256 and lie in the same drawer. Deadlines come from the convention's clocks.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from domain.partnerships.convention import Convention
from domain.partnerships.document import Document
from domain.refusal import Refused
from domain.tariffs.case import Case, Channel
from domain.tariffs.evidence import gather
from domain.tariffs.exemptions import (
    NEVER_EXEMPTED,
    ExemptionReason,
    Exemptions,
    ExemptionTerms,
    KnownExemption,
)
from domain.tariffs.leeway import leeways
from domain.tariffs.statements import stated
from domain.tenancy import Owner, Tenant, split
from infra.ledger import Ledger, Receipt
from services.commands.documents import document_stream
from services.commands.dossier import Dossier, dossier_of, findings_of
from services.commands.exemptions import load_exemptions, promised
from services.commands.judgement import case_stream
from services.commands.partnerships import convention_stream
from services.commands.perform import Ask, Decision, demand, load, perform

LETTER: Final = "application/pdf"


class ExplainCase(msgspec.Struct, frozen=True, kw_only=True):
    """The insurer explains; `documents` are SHA-256 of filed documents."""

    case: str
    text: str
    documents: tuple[str, ...] = ()


class DisputeCase(msgspec.Struct, frozen=True, kw_only=True):
    """The town disputes; the insurer must explain again or correct."""

    case: str
    text: str
    documents: tuple[str, ...] = ()


class SettlingExemption(msgspec.Struct, frozen=True, kw_only=True):
    """The exemption with which a town accepts: from today or the first day of the case, as far as the case needs."""

    kind: ExemptionReason
    valid_to: date | None = None
    rebase: bool = False
    decided_by: str
    council_reference: str | None = None
    document: str | None = None


class AcceptCase(msgspec.Struct, frozen=True, kw_only=True):
    """The town accepts, as it is or with an exemption."""

    case: str
    text: str
    documents: tuple[str, ...] = ()
    exemption: SettlingExemption | None = None


class SendFormalNotice(msgspec.Struct, frozen=True, kw_only=True):
    """The town sent a formal notice; `document` is the SHA-256 of the letter, filed as a PDF."""

    case: str
    sent_on: date
    channel: Channel
    document: str


class EndForCase(msgspec.Struct, frozen=True, kw_only=True):
    """The town gives notice to end the convention because a commitment is broken."""

    case: str
    detail: str = ""
    given_on: date | None = None
    document: str | None = None


class CaseDue(msgspec.Struct, frozen=True, kw_only=True):
    """What the calendar asks: has the present deadline passed?"""

    case: str


def explain(ledger: Ledger, tenant: Tenant, owner: Owner, command: ExplainCase, ask: Ask) -> Receipt | None:
    """Explain a breach. Raises as `perform`."""

    def decide() -> Decision:
        case, convention = _case(ledger, tenant, owner, command.case, ask)
        _demand_filed(ledger, tenant, owner, command.documents)
        answer_by = ask.today + timedelta(days=convention.clocks.answer_days)
        case.explain(text=command.text, documents=command.documents, answer_by=answer_by)
        return Decision([case])

    return perform(ledger, tenant, owner, command, ask, decide)


def dispute(ledger: Ledger, tenant: Tenant, owner: Owner, command: DisputeCase, ask: Ask) -> Receipt | None:
    """Dispute a breach or its explanation. Raises as `perform`."""

    def decide() -> Decision:
        case, convention = _case(ledger, tenant, owner, command.case, ask)
        _demand_filed(ledger, tenant, owner, command.documents)
        explain_by = ask.today + timedelta(days=convention.clocks.explanation_days)
        case.dispute(text=command.text, documents=command.documents, explain_by=explain_by)
        return Decision([case])

    return perform(ledger, tenant, owner, command, ask, decide)


def accept(ledger: Ledger, tenant: Tenant, owner: Owner, command: AcceptCase, ask: Ask) -> Receipt | None:
    """Accept a breach. With an exemption, both are one command. Raises as `perform`."""

    def decide() -> Decision:
        case, convention = _case(ledger, tenant, owner, command.case, ask)
        settling = command.exemption
        _demand_filed(ledger, tenant, owner, command.documents)
        if settling is not None and settling.document is not None:
            _demand_filed(ledger, tenant, owner, [settling.document])
        exemptions = load_exemptions(ledger, tenant, owner, case.convention)
        granted = _free_name(f"{command.case}-{case.version}", exemptions) if settling else None
        case.accept(text=command.text, documents=command.documents, exemption=granted)
        if settling is None or granted is None or not case.pending:
            return Decision([case])
        exemptions.grant_exemption(
            granted,
            _least(ledger, dossier_of(ledger, tenant, owner, convention), case, settling, ask),
            decided_on=ask.today,
            decided_by=settling.decided_by,
            council_reference=settling.council_reference,
            document=settling.document,
            case=command.case,
            promised=promised(convention),
            today=ask.today,
        )
        return Decision([exemptions, case])

    return perform(ledger, tenant, owner, command, ask, decide)


def send_formal_notice(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: SendFormalNotice, ask: Ask
) -> Receipt | None:
    """Record a formal notice that was sent. Raises as `perform`."""

    def decide() -> Decision:
        case, convention = _case(ledger, tenant, owner, command.case, ask)
        _demand_letter(ledger, tenant, owner, command.document)
        case.send_formal_notice(
            sent_on=command.sent_on,
            channel=command.channel,
            document=command.document,
            cure_days=convention.clocks.cure_days,
            today=ask.today,
        )
        return Decision([case])

    return perform(ledger, tenant, owner, command, ask, decide)


def end_for_case(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: EndForCase, ask: Ask
) -> Receipt | None:
    """Give notice to end the convention because of a case; convention and case say so at once. Raises as `perform`."""

    def decide() -> Decision:
        case, convention = _case(ledger, tenant, owner, command.case, ask)
        _demand_filed(ledger, tenant, owner, [command.document] if command.document else [])
        convention.give_notice(
            "town",
            reason="COMMITMENT_BROKEN",
            detail=command.detail,
            given_on=command.given_on or ask.today,
            today=ask.today,
            case=command.case,
            document=command.document,
        )
        case.end_with(takes_effect_on=convention.ends_on, today=ask.today)
        return Decision([convention, case])

    return perform(ledger, tenant, owner, command, ask, decide)


def fall_silent(ledger: Ledger, tenant: Tenant, owner: Owner, command: CaseDue, ask: Ask) -> Receipt | None:
    """Say that a deadline passed in silence; nothing when it did not. Raises as `perform`."""

    def decide() -> Decision:
        case = load(ledger, Case, case_stream(tenant, owner, command.case))
        case.fall_silent(today=ask.today)
        return Decision([case])

    return perform(ledger, tenant, owner, command, ask, decide)


def _case(ledger: Ledger, tenant: Tenant, owner: Owner, identity: str, ask: Ask) -> tuple[Case, Convention]:
    case = load(ledger, Case, case_stream(tenant, owner, identity))
    demand(case, ask)
    return case, load(ledger, Convention, convention_stream(tenant, owner, case.convention))


def _free_name(name: str, exemptions: Exemptions) -> str:
    # An insurer that asked for an exemption under this name beforehand decides nothing by it.
    while name in exemptions.known:
        name += "-"
    return name


def _demand_filed(ledger: Ledger, tenant: Tenant, owner: Owner, documents: Sequence[str]) -> None:
    for place, digest in enumerate(documents):
        if ledger.find(Document, document_stream(tenant, owner, digest)) is None:
            raise Refused(
                "document-unknown", "No such document lies in this drawer.", path=f"$.documents[{place}]"
            )


def _demand_letter(ledger: Ledger, tenant: Tenant, owner: Owner, digest: str) -> None:
    filed = ledger.find(Document, document_stream(tenant, owner, digest))
    if filed is None:
        raise Refused("document-unknown", "No such document lies in this drawer.", path="$.document")
    if filed.media_type != LETTER:
        raise Refused("letter-not-pdf", "The letter is filed as a PDF.", path="$.document")


def _least(
    ledger: Ledger, dossier: Dossier, case: Case, settling: SettlingExemption, ask: Ask
) -> ExemptionTerms:
    """The terms with the least factor under which the check finds nothing of the case broken."""
    corrects = {grid.grid: grid.corrects for grid in dossier.grids}
    key = split(case.id).key
    for factor in leeways(case.rule, case.cells) if case.rule not in NEVER_EXEMPTED else ():
        terms = ExemptionTerms(
            commitments=(case.commitment,),
            kind=settling.kind,
            factor=factor,
            valid_from=case.from_on,
            valid_to=settling.valid_to,
            rebase=settling.rebase,
        )
        trial = KnownExemption(
            exemption="trial", state="granted", granted=terms, decided_on=ask.today, granted_at=ask.now
        )
        tried = msgspec.structs.replace(dossier, exemptions=[*dossier.exemptions, trial])
        first = max(case.from_on, ask.today)
        statements = stated(findings_of(tried, ledger.documents))
        left = gather(case.convention, statements, first, corrects).get(key)
        if left is None or (terms.valid_to is not None and left.from_on > terms.valid_to):
            return terms
    raise Refused(
        "exemption-impossible", "No exemption bears on what this case is about.", path="$.exemption"
    )
