"""The alert rules and the operator's page name metrics that exist, and the page names all of them."""

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import REGISTRY

from services.telemetry.collectors import ProcessCollector, SystemCollector
from tests.support import cast
from tests.support.cast import parts_on
from tests.support.database import Database

DOCS: Final = Path(__file__).parents[3] / "docs"
PAGE: Final = DOCS / "operating.md"
RULES: Final = DOCS / "operating" / "alerts.yaml"

_SUFFIXES: Final = {
    "histogram": ("_bucket", "_count", "_sum"),
    "counter": ("_total",),
    "gauge": ("",),
    "info": ("_info",),
}
_NAME: Final = re.compile(r"\b(?:beffroi|process)_[a-z_]+\b")


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture
def metrics(database: Database) -> dict[str, str]:
    """Every metric of ours and of the process, with its type."""
    with parts_on(database) as parts:
        cast.follow(parts)
        with database.connect("project") as connection:
            connection.execute("insert into projection.relay (name) values ('kafka')")
        families = [
            *REGISTRY.collect(),
            *ProcessCollector(parts, "work").collect(),
            *SystemCollector(parts).collect(),
        ]
    return {
        family.name: family.type for family in families if family.name.startswith(("beffroi_", "process_"))
    }


def test_every_rule_says_what_is_the_matter_how_grave_it_is_and_what_to_do() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert re.fullmatch(r"[0-9]+[sm]", rule.get("for", "0s"))


def test_every_metric_in_a_rule_exists(metrics: dict[str, str]) -> None:
    samples = {name + suffix for name, kind in metrics.items() for suffix in _SUFFIXES[kind]}
    for rule in rules():
        asked = set(_NAME.findall(rule["expr"]))
        assert asked <= samples, rule["alert"]
        assert asked or "up{" in rule["expr"], rule["alert"]


def test_every_metric_of_ours_is_explained_and_no_other(metrics: dict[str, str]) -> None:
    said = set(re.findall(r"`((?:beffroi|process)_[a-z_]+)`", PAGE.read_text(encoding="utf-8")))
    ours = {
        f"{name}_total" if kind == "counter" else name
        for name, kind in metrics.items()
        if name.startswith("beffroi_")
    }
    assert ours <= said
    assert {name for name in said if name.startswith("beffroi_")} <= ours


def test_every_section_that_a_rule_points_to_is_there() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for rule in rules():
        for title in re.findall(r"See: ([^.]+)\.", rule["annotations"]["action"]):
            assert f"**{title}.**" in page or re.search(rf"^##+ {re.escape(title)}$", page, re.MULTILINE), (
                title
            )
