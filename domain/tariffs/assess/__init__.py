"""Whether tariffs keep a convention's commitments: one pure function, the same wherever the question is put.

`assess(read_scenario(raw))` judges; `ASSESS_VERSION` names the present judgement, and `VERSIONS` keeps the former.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from domain.tariffs.assess.findings import (
    BROKEN,
    Finding,
    Verdict,
    finding_to_json,
    findings_digest,
    summary,
)
from domain.tariffs.assess.model import Cell, CellId, Commitment, Convention, Exemption, Grid, Scenario
from domain.tariffs.assess.reading import ScenarioError
from domain.tariffs.assess.rules import RULE_NAMES, RULES, Case, unknown_rule
from domain.tariffs.assess.scenario import read_cells, read_commitment, read_scenario
from domain.tariffs.assess.timeline import Timeline, as_known

__all__ = [
    "ASSESS_VERSION",
    "BROKEN",
    "RULES",
    "VERSIONS",
    "Cell",
    "CellId",
    "Commitment",
    "Convention",
    "Exemption",
    "Finding",
    "Grid",
    "Scenario",
    "ScenarioError",
    "Timeline",
    "Verdict",
    "as_known",
    "assess",
    "finding_to_json",
    "findings_digest",
    "read_cells",
    "read_commitment",
    "read_scenario",
    "summary",
]

ASSESS_VERSION: Final = 2
"""Raised whenever the same scenario may get other findings, a single word of a reason included."""


def _judge(rules: tuple[str, ...], scenario: Scenario) -> tuple[Finding, ...]:
    promises = scenario.convention.commitments
    for place, promise in enumerate(promises):
        if promise.rule not in rules:
            raise unknown_rule(promise.rule, rules).under(f"$.convention.commitments[{place}].rule")
    known = as_known(scenario)
    case = Case(known, Timeline(known.grids))
    return tuple(finding for promise in promises for finding in RULES[promise.rule].findings(promise, case))


VERSIONS: Final[Mapping[int, Callable[[Scenario], tuple[Finding, ...]]]] = {
    1: partial(_judge, ("ANNUAL_CAP_FIXED",)),
    2: partial(_judge, RULE_NAMES),
}
"""Every version that ever judged, still runnable: what it decided can be decided again."""


def assess(scenario: Scenario) -> tuple[Finding, ...]:
    """The findings of the present version, in the order of the report.

    ScenarioError when a commitment's rule is not known; `scenario` is otherwise taken as `read_scenario` gives it.
    """
    return VERSIONS[ASSESS_VERSION](scenario)
