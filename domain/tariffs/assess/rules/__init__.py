"""The rules that a convention may promise to keep, by name: one module a rule.

A name, once published, means the same for ever; a version of the check says which rules it knows.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from domain.tariffs.assess.reading import ScenarioError, describe
from domain.tariffs.assess.rules import (
    age_structure,
    ageing_cap,
    annual_cap_fixed,
    annual_cap_indexed,
    category_discount,
    change_window,
    cumulative_cap,
    family_benefit,
    min_discount,
    no_fee,
    no_waiting_period,
    notice,
    price_freeze,
    statutory_freeze,
    uniform_increase,
    weighted_average_cap,
)
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

RULES: Mapping[str, Rule[Any]] = {
    rule.name: rule
    for rule in (
        price_freeze.RULE,
        annual_cap_fixed.RULE,
        annual_cap_indexed.RULE,
        cumulative_cap.RULE,
        min_discount.RULE,
        weighted_average_cap.RULE,
        age_structure.RULE,
        ageing_cap.RULE,
        family_benefit.RULE,
        category_discount.RULE,
        notice.RULE,
        change_window.RULE,
        uniform_increase.RULE,
        statutory_freeze.RULE,
        no_fee.RULE,
        no_waiting_period.RULE,
    )
}


def unknown_rule(name: str, known: Iterable[str]) -> ScenarioError:
    """The error for a rule outside `known`; it tells a name without meaning from a rule not known yet."""
    found = f"the rule {name}, not known yet" if name in RULE_NAMES else f"{describe(name)}, which is no rule"
    return ScenarioError("", f"one of the rules known here: {', '.join(known)}", found)
