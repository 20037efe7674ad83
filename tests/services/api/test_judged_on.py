"""What tariffs are judged on, over the API: exemptions, indices, reference grids, headcounts, the scenario file."""

from typing import Any

from domain.tariffs.assess import assess, read_scenario
from tests.support.api import (
    CONVENTIONS,
    DOCUMENTS,
    MEMBERS,
    OWN_DOCUMENTS,
    PDF,
    Served,
    declaration,
    grid,
    joining,
)
from tests.support.api_tariffs import cell, confirmed, ok, problem
from tests.support.cast import SIREN

# Exemptions


ASKED: dict[str, Any] = {
    "id": "tsa",
    "commitments": ["cap"],
    "kind": "TAX",
    "factor": ["1.1532", "1.1327"],
    "valid_from": "2027-01-01",
    "valid_to": "2027-12-31",
    "reason": "La taxe augmente.",
}
GRANTED = {"decided_on": "2026-03-16", "decided_by": "Conseil municipal", "council_reference": "2026-12"}


def test_an_exemption_is_asked_for_granted_and_revoked(here: Served) -> None:
    within = f"{CONVENTIONS}/{confirmed(here)}"
    listed, one = f"{within}/exemptions", f"{within}/exemptions/tsa"
    ok(here.insurer.post(listed, ASKED), 201)
    dear = grid("g2", "2027-01-01", "50.13")
    assert ok(here.insurer.post(f"{within}/grids/dry-run", dear))["summary"]["VIOLATION"] == 1
    problem(here.town.post(f"{one}/grant", {**GRANTED, "factor": ["1.05", "1"]}), 422, "exemption-wider")
    ok(here.town.post(f"{one}/grant", {**GRANTED, "valid_to": "2027-06-30"}))
    tried = ok(here.insurer.post(f"{within}/grids/dry-run", dear))["summary"]
    assert (tried["EXEMPTED"], tried["VIOLATION"]) == (1, 1)
    problem(here.insurer.post(f"{one}/withdrawal"), 422, "exemption-decided")
    ok(here.town.post(f"{one}/revocation", {"revoked_on": "2027-03-01", "reason": "Elle baisse."}))
    here.follow()
    shown = ok(here.insurer.get(one))
    assert (shown["state"], shown["asked"]["valid_to"], shown["granted"]["valid_to"]) == (
        "revoked",
        "2027-12-31",
        "2027-06-30",
    )
    assert ok(here.town.get(listed))["items"] == [shown]


def test_an_exemption_is_withdrawn_or_refused(here: Served) -> None:
    within = f"{CONVENTIONS}/{confirmed(here)}"
    for name in ("a", "b"):
        ok(here.insurer.post(f"{within}/exemptions", {**ASKED, "id": name}), 201)
    ok(here.insurer.post(f"{within}/exemptions/a/withdrawal"))
    ok(here.town.post(f"{within}/exemptions/b/refusal", {"decided_on": "2026-03-16", "reason": "Non."}))
    here.follow()
    states = {one["id"]: one["state"] for one in ok(here.town.get(f"{within}/exemptions"))["items"]}
    assert states == {"a": "withdrawn", "b": "refused"}


def test_one_who_asks_does_not_decide(here: Served) -> None:
    within = f"{CONVENTIONS}/{confirmed(here)}"
    ok(here.insurer.post(f"{within}/exemptions", ASKED), 201)
    assert here.insurer.post(f"{within}/exemptions/tsa/grant", GRANTED).status_code == 404
    assert here.town.post(f"{within}/exemptions", {**ASKED, "id": "own"}).status_code == 404
    assert here.town.post(f"{within}/exemptions/tsa/withdrawal").status_code == 404
    problem(here.town.post(f"{within}/exemptions/none/grant", GRANTED), 422, "exemption-unknown")


