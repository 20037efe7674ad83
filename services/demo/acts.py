"""What else happens in a partnership, as acts: cases answered, exemptions asked for, amendments, notices, documents."""

import hashlib
from datetime import date

from domain.partnerships.terms import Terms
from domain.tariffs.evidence import case_key
from services.commands import cases, documents, exemptions, headcounts, partnerships, references
from services.commands.headcounts import CountedCell
from services.demo.script import Act, Cells

TEXT = "text/plain"


def explains(on: date, case: str, text: str, *papers: str) -> Act:
    """The insurer explains; `papers` are texts that it has filed."""
    command = cases.ExplainCase(case=case, text=text, documents=tuple(digest(paper) for paper in papers))
    return Act(on=on, name=f"explain:{case}", use_case=cases.explain, command=command)


def disputes(on: date, case: str, text: str) -> Act:
    """The town disputes."""
    command = cases.DisputeCase(case=case, text=text)
    return Act(on=on, name=f"dispute:{case}", use_case=cases.dispute, command=command)


def accepts(on: date, case: str, text: str) -> Act:
    """The town accepts, as it is."""
    command = cases.AcceptCase(case=case, text=text)
    return Act(on=on, name=f"accept:{case}", use_case=cases.accept, command=command)


def sends_letter(on: date, case: str) -> Act:
    """The town sends a formal notice."""
    return Act(on=on, name=f"letter:{case}", letter=case)


def ends_for(on: date, case: str, detail: str) -> Act:
    """The town gives notice because of a case."""
    command = cases.EndForCase(case=case, detail=detail)
    return Act(on=on, name=f"end:{case}", use_case=cases.end_for_case, command=command)


def dawns(on: date) -> Act:
    """The calendar looks at what fell due."""
    return Act(on=on, name=f"dawn:{on}")


def files(on: date, name: str, text: str) -> Act:
    """The insurer files a text."""
    command = documents.FileDocument(name=name, media_type=TEXT, content=text.encode())
    return Act(on=on, name=f"file:{name}", use_case=documents.file, command=command)


def digest(text: str) -> str:
    """The SHA-256 of a filed text."""
    return hashlib.sha256(text.encode()).hexdigest()


def asks(on: date, request: exemptions.RequestExemption) -> Act:
    """The insurer asks for an exemption."""
    return Act(on=on, name=f"ask:{request.id}", use_case=exemptions.request_exemption, command=request)


def grants(on: date, convention: str, identity: str, council_reference: str) -> Act:
    """The town grants what was asked."""
    command = exemptions.GrantExemption(
        convention=convention,
        id=identity,
        decided_on=on,
        decided_by="Conseil municipal",
        council_reference=council_reference,
    )
    return Act(on=on, name=f"grant:{identity}", use_case=exemptions.grant_exemption, command=command)


def deposits(
    on: date, convention: str, identity: str, valid_from: date, product: str, source: str, cells: Cells
) -> Act:
    """The insurer deposits its reference grid."""
    command = references.DepositReference(
        convention=convention, id=identity, valid_from=valid_from, product=product, source=source, cells=cells
    )
    return Act(on=on, name=f"reference:{identity}", use_case=references.deposit_reference, command=command)


def counts(on: date, convention: str, cells: tuple[CountedCell, ...]) -> Act:
    """The insurer counts its members, in its own drawer."""
    command = headcounts.TakeHeadcount(convention=convention, id=f"comptage-{on}", taken_on=on, cells=cells)
    return Act(on=on, name=f"count:{on}", use_case=headcounts.take_headcount, command=command, own=True)


def refuses(on: date, convention: str, reason: str) -> Act:
    """The town does not recognise what was declared."""
    command = partnerships.RefuseConvention(id=convention, reason=reason)
    return Act(on=on, name="refuse", use_case=partnerships.decline, command=command)


def amends(on: date, convention: str, effective_on: date, reason: str, terms: Terms) -> Act:
    """The insurer declares an amendment, signed on the day that its terms say."""
    command = partnerships.DeclareAmendment(
        convention=convention,
        id="avenant-1",
        signed_on=terms.signed_on,
        effective_on=effective_on,
        reason=reason,
        terms=terms,
    )
    return Act(on=on, name="amend", use_case=partnerships.declare_amendment, command=command)


def case(convention: str, commitment: str, grid: str) -> str:
    """The key of the case of a commitment that a grid breaks."""
    return case_key(convention, commitment, grid)
