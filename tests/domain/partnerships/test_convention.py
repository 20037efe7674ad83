"""Conventions: an insurer declares what was signed, the town or an operator on its papers confirms it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from domain.events import decode
from domain.money import format_euros
from domain.partnerships.convention import Convention
from domain.partnerships.declaration import ConventionConfirmed, ConventionCorrected, ConventionRefused
from domain.partnerships.terms import Clocks, Commitment, CouncilVote, OfficeHourPromise, checked
from domain.refusal import Refused
from domain.tariffs.assess import read_scenario
from tests.support.cases import STREAM, given
from tests.support.golden import EVENTS
from tests.support.samples import CONFIRMED, CORRECTED, DECLARED, DOCUMENT, REFUSED

CAP = DECLARED.commitments[0]
ENVELOPE = ("originator_id", "originator_version", "timestamp")
BY_TOWN = ConventionConfirmed(by="town", council_reference=None, document=None)


def declare(**other: Any) -> Callable[[object], Convention]:
    """The decision to declare the sample, with other facts where said."""
    facts = {name: value for name, value in asdict(DECLARED).items() if name not in ENVELOPE}
    return lambda _: Convention.declare(STREAM, **{**facts, **other})


def test_a_convention_declared_before_it_could_say_more_is_one_town_with_the_usual_clocks() -> None:
    state = (EVENTS / "convention.declared.v1.json").read_bytes()
    old = decode("convention.declared.v1", state)
    assert old == replace(
        DECLARED,
        communes=(),
        promises=(),
        termination=None,
        clocks=Clocks(explanation_days=15, answer_days=30, cure_days=30),
        council_vote=CouncilVote(number="Délibération 2024-06-17/12"),
    )
    unvoted = {**msgspec.json.decode(state), "council_vote": None}
    assert decode("convention.declared.v1", msgspec.json.encode(unvoted)) == replace(old, council_vote=None)


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
            communes=(),
            signed_on=day,
            starts_on=day,
            ends_on=day,
            fees=0,
            waiting_period_days=0,
            commitments=(),
            promises=(),
            office_hours=None,
            termination=None,
            clocks=Clocks(),
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
        ("$.clocks.cure_days", {"clocks": Clocks(cure_days=0)}),
        ("$.council_vote.voted_on", {"council_vote": CouncilVote(number="1", voted_on=date(24, 1, 1))}),
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


def test_two_promises_may_not_have_one_name() -> None:
    twice = declare(promises=DECLARED.promises * 2)
    given().when(twice).then_refused("commitment-repeated", "$.promises[1].id")


@pytest.mark.parametrize("communes", [("94016", "38185"), ("38185", "38185"), ("38185", "Grenoble")], ids=str)
def test_the_towns_of_one_convention_are_named_once_and_in_order(communes: tuple[str, ...]) -> None:
    given().when(declare(communes=communes)).then_refused("communes-wrong", "$.communes")


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


def test_a_town_may_refuse_and_confirm_after_all_but_no_operator_overrules_it() -> None:
    given(DECLARED).when(lambda convention: convention.decline(reason=REFUSED.reason)).then(REFUSED)
    refused = given(DECLARED, REFUSED)
    refused.when(lambda convention: convention.decline(reason=REFUSED.reason)).then_nothing()
    given(DECLARED, REFUSED).when(lambda convention: convention.confirm("town")).then(BY_TOWN)
    given(DECLARED, REFUSED).when(
        lambda convention: convention.confirm("operator", council_reference="12", document=DOCUMENT)
    ).then_refused("convention-refused")


def test_what_was_refused_for_another_reason_too_says_both() -> None:
    other = ConventionRefused(reason="Le préavis est faux aussi.")
    given(DECLARED, REFUSED).when(lambda convention: convention.decline(reason=other.reason)).then(other)


def test_a_refusal_has_a_reason_and_comes_before_confirmation() -> None:
    given(DECLARED).when(lambda convention: convention.decline(reason=" ")).then_refused(
        "reason-missing", "$.reason"
    )
    given(DECLARED, BY_TOWN).when(lambda convention: convention.decline(reason="non")).then_refused(
        "already-confirmed"
    )


OTHERWISE = replace(DECLARED.terms, fees=0)


def test_a_declaration_is_corrected_until_the_town_confirms_and_then_declared_again() -> None:
    given(DECLARED, REFUSED).when(
        lambda convention: convention.correct_declaration(reason="2 %", terms=OTHERWISE)
    ).then(ConventionCorrected(corrects=1, reason="2 %", terms=OTHERWISE))
    corrected = given(DECLARED, REFUSED, CORRECTED)
    corrected.when(
        lambda convention: convention.confirm("operator", council_reference="1", document="2")
    ).then(ConventionConfirmed(by="operator", council_reference="1", document="2"))
    given(DECLARED, BY_TOWN).when(
        lambda convention: convention.correct_declaration(reason="2 %", terms=OTHERWISE)
    ).then_refused("already-confirmed")


def test_a_correction_names_what_stands_declared() -> None:
    again = replace(OTHERWISE, fees=500)
    given(DECLARED, CORRECTED).when(
        lambda convention: convention.correct_declaration(reason="5 €", terms=again, corrects=1)
    ).then_refused("correction-unknown", "$.corrects")
    given(DECLARED, CORRECTED).when(
        lambda convention: convention.correct_declaration(reason="5 €", terms=again, corrects=2)
    ).then(ConventionCorrected(corrects=2, reason="5 €", terms=again))


def test_a_correction_is_as_sound_as_a_declaration_and_says_why() -> None:
    inverted = replace(OTHERWISE, ends_on=date(2020, 1, 1))
    given(DECLARED).when(
        lambda convention: convention.correct_declaration(reason="x", terms=inverted)
    ).then_refused("dates-inverted", "$.terms.ends_on")
    given(DECLARED).when(
        lambda convention: convention.correct_declaration(reason="", terms=OTHERWISE)
    ).then_refused("reason-missing", "$.reason")


def test_the_same_terms_again_are_nothing_but_after_a_refusal_they_are_declared_again() -> None:
    same = DECLARED.terms
    given(DECLARED).when(
        lambda convention: convention.correct_declaration(reason="x", terms=same)
    ).then_nothing()
    given(DECLARED, REFUSED).when(
        lambda convention: convention.correct_declaration(reason="Relisez.", terms=same)
    ).then(ConventionCorrected(corrects=1, reason="Relisez.", terms=same))


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
