"""Statistical secrecy: no small count is shown, and none can be worked out from what is shown."""

from collections import defaultdict
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.membership import secrecy
from domain.membership.secrecy import FEWEST, shown_parts, shown_total

COUNTS = st.dictionaries(st.text(max_size=3), st.integers(0, 60), max_size=6)


def test_the_second_smallest_part_is_hidden_with_the_smallest() -> None:
    assert shown_parts({"a": 25, "b": 14, "c": 4}) == {"a": 25, "b": None, "c": None}
    assert shown_total(25 + 14 + 4) == 43


def test_eleven_people_may_be_shown_and_ten_may_not() -> None:
    assert (shown_total(11), shown_total(10), shown_total(0)) == (11, None, None)
    assert shown_parts({"a": 11, "b": 11}) == {"a": 11, "b": 11}


def test_nobody_is_withheld_like_one() -> None:
    assert shown_parts({"a": 30, "b": 20, "c": 0}) == {"a": 30, "b": None, "c": None}
    assert shown_parts({"a": 30, "b": 0, "c": 0}) == {"a": None, "b": None, "c": None}


def test_small_parts_that_make_eleven_hide_each_other() -> None:
    assert shown_parts({"a": 30, "b": 7, "c": 4}) == {"a": 30, "b": None, "c": None}
    assert shown_parts({"a": 30, "b": 20, "c": 6, "d": 4}) == {"a": 30, "b": None, "c": None, "d": None}


def test_parts_that_can_only_be_ten_each_are_hidden_among_others() -> None:
    assert shown_parts({"a": 10, "b": 10, "c": 10, "d": 11}) == dict.fromkeys("abcd")
    assert shown_parts({"a": 10, "b": 10, "c": 9, "d": 11}) == {"a": None, "b": None, "c": None, "d": 11}


def test_equal_parts_are_hidden_together() -> None:
    assert shown_parts({"a": 11, "b": 11, "c": 10}) == dict.fromkeys("abc")


def test_nothing_is_shown_of_nothing() -> None:
    assert shown_parts({}) == {}
    assert shown_parts({"a": 4}) == {"a": None}
    assert shown_parts({"a": 40}) == {"a": 40}


@given(COUNTS)
@example({"a": 11, "b": 0})
def test_a_shown_part_is_right_and_never_under_eleven(counts: dict[str, int]) -> None:
    shown = shown_parts(counts)
    assert shown.keys() == counts.keys()
    assert list(shown) == list(counts)
    assert all(count is None or count == counts[key] >= FEWEST for key, count in shown.items())


@given(COUNTS)
def test_nothing_is_hidden_where_nothing_is_small(counts: dict[str, int]) -> None:
    if all(count >= FEWEST for count in counts.values()):
        assert shown_parts(counts) == counts


@given(COUNTS)
@example({"a": 10, "b": 10, "c": 20})
def test_subtraction_leaves_two_parts_that_make_eleven_or_shows_no_part(counts: dict[str, int]) -> None:
    shown = shown_parts(counts)
    hidden = [counts[key] for key, count in shown.items() if count is None]
    if hidden and len(hidden) < len(shown):
        rest = sum(counts.values()) - sum(count for count in shown.values() if count is not None)
        assert len(hidden) >= 2
        assert rest == sum(hidden) >= FEWEST
        assert any(count != FEWEST - 1 for count in hidden)


@given(COUNTS)
def test_what_is_shown_does_not_depend_on_the_order_of_parts(counts: dict[str, int]) -> None:
    backwards = dict(reversed(counts.items()))
    assert shown_parts(backwards) == shown_parts(counts)


@pytest.mark.parametrize(("parts", "most"), [(2, 20), (3, 16), (4, 12)])
def test_who_knows_the_rule_too_cannot_tell_a_hidden_part(
    monkeypatch: pytest.MonkeyPatch, parts: int, most: int
) -> None:
    # With 4 in the place of 11, all the tables there are can be gone through.
    monkeypatch.setattr(secrecy, "FEWEST", 4)
    behind: dict[tuple[int, tuple[int | None, ...]], list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(most + 1), repeat=parts):
        if sum(counts) >= 4:
            shown = tuple(shown_parts(dict(enumerate(counts))).values())
            behind[sum(counts), shown].append(counts)
    for (total, shown), tables in behind.items():
        if total - sum(count or 0 for count in shown) > most:
            continue  # larger tables than were gone through would look the same
        for place, count in enumerate(shown):
            assert count is not None or len({table[place] for table in tables}) > 1, (total, shown)
