"""The compliance view: judgements, where commitments stand, breaches with their history, and cases step by step."""

from datetime import date

import pytest
from msgspec.structs import replace

from projections.compliance.cases import CASE_FILE, CASE_STEP
from projections.compliance.judgements import BREACH, JUDGED, JUDGEMENT, STANDING, VERDICT
from projections.compliance.view import VIEW
from tests.support import case_samples as of_cases
from tests.support import facts
from tests.support.facts import fact, shown
from tests.support.samples import DETECTED


def test_a_judgement_is_listed_and_leaves_every_commitment_where_it_says() -> None:
    second = replace(
        of_cases.JUDGED,
        commitments=(replace(of_cases.STATE, verdict="COMPLIANT", broken=0),),
        broken=(),
        next_on=None,
        cause="calendar",
        cause_position=None,
    )
    tables = shown(VIEW, fact(of_cases.JUDGED, "c1", position=7), fact(second, "c1", version=2, position=9))
    first, last = tables.all(JUDGEMENT)
    assert (first["cause"], first["cause_position"], first["broken"]) == ("grid.notified", 1234, 1)
    assert (last["cause"], last["cause_position"], last["broken"]) == ("calendar", None, 0)
    assert first["document"] == first["findings"] == of_cases.DOCUMENT
    judged = tables.only(JUDGED)
    assert (judged["verdict"], judged["next_on"], judged["position"]) == ("COMPLIANT", None, 9)
    standing = tables.only(STANDING)
    assert (standing["commitment"], standing["verdict"], standing["from_on"]) == (
        "cap", "COMPLIANT", date(2026, 1, 1),
    )  # fmt: skip
    assert (standing["kept"], standing["broken"], standing["position"]) == (88, 0, 9)


def test_an_alert_shows_what_was_promised_what_was_announced_and_by_how_much() -> None:
    tables = shown(VIEW, fact(DETECTED, "b1", position=9))
    assert tables.only(BREACH) == {
        **facts.WHOSE,
        "id": "b1",
        "convention": "c1",
        "commitment": "cap",
        "article": "Art. 5",
        "wording": DETECTED.wording,
        "rule": "ANNUAL_CAP_FIXED",
        "grid": "2026",
        "formula": "N1",
        "category": "general",
        "role": "adult",
        "age_from": 50,
        "age_to": 64,
        "verdict": "VIOLATION",
        "from_on": date(2026, 1, 1),
        "to_on": date(2026, 12, 31),
        "unit": "euros",
        "figures": '{"anchor":"47.80","excess":"0.01","limit":"49.23","observed":"49.24"}',
        "anchor_price": 4780,
        "limit_price": 4923,
        "observed_price": 4924,
        "excess": 1,
        "reason": DETECTED.reason,
        "detected_at": facts.AT,
        "exemptions": "[]",
        "revised_at": None,
        "revised_reason": None,
        "grid_position": 1234,
        "position": 9,
        "last_position": 9,
    }
    assert (tables.only(VERDICT)["verdict"], tables.only(VERDICT)["cause_position"]) == ("VIOLATION", 1234)


def test_an_alert_may_be_about_no_grid_and_no_cell_and_have_no_figures() -> None:
    bare = replace(
        DETECTED, grid="", cell=None, anchor=None, limit=None, observed=None, excess=None, to_on=None
    )
    row = shown(VIEW, fact(bare, "b1")).only(BREACH)
    nothing = (
        "grid", "formula", "category", "role", "age_from", "age_to", "anchor_price", "limit_price", "excess",
        "to_on",
    )  # fmt: skip
    assert [row[name] for name in nothing] == [None] * len(nothing)


@pytest.mark.parametrize("unit", ["percent", "day", "count"])
def test_figures_that_are_not_money_are_not_shown_as_prices(unit: str) -> None:
    row = shown(VIEW, fact(replace(DETECTED, unit=unit, anchor="3.62", excess="14"), "b1")).only(BREACH)
    assert (row["anchor_price"], row["limit_price"], row["observed_price"], row["excess"]) == (None,) * 4
    assert '"excess":"14"' in row["figures"]


def test_an_excess_may_be_below_nothing() -> None:
    assert shown(VIEW, fact(replace(DETECTED, excess="-0.41"), "b1")).only(BREACH)["excess"] == -41


