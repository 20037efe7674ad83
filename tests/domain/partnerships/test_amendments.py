"""Amendments: declared by the insurer, one at a time, confirmed or refused by the town; which terms count when."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.partnerships.amendment import AmendmentConfirmed, AmendmentDeclared, AmendmentRefused
from domain.partnerships.convention import Convention
from domain.partnerships.declaration import ConventionConfirmed
from domain.partnerships.notice import ConventionEnded
from domain.partnerships.terms import TermsVersion, in_order, version_on
from tests.support.cases import given, replayed
from tests.support.samples import DECLARED, DOCUMENT

BY_TOWN = ConventionConfirmed(by="town", council_reference=None, document=None)
LONGER = replace(DECLARED.terms, ends_on=date(2030, 9, 30))
EXTENSION = AmendmentDeclared(
    amendment="a1",
    nature="amendment",
    corrects=None,
    signed_on=date(2026, 9, 14),
    effective_on=date(2027, 1, 1),
    reason="Prolongation d’un an",
    terms=LONGER,
)
AGREED = AmendmentConfirmed(amendment="a1", by="town", council_reference=None, document=None)
REFUSED = AmendmentRefused(amendment="a1", reason="Le conseil ne l’a pas voté.")
CHEAPER = replace(DECLARED.terms, fees=0)
CORRECTION = replace(
    EXTENSION,
    amendment="a2",
    nature="correction",
    corrects=1,
    effective_on=DECLARED.starts_on,
    reason="Les frais sont nuls.",
    terms=CHEAPER,
)
CORRECTED = replace(AGREED, amendment="a2")
ENVELOPE = ("originator_id", "originator_version", "timestamp")


def declare(said: AmendmentDeclared = EXTENSION, /, **other: Any) -> Callable[[Convention], None]:
    """The decision to declare an amendment, with other facts where said."""
    names = (name for name in said.__struct_fields__ if name not in ENVELOPE)
    facts = {name: getattr(said, name) for name in names} | other
    return lambda convention: convention.declare_amendment(**facts)


def convention_of(*happened: Any) -> Convention:
    """The convention that events make, each recorded a day after the one before."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    facts = [
        replace(fact, originator_id="x", originator_version=n, timestamp=start + timedelta(days=n))
        for n, fact in enumerate(happened, 1)
    ]
    made = replayed(facts)
    assert isinstance(made, Convention)
    return made


def test_an_amendment_is_declared_on_a_confirmed_convention_and_waits() -> None:
    given(DECLARED, BY_TOWN).when(declare()).then(EXTENSION)
    waiting = convention_of(DECLARED, BY_TOWN, EXTENSION)
    assert (waiting.ends_on, len(waiting.terms)) == (DECLARED.ends_on, 1)
    given(DECLARED).when(declare()).then_refused("convention-not-confirmed")


def test_a_repeat_is_nothing_and_another_content_under_its_name_is_refused() -> None:
    given(DECLARED, BY_TOWN, EXTENSION).when(declare()).then_nothing()
    given(DECLARED, BY_TOWN, EXTENSION).when(declare(reason="Autre")).then_refused("amendment-known", "$.id")


def test_one_amendment_waits_at_a_time() -> None:
    second = declare(amendment="a2")
    given(DECLARED, BY_TOWN, EXTENSION).when(second).then_refused("amendment-pending")
    given(DECLARED, BY_TOWN, EXTENSION, REFUSED).when(second).then(replace(EXTENSION, amendment="a2"))


@pytest.mark.parametrize("effective_on", [date(2024, 9, 30), date(2030, 10, 1)])
def test_an_amendment_takes_effect_within_the_convention(effective_on: date) -> None:
    given(DECLARED, BY_TOWN).when(declare(effective_on=effective_on)).then_refused(
        "amendment-outside", "$.effective_on"
    )


def test_an_amendment_does_not_begin_before_the_one_before_it() -> None:
    earlier = declare(amendment="a2", effective_on=date(2026, 12, 31))
    given(DECLARED, BY_TOWN, EXTENSION, AGREED).when(earlier).then_refused(
        "amendment-outside", "$.effective_on"
    )


def test_an_amendment_leaves_the_first_day_where_it_is() -> None:
    moved = replace(LONGER, starts_on=date(2024, 11, 1))
    given(DECLARED, BY_TOWN).when(declare(terms=moved)).then_refused("start-moved", "$.terms.starts_on")


def test_an_amendment_says_why_and_is_as_sound_as_a_declaration() -> None:
    given(DECLARED, BY_TOWN).when(declare(reason=" ")).then_refused("reason-missing", "$.reason")
    wrong = replace(LONGER, commitments=LONGER.commitments * 2)
    given(DECLARED, BY_TOWN).when(declare(terms=wrong)).then_refused(
        "commitment-repeated", "$.terms.commitments[1].id"
    )


def test_nothing_is_amended_once_it_is_over() -> None:
    over = (DECLARED, BY_TOWN, ConventionEnded(on=DECLARED.ends_on, cause="term"))
    given(*over).when(declare()).then_refused("convention-over")


def test_the_town_confirms_or_refuses_once() -> None:
    pending = (DECLARED, BY_TOWN, EXTENSION)
    given(*pending).when(lambda it: it.confirm_amendment("a1", "town")).then(AGREED)
    given(*pending).when(lambda it: it.refuse_amendment("a1", reason=REFUSED.reason)).then(REFUSED)
    given(*pending, AGREED).when(lambda it: it.confirm_amendment("a1", "town")).then_nothing()
    given(*pending, REFUSED).when(lambda it: it.refuse_amendment("a1", reason="x")).then_nothing()
    given(*pending, AGREED).when(lambda it: it.refuse_amendment("a1", reason="x")).then_refused(
        "amendment-decided"
    )
    given(*pending, REFUSED).when(lambda it: it.confirm_amendment("a1", "town")).then_refused(
        "amendment-decided"
    )
    given(*pending).when(lambda it: it.refuse_amendment("a1", reason="")).then_refused(
        "reason-missing", "$.reason"
    )
    given(*pending).when(lambda it: it.confirm_amendment("a9", "town")).then_refused("amendment-unknown")


