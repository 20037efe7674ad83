"""The description of the API is OpenAPI 3.1, says what every route does, and is drawn without a stranger's script."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from services.access import routes
from services.api import RESOURCES
from services.app import WEB
from services.cli_docs import bare_app
from services.problems import CODES, REFUSALS

ROOT: Final = Path(__file__).parents[3]
CLIENT: Final = bare_app().test_client()


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    answer = CLIENT.get("/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json or {}
    return found


def operations(spec: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield path, method, operation


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_it_is_openapi_31_and_every_reference_leads_somewhere(spec: dict[str, Any]) -> None:
    assert spec["openapi"] == "3.1.0"
    for reference in references(spec):
        found: Any = spec
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        assert found


def test_every_route_of_the_api_is_described_once(spec: dict[str, Any]) -> None:
    described = {(path, method.upper()) for path, method, _ in operations(spec)}
    app = CLIENT.application
    names = {resources.name for resources in RESOURCES}
    there = {
        (re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule), method)
        for rule, method, _ in routes(app)
        if rule.endpoint.partition(".")[0] in names
    }
    assert described == there
    ids = [operation["operationId"] for _, _, operation in operations(spec)]
    assert len(ids) == len(set(ids))


def test_every_operation_says_who_what_and_what_may_go_wrong(spec: dict[str, Any]) -> None:
    for path, method, operation in operations(spec):
        assert operation["summary"], path
        assert ("x-roles" in operation) is bool(operation["security"])
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
        shared = set(references(operation.get("parameters", [])))
        assert ("#/components/parameters/IdempotencyKey" in shared) is (
            method == "post" and path != "/v1/sessions"
        )


def test_every_refusal_of_the_domain_has_a_title_and_no_title_is_left_over() -> None:
    codes = set()
    for folder in ("domain", "services/commands"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refused":
                    said = node.args[0]
                    codes.add(said.value if isinstance(said, ast.Constant) else "number-taken")
    assert codes == set(REFUSALS)
    assert not codes & set(CODES)


def test_every_code_leads_to_its_explanation() -> None:
    for code in (*CODES, *REFUSALS):
        assert CLIENT.get(f"/problems/{code}").json["code"] == code  # type: ignore[index] # it is an object


def test_the_page_that_draws_it_runs_nothing_but_files_of_ours() -> None:
    answer = CLIENT.get("/v1/docs")
    page = answer.get_data(as_text=True)
    assert re.findall(r"<script(?![^>]* src=\"/)[^>]*>", page) == []
    assert "style=" not in page
    assert "//" not in re.sub(r"<!--.*?-->", "", page).replace("<!doctype", "")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    with CLIENT.get("/v1/docs/static/docs.js") as script:
        assert script.mimetype == "text/javascript"
    assert CLIENT.get("/v1/docs/static/../openapi.py").status_code == 404
    named = re.findall(r"/static/(vendor/[^\"]+)", page)
    assert len(named) == 2
    if (WEB / "static" / "vendor").exists():
        assert all((WEB / "static" / name).exists() for name in named)