def test_a_town_opens_no_document_of_the_insurers_own_by_naming_it(here: Served) -> None:
    within = f"{CONVENTIONS}/{confirmed(here)}"
    own = ok(here.insurer.send(OWN_DOCUMENTS, PDF, "application/pdf"), 201)["id"]
    ok(here.insurer.post(f"{within}/exemptions", ASKED), 201)
    grant = f"{within}/exemptions/tsa/grant"
    problem(here.town.post(grant, {**GRANTED, "document": own}), 422, "document-unknown")
    here.follow()
    assert here.town.get(f"{DOCUMENTS}/{own}").status_code == 404
    filed = ok(here.town.send(DOCUMENTS, PDF + b".", "application/pdf"), 201)["id"]
    ok(here.town.post(grant, {**GRANTED, "document": filed}))


# Indices


IPC = {"index": "IPC_HT_AVG", "year": 2025}
PUBLISHED = {**IPC, "value": "0.9", "published_on": "2026-01-15", "source": "Insee"}
INDEXED = {
    "id": "ipc",
    "article": "Art. 5",
    "wording": "…",
    "rule": "ANNUAL_CAP_INDEXED",
    "params": {"index": "IPC_HT_AVG", "margin_points": "2"},
}


def test_an_index_reaches_the_conventions_that_follow_it(here: Served) -> None:
    before = confirmed(here, commitments=[INDEXED])
    ok(here.operator.post("/v1/indices", PUBLISHED), 201)
    here.follow()
    after = confirmed(here, here.other_town, "94016", commitments=[INDEXED])
    for code, convention in (("38185", before), ("94016", after)):
        within = f"/v1/communes/{code}/accords/{SIREN}/conventions/{convention}"
        tried = ok(here.insurer.post(f"{within}/grids/dry-run", grid("g2", "2026-04-01", "49.20")))
        assert [one["limit"] for one in tried["findings"] if one["grid"] == "g2"] == ["49.19"]
    # A later publication revises it in both.
    ok(here.operator.post("/v1/indices", {**PUBLISHED, "value": "1.0", "published_on": "2026-02-15"}), 201)
    here.follow()
    within = f"{CONVENTIONS}/{before}"
    file = ok(here.town.get(f"{within}/scenario"))
    assert [one["value"] for one in file["indices"]] == ["0.9", "1.0"]


def test_an_index_that_nobody_follows_stays_where_it_is(here: Served) -> None:
    within = f"{CONVENTIONS}/{confirmed(here)}"
    ok(here.operator.post("/v1/indices", PUBLISHED), 201)
    here.follow()
    assert ok(here.town.get(f"{within}/scenario"))["indices"] == []


def test_everybody_reads_indices_and_whoever_contests_is_answered(here: Served) -> None:
    ok(here.operator.post("/v1/indices", PUBLISHED), 201)
    contest = {**IPC, "published_on": "2026-01-15", "reason": "La moyenne est de 1,0 %."}
    ok(here.town.post("/v1/indices/contests", contest), 201)
    assert ok(here.town.post("/v1/indices/contests", contest))["position"] is None
    here.follow()
    for caller in (here.insurer, here.rival, here.town, here.other_town, here.operator):
        (value,) = ok(caller.get("/v1/indices?index=IPC_HT_AVG"))["items"]
        assert (value["value"], value["contested"], value["revised"]) == ("0.9", True, False)
    assert len(ok(here.town.get("/v1/indices/contests"))["items"]) == 1
    assert len(ok(here.operator.get("/v1/indices/contests"))["items"]) == 1
    for stranger in (here.insurer, here.other_town):
        assert ok(stranger.get("/v1/indices/contests"))["items"] == []
    answer = {**IPC, "published_on": "2026-01-15", "answer": "C’est l’indice y compris tabac."}
    assert here.town.post("/v1/indices/answers", answer).status_code == 404
    ok(here.operator.post("/v1/indices/answers", answer), 201)
    problem(here.operator.post("/v1/indices/answers", answer), 422, "index-not-contested")
    here.follow()
    (value,) = ok(here.town.get("/v1/indices"))["items"]
    assert (value["contested"], value["answer"]) == (False, answer["answer"])
    assert here.insurer.post("/v1/indices", PUBLISHED).status_code == 404
    problem(here.operator.post("/v1/indices", {**PUBLISHED, "value": "9"}), 422, "index-known")


