"""What holds of every scenario: it agrees with a naive judgement, and nothing that comes in makes it fall over."""

import copy
import json
import random
import re
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.tariffs.assess import (
    ASSESS_VERSION,
    VERSIONS,
    Finding,
    ScenarioError,
    Verdict,
    as_known,
    assess,
    finding_to_json,
    findings_digest,
    read_scenario,
    summary,
)
from tests.support.tariff_oracle import expected
from tests.support.tariff_scenarios import WHOLE, Json, bare, cell, exemption, grid, prices, scenario

KEYS = [("N1", (50, None)), ("N1", (50, 64)), ("N1", (65, None)), ("N2", (0, 17))]
DAYS = [
    "2024-02-29", "2024-10-01", "2025-01-01", "2025-03-01", "2025-09-30", "2025-10-01", "2025-12-31", "2026-01-01",
    "2026-02-28", "2026-10-01", "2027-01-01", "2027-06-01", "2028-02-29",
]  # fmt: skip
INSTANTS = ["2024-01-01T00:00:00Z", "2025-11-01T12:00:00Z", "2026-05-31T21:59:59Z", "2026-05-31T22:00:00Z"]
FACTORS = [("1.1532", "1.1327"), ("1.02", "1"), ("1.01", "1"), ("1.10", "1"), ("0.98", "1")]

days = st.sampled_from(DAYS)
instants = st.sampled_from(INSTANTS)
# Close to what a cap of three per cent allows from 100.00, so that limits are met and missed by a cent.
amounts = st.one_of(
    st.sampled_from(
        ["100.00", "103.00", "103.01", "104.04", "105.06", "106.09", "106.10", "109.27", "110.00"]
    ),
    st.integers(9500, 11500).map(lambda cents: f"{cents // 100}.{cents % 100:02d}"),
)


@st.composite
def grids(draw: st.DrawFn, *, parents: bool = True) -> list[Json]:
    made: list[Json] = []
    for place in range(draw(st.integers(1, 6))):
        cells = []
        for formula, ages in draw(st.lists(st.sampled_from(KEYS), unique=True)):
            others = [each for each in KEYS if each != (formula, ages)]
            parent = draw(st.none() | st.sampled_from(others)) if parents else None
            named = parent and {"formula": parent[0], "age_from": parent[1][0], "age_to": parent[1][1]}
            cells.append(cell(draw(amounts), formula, ages, parent=named))
        corrects = draw(st.none() | st.sampled_from([each["id"] for each in made])) if made else None
        name = f"g{place}"
        made.append(grid(name, draw(days), *cells, corrects=corrects, recorded_at=draw(instants)))
    return draw(st.permutations(made))


@st.composite
def exemptions(draw: st.DrawFn) -> list[Json]:
    made = []
    for place in range(draw(st.integers(0, 3))):
        valid_from = draw(days)
        made.append(
            exemption(
                draw(st.sampled_from(FACTORS)),
                id=f"x{place}",
                valid_from=valid_from,
                valid_to=draw(st.none() | st.sampled_from([day for day in DAYS if day >= valid_from])),
                decided_on=draw(days),
                revoked_on=draw(st.none() | days | st.just("2026-06-01")),
                recorded_at=draw(instants),
                rebase=draw(st.booleans()),
            )
        )
    return made


@st.composite
def scenarios(draw: st.DrawFn, *, parents: bool = True) -> Json:
    values = scenario(
        *draw(grids(parents=parents)),
        exemptions=tuple(draw(exemptions())),
        as_known_at=draw(st.none() | instants),
        period=draw(st.sampled_from(["CIVIL_YEAR", "CONVENTION_YEAR", "ROLLING_12M", "PER_CHANGE"])),
        carry_over=draw(st.booleans()),
        rounding=draw(st.sampled_from(["HALF_UP", "FLOOR"])),
        max_rise_percent=draw(st.sampled_from(["3", "0", "2.05", "0.005"])),
    )
    values["convention"]["starts_on"] = draw(st.sampled_from(["2024-10-01", "2024-02-29", "2025-10-01"]))
    return values


@settings(max_examples=400, deadline=None)
@given(scenarios())
def test_every_finding_is_that_of_a_naive_judgement(values: Json) -> None:
    assert bare(assess(read_scenario(values))) == expected(values)


