"""The rules that a convention may promise to keep, by name: one module a rule.

A name, once published, means the same for ever; a version of the check says which rules it knows.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.tariffs.assess.reading import ScenarioError, describe
from domain.tariffs.assess.rules import annual_cap_fixed
from domain.tariffs.assess.rules.rule import Case, Rule

__all__ = ["RULES", "RULE_NAMES", "Case", "Rule", "unknown_rule"]

RULE_NAMES = (
    "PRICE_FREEZE",
    "ANNUAL_CAP_FIXED",
    "ANNUAL_CAP_INDEXED",
    "CUMULATIVE_CAP",
    "MIN_DISCOUNT",
    "WEIGHTED_AVERAGE_CAP",
    "AGE_STRUCTURE",
    "AGEING_CAP",
    "FAMILY_BENEFIT",
    "CATEGORY_DISCOUNT",
    "NOTICE",
    "CHANGE_WINDOW",
    "UNIFORM_INCREASE",
    "STATUTORY_FREEZE",
    "NO_FEE",
    "NO_WAITING_PERIOD",
)
"""Every name that is reserved, whether a rule of that name exists yet or not."""

RULES: Mapping[str, Rule[Any]] = {rule.name: rule for rule in (annual_cap_fixed.RULE,)}


def unknown_rule(name: str, known: Iterable[str]) -> ScenarioError:
    """The error for a rule outside `known`; it tells a name without meaning from a rule not known yet."""
    found = f"the rule {name}, not known yet" if name in RULE_NAMES else f"{describe(name)}, which is no rule"
    return ScenarioError("", f"one of the rules known here: {', '.join(known)}", found)
