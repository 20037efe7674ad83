"""Anybody may read the schemas of events, keep them, and ask whether they are still the same."""

import json
from typing import Final

import jsonschema
import pytest

from services.cli_docs import bare_app
from services.docs_event_schemas import RECORD, ROOT, SCHEMAS, names

CLIENT: Final = bare_app().test_client()
EVERY: Final = "/v1/schemas/events"


def test_every_published_schema_is_listed_with_its_id_and_where_it_is() -> None:
    answer = CLIENT.get(EVERY)
    assert answer.status_code == 200
    items = json.loads(answer.data)["items"]
    assert [item["name"] for item in items] == sorted([*names(), RECORD])
    for item in items:
        assert CLIENT.get(item["href"]).json["$id"] == item["id"]  # type: ignore[index] # it is an object


@pytest.mark.parametrize("name", [*names(), RECORD])
def test_a_schema_is_served_as_it_was_published(name: str) -> None:
    answer = CLIENT.get(f"{EVERY}/{name}")
    assert (answer.status_code, answer.mimetype) == (200, "application/schema+json")
    assert answer.data == (ROOT / SCHEMAS / f"{name}.json").read_bytes()
    jsonschema.Draft202012Validator.check_schema(json.loads(answer.data))


@pytest.mark.parametrize("path", [EVERY, f"{EVERY}/member.joined.v1"])
def test_whoever_has_it_already_is_told_so(path: str) -> None:
    first = CLIENT.get(path)
    assert first.headers["Cache-Control"] == "public, max-age=300"
    again = CLIENT.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert CLIENT.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("name", ["member.joined.v99", "member.joined", "..", "..%2Fscenario.schema", "x"])
def test_a_name_that_nothing_is_stored_under_has_none(name: str) -> None:
    answer = CLIENT.get(f"{EVERY}/{name}")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
