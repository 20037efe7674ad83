"""Every rule, finding by finding, against the naive judgement: on the same scenarios at every run, and a few more.

A failure names its rule and seed, from which `drawn` gives the scenario again.
"""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.tariffs.assess import RULES, assess, read_scenario
from tests.support.tariff_oracle import ORACLES, expected
from tests.support.tariff_scenarios import Json, bare
from tests.support.tariff_scenarios_random import random_rules, random_scenario
from tests.support.tariff_scenarios_tuned import tuned_scenario

SEEDS_PER_RULE = 120
MIXES = 300


def drawn(seed: str, rules: tuple[str, ...]) -> Json:
    """A scenario whose prices lie at random, or where verdicts change."""
    chance = Random(seed)
    return (tuned_scenario if chance.random() < 0.4 else random_scenario)(chance, rules)


def agree(values: Json) -> int:
    """How many findings both judgements give, all of them the same."""
    wanted = expected(values)
    assert bare(assess(read_scenario(json.dumps(values)))) == wanted
    return len(wanted)


def test_every_rule_has_a_naive_judgement() -> None:
    assert list(ORACLES) == list(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_every_finding_of_a_rule_is_that_of_the_naive_judgement(rule: str) -> None:
    assert sum(agree(drawn(f"{rule} {seed}", (rule,))) for seed in range(SEEDS_PER_RULE))


def test_commitments_are_judged_together_as_they_are_alone() -> None:
    for seed in range(MIXES):
        agree(drawn(f"mix {seed}", random_rules(Random(seed))))


@settings(max_examples=150, deadline=None)
@given(st.integers(1000), st.lists(st.sampled_from(list(RULES)), min_size=1, max_size=3))
def test_both_judgements_agree_on_whatever_is_drawn(seed: int, rules: list[str]) -> None:
    agree(drawn(f"any {seed}", tuple(rules)))
