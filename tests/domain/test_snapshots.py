"""Snapshots: what is loaded from one is what its events make, and none holds anything about a person."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NoReturn

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.catalogue import AGGREGATES
from domain.events import Event, personal_fields
from infra.ledger.mapper import LedgerMapper, Snapshot, snapshot_name
from tests.support import case_samples as of_cases
from tests.support import tariff_samples as of_tariffs
from tests.support.cases import replayed
from tests.support.golden import domain_events
from tests.support.samples import (
    AMENDED,
    AMENDMENT_CONFIRMED,
    AMENDMENT_REFUSED,
    CANCELLED,
    CITED,
    CONFIRMED,
    CORRECTED,
    DECLARED,
    DETECTED,
    ENDED,
    FELL_DUE,
    FILED,
    HELD,
    JOINED,
    LEFT,
    NOTICE,
    NOTIFIED,
    PLANNED,
    PUBLISHED,
    REFUSED,
    WITHDRAWN,
)

STREAM = "commune:38185/insurer:999000011/{}/1"
AT = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
STORIES: dict[str, tuple[Event, ...]] = {
    "applied-index": (of_tariffs.APPLIED, replace(of_tariffs.APPLIED, year=2027)),
    "breach": (DETECTED, of_cases.REVISED),
    "case": (
        of_cases.OPENED,
        of_cases.CASE_REVISED,
        of_cases.SILENT,
        of_cases.EXPLAINED,
        of_cases.DISPUTED,
        of_cases.ACCEPTED,
        of_cases.REOPENED,
        of_cases.SENT,
        of_cases.CASE_CORRECTED,
        of_cases.REOPENED,
        of_cases.ENDED_FOR,
    ),
    "citation": (CITED,),
    "convention": (
        DECLARED,
        REFUSED,
        CORRECTED,
        CONFIRMED,
        AMENDED,
        AMENDMENT_CONFIRMED,
        replace(AMENDED, amendment="avenant-2"),
        AMENDMENT_REFUSED,
        NOTICE,
        WITHDRAWN,
        NOTICE,
        ENDED,
    ),
    "document": (FILED,),
    "exemptions": (
        of_tariffs.REQUESTED,
        of_tariffs.GRANTED,
        replace(of_tariffs.REQUESTED, exemption="pertes-2026"),
        of_tariffs.EXEMPTION_REFUSED,
        replace(of_tariffs.REQUESTED, exemption="pertes-2027"),
        of_tariffs.EXEMPTION_WITHDRAWN,
        of_tariffs.REVOKED,
    ),
    "figures": (PUBLISHED, replace(PUBLISHED, month="2026-11", on=date(2026, 11, 30))),
    "headcounts": (of_tariffs.COUNTED,),
    "judgement": (of_cases.JUDGED, replace(of_cases.JUDGED, on=date(2026, 1, 1))),
    "index": (of_tariffs.INDEX, of_tariffs.CONTESTED, of_tariffs.UPHELD),
    "member": (JOINED, LEFT),
    "office-hour": (PLANNED, FELL_DUE, HELD, CANCELLED),
    "prepared-grid": (of_tariffs.PREPARED, of_tariffs.DISCARDED),
    "references": (of_tariffs.DEPOSITED,),
    "tariff": (replace(NOTIFIED, grid="2025"), NOTIFIED),
}


class NoSealer:
    """Seals nothing: snapshots have nothing to seal."""

    def seal(self, event: Event) -> NoReturn:
        raise AssertionError(event)

    def fingerprint(self, content: bytes) -> NoReturn:
        raise AssertionError(content)


MAPPER = LedgerMapper(NoSealer())


def story(kind: str, count: int | None = None) -> list[Event]:
    """The events of a story as a ledger gives them."""
    return [
        replace(
            fact,
            originator_id=STREAM.format(kind),
            originator_version=number,
            timestamp=AT + timedelta(minutes=number),
        )
        for number, fact in enumerate(STORIES[kind][:count], 1)
    ]


def stored(aggregate: Aggregate) -> Any:
    """Its snapshot as it is stored."""
    return MAPPER.to_stored_event(Snapshot.take(aggregate))


def test_there_is_a_story_of_every_aggregate_with_every_event() -> None:
    assert STORIES.keys() == AGGREGATES.keys()
    assert {type(fact) for facts in STORIES.values() for fact in facts} == set(domain_events().values())


@pytest.mark.parametrize(("kind", "count"), [(kind, n) for kind in STORIES for n in (1, len(STORIES[kind]))])
def test_a_snapshot_is_what_its_events_make(kind: str, count: int) -> None:
    aggregate = replayed(story(kind, count))
    assert aggregate is not None
    taken = stored(aggregate)
    assert (taken.originator_id, taken.originator_version) == (STREAM.format(kind), count)
    assert taken.topic == snapshot_name(AGGREGATES[kind])
    loaded: Any = MAPPER.to_domain_event(taken)
    assert loaded.mutate(None) == aggregate
    assert type(loaded.mutate(None)) is AGGREGATES[kind]


@pytest.mark.parametrize(
    ("kind", "count"), [(kind, n) for kind in STORIES for n in range(1, len(STORIES[kind]))]
)
def test_events_after_a_snapshot_go_on_where_it_stood(kind: str, count: int) -> None:
    before = replayed(story(kind, count))
    assert before is not None
    loaded: Any = MAPPER.to_domain_event(stored(before))
    aggregate = loaded.mutate(None)
    for fact in story(kind)[count:]:
        aggregate = fact.mutate(aggregate)
    assert aggregate == replayed(story(kind))


@pytest.mark.parametrize("kind", STORIES)
def test_a_snapshot_holds_no_decision_that_is_not_recorded_yet(kind: str) -> None:
    aggregate = replayed(story(kind))
    assert aggregate is not None
    aggregate.pending.append(STORIES[kind][0])
    loaded: Any = MAPPER.to_domain_event(stored(aggregate))
    assert loaded.mutate(None).pending == []


@given(data=st.data())
@pytest.mark.parametrize("kind", STORIES)
def test_no_snapshot_holds_a_personal_value(kind: str, data: st.DataObject) -> None:
    marks: list[str] = []
    facts = []
    for fact in story(kind):
        personal: dict[str, Any] = {}
        for field in personal_fields(type(fact)):
            if field == "birth_date":
                personal[field] = data.draw(st.dates(date(1906, 1, 1), date(2026, 1, 1)), field)
                marks.append(personal[field].isoformat())
            else:
                personal[field] = f"«{field}»{data.draw(st.text(min_size=1), field)}"
                marks.append(msgspec.json.encode(personal[field]).decode()[1:-1])
        facts.append(replace(fact, **personal))
    aggregate = replayed(facts)
    assert aggregate is not None
    state = stored(aggregate).state.decode()
    known_dates = {JOINED.joined_on.isoformat(), str(LEFT.left_on)}
    assert not [mark for mark in marks if mark in state and mark not in known_dates]


@pytest.mark.parametrize("kind", STORIES)
def test_no_aggregate_remembers_a_personal_field(kind: str) -> None:
    personal = {field for cls in domain_events().values() for field in personal_fields(cls)}
    assert not personal & set(AGGREGATES[kind].__struct_fields__)
