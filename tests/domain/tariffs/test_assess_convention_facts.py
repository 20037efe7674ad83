"""What the convention itself says: fees and a waiting period, or that there are none."""

import pytest

from domain.tariffs.assess import ScenarioError, read_commitment
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, told


def stated(rule: str, *grids: Json, exemptions: tuple[Json, ...] = (), **facts: object) -> Json:
    values = promised(rule, {}, *grids, exemptions=exemptions)
    values["convention"] |= facts
    return values


@pytest.mark.parametrize(
    ("fees", "expected"),
    [
        ("0.00", ("COMPLIANT", None, "0.00", "0.00", "0.00")),
        ("12.00", ("VIOLATION", None, "0.00", "12.00", "12.00")),
        (None, ("INDETERMINATE", None, None, None, None)),
    ],
)
def test_any_fee_at_all_is_a_breach_and_one_that_is_not_told_undecided(
    fees: str | None, expected: tuple[str, ...]
) -> None:
    assert figures(stated("NO_FEE", fees=fees)) == [expected]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (0, ("COMPLIANT", None, "0", "0", "0")),
        (90, ("VIOLATION", None, "0", "90", "90")),
        (None, ("INDETERMINATE", None, None, None, None)),
    ],
)
def test_any_day_of_waiting_is_a_breach_and_a_period_that_is_not_told_undecided(
    days: int | None, expected: tuple[str, ...]
) -> None:
    assert figures(stated("NO_WAITING_PERIOD", waiting_period_days=days)) == [expected]


@pytest.mark.parametrize("rule", ["NO_FEE", "NO_WAITING_PERIOD"])
def test_there_is_one_finding_from_the_start_of_the_convention_whatever_the_grids(rule: str) -> None:
    for grids in [(), (grid("g1", "2024-01-01", cell("1.00")), grid("g2", "2026-01-01", cell("2.00")))]:
        file = stated(rule, *grids)
        assert told(file, "grid", "cell", "subject", "from", "to") == [(None, None, None, "2024-10-01", None)]


def test_no_exemption_works_on_them() -> None:
    covers = (exemption(("9", "1"), valid_from="2024-01-01", decided_on="2024-01-01"),)
    assert figures(stated("NO_FEE", exemptions=covers, fees="5.00"))[0][0] == "VIOLATION"
    assert figures(stated("NO_WAITING_PERIOD", exemptions=covers, waiting_period_days=5))[0][0] == "VIOLATION"


def test_a_file_that_leaves_them_out_is_one_that_does_not_tell() -> None:
    for rule, fact in [("NO_FEE", "fees"), ("NO_WAITING_PERIOD", "waiting_period_days")]:
        file = stated(rule)
        del file["convention"][fact]
        assert [found.verdict for found in judged(file)] == ["INDETERMINATE"]


@pytest.mark.parametrize("rule", ["NO_FEE", "NO_WAITING_PERIOD"])
def test_they_take_no_parameter(rule: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_commitment({"id": "c1", "rule": rule, "params": {"months": 2}})
    assert refused.value.path == "$.params.months"


def test_sentences_are_in_the_singular_for_one_day() -> None:
    (found,) = judged(stated("NO_WAITING_PERIOD", waiting_period_days=1))
    assert found.reason == "Un délai de carence de 1 jour s’applique, alors que la convention l’exclut."
