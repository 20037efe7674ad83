"""Commands of documents: a file is kept in a drawer, its bytes once for everybody who files the same."""

import hashlib

import msgspec

from domain.partnerships.document import Document
from domain.tenancy import Owner, Tenant, stream
from infra.ledger import Ledger, Receipt
from services.commands.perform import Ask, Decision, perform


class FileDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A file with the type it is said to have; `about` names what it concerns."""

    name: str
    media_type: str
    content: bytes
    about: str | None = None

    @property
    def sha256(self) -> str:
        """The key of its stream."""
        return hashlib.sha256(self.content).hexdigest()


def document_stream(tenant: Tenant, owner: Owner, sha256: str) -> str:
    """The stream of a document in a drawer."""
    return stream(tenant, owner, Document.kind, sha256)


def file(ledger: Ledger, tenant: Tenant, owner: Owner, command: FileDocument, ask: Ask) -> Receipt | None:
    """File a document; the same bytes again in the same drawer are nothing. Raises as `perform`."""
    name = document_stream(tenant, owner, command.sha256)

    def decide() -> Decision:
        document = Document.file(
            ledger.find(Document, name),
            name,
            name=command.name,
            media_type=command.media_type,
            content=command.content,
            about=command.about,
        )
        if document.pending:
            ledger.documents.put(command.content, command.media_type)  # what is refused leaves nothing
        return Decision([document])

    return perform(ledger, tenant, owner, command, ask, decide)
