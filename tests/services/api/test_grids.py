"""Grids over the API: what is said of one, its dry run, drafts, and many towns at once."""

from typing import Any

import pytest

from tests.support.api import (
    CONVENTIONS,
    OWN_DOCUMENTS,
    PDF,
    Served,
    declaration,
    grid,
)
from tests.support.api_tariffs import cell, confirmed, ok, problem
from tests.support.cast import SIREN

OWN = f"/v1/insurers/{SIREN}"
DRAFT = f"{OWN}/prepared-grids/hausse-2027"


# Grids


def test_a_grid_keeps_what_is_said_of_it(here: Served) -> None:
    within = f"{CONVENTIONS}/{confirmed(here)}"
    digest = ok(here.insurer.send(OWN_DOCUMENTS, PDF, "application/pdf"), 201)["id"]
    said = {
        "corrects": "g1",
        "decided_by": "Conseil d’administration",
        "decided_on": "2026-03-01",
        "justification": digest,
        "declared_rise": {"N1": "2.9"},
        "reason": "Hausse de la taxe",
        "tax_percent": "13.27",
    }
    parted = [
        cell("48.00", age_to=64, before_tax="42.38"),
        cell("49.00", age_from=65, parent={"formula": "N1", "age_from": 0, "age_to": None}),
    ]
    body = {"id": "g2", "effective_on": "2024-10-01", "cells": parted, **said}
    ok(here.insurer.post(f"{within}/grids", body), 201)
    here.follow()
    shown = ok(here.town.get(f"{within}/grids/g2"))
    assert {name: shown[name] for name in said} == said
    assert (shown["justified"], shown["notified_on"]) == (True, "2026-03-16")
    young, old = shown["cells"]
    assert (young["before_tax"], "before_tax" in old) == ("42.38", False)
    assert old["parent"] == {
        "formula": "N1",
        "category": "general",
        "role": "adult",
        "age_from": 0,
        "age_to": None,
    }
    again = {**body, "id": "g3", "corrects": "g2", "cells": shown["cells"]}
    ok(here.insurer.post(f"{within}/grids", again), 201)
    # What the insurer filed at home is read by the town beside the grid.
    assert here.town.get(f"/v1/communes/38185/accords/{SIREN}/documents/{digest}").data == PDF


def test_the_entity_tag_of_grids_is_what_if_match_expects(here: Served) -> None:
    within = f"{CONVENTIONS}/{confirmed(here)}"
    listed = here.town.get(f"{within}/grids")
    assert listed.headers["ETag"] == '"1"'
    assert here.town.get(f"{within}/grids", If_None_Match='"1"').status_code == 304
    body = grid("g2", "2027-01-01", "48.00")
    problem(here.insurer.post(f"{within}/grids", body, If_Match='"0"'), 412, "stale")
    ok(here.insurer.post(f"{within}/grids", body, If_Match='"1"'), 201)


@pytest.mark.parametrize(
    ("other", "code", "path"),
    [
        ({"corrects": "g7"}, "corrects-unknown", "$.corrects"),
        ({"justification": "ab" * 32}, "document-unknown", "$.justification"),
        ({"decided_on": "2026-03-17"}, "decided-later", "$.decided_on"),
        ({"declared_rise": {"N2": "3"}}, "declared-rise-wrong", "$.declared_rise.N2"),
        ({"tax_percent": "113.27"}, "out-of-range", "$.tax_percent"),
        ({"cells": [cell(before_tax="48.00")]}, "out-of-range", "$.cells[0].before_tax"),
    ],
)
def test_a_grid_that_is_not_one_is_refused_dry_or_not(
    here: Served, other: dict[str, Any], code: str, path: str
) -> None:
    within = f"{CONVENTIONS}/{confirmed(here)}"
    body = {**grid("g2", "2027-01-01", "48.00"), **other}
    refused = problem(here.insurer.post(f"{within}/grids", body), 422, code)
    assert refused["errors"][0]["path"] == path
    if code in {"corrects-unknown", "declared-rise-wrong", "out-of-range"}:
        problem(here.insurer.post(f"{within}/grids/dry-run", body), 422, code)


