"""The oversight view: what a town and its insurer both see of a convention, its office hours and its figures."""

from datetime import date, time
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from domain.events import Event
from domain.partnerships.terms import Terms
from projections.oversight.conventions import AMENDMENT, CONVENTION, DECLARATION
from projections.oversight.conventions import DOCUMENT as FILE
from projections.oversight.view import CITATION, FIGURES, OFFICE_HOUR, VIEW
from tests.support import facts
from tests.support.facts import Tables, fact, shown
from tests.support.samples import (
    AMENDED,
    AMENDMENT_CONFIRMED,
    AMENDMENT_REFUSED,
    CANCELLED,
    CITED,
    CONFIRMED,
    CORRECTED,
    DECLARED,
    DOCUMENT,
    ENDED,
    FELL_DUE,
    FILED,
    HELD,
    NOTICE,
    PLANNED,
    PUBLISHED,
    REFUSED,
    WITHDRAWN,
)


def office_hour(*events: Event) -> dict[str, Any]:
    """The row of an office hour after these events."""
    happened = [fact(event, "o1", version=version) for version, event in enumerate(events, 1)]
    return shown(VIEW, *happened).only(OFFICE_HOUR)


def test_a_declared_convention_is_shown_as_it_was_signed() -> None:
    row = shown(VIEW, fact(DECLARED, "c1", position=7)).only(CONVENTION)
    assert msgspec.json.decode(row["terms"], type=Terms) == DECLARED.terms
    assert {name: value for name, value in row.items() if value is not None and name != "terms"} == {
        **facts.WHOSE,
        "id": "c1",
        "insurer_name": DECLARED.insurer_name,
        "communes": '["38185","94016"]',
        "fictitious": True,
        "starts_on": date(2024, 10, 1),
        "ends_on": date(2029, 9, 30),
        "number": 1,
        "declared_at": facts.AT,
        "state": "declared",
        "version": 1,
        "position": 7,
    }


def convention_after(*events: Event) -> Tables:
    """The tables of one convention after these events."""
    return shown(VIEW, *(fact(event, "c1", version=version) for version, event in enumerate(events, 1)))


def test_a_refused_convention_says_why_and_a_corrected_one_is_declared_again() -> None:
    row = convention_after(DECLARED, REFUSED).only(CONVENTION)
    assert (row["state"], row["refusal"], row["refused_at"]) == ("refused", REFUSED.reason, facts.AT)
    tables = convention_after(DECLARED, REFUSED, CORRECTED)
    row = tables.only(CONVENTION)
    assert (row["state"], row["number"], row["version"]) == ("declared", 3, 3)
    assert msgspec.json.decode(row["terms"], type=Terms) == CORRECTED.terms
    assert [(each["number"], each["reason"]) for each in tables.all(DECLARATION)] == [
        (1, None),
        (3, CORRECTED.reason),
    ]


def test_an_amendment_waits_and_is_confirmed_or_refused() -> None:
    told = (DECLARED, CONFIRMED, AMENDED)
    waiting = convention_after(*told).only(AMENDMENT)
    assert (waiting["state"], waiting["number"], waiting["corrects"]) == ("pending", 3, 1)
    assert waiting["ends_on"] == AMENDED.terms.ends_on
    tables = convention_after(*told, AMENDMENT_CONFIRMED)
    assert (tables.only(AMENDMENT)["state"], tables.only(AMENDMENT)["decided_by"]) == (
        "confirmed",
        "operator",
    )
    assert tables.only(CONVENTION)["version"] == 4
    refusal = replace(AMENDMENT_REFUSED, amendment=AMENDED.amendment)
    gone = convention_after(*told, refusal).only(AMENDMENT)
    assert (gone["state"], gone["refusal"]) == ("refused", AMENDMENT_REFUSED.reason)


