"""The base of aggregates: events are numbered and kept until collected; and the cases that prove them see a slip."""

from datetime import date

import pytest
from eventsourcing.domain import OriginatorIDError, OriginatorVersionError
from msgspec.structs import replace

from domain.events import Event
from domain.membership.member import Member
from domain.office_hours.office_hour import OfficeHour
from domain.refusal import Refused
from tests.support.cases import STREAM, given, replayed
from tests.support.samples import FELL_DUE, HELD, JOINED, LEFT, PLANNED

FIRST = replace(PLANNED, originator_id=STREAM, originator_version=1)


def test_events_are_numbered_from_one_in_their_stream() -> None:
    hour = replayed([FIRST])
    assert isinstance(hour, OfficeHour)
    hour.fall_due(today=date(2026, 3, 11))
    hour.hold(visitors=9, by_appointment=4, today=date(2026, 3, 11))
    recorded = hour.collect_events()
    assert [(fact.originator_id, fact.originator_version) for fact in recorded] == [(STREAM, 2), (STREAM, 3)]
    assert hour.version == 3


def test_what_was_decided_is_collected_once() -> None:
    hour = replayed([FIRST])
    assert isinstance(hour, OfficeHour)
    hour.fall_due(today=date(2026, 3, 11))
    assert len(hour.pending) == 1
    assert len(hour.collect_events()) == 1
    assert hour.pending == hour.collect_events() == []


def test_an_event_of_another_stream_or_out_of_turn_is_an_error() -> None:
    held = replace(HELD, originator_id=STREAM, originator_version=2)
    with pytest.raises(OriginatorIDError):
        replayed([FIRST, replace(held, originator_id=STREAM + "2")])
    for version in (1, 3):
        with pytest.raises(OriginatorVersionError):
            replayed([FIRST, replace(held, originator_version=version)])


@pytest.mark.parametrize("fact", [HELD, FELL_DUE, LEFT])
def test_a_stream_begins_with_the_event_that_makes_its_aggregate(fact: Event) -> None:
    with pytest.raises(KeyError):
        replace(fact, originator_id=STREAM, originator_version=1).mutate(None)


def test_a_refusal_says_which_rule_where_and_with_which_values() -> None:
    refused = Refused("a-code", "A sentence.", path="$.field", day=date(2026, 1, 1))
    assert (refused.code, refused.detail, str(refused)) == ("a-code", "A sentence.", "A sentence.")
    assert (refused.path, refused.facts) == ("$.field", {"day": date(2026, 1, 1)})
    assert Refused("a-code", "A sentence.").path == "$"


def slip(hour: OfficeHour) -> None:
    """A decision that records first and refuses afterwards."""
    hour.fall_due(today=date(2026, 3, 11))
    raise Refused("too-late", "It was recorded already.")


def forget(member: Member) -> None:
    """A decision that changes what no event says."""
    member.leave(left_on=LEFT.left_on, reason=LEFT.reason)
    member.joined_on = date.min


def test_a_case_sees_what_was_recorded_before_a_refusal() -> None:
    with pytest.raises(AssertionError):
        given(PLANNED).when(slip).then_refused("too-late")


def test_a_case_sees_a_change_that_no_event_tells_of() -> None:
    with pytest.raises(AssertionError):
        given(JOINED).when(forget).then(LEFT)


def test_a_case_sees_a_missing_an_extra_and_another_event() -> None:
    case = given(PLANNED).when(lambda hour: hour.fall_due(today=date(2026, 3, 11)))
    with pytest.raises(AssertionError):
        case.then()
    for expected in ((FELL_DUE, FELL_DUE), (HELD,), (replace(FELL_DUE, on=date(2026, 3, 11)),)):
        with pytest.raises(AssertionError):
            given(PLANNED).when(lambda hour: hour.fall_due(today=date(2026, 3, 11))).then(*expected)


def test_a_case_sees_a_refusal_that_was_not_expected_and_one_that_did_not_come() -> None:
    with pytest.raises(AssertionError, match="It takes place"):
        given(PLANNED).when(
            lambda hour: hour.hold(visitors=1, by_appointment=0, today=date.min)
        ).then_nothing()
    with pytest.raises(AssertionError, match="not refused"):
        given(PLANNED).when(lambda hour: hour.fall_due(today=date.min)).then_refused("not-yet-held")
    with pytest.raises(AssertionError):
        given(PLANNED).when(
            lambda hour: hour.hold(visitors=1, by_appointment=0, today=date.min)
        ).then_refused("already-held")