def test_an_operator_confirms_an_amendment_on_both_papers_alone() -> None:
    pending = (DECLARED, BY_TOWN, EXTENSION)
    given(*pending).when(
        lambda it: it.confirm_amendment("a1", "operator", council_reference="3")
    ).then_refused("proof-missing", "$.document")
    given(*pending).when(
        lambda it: it.confirm_amendment("a1", "operator", council_reference="3", document=DOCUMENT)
    ).then(AmendmentConfirmed(amendment="a1", by="operator", council_reference="3", document=DOCUMENT))


def test_the_terms_of_an_amendment_count_from_its_first_day_on() -> None:
    amended = convention_of(DECLARED, BY_TOWN, EXTENSION, AGREED)
    assert amended.terms_on(date(2026, 12, 31)) == DECLARED.terms
    assert amended.terms_on(date(2027, 1, 1)) == LONGER
    assert amended.terms_on(date(2020, 1, 1)) == DECLARED.terms
    assert amended.ends_on == date(2030, 9, 30)
    before = amended.terms[-1].recorded_at - timedelta(seconds=1)
    assert amended.terms_on(date(2027, 1, 1), before) == DECLARED.terms


def test_a_correction_counts_for_all_days_of_the_terms_it_replaces() -> None:
    story = (DECLARED, BY_TOWN, EXTENSION, AGREED, CORRECTION, CORRECTED)
    given(*story[:4]).when(declare(CORRECTION)).then(CORRECTION)
    corrected = convention_of(*story)
    assert corrected.terms_on(date(2025, 1, 1)) == CHEAPER
    assert corrected.terms_on(date(2028, 1, 1)) == LONGER
    known = corrected.terms[-1].recorded_at
    assert corrected.terms_on(date(2025, 1, 1), known - timedelta(seconds=1)) == DECLARED.terms
    assert corrected.terms_on(date(2025, 1, 1), known) == CHEAPER


def test_a_correction_of_the_first_terms_may_move_the_first_day_and_begins_with_it() -> None:
    moved = replace(CHEAPER, starts_on=date(2024, 11, 1))
    given(DECLARED, BY_TOWN).when(declare(CORRECTION, terms=moved)).then_refused(
        "amendment-outside", "$.effective_on"
    )
    right = replace(CORRECTION, terms=moved, effective_on=date(2024, 11, 1))
    given(DECLARED, BY_TOWN).when(declare(right)).then(right)


def test_a_correction_names_terms_that_stand_and_the_last_ones_when_it_names_none() -> None:
    story = (DECLARED, BY_TOWN, EXTENSION, AGREED)
    given(*story).when(declare(CORRECTION, corrects=2)).then_refused("correction-unknown", "$.corrects")
    given(*story).when(declare(CORRECTION, corrects=None, terms=LONGER, effective_on=date(2027, 2, 1))).then(
        replace(CORRECTION, corrects=3, terms=LONGER, effective_on=date(2027, 2, 1))
    )
    again = (*story, CORRECTION, CORRECTED)
    given(*again).when(declare(CORRECTION, amendment="a3", reason="Encore")).then_refused(
        "correction-unknown", "$.corrects"
    )
    given(*again).when(declare(CORRECTION, amendment="a3", reason="Encore", corrects=5)).then(
        replace(CORRECTION, amendment="a3", reason="Encore", corrects=5)
    )


VERSIONS = st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.integers(0, 8)), min_size=0, max_size=8)


def versions_of(drawn_versions: Sequence[tuple[int, bool, int]]) -> list[TermsVersion]:
    """Versions as a convention would hold them: the first, then amendments and corrections of any earlier one."""
    start = date(2025, 1, 1)
    found = [
        TermsVersion(
            effective_on=start,
            recorded_at=datetime(2025, 1, 1, tzinfo=UTC),
            terms=DECLARED.terms,
            nature="declaration",
            amendment=None,
            number=1,
        )
    ]
    for number, (days, corrects, which) in enumerate(drawn_versions, 2):
        named = found[which % len(found)].number if corrects else None
        found.append(
            TermsVersion(
                effective_on=start + timedelta(days=days),
                recorded_at=datetime(2025, 1, number, tzinfo=UTC),
                terms=replace(DECLARED.terms, fees=number),
                nature="correction" if corrects else "amendment",
                amendment=f"a{number}",
                number=number,
                corrects=named,
            )
        )
    return found


@drawn(VERSIONS, st.integers(-2, 25), st.integers(0, 12))
def test_on_every_day_one_version_counts_and_what_was_recorded_later_never_does(
    drawn_versions: list[tuple[int, bool, int]], day: int, known: int
) -> None:
    versions = versions_of(drawn_versions)
    at = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=known)
    standing = in_order(versions, at)
    assert standing == in_order([version for version in versions if version.recorded_at <= at])
    assert standing == sorted(standing, key=lambda version: version.effective_on)
    counts = version_on(standing, date(2025, 1, 1) + timedelta(days=day))
    assert counts.recorded_at <= at
    # What a version that counts corrects counts no more.
    numbers = {version.number for version in standing}
    assert not numbers & {version.corrects for version in standing}