def test_a_dry_run_says_how_high_and_how_soon(here: Served) -> None:
    notice = {"id": "n", "article": "Art. 6", "wording": "…", "rule": "NOTICE", "params": {"months": 2}}
    within = f"{CONVENTIONS}/{confirmed(here, commitments=[*declaration()['commitments'], notice])}"
    tried = ok(here.insurer.post(f"{within}/grids/dry-run", grid("g2", "2026-04-01", "50.00")))
    assert (tried["earliest"], tried["day_lawful"]) == ("2026-05-16", False)
    (found,) = tried["cells"]
    assert found == {
        "cell": {"formula": "N1", "category": "general", "role": "adult", "age_from": 0, "age_to": None},
        "price": "50.00",
        "before": "47.80",
        "change": "risen",
        "percent": "4.60",
        "highest": "49.23",
        "limited_by": "cap",
        "broken": ["cap"],
    }
    assert [one["verdict"] for one in tried["findings"] if one["grid"] == "g2"] == ["VIOLATION", "VIOLATION"]
    kept = ok(here.insurer.post(f"{within}/grids/dry-run", grid("g2", "2027-01-01", "49.23")))
    assert (kept["day_lawful"], kept["cells"][0]["broken"]) == (True, [])
    assert ok(here.insurer.get(f"{within}/grids"))["items"][0]["id"] == "g1"


# Prepared grids, and many towns


def prepared(here: Served, *towns: tuple[str, str], **other: Any) -> dict[str, Any]:
    """A prepared grid as it is saved."""
    return {
        "name": "Hausse 2027",
        "effective_on": "2027-01-01",
        "cells": [cell("49.00")],
        "towns": [{"commune": code, "convention": convention} for code, convention in towns],
        **other,
    }


def test_a_grid_is_prepared_read_changed_and_discarded_by_its_insurer_alone(here: Served) -> None:
    body = prepared(here, ("38185", "c1"))
    saved = ok(here.insurer.call("PUT", DRAFT, body))
    assert ok(here.insurer.call("PUT", DRAFT, body))["position"] is None
    here.follow()
    read = here.insurer.get(DRAFT)
    assert (read.headers["ETag"], saved["id"]) == ('"1"', "hausse-2027")
    assert ok(read)["cells"][0]["monthly"] == "49.00"
    assert ok(read)["towns"] == body["towns"]
    problem(here.insurer.call("PUT", DRAFT, prepared(here), If_Match='"7"'), 412, "stale")
    ok(here.insurer.call("PUT", DRAFT, prepared(here), If_Match='"1"'))
    for stranger in (here.rival, here.town, here.operator):
        for method in ("GET", "PUT", "DELETE"):
            assert stranger.call(method, DRAFT, body if method == "PUT" else None).status_code == 404
    listed = ok(here.insurer.get(f"{OWN}/prepared-grids"))["items"]
    assert [(one["id"], one["cells"]) for one in listed] == [("hausse-2027", None)]
    ok(here.insurer.call("DELETE", DRAFT, If_Match='"2"'))
    here.follow()
    assert here.insurer.get(DRAFT).status_code == 404
    problem(here.insurer.call("PUT", DRAFT, body), 422, "prepared-grid-discarded")


def test_a_prepared_grid_names_its_justification_and_each_town_once(here: Served) -> None:
    unknown = prepared(here, justification="ab" * 32)
    problem(here.insurer.call("PUT", DRAFT, unknown), 422, "document-unknown")
    twice = prepared(here, ("38185", "c1"), ("38185", "c2"))
    problem(here.insurer.call("PUT", DRAFT, twice), 422, "town-repeated")


@pytest.fixture
def two_towns(here: Served) -> tuple[Served, str, str]:
    """Two towns with a convention each; that of Cachan has a stricter cap."""
    strict = [{**declaration()["commitments"][0], "params": {"max_rise_percent": "1"}}]
    grenoble = confirmed(here)
    return here, grenoble, confirmed(here, here.other_town, "94016", commitments=strict)


