"""What bears on a tariff: judged by the terms of the day, cut where they change, and only as far as it was known."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.money import format_euros
from domain.tariffs.applied_index import AppliedValue
from domain.tariffs.assess import ScenarioError, assess, finding_to_json, read_scenario
from domain.tariffs.exemptions import ExemptionTerms, KnownExemption
from services.commands.dossier import RISE_RULES, findings_of, grid_in_force, scenarios
from tests.support.dossiers import (
    SHELF,
    dossier,
    draft,
    found,
    grid,
    headcount,
    promise,
    reference,
    version,
)

CAP = promise("ANNUAL_CAP_FIXED", max_rise_percent="3")
LOWER = promise("ANNUAL_CAP_FIXED", max_rise_percent="1")
FIRST = grid("g1", date(2024, 10, 1), {"0-": "47.80"})
AMENDED_ON = date(2026, 1, 1)
LATER = datetime(2025, 11, 1, 9, tzinfo=UTC)
AMENDMENT = version(LOWER, number=3, effective_on=AMENDED_ON, recorded_at=LATER)


def test_terms_that_never_changed_give_one_file_and_what_it_says() -> None:
    whole = dossier(version(CAP), grids=[FIRST, grid("g2", date(2025, 1, 1), {"0-": "49.24"})])
    (period,) = scenarios(whole, SHELF)
    assert (period.first, period.last) == (None, None)
    assert findings_of(whole, SHELF) == assess(read_scenario(json.dumps(period.scenario)))
    assert found(whole)[-1] == ("g2", "2025-01-01", None, "VIOLATION", "49.23")


def test_a_grid_is_judged_by_the_terms_of_the_day_on_which_it_takes_effect() -> None:
    before = grid("g2", date(2025, 12, 31), {"0-": "49.00"})
    since = grid("g3", AMENDED_ON, {"0-": "49.55"})
    whole = dossier(version(CAP), AMENDMENT, grids=[FIRST, before, since])
    assert found(whole) == [
        ("g1", "2024-10-01", "2025-12-30", "NOT_APPLICABLE", None),
        ("g2", "2025-12-31", "2025-12-31", "COMPLIANT", "49.23"),
        ("g3", "2026-01-01", None, "VIOLATION", "49.49"),
    ]


def test_a_grid_of_before_stays_judged_by_the_former_terms_for_as_long_as_it_is_in_force() -> None:
    whole = dossier(version(CAP), AMENDMENT, grids=[FIRST, grid("g2", date(2025, 12, 31), {"0-": "49.23"})])
    assert found(whole)[-1] == ("g2", "2025-12-31", None, "COMPLIANT", "49.23")


def test_what_other_rules_find_is_cut_at_the_day_on_which_terms_change() -> None:
    stricter = promise("MIN_DISCOUNT", min_discount_percent="20")
    whole = dossier(
        version(promise("MIN_DISCOUNT", min_discount_percent="15")),
        replace(AMENDMENT, terms=replace(AMENDMENT.terms, commitments=(stricter,))),
        grids=[FIRST],
        references=[reference("r1", date(2024, 1, 1), {"0-": "58.60"})],
    )
    assert found(whole) == [
        ("g1", "2024-10-01", "2025-12-31", "COMPLIANT", "49.81"),
        ("g1", "2026-01-01", None, "VIOLATION", "46.88"),
    ]


def test_a_finding_that_is_the_same_on_both_sides_stays_one() -> None:
    discount = promise("MIN_DISCOUNT", min_discount_percent="15")
    free = promise("NO_FEE", "c2")
    references = [reference("r1", date(2024, 1, 1), {"0-": "58.60"})]
    whole = dossier(version(discount, free), grids=[FIRST], references=references)
    amended = replace(
        AMENDMENT, terms=replace(AMENDMENT.terms, commitments=(free, discount), notice_months=3)
    )
    both = dossier(version(discount, free), amended, grids=[FIRST], references=references)
    assert findings_of(both, SHELF) == findings_of(whole, SHELF)


def test_a_commitment_that_is_dropped_or_added_counts_on_its_own_days() -> None:
    added = replace(AMENDMENT, terms=replace(AMENDMENT.terms, commitments=(promise("NO_FEE", "c2"),)))
    dropped = dossier(version(promise("NO_WAITING_PERIOD")), added, grids=[])
    assert [row[1:4] for row in found(dropped)] == [
        ("2024-10-01", "2025-12-31", "COMPLIANT"),
        ("2026-01-01", None, "COMPLIANT"),
    ]


def test_a_correction_counts_for_all_days_once_it_is_recorded() -> None:
    correction = version(LOWER, number=3, corrects=1, recorded_at=LATER)
    whole = dossier(version(CAP), correction, grids=[FIRST, grid("g2", date(2025, 1, 1), {"0-": "49.23"})])
    assert found(whole)[-1] == ("g2", "2025-01-01", None, "VIOLATION", "48.28")
    day_before = datetime(2025, 10, 31, tzinfo=UTC)
    assert found(whole, as_known_at=day_before)[-1] == ("g2", "2025-01-01", None, "COMPLIANT", "49.23")


def test_an_amendment_is_known_from_its_confirmation_on() -> None:
    since = grid("g3", AMENDED_ON, {"0-": "49.10"})
    whole = dossier(version(CAP), AMENDMENT, grids=[FIRST, since])
    assert found(whole, as_known_at=LATER)[-1][3] == "VIOLATION"
    assert found(whole, as_known_at=datetime(2025, 11, 1, 8, tzinfo=UTC))[-1][3] == "COMPLIANT"


def test_before_anything_was_recorded_there_is_nothing_to_judge() -> None:
    early = datetime(2024, 6, 30, tzinfo=UTC)
    whole = dossier(version(CAP), grids=[FIRST])
    assert scenarios(whole, SHELF, as_known_at=early) == []
    assert findings_of(whole, SHELF, as_known_at=early) == ()


def test_of_two_versions_from_one_day_the_later_counts() -> None:
    again = version(CAP, number=5, effective_on=AMENDED_ON, recorded_at=LATER)
    whole = dossier(version(CAP), AMENDMENT, again, grids=[FIRST, grid("g2", AMENDED_ON, {"0-": "49.23"})])
    assert [(period.first, period.last) for period in scenarios(whole, SHELF)] == [
        (None, date(2025, 12, 31)),
        (AMENDED_ON, None),
    ]
    assert found(whole)[-1][3] == "COMPLIANT"


def test_what_was_recorded_later_than_it_was_published_counts_from_its_recording() -> None:
    indexed = promise("ANNUAL_CAP_INDEXED", index="IPC_HT_AVG", as_of="EFFECTIVE_DATE")
    recorded = datetime(2026, 2, 1, tzinfo=UTC)
    value = AppliedValue(
        index="IPC_HT_AVG", year=2025, value="0.9", published_on=date(2026, 1, 15), recorded_at=recorded
    )
    rise = grid("g2", date(2026, 3, 1), {"0-": "48.00"})
    whole = dossier(version(indexed), grids=[FIRST, rise], indices=[value])
    assert found(whole)[-1][3:] == ("COMPLIANT", "48.23")
    assert found(whole, as_known_at=datetime(2026, 1, 20, tzinfo=UTC))[-1][3] == "INDETERMINATE"


TAX = KnownExemption(
    exemption="x1",
    state="revoked",
    granted=ExemptionTerms(
        commitments=("c1", "gone"),
        kind="TAX",
        factor=("1.1532", "1.1327"),
        valid_from=date(2026, 1, 1),
    ),
    decided_on=date(2025, 11, 20),
    granted_at=datetime(2025, 11, 20, 10, tzinfo=UTC),
    revoked_on=date(2026, 6, 1),
    revoked_at=datetime(2026, 5, 20, tzinfo=UTC),
)


def test_an_exemption_holds_until_its_revocation_was_recorded_and_takes_effect() -> None:
    whole = dossier(
        version(CAP), grids=[FIRST, grid("g2", date(2026, 1, 1), {"0-": "50.13"})], exemptions=[TAX]
    )
    assert found(whole)[1:] == [
        ("g2", "2026-01-01", "2026-05-31", "EXEMPTED", "50.13"),
        ("g2", "2026-06-01", None, "VIOLATION", "49.23"),
    ]
    before = datetime(2026, 5, 19, tzinfo=UTC)
    assert found(whole, as_known_at=before)[1:] == [("g2", "2026-01-01", None, "EXEMPTED", "50.13")]
    assert found(whole, as_known_at=datetime(2025, 11, 19, tzinfo=UTC))[1][3] == "VIOLATION"


def test_an_exemption_from_what_is_not_promised_any_more_is_left_out_of_the_file() -> None:
    (period,) = scenarios(dossier(version(CAP), exemptions=[TAX]), SHELF)
    assert [one["commitments"] for one in period.scenario["exemptions"]] == [["c1"]]
    only_gone = replace(TAX, granted=replace(TAX.granted, commitments=("gone",)))  # type: ignore[type-var] # it is one
    asked = KnownExemption(exemption="x2", state="requested")
    (period,) = scenarios(dossier(version(CAP), exemptions=[only_gone, asked]), SHELF)
    assert period.scenario["exemptions"] == []


def test_a_file_without_headcounts_holds_none() -> None:
    counted = headcount(date(2025, 9, 30), {"0-": 260})
    whole = dossier(version(promise("WEIGHTED_AVERAGE_CAP", max_rise_percent="3.5")), headcounts=[counted])
    (period,) = scenarios(whole, SHELF)
    assert period.scenario["headcounts"][0]["cells"][0]["count"] == 260
    (period,) = scenarios(whole, SHELF, with_headcounts=False)
    assert period.scenario["headcounts"] == []


def test_a_draft_is_tried_among_the_others_in_the_place_of_its_name() -> None:
    whole = dossier(version(CAP), grids=[FIRST, grid("g2", date(2025, 1, 1), {"0-": "60.00"})])
    tried = found(whole, draft=draft("g2", date(2025, 1, 1), {"0-": "49.23"}))
    assert tried[-1] == ("g2", "2025-01-01", None, "COMPLIANT", "49.23")
    assert len(found(whole, draft=draft("g3", date(2026, 1, 1), {"0-": "49.23"}))) == 3


def test_rates_by_formula_do_not_spoil_the_file_of_terms_that_take_one_for_all() -> None:
    uniform = promise("UNIFORM_INCREASE", scope="ALL")
    rise = grid("g2", date(2025, 6, 1), {"0-": "49.00"}, declared_rise={"N1": "2.5"})
    now = replace(AMENDMENT, terms=replace(AMENDMENT.terms, commitments=(uniform,)))
    whole = dossier(version(promise("UNIFORM_INCREASE")), now, grids=[FIRST, rise])
    assert found(whole)[-1][3] == "COMPLIANT"


def test_a_correction_to_one_rate_for_all_leaves_rates_that_were_given_by_formula_judgeable() -> None:
    uniform = promise("UNIFORM_INCREASE", scope="ALL")
    rise = grid("g2", date(2025, 6, 1), {"0-": "49.00"}, declared_rise={"N1": "2.5"})
    now = replace(AMENDMENT, terms=replace(AMENDMENT.terms, commitments=(uniform,)), corrects=1)
    whole = dossier(version(promise("UNIFORM_INCREASE")), now, grids=[FIRST, rise])
    assert found(whole)[-1][3] == "INDETERMINATE"
    with pytest.raises(ScenarioError):
        found(
            whole,
            draft={**draft("g3", date(2026, 6, 1), {"0-": "49.00"}), "declared_rise_percent": {"N1": "2"}},
        )


def test_prices_before_tax_are_for_people_and_not_for_the_check() -> None:
    digest = SHELF.put(b'{"cells":[{"formula":"N1","category":"general","role":"adult","age_from":0,"age_to":null,'
                       b'"monthly":"47.80","before_tax":"42.20","parent":null}],"tax_percent":"13.27"}')  # fmt: skip
    (period,) = scenarios(dossier(version(CAP), grids=[replace(FIRST, document=digest)]), SHELF)
    assert "before_tax" not in period.scenario["grids"][0]["cells"][0]


def test_the_grid_in_force_is_that_of_the_check() -> None:
    later = grid("g2", date(2026, 1, 1), {"0-": "49.00"})
    fixed = grid("g3", date(2026, 2, 1), {"0-": "49.00"}, corrects="g2", recorded_at=LATER)
    whole = dossier(version(CAP), grids=[FIRST, later, fixed])
    assert grid_in_force(whole, date(2024, 9, 30)) is None
    assert [
        one.grid for day in (date(2026, 1, 31), date(2026, 2, 1)) if (one := grid_in_force(whole, day))
    ] == [
        "g1",
        "g3",
    ]


@pytest.mark.parametrize("rule", sorted(RISE_RULES))
def test_rules_on_rises_are_those_that_leave_a_first_grid_alone(rule: str) -> None:
    of_its_own: dict[str, dict[str, Any]] = {
        "PRICE_FREEZE": {"until": "2026-12-31"},
        "ANNUAL_CAP_INDEXED": {"index": "PMSS"},
        "NOTICE": {"months": 2},
        "STATUTORY_FREEZE": {"reference_on": "2024-12-31", "from": "2025-01-01", "to": "2025-12-31"},
        "CHANGE_WINDOW": {},
        "UNIFORM_INCREASE": {},
    }
    params = of_its_own.get(rule, {"max_rise_percent": "3"})
    whole = dossier(version(promise(rule, **params)), grids=[FIRST])
    assert {row[3] for row in found(whole)} == {"NOT_APPLICABLE"} or rule == "STATUTORY_FREEZE"


@drawn(
    st.lists(st.integers(0, 900), min_size=1, max_size=4, unique=True),
    st.lists(st.tuples(st.integers(0, 1200), st.integers(4000, 5500)), min_size=1, max_size=4),
    st.integers(0, 1200),
)
def test_an_amendment_that_changes_nothing_judged_changes_no_finding(
    amended: list[int], prices: list[tuple[int, int]], known: int
) -> None:
    first = date(2024, 10, 1).toordinal()
    grids = [
        grid(f"g{number}", date.fromordinal(first + after), {"0-49": "30.00", "50-": format_euros(cents)})
        for number, (after, cents) in enumerate(prices)
    ]
    promises = (CAP, promise("NO_FEE", "c2"), promise("AGE_STRUCTURE", "c3", max_ratio="1.6"))
    versions = [
        version(*promises, number=number, effective_on=date.fromordinal(first + after), notice_months=number)
        for number, after in enumerate(sorted(amended), 2)
    ]
    plain = dossier(version(*promises), grids=grids)
    whole = dossier(version(*promises), *versions, grids=grids)
    expected = [finding_to_json(one) for one in findings_of(plain, SHELF)]
    assert [finding_to_json(one) for one in findings_of(whole, SHELF)] == expected
    at = datetime.fromordinal(first + known).replace(tzinfo=UTC)
    assert findings_of(whole, SHELF, as_known_at=at) == findings_of(plain, SHELF, as_known_at=at)
