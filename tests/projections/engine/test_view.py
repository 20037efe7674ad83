"""Views: a function of events, the same in one batch or in many, whatever other tenants do in between."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import UnknownEventError, stored_names
from domain.membership.member import MemberLeft
from projections import VIEWS
from projections.engine.changes import Changes
from projections.engine.view import Recorded, View
from tests.support import case_samples as of_cases
from tests.support import facts
from tests.support import tariff_samples as of_tariffs
from tests.support.facts import Tables, fact, gathered, shown
from tests.support.samples import (
    AMENDED,
    CANCELLED,
    CITED,
    CONFIRMED,
    DECLARED,
    DETECTED,
    FELL_DUE,
    FILED,
    HELD,
    JOINED,
    LEFT,
    NOTIFIED,
    PLANNED,
    PUBLISHED,
)

EVENTS = (
    (DECLARED, "c1", 1), (CONFIRMED, "c1", 2), (NOTIFIED, "c1", 1), (DETECTED, "b1", 1), (JOINED, "m1", 1),
    (PLANNED, "o1", 1), (LEFT, "m1", 2), (PLANNED, "o2", 1), (FELL_DUE, "o1", 2), (CANCELLED, "o2", 2),
    (HELD, "o1", 3), (PUBLISHED, "999000011", 1), (CITED, "f1", 1), (AMENDED, "c1", 3), (FILED, "d1", 1),
    (of_cases.JUDGED, "c1", 1), (of_cases.REVISED, "b1", 2), (of_cases.OPENED, "k1", 1), (of_cases.SILENT, "k1", 2),
    (of_cases.EXPLAINED, "k1", 3), (of_cases.ACCEPTED, "k1", 4), (of_cases.REOPENED, "k1", 5),
    (of_tariffs.PREPARED, "p1", 1), (of_tariffs.REQUESTED, "c1", 1), (of_tariffs.GRANTED, "c1", 2),
    (of_tariffs.DEPOSITED, "c1", 1), (of_tariffs.COUNTED, "c1", 1), (of_tariffs.APPLIED, "IPC_HT_AVG", 1),
)  # fmt: skip
NATIONAL = ((of_tariffs.INDEX, 1), (of_tariffs.CONTESTED, 2))
TENANTS = ("commune:38185", "commune:94016", "commune:2A004")


def history(tenant: str) -> list[Recorded[Any]]:
    """Every event there is, in one commune."""
    return [
        fact(event, key, version=version, position=place, tenant=tenant)
        for place, (event, key, version) in enumerate(EVENTS, 1)
    ]


def national() -> list[Recorded[Any]]:
    """What happens in no commune."""
    return [
        fact(event, "IPC_HT_AVG", version=version, position=version, tenant="platform", owner="platform")
        for event, version in NATIONAL
    ]


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@given(cuts=st.sets(st.integers(1, len(EVENTS) - 1)))
def test_the_size_of_batches_changes_no_row(view: View, cuts: set[int]) -> None:
    happened = history(facts.TENANT)
    tables = Tables()
    places = [0, *sorted(cuts), len(happened)]
    for first, last in pairwise(places):
        tables.apply(gathered(view, happened[first:last]))
    assert tables == shown(view, *happened)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@given(order=st.permutations([tenant for tenant in TENANTS for _ in EVENTS]))
def test_events_of_several_tenants_may_come_in_any_order_between_them(view: View, order: list[str]) -> None:
    waiting = {tenant: iter(history(tenant)) for tenant in TENANTS}
    mixed = [next(waiting[tenant]) for tenant in order]
    assert shown(view, *mixed) == shown(view, *(each for tenant in TENANTS for each in history(tenant)))


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_batch_delivered_again_stops_the_view_rather_than_changing_it(view: View) -> None:
    # The checkpoint refuses what was written already; this is what happens should it ever not.
    happened = history(facts.TENANT)
    tables = shown(view, *happened)
    with pytest.raises(ValueError, match="has a row"):
        tables.apply(gathered(view, happened))
    with pytest.raises(ValueError, match="has a row"):
        gathered(view, [*happened, *happened])


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_rows_fill_every_column_of_their_table(view: View) -> None:
    tables = shown(view, *history(facts.TENANT), *national())  # which compares the columns
    assert all(tables.all(table) for table in view.tables)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_rows_lie_where_their_events_do(view: View) -> None:
    tables = shown(view, *history("commune:2A004"), *national())
    for table in view.tables:
        ((tenant, owner),) = {(row["tenant"], row["owner"]) for row in tables.all(table)}
        # What is national is read by everybody, a contest of it by who contests.
        assert (tenant, owner) == ("commune:2A004", facts.ACCORD) or tenant == "platform"


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_view_reads_all_versions_of_what_it_handles(view: View) -> None:
    assert all(view.wants(name) for topic in view.topics for name in stored_names(topic))
    assert len(set(view.topics)) == len(view.topics)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_view_does_not_pass_over_a_version_that_only_later_code_knows(view: View) -> None:
    assert all(view.wants(f"{topic}.v99") for topic in view.topics)
    assert not view.wants("member.eaten.v1")


def test_a_view_handles_an_event_once() -> None:
    view = View("twice", 1, ())

    def handler(fact: Recorded[MemberLeft], rows: Changes) -> None:
        """Nothing."""

    view.on(MemberLeft)(handler)
    assert view.topics == ("member.left",)
    with pytest.raises(TypeError, match=r"handles member\.left twice"):
        view.on(MemberLeft)(handler)


def test_a_view_shows_persons_when_a_table_says_so() -> None:
    assert [name for name, view in VIEWS.items() if view.shows_persons] == ["crm"]


def test_a_topic_that_is_not_registered_is_no_topic_of_a_view() -> None:
    with pytest.raises(UnknownEventError):
        stored_names("member.eaten")
