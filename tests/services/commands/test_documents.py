"""Documents on a real database: bytes are kept once, and each drawer has its own row."""

from collections.abc import Iterator

import pytest

from domain.refusal import Refused
from domain.tenancy import Tenant
from projections.oversight import queries as oversight
from services.commands import documents
from services.commands.documents import FileDocument
from services.reading import Audience
from services.wiring import Parts
from tests.support import cast
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, INSURER, RIVAL, RIVAL_ACCORD, ask
from tests.support.database import Database

SIGNED = FileDocument(name="convention.pdf", media_type="application/pdf", content=b"%PDF-1.7 essai")
HOME = Tenant(INSURER)


@pytest.fixture
def parts(any_database: Database) -> Iterator[Parts]:
    with cast.parts_on(any_database) as made:
        yield made


def test_the_same_bytes_are_filed_once_a_drawer(parts: Parts) -> None:
    first = documents.file(parts.ledger, GRENOBLE, ACCORD, SIGNED, ask(command="k"))
    assert first is not None
    assert documents.file(parts.ledger, GRENOBLE, ACCORD, SIGNED, ask(command="k")) is not None
    assert documents.file(parts.ledger, GRENOBLE, ACCORD, SIGNED, ask()) is None
    assert documents.file(parts.ledger, HOME, INSURER, SIGNED, ask()) is not None
    assert parts.ledger.documents.get(SIGNED.sha256) == SIGNED.content


def test_a_refused_document_leaves_no_bytes(parts: Parts) -> None:
    program = FileDocument(name="x.pdf", media_type="application/pdf", content=b"MZ")
    with pytest.raises(Refused):
        documents.file(parts.ledger, GRENOBLE, ACCORD, program, ask())
    with pytest.raises(KeyError):
        parts.ledger.documents.get(program.sha256)


def test_each_drawer_shows_its_own_documents_to_its_own_readers(parts: Parts) -> None:
    documents.file(parts.ledger, GRENOBLE, ACCORD, SIGNED, ask())
    documents.file(parts.ledger, HOME, INSURER, SIGNED, ask())
    cast.follow(parts)
    readers = {
        "insurer": Audience("organisation", owners=[INSURER, ACCORD]),
        "town": Audience("place", tenants=[GRENOBLE], owners=["town", ACCORD]),
        "rival": Audience("organisation", owners=[RIVAL, RIVAL_ACCORD]),
        "other town": Audience("place", tenants=[CACHAN], owners=["town", ACCORD]),
    }

    def sees(audience: Audience, tenant: str, owner: str) -> bool:
        found = parts.views.read(
            audience, lambda reader: oversight.document(reader, tenant, owner, SIGNED.sha256)
        )
        return found is not None

    shared = {name: sees(audience, GRENOBLE, ACCORD) for name, audience in readers.items()}
    own = {name: sees(audience, HOME, INSURER) for name, audience in readers.items()}
    assert shared == {"insurer": True, "town": True, "rival": False, "other town": False}
    assert own == {"insurer": True, "town": False, "rival": False, "other town": False}
