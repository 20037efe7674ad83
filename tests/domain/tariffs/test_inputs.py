"""What tariffs are judged on: published indices, reference grids, headcounts, and grids that are prepared."""

from collections.abc import Callable
from datetime import date
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from domain.refusal import Refused
from domain.tariffs.applied_index import AppliedIndex, IndexApplied
from domain.tariffs.assess.model import CellId
from domain.tariffs.headcounts import Headcounts, counts_document, demand_counts
from domain.tariffs.indices import Index, IndexPublished
from domain.tariffs.prepared import MOST_TOWNS, Preparation, PreparedGrid, PreparedGridSaved, Target
from domain.tariffs.references import References
from tests.support.cases import STREAM, given
from tests.support.tariff_samples import (
    APPLIED,
    CONTESTED,
    COUNTED,
    DEPOSITED,
    DISCARDED,
    INDEX,
    OTHER_DOCUMENT,
    PREPARED,
    UPHELD,
)

TODAY = date(2026, 2, 1)


def facts(fact: Any) -> dict[str, Any]:
    """The payload of an event."""
    return {name: getattr(fact, name) for name in fact.__struct_fields__[3:]}


# Indices


def publish(fact: IndexPublished, today: date = TODAY) -> Callable[[Index | None], Index]:
    """The operator publishes."""
    return lambda known: Index.publish_index(known, STREAM, today=today, **facts(fact))


def test_a_value_is_published_once_with_its_source() -> None:
    given().when(publish(INDEX)).then(INDEX)
    given(INDEX).when(publish(INDEX)).then_nothing()
    given().when(publish(replace(INDEX, source=" "))).then_refused("source-missing", "$.source")
    given().when(publish(INDEX, date(2026, 1, 14))).then_refused("published-later", "$.published_on")


def test_a_later_publication_revises_and_the_former_stays() -> None:
    revised = replace(INDEX, value="1.0", published_on=date(2026, 1, 29))
    given(INDEX).when(publish(revised)).then(revised)
    given(INDEX).when(publish(replace(INDEX, value="1.0"))).then_refused("index-known", "$.value")


@pytest.mark.parametrize(
    ("index", "value"), [("IPC_HT_AVG", "x"), ("IPC_HT_AVG", "100"), ("PMSS", "0"), ("PMSS", "-4005")]
)
def test_an_implausible_value_is_not_published(index: Any, value: str) -> None:
    given().when(publish(replace(INDEX, index=index, value=value))).then_refused("out-of-range", "$.value")


def test_a_year_out_of_reach_is_not_published() -> None:
    given().when(publish(replace(INDEX, year=206))).then_refused("out-of-range", "$.year")


def contest(known: Index) -> None:
    """A town contests."""
    said = {name: value for name, value in facts(CONTESTED).items() if name != "index"}
    known.contest_index(said.pop("year"), said.pop("published_on"), **said)


def uphold(known: Index) -> None:
    """The operator answers."""
    known.uphold_index(UPHELD.year, UPHELD.published_on, answer=UPHELD.answer)


def test_a_value_is_contested_until_the_operator_answers() -> None:
    given(INDEX).when(contest).then(CONTESTED)
    given(INDEX, CONTESTED).when(contest).then_nothing()
    given(INDEX, CONTESTED).when(uphold).then(UPHELD)
    given(INDEX, CONTESTED, UPHELD).when(contest).then(CONTESTED)
    given(INDEX).when(uphold).then_refused("index-not-contested")
    given(replace(INDEX, year=2024)).when(contest).then_refused("index-unknown", "$.year")


def test_another_objection_does_not_silence_the_first() -> None:
    other = replace(CONTESTED, by_tenant="insurer:999000011", by_owner="insurer:999000011")
    given(INDEX, other).when(contest).then(CONTESTED)


def hand_on(fact: IndexApplied) -> Callable[[AppliedIndex | None], AppliedIndex]:
    """The worker hands a value on."""
    return lambda known: AppliedIndex.apply_index(known, STREAM, **facts(fact))


def test_an_accord_is_given_each_publication_once() -> None:
    revised = replace(APPLIED, value="4010", published_on=date(2026, 1, 5), platform_position=40)
    given().when(hand_on(APPLIED)).then(APPLIED)
    given(APPLIED).when(hand_on(APPLIED)).then_nothing()
    given(APPLIED).when(hand_on(revised)).then(revised)


