"""The oversight view: what a town and its insurer both see of a convention, its office hours and its figures."""

from datetime import date, time
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from domain.events import Event
from projections.oversight.view import CITATION, CONVENTION, FIGURES, OFFICE_HOUR, VIEW
from tests.support import facts
from tests.support.facts import fact, shown
from tests.support.samples import (
    CANCELLED,
    CITED,
    CONFIRMED,
    DECLARED,
    DOCUMENT,
    FELL_DUE,
    HELD,
    PLANNED,
    PUBLISHED,
)


def office_hour(*events: Event) -> dict[str, Any]:
    """The row of an office hour after these events."""
    happened = [fact(event, "o1", version=version) for version, event in enumerate(events, 1)]
    return shown(VIEW, *happened).only(OFFICE_HOUR)


def test_a_declared_convention_is_shown_as_it_was_signed() -> None:
    row = shown(VIEW, fact(DECLARED, "c1", position=7)).only(CONVENTION)
    commitments = msgspec.json.decode(row.pop("commitments"))
    assert commitments == msgspec.to_builtins(list(DECLARED.commitments))
    assert row == {
        **facts.WHOSE,
        "id": "c1",
        "insurer_name": DECLARED.insurer_name,
        "signed_on": date(2024, 7, 1),
        "starts_on": date(2024, 10, 1),
        "ends_on": date(2029, 9, 30),
        "notice_months": 6,
        "fees": 1050,
        "waiting_period_days": 30,
        "office_hours_per_month": 2,
        "office_hours_wording": "Deux permanences par mois.",
        "office_hours_article": "Art. 7",
        "council_vote": DECLARED.council_vote,
        "document": DOCUMENT,
        "fictitious": True,
        "state": "declared",
        "confirmed_by": None,
        "confirmed_at": None,
        "version": 1,
        "position": 7,
    }


def test_a_convention_that_promised_no_office_hours_shows_none() -> None:
    row = shown(VIEW, fact(replace(DECLARED, office_hours=None, commitments=()), "c1")).only(CONVENTION)
    promised = ("office_hours_per_month", "office_hours_wording", "office_hours_article")
    assert [row[name] for name in promised] == [None, None, None]
    assert row["commitments"] == "[]"


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
