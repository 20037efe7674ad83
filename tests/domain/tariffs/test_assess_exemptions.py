"""Exemptions: when they count, how they multiply a limit, and what they leave to later anchors."""

from typing import Any

import pytest

from domain.tariffs.assess import finding_to_json
from tests.support.tariff_scenarios import exemption, judged, prices, told, verdicts

BASE = ("2024-10-01", "47.80")


def test_an_exemption_multiplies_the_limit_before_its_one_rounding() -> None:
    for price, expected in [("50.13", ("EXEMPTED", "0.00")), ("50.14", ("VIOLATION", "0.01"))]:
        file = prices(BASE, ("2026-01-01", price), exemptions=(exemption(),))
        assert verdicts(file)[1] == expected
        assert told(file, "anchor", "limit")[1] == ("47.80", "50.13")


def test_a_price_within_its_limit_needs_no_exemption() -> None:
    file = prices(BASE, ("2026-01-01", "49.23"), exemptions=(exemption(valid_to="2026-03-31"),))
    assert told(file, "verdict", "limit", "from", "to")[1:] == [("COMPLIANT", "49.23", "2026-01-01", None)]


def test_a_finding_names_its_exemptions_only_when_exempted() -> None:
    found = judged(prices(BASE, ("2026-01-01", "50.13"), exemptions=(exemption(revoked_on="2026-06-01"),)))
    assert [finding_to_json(each).get("exemptions", "absent") for each in found] == [
        "absent",
        ["x1"],
        "absent",
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            {"revoked_on": "2026-06-01"},
            [("2026-01-01", "2026-05-31", "EXEMPTED", "0.00"), ("2026-06-01", None, "VIOLATION", "0.90")],
        ),
        (
            {"valid_to": "2026-05-31"},
            [("2026-01-01", "2026-05-31", "EXEMPTED", "0.00"), ("2026-06-01", None, "VIOLATION", "0.90")],
        ),
        (
            {"decided_on": "2026-02-10"},
            [("2026-01-01", "2026-02-09", "VIOLATION", "0.90"), ("2026-02-10", None, "EXEMPTED", "0.00")],
        ),
        (
            {"decided_on": "2026-02-10", "valid_to": "2026-02-10"},
            [
                ("2026-01-01", "2026-02-09", "VIOLATION", "0.90"),
                ("2026-02-10", "2026-02-10", "EXEMPTED", "0.00"),
                ("2026-02-11", None, "VIOLATION", "0.90"),
            ],
        ),
        (
            {"decided_on": "2026-06-01", "revoked_on": "2026-06-01"},
            [("2026-01-01", None, "VIOLATION", "0.90")],
        ),
        ({"valid_to": "9999-12-31"}, [("2026-01-01", None, "EXEMPTED", "0.00")]),
        ({"decided_on": "2026-02-10", "valid_to": "2026-02-01"}, [("2026-01-01", None, "VIOLATION", "0.90")]),
    ],
)
def test_an_exemption_counts_from_its_decision_until_its_end_or_revocation(
    said: dict[str, Any], expected: list[tuple[str, str | None, str, str]]
) -> None:
    file = prices(BASE, ("2026-01-01", "50.13"), exemptions=(exemption(**said),))
    assert told(file, "from", "to", "verdict", "excess")[1:] == expected


def test_exemptions_in_force_together_multiply() -> None:
    two = (
        exemption(("1.01", "1"), valid_to="2026-06-30"),
        exemption(("1.02", "1"), id="x2", kind="LAW", valid_from="2026-04-01"),
    )
    file = prices(BASE, ("2026-01-01", "50.72"), exemptions=two)
    assert told(file, "from", "verdict", "limit", "excess")[1:] == [
        ("2026-01-01", "VIOLATION", "49.73", "0.99"),
        ("2026-04-01", "EXEMPTED", "50.72", "0.00"),
        ("2026-07-01", "VIOLATION", "50.22", "0.50"),
    ]
    found = judged(file)
    assert found[2].exemptions == ("x1", "x2")
    assert "dérogation «\u00a0x1\u00a0» comprise" in found[1].reason
    assert "compte tenu des dérogations «\u00a0x1\u00a0» et «\u00a0x2\u00a0»" in found[2].reason


def test_a_new_finding_starts_only_when_verdict_anchor_or_limit_changes() -> None:
    two = (
        exemption(("1.02", "1"), valid_to="2026-06-30"),
        exemption(("1.02", "1"), id="x2", valid_from="2026-07-01"),
    )
    found = judged(prices(BASE, ("2026-01-01", "50.00"), exemptions=two))
    assert len(found) == 2
    assert found[1].exemptions == ("x1", "x2")


