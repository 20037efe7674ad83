"""Scenario files about any one rule, in few words; `tariff_scenarios` has the cells, grids and exemptions.

`judged(promised("NOTICE", {"months": 2}, grid(…), grid(…)))` reads and assesses.
"""

from typing import Any

from tests.support.tariff_scenarios import Json, scenario, told

FIGURES = ("verdict", "anchor", "limit", "observed", "excess")


def promised(rule: str, params: Json, *grids: Json, **sections: Any) -> Json:
    """A convention from 2024-10-01 with one commitment `c1`; `sections` are other parts of the file."""
    values = {**scenario(*grids), **sections}
    values["convention"] = {
        **values["convention"],
        "commitments": [{"id": "c1", "rule": rule, "params": params}],
    }
    return values


def figures(values: Json) -> list[tuple[Any, ...]]:
    """Verdict, anchor, limit, observed and excess of each finding."""
    return told(values, *FIGURES)