def test_a_notice_stands_until_it_is_taken_back() -> None:
    row = convention_after(DECLARED, CONFIRMED, NOTICE).only(CONVENTION)
    assert row["notice_takes_effect_on"] == NOTICE.takes_effect_on
    assert msgspec.json.decode(row["notice"])["reason"] == "COMMITMENT_BROKEN"
    back = convention_after(DECLARED, CONFIRMED, NOTICE, WITHDRAWN).only(CONVENTION)
    assert (back["notice_takes_effect_on"], back["withdrawn_at"], back["withdrawal"]) == (
        None,
        facts.AT,
        WITHDRAWN.reason,
    )


def test_an_ended_convention_says_its_last_day_and_why() -> None:
    row = convention_after(DECLARED, CONFIRMED, ENDED).only(CONVENTION)
    assert (row["ended_on"], row["ended_cause"], row["state"]) == (ENDED.on, "term", "confirmed")


def test_a_filed_document_is_a_row_of_its_drawer() -> None:
    row = shown(VIEW, fact(FILED, DOCUMENT, position=9)).only(FILE)
    assert row == {
        **facts.WHOSE,
        "sha256": DOCUMENT,
        "name": FILED.name,
        "media_type": "application/pdf",
        "size": FILED.size,
        "about": "convention:c1",
        "filed_at": facts.AT,
        "position": 9,
    }


def test_a_confirmed_convention_says_by_whom_and_when() -> None:
    row = shown(VIEW, fact(DECLARED, "c1"), fact(CONFIRMED, "c1", version=2)).only(CONVENTION)
    assert (row["state"], row["confirmed_by"], row["confirmed_at"], row["version"]) == (
        "confirmed",
        "operator",
        facts.AT,
        2,
    )


def test_an_office_hour_is_shown_as_it_was_announced() -> None:
    assert office_hour(PLANNED) == {
        **facts.WHOSE,
        "id": "o1",
        "convention": "c1",
        "on_day": date(2026, 3, 10),
        "starts_at": time(9, 0),
        "ends_at": time(12, 30),
        "place": PLANNED.place,
        "state": "planned",
        "visitors": None,
        "by_appointment": None,
        "cancelled_on": None,
        "reason": None,
        "version": 1,
        "position": 1,
    }


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ((PLANNED, FELL_DUE), "overdue"),
        ((PLANNED, HELD), "held"),
        ((PLANNED, FELL_DUE, HELD), "held"),
        ((PLANNED, CANCELLED), "cancelled"),
        ((PLANNED, FELL_DUE, CANCELLED), "cancelled"),
    ],
)
def test_the_last_word_on_an_office_hour_is_its_state(events: tuple[Event, ...], state: str) -> None:
    row = office_hour(*events)
    assert (row["state"], row["version"]) == (state, len(events))


def test_a_held_office_hour_shows_how_many_came() -> None:
    row = office_hour(PLANNED, FELL_DUE, HELD)
    assert (row["visitors"], row["by_appointment"], row["reason"]) == (9, 4, None)


def test_a_cancelled_office_hour_shows_when_and_why() -> None:
    row = office_hour(PLANNED, CANCELLED)
    assert (row["cancelled_on"], row["reason"], row["visitors"]) == (date(2026, 3, 9), "adviser_absent", None)


def test_a_month_of_figures_is_shown_with_what_is_withheld() -> None:
    row = shown(VIEW, fact(PUBLISHED, "999000011", position=3)).only(FIGURES)
    assert msgspec.json.decode(row.pop("by_age")) == PUBLISHED.by_age
    assert row == {
        **facts.WHOSE,
        "month": "2026-10",
        "on_day": date(2026, 10, 31),
        "members": 43,
        "position": 3,
    }


def test_a_withheld_total_is_unknown_and_not_nothing() -> None:
    withheld = replace(PUBLISHED, members=None, by_age={"under_30": None})
    row = shown(VIEW, fact(withheld, "999000011")).only(FIGURES)
    assert (row["members"], row["by_age"]) == (None, '{"under_30":null}')


def test_a_published_statement_is_shown_with_its_source() -> None:
    assert shown(VIEW, fact(CITED, "f1", owner="public")).only(CITATION) == {
        "tenant": facts.TENANT,
        "owner": "public",
        "id": "f1",
        "about": "members",
        "statement": CITED.statement,
        "source": CITED.source,
        "published_on": date(2025, 11, 4),
    }
