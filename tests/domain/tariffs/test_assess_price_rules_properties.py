"""What holds of every finding about a price, whichever the rule: its days, its figures and its sentence."""

import copy
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby, pairwise
from math import floor
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.tariffs.assess import Finding, Timeline, Verdict, as_known, assess, read_scenario
from domain.tariffs.assess.days import add_months
from domain.tariffs.assess.model import CellId
from tests.support.tariff_scenarios import Json, cell, exemption, grid, scenario

DAYS = ["2024-10-01", "2025-03-01", "2025-12-31", "2026-01-01", "2026-07-15", "2027-01-01", "2027-06-30"]
AMOUNTS = ["80.00", "98.99", "100.00", "101.00", "103.00", "103.01", "105.06", "120.00"]
PERCENTS = ["0", "2.05", "3", "15"]
CELLS = [("N1", (50, None), "general"), ("N1", (50, 64), "general"), ("N1", (50, None), "student")]

days = st.sampled_from(DAYS)
amounts = st.sampled_from(AMOUNTS)
percents = st.sampled_from(PERCENTS)
roundings = st.sampled_from(["HALF_UP", "FLOOR"])


def params(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(fields)


tiers = st.lists(
    st.tuples(st.integers(0, 40), percents), min_size=1, max_size=4, unique_by=lambda tier: tier[0]
)
PROMISES: dict[str, st.SearchStrategy[Json]] = {
    "PRICE_FREEZE": params(until=days) | params(months=st.integers(1, 40)),
    "ANNUAL_CAP_INDEXED": params(
        index=st.sampled_from(["IPC_HT_AVG", "PMSS", "ONDAM"]),
        margin_points=st.sampled_from(["-1", "0", "2"]),
        floor_percent=st.sampled_from(["-1", "0"]),
        ceiling_percent=st.sampled_from([None, "0", "3"]),
        as_of=st.sampled_from(["NOTICE_DATE", "EFFECTIVE_DATE"]),
        index_precision=st.sampled_from(["RATIO", "PERCENT_2"]),
        if_unpublished=st.sampled_from(["INDETERMINATE", "LAST_PUBLISHED"]),
        period=st.sampled_from(["CIVIL_YEAR", "CONVENTION_YEAR", "ROLLING_12M", "PER_CHANGE"]),
        rounding=roundings,
    ),
    "CUMULATIVE_CAP": params(max_rise_percent=percents, rounding=roundings)
    | params(
        tiers=tiers.map(
            lambda steps: [{"from_month": month, "max_rise_percent": rise} for month, rise in sorted(steps)]
        )
    ),
    "MIN_DISCOUNT": params(min_discount_percent=percents, rounding=roundings),
    "CATEGORY_DISCOUNT": params(category=st.just("student"), min_discount_percent=percents),
    "UNIFORM_INCREASE": params(tolerance=st.sampled_from(["0.00", "0.01", "2.00"])),
    "STATUTORY_FREEZE": params(
        reference_on=days, **{"from": st.sampled_from(DAYS[:4]), "to": st.sampled_from(DAYS[4:])}
    ),
}


@st.composite
def cells(draw: st.DrawFn) -> list[Json]:
    return [
        cell(draw(amounts), formula, ages, category=category)
        for formula, ages, category in draw(st.lists(st.sampled_from(CELLS), unique=True))
    ]


@st.composite
def files(draw: st.DrawFn) -> Json:
    rates = st.none() | st.sampled_from(["3", "-2"]) | st.just({"N1": "3"})
    grids = [
        grid(
            f"g{place}", draw(days), *draw(cells()), notified_on=draw(days), declared_rise_percent=draw(rates)
        )
        for place in range(draw(st.integers(1, 4)))
    ]
    values = scenario(*grids)
    values["reference_grids"] = [
        {"id": f"r{day}", "valid_from": day, "recorded_at": "2024-01-01T00:00:00Z", "cells": draw(cells())}
        for day in draw(st.lists(days, max_size=3, unique=True))
    ]
    values["indices"] = [
        {"index": index, "year": year, "value": draw(st.sampled_from(["0.905", "3", "-1.5"])).lstrip(sign),
         "published_on": draw(days)}
        for index, sign in (("IPC_HT_AVG", ""), ("PMSS", "-"), ("ONDAM", ""))
        for year in draw(st.lists(st.integers(2023, 2027), unique=True))
    ]  # fmt: skip
    promises = [
        {"id": name, "rule": name, "params": draw(said)}
        for name, said in PROMISES.items()
        if draw(st.integers(0, 2))
    ]
    values["convention"]["commitments"] = promises
    values["exemptions"] = [
        exemption(
            (draw(st.sampled_from(["1.03", "1.2", "0.98"])), "1"),
            id=f"x{place}",
            commitments=[promise["id"] for promise in promises],
            valid_from=first,
            valid_to=last,
            decided_on=draw(days),
            rebase=draw(st.booleans()),
        )
        for place, (first, last) in enumerate(
            sorted(pair) for pair in draw(st.lists(st.tuples(days, days), max_size=2))
        )
    ]
    return values


def by_cell(values: Json) -> list[tuple[Finding, ...]]:
    """The findings of each commitment, grid and cell."""
    found = assess(read_scenario(values))
    return [
        tuple(pieces)
        for _, pieces in groupby(found, key=lambda each: (each.commitment, each.grid, each.cell))
    ]


@settings(max_examples=200, deadline=None)
@given(files())
def test_the_findings_of_a_cell_fill_the_days_of_its_grid_and_each_differs_from_the_one_before(
    values: Json,
) -> None:
    known = as_known(read_scenario(values))
    lasting = {slot.grid.id: (slot.first, slot.last) for slot in Timeline(known.grids).slots}
    seen = set()
    for pieces in by_cell(values):
        about = pieces[0].commitment, pieces[0].grid, pieces[0].cell
        assert about not in seen
        seen.add(about)
        assert pieces[0].grid is not None
        assert (pieces[0].from_on, pieces[-1].to_on) == lasting[pieces[0].grid]
        for before, after in pairwise(pieces):
            assert before.to_on is not None
            assert after.from_on == before.to_on + timedelta(days=1)
            assert (before.verdict, before.anchor, before.limit) != (after.verdict, after.anchor, after.limit)


@settings(max_examples=200, deadline=None)
@given(files())
def test_the_figures_of_a_finding_are_those_of_its_verdict(values: Json) -> None:
    for found in assess(read_scenario(values)):
        anchor, limit, observed, excess = found.anchor, found.limit, found.observed, found.excess
        assert isinstance(observed, int)
        assert bool(found.exemptions) == (found.verdict is Verdict.EXEMPTED)
        if found.verdict in {Verdict.NOT_APPLICABLE, Verdict.INDETERMINATE}:
            assert limit is excess is None
        elif found.verdict in {Verdict.VIOLATION, Verdict.LEGAL_ALERT}:
            assert isinstance(limit, int)
            assert excess == observed - limit
            assert observed > limit or (found.rule == "UNIFORM_INCREASE" and observed < limit)
        else:
            assert excess == 0
            assert (
                limit is None
                or found.rule == "UNIFORM_INCREASE"
                or (isinstance(limit, int) and observed <= limit)
            )
        assert (anchor is None) <= (limit is None)
        assert (found.verdict is Verdict.LEGAL_ALERT) <= (found.rule == "STATUTORY_FREEZE")


@settings(max_examples=200, deadline=None)
@given(files())
def test_each_reason_is_one_sentence_in_french_typography(values: Json) -> None:
    for found in assess(read_scenario(values)):
        assert found.reason.endswith(".")
        assert found.reason.count(". ") == 0
        assert found.reason[0].isupper()
        for forbidden in (" %", " €", " :", " ;", "« ", " »", "'", "  ", ",,", "None"):
            assert forbidden not in found.reason


@settings(max_examples=100, deadline=None)
@given(files())
def test_the_order_of_commitments_is_theirs_and_each_is_judged_alone(values: Json) -> None:
    together = assess(read_scenario(values))
    alone: list[Finding] = []
    for promise in values["convention"]["commitments"]:
        one = copy.deepcopy(values)
        one["convention"]["commitments"] = [promise]
        one["exemptions"] = [each | {"commitments": [promise["id"]]} for each in one["exemptions"]]
        found = assess(read_scenario(one))
        ordered = [(each.from_on, each.cell.order) for each in found if isinstance(each.cell, CellId)]
        assert len(ordered) == len(found)
        alone += found
    assert tuple(alone) == together


@settings(max_examples=100, deadline=None)
@given(files())
def test_an_exemption_only_ever_helps(values: Json) -> None:
    plain = copy.deepcopy(values)
    plain["exemptions"] = []
    without = {
        (pieces[0].commitment, pieces[0].grid, pieces[0].cell): {piece.verdict for piece in pieces}
        for pieces in by_cell(plain)
    }
    for pieces in by_cell(values):
        if pieces[0].rule == "ANNUAL_CAP_INDEXED":
            continue  # what was exempted may be what later prices are held to
        before = without[pieces[0].commitment, pieces[0].grid, pieces[0].cell]
        if Verdict.VIOLATION not in before:
            assert {piece.verdict for piece in pieces} == before
        if Verdict.EXEMPTED in {piece.verdict for piece in pieces}:
            assert Verdict.VIOLATION in before


@settings(max_examples=200, deadline=None)
@given(files())
def test_each_day_is_judged_by_what_is_promised_on_that_day(values: Json) -> None:
    read = read_scenario(values)
    grids = sorted(
        {each.effective_on: each for each in read.grids}.values(), key=lambda each: each.effective_on
    )
    firsts: dict[CellId, int] = {}
    for each in grids:
        for priced in each.cells:
            firsts.setdefault(priced.id, priced.monthly)
    promises = {promise["id"]: promise["params"] for promise in values["convention"]["commitments"]}
    for found in assess(read):
        assert isinstance(found.cell, CellId)
        if found.verdict is Verdict.NOT_APPLICABLE or found.rule not in DAILY:
            continue
        for day in {found.from_on, found.to_on or date(2031, 5, 5)}:
            is_discount = found.rule == "MIN_DISCOUNT"
            base = reference_on(values, found.cell, day) if is_discount else firsts[found.cell]
            factor = DAILY[found.rule](promises[found.commitment], day, grids[0].effective_on)
            verdict, limit = naive(
                base, factor, allowed_on(values, day), found.observed, promises[found.commitment]
            )
            assert (found.verdict.value, found.anchor, found.limit) == (verdict, base, limit)


def naive(
    base: int | None, factor: Fraction | None, allowed: Fraction, observed: Any, said: Json
) -> tuple[str, int | None]:
    if base is None:
        return "INDETERMINATE", None
    if factor is None:
        return "COMPLIANT", None
    half = 0 if said.get("rounding") == "FLOOR" else Fraction(1, 2)
    plain, exempt = floor(base * factor + half), floor(base * factor * allowed + half)
    if observed <= plain:
        return "COMPLIANT", plain
    return ("EXEMPTED", exempt) if observed <= exempt else ("VIOLATION", max(plain, exempt))


def frozen(said: Json, day: date, first: date) -> Fraction | None:
    end = said["until"] if "until" in said else str(add_months(first, said["months"]) - timedelta(days=1))
    return Fraction(1) if day.isoformat() <= end else None


def cumulated(said: Json, day: date, _first: date) -> Fraction | None:
    reached = [
        tier for tier in said.get("tiers", []) if day >= add_months(date(2024, 10, 1), tier["from_month"])
    ]
    return 1 + Fraction((reached or [said])[-1]["max_rise_percent"]) / 100


def lowered(said: Json, _day: date, _first: date) -> Fraction | None:
    return 1 - Fraction(said["min_discount_percent"]) / 100


DAILY = {"PRICE_FREEZE": frozen, "CUMULATIVE_CAP": cumulated, "MIN_DISCOUNT": lowered}


def allowed_on(values: Json, day: date) -> Fraction:
    allowed = Fraction(1)
    for each in values["exemptions"]:
        if max(each["valid_from"], each["decided_on"]) <= day.isoformat() <= each["valid_to"]:
            allowed *= Fraction(each["factor"][0])
    return allowed


def reference_on(values: Json, name: CellId, day: date) -> int | None:
    valid = [each for each in values["reference_grids"] if each["valid_from"] <= day.isoformat()]
    if not valid:
        return None
    latest = max(valid, key=lambda each: each["valid_from"])
    for each in latest["cells"]:
        if (each["formula"], each["category"], each["age_to"]) == (name.formula, name.category, name.age_to):
            return int(each["monthly"].replace(".", ""))
    return None
