"""Whatever goes wrong is one JSON problem with a stable code; never a page, never a trace of the code."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import DataError
from flask import Flask
from psycopg_pool import PoolTimeout

from domain.tariffs.assess import ScenarioError
from infra.identity import SignInBusy
from infra.ledger import Conflict, LedgerFull, LedgerUnavailable
from projections.engine.reading import ViewNotReadyError
from services.access import DirectoryEmptyError
from services.app import LARGEST_BODY
from tests.support.api import CONVENTIONS, MEMBERS, PASSWORD, Served, declaration, email_of, grid, joining


def problem(answer: Any) -> dict[str, Any]:
    """The problem that an answer is, after a look at its form."""
    assert answer.mimetype == "application/problem+json"
    body: dict[str, Any] = answer.json
    assert body["status"] == answer.status_code
    assert body["type"] == f"/problems/{body['code']}"
    assert body["instance"] == answer.request.path
    assert body["correlation"] == answer.headers["X-Request-Id"]
    assert "Traceback" not in answer.get_data(as_text=True)
    return body


def test_all_that_is_wrong_in_a_body_is_told_at_once_by_its_path(here: Served) -> None:
    cell = {"formula": "", "age_from": "18", "monthly": 47.8, "colour": "red"}
    answer = here.insurer.post(
        f"{CONVENTIONS}/c1/grids", {"id": "g 1", "cells": [cell, 3], "effective_on": "2026-02-30"}
    )
    told = problem(answer)
    assert (answer.status_code, told["code"]) == (422, "invalid-input")
    assert {(each["path"], each["code"]) for each in told["errors"]} == {
        ("$.id", "invalid"),
        ("$.effective_on", "invalid"),
        ("$.cells[0].formula", "required"),
        ("$.cells[0].age_from", "invalid"),
        ("$.cells[0].monthly", "invalid"),
        ("$.cells[0].colour", "unknown"),
        ("$.cells[1]", "invalid"),
    }
    assert all(each["expected"] for each in told["errors"])


def test_a_refusal_of_the_domain_names_its_code_path_and_facts(here: Served) -> None:
    walked = here.walk()
    told = problem(here.insurer.post(MEMBERS, joining(walked.convention, formula="N9")))
    assert (told["status"], told["code"]) == (422, "no-cell")
    assert told["errors"][0]["path"] == "$.formula"
    assert told["facts"]["formulas"] == ["N1"]


@pytest.mark.parametrize(
    "body",
    [
        "{", "[1", '{"a":1,"a":2}', '{"a":NaN}', f'{{"a":{10**20}}}', f'{{"a":1e{10**20}}}', "\xff",
        '{"a":' * 100_000,
    ],
)  # fmt: skip
def test_what_is_not_json_is_said_to_be_not_json(here: Served, body: str) -> None:
    raw = body.encode("latin-1")
    answer = here.nobody.client.post("/v1/sessions", data=raw, content_type="application/json")
    assert problem(answer)["code"] == "malformed-json"
    assert answer.status_code == 400


@pytest.mark.parametrize("body", ["[]", '"text"', "3", "null"])
def test_a_body_that_is_no_object_is_invalid(here: Served, body: str) -> None:
    answer = here.nobody.client.post("/v1/sessions", data=body, content_type="application/json")
    assert problem(answer)["errors"] == [
        {"path": "$", "code": "invalid", "message": "This is not an object.", "expected": "an object"}
    ]


def test_methods_types_and_sizes_are_refused_by_name(here: Served) -> None:
    client = here.nobody.client
    assert problem(client.put("/v1/me"))["code"] == "method-not-allowed"
    assert "GET" in client.put("/v1/me").headers["Allow"]
    assert problem(client.post("/v1/sessions", data="a=1"))["code"] == "unsupported-media-type"
    large = client.post("/v1/sessions", data=b"x" * (LARGEST_BODY + 1), content_type="application/json")
    assert (problem(large)["code"], large.status_code) == ("too-large", 413)
    assert problem(client.get("/v1/nothing"))["code"] == "not-found"
    assert problem(client.get("/v1"))["code"] == "not-found"
    assert problem(client.get("/v1/communes?q=a&q=b"))["errors"][0]["path"] == "$.q"


def test_a_former_code_names_the_commune_that_answers_for_it(here: Served) -> None:
    told = problem(here.nobody.get("/v1/communes/38001"))
    assert (told["status"], told["code"], told["successor"]) == (
        404,
        "commune-merged",
        {"code": "38185", "name": "Grenoble"},
    )
    assert problem(here.insurer.get("/v1/communes/38001/members"))["successor"]["code"] == "38185"
    assert problem(here.nobody.get("/v1/communes/38999"))["code"] == "not-found"
    assert problem(here.nobody.get("/v1/communes/3818"))["code"] == "not-found"


def test_nobody_is_told_that_a_token_was_needed_and_which(here: Served) -> None:
    answer = here.nobody.get("/v1/me")
    assert (problem(answer)["code"], answer.status_code) == ("not-signed-in", 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    for wrong in ("Bearer x.y.z", "Bearer ", "Basic YTpi", "x" * 4000):
        assert here.nobody.get("/v1/me", Authorization=wrong).status_code == 401
    # A browser's cookie signs nothing in the API: another site's page could have sent it.
    here.nobody.client.set_cookie("beffroi_session", here.insurer.token.text if here.insurer.token else "")
    assert here.nobody.get("/v1/me").status_code == 401


def test_signing_in_is_refused_alike_and_then_for_a_while(here: Served) -> None:
    wrong = {"email": email_of("town"), "password": "not the password"}
    unknown = {"email": "nobody@exemple.example", "password": "not the password"}
    first, other = (here.nobody.post("/v1/sessions", body) for body in (wrong, unknown))
    assert first.status_code == other.status_code == 401
    assert {k: v for k, v in problem(first).items() if k != "correlation"} == {
        k: v for k, v in problem(other).items() if k != "correlation"
    }
    for _ in range(7):
        here.nobody.post("/v1/sessions", wrong)
    refused = here.nobody.post("/v1/sessions", {**wrong, "password": PASSWORD})
    assert (problem(refused)["code"], refused.status_code) == ("too-many-attempts", 429)
    assert int(refused.headers["Retry-After"]) == 15 * 60


def test_a_header_that_is_not_one_is_refused(here: Served) -> None:
    for headers in (
        {"Idempotency_Key": "é"},
        {"Idempotency_Key": "x" * 201},
        {"If_Match": "3"},
        {"If_Match": 'W/"3"'},
    ):
        answer = here.insurer.post(CONVENTIONS, declaration(), **headers)
        assert (answer.status_code, problem(answer)["code"]) == (400, "malformed-header")
    assert problem(here.insurer.get("/v1/members", Beffroi_Position="-1"))["code"] == "malformed-header"


def test_a_cursor_of_another_list_or_of_ones_own_making_is_refused(here: Served) -> None:
    walked = here.walk()
    here.insurer.post(MEMBERS, joining(walked.convention, given_name="Abel"))
    here.follow()
    page = here.insurer.get("/v1/members?limit=1").json
    assert page
    cursor = page["next"]
    for path in (
        f"{MEMBERS}?cursor={cursor}",
        "/v1/members?cursor=AAAA",
        f"/v1/members?cursor=A{cursor[1:]}",
    ):
        assert problem(here.insurer.get(path))["errors"][0]["path"] == "$.cursor"
    assert problem(here.rival.get(f"/v1/members?cursor={cursor}"))["errors"][0]["path"] == "$.cursor"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1 85 05 78 006 084 91", "social-security-number"),
        ("2\u00a084.05 2A 006 084", "social-security-number"),
        ("née à 185057800608491", "social-security-number"),
        ("a\u0000b", "forbidden-character"),
        ("a\u202eb", "forbidden-character"),
        ("\ud800", "forbidden-character"),
        ("x" * 101, "too-long"),
        ("   ", "required"),
    ],
)
def test_free_text_refuses_what_may_not_be_recorded(here: Served, text: str, code: str) -> None:
    told = problem(here.insurer.post(MEMBERS, joining("c1", family_name=text)))
    assert [(each["path"], each["code"]) for each in told["errors"]] == [("$.family_name", code)]


FAILURES: list[tuple[Exception, int, str, bool]] = [
    (LedgerFull("full"), 503, "ledger-full", True),
    (LedgerUnavailable("gone"), 503, "ledger-unavailable", True),
    (PoolTimeout("busy"), 503, "database-unavailable", True),
    (psycopg.OperationalError("password=secret"), 503, "database-unavailable", True),
    (ViewNotReadyError("crm"), 503, "view-not-ready", True),
    (DirectoryEmptyError(), 503, "communes-not-loaded", True),
    (SignInBusy(), 503, "sign-in-busy", True),
    (Conflict("lost"), 409, "lost-race", False),
    (DataError("a NUL"), 422, "not-recordable", False),
    (ScenarioError("$.x", "a day", "nothing"), 422, "tariff-not-judged", False),
    (ZeroDivisionError("password=secret"), 500, "internal-error", False),
]


@pytest.fixture
def failing(here: Served) -> Iterator[Flask]:
    """The application, one of whose handlers fails as told."""
    yield here.app
    here.app.view_functions.pop("x", None)


@pytest.mark.parametrize(("error", "status", "code", "retried"), FAILURES, ids=lambda value: str(value)[:30])
def test_each_failure_has_its_status_and_says_when_to_come_back(
    here: Served, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str, retried: bool
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(here.parts.identity, "sign_in", fail)
    answer = here.nobody.post("/v1/sessions", {"email": "a@b.example", "password": "x"})
    told = problem(answer)
    assert (answer.status_code, told["code"]) == (status, code)
    assert ("Retry-After" in answer.headers) is retried
    assert "secret" not in json.dumps(told)


def test_a_lost_race_and_a_reused_key_are_conflicts(here: Served) -> None:
    first = here.insurer.post(CONVENTIONS, declaration(), Idempotency_Key="one")
    assert first.status_code == 201
    reused = here.insurer.post(CONVENTIONS, declaration(notice_months=7), Idempotency_Key="one")
    assert (reused.status_code, problem(reused)["code"]) == (409, "command-reused")


def test_a_taken_number_is_refused_where_it_was_given(here: Served) -> None:
    walked = here.walk()
    assert here.insurer.post(MEMBERS, joining(walked.convention, number="A-17")).status_code == 201
    assert (
        problem(here.insurer.post(MEMBERS, joining(walked.convention, number="A-17")))["code"]
        == "number-taken"
    )


def test_an_older_version_is_stale_and_the_present_one_is_named(here: Served) -> None:
    walked = here.walk()
    address = f"{MEMBERS}/{walked.member}/leaving"
    stale = here.insurer.post(address, {"left_on": "2026-09-30", "reason": "moved"}, If_Match='"7"')
    assert (stale.status_code, problem(stale)["code"], stale.headers["ETag"]) == (412, "stale", '"1"')


def test_every_code_is_explained_where_its_type_leads(here: Served) -> None:
    assert here.nobody.get("/problems/no-cell").json == {
        "code": "no-cell",
        "title": "The grid in force has no price for this person",
        "status": 422,
    }
    assert problem(here.nobody.get("/problems/nothing"))["code"] == "not-found"


def test_a_grid_under_a_convention_of_nobody_is_not_found(here: Served) -> None:
    answer = here.insurer.post(f"{CONVENTIONS}/c9/grids", grid("g1", "2026-10-01", "47.80"))
    assert (answer.status_code, problem(answer)["code"]) == (404, "not-found")


def test_no_redirect_names_the_host_that_the_caller_claims(here: Served) -> None:
    answer = here.nobody.client.get("/v1//me", headers={"Host": "elsewhere.example"})
    assert answer.status_code == 404
    assert "Location" not in answer.headers
