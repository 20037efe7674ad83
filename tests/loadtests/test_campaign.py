"""A short campaign over the whole product: every sort of visit is sent, and the ledger bears every answer out."""

from pathlib import Path

import msgspec
import pytest

from loadtests.campaign import check
from loadtests.campaign.mix import BY_NAME, KINDS
from loadtests.campaign.plan import Asked, Phase
from loadtests.campaign.report import figures, table
from loadtests.campaign.run import Campaign, Wish, run

RATE, SECONDS = 20.0, 8.0
ALL_EVENLY = dict.fromkeys(BY_NAME, 1)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    folder = tmp_path_factory.mktemp("campaign")
    phase = Phase(name="all of them", rate=RATE, seconds=SECONDS, visits=ALL_EVENLY)
    wish = Wish(
        phases=[phase],
        communes=16,
        members=12,
        sessions={"adviser": 4, "manager": 3, "town": 4, "office": 6},
        html=folder / "report.html",
    )
    return run(wish, lambda _: None, folder)


def test_the_ledger_bears_every_answer_out(campaign: Campaign) -> None:
    assert campaign.faults == []
    assert len(campaign.journal.written) > 20
    assert any(written.again for written in campaign.journal.written)


def test_every_sort_of_request_was_sent_as_often_as_the_timetable_says(campaign: Campaign) -> None:
    (passed,) = campaign.journal.phases
    assert {one.name for one in campaign.journal.asked} == set(KINDS)
    assert (passed.dropped, len(campaign.journal.asked)) == (0, passed.offered)
    assert passed.offered >= RATE * SECONDS


def test_nothing_is_sent_before_it_is_due(campaign: Campaign) -> None:
    assert all(one.sent >= one.due for one in campaign.journal.asked)
    assert all(one.done >= one.sent for one in campaign.journal.asked)


def test_towns_look_at_cases_and_style_is_fetched_once(campaign: Campaign) -> None:
    assert [one for one in campaign.journal.asked if one.name == "town: a case"]
    people = 3 + 4  # managers and towns read pages
    assert 0 < campaign.journal.assets <= 12 * people


def test_every_event_of_the_run_became_visible_to_the_probe(campaign: Campaign) -> None:
    found = figures(campaign, "a test")
    (phase,) = found["phases"]
    assert phase["freshness"]["never"] == 0
    assert phase["freshness"]["events"] >= len(campaign.journal.written) // 2


def test_the_report_has_a_row_for_every_request_class_and_process(campaign: Campaign) -> None:
    found = figures(campaign, "a test")
    text = table(found)
    (phase,) = found["phases"]
    assert set(phase["requests"]) == set(KINDS)
    assert set(phase["cpu"]) == {"work", "web", "postgres", "generator"}
    assert all(spent > 0 for spent in phase["cpu"].values())
    for row in (*KINDS, "**reads**", "**writes**", *check.RULES):
        assert f"| {row} |" in text
    assert found["passed"]


def test_what_was_not_looked_at_is_not_called_sound(campaign: Campaign) -> None:
    unseen = msgspec.structs.replace(campaign, wish=msgspec.structs.replace(campaign.wish, views=False))
    assert f"| {check.RULES[-1]} | not looked at |" in table(figures(unseen, "a test"))


def test_the_knee_lies_between_the_last_step_that_held_and_the_first_that_did_not(campaign: Campaign) -> None:
    (passed,) = campaign.journal.phases
    steps = [msgspec.structs.replace(passed, name=f"step {rate:g}", rate=rate) for rate in (100.0, 150.0)]
    quick = [Asked(0, one.name, 0, 0, 0.001, 200) for one in campaign.journal.asked]
    slow = [Asked(1, one.name, 0, 0, 3.0, 200) for one in campaign.journal.asked]
    journal = msgspec.structs.replace(campaign.journal, phases=steps, asked=[*quick, *slow])
    found = figures(msgspec.structs.replace(campaign, journal=journal), "a test")
    assert (found["knee"]["held"], found["knee"]["broke"]) == (100, 150)
    assert found["knee"]["busiest"] == max(passed.cpu, key=passed.cpu.__getitem__)
    assert "**Knee**: 100 requests/s held the bars of reads and writes and followed, 150 did not" in table(
        found
    )


def test_locusts_own_report_is_kept(campaign: Campaign) -> None:
    html = campaign.wish.html
    assert isinstance(html, Path)
    assert "adviser: join" in html.read_text(encoding="utf-8")
