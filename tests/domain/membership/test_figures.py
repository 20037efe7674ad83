"""Published figures: a month is frozen once, under statistical secrecy, and what is withheld is not in the event."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.membership.figures import AGE_BANDS, Figures, FiguresPublished, age_band
from domain.membership.member import OLDEST
from tests.support.cases import STREAM, given


def publish(month: str, **by_age: int) -> Callable[[Figures | None], Figures]:
    """The decision to publish a month's members."""
    return lambda figures: Figures.publish(
        figures, STREAM, month=month, on=last_day(month), members=sum(by_age.values()), by_age=by_age
    )


def published(month: str, members: int | None, **by_age: int | None) -> FiguresPublished:
    """What is published of a month."""
    return FiguresPublished(month=month, on=last_day(month), members=members, by_age=by_age)


def last_day(month: str) -> date:
    """The last day of a month such as `2026-10`."""
    year, number = map(int, month.split("-"))
    return date(year, number, monthrange(year, number)[1])


OCTOBER = published("2026-10", 43, old=25, middle=None, young=None)


def test_the_first_month_begins_the_figures_of_a_commune() -> None:
    given().when(publish("2026-10", old=25, middle=14, young=4)).then(OCTOBER)


def test_a_later_month_stands_beside_those_before_it() -> None:
    given(OCTOBER).when(publish("2026-11", old=30, middle=20)).then(
        published("2026-11", 50, old=30, middle=20)
    )


def test_a_published_month_stays_as_it_is() -> None:
    given(OCTOBER).when(publish("2026-10", old=99)).then_nothing()


def test_fewer_than_eleven_members_are_not_told_at_all() -> None:
    given().when(publish("2026-10", old=6, young=4)).then(published("2026-10", None, old=None, young=None))
    given().when(publish("2026-10", old=11, young=0)).then(published("2026-10", 11, old=None, young=None))


@pytest.mark.parametrize(
    ("age", "band"),
    [(0, "under_30"), (29, "under_30"), (30, "30_to_49"), (64, "50_to_64"), (65, "65_and_over")],
)
def test_every_age_lies_in_one_band(age: int, band: str) -> None:
    assert age_band(age) == band


def test_every_age_a_member_may_have_has_a_band() -> None:
    assert {age_band(age) for age in range(OLDEST + 1)} == {band for band, _, _ in AGE_BANDS}


@drawn(st.dictionaries(st.sampled_from([band for band, _, _ in AGE_BANDS]), st.integers(0, 40)))
def test_no_number_under_eleven_is_ever_in_the_event(by_age: dict[str, int]) -> None:
    figures = publish("2026-10", **by_age)(None)
    (event,) = figures.collect_events()
    assert isinstance(event, FiguresPublished)
    told = [event.members, *event.by_age.values()]
    assert all(number is None or number >= 11 for number in told)
    assert event.by_age.keys() == by_age.keys()
