"""Decide above, evolve below: what was recorded loads for ever, also where today's rules would refuse it."""

import ast
import inspect
from collections.abc import Mapping
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.aggregate import Aggregate
from domain.catalogue import AGGREGATES
from domain.events import Event, decode, encode, stored_name
from domain.membership import secrecy
from domain.membership.figures import Figures
from domain.membership.member import Member, MemberLeft
from domain.office_hours.office_hour import OfficeHour, OfficeHourHeld
from domain.partnerships import terms
from domain.partnerships.convention import Convention
from domain.tariffs.tariff import Tariff
from tests.support.cases import STREAM, given, replayed
from tests.support.generated import events
from tests.support.golden import domain_events, seal
from tests.support.samples import (
    AMENDED,
    AMENDMENT_CONFIRMED,
    CANCELLED,
    CITED,
    CONFIRMED,
    CORRECTED,
    DECLARED,
    ENDED,
    FILED,
    HELD,
    JOINED,
    LEFT,
    NOTICE,
    NOTIFIED,
    PLANNED,
    PUBLISHED,
    WITHDRAWN,
)

FORBIDDEN_TODAY: Mapping[str, tuple[Event, ...]] = {
    "a source that is missing": (replace(CITED, source=""),),
    "a convention that ends before it starts": (replace(DECLARED, ends_on=date(2000, 1, 1)), CONFIRMED),
    "a convention of a century": (replace(DECLARED, ends_on=date(2124, 1, 1)),),
    "a rule that nobody knows": (
        replace(DECLARED, commitments=(replace(DECLARED.commitments[0], rule="FORGOTTEN", params={}),)),
    ),
    "two commitments of one name": (replace(DECLARED, commitments=DECLARED.commitments * 2),),
    "fees below zero": (replace(DECLARED, fees=-1),),
    "confirmed twice, without papers": (
        DECLARED,
        replace(CONFIRMED, council_reference=None, document=None),
        CONFIRMED,
    ),
    "an amendment of nothing, confirmed twice": (
        DECLARED,
        AMENDMENT_CONFIRMED,
        replace(AMENDED, corrects=99),
        AMENDMENT_CONFIRMED,
        AMENDMENT_CONFIRMED,
    ),
    "corrected once confirmed": (DECLARED, CONFIRMED, replace(CORRECTED, corrects=7)),
    "notice given twice, by nobody's clock": (
        DECLARED,
        NOTICE,
        replace(NOTICE, takes_effect_on=date(1999, 1, 1)),
        WITHDRAWN,
        WITHDRAWN,
        ENDED,
        ENDED,
    ),
    "a document without a type": (replace(FILED, media_type="", size=-1),),
    "a grid notified in a year to come": (replace(NOTIFIED, notified_on=date(9999, 1, 1)),),
    "two grids of one name": (NOTIFIED, replace(NOTIFIED, document="0" * 64)),
    "born after joining": (replace(JOINED, birth_date=date(2030, 1, 1), birth_year=2030),),
    "left before joining, and twice": (JOINED, replace(LEFT, left_on=date(2020, 1, 1)), LEFT),
    "a small count that was published": (
        replace(PUBLISHED, members=3, by_age={"old": 3}),
        PUBLISHED,
        PUBLISHED,
    ),
    "an office hour that ends before it starts": (replace(PLANNED, ends_at=time(1, 0)), HELD),
    "held after being cancelled, with odd counts": (
        PLANNED,
        CANCELLED,
        OfficeHourHeld(visitors=-1, by_appointment=5),
        CANCELLED,
    ),
}


def in_ledger(facts: tuple[Event, ...]) -> list[Event]:
    """The events after a journey through their stored bytes."""
    return [
        replace(
            decode(stored_name(type(fact)), encode(seal(fact))),
            originator_id=STREAM,
            originator_version=number,
        )
        for number, fact in enumerate(facts, 1)
    ]


@pytest.mark.parametrize("facts", FORBIDDEN_TODAY.values(), ids=FORBIDDEN_TODAY)
def test_what_the_rules_of_today_refuse_still_loads(facts: tuple[Event, ...]) -> None:
    aggregate = replayed(in_ledger(facts))
    assert aggregate is not None
    assert aggregate.version == len(facts)


def test_rules_made_stricter_later_bind_new_decisions_and_no_old_fact(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = in_ledger((DECLARED, CONFIRMED))
    before = replayed(loaded)
    monkeypatch.setattr(terms, "LONGEST_TERM_YEARS", 1)
    assert replayed(loaded) == before
    given().when(
        lambda _: Convention.declare(
            STREAM,
            insurer_name="Essai",
            signed_on=date(2026, 1, 1),
            starts_on=date(2026, 1, 1),
            ends_on=date(2028, 1, 1),
        )
    ).then_refused("term-too-long", "$.ends_on")


def test_figures_published_under_a_lower_threshold_stay_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrecy, "FEWEST", 1000)
    given(PUBLISHED).when(
        lambda figures: Figures.publish(
            figures, STREAM, month="2026-10", on=date(2026, 10, 31), members=1, by_age={}
        )
    ).then_nothing()


def test_an_aggregate_from_forbidden_facts_still_decides() -> None:
    odd = (replace(JOINED, joined_on=date(2030, 1, 1)), MemberLeft(left_on=date(2020, 1, 1), reason="other"))
    given(*odd).when(lambda member: member.leave(left_on=date(2031, 1, 1), reason="moved")).then_refused(
        "left-already"
    )
    given(replace(PLANNED, ends_at=time(0, 0))).when(
        lambda hour: hour.hold(visitors=1, by_appointment=0, today=PLANNED.on)
    ).then(OfficeHourHeld(visitors=1, by_appointment=0))


@pytest.mark.parametrize("aggregate", AGGREGATES.values(), ids=AGGREGATES)
def test_evolving_raises_nothing_and_asks_nobody(aggregate: type[Aggregate]) -> None:
    tree = ast.parse(inspect.getsource(inspect.getmodule(aggregate) or aggregate))
    evolve = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "evolve"]
    assert len(evolve) == 1
    forbidden = (ast.Raise, ast.Assert)
    assert not [node for node in ast.walk(evolve[0]) if isinstance(node, forbidden)]
    called = {ast.unparse(node.func) for node in ast.walk(evolve[0]) if isinstance(node, ast.Call)}
    assert not {name for name in called if name.startswith(("self.demand", "Refused", "read_"))}


@pytest.mark.parametrize("name", sorted(domain_events()))
def test_no_event_checks_its_own_values(name: str) -> None:
    # Neither when it is made nor by a constraint on a type, which decoding would enforce on old bytes.
    cls = domain_events()[name]
    assert not hasattr(cls, "__post_init__")
    assert "Meta(" not in inspect.getsource(cls)


@pytest.mark.parametrize("aggregate", [Convention, Figures, Member, OfficeHour, Tariff])
@drawn(data=st.data())
def test_any_first_event_makes_its_aggregate(aggregate: type[Aggregate], data: st.DataObject) -> None:
    first: Any = data.draw(events(aggregate.begins_with))
    made = replace(first, originator_id=STREAM, originator_version=1).mutate(None)
    assert type(made) is aggregate
    assert (made.id, made.version) == (STREAM, 1)
