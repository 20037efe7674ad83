"""The view of tariffs, event by event: grids, drafts, exemptions, references, indices and headcounts."""

import json
from typing import Any

from msgspec.structs import replace

from domain.tenancy import PLATFORM, PUBLIC
from projections.engine.table import json_text
from projections.tariffs.tables import (
    APPLIED_INDEX,
    EXEMPTION_DECISION,
    EXEMPTION_REQUEST,
    GRID,
    HEADCOUNT,
    INDEX,
    INDEX_CONTEST,
    PREPARED_GRID,
    REFERENCE_GRID,
)
from projections.tariffs.view import VIEW
from tests.support import facts
from tests.support import tariff_samples as samples
from tests.support.facts import fact, shown
from tests.support.samples import NOTIFIED

HOME: dict[str, Any] = {"tenant": facts.INSURER, "owner": facts.INSURER}


def test_a_grid_is_shown_as_it_was_notified() -> None:
    row = shown(VIEW, fact(NOTIFIED, "c1", version=2, position=7)).only(GRID)
    payload = {name: getattr(NOTIFIED, name) for name in NOTIFIED.__struct_fields__[3:]}
    assert (row["version"], row["position"], row["declared_rise"]) == (
        2,
        7,
        json_text(NOTIFIED.declared_rise),
    )
    assert {name: row[name] for name in facts.WHOSE} == facts.WHOSE
    expected = {
        **payload,
        "id": payload.pop("grid"),
        "convention": "c1",
        "declared_rise": row["declared_rise"],
    }
    del expected["grid"]
    assert {name: row[name] for name in expected} == expected


def test_the_last_saving_of_a_prepared_grid_counts_until_it_is_discarded() -> None:
    happened = [
        fact(samples.PREPARED, "p1", **HOME),
        fact(replace(samples.PREPARED, name="Autre"), "p1", version=2, **HOME),
    ]
    row = shown(VIEW, *happened).only(PREPARED_GRID)
    assert (row["id"], row["name"], row["version"]) == ("p1", "Autre", 2)
    assert json.loads(row["towns"])[1] == {"commune": "38185", "convention": "c1"}
    assert shown(VIEW, *happened, fact(samples.DISCARDED, "p1", version=3, **HOME)).all(PREPARED_GRID) == []


def test_an_exemption_keeps_what_was_asked_beside_what_was_decided() -> None:
    after = shown(
        VIEW,
        fact(samples.REQUESTED, "c1"),
        fact(samples.GRANTED, "c1", version=2),
        fact(samples.REVOKED, "c1", version=3),
    )
    asked, decided = after.only(EXEMPTION_REQUEST), after.only(EXEMPTION_DECISION)
    assert json.loads(asked["asked"])["commitments"] == ["cap", "gel"]
    assert json.loads(decided["granted"]) == {
        "commitments": ["cap"],
        "factor": ["1.1532", "1.1327"],
        "kind": "TAX",
        "rebase": True,
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
    }
    assert (decided["revoked_on"], decided["version"]) == (samples.REVOKED.revoked_on, 3)
    assert (decided["case_key"], decided["refusal"]) == (samples.GRANTED.case, None)


def test_an_exemption_that_settles_a_case_stands_without_a_request() -> None:
    after = shown(VIEW, fact(samples.GRANTED, "c1"))
    assert after.all(EXEMPTION_REQUEST) == []
    assert after.only(EXEMPTION_DECISION)["id"] == "tsa-2026"


def test_a_refused_or_withdrawn_request_says_so() -> None:
    refused = replace(samples.EXEMPTION_REFUSED, exemption="tsa-2026")
    after = shown(VIEW, fact(samples.REQUESTED, "c1"), fact(refused, "c1", version=2))
    assert after.only(EXEMPTION_DECISION)["refusal"] == refused.reason
    withdrawn = replace(samples.EXEMPTION_WITHDRAWN, exemption="tsa-2026")
    after = shown(VIEW, fact(samples.REQUESTED, "c1"), fact(withdrawn, "c1", version=2))
    assert after.only(EXEMPTION_REQUEST)["withdrawn_at"] == facts.AT


def test_a_reference_grid_and_a_headcount_are_shown_with_their_documents() -> None:
    row = shown(VIEW, fact(samples.DEPOSITED, "c1")).only(REFERENCE_GRID)
    assert (row["id"], row["convention"], row["document"]) == ("individuel-2026", "c1", samples.DOCUMENT)
    row = shown(VIEW, fact(samples.COUNTED, "c1", owner=facts.INSURER)).only(HEADCOUNT)
    assert (row["owner"], row["id"], row["total"]) == (facts.INSURER, "2025-09", 400)


def test_an_index_is_everybodys_and_an_objection_the_objectors() -> None:
    at_home: dict[str, Any] = {"tenant": str(PLATFORM), "owner": str(PLATFORM)}
    happened = [
        fact(samples.INDEX, "IPC_HT_AVG", **at_home),
        fact(samples.CONTESTED, "IPC_HT_AVG", **at_home),
    ]
    after = shown(VIEW, *happened)
    value, objection = after.only(INDEX), after.only(INDEX_CONTEST)
    assert (value["tenant"], value["owner"], value["contested"]) == (PLATFORM, PUBLIC, True)
    assert (objection["tenant"], objection["owner"]) == (PLATFORM, "commune:38185")
    value = shown(VIEW, *happened, fact(samples.UPHELD, "IPC_HT_AVG", **at_home)).only(INDEX)
    assert (value["contested"], value["answer"]) == (False, samples.UPHELD.answer)


def test_an_applied_index_lies_in_the_accord_with_its_origin() -> None:
    row = shown(VIEW, fact(samples.APPLIED, "PMSS", position=40)).only(APPLIED_INDEX)
    assert {name: row[name] for name in ("owner", "name", "value", "platform_position", "position")} == {
        "owner": facts.ACCORD,
        "name": "PMSS",
        "value": "4005",
        "platform_position": 12,
        "position": 40,
    }
