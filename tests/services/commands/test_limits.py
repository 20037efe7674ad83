"""The most a price may be and the first lawful day: what is found is lawful, and a cent or a day more is not."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.money import format_euros, parse_euros
from domain.tariffs.assess import BROKEN, CellId
from services.commands.dossier import Dossier, findings_of
from services.commands.limits import OWN_PRICE, earliest, highest
from tests.support.dossiers import SHELF, dossier, draft, exemption, grid, promise, reference, version

TODAY = date(2026, 3, 16)
JANUARY = date(2027, 1, 1)
OLD, YOUNG = CellId("N1", "general", "adult", 50, None), CellId("N1", "general", "adult", 0, 49)
STUDENT = CellId("N1", "student", "adult", 0, 49)
BASE = grid("g1", date(2024, 10, 1), {"0-49": "31.86", "50-": "47.80"})


def most(of: Dossier, prices: dict[str, str], **other: Any) -> dict[CellId, tuple[str, str]]:
    """The highest prices and what sets them."""
    found = highest(of, SHELF, draft("g2", JANUARY, prices, **other))
    return {cell: (format_euros(limit), commitment) for cell, (limit, commitment) in found.items()}


def test_the_lowest_limit_of_all_commitments_counts() -> None:
    cap = promise("ANNUAL_CAP_FIXED", "cap", max_rise_percent="3")
    total = promise("CUMULATIVE_CAP", "total", max_rise_percent="2")
    both = most(dossier(version(cap, total), grids=[BASE]), {"0-49": "30.00", "50-": "99.00"})
    assert both == {YOUNG: ("32.50", "total"), OLD: ("48.76", "total")}


def test_a_cell_that_nothing_limits_has_no_highest_price() -> None:
    cap = promise("ANNUAL_CAP_FIXED", max_rise_percent="3")
    assert most(dossier(version(cap), grids=[]), {"0-": "31.86"}) == {}
    assert most(dossier(version(promise("NO_FEE")), grids=[BASE]), {"0-": "31.86"}) == {}


def test_an_exemption_is_part_of_the_highest_price() -> None:
    cap = promise("ANNUAL_CAP_FIXED", max_rise_percent="3")
    exempted = dossier(version(cap), grids=[BASE], exemptions=[exemption(rebase=False)])
    assert most(exempted, {"0-49": "31.86", "50-": "47.80"})[OLD] == ("50.13", "c1")


def test_an_exemption_that_ends_while_the_grid_is_in_force_is_not() -> None:
    cap = promise("ANNUAL_CAP_FIXED", max_rise_percent="3")
    ending = exemption(rebase=False, valid_to=date(2027, 6, 30))
    assert most(dossier(version(cap), grids=[BASE], exemptions=[ending]), {"50-": "47.80"})[OLD] == (
        "49.23",
        "c1",
    )


def test_a_category_follows_its_base_where_that_has_to_come_down() -> None:
    cap = promise("ANNUAL_CAP_FIXED", "cap", max_rise_percent="3")
    discount = promise("CATEGORY_DISCOUNT", "students", category="student", min_discount_percent="30")
    whole = dossier(version(cap, discount), grids=[BASE])
    found = most(whole, {"0-49": "60.00", "50-": "47.80", "student 0-49": "42.00"})
    assert found[YOUNG] == ("32.82", "cap")
    assert found[STUDENT] == ("22.97", "students")


def test_the_dearest_adult_price_follows_the_youngest() -> None:
    ratio = promise("AGE_STRUCTURE", "ratio", max_ratio="1.5")
    whole = dossier(version(ratio), grids=[BASE])
    assert most(whole, {"0-49": "32.00", "50-": "60.00"}) == {OLD: ("48.00", "ratio")}
    assert most(whole, {"0-49": "32.00", "50-": "40.00"}) == {OLD: ("48.00", "ratio")}


def test_a_uniform_rise_leaves_its_tolerance() -> None:
    uniform = promise("UNIFORM_INCREASE", "same", tolerance="0.05")
    whole = dossier(version(uniform), grids=[BASE])
    found = most(whole, {"0-49": "32.78", "50-": "49.19"}, declared_rise_percent="2.9")
    assert found == {YOUNG: ("32.83", "same"), OLD: ("49.24", "same")}


PRICE_PROMISES = st.lists(
    st.sampled_from(
        [
            promise("ANNUAL_CAP_FIXED", "a", max_rise_percent="3"),
            promise("ANNUAL_CAP_FIXED", "b", max_rise_percent="1.5", period="ROLLING_12M", rounding="FLOOR"),
            promise("CUMULATIVE_CAP", "c", max_rise_percent="8"),
            promise("PRICE_FREEZE", "d", until="2027-01-01"),
            promise("MIN_DISCOUNT", "e", min_discount_percent="15"),
            promise("CATEGORY_DISCOUNT", "f", category="student", min_discount_percent="30"),
            promise("AGE_STRUCTURE", "g", max_ratio="1.45", fixed_brackets=False),
        ]
    ),
    unique_by=lambda one: one.id,
    min_size=1,
)
PRICES = st.fixed_dictionaries(
    {
        name: st.integers(2000, 9000).map(format_euros)
        for name in ("0-49", "50-", "student 0-49", "student 50-")
    }
)


@drawn(PRICE_PROMISES, PRICES, PRICES, st.booleans())
def test_the_highest_prices_are_lawful_together_and_a_cent_more_is_not(
    promises: list[Any], earlier: dict[str, str], tried: dict[str, str], exempted: bool
) -> None:
    whole = dossier(
        version(*promises),
        grids=[grid("g1", date(2024, 10, 1), earlier)],
        references=[reference("r", date(2024, 1, 1), {"0-49": "44.00", "50-": "70.00"})],
        exemptions=[exemption(promises[0].id, rebase=False)] if exempted else [],
    )
    first = draft("g2", JANUARY, tried)
    found = highest(whole, SHELF, first)
    lawful = at(first, {cell: limit for cell, (limit, _) in found.items()})
    assert not broken(whole, lawful)
    own = {one.id for one in promises if one.rule in OWN_PRICE}
    for cell, (limit, commitment) in found.items():
        if commitment in own:
            assert (cell, commitment) in broken(whole, at(lawful, {cell: limit + 1}))


def at(tried: dict[str, Any], prices: dict[CellId, int]) -> dict[str, Any]:
    """A draft at other prices."""
    cells = []
    for cell in tried["cells"]:
        name = CellId(cell["formula"], cell["category"], cell["role"], cell["age_from"], cell["age_to"])
        cells.append({**cell, "monthly": format_euros(prices.get(name, parse_euros(cell["monthly"])))})
    return {**tried, "cells": cells}


def broken(of: Dossier, tried: dict[str, Any]) -> set[tuple[Any, str]]:
    """The cells and commitments that a draft breaks by a price."""
    return {
        (one.cell, one.commitment)
        for one in findings_of(of, SHELF, draft=tried)
        if one.grid == tried["id"] and one.verdict in BROKEN and one.limit is not None
    }


# The first lawful day


def first_day(
    *promises: Any, notified_on: str = "2026-03-16", prices: str = "48.00", **other: Any
) -> date | None:
    """The first lawful day of a rise."""
    whole = dossier(version(*promises), grids=[BASE], **other)
    tried = draft("g2", JANUARY, {"0-49": "31.86", "50-": prices}, notified_on=notified_on)
    return earliest(whole, SHELF, tried, TODAY)


NOTICE = promise("NOTICE", "notice", months=2)
WINDOW = promise("CHANGE_WINDOW", "window")


@pytest.mark.parametrize(
    ("promises", "day"),
    [
        ((), TODAY),
        ((promise("ANNUAL_CAP_FIXED", max_rise_percent="0"),), TODAY),
        ((NOTICE,), date(2026, 5, 16)),
        ((promise("NOTICE", months=2, requires_justification=True),), date(2026, 5, 16)),
        ((promise("NOTICE", fixed_day="10-31"),), date(2027, 1, 1)),
        ((promise("NOTICE", fixed_day="03-15"),), date(2028, 1, 1)),
        ((WINDOW,), date(2027, 1, 1)),
        ((promise("CHANGE_WINDOW", allowed_days=["04-01", "10-01"]),), date(2026, 4, 1)),
        ((NOTICE, promise("CHANGE_WINDOW", "w", allowed_days=["04-01", "10-01"])), date(2026, 10, 1)),
        ((promise("NOTICE", months=12), WINDOW), date(2028, 1, 1)),
    ],
)
def test_the_first_lawful_day_is_found(promises: tuple[Any, ...], day: date) -> None:
    assert first_day(*promises) == day


def test_a_year_that_had_its_rise_waits_for_the_next() -> None:
    once = promise("CHANGE_WINDOW", allowed_days=["01-01", "07-01"], max_rises_per_period=1)
    risen = grid("g1b", date(2026, 1, 1), {"0-49": "31.86", "50-": "47.90"})
    whole = dossier(version(once), grids=[BASE, risen])
    tried = draft("g2", JANUARY, {"0-49": "31.86", "50-": "48.00"})
    assert earliest(whole, SHELF, tried, TODAY) == date(2027, 1, 1)


def test_what_does_not_rise_needs_no_window() -> None:
    assert first_day(WINDOW, prices="47.00") == TODAY


def test_no_day_of_the_next_years_may_be_lawful() -> None:
    assert first_day(promise("CHANGE_WINDOW", max_rises_per_period=0)) is None


@drawn(
    st.integers(0, 8),
    st.lists(st.sampled_from(["01-01", "02-28", "04-01", "07-15", "12-31"]), min_size=1, unique=True),
    st.dates(date(2026, 1, 1), date(2026, 3, 16)),
)
def test_no_earlier_day_is_lawful(months: int, windows: list[str], notified: date) -> None:
    promises = (promise("NOTICE", "n", months=months), promise("CHANGE_WINDOW", "w", allowed_days=windows))
    whole = dossier(version(*promises), grids=[BASE])
    tried = draft("g2", JANUARY, {"0-49": "31.86", "50-": "48.00"}, notified_on=notified.isoformat())
    day = earliest(whole, SHELF, tried, TODAY)
    assert day is not None
    for number in (*range(TODAY.toordinal(), day.toordinal(), 7), day.toordinal() - 1, day.toordinal()):
        if number < TODAY.toordinal():
            continue
        on = {**tried, "effective_on": date.fromordinal(number).isoformat()}
        kept = not any(
            one.grid == "g2" and one.verdict in BROKEN for one in findings_of(whole, SHELF, draft=on)
        )
        assert kept is (number == day.toordinal())
