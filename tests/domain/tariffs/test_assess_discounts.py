"""The two discounts: against the insurer's own tariff, and between the categories of one grid."""

from typing import Any

import pytest

from domain.tariffs.assess import ScenarioError, read_scenario
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, key, told

OLD = (65, None)


def reference(valid_from: str, *cells: Json, **said: object) -> Json:
    return {
        "id": f"r{valid_from}",
        "valid_from": valid_from,
        "recorded_at": "2024-01-01T00:00:00Z",
        "cells": [*cells],
        **said,
    }


def discounted(*grids: Json, references: tuple[Json, ...], percent: str = "15", **sections: Any) -> Json:
    return promised(
        "MIN_DISCOUNT",
        {"min_discount_percent": percent},
        *grids,
        reference_grids=list(references),
        **sections,
    )


BASE = grid("g1", "2024-10-01", cell("49.81"))


def test_an_unchanged_price_is_judged_again_when_the_reference_changes() -> None:
    file = discounted(
        BASE,
        references=(reference("2024-01-01", cell("58.60")), reference("2025-06-01", cell("57.00"))),
    )
    assert told(file, "from", "to", "verdict", "anchor", "limit", "excess") == [
        ("2024-10-01", "2025-05-31", "COMPLIANT", "58.60", "49.81", "0.00"),
        ("2025-06-01", None, "VIOLATION", "57.00", "48.45", "1.36"),
    ]


def test_a_reference_that_repeats_a_price_begins_no_finding() -> None:
    same = tuple(reference(day, cell("58.60")) for day in ("2024-01-01", "2025-01-01", "2026-01-01"))
    assert told(discounted(BASE, references=same), "from", "to") == [("2024-10-01", None)]


def test_the_discount_cannot_be_judged_where_no_reference_prices_the_very_cell() -> None:
    file = discounted(
        grid("g1", "2024-10-01", cell("40.00", ages=OLD, parent=key())),
        references=(
            reference("2025-01-01", cell("58.60")),
            reference("2025-03-01", cell("58.60", ages=OLD)),
            reference("2025-06-01", cell("58.60", parent=key(ages=OLD))),
            reference("2025-09-01", cell("58.60", ages=OLD)),
        ),
    )
    # Before the first reference and in one without the cell it is the same finding: nothing stands in for the cell.
    assert told(file, "from", "to", "verdict", "anchor", "observed") == [
        ("2024-10-01", "2025-02-28", "INDETERMINATE", None, "40.00"),
        ("2025-03-01", "2025-05-31", "COMPLIANT", "58.60", "40.00"),
        ("2025-06-01", "2025-08-31", "INDETERMINATE", None, "40.00"),
        ("2025-09-01", None, "COMPLIANT", "58.60", "40.00"),
    ]
    assert judged(file)[0].reason == (
        "Aucun tarif de référence ne donne de prix pour cette case\u00a0: la remise ne peut pas être vérifiée."
    )


def test_of_references_valid_from_one_day_the_latest_recorded_counts_once_it_is_known() -> None:
    first = reference("2024-01-01", cell("58.60"))
    second = reference("2024-01-01", cell("57.00"), id="late", recorded_at="2025-02-01T00:00:00Z")
    for known, anchor in [
        ("2025-01-31T23:59:59Z", "58.60"),
        ("2025-02-01T00:00:00Z", "57.00"),
        (None, "57.00"),
    ]:
        for references in [(first, second), (second, first)]:
            file = discounted(BASE, references=references, as_known_at=known)
            assert told(file, "anchor") == [(anchor,)]


def test_an_exemption_multiplies_the_discounted_price() -> None:
    file = discounted(
        grid("g1", "2024-10-01", cell("50.00")),
        references=(reference("2024-01-01", cell("58.60")), reference("2026-03-01", cell("58.70"))),
        exemptions=[exemption(("1.01", "1"), valid_to="2026-06-30")],
    )
    assert told(file, "from", "verdict", "limit", "excess") == [
        ("2024-10-01", "VIOLATION", "49.81", "0.19"),
        ("2026-01-01", "EXEMPTED", "50.31", "0.00"),
        ("2026-03-01", "EXEMPTED", "50.39", "0.00"),
        ("2026-07-01", "VIOLATION", "49.90", "0.10"),
    ]


