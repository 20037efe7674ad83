"""Conventions: an insurer declares what was signed, the town or an operator on its papers confirms it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from domain.money import format_euros
from domain.partnerships.convention import (
    Commitment,
    Convention,
    ConventionConfirmed,
    OfficeHourPromise,
    checked,
)
from domain.refusal import Refused
from domain.tariffs.assess import read_scenario
from tests.support.cases import STREAM, given
from tests.support.samples import CONFIRMED, DECLARED, DOCUMENT

CAP = DECLARED.commitments[0]
ENVELOPE = ("originator_id", "originator_version", "timestamp")
BY_TOWN = ConventionConfirmed(by="town", council_reference=None, document=None)


def declare(**other: Any) -> Callable[[object], Convention]:
    """The decision to declare the sample, with other facts where said."""
    facts = {name: value for name, value in asdict(DECLARED).items() if name not in ENVELOPE}
    return lambda _: Convention.declare(STREAM, **{**facts, **other})


def test_a_convention_is_declared_as_it_was_signed() -> None:
    given().when(declare()).then(DECLARED)


def test_the_least_that_is_signed_is_two_parties_and_a_term() -> None:
    day = date(2026, 1, 1)
    given().when(
        lambda _: Convention.declare(STREAM, insurer_name="Essai", signed_on=day, starts_on=day, ends_on=day)
    ).then(
        replace(
            DECLARED,
            insurer_name="Essai",
            signed_on=day,
            starts_on=day,
            ends_on=day,
            fees=0,
            waiting_period_days=0,
            commitments=(),
            office_hours=None,
            council_vote=None,
            document=None,
            fictitious=False,
        )
    )


def test_a_convention_ends_on_or_after_its_first_day() -> None:
    given().when(declare(ends_on=date(2024, 10, 1))).then(replace(DECLARED, ends_on=date(2024, 10, 1)))
    given().when(declare(ends_on=date(2024, 9, 30))).then_refused("dates-inverted", "$.ends_on")


def test_a_convention_runs_thirty_years_at_most_to_the_day() -> None:
    longest = date(2054, 10, 1)
    given().when(declare(ends_on=longest)).then(replace(DECLARED, ends_on=longest))
    given().when(declare(ends_on=date(2054, 10, 2))).then_refused("term-too-long", "$.ends_on")
    given().when(declare(ends_on=date(2054, 12, 31))).then_refused("term-too-long", "$.ends_on")


def test_a_term_from_a_leap_day_may_be_thirty_years() -> None:
    from_leap_day = declare(starts_on=date(2024, 2, 29), ends_on=date(2054, 2, 28))
    given().when(from_leap_day).then(
        replace(DECLARED, starts_on=date(2024, 2, 29), ends_on=date(2054, 2, 28))
    )


@pytest.mark.parametrize(
    ("path", "facts"),
    [
        ("$.signed_on", {"signed_on": date(24, 7, 1)}),
        ("$.starts_on", {"starts_on": date(26, 1, 1), "ends_on": date(31, 1, 1)}),
        ("$.fees", {"fees": -1}),
        ("$.fees", {"fees": 10**9}),
        ("$.notice_months", {"notice_months": -1}),
        ("$.waiting_period_days", {"waiting_period_days": 10**6}),
        (
            "$.office_hours.per_month",
            {"office_hours": OfficeHourPromise(article="", wording="", per_month=0)},
        ),
    ],
)
def test_a_figure_that_was_mistyped_is_refused(path: str, facts: dict[str, Any]) -> None:
    given().when(declare(**facts)).then_refused("out-of-range", path)


def test_two_commitments_may_not_have_one_name() -> None:
    twice = declare(commitments=(CAP, replace(CAP, article="Art. 6")))
    given().when(twice).then_refused("commitment-repeated", "$.commitments[1].id")


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (replace(CAP, rule="ANNUAL_CAP"), "$.commitments[1].rule"),
        (replace(CAP, params={}), "$.commitments[1].params.max_rise_percent"),
        (replace(CAP, params={"max_rise_percent": 3}), "$.commitments[1].params.max_rise_percent"),
        (replace(CAP, params={"max_rise_percent": "3", "x": 1}), "$.commitments[1].params.x"),
        (replace(CAP, id=" "), "$.commitments[1].id"),
    ],
)
def test_a_commitment_that_no_rule_can_check_is_refused_where_it_is_wrong(
    wrong: Commitment, path: str
) -> None:
    sound = replace(CAP, id="other")
    given().when(declare(commitments=(sound, wrong))).then_refused("commitment-unknown", path)


def test_the_town_confirms_without_papers() -> None:
    given(DECLARED).when(lambda convention: convention.confirm("town")).then(BY_TOWN)


def test_an_operator_confirms_on_the_council_reference_and_the_document() -> None:
    given(DECLARED).when(
        lambda convention: convention.confirm(
            "operator", council_reference=CONFIRMED.council_reference, document=DOCUMENT
        )
    ).then(CONFIRMED)


@pytest.mark.parametrize(
    ("reference", "document", "path"),
    [
        (None, None, "$.council_reference"),
        ("", DOCUMENT, "$.council_reference"),
        ("Délibération 12", None, "$.document"),
        ("Délibération 12", "", "$.document"),
    ],
)
def test_an_operator_confirms_nothing_without_both_papers(
    reference: str | None, document: str | None, path: str
) -> None:
    given(DECLARED).when(
        lambda convention: convention.confirm("operator", council_reference=reference, document=document)
    ).then_refused("proof-missing", path)


@pytest.mark.parametrize("first", [BY_TOWN, CONFIRMED])
def test_what_is_confirmed_is_not_confirmed_again(first: ConventionConfirmed) -> None:
    given(DECLARED, first).when(lambda convention: convention.confirm("town")).then_nothing()
    given(DECLARED, first).when(lambda convention: convention.confirm("operator")).then_nothing()


def test_until_it_is_confirmed_a_convention_opens_nothing() -> None:
    given(DECLARED).when(lambda convention: convention.demand_confirmed()).then_refused(
        "convention-not-confirmed"
    )
    given(DECLARED, BY_TOWN).when(lambda convention: convention.demand_confirmed()).then_nothing()


@drawn(
    fees=st.integers(-10, 2_000_000),
    waiting=st.integers(-10, 200_000),
    signed_on=st.dates(),
    starts_on=st.dates(max_value=date(9900, 1, 1)),
    days=st.integers(-2, 11_000),
    identity=st.text(max_size=5),
    percent=st.sampled_from(["3", "2.05", "-1", "3,5"]),
)
def test_what_was_declared_can_be_checked_ever_after(
    *, fees: int, waiting: int, signed_on: date, starts_on: date, days: int, identity: str, percent: str
) -> None:
    cap = replace(CAP, id=identity, params={"max_rise_percent": percent})
    try:
        convention = declare(
            signed_on=signed_on,
            starts_on=starts_on,
            ends_on=date.fromordinal(max(1, starts_on.toordinal() + days)),
            fees=fees,
            waiting_period_days=waiting,
            commitments=(cap,),
        )(None)
    except Refused:
        return
    read_scenario(
        {
            "convention": {
                "id": "c1",
                "signed_on": convention.signed_on.isoformat(),
                "starts_on": convention.starts_on.isoformat(),
                "ends_on": convention.ends_on.isoformat(),
                "fees": format_euros(convention.fees),
                "waiting_period_days": convention.waiting_period_days,
                "commitments": [checked(each) for each in convention.commitments],
            },
            "grids": [],
        }
    )
