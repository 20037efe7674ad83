"""What checking tariffs costs: 1,000 conventions, 90 cells, 14 rules, in one process on one core, findings included.

Beside it in the same run, what one would write first: annual caps cell by cell in decimal numbers, on a sample.
"""

import gc
import json
import os
import platform
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any, Final, TypedDict

from domain.money import format_euros
from domain.tariffs.assess import ASSESS_VERSION, Scenario, assess, finding_to_json, read_scenario

CONVENTIONS: Final = 1_000
ROUNDS: Final = 3
SAMPLE: Final = range(1, 10)  # conventions without an exemption, of which the plain way knows nothing
BAR_SECONDS: Final = 20.0

FORMULAS: Final = ("N1", "N2", "N3", "N4", "N5")
CATEGORIES: Final = ("general", "student")
BRACKETS: Final = (
    ("child", 0, 17),
    *(("adult", age, age + 8) for age in range(18, 81, 9)),
    ("adult", 81, None),
)
CELLS: Final = [
    {"formula": formula, "category": category, "role": role, "age_from": first, "age_to": last}
    for formula in FORMULAS
    for category in CATEGORIES
    for role, first, last in BRACKETS
]

PROMISES: Final[dict[str, dict[str, Any]]] = {
    "PRICE_FREEZE": {"until": "2026-06-30"},
    "ANNUAL_CAP_FIXED": {"max_rise_percent": "3"},
    "ANNUAL_CAP_INDEXED": {"index": "IPC_HT_AVG", "margin_points": "2", "ceiling_percent": "4"},
    "CUMULATIVE_CAP": {"max_rise_percent": "8"},
    "MIN_DISCOUNT": {"min_discount_percent": "15"},
    "WEIGHTED_AVERAGE_CAP": {"max_rise_percent": "3.5"},
    "AGE_STRUCTURE": {"max_ratio": "3"},
    "AGEING_CAP": {"max_ageing_percent": "10", "max_price_percent": "3"},
    "FAMILY_BENEFIT": {"free_from_rank": 3, "couple_discount_percent": "10"},
    "CATEGORY_DISCOUNT": {"category": "student", "min_discount_percent": "30"},
    "NOTICE": {"months": 2},
    "CHANGE_WINDOW": {"max_rises_per_period": 1},
    "UNIFORM_INCREASE": {},
    "STATUTORY_FREEZE": {"reference_on": "2025-12-31", "from": "2026-01-01", "to": "2026-12-31"},
}
"""The fourteen rules on prices; the other two compare one number of the convention with zero."""

CHECKS: Final = CONVENTIONS * len(CELLS) * len(PROMISES)


class Results(TypedDict):
    """Seconds are medians of the rounds; a check is one cell, member or quote held against one commitment.

    `caps` are the same number of checks with fourteen annual caps, which `plain` are too: cell by cell, on a sample.
    """

    cores: int
    python: str
    assess_version: int
    rules: list[str]
    checks: int
    findings: dict[str, int]
    read_seconds: float
    assess_seconds: float
    assess_samples: list[float]
    caps_findings: int
    caps_seconds: float
    caps_samples: list[float]
    caps_microseconds: float
    plain_checks: int
    plain_microseconds: float
    plain_extrapolated_seconds: float
    times_the_plain: float
    bar_seconds: float
    passed: bool


