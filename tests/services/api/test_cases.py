"""Compliance and cases over HTTP: what was kept, what was said, whose turn it is, and the moves of either side."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.api import DOCUMENTS, PDF, Served, Walked, grid, served
from tests.support.cast import SIREN
from tests.support.database import Database

CASES = f"/v1/communes/38185/accords/{SIREN}/cases"


@pytest.fixture
def here(database: Database) -> Iterator[tuple[Served, Walked]]:
    """A price of 55.00 told for October 2026 where 49.23 was the most."""
    with served(database) as app:
        yield app, app.walk()


def said(answer: TestResponse) -> dict[str, Any]:
    """What an answer says."""
    content = answer.json
    assert isinstance(content, dict), answer.get_data(as_text=True)
    return content


def items(answer: TestResponse) -> list[dict[str, Any]]:
    """The items of a page."""
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: list[dict[str, Any]] = said(answer)["items"]
    return found


def test_compliance_says_a_day_as_known_at_an_instant(here: tuple[Served, Walked]) -> None:
    app, left = here
    answer = said(app.town.get(f"{left.within}/compliance"))
    assert answer["as_of"] == "2026-03-16"
    (state,) = answer["commitments"]
    assert (state["verdict"], state["announced"], state["announced_from"]) == (
        "NOT_APPLICABLE", "VIOLATION", "2026-10-01",
    )  # fmt: skip
    later = said(app.town.get(f"{left.within}/compliance?as_of=2026-10-01&verdict=VIOLATION"))
    assert [(each["excess"], each["grid"]) for each in later["findings"]] == [("5.77", "g2")]
    assert (later["digest"], later["summary"]["VIOLATION"]) == (answer["digest"], 1)
    assert (
        said(app.town.get(f"{left.within}/compliance?as_of=2026-10-01&verdict=COMPLIANT"))["findings"] == []
    )
    before = said(app.town.get(f"{left.within}/compliance?as_known_at=2020-01-01T00:00:00Z"))
    assert (before["commitments"], before["findings"]) == ([], [])
    assert app.town.get(f"{left.within}/compliance?as_known_at=2020-01-01").status_code == 422


def test_judgements_are_kept_with_what_they_found(here: tuple[Served, Walked]) -> None:
    app, left = here
    app.clock.advance(timedelta(hours=1))
    dearer = grid("g3", "2027-03-01", "60.00")
    assert app.insurer.post(f"{left.within}/grids", dearer).status_code == 201
    app.follow()
    first = said(app.insurer.get(f"{left.within}/judgements?limit=1"))
    (newest,) = first["items"]
    assert (newest["cause"], newest["broken"]) == ("grid.notified", 2)
    assert newest["commitments"][0]["verdict"] == "VIOLATION"
    (before,) = items(app.insurer.get(f"{left.within}/judgements?limit=1&cursor={first['next']}"))
    assert (before["position"] < newest["position"], before["broken"]) == (True, 1)
    then = said(app.town.get(f"{left.within}/judgements/{before['position']}?verdict=VIOLATION"))
    assert (then["findings"], [each["excess"] for each in then["items"]]) == (before["findings"], ["5.77"])
    assert app.town.get(f"{left.within}/judgements/1").status_code == 404


def test_a_cell_has_a_history(here: tuple[Served, Walked]) -> None:
    app, left = here
    told = items(app.town.get(f"{left.within}/verdicts?commitment=cap&grid=g2&formula=N1&age_from=0"))
    assert [[each["verdict"] for each in one["findings"]] for one in told] == [["VIOLATION"]]
    assert told[0]["known_to"] is None
    assert items(app.town.get(f"{left.within}/verdicts?formula=N9")) == []


def test_a_case_shows_its_evidence_and_what_one_may_do(here: tuple[Served, Walked]) -> None:
    app, left = here
    (row,) = items(app.town.get(CASES))
    assert (row["turn"], row["clock"], row["due_on"], row["overdue"]) == (
        "insurer", "explanation", "2026-03-31", False,
    )  # fmt: skip
    shown = app.town.get(f"{CASES}/{row['id']}")
    assert shown.headers["ETag"] == '"1"'
    case = said(shown)
    assert case["moves"] == ["acceptance", "dispute", "formal-notice", "notice"]
    assert said(app.insurer.get(f"{CASES}/{row['id']}"))["moves"] == ["explanation"]
    assert [(each["excess"], each["before"]) for each in case["cells"]] == [("5.77", "47.80")]
    entries = case["rests_on"]
    assert {each["about"] for each in entries} >= {"convention", "grid", "breach"}
    assert [each["position"] for each in entries] == sorted({each["position"] for each in entries})
    assert [each["step"] for each in case["steps"]] == ["opened"]
    assert left.case == row["id"]


def test_cases_are_listed_for_a_commune_an_accord_and_a_whole_insurer(here: tuple[Served, Walked]) -> None:
    app, _ = here
    for caller, path in (
        (app.town, "/v1/communes/38185/cases"),
        (app.insurer, "/v1/communes/38185/cases"),
        (app.insurer, f"/v1/insurers/{SIREN}/cases?turn=insurer&open=1"),
        (app.insurer, f"{CASES}?state=detected"),
    ):
        assert [row["commune"] for row in items(caller.get(path))] == ["38185"]
    for path in (f"{CASES}?turn=town", f"{CASES}?overdue=1", f"{CASES}?convention=other"):
        assert items(app.town.get(path)) == []
    assert app.rival.get("/v1/communes/38185/cases").status_code == 404
    assert app.rival.get(f"/v1/insurers/{SIREN}/cases").status_code == 404
    assert app.other_town.get(CASES).status_code == 404
    app.clock.advance(timedelta(days=30))
    assert len(items(app.of("town").get(f"{CASES}?overdue=1"))) == 1


def test_each_side_moves_in_its_turn_from_the_version_it_saw(here: tuple[Served, Walked]) -> None:
    app, left = here
    case = f"{CASES}/{left.case}"
    explained = {"text": "La taxe a augmenté.\nVoir la note.", "documents": [left.document]}
    first = app.insurer.post(f"{case}/explanation", explained, If_Match='"1"', Idempotency_Key="e1")
    assert (first.status_code, said(first)["href"]) == (200, case)
    again = app.insurer.post(f"{case}/explanation", explained, If_Match='"1"', Idempotency_Key="e1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert app.town.post(f"{case}/dispute", {"text": "Non."}, If_Match='"1"').status_code == 412
    assert app.insurer.post(f"{case}/dispute", {"text": "Non."}).status_code == 404
    position = said(first)["position"]
    app.follow()
    shown = said(app.town.get(case, Beffroi_Position=str(position)))
    assert (shown["state"], shown["turn"], shown["steps"][1]["documents"]) == (
        "explained", "town", [left.document],
    )  # fmt: skip
    unknown = app.town.post(f"{case}/dispute", {"text": "Non.", "documents": ["ab" * 32]}, If_Match='"2"')
    assert (unknown.status_code, said(unknown)["code"]) == (422, "document-unknown")
    assert app.town.post(f"{case}/dispute", {"text": "Non."}, If_Match='"2"').status_code == 200
    early = app.insurer.post(f"{case}/explanation", {"text": "1 84 12 75 116 001 12"})
    assert early.status_code == 422  # a social-security number, here or anywhere


def test_a_town_accepts_with_an_exemption_that_follows_from_the_case(here: tuple[Served, Walked]) -> None:
    app, left = here
    settling = {"kind": "TAX", "decided_by": "Conseil municipal", "valid_to": "2027-12-31"}
    body = {"text": "Accepté pour cette fois.", "exemption": settling}
    answer = app.town.post(f"{CASES}/{left.case}/acceptance", body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    app.follow()
    shown = said(app.town.get(f"{CASES}/{left.case}"))
    assert (shown["state"], shown["turn"], shown["moves"]) == ("accepted", None, [])
    (breach,) = [
        row for row in items(app.town.get(f"{left.within}/verdicts?grid=g2"))[-1]["findings"]
        if row["verdict"] == "EXEMPTED"
    ]  # fmt: skip
    assert breach["exemptions"] == [shown["exemption"]]
    assert items(app.town.get(f"{left.within}/breaches")) == []  # until 2028 the price may still fall


def test_a_town_sends_a_formal_notice_then_ends_the_convention(here: tuple[Served, Walked]) -> None:
    app, left = here
    case = f"{CASES}/{left.case}"
    early = app.town.post(f"{case}/notice", {})
    assert (early.status_code, said(early)["code"]) == (422, "explanation-awaited")
    letter = said(app.town.send(DOCUMENTS, PDF + b" 2", "application/pdf"))["id"]
    sent = {"sent_on": "2026-03-15", "channel": "registered_letter", "document": letter}
    assert app.town.post(f"{case}/formal-notice", sent).status_code == 200
    app.follow()
    assert said(app.town.get(case))["due_on"] == "2026-04-14"
    assert app.town.post(f"{case}/notice", {"detail": "Rien n’a changé."}).status_code == 200
    app.follow()
    shown = said(app.town.get(case))
    assert (shown["state"], shown["takes_effect_on"]) == ("notice_given", "2026-09-16")
