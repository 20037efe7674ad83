"""Documents over HTTP: filed as a form or as bytes, read back as they were, by those alone whose drawer it is."""

import hashlib
import io
from typing import Any, Final

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from domain.partnerships.document import LARGEST, XLSX
from services.app import LARGEST_BODY
from tests.support.api import CONVENTIONS, DOCUMENTS, OWN_DOCUMENTS, PDF, Caller, Served
from tests.support.cast import RIVAL_SIREN, SIREN

SHA: Final = hashlib.sha256(PDF).hexdigest()


def form(caller: Caller, path: str, content: bytes, name: str, media_type: str, **fields: str) -> Any:
    """File a document as a browser's form does."""
    sent = FileStorage(io.BytesIO(content), name, content_type=media_type)
    boundary, body = encode_multipart({"file": sent, **fields})
    return caller.send(path, body, f"multipart/form-data; boundary={boundary}")


@pytest.fixture
def shared(here: Served) -> Served:
    """With a convention, so that the town reads the drawer."""
    address = here.insurer.post(
        CONVENTIONS, {"signed_on": "2024-07-01", "starts_on": "2024-10-01", "ends_on": "2029-09-30"}
    ).headers["Location"]
    here.town.post(f"{address}/confirmation")
    here.follow()
    return here


def test_a_document_comes_back_as_it_was_for_both_and_for_nobody_else(shared: Served) -> None:
    made = form(
        shared.insurer, DOCUMENTS, PDF, "Convention signée.pdf", "application/pdf", about="convention"
    )
    assert made.status_code == 201
    assert made.json["id"] == SHA
    address = made.headers["Location"]
    shared.follow()
    for caller in (shared.insurer, shared.town):
        answer = caller.get(address)
        assert (answer.status_code, answer.get_data()) == (200, PDF)
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        assert "Convention%20sign%C3%A9e.pdf" in answer.headers["Content-Disposition"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        again = caller.get(address, If_None_Match=answer.headers["ETag"])
        assert (again.status_code, again.get_data()) == (304, b"")
        (listed,) = (caller.get(DOCUMENTS).json or {})["items"]
        assert (listed["sha256"], listed["size"], listed["about"]) == (SHA, len(PDF), "convention")
    for caller in (shared.rival, shared.other_town, shared.grouping_elsewhere):
        assert caller.get(address).status_code == 404
        assert caller.get(DOCUMENTS).status_code == 404
    assert shared.nobody.get(address).status_code == 401


def test_a_digest_opens_nothing_in_a_drawer_where_it_was_not_filed(shared: Served) -> None:
    shared.insurer.send(OWN_DOCUMENTS, PDF, "application/pdf")
    shared.follow()
    assert shared.insurer.get(f"{OWN_DOCUMENTS}/{SHA}").status_code == 200
    assert shared.insurer.get(f"{DOCUMENTS}/{SHA}").status_code == 404
    assert shared.town.get(f"{DOCUMENTS}/{SHA}").status_code == 404
    assert shared.town.get(f"{OWN_DOCUMENTS}/{SHA}").status_code == 404
    assert shared.rival.get(f"{OWN_DOCUMENTS}/{SHA}").status_code == 404


def test_a_town_files_nothing_in_a_drawer_that_no_convention_made(shared: Served) -> None:
    theirs = DOCUMENTS.replace(SIREN, RIVAL_SIREN)
    assert shared.town.send(theirs, PDF, "application/pdf").status_code == 404
    assert shared.town.get(theirs).status_code == 404


def test_bytes_are_filed_under_their_own_type_and_named_in_the_address(shared: Served) -> None:
    made = shared.town.send(f"{DOCUMENTS}?name=vote.pdf&about=d%C3%A9lib%C3%A9ration", PDF, "application/pdf")
    assert made.status_code == 201
    shared.follow()
    (listed,) = (shared.town.get(DOCUMENTS).json or {})["items"]
    assert (listed["name"], listed["about"]) == ("vote.pdf", "délibération")


def test_the_same_document_again_is_nothing(shared: Served) -> None:
    first = shared.insurer.send(DOCUMENTS, PDF, "application/pdf", Idempotency_Key="k")
    again = shared.insurer.send(DOCUMENTS, PDF, "application/pdf", Idempotency_Key="k")
    third = shared.insurer.send(DOCUMENTS, PDF, "application/pdf")
    assert [each.status_code for each in (first, again, third)] == [201, 201, 200]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert third.json == {"id": SHA, "href": first.headers["Location"], "position": None}
    other = shared.insurer.send(DOCUMENTS, PDF + b"!", "application/pdf", Idempotency_Key="k")
    assert (other.status_code, other.json and other.json["code"]) == (409, "command-reused")


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"MZ\x90", "application/pdf", 422, "document-type"),
        (b"", "application/pdf", 422, "document-empty"),
        (b"<svg/>", "image/svg+xml", 415, "unsupported-media-type"),
        (b"{}", "application/json", 415, "unsupported-media-type"),
        (b"PK\x03\x04", XLSX, 422, "document-type"),
        (b"%PDF-".ljust(LARGEST + 1), "application/pdf", 422, "document-too-large"),
        (b"%PDF-".ljust(LARGEST + 100_000), "application/pdf", 413, "too-large"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_not_a_document_is_refused(
    here: Served, content: bytes, media_type: str, status: int, code: str
) -> None:
    answer = here.insurer.send(OWN_DOCUMENTS, content, media_type)
    assert (answer.status_code, answer.json and answer.json["code"]) == (status, code)


def test_a_form_without_a_file_or_with_a_wrong_name_is_told_so(here: Served) -> None:
    assert here.insurer.token
    sent = {"Authorization": f"Bearer {here.insurer.token.text}"}
    bare = here.insurer.client.post(
        OWN_DOCUMENTS, data={"about": "x"}, content_type="multipart/form-data", headers=sent
    )
    assert bare.json
    assert (bare.status_code, bare.json["errors"][0]["path"]) == (422, "$.file")
    nir = form(here.insurer, OWN_DOCUMENTS, PDF, "185057800608491.pdf", "application/pdf")
    assert (nir.status_code, nir.json["errors"][0]["path"]) == (422, "$.name")
    typed = form(here.insurer, OWN_DOCUMENTS, b"<p>", "x.html", "text/html")
    assert (typed.status_code, typed.json["code"]) == (422, "document-type")


def test_large_bodies_are_taken_for_documents_and_nowhere_else(here: Served) -> None:
    large = b"%PDF-".ljust(LARGEST)
    assert len(large) > LARGEST_BODY
    assert here.insurer.send(OWN_DOCUMENTS, large, "application/pdf").status_code == 201
    assert form(here.insurer, OWN_DOCUMENTS, large + b"", "x.pdf", "application/pdf").status_code == 200
    elsewhere = here.insurer.send(CONVENTIONS, b'{"x": "' + b"x" * LARGEST_BODY + b'"}', "application/json")
    assert (elsewhere.status_code, elsewhere.json and elsewhere.json["code"]) == (413, "too-large")


def test_documents_are_listed_page_by_page(here: Served) -> None:
    for number in range(3):
        here.insurer.send(OWN_DOCUMENTS, f"texte {number}".encode(), "text/plain")
    here.follow()
    first = here.insurer.get(f"{OWN_DOCUMENTS}?limit=2").json
    assert first
    rest = here.insurer.get(f"{OWN_DOCUMENTS}?limit=2&cursor={first['next']}").json
    assert rest
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]


def test_an_insurers_own_drawer_is_named_by_its_own_number(here: Served) -> None:
    assert here.rival.get(OWN_DOCUMENTS).status_code == 404
    assert here.town.send(OWN_DOCUMENTS, PDF, "application/pdf").status_code == 404
    assert here.insurer.get(OWN_DOCUMENTS).json == {"items": [], "next": None}
    assert SIREN in OWN_DOCUMENTS