@settings(deadline=None)
@given(scenarios(), st.randoms(use_true_random=False))
def test_the_order_of_cells_and_grids_does_not_matter(values: Json, chance: random.Random) -> None:
    shuffled = copy.deepcopy(values)
    # Grids recorded at the same instant are told apart by their order in the file, so that one stays.
    shuffled["grids"].sort(key=lambda each: each["recorded_at"])
    for each in shuffled["grids"]:
        chance.shuffle(each["cells"])
    assert assess(read_scenario(shuffled)) == assess(read_scenario(values))


@settings(deadline=None)
@given(scenarios(parents=False).filter(lambda values: _period(values) != "ROLLING_12M"))
def test_a_fall_never_breaks_a_kept_cap(values: Json) -> None:
    for each in values["exemptions"]:
        each["factor"] = ["1.02", "1"]
    kept: dict[Any, int] = {}
    for found in assess(read_scenario(values)):
        assert isinstance(found.observed, int)
        if found.cell in kept and found.observed <= kept[found.cell]:
            assert found.verdict is Verdict.COMPLIANT
        kept.pop(found.cell, None)
        if found.verdict is Verdict.COMPLIANT:
            kept[found.cell] = found.observed


def test_a_rolling_year_can_be_broken_by_a_fall_that_follows_a_dip() -> None:
    steps = (
        ("2024-10-01", "100.00"),
        ("2025-02-01", "50.00"),
        ("2025-12-01", "103.00"),
        ("2026-03-01", "102.00"),
    )
    found = assess(read_scenario(prices(*steps, period="ROLLING_12M")))
    assert [each.verdict for each in found[2:]] == [Verdict.COMPLIANT, Verdict.VIOLATION]


@settings(deadline=None)
@given(scenarios())
def test_the_findings_of_a_cell_follow_each_other_without_gap_or_overlap_and_differ(values: Json) -> None:
    by_cell: dict[Any, list[Finding]] = {}
    for found in assess(read_scenario(values)):
        by_cell.setdefault((found.grid, found.cell), []).append(found)
    for pieces in by_cell.values():
        for before, after in pairwise(pieces):
            assert before.to_on is not None
            assert after.from_on == before.to_on + timedelta(days=1)
            assert (before.verdict, before.limit) != (after.verdict, after.limit)
        for piece in pieces:
            assert piece.to_on is None or piece.from_on <= piece.to_on
            assert (piece.verdict is Verdict.EXEMPTED) == bool(piece.exemptions)


@settings(deadline=None)
@given(scenarios())
def test_a_finding_as_json_is_made_of_texts_with_two_decimals_and_can_be_told_again(values: Json) -> None:
    found = assess(read_scenario(values))
    for each in map(finding_to_json, found):
        for name in ("anchor", "limit", "observed", "excess"):
            figure = each[name]
            assert figure is None or (isinstance(figure, str) and re.fullmatch(r"\d+\.\d\d", figure))
        assert json.loads(json.dumps(each)) == each
        date.fromisoformat(str(each["from"]))
    again = VERSIONS[ASSESS_VERSION](read_scenario(json.dumps(values)))
    assert findings_digest(again) == findings_digest(found)
    assert sum(summary(found).values()) == len(found)


@settings(deadline=None)
@given(scenarios(), instants)
def test_what_was_known_then_is_all_that_counts(values: Json, known: str) -> None:
    values["as_known_at"] = known
    read = read_scenario(values)
    then = as_known(read)
    assert assess(then) == assess(read)
    assert assess(replace(then, as_known_at=None)) == assess(read)
    # What is recorded afterwards changes nothing of what was said then.
    late = grid(
        "late",
        "2025-03-01",
        cell("999.00"),
        corrects=values["grids"][0]["id"],
        recorded_at="2030-01-01T00:00Z",
    )
    values["grids"].append(late)
    values["exemptions"].append(exemption(("9", "1"), id="late", recorded_at="2030-01-01T00:00Z"))
    assert assess(read_scenario(values)) == assess(read)


