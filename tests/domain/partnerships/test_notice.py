"""Notice of termination and the end: what is due is computed, who gave it may take it back, the day heals nothing."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.partnerships.convention import Convention
from domain.partnerships.declaration import ConventionConfirmed
from domain.partnerships.notice import ConventionEnded, NoticeGiven, NoticeWithdrawn, earliest, effect_of
from tests.support.cases import given, replayed
from tests.support.samples import DECLARED

BY_TOWN = ConventionConfirmed(by="town", council_reference=None, document=None)
STORY = (DECLARED, BY_TOWN)
GIVEN = NoticeGiven(
    by="town",
    reason="COMMITMENT_BROKEN",
    detail="",
    given_on=date(2026, 8, 31),
    takes_effect_on=date(2027, 2, 28),
    case=None,
    document=None,
)
TODAY = date(2026, 9, 1)
BACK = NoticeWithdrawn(by="town", reason="La hausse est annulée.")


def notice(**other: Any) -> Any:
    """The decision to give the notice above, with other facts where said."""
    facts = {"by": "town", "reason": GIVEN.reason, "given_on": GIVEN.given_on, "today": TODAY, **other}
    return lambda convention: convention.give_notice(facts.pop("by"), **facts)


def back(by: str = "town", today: date = TODAY, reason: str = BACK.reason) -> Any:
    """The decision to take it back."""
    return lambda convention: convention.withdraw_notice(by, reason=reason, today=today)


def test_notice_takes_effect_so_many_months_later_to_the_day() -> None:
    given(*STORY).when(notice()).then(GIVEN)


@pytest.mark.parametrize(
    ("given_on", "months", "effect"),
    [
        (date(2026, 1, 15), 6, date(2026, 7, 15)),
        (date(2025, 10, 31), 4, date(2026, 2, 28)),
        (date(2027, 10, 31), 4, date(2028, 2, 29)),
        (date(2026, 1, 15), 0, date(2026, 1, 15)),
        (date(2029, 6, 30), 6, date(2029, 9, 30)),
    ],
)
def test_the_last_day_is_computed_and_never_after_the_term(given_on: date, months: int, effect: date) -> None:
    assert effect_of("DISSATISFACTION", given_on, months, DECLARED.ends_on) == effect


def test_a_convention_that_is_only_not_renewed_runs_to_its_term() -> None:
    given(*STORY).when(notice(reason="NOT_RENEWED")).then(
        replace(GIVEN, reason="NOT_RENEWED", takes_effect_on=DECLARED.ends_on)
    )


@drawn(st.dates(date(2024, 7, 1), date(2029, 9, 30)), st.integers(0, 120))
def test_notice_shortens_and_never_lengthens(given_on: date, months: int) -> None:
    effect = effect_of("OTHER", given_on, months, DECLARED.ends_on)
    assert given_on <= effect <= DECLARED.ends_on
    assert effect == DECLARED.ends_on or (effect - given_on).days <= months * 31


def test_a_repeat_is_nothing_and_another_notice_meanwhile_is_refused() -> None:
    given(*STORY, GIVEN).when(notice()).then_nothing()
    given(*STORY, GIVEN).when(notice(by="insurer")).then_refused("notice-standing")
    given(*STORY, GIVEN, BACK).when(notice()).then(GIVEN)


@pytest.mark.parametrize(
    ("facts", "code", "path"),
    [
        ({"given_on": TODAY + timedelta(days=1)}, "given-later", "$.given_on"),
        ({"given_on": date(2024, 6, 30)}, "notice-outside", "$.given_on"),
        ({"given_on": date(2029, 10, 1), "today": date(2029, 10, 1)}, "notice-outside", "$.given_on"),
        ({"given_on": date(2026, 2, 28)}, "notice-outside", "$.given_on"),
        ({"reason": "OTHER"}, "reason-missing", "$.detail"),
    ],
)
def test_notice_is_given_on_a_day_of_the_convention_and_another_reason_is_said_in_words(
    facts: dict[str, Any], code: str, path: str
) -> None:
    given(*STORY).when(notice(**facts)).then_refused(code, path)


@drawn(st.dates(date(2024, 7, 1), date(2029, 9, 30)), st.integers(0, 120))
def test_nobody_ends_a_convention_on_a_day_gone_by(today: date, months: int) -> None:
    first, far = earliest("OTHER", today, months), date(2199, 12, 31)
    assert effect_of("OTHER", first, months, far) >= today
    assert effect_of("OTHER", first - timedelta(days=1), months, far) < today


def test_one_that_ends_nothing_before_the_term_gives_way_to_one_that_does() -> None:
    only_not_renewed = replace(
        GIVEN, by="insurer", reason="NOT_RENEWED", takes_effect_on=DECLARED.ends_on, detail=""
    )
    given(*STORY, only_not_renewed).when(notice()).then(GIVEN)
    given(*STORY, only_not_renewed).when(notice(reason="NOT_RENEWED")).then_refused("notice-standing")
    given(*STORY, GIVEN).when(notice(by="insurer", reason="NOT_RENEWED")).then_refused("notice-standing")


def test_notice_ends_what_was_confirmed_and_is_not_over() -> None:
    given(DECLARED).when(notice()).then_refused("convention-not-confirmed")
    over = ConventionEnded(on=DECLARED.ends_on, cause="term")
    given(*STORY, over).when(notice()).then_refused("convention-over")


def test_who_gave_notice_takes_it_back_before_it_takes_effect() -> None:
    given(*STORY, GIVEN).when(back()).then(BACK)
    given(*STORY, GIVEN).when(back(by="insurer")).then_refused("notice-of-other")
    given(*STORY, GIVEN).when(back(today=date(2027, 2, 27))).then(BACK)
    given(*STORY, GIVEN).when(back(today=date(2027, 2, 28))).then_refused("notice-in-effect")
    given(*STORY, GIVEN).when(back(reason="")).then_refused("reason-missing", "$.reason")
    given(*STORY).when(back()).then_refused("no-notice")


def test_a_convention_is_over_the_day_after_its_last_day_and_once() -> None:
    ended = ConventionEnded(on=DECLARED.ends_on, cause="term")
    given(*STORY).when(lambda it: it.reach_end(DECLARED.ends_on)).then_nothing()
    given(*STORY).when(lambda it: it.reach_end(DECLARED.ends_on + timedelta(days=1))).then(ended)
    given(*STORY, ended).when(lambda it: it.reach_end(date(2031, 1, 1))).then_nothing()
    given(DECLARED).when(lambda it: it.reach_end(date(2031, 1, 1))).then_nothing()


def test_notice_ends_it_earlier_unless_it_is_taken_back() -> None:
    after = GIVEN.takes_effect_on + timedelta(days=1)
    given(*STORY, GIVEN).when(lambda it: it.reach_end(GIVEN.takes_effect_on)).then_nothing()
    given(*STORY, GIVEN).when(lambda it: it.reach_end(after)).then(
        ConventionEnded(on=GIVEN.takes_effect_on, cause="notice")
    )
    given(*STORY, GIVEN, BACK).when(lambda it: it.reach_end(after)).then_nothing()


def joining_on(day: date) -> Any:
    """Whether somebody may join on a day."""
    return lambda convention: convention.demand_open(day)


def test_nobody_joins_after_the_last_day() -> None:
    for story, last in ((STORY, DECLARED.ends_on), ((*STORY, GIVEN), GIVEN.takes_effect_on)):
        given(*story).when(joining_on(last)).then_nothing()
        given(*story).when(joining_on(last + timedelta(days=1))).then_refused(
            "convention-over", "$.joined_on"
        )
    given(DECLARED).when(lambda it: it.demand_open(TODAY)).then_refused("convention-not-confirmed")


def test_an_amendment_does_not_outlast_a_notice() -> None:
    convention = replayed([replace(fact, originator_version=n) for n, fact in enumerate((*STORY, GIVEN), 1)])
    assert isinstance(convention, Convention)
    assert (convention.ends_on, convention.term) == (GIVEN.takes_effect_on, DECLARED.ends_on)