def test_a_prepared_grid_is_tried_in_each_town_with_a_result_of_its_own(
    two_towns: tuple[Served, str, str],
) -> None:
    here, grenoble, cachan = two_towns
    towns = (("38185", grenoble), ("94016", cachan))
    ok(here.insurer.call("PUT", DRAFT, prepared(here, *towns)))
    items = ok(here.insurer.post(f"{OWN}/dry-runs", {"prepared": "hausse-2027"}))["items"]
    assert [(one["commune"], one["status"], len(one["broken"])) for one in items] == [
        ("38185", 200, 0),
        ("94016", 200, 1),
    ]
    assert items[1]["broken"][0]["limit"] == "48.28"
    named = {"prepared": "hausse-2027", "towns": [{"commune": "94016", "convention": "unknown"}]}
    (item,) = ok(here.insurer.post(f"{OWN}/dry-runs", named))["items"]
    assert (item["status"], item["problem"]["code"]) == (404, "not-found")


def test_a_grid_is_notified_to_many_towns_and_a_refused_one_leaves_the_others(
    two_towns: tuple[Served, str, str],
) -> None:
    here, grenoble, cachan = two_towns
    waiting = ok(here.insurer.post(CONVENTIONS, declaration()), 201)["id"]
    content = {"effective_on": "2027-01-01", "cells": [cell("49.00")]}
    towns = [{"commune": "38185", "convention": waiting}, {"commune": "94016", "convention": cachan}]
    body = {"id": "g2", "grid": content, "towns": towns}
    first = ok(here.insurer.post(f"{OWN}/notifications", body, Idempotency_Key="hausse"))["items"]
    assert [(one["status"], (one["problem"] or {}).get("code")) for one in first] == [
        (422, "convention-not-confirmed"),
        (201, None),
    ]
    ok(here.town.post(f"{CONVENTIONS}/{waiting}/confirmation"))
    again = ok(here.insurer.post(f"{OWN}/notifications", body, Idempotency_Key="hausse"))["items"]
    assert [one["status"] for one in again] == [201, 201]
    assert again[1]["position"] == first[1]["position"]
    third = ok(here.insurer.post(f"{OWN}/notifications", body))["items"]
    assert [(one["status"], one["position"]) for one in third] == [(200, None), (200, None)]
    here.follow()
    assert ok(here.other_town.get(first[1]["href"]))["id"] == "g2"
    assert here.other_town.get(again[0]["href"]).status_code == 404
    assert grenoble != waiting


def test_what_was_notified_says_which_prepared_grid_it_comes_from(two_towns: tuple[Served, str, str]) -> None:
    here, grenoble, _ = two_towns
    digest = ok(here.insurer.send(OWN_DOCUMENTS, PDF, "application/pdf"), 201)["id"]
    ok(here.insurer.call("PUT", DRAFT, prepared(here, ("38185", grenoble), justification=digest)))
    (item,) = ok(here.insurer.post(f"{OWN}/notifications", {"prepared": "hausse-2027"}))["items"]
    assert (item["status"], item["id"]) == (201, "hausse-2027")
    here.follow()
    shown = ok(here.town.get(item["href"]))
    assert (shown["justified"], shown["justification"]) == (True, digest)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"prepared": "none"}, 404, "not-found"),
        ({"id": "g2"}, 422, "prepared-incomplete"),
        ({"prepared": "hausse-2027"}, 422, "prepared-incomplete"),
        ({"id": "g2", "grid": {"effective_on": "2027-01-01", "cells": [cell()]}}, 422, "invalid-input"),
    ],
)
def test_a_bulk_request_that_means_no_grid_or_no_town_is_refused_whole(
    here: Served, body: dict[str, Any], status: int, code: str
) -> None:
    ok(here.insurer.call("PUT", DRAFT, prepared(here, ("38185", "c1"), effective_on=None)))
    for path in ("notifications", "dry-runs"):
        problem(here.insurer.post(f"{OWN}/{path}", body), status, code)
        assert here.rival.post(f"{OWN}/{path}", body).status_code == 404
