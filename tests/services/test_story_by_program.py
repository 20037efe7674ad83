"""The story of a broken promise as programs of both sides live it: over HTTP, each write sent twice.

A program that got no answer sends its request again; the second one changes nothing and says what the first said.
"""

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.support.api import PASSWORD, PDF, Who, email_of
from tests.support.cast import SIREN
from tests.support.database import Database
from tests.support.stage import Stage, staged, until

ACCORD: Final = f"/v1/communes/38185/accords/{SIREN}"
CONVENTION: Final = f"{ACCORD}/conventions/c1"
OWN: Final = f"/v1/insurers/{SIREN}"


@pytest.fixture
def stage(database: Database) -> Iterator[Stage]:
    with staged(database) as made:
        yield made


class Program:
    """What calls the API for one side."""

    def __init__(self, stage: Stage, who: Who) -> None:
        self.stage = stage
        self.client = httpx.Client(base_url=stage.address, timeout=20.0)
        signed = self.client.post("/v1/sessions", json={"email": email_of(who), "password": PASSWORD})
        self.client.headers["Authorization"] = f"Bearer {signed.json()['token']}"

    def get(self, path: str, **query: str) -> Any:
        """What is there."""
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def try_out(self, path: str, body: object) -> Any:
        """POST that records nothing about any grid."""
        before = self.stage.topics("%grid%")
        answer = self.client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        assert self.stage.topics("%grid%") == before
        return answer.json()

    def write(self, method: str, path: str, body: object = None, **options: Any) -> Any:
        """Send it twice under one Idempotency-Key: the second answer repeats the first."""
        headers = {"Idempotency-Key": uuid.uuid4().hex, **options.pop("headers", {})}
        sent = {"headers": headers, **({"json": body} if body is not None else {}), **options}
        first = self.client.request(method, path, **sent)
        assert first.status_code in {200, 201}, first.text
        again = self.client.request(method, path, **sent)
        assert again.status_code in {200, 201}, again.text
        assert again.json() == first.json()
        assert again.headers["Idempotency-Replayed"] == "true"
        return first.json()


def cells(old: str) -> list[dict[str, Any]]:
    """The two prices of the story."""
    return [
        {"formula": "N1", "age_from": 0, "age_to": 49, "monthly": "31.86"},
        {"formula": "N1", "age_from": 50, "age_to": None, "monthly": old},
    ]


def test_two_programs_live_the_story_and_nothing_happens_twice(stage: Stage, tmp_path: Path) -> None:
    effective_on = (stage.today + timedelta(days=93)).replace(day=1).isoformat()
    towns = [{"commune": "38185", "convention": "c1"}]
    prepared = {
        "name": "hausse",
        "effective_on": effective_on,
        "cells": cells("49.74"),
        "towns": towns,
        "reason": "Les sinistres augmentent.",
    }
    insurer, town = Program(stage, "insurer"), Program(stage, "town")

    insurer.write("PUT", f"{OWN}/prepared-grids/hausse", prepared)
    until(lambda: insurer.get(f"{OWN}/prepared-grids")["items"])
    (trial,) = insurer.try_out(f"{OWN}/dry-runs", {"prepared": "hausse"})["items"]
    (broken,) = trial["broken"]
    assert (broken["limit"], broken["observed"], broken["excess"]) == ("49.23", "49.74", "0.51")
    assert town.get("/v1/communes/38185/cases")["items"] == []

    told = insurer.client.post(
        f"{OWN}/notifications", json={"prepared": "hausse"}, headers={"Idempotency-Key": "told"}
    )
    repeated = insurer.client.post(
        f"{OWN}/notifications", json={"prepared": "hausse"}, headers={"Idempotency-Key": "told"}
    )
    assert [each.json()["items"][0]["status"] for each in (told, repeated)] == [201, 201]
    assert stage.topics("grid.notified.%") == ["grid.notified.v2", "grid.notified.v2"]

    (case,) = until(lambda: town.get("/v1/communes/38185/cases", open="true")["items"])
    assert (case["excess"], case["state"], case["turn"]) == ("0.51", "detected", "insurer")
    state = town.get(f"{CONVENTION}/compliance", as_of=effective_on)
    assert [each["verdict"] for each in state["commitments"]] == ["VIOLATION"]
    file = town.get(f"{ACCORD}/cases/{case['id']}")
    assert [each["breach"] for each in file["cells"]] != []
    assert recomputed(town.get(f"{CONVENTION}/scenario"), tmp_path) == (1, ["0.51"])

    stage.next_day()
    insurer, town = Program(stage, "insurer"), Program(stage, "town")
    proof = town.write(
        "POST", f"{ACCORD}/documents", content=PDF, headers={"Content-Type": "application/pdf"}
    )
    dispute = {"text": "L’article 5 compte toute l’année.", "documents": [proof["id"]]}
    town.write("POST", f"{ACCORD}/cases/{case['id']}/dispute", dispute)
    until(lambda: insurer.get(f"{OWN}/cases")["items"][0]["state"] == "disputed")
    assert insurer.client.get(f"{ACCORD}/documents/{proof['id']}").content == PDF
    insurer.write("POST", f"{ACCORD}/cases/{case['id']}/explanation", {"text": "Une erreur de base."})

    stage.next_day()
    insurer, town = Program(stage, "insurer"), Program(stage, "town")
    right = {"id": "hausse-2", "effective_on": effective_on, "corrects": "hausse", "cells": cells("49.23")}
    found = insurer.try_out(f"{CONVENTION}/grids/dry-run", right)
    assert (found["summary"]["VIOLATION"], found["day_lawful"]) == (0, True)
    assert {each["highest"] for each in found["cells"]} == {"32.82", "49.23"}
    insurer.write("POST", f"{CONVENTION}/grids", right)
    healed = until(lambda: corrected(town, case["id"]))
    assert [step["step"] for step in healed["steps"]] == ["opened", "disputed", "explained", "corrected"]
    assert recomputed(town.get(f"{CONVENTION}/scenario"), tmp_path) == (0, [])

    wednesday = (stage.clock.now() - timedelta(hours=1)).isoformat()
    known = town.get(f"{CONVENTION}/compliance", as_of=effective_on, as_known_at=wednesday)
    assert known["summary"]["VIOLATION"] == 1
    assert town.get(f"{CONVENTION}/compliance", as_of=effective_on)["summary"]["VIOLATION"] == 0
    said = town.get(f"{CONVENTION}/verdicts", commitment="cap", grid="hausse", formula="N1", age_from="50")[
        "items"
    ]
    assert [[each["verdict"] for each in item["findings"]] for item in said][-1] == []
    assert said[0]["findings"][0]["excess"] == "0.51"
    assert stage.topics("case.%") == [
        "case.opened.v1", "case.disputed.v1", "case.explained.v1", "case.corrected.v1",
    ]  # fmt: skip


def corrected(town: Program, case: str) -> Any:
    """The case once it is corrected."""
    file = town.get(f"{ACCORD}/cases/{case}")
    return file if file["state"] == "corrected" else None


def recomputed(scenario: Any, folder: Path) -> tuple[int, list[str]]:
    """What `beffroi assess` says of the scenario: its exit code, and by how much something is broken."""
    path = folder / "calcul.json"
    path.write_text(json.dumps(scenario), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "services.cli", "assess", "--json", str(path)], capture_output=True, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    findings = json.loads(done.stdout)["findings"]
    return done.returncode, [each["excess"] for each in findings if each["verdict"] == "VIOLATION"]