def test_what_is_exempted_later_was_broken_until_the_day_before() -> None:
    tables = shown(
        VIEW, fact(DETECTED, "b1", position=9), fact(of_cases.REVISED, "b1", version=2, position=12)
    )
    row = tables.only(BREACH)
    assert (row["verdict"], row["from_on"], row["to_on"]) == (
        "EXEMPTED", date(2026, 1, 1), date(2026, 3, 9),
    )  # fmt: skip
    assert (row["excess"], row["limit_price"]) == (1, 4923)  # as it was when it was broken
    assert (row["exemptions"], row["revised_reason"]) == ('["taxe-2026"]', of_cases.REVISED.reason)
    assert (row["position"], row["last_position"]) == (9, 12)
    first, second = tables.all(VERDICT)
    assert (first["verdict"], second["verdict"], second["from_on"]) == (
        "VIOLATION", "EXEMPTED", date(2026, 3, 10),
    )  # fmt: skip


def test_what_is_broken_otherwise_shows_its_figures_of_now() -> None:
    otherwise = replace(
        of_cases.REVISED,
        verdict="VIOLATION",
        from_on=DETECTED.from_on,
        to_on=None,
        excess="0.90",
        exemptions=(),
    )
    row = shown(VIEW, fact(DETECTED, "b1"), fact(otherwise, "b1", version=2, position=2)).only(BREACH)
    assert (row["verdict"], row["to_on"], row["excess"], row["limit_price"]) == ("VIOLATION", None, 90, 5013)


STEPS = (
    (of_cases.OPENED, ("detected", "insurer", "explanation", date(2025, 11, 15), None)),
    (of_cases.SILENT, ("detected", "insurer", "explanation", date(2025, 11, 15), date(2025, 11, 15))),
    (of_cases.EXPLAINED, ("explained", "town", "answer", date(2025, 12, 15), None)),
    (of_cases.DISPUTED, ("disputed", "insurer", "explanation", date(2025, 12, 30), None)),
    (of_cases.CASE_REVISED, ("disputed", "insurer", "explanation", date(2025, 12, 30), None)),
    (of_cases.SENT, ("formal_notice", "insurer", "cure", date(2026, 2, 4), None)),
    (of_cases.CASE_CORRECTED, ("corrected", None, None, None, None)),
    (of_cases.REOPENED, ("detected", "insurer", "explanation", date(2026, 6, 16), None)),
    (of_cases.ACCEPTED, ("accepted", None, None, None, None)),
    (of_cases.ENDED_FOR, ("notice_given", None, None, None, None)),
)


def test_a_case_shows_at_each_step_whose_turn_it_is_and_until_when() -> None:
    told = [fact(event, "k1", version=n, position=n) for n, (event, _) in enumerate(STEPS, 1)]
    for number, (_, expected) in enumerate(STEPS, 1):
        row = shown(VIEW, *told[:number]).only(CASE_FILE)
        columns = ("state", "turn", "clock", "due_on", "fell_due_on")
        assert tuple(row[name] for name in columns) == expected
        assert (row["version"], row["position"], row["last_position"]) == (number, 1, number)


def test_a_case_keeps_what_each_step_left() -> None:
    told = [fact(event, "k1", version=n, position=n) for n, (event, _) in enumerate(STEPS, 1)]
    row = shown(VIEW, *told[:7]).only(CASE_FILE)
    assert (row["excess"], row["excess_percent"], row["cell_count"]) == ("0.51", "1.04", 1)
    assert (row["corrected_on"], row["corrected_by"]) == (date(2026, 2, 1), "2026-b")
    assert (row["formal_notice_on"], row["formal_notice_channel"]) == (date(2026, 1, 5), "registered_letter")
    row = shown(VIEW, *told).only(CASE_FILE)
    assert (row["corrected_on"], row["exemption"], row["takes_effect_on"]) == (
        None, of_cases.ACCEPTED.exemption, date(2026, 8, 6),
    )  # fmt: skip


def test_every_step_of_a_case_says_who_took_it_with_which_documents() -> None:
    told = [fact(event, "k1", version=n, position=n) for n, (event, _) in enumerate(STEPS, 1)]
    rows = shown(VIEW, *told).all(CASE_STEP)
    assert [(row["step"], row["by_side"]) for row in rows] == [
        ("opened", "judge"),
        ("fell_due", "calendar"),
        ("explained", "insurer"),
        ("disputed", "town"),
        ("revised", "judge"),
        ("formal_notice_sent", "town"),
        ("corrected", "judge"),
        ("reopened", "judge"),
        ("accepted", "town"),
        ("notice_given", "town"),
    ]
    explained, sent = rows[2], rows[5]
    assert explained["text"] == of_cases.EXPLAINED.text
    assert explained["documents"] == sent["documents"] == f'["{of_cases.DOCUMENT}"]'
    assert sent["facts"] == '{"channel":"registered_letter","cure_by":"2026-02-04","sent_on":"2026-01-05"}'
    assert rows[0]["facts"] == '{"cause_position":1234,"explain_by":"2025-11-15"}'