def convention(number: int, commitments: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The file of one convention: a first grid, one that raises prices by up to 4 %, and all that rules look at."""
    chance = random.Random(number)
    first = [1500 + 500 * place % 9000 + chance.randrange(400) for place in range(len(CELLS))]
    second = [price + price * chance.randrange(4001) // 100_000 for price in first]

    def priced(prices: Sequence[int]) -> list[dict[str, Any]]:
        return [{**cell, "monthly": format_euros(price)} for cell, price in zip(CELLS, prices, strict=True)]

    exempted = {
        "id": "x1",
        "commitments": [each["id"] for each in commitments],
        "kind": "TAX",
        "factor": ["1.1532", "1.1327"],
        "valid_from": "2026-01-01",
        "decided_on": "2026-03-12",
        "recorded_at": "2026-03-12T15:00:00Z",
    }
    return {
        "convention": {
            "id": f"convention {number}",
            "starts_on": "2024-10-01",
            "ends_on": "2029-09-30",
            "fees": "0.00",
            "waiting_period_days": 0,
            "commitments": commitments,
        },
        "grids": [
            _grid("g1", "2024-10-01", "2024-07-01", priced(first)),
            {**_grid("g2", "2026-01-01", "2025-10-31", priced(second)), "declared_rise_percent": "2"},
        ],
        "reference_grids": [
            {
                "id": "r1",
                "valid_from": "2024-07-01",
                "recorded_at": "2024-07-01T09:00:00Z",
                "cells": priced([price * 6 // 5 for price in first]),
            }
        ],
        "indices": [
            {"index": "IPC_HT_AVG", "year": 2024, "value": "1.8", "published_on": "2025-01-15"},
            *[{"index": "IPC_HT_AVG", "year": 2025, "value": "0.9", "published_on": "2025-10-15"}]
            * (number % 20 > 0),
        ],
        "headcounts": [
            {"taken_on": "2025-09-30", "cells": [{**cell, "count": chance.randrange(60)} for cell in CELLS]}
        ],
        "exemptions": [exempted] * (number % 10 == 0),
        "members": [
            {
                "id": f"m{place}",
                "birth_date": f"{1945 + place % 60}-05-20",
                "formula": cell["formula"],
                "before": format_euros(price),
                "after": format_euros(price + price * chance.randrange(14) // 100),
                "on": "2026-01-01",
            }
            for place, (cell, price) in enumerate(zip(CELLS, first, strict=True))
        ],
        "quotes": [
            {
                "id": f"q{place}",
                "on": "2026-02-01",
                "total": format_euros(chance.randrange(4000, 40_000)),
                "people": [
                    *({"formula": cell["formula"], "age": 30 + place % 40 + extra} for extra in range(2)),
                    *({"formula": cell["formula"], "role": "child", "age": age} for age in range(place % 4)),
                ],
            }
            for place, cell in enumerate(CELLS)
        ],
    }


def _grid(name: str, effective_on: str, notified_on: str, cells: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": name,
        "effective_on": effective_on,
        "notified_on": notified_on,
        "recorded_at": f"{notified_on}T09:00:00Z",
        "cells": cells,
    }


def scenarios(commitments: Sequence[dict[str, Any]], spent: list[float]) -> Iterator[Scenario]:
    """Every convention as read from its file; the seconds spent on reading are added to `spent`."""
    for number in range(CONVENTIONS):
        raw = json.dumps(convention(number, commitments)).encode()
        began = time.perf_counter()
        read = read_scenario(raw)
        spent.append(time.perf_counter() - began)
        yield read


def judge_all(commitments: Sequence[dict[str, Any]], spent: list[float]) -> tuple[float, Counter[str]]:
    """Seconds of judging every convention, and how many findings of each verdict there are."""
    taken, verdicts = 0.0, Counter[str]()
    gc.collect()
    for scenario in scenarios(commitments, spent):
        began = time.perf_counter()
        findings = assess(scenario)
        taken += time.perf_counter() - began
        verdicts.update(finding.verdict.value for finding in findings)
    return taken, verdicts


def main() -> Results:
    """Measure and print; `passed` says whether all checks are done within the bar."""
    promises = _commitments(list(PROMISES))
    caps = _commitments(["ANNUAL_CAP_FIXED"] * len(PROMISES))
    read: list[float] = []
    samples, caps_samples, plain_samples = [], [], []
    for _ in range(ROUNDS):
        taken, verdicts = judge_all(promises, read)
        samples.append(taken)
        taken, capped = judge_all(caps, [])
        caps_samples.append(taken)
        plain_samples.append(_plainly(caps))
    sampled = len(SAMPLE) * len(CELLS) * len(PROMISES)
    ours, plain = median(caps_samples) / CHECKS, median(plain_samples) / sampled
    results = Results(
        cores=os.cpu_count() or 0,
        python=platform.python_version(),
        assess_version=ASSESS_VERSION,
        rules=list(PROMISES),
        checks=CHECKS,
        findings=dict(verdicts),
        read_seconds=round(sum(read) / ROUNDS, 2),
        assess_seconds=round(median(samples), 2),
        assess_samples=[round(sample, 2) for sample in samples],
        caps_findings=capped.total(),
        caps_seconds=round(median(caps_samples), 2),
        caps_samples=[round(sample, 2) for sample in caps_samples],
        caps_microseconds=round(ours * 1e6, 2),
        plain_checks=sampled,
        plain_microseconds=round(plain * 1e6, 2),
        plain_extrapolated_seconds=round(plain * CHECKS, 1),
        times_the_plain=round(plain / ours, 1),
        bar_seconds=BAR_SECONDS,
        passed=max(median(samples), median(caps_samples)) < BAR_SECONDS,
    )
    _print(results)
    return results


def _commitments(rules: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"id": f"c{place}", "rule": rule, "params": PROMISES[rule]} for place, rule in enumerate(rules, 1)
    ]


def _plainly(caps: Sequence[dict[str, Any]]) -> float:
    """Seconds of the plain way for a few conventions; what it finds must be what we find."""
    sample = [convention(number, caps) for number in SAMPLE]
    began = time.perf_counter()
    told = [plain(values) for values in sample]
    taken = time.perf_counter() - began
    for values, theirs in zip(sample, told, strict=True):
        ours = [finding_to_json(finding) for finding in assess(read_scenario(values))]
        if sorted(map(_key, ours)) != sorted(map(_key, theirs)):
            raise AssertionError("the two ways differ: what the one costs says nothing of the other")
    return taken


def _key(finding: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(finding[name]) for name in ("commitment", "grid", "cell", "verdict", "limit", "excess"))


def plain(values: dict[str, Any]) -> list[dict[str, Any]]:
    """Annual caps as one would write them first: each cell looked up in the list of each grid, money as decimals."""
    found = []
    grids = values["grids"]
    for commitment in values["convention"]["commitments"]:
        growth = 1 + Decimal(commitment["params"]["max_rise_percent"]) / 100
        for grid in grids:
            last_year = f"{int(grid['effective_on'][:4]) - 1}-12-31"
            before = [each for each in grids if each["effective_on"] <= last_year]
            for cell in grid["cells"]:
                name = {key: cell[key] for key in CELLS[0]}
                prices = (
                    each["monthly"]
                    for earlier in reversed(before)
                    for each in earlier["cells"]
                    if all(each[key] == name[key] for key in name)
                )
                found.append(
                    _held(commitment["id"], grid["id"], name, cell["monthly"], next(prices, None), growth)
                )
    return found


def _held(
    commitment: str, grid: str, cell: dict[str, Any], monthly: str, anchor: str | None, growth: Decimal
) -> dict[str, Any]:
    figures: dict[str, Any] = {"verdict": "NOT_APPLICABLE", "limit": None, "excess": None}
    if anchor is not None:
        limit = (Decimal(anchor) * growth).quantize(Decimal("0.01"), ROUND_HALF_UP)
        excess = max(Decimal("0.00"), Decimal(monthly) - limit)
        figures = {
            "verdict": "VIOLATION" if excess else "COMPLIANT",
            "limit": str(limit),
            "excess": str(excess),
        }
    reason = f"Le prix de {monthly} € face au plafond de {figures['limit']} €, de base {anchor} €."
    return {"commitment": commitment, "grid": grid, "cell": cell, **figures, "reason": reason}


def _print(results: Results) -> None:
    findings = sum(results["findings"].values())
    print(f"{results['checks']:,} checks of {len(results['rules'])} rules, {findings:,} findings:", end=" ")
    print(f"{results['assess_seconds']} s, and {results['read_seconds']} s to read the files")
    print(
        f"as many checks of annual caps, {results['caps_findings']:,} findings: {results['caps_seconds']} s"
    )
    print(
        f"cell by cell in decimals: {results['plain_microseconds']} µs a check on {results['plain_checks']:,} against"
        f" {results['caps_microseconds']} µs, {results['times_the_plain']} times; all of them would take it"
        f" {results['plain_extrapolated_seconds']} s (extrapolated)"
    )
    print(f"bar: {results['bar_seconds']:.0f} s on one core: {'passed' if results['passed'] else 'MISSED'}")


if __name__ == "__main__":
    main()
