"""Judgements: the worst speaks, what was said before keeps its day, and the same again is nothing."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from domain.tariffs.assess import Finding, Verdict, finding_to_json
from domain.tariffs.assess.findings import CellPart
from domain.tariffs.breach import BrokenCell, Said, VerdictRevised, breach_key, key_of, sayings
from domain.tariffs.evidence import case_key, gather, healer, origin
from domain.tariffs.judgement import Judgement, states
from domain.tariffs.leeway import leeways
from domain.tariffs.statements import (
    Statement,
    as_json,
    from_document,
    stated,
    to_document,
    turning_day,
    worst,
)
from tests.support.case_samples import CELL, JUDGED, REVISED, SMALLER
from tests.support.cases import STREAM, given
from tests.support.samples import DETECTED

NOW = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 16)
OLD = BrokenCell(formula="N1", category="general", role="adult", age_from=50, age_to=None)


def said(
    verdict: str = "VIOLATION", first: str = "2026-01-01", last: str | None = None, **other: Any
) -> Statement:
    facts: dict[str, Any] = {
        "commitment": "cap", "rule": "ANNUAL_CAP_FIXED", "grid": "g2", "cell": OLD, "subject": None,
        "anchor": "47.80", "limit": "49.23", "observed": "49.24", "excess": "0.01", "reason": verdict.lower(), **other,
    }  # fmt: skip
    to_on = date.fromisoformat(last) if last else None
    return Statement(verdict=verdict, from_on=date.fromisoformat(first), to_on=to_on, **facts)  # type: ignore[arg-type]


def finding(verdict: Verdict, **other: Any) -> Finding:
    facts: dict[str, Any] = {
        "commitment": "cap", "rule": "AGE_STRUCTURE", "grid": "g2", "cell": CellPart("N1", "general", None, None, None),
        "subject": None, "from_on": TODAY, "to_on": None, "anchor": 4780, "limit": None, "observed": 4924,
        "excess": None, "reason": "…", **other,
    }  # fmt: skip
    return Finding(verdict=verdict, **facts)


# What is kept


def test_what_is_kept_is_what_the_check_wrote() -> None:
    found = [finding(Verdict.VIOLATION), finding(Verdict.EXEMPTED, exemptions=("x1",), to_on=TODAY)]
    kept = from_document(to_document(stated(found)))
    assert [as_json(each) for each in kept] == [finding_to_json(each) for each in found]
    assert kept == stated(found)


def test_other_bytes_are_not_a_judgement() -> None:
    with pytest.raises(ValueError, match="not a judgement"):
        from_document(b"[]")


@pytest.mark.parametrize(
    ("rule", "observed", "unit"),
    [
        ("ANNUAL_CAP_FIXED", "49.24", "euros"),
        ("NO_FEE", "10.50", "euros"),
        ("WEIGHTED_AVERAGE_CAP", "3.62", "percent"),
        ("NOTICE", "2025-11-20", "day"),
        ("NO_WAITING_PERIOD", "30", "day"),
        ("CHANGE_WINDOW", "2026-07-01", "day"),
        ("CHANGE_WINDOW", "3", "count"),
        ("CHANGE_WINDOW", None, "count"),
    ],
)
def test_figures_are_of_the_kind_that_their_rule_has(rule: str, observed: str | None, unit: str) -> None:
    assert said(rule=rule, observed=observed).unit == unit


def test_the_worst_verdict_speaks_for_all() -> None:
    assert worst(["COMPLIANT", "EXEMPTED", "INDETERMINATE", "LEGAL_ALERT", "VIOLATION"]) == "VIOLATION"
    assert worst(["COMPLIANT", "EXEMPTED", "INDETERMINATE"]) == "INDETERMINATE"
    assert worst([]) == "NOT_APPLICABLE"


def test_the_next_turning_day_is_the_first_beginning_or_the_day_after_the_first_end() -> None:
    every = [said(last="2026-03-31"), said(first="2026-05-01"), said(first="2025-01-01", last="2025-12-31")]
    assert turning_day(every, TODAY) == date(2026, 4, 1)
    assert turning_day(every, date(2026, 4, 1)) == date(2026, 5, 1)
    assert turning_day(every, date(2026, 5, 1)) is None


# Where commitments stand


def test_a_commitment_stands_where_its_worst_finding_of_today_or_later_puts_it() -> None:
    every = [
        said(last="2026-03-15"),
        said("EXEMPTED", "2026-03-16", "2026-05-31", reason="accordée"),
        said("COMPLIANT", "2026-03-16"),
        said(first="2026-07-01", reason="plus tard"),
        said(first="2026-06-01", reason="d’abord"),
        said("NOT_APPLICABLE", commitment="other"),
    ]
    (state,) = states([("cap", "ANNUAL_CAP_FIXED")], every, TODAY, NOW)
    assert (state.verdict, state.from_on, state.reason) == ("VIOLATION", date(2026, 6, 1), "d’abord")
    assert (state.broken, state.exempted, state.kept, state.not_applicable) == (2, 1, 1, 0)


def test_a_verdict_keeps_the_instant_it_is_known_since_until_another_is_said() -> None:
    promised = [("cap", "ANNUAL_CAP_FIXED")]
    first = states(promised, [said()], TODAY, NOW)
    again = states(promised, [said(first="2026-02-01")], TODAY, LATER, first)
    other = states(promised, [said("COMPLIANT")], TODAY, LATER, again)
    assert [each.known_since for (each,) in (first, again, other)] == [NOW, NOW, LATER]


def test_a_commitment_of_which_nothing_is_said_is_not_applicable() -> None:
    (state,) = states([("cap", "ANNUAL_CAP_FIXED")], [], TODAY, NOW)
    assert (state.verdict, state.from_on, state.reason) == ("NOT_APPLICABLE", None, "")


def pronouncing(**other: Any) -> Any:
    envelope = ("originator_id", "originator_version", "timestamp")
    facts = {name: value for name, value in asdict(JUDGED).items() if name not in envelope} | {
        "commitments": JUDGED.commitments, **other,
    }  # fmt: skip
    return lambda judgement: Judgement.pronounce(judgement, STREAM, **facts)


def test_a_judgement_is_recorded_when_it_says_something_new() -> None:
    given().when(pronouncing()).then(JUDGED)
    given(JUDGED).when(pronouncing(on=date(2025, 12, 1), as_known_at=NOW, cause="calendar")).then_nothing()
    for change in (
        {"findings": "0" * 64},
        {"commitments": ()},
        {"next_on": None},
        {"assess_version": 3},
    ):
        given(JUDGED).when(pronouncing(**change)).then(replace(JUDGED, **change))


# What is said of a breach


def spoken(*present: Statement, about: Statement | None = None, on: date = TODAY) -> Said:
    (found,) = sayings(present, [about or said()], on)
    return found


def test_a_breach_that_holds_is_said_with_its_figures_of_now() -> None:
    assert spoken(said(last="2026-12-31", limit="49.20")) == Said.of(said(last="2026-12-31", limit="49.20"))


def test_a_breach_that_is_over_is_followed_by_what_is_said_next_of_its_cell() -> None:
    exempted = said("EXEMPTED", "2026-03-10", exemptions=("x1",))
    assert spoken(said(last="2026-03-09"), exempted) == Said.of(exempted)
    assert spoken(said(last="2026-03-09"), exempted, on=date(2026, 3, 9)).verdict == "VIOLATION"
    # Another breach of the cell has its own key.
    assert spoken(said(last="2026-03-09"), said(first="2026-03-10")).to_on == date(2026, 3, 9)
    assert spoken(said(last="2026-03-09")).to_on == date(2026, 3, 9)


def test_a_breach_that_is_something_else_from_its_first_day_on_is_said_so() -> None:
    assert spoken(said("EXEMPTED", exemptions=("x1",))).exemptions == ("x1",)
    assert spoken(said("COMPLIANT", "2025-12-01")).verdict == "COMPLIANT"


def test_a_breach_of_which_nothing_is_said_is_withdrawn() -> None:
    for present in ((), (said(grid="g3"),), (said(cell=None),), (said(first="2026-01-02"),)):
        found = spoken(*present)
        assert (found.verdict, found.excess, found.exemptions) == ("WITHDRAWN", "0.01", ())


def test_the_same_said_again_of_a_breach_is_nothing() -> None:
    saying: dict[str, Any] = {"assess_version": 2, "cause_position": 1300}
    first = Said.of(DETECTED)
    given(DETECTED).when(lambda b: b.say_otherwise(first, **saying)).then_nothing()
    given(DETECTED).when(lambda b: b.say_otherwise(Said.of(REVISED), **saying)).then(REVISED)
    given(DETECTED, REVISED).when(lambda b: b.say_otherwise(Said.of(REVISED), **saying)).then_nothing()
    given(DETECTED, REVISED).when(lambda b: b.say_otherwise(first, **saying)).then(
        VerdictRevised(**asdict(first), **saying)
    )


def test_a_breach_of_the_convention_itself_has_a_key() -> None:
    assert key_of("c1", said(grid=None, cell=None)) == breach_key("c1", "cap", "", None, date(2026, 1, 1))


# What a case rests on


def test_a_case_is_named_by_the_first_grid_of_its_corrections() -> None:
    corrects = {"g1": None, "g2": None, "g2b": "g2", "g2c": "g2b"}
    assert [origin(grid, corrects) for grid in ("g1", "g2", "g2c", None)] == ["g1", "g2", "g2", None]
    assert origin("a", {"a": "b", "b": "a"}) in {"a", "b"}
    gathered = gather("c1", [said(grid="g2c")], TODAY, corrects)
    assert gathered.keys() == {case_key("c1", "cap", "g2")}
    assert case_key("c1", "cap", "g2") == "ccee991e61b54c9fd79c11f48f7c6024"


def test_evidence_is_what_holds_the_largest_excess_first_once_a_cell() -> None:
    young = replace(OLD, age_from=0, age_to=49)
    every = [
        said("COMPLIANT", "2024-10-01", "2025-12-31", grid="g1", observed="47.80"),
        said(last="2026-06-30"),
        said(first="2026-07-01", excess="0.30", last="2026-12-31"),
        said(cell=young, excess="0.10", limit="0.00", last="2026-12-31"),
        said("COMPLIANT", cell=None),
        said(first="2025-01-01", last="2025-12-31", grid="g0"),
    ]
    (evidence,) = gather("c1", every, TODAY, {}).values()
    assert [(each.cell, each.excess, each.before) for each in evidence.cells] == [
        (OLD, "0.30", "47.80"),
        (young, "0.10", None),
    ]
    assert [each.excess_percent for each in evidence.cells] == ["0.61", None]
    assert evidence.cells[0].breach == key_of("c1", every[2])
    assert (evidence.from_on, evidence.to_on) == (date(2026, 1, 1), date(2026, 12, 31))


def test_a_case_is_healed_by_the_grid_that_stands_there_instead() -> None:
    (evidence,) = gather("c1", [said(first="2026-05-01")], TODAY, {}).values()
    kept = said("COMPLIANT", "2026-05-01", grid="g3")
    assert healer([said("COMPLIANT", "2026-01-01", "2026-04-30", grid="g1"), kept], evidence, TODAY) == "g3"
    assert healer([said("EXEMPTED", "2026-05-01")], evidence, TODAY) is None


# What it would take to let it pass


def test_the_least_leeway_is_that_of_the_dearest_cell_then_what_rounding_may_have_hidden() -> None:
    assert leeways("ANNUAL_CAP_FIXED", [SMALLER, CELL]) == [("49.74", "49.23"), ("49.740", "49.225")]
    average = replace(CELL, observed="3.62", limit="3.50")
    assert leeways("WEIGHTED_AVERAGE_CAP", [average]) == [("103.62", "103.50"), ("103.625", "103.495")]


def test_where_nothing_is_a_price_there_is_no_leeway() -> None:
    assert leeways("AGE_STRUCTURE", [replace(CELL, limit=None)]) == []
    assert leeways("NO_FEE", [replace(CELL, limit="0.00")]) == []
    assert leeways("ANNUAL_CAP_FIXED", []) == []