def test_what_is_said_of_a_discount() -> None:
    file = discounted(BASE, references=(reference("2024-01-01", cell("58.60")),))
    assert judged(file)[0].reason == (
        "Le prix de 49,81\u202f€ respecte le plafond de 49,81\u202f€, "
        "soit 58,60\u202f€ au tarif de référence moins 15\u202f%."
    )


@pytest.mark.parametrize("percent", ["-1", "100.01", "15,5"])
def test_a_discount_is_a_percentage_from_0_to_100(percent: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(discounted(BASE, references=(), percent=percent))
    assert refused.value.path == "$.convention.commitments[0].params.min_discount_percent"


def test_a_discount_of_everything_or_nothing_is_one() -> None:
    free = discounted(BASE, references=(reference("2024-01-01", cell("58.60")),), percent="100")
    assert figures(free) == [("VIOLATION", "58.60", "0.00", "49.81", "49.81")]
    full = discounted(BASE, references=(reference("2024-01-01", cell("49.81")),), percent="0")
    assert figures(full) == [("COMPLIANT", "49.81", "49.81", "49.81", "0.00")]


STUDENT = {"category": "student", "min_discount_percent": "30"}


def student(monthly: str, **said: Any) -> Json:
    return cell(monthly, category="student", **said)


def test_only_the_cells_of_the_category_get_a_finding_from_the_first_grid_on() -> None:
    first = grid("g1", "2024-10-01", cell("31.86"), student("22.30"), cell("10.00", category="agent"))
    later = grid("g2", "2025-01-01", cell("31.00"), student("22.30"), cell("10.00", category="agent"))
    file = promised("CATEGORY_DISCOUNT", STUDENT, first, later)
    assert told(file, "grid", "verdict", "anchor", "limit", "excess") == [
        ("g1", "COMPLIANT", "31.86", "22.30", "0.00"),
        ("g2", "VIOLATION", "31.00", "21.70", "0.60"),
    ]
    assert {name["category"] for (name,) in told(file, "cell")} == {"student"}


def test_the_base_is_the_same_formula_role_and_ages_in_the_same_grid() -> None:
    others = (
        cell("31.86", "N2"),
        cell("31.86", ages=(50, 64)),
        cell("31.86", role="child"),
        cell("31.86", category="agent"),
    )
    file = promised(
        "CATEGORY_DISCOUNT",
        STUDENT,
        grid("g1", "2024-10-01", cell("31.86"), student("22.30")),
        grid("g2", "2025-01-01", *others, student("22.30")),
    )
    assert figures(file)[1] == ("INDETERMINATE", None, None, "22.30", None)
    assert judged(file)[1].reason == (
        "La grille n’a pas la même case dans la catégorie «\u00a0general\u00a0»\u00a0: "
        "la remise ne peut pas être vérifiée."
    )


def test_the_base_may_be_another_category_and_the_limit_rounded_down_or_exempted() -> None:
    cells = cell("31.86", category="agent"), student("22.31")
    params = {**STUDENT, "base_category": "agent"}
    allowed = [
        exemption(("1.01", "1"), valid_from="2024-10-01", decided_on="2024-10-01", valid_to="2024-12-31")
    ]
    file = promised("CATEGORY_DISCOUNT", params, grid("g1", "2024-10-01", *cells), exemptions=allowed)
    assert told(file, "verdict", "limit", "to") == [
        ("EXEMPTED", "22.53", "2024-12-31"),
        ("VIOLATION", "22.30", None),
    ]
    down = promised(
        "CATEGORY_DISCOUNT",
        {"category": "student", "min_discount_percent": "15", "rounding": "FLOOR"},
        grid("g1", "2024-10-01", cell("0.99"), student("0.84")),
    )
    assert figures(down) == [("COMPLIANT", "0.99", "0.84", "0.84", "0.00")]


def test_a_category_is_not_compared_with_itself() -> None:
    params = {"category": "general", "min_discount_percent": "30"}
    with pytest.raises(ScenarioError) as refused:
        read_scenario(promised("CATEGORY_DISCOUNT", params, BASE))
    assert refused.value.path == "$.convention.commitments[0].params.base_category"
