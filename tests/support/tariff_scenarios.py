"""Scenario files in few words: values as `json.loads` would give them, and findings as tuples that are easy to compare.

`judged(scenario(grid("g1", "2024-10-01", cell("47.80")), …))` reads and assesses.
"""

from collections.abc import Iterable
from typing import Any

from domain.tariffs.assess import Finding, assess, finding_to_json, read_scenario

Json = dict[str, Any]


def cell(
    monthly: str, formula: str = "N1", ages: tuple[int, int | None] = (50, None), **said: object
) -> Json:
    """A cell; N1 from 50 unless said."""
    return {"formula": formula, "age_from": ages[0], "age_to": ages[1], "monthly": monthly, **said}


def key(formula: str = "N1", ages: tuple[int, int | None] = (50, None)) -> Json:
    """A cell's name, as `parent` takes it."""
    return {"formula": formula, "age_from": ages[0], "age_to": ages[1]}


def grid(name: str, effective_on: str, *cells: Json, **said: object) -> Json:
    """A grid notified and recorded long before it takes effect, unless said."""
    return {
        "id": name,
        "effective_on": effective_on,
        "notified_on": "2024-01-02",
        "recorded_at": "2024-01-02T09:00:00Z",
        "cells": list(cells),
        **said,
    }


def exemption(factor: tuple[str, str] = ("1.1532", "1.1327"), **said: object) -> Json:
    """An exemption from the cap `c1`, without end and decided in time, unless said."""
    return {
        "id": "x1",
        "commitments": ["c1"],
        "kind": "TAX",
        "factor": list(factor),
        "valid_from": "2026-01-01",
        "decided_on": "2025-11-20",
        "recorded_at": "2024-01-03T09:00:00Z",
        **said,
    }


def scenario(
    *grids: Json, exemptions: tuple[Json, ...] = (), as_known_at: str | None = None, **params: object
) -> Json:
    """A convention from 2024-10-01 with one fixed annual cap `c1`, 3 % unless said."""
    return {
        "convention": {
            "id": "caen-2024",
            "signed_on": "2024-07-01",
            "starts_on": "2024-10-01",
            "ends_on": "2029-09-30",
            "fees": "0.00",
            "waiting_period_days": 0,
            "commitments": [
                {"id": "c1", "rule": "ANNUAL_CAP_FIXED", "params": {"max_rise_percent": "3", **params}}
            ],
        },
        "grids": list(grids),
        "exemptions": list(exemptions),
        "as_known_at": as_known_at,
    }


def prices(*steps: tuple[str, str], **said: Any) -> Json:
    """A scenario of one cell, N1 from 50, by effective day and price; its grids are g1, g2…"""
    grids = [grid(f"g{place}", day, cell(monthly)) for place, (day, monthly) in enumerate(steps, 1)]
    return scenario(*grids, **said)


def judged(values: Json) -> tuple[Finding, ...]:
    """Read and assessed."""
    return assess(read_scenario(values))


def verdicts(values: Json) -> list[tuple[str, str | None]]:
    """Verdict and excess of each finding."""
    return [(found["verdict"], found["excess"]) for found in map(finding_to_json, judged(values))]  # type: ignore[misc] # JSON


def told(values: Json, *keys: str) -> list[tuple[Any, ...]]:
    """Those keys of each finding's JSON."""
    return [tuple(found[name] for name in keys) for found in map(finding_to_json, judged(values))]


def bare(findings: Iterable[Finding]) -> list[Json]:
    """Findings as JSON without their sentences, as the oracle gives them."""
    return [
        {name: said for name, said in finding_to_json(found).items() if name != "reason"}
        for found in findings
    ]


WHOLE: Json = {
    "convention": {
        "id": "grenoble-2024",
        "signed_on": "2024-07-01",
        "starts_on": "2024-10-01",
        "ends_on": "2029-09-30",
        "fees": "0.00",
        "waiting_period_days": 0,
        "commitments": [
            {
                "id": "c1",
                "rule": "ANNUAL_CAP_FIXED",
                "params": {
                    "max_rise_percent": "3",
                    "period": "CIVIL_YEAR",
                    "carry_over": False,
                    "rounding": "FLOOR",
                },
            }
        ],
    },
    "grids": [
        {
            "id": "g1",
            "effective_on": "2024-10-01",
            "notified_on": "2024-07-01",
            "recorded_at": "2024-07-01T09:00:00Z",
            "corrects": None,
            "justified": True,
            "declared_rise_percent": None,
            "cells": [
                {
                    "formula": "N1",
                    "category": "general",
                    "role": "adult",
                    "age_from": 50,
                    "age_to": None,
                    "monthly": "47.80",
                    "parent": None,
                },
                {"formula": "N1", "age_from": 0, "age_to": 17, "role": "child", "monthly": "16.04"},
            ],
        },
        {
            "id": "g2",
            "effective_on": "2025-10-01",
            "notified_on": "2025-07-01",
            "recorded_at": "2025-07-01T11:00:00.5+02:00",
            "corrects": "g1",
            "declared_rise_percent": {"N1": "2.9"},
            "cells": [
                {
                    "formula": "N1",
                    "age_from": 65,
                    "monthly": "49.00",
                    "parent": {"formula": "N1", "age_from": 50, "age_to": None},
                }
            ],
        },
    ],
    "reference_grids": [
        {
            "id": "r1",
            "valid_from": "2024-10-01",
            "recorded_at": "2024-07-01T09:00:00Z",
            "cells": [{"formula": "N1", "age_from": 50, "monthly": "58.60"}],
        }
    ],
    "indices": [{"index": "IPC_HT_AVG", "year": 2025, "value": "0.9", "published_on": "2026-01-15"}],
    "headcounts": [{"taken_on": "2025-09-30", "cells": [{"formula": "N1", "age_from": 50, "count": 260}]}],
    "exemptions": [
        {
            "id": "x1",
            "commitments": ["c1"],
            "kind": "TAX",
            "factor": ["1.1532", "1.1327"],
            "valid_from": "2026-01-01",
            "valid_to": None,
            "decided_on": "2025-11-20",
            "revoked_on": None,
            "recorded_at": "2025-11-20T10:00:00Z",
            "rebase": False,
        }
    ],
    "members": [
        {
            "id": "m1",
            "birth_date": "1976-11-02",
            "formula": "N3",
            "category": "general",
            "before": "66.73",
            "after": "75.61",
            "on": "2026-01-01",
        }
    ],
    "quotes": [
        {
            "id": "q1",
            "on": "2025-01-01",
            "total": "95.80",
            "people": [
                {"role": "adult", "formula": "N1", "age": 40},
                {"role": "child", "formula": "N1", "age": 12},
            ],
        }
    ],
    "as_known_at": "2026-02-02T00:00:00Z",
}
"""A file in which everything that a file may say is said once."""
