"""The two dates of a page: as they are typed, what cannot be read, and what is not in the past at all."""

from datetime import UTC, date, datetime

import pytest

from services.web.as_of import as_of

NOW = datetime(2026, 11, 25, 8, 42, tzinfo=UTC)


def test_without_dates_a_page_is_about_today_and_all_that_is_known() -> None:
    found = as_of("", "", NOW)
    assert (found.day, found.known_at, found.past, found.asked) == (date(2026, 11, 25), None, False, {})


def test_both_dates_are_kept_in_addresses_as_they_were_asked_for() -> None:
    found = as_of("2025-12-01", "2025-06-25T10:00", NOW)
    assert found.past
    assert found.asked == {"au": "2025-12-01", "connu_le": "2025-06-25T10:00"}
    assert found.words == "État au 01/12/2025, tel que connu le 25/06/2025 à 10\u00a0h"


def test_an_instant_is_told_in_paris_and_holds_its_whole_minute() -> None:
    found = as_of("", "2025-06-25T10:00", NOW)
    assert found.known_at == datetime(2025, 6, 25, 8, 0, 59, 999_999, tzinfo=UTC)


def test_a_day_alone_stands_for_its_end() -> None:
    found = as_of("", "25/06/2025", NOW)
    assert found.known_at is not None
    assert found.known_at.hour == 21


def test_what_will_be_known_is_what_is_known() -> None:
    assert not as_of("", "2030-01-01T10:00", NOW).past


@pytest.mark.parametrize(
    ("au", "known"), [("demain", ""), ("", "25 heures"), ("31/02/2026", "2026-13-01T10:00")]
)
def test_what_cannot_be_read_is_said_beside_its_field_and_today_stands_for_it(au: str, known: str) -> None:
    found = as_of(au, known, NOW)
    assert set(found.form.errors) == {name for name, value in (("au", au), ("connu_le", known)) if value}
    assert found.day == date(2026, 11, 25)
