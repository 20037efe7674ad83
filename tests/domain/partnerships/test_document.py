"""Filed documents: what they are is seen by their first bytes, and their name ends as their type does."""

from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.partnerships.document import LARGEST, LONGEST_NAME, MEDIA_TYPES, XLSX, Document, DocumentFiled
from domain.refusal import Refused
from tests.support.cases import STREAM, given

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
SOUND = {
    "application/pdf": PDF,
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00",
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "text/csv": "formule;prix\r\nN1;31,86 €\r\n".encode("cp1252"),
    "text/plain": "Vu, signé\n".encode(),
    XLSX: b"PK\x03\x04\x14\x00[Content_Types].xml\x00xl/workbook.xml",
}


def file(**other: Any) -> Any:
    """The decision to file a PDF, with other facts where said."""
    facts: dict[str, Any] = {
        "name": "convention.pdf",
        "media_type": "application/pdf",
        "content": PDF,
        **other,
    }
    return lambda known: Document.file(known, STREAM, **facts)


def test_a_document_is_filed_once_under_its_bytes() -> None:
    filed = DocumentFiled(name="convention.pdf", media_type="application/pdf", size=len(PDF), about="c1")
    given().when(file(about="c1")).then(filed)
    given(filed).when(file(name="autre.pdf")).then_nothing()


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_each_type_is_known_by_its_first_bytes_and_by_no_other(media_type: str) -> None:
    for other, content in SOUND.items():
        decision = given().when(file(name="x", media_type=media_type, content=content))
        if other == media_type or {other, media_type} == {"text/csv", "text/plain"}:
            assert decision is not None
            continue
        if media_type.startswith("text/") and not any(
            byte < 32 and byte not in b"\t\n\r\f" for byte in content
        ):
            continue  # a PDF's first bytes are a text too: as a text it is harmless
        decision.then_refused("document-type", "$.content")


def test_what_is_of_no_known_type_is_refused() -> None:
    for media_type in ("text/html", "image/svg+xml", "application/octet-stream", ""):
        given().when(file(media_type=media_type)).then_refused("document-type", "$.media_type")


def test_an_empty_document_and_one_that_is_too_large_are_refused() -> None:
    given().when(file(content=b"")).then_refused("document-empty", "$.content")
    given().when(file(content=PDF.ljust(LARGEST + 1))).then_refused("document-too-large", "$.content")
    filed = DocumentFiled(name="convention.pdf", media_type="application/pdf", size=LARGEST, about=None)
    given().when(file(content=PDF.ljust(LARGEST))).then(filed)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Convention signée.PDF", "Convention signée.PDF"),
        ("C:\\Users\\moi\\signé.pdf", "signé.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("facture.exe", "facture.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie: x.pdf"),
        ("\u202efdp.exe", "fdp.exe.pdf"),
        ("", "document.pdf"),
        (" . ", "document.pdf"),
    ],
)
def test_a_name_has_no_folder_no_control_and_the_ending_of_its_type(name: str, kept: str) -> None:
    filed = DocumentFiled(name=kept, media_type="application/pdf", size=len(PDF), about=None)
    given().when(file(name=name)).then(filed)


@drawn(st.text(), st.sampled_from(MEDIA_TYPES))
def test_any_name_becomes_one_that_is_safe(name: str, media_type: str) -> None:
    document = file(name=name, media_type=media_type, content=SOUND[media_type])(None)
    assert 0 < len(document.name) <= LONGEST_NAME
    assert document.name.isprintable()
    assert not set("/\\") & set(document.name)
    assert "." in document.name[-5:]


@drawn(st.binary(max_size=40), st.sampled_from(MEDIA_TYPES))
def test_any_bytes_are_filed_or_refused(content: bytes, media_type: str) -> None:
    found: set[str] = set()
    try:
        document = file(content=content, media_type=media_type)(None)
        assert document.size == len(content)
    except Refused as refused:
        found.add(refused.code)
    assert found <= {"document-type", "document-empty"}