def test_the_digest_tells_findings_apart() -> None:
    one = assess(read_scenario(prices(("2024-10-01", "47.80"), ("2026-01-01", "49.23"))))
    other = assess(read_scenario(prices(("2024-10-01", "47.80"), ("2026-01-01", "49.24"))))
    digests = {findings_digest(each) for each in (one, other, one[:1], ())}
    assert len(digests) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)


def test_the_digest_of_a_version_never_changes() -> None:
    file = prices(
        ("2024-10-01", "47.80"), ("2026-01-01", "50.13"), ("2027-01-01", "51.00"),
        exemptions=(exemption(revoked_on="2026-06-01"),),
    )  # fmt: skip
    found = VERSIONS[1](read_scenario(file))
    assert findings_digest(found) == "0b42379e36abfacc6da963bd3dd4ea33e9ab2e9e9e74ec74f99e4b13557d6f13"


def test_a_summary_counts_every_verdict() -> None:
    found = assess(read_scenario(prices(("2024-10-01", "47.80"), ("2026-01-01", "49.24"))))
    assert summary(found) == {
        "COMPLIANT": 0,
        "VIOLATION": 1,
        "EXEMPTED": 0,
        "NOT_APPLICABLE": 1,
        "INDETERMINATE": 0,
        "LEGAL_ALERT": 0,
    }


# Anything at all

texts = st.text(max_size=8) | st.sampled_from(
    [
        "0.00",
        "3",
        "-3",
        "1e5",
        "2026-01-01",
        "9999-12-31",
        "1000-01-01",
        "9999-12-31T23:59:59Z",
        "g1",
        "c1",
        "N1",
    ]
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [each for key, item in inner for each in places(item, (*path, key))]


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_one_wrong_value_is_refused_at_its_path_or_judged(data: st.DataObject) -> None:
    values = copy.deepcopy(WHOLE)
    path = data.draw(st.sampled_from(places(values)))
    holder: Any = values
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = data.draw(junk)
    wrong = refusal(values)
    if wrong is not None:
        # Naming is the one thing that can be wrong in one place and found out in another.
        assert (
            wrong.path.startswith(f"$.{path[0]}") or ".corrects" in wrong.path or ".commitments" in wrong.path
        )
        assert str(wrong).encode()
        return
    for found in assess(read_scenario(values)):
        json.dumps(finding_to_json(found)).encode()


@settings(deadline=None)
@given(junk | st.binary(max_size=40) | st.text(max_size=40))
def test_anything_else_is_refused(raw: object) -> None:
    wrong = refusal(raw)
    assert wrong is not None
    assert wrong.path.startswith("$")


def refusal(raw: object) -> ScenarioError | None:
    try:
        read_scenario(raw)
    except ScenarioError as wrong:
        return wrong
    return None


def test_the_last_days_of_the_calendar_are_days_like_others() -> None:
    file = prices(
        ("9999-01-01", "100.00"), ("9999-12-31", "104.00"), as_known_at="9999-12-31T23:59:59Z",
        exemptions=(exemption(valid_from="9999-12-31", valid_to="9999-12-31", decided_on="9999-12-31"),),
    )  # fmt: skip
    assert len(assess(read_scenario(file))) == 2
    old = prices(
        ("1000-01-01", "100.00"), ("1000-01-02", "104.00"), period="CONVENTION_YEAR", carry_over=True
    )
    assert len(assess(read_scenario(old))) == 2


def test_a_limit_of_ten_thousand_digits_forbids_nothing_and_can_be_told() -> None:
    absurd = tuple(
        exemption(("999999999999", "0.000000000001"), id=f"x{place}", rebase=True) for place in range(60)
    )
    steps = ("1000-01-01", "100.00"), ("9998-01-01", "999999999999.99"), ("9999-01-01", "999999999999.99")
    for percent, judged in [("999999999999", "COMPLIANT"), ("0", "EXEMPTED")]:
        file = prices(*steps, carry_over=True, max_rise_percent=percent, exemptions=absurd)
        found = [finding_to_json(each) for each in assess(read_scenario(file))]
        assert [each["verdict"] for each in found[1:]] == [judged, "COMPLIANT"]


def _period(values: Json) -> object:
    return values["convention"]["commitments"][0]["params"]["period"]