# Reference grids


def test_a_reference_grid_is_deposited_once_with_its_source() -> None:
    def deposit(**other: Any) -> Callable[[References | None], References]:
        said = {**facts(DEPOSITED), **other}
        return lambda known: References.deposit_reference(known, STREAM, **said)

    given().when(deposit()).then(DEPOSITED)
    given(DEPOSITED).when(deposit()).then_nothing()
    given(DEPOSITED).when(deposit(document=OTHER_DOCUMENT)).then_refused("reference-known", "$.id")
    given().when(deposit(source="")).then_refused("source-missing", "$.source")


# Headcounts


def test_members_are_counted_once_a_day_and_not_in_advance() -> None:
    def take(today: date = TODAY, **other: Any) -> Callable[[Headcounts | None], Headcounts]:
        said = {**facts(COUNTED), **other}
        return lambda known: Headcounts.take_headcount(known, STREAM, today=today, **said)

    given().when(take()).then(COUNTED)
    given(COUNTED).when(take()).then_nothing()
    given(COUNTED).when(take(headcount="again")).then_nothing()
    given(COUNTED).when(take(headcount="again", document=OTHER_DOCUMENT)).then_refused(
        "headcount-known", "$.taken_on"
    )
    given(COUNTED).when(take(taken_on=date(2025, 10, 1))).then_refused("headcount-known", "$.id")
    given().when(take(today=date(2025, 9, 29))).then_refused("taken-later", "$.taken_on")


def test_counts_have_one_document_whatever_their_order() -> None:
    young, old = CellId("N1", "general", "adult", 0, 49), CellId("N1", "general", "adult", 50, None)
    document = counts_document({old: 260, young: 120})
    assert document == counts_document({young: 120, old: 260})
    assert [cell["count"] for cell in msgspec.json.decode(document)["cells"]] == [120, 260]


@pytest.mark.parametrize(
    ("counts", "code"), [([], "grid-empty"), ([-1], "out-of-range"), ([10**8], "out-of-range")]
)
def test_an_absurd_count_is_refused(counts: list[int], code: str) -> None:
    with pytest.raises(Refused) as refused:
        demand_counts({CellId("N1", "general", "adult", age, age): n for age, n in enumerate(counts)})
    assert refused.value.code == code


def test_a_cell_that_the_check_cannot_read_is_not_counted() -> None:
    with pytest.raises(Refused) as refused:
        demand_counts(
            {CellId("N1", "general", "adult", 0, 49): 1, CellId("N1", "general", "adult", 60, 50): 1}
        )
    assert (refused.value.code, refused.value.path) == ("cell-wrong", "$.cells[1].age_to")


# Prepared grids


GIVEN = Preparation(**facts(PREPARED))
SAVED: PreparedGridSaved = replace(PREPARED, towns=tuple(sorted(PREPARED.towns)))


def save(**other: Any) -> Callable[[PreparedGrid | None], PreparedGrid]:
    """The insurer saves."""
    return lambda known: PreparedGrid.save_prepared(known, STREAM, replace(GIVEN, **other))


def test_each_saving_is_whole_and_the_same_again_is_nothing() -> None:
    given().when(save()).then(SAVED)
    given(SAVED).when(save()).then_nothing()
    given(SAVED).when(save(effective_on=None)).then(replace(SAVED, effective_on=None))


def test_a_discarded_grid_is_saved_no_more() -> None:
    given(SAVED).when(lambda known: known.discard_prepared()).then(DISCARDED)
    given(SAVED, DISCARDED).when(lambda known: known.discard_prepared()).then_nothing()
    given(SAVED, DISCARDED).when(save()).then_refused("prepared-grid-discarded")


def test_a_prepared_grid_names_a_town_once_and_not_too_many() -> None:
    twice = (Target(commune="38185", convention="c1"), Target(commune="38185", convention="c2"))
    given().when(save(towns=twice)).then_refused("town-repeated", "$.towns")
    many = tuple(Target(commune=f"{code:05d}", convention="c") for code in range(MOST_TOWNS + 1))
    given().when(save(towns=many)).then_refused("out-of-range", "$.towns")
