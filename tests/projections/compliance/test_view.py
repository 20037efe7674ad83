"""The compliance view: every grid as it was notified, every alert with its evidence in cents."""

from datetime import date

import pytest
from msgspec.structs import replace

from projections.compliance.view import BREACH, GRID, VIEW
from tests.support import facts
from tests.support.facts import fact, shown
from tests.support.samples import DETECTED, DOCUMENT, NOTIFIED


def test_a_grid_is_listed_under_its_convention_by_the_name_the_insurer_gave_it() -> None:
    assert shown(VIEW, fact(NOTIFIED, "c1", position=7)).only(GRID) == {
        **facts.WHOSE,
        "convention": "c1",
        "id": "2026",
        "document": DOCUMENT,
        "cells": 2,
        "effective_on": date(2026, 1, 1),
        "notified_on": date(2025, 10, 31),
        "justified": True,
        "recorded_at": facts.AT,
        "position": 7,
    }


def test_grids_of_one_convention_stand_side_by_side() -> None:
    tables = shown(
        VIEW,
        fact(replace(NOTIFIED, grid="2025"), "c1"),
        fact(NOTIFIED, "c1", version=2),
        fact(NOTIFIED, "c2"),
    )
    assert [(row["convention"], row["id"]) for row in tables.all(GRID)] == [
        ("c1", "2025"),
        ("c1", "2026"),
        ("c2", "2026"),
    ]


def test_an_alert_shows_what_was_promised_what_was_announced_and_by_how_much() -> None:
    assert shown(VIEW, fact(DETECTED, "b1", position=9)).only(BREACH) == {
        **facts.WHOSE,
        "id": "b1",
        "convention": "c1",
        "commitment": "cap",
        "article": "Art. 5",
        "wording": DETECTED.wording,
        "rule": "ANNUAL_CAP_FIXED",
        "grid": "2026",
        "formula": "N1",
        "category": "general",
        "role": "adult",
        "age_from": 50,
        "age_to": 64,
        "verdict": "VIOLATION",
        "from_on": date(2026, 1, 1),
        "to_on": date(2026, 12, 31),
        "anchor_price": 4780,
        "limit_price": 4923,
        "observed_price": 4924,
        "excess": 1,
        "reason": DETECTED.reason,
        "detected_at": facts.AT,
        "grid_position": 1234,
        "position": 9,
    }


def test_an_alert_may_be_about_no_cell_and_have_no_figures() -> None:
    bare = replace(DETECTED, cell=None, anchor=None, limit=None, observed=None, excess=None, to_on=None)
    row = shown(VIEW, fact(bare, "b1")).only(BREACH)
    nothing = (
        "formula",
        "category",
        "role",
        "age_from",
        "age_to",
        "anchor_price",
        "limit_price",
        "excess",
        "to_on",
    )
    assert [row[name] for name in nothing] == [None] * len(nothing)


@pytest.mark.parametrize("unit", ["percent", "day", "count"])
def test_figures_that_are_not_money_are_not_shown_as_prices(unit: str) -> None:
    row = shown(VIEW, fact(replace(DETECTED, unit=unit, anchor="3.62", excess="14"), "b1")).only(BREACH)
    assert (row["anchor_price"], row["limit_price"], row["observed_price"], row["excess"]) == (None,) * 4
