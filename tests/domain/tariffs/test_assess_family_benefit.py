"""The benefits of families: who is free, what a couple pays less, and when a quote asks for too much."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tariffs.assess import ScenarioError, finding_to_json, read_commitment
from tests.support.tariff_promises import figures, promised
from tests.support.tariff_scenarios import Json, cell, exemption, grid, judged, told

G1 = grid(
    "g1",
    "2024-10-01",
    cell("16.04", "N1", (0, 17), role="child"),
    cell("31.86", "N1", (18, 49)),
    cell("47.80", "N1"),
    cell("37.43", "N3", (0, 17), role="child"),
    cell("103.93", "N3"),
)


def adult(formula: str = "N1", age: int = 40) -> Json:
    return {"formula": formula, "age": age}


def child(age: int, formula: str = "N1") -> Json:
    return {"role": "child", "formula": formula, "age": age}


def quote(*people: Json, total: str = "999.00", **said: object) -> Json:
    return {"id": "q1", "on": "2025-01-01", "total": total, "people": list(people), **said}


def limit(*people: Json, **params: Any) -> str | None:
    ((found,),) = [told(promised("FAMILY_BENEFIT", params, G1, quotes=[quote(*people)]), "limit")]
    assert found[0] is None or isinstance(found[0], str)
    return found[0]


def test_without_any_benefit_a_household_pays_its_cells() -> None:
    assert limit(adult(), adult("N3", 60), child(3)) == "151.83"
    assert limit() == "0.00"


@pytest.mark.parametrize(
    ("rank", "expected"), [(1, "0.00"), (2, "16.04"), (3, "32.08"), (4, "48.12"), (None, "48.12")]
)
def test_children_are_free_from_their_rank_on(rank: int | None, expected: str) -> None:
    assert limit(child(1), child(2), child(3), free_from_rank=rank) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("BY_AGE", "74.86"),  # the youngest is free, and pays 16.04 otherwise
        ("CHEAPEST", "74.86"),
        ("DEAREST", "53.47"),
    ],
)
def test_who_is_free_when_formulas_differ(order: str, expected: str) -> None:
    children = child(2), child(16, "N3"), child(9, "N3")
    assert limit(*children, free_from_rank=3, free_order=order) == expected


def test_by_age_the_dearest_may_be_free() -> None:
    assert limit(child(2, "N3"), child(16), child(9), free_from_rank=3) == "32.08"
    assert limit(child(2, "N3"), child(16), child(9), free_from_rank=3, free_order="CHEAPEST") == "53.47"


def test_equal_ages_rank_in_the_order_listed() -> None:
    assert limit(child(5, "N3"), child(5), free_from_rank=2) == "37.43"
    assert limit(child(5), child(5, "N3"), free_from_rank=2) == "16.04"


def test_as_many_are_free_whatever_the_order() -> None:
    children = child(2), child(3), child(4, "N3"), child(5, "N3")
    assert limit(*children, free_from_rank=2, free_order="CHEAPEST") == "37.43"
    assert limit(*children, free_from_rank=2, free_order="DEAREST") == "16.04"


def test_adults_and_others_have_no_rank_among_children() -> None:
    assert limit(adult(), adult(), child(3), free_from_rank=2) == "79.76"


@pytest.mark.parametrize(
    ("adults", "expected"), [(1, "31.86"), (2, "57.35"), (3, "95.58")], ids=["alone", "couple", "three"]
)
def test_a_couple_is_exactly_two_adults(adults: int, expected: str) -> None:
    assert limit(*[adult()] * adults, couple_discount_percent="10") == expected


@pytest.mark.parametrize("base", ["SUM", "LINE"])
def test_the_discount_of_a_couple_bears_on_adults_only(base: str) -> None:
    people = adult(), adult(age=55), child(3)
    assert limit(*people, couple_discount_percent="10", discount_base=base) == "87.73"
    assert limit(*people, couple_discount_percent="100", discount_base=base) == "16.04"


def test_a_quote_is_broken_above_its_limit_and_never_below() -> None:
    for total, expected in [
        ("57.36", ("VIOLATION", "63.72", "57.35", "57.36", "0.01")),
        ("57.35", ("COMPLIANT", "63.72", "57.35", "57.35", "0.00")),
        ("1.00", ("COMPLIANT", "63.72", "57.35", "1.00", "0.00")),
    ]:
        quotes = [quote(adult(), adult(), total=total)]
        assert figures(promised("FAMILY_BENEFIT", {"couple_discount_percent": "10"}, G1, quotes=quotes)) == [
            expected
        ]


@pytest.mark.parametrize(
    "lost",
    [adult("N9"), child(18), adult(age=17), {**adult(), "category": "student"}, {**adult(), "role": "pet"}],
)
def test_a_person_without_a_cell_leaves_the_household_undecided(lost: Json) -> None:
    file = promised("FAMILY_BENEFIT", {"free_from_rank": 1}, G1, quotes=[quote(adult(), lost, total="0.01")])
    assert figures(file) == [("INDETERMINATE", None, None, "0.01", None)]


def test_prices_are_those_of_the_grid_in_force_on_the_day_of_the_quote() -> None:
    dearer = grid("g2", "2026-01-01", cell("40.00", ages=(18, 49)))
    quotes = [
        quote(adult(), id="q2", on="2026-01-01"),
        quote(adult(), id="q3", on="2025-12-31"),
        quote(adult(), id="q1", on="2026-02-01"),
        quote(adult(), id="q4", on="2024-09-30"),
    ]
    file = promised("FAMILY_BENEFIT", {}, dearer, G1, quotes=quotes)
    assert told(file, "grid", "cell", "subject", "from", "to", "limit") == [
        (None, None, "q4", "2024-09-30", None, None),
        ("g1", None, "q3", "2025-12-31", None, "31.86"),
        ("g2", None, "q1", "2026-02-01", None, "40.00"),
        ("g2", None, "q2", "2026-01-01", None, "40.00"),
    ]


def test_the_exemptions_in_force_on_the_day_count_and_split_nothing() -> None:
    covers = [
        exemption(("1.02", "1"), valid_from="2025-01-01", decided_on="2024-12-01", valid_to="2025-01-01")
    ]
    params = {"couple_discount_percent": "10"}
    exempted = promised(
        "FAMILY_BENEFIT", params, G1, quotes=[quote(adult(), adult(), total="58.49")], exemptions=covers
    )
    (found,) = map(finding_to_json, judged(exempted))
    # 57.348 × 1.02 = 58.49496 is rounded once; 57.35 × 1.02 would be 58.50.
    assert (found["verdict"], found["limit"], found["exemptions"]) == ("EXEMPTED", "58.49", ["x1"])
    line = {**params, "discount_base": "LINE"}
    by_line = promised(
        "FAMILY_BENEFIT", line, G1, quotes=[quote(adult(), adult(), total="58.49")], exemptions=covers
    )
    assert figures(by_line) == [("EXEMPTED", "63.72", "58.49", "58.49", "0.00")]


def test_the_sentence_names_the_benefits() -> None:
    quotes = [quote(adult(), adult(), child(1), child(2))]
    params = {"free_from_rank": 2, "couple_discount_percent": "10"}
    reason = judged(promised("FAMILY_BENEFIT", params, G1, quotes=quotes))[0].reason
    assert reason.endswith("moins la gratuité d’un enfant et la réduction de 10\u202f% du couple.")


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("couple_discount_percent", "100.01"), ("couple_discount_percent", "-1"), ("free_from_rank", 0)],
)
def test_a_discount_takes_at_most_everything_and_the_first_rank_is_one(name: str, wrong: object) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_commitment({"id": "c1", "rule": "FAMILY_BENEFIT", "params": {name: wrong}})
    assert refused.value.path == f"$.params.{name}"


households = st.lists(
    st.builds(child, st.integers(0, 17), st.sampled_from(["N1", "N3"]))
    | st.builds(adult, st.just("N1"), st.integers(18, 99)),
    max_size=8,
)


@given(households, st.integers(1, 4), st.sampled_from(["0", "10", "15.5", "100"]))
def test_what_is_free_is_least_when_the_cheapest_are_and_most_when_the_dearest_are(
    people: list[Json], rank: int, percent: str
) -> None:
    def owed(order: str, base: str = "SUM") -> Fraction:
        found = limit(
            *people,
            free_from_rank=rank,
            free_order=order,
            couple_discount_percent=percent,
            discount_base=base,
        )
        assert found is not None
        return Fraction(found)

    assert owed("DEAREST") <= owed("BY_AGE") <= owed("CHEAPEST")
    assert abs(owed("BY_AGE") - owed("BY_AGE", "LINE")) <= Fraction("0.01")