def test_an_exemption_from_another_commitment_changes_nothing() -> None:
    file = prices(BASE, ("2026-01-01", "50.13"), exemptions=(exemption(commitments=["c2"]),))
    file["convention"]["commitments"].append(
        {"id": "c2", "rule": "ANNUAL_CAP_FIXED", "params": {"max_rise_percent": "1"}}
    )
    assert told(file, "commitment", "verdict", "limit") == [
        ("c1", "NOT_APPLICABLE", None),
        ("c1", "VIOLATION", "49.23"),
        ("c2", "NOT_APPLICABLE", None),
        ("c2", "VIOLATION", "49.15"),
    ]


@pytest.mark.parametrize(("rebase", "expected"), [(True, ("50.13", "51.63")), (False, ("49.23", "50.71"))])
def test_only_a_rebased_exemption_raises_the_anchor_of_the_next_year(
    rebase: bool, expected: tuple[str, str]
) -> None:
    covered = (exemption(rebase=rebase, valid_to="2026-12-31"),)
    file = prices(BASE, ("2026-01-01", "50.13"), ("2027-01-01", "51.63"), exemptions=covered)
    assert told(file, "anchor", "limit")[2] == expected


def test_a_rebased_exemption_that_was_used_no_longer_multiplies_limits_built_on_it() -> None:
    steps = (BASE, ("2026-01-01", "50.13"), ("2027-01-01", "51.64"), ("2028-01-01", "53.19"))
    file = prices(*steps, exemptions=(exemption(rebase=True),))
    assert told(file, "verdict", "anchor", "limit", "excess")[2:] == [
        ("VIOLATION", "50.13", "51.63", "0.01"),
        ("VIOLATION", "51.63", "53.18", "0.01"),
    ]


def test_a_rebased_exemption_that_was_not_used_still_multiplies() -> None:
    steps = (BASE, ("2026-01-01", "49.23"), ("2027-01-01", "51.62"))
    file = prices(*steps, exemptions=(exemption(rebase=True),))
    assert told(file, "verdict", "anchor", "limit")[1:] == [
        ("COMPLIANT", "47.80", "49.23"),
        ("EXEMPTED", "49.23", "51.62"),
    ]


def test_of_two_rebased_exemptions_only_the_one_that_was_needed_is_used() -> None:
    two = exemption(("1.02", "1"), rebase=True), exemption(("1.01", "1"), id="x2", rebase=True)
    found = judged(prices(BASE, ("2026-01-01", "50.00"), ("2027-01-01", "52.02"), exemptions=two))
    # With x1 alone 50.22 would have been allowed, with x2 alone only 49.73.
    assert [each.exemptions for each in found[1:]] == [("x1", "x2"), ("x2",)]


def test_exemptions_used_one_after_the_other_are_all_part_of_the_anchor() -> None:
    two = (
        exemption(("1.02", "1"), rebase=True),
        exemption(("1.02", "1"), id="x2", rebase=True, valid_from="2027-01-01"),
    )
    steps = (BASE, ("2026-01-01", "50.22"), ("2027-01-01", "52.76"), ("2028-01-01", "54.35"))
    assert told(prices(*steps, exemptions=two), "verdict", "anchor", "limit")[1:] == [
        ("EXEMPTED", "47.80", "50.22"),
        ("EXEMPTED", "50.22", "52.76"),
        ("VIOLATION", "52.76", "54.34"),
    ]


def test_an_exemption_without_rebase_is_not_used_up() -> None:
    steps = (BASE, ("2026-01-01", "50.13"), ("2027-01-01", "51.62"))
    assert verdicts(prices(*steps, exemptions=(exemption(),)))[1:] == [("EXEMPTED", "0.00")] * 2


def test_a_rebased_exemption_counts_for_later_anchors_if_it_covered_any_day_of_the_grid() -> None:
    steps = (BASE, ("2026-01-01", "50.13"), ("2027-01-01", "51.63"))
    one_day = exemption(rebase=True, decided_on="2026-12-31", valid_to="2026-12-31")
    assert told(prices(*steps, exemptions=(one_day,)), "anchor")[-1] == ("50.13",)
    too_late = exemption(rebase=True, decided_on="2027-01-01", valid_to="2027-01-01")
    assert told(prices(*steps, exemptions=(too_late,)), "anchor")[-1] == ("49.23",)


def test_a_price_beyond_its_exemption_is_held_to_the_exempted_limit_if_rebased() -> None:
    steps = (BASE, ("2026-01-01", "55.00"), ("2027-01-01", "51.64"))
    file = prices(*steps, exemptions=(exemption(rebase=True),))
    assert told(file, "anchor", "limit", "excess")[1:] == [
        ("47.80", "50.13", "4.87"),
        ("50.13", "51.63", "0.01"),
    ]