# References, headcounts, the file


def test_a_discount_is_measured_on_the_deposited_reference(here: Served) -> None:
    discount = {
        "id": "d", "article": "Art. 5", "wording": "…", "rule": "MIN_DISCOUNT",
        "params": {"min_discount_percent": "15"},
    }  # fmt: skip
    within = f"{CONVENTIONS}/{confirmed(here, commitments=[discount])}"
    reference = {
        "id": "r1",
        "valid_from": "2024-10-01",
        "product": "Individuel",
        "source": "Tarif public",
        "cells": [cell("57.00")],
    }
    ok(here.insurer.post(f"{within}/reference-grids", reference), 201)
    assert here.town.post(f"{within}/reference-grids", reference).status_code == 404
    here.follow()
    (shown,) = ok(here.town.get(f"{within}/reference-grids?cells=1"))["items"]
    assert (shown["product"], shown["cells"][0]["monthly"]) == ("Individuel", "57.00")
    tried = ok(here.insurer.post(f"{within}/grids/dry-run", grid("g2", "2027-01-01", "49.81")))
    assert tried["cells"][0]["highest"] == "48.45"


def weighted(here: Served) -> str:
    """The address of a convention that caps the average rise."""
    average = {
        "id": "w", "article": "Art. 5", "wording": "…", "rule": "WEIGHTED_AVERAGE_CAP",
        "params": {"max_rise_percent": "3"},
    }  # fmt: skip
    return f"{CONVENTIONS}/{confirmed(here, commitments=[average])}"


def test_headcounts_weigh_the_average_and_are_the_insurers_alone(here: Served) -> None:
    within = weighted(here)
    counts = f"{within}/headcounts"
    body = {"id": "2026-03", "taken_on": "2026-03-01", "cells": [{**CELL, "count": 260}]}
    ok(here.insurer.post(counts, body), 201)
    assert ok(here.insurer.post(counts, body))["position"] is None
    problem(here.insurer.post(counts, {**body, "cells": [{**CELL, "count": 9}]}), 422, "headcount-known")
    twice = {**body, "id": "x", "taken_on": "2026-03-02", "cells": [{**CELL, "count": 1}] * 2}
    problem(here.insurer.post(counts, twice), 422, "cell-wrong")
    here.follow()
    (shown,) = ok(here.insurer.get(f"{counts}?cells=1"))["items"]
    assert (shown["total"], shown["cells"][0]["count"]) == (260, 260)
    for stranger in (here.town, here.rival, here.operator):
        assert stranger.get(counts).status_code == 404
    tried = ok(here.insurer.post(f"{within}/grids/dry-run", grid("g2", "2027-01-01", "50.00")))
    assert tried["summary"]["VIOLATION"] == 1
    assert tried["cells"][0]["highest"] is None


CELL = {"formula": "N1", "age_from": 0, "age_to": None}


