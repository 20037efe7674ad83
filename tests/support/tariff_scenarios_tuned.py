"""Scenarios whose prices lie where verdicts change: `tuned_scenario(chance, rules)` moves them to their own limits.

The naive judgement says what each limit is, grid after grid, since every price bears on the limits of later ones.
"""

from fractions import Fraction
from random import Random

from tests.support.tariff_oracle import expected
from tests.support.tariff_oracle_world import Json, cents, euros, half_up, key
from tests.support.tariff_scenarios_random import random_scenario


def tuned_scenario(chance: Random, rules: tuple[str, ...]) -> Json:
    """A random scenario, then each price, member and quote at its limit or a cent beside it, often beyond."""
    values = random_scenario(chance, rules)
    for grid in sorted(values["grids"], key=lambda grid: str(grid["effective_on"])):
        limits = {key(found["cell"]): found for found in found_in(values, grid["id"]) if found["cell"]}
        for cell in grid["cells"]:
            found = limits.get(key(cell))
            if found is not None and chance.random() < 0.7:
                cell["monthly"] = beside(chance, values, found)
    for subjects, name in ((values["members"], "after"), (values["quotes"], "total")):
        limits_of = {found["subject"]: found for found in expected(values) if found["limit"]}
        for subject in subjects:
            if subject["id"] in limits_of:
                subject[name] = beside(chance, values, limits_of[subject["id"]])
    return values


def found_in(values: Json, grid: str) -> list[Json]:
    """The findings of a grid that compare a cell's price with a limit."""
    return [
        found
        for found in expected(values)
        if found["grid"] == grid and found["limit"] and found["cell"] and found["cell"]["role"]
    ]


def beside(chance: Random, values: Json, found: Json) -> str:
    """A price at the limit of a finding, or at what exemptions make of it, and perhaps a cent away."""
    exact = Fraction(cents(found["limit"]))
    if found["verdict"] != "EXEMPTED":
        for each in values["exemptions"]:
            if chance.random() < 0.4:
                exact *= Fraction(each["factor"][0]) / Fraction(each["factor"][1])
    return euros(max(0, half_up(exact) + chance.choice([-1, 0, 0, 0, 1, 1, 250])))