def test_members_are_counted_by_the_cells_of_the_grid_in_force(here: Served) -> None:
    within = weighted(here)
    convention = within.rpartition("/")[2]
    parted = [cell("48.00", age_to=64), cell("49.00", age_from=65)]
    ok(here.insurer.post(f"{within}/grids", {"id": "g2", "effective_on": "2026-01-01", "cells": parted}), 201)
    for year in (1954, 1961, 1962, 1990):
        person = joining(convention, birth_date=f"{year}-12-31", joined_on="2026-02-01")
        ok(here.insurer.post(MEMBERS, person), 201)
    here.follow()
    body = {"id": "2026-03", "taken_on": "2026-03-01"}
    counting = f"{within}/headcounts/from-members"
    first = ok(here.insurer.post(counting, body, Idempotency_Key="h"), 201)
    assert (first["total"], first["without"]) == (4, 0)
    assert ok(here.insurer.post(counting, body, Idempotency_Key="h"), 201)["position"] == first["position"]
    here.follow()
    (shown,) = ok(here.insurer.get(f"{within}/headcounts?cells=1"))["items"]
    assert [one["count"] for one in shown["cells"]] == [2, 2]
    assert here.town.post(counting, body).status_code == 404
    early = {"id": "early", "taken_on": "2024-09-01"}
    problem(here.insurer.post(counting, early), 422, "no-grid-in-force")


def test_the_file_of_a_convention_is_what_assess_takes(here: Served) -> None:
    within = weighted(here)
    body = {"id": "2026-03", "taken_on": "2026-03-01", "cells": [{**CELL, "count": 260}]}
    ok(here.insurer.post(f"{within}/headcounts", body), 201)
    ok(here.insurer.post(f"{within}/grids", grid("g2", "2027-01-01", "50.00")), 201)
    own, towns = here.insurer.get(f"{within}/scenario"), here.town.get(f"{within}/scenario")
    assert (own.headers["Beffroi-Headcounts"], towns.headers["Beffroi-Headcounts"]) == (
        "included",
        "withheld",
    )
    file = ok(own)
    assert len(file["headcounts"]) == 1
    assert ok(towns) == {**file, "headcounts": []}
    assert own.headers["Beffroi-Terms"] == "1; of=1; from=; to="
    verdicts = [one.verdict for one in assess(read_scenario(own.data))]
    assert verdicts == ["NOT_APPLICABLE", "VIOLATION"]
    assert [one.verdict for one in assess(read_scenario(towns.data))] == ["NOT_APPLICABLE", "INDETERMINATE"]
    then = ok(here.town.get(f"{within}/scenario?as_known_at=2026-03-16T09:00:00%2B01:00"), 404)
    assert then["code"] == "not-found"
    now = ok(here.town.get(f"{within}/scenario?as_known_at=2026-03-16T11:30:00%2B01:00"))
    assert (len(now["grids"]), now["as_known_at"]) == (2, "2026-03-16T10:30:00+00:00")
    assert here.town.get(f"{within}/scenario?terms=2").status_code == 404
    assert here.town.get(f"{within}/scenario?as_known_at=yesterday").status_code == 422
    assert ok(here.operator.get(f"{within}/scenario"))["headcounts"] == []
    for stranger in (here.rival, here.other_town):
        assert stranger.get(f"{within}/scenario").status_code == 404


def test_an_amended_convention_has_a_file_for_each_version(here: Served) -> None:
    within = f"{CONVENTIONS}/{confirmed(here)}"
    terms = declaration(
        commitments=[{**declaration()["commitments"][0], "params": {"max_rise_percent": "2"}}]
    )
    amendment = {
        "signed_on": "2026-03-01", "effective_on": "2027-01-01", "reason": "Plafond abaissé", "terms": terms,
    }  # fmt: skip
    identity = ok(here.insurer.post(f"{within}/amendments", amendment), 201)["id"]
    ok(here.town.post(f"{within}/amendments/{identity}/confirmation"))
    here.follow()
    first = here.town.get(f"{within}/scenario")
    assert first.headers["Beffroi-Terms"] == "1; of=2; from=; to=2026-12-31"
    assert 'terms=2>; rel="next"' in first.headers["Link"]
    second = ok(here.town.get(f"{within}/scenario?terms=2"))
    assert second["convention"]["commitments"][0]["params"] == {"max_rise_percent": "2"}
    tried = ok(here.insurer.post(f"{within}/grids/dry-run", grid("g2", "2027-01-01", "49.23")))
    assert tried["cells"][0]["highest"] == "48.76"
