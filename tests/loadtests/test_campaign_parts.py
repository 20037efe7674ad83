"""The parts of a campaign: when visits are due, whose a mark is, how fresh views were, what a bar is held against."""

import statistics
from collections import Counter
from itertools import pairwise

import pytest

from loadtests.campaign.freshness import Look, freshness
from loadtests.campaign.gauges import Gauges, parsed, waits
from loadtests.campaign.judging import BARS, breaks_a_bar, latencies, percentile
from loadtests.campaign.markers import foreign
from loadtests.campaign.mix import BY_NAME, KINDS, VISITS, requests_of, timetable
from loadtests.campaign.plan import Asked

ONE, OTHER = "000000075", "000000083"


def test_the_mix_is_a_thousand_requests_of_which_one_in_five_writes() -> None:
    of = Counter(kind for visit in VISITS for _, kind in visit.requests * visit.weight * visit.at_once)
    assert of.total() == 1_000
    assert 195 <= of["write"] <= 215


@pytest.mark.parametrize("arrivals", ["even", "random"])
@pytest.mark.parametrize("rate", [20, 300])
def test_as_many_requests_are_due_as_the_rate_says(arrivals: str, rate: int) -> None:
    slots = timetable(rate, 60, arrivals="random" if arrivals == "random" else "even")
    assert requests_of(slots) == pytest.approx(60 * rate, rel=0.01 if arrivals == "even" else 0.12)
    assert [slot.due for slot in slots] == sorted(slot.due for slot in slots)
    assert 0 <= slots[0].due <= slots[-1].due < 60


def test_a_timetable_is_the_same_for_the_same_seed_and_follows_the_weights() -> None:
    slots = timetable(300, 60, seed=5)
    assert slots == timetable(300, 60, seed=5) != timetable(300, 60, seed=6)
    counted = Counter(slot.visit for slot in slots)
    for name, visit in BY_NAME.items():
        expected = 18 * visit.weight * visit.at_once
        assert counted[name] == pytest.approx(expected, rel=0.15, abs=2 * visit.at_once)


def test_a_burst_is_due_at_one_moment_and_keeps_the_rate() -> None:
    slots = timetable(26, 10, visits={"office/join": 1})
    moments = Counter(slot.due for slot in slots)
    assert set(moments.values()) == {13}
    assert sorted(moments) == pytest.approx([0.5 * number for number in range(20)])


def test_even_visits_come_at_the_distance_of_their_requests() -> None:
    slots = timetable(10, 5, visits={"adviser/join": 1})
    gaps = [after.due - before.due for before, after in pairwise(slots)]
    assert statistics.fmean(gaps) == pytest.approx(0.2)  # a join is two requests


def test_nothing_is_due_at_rate_nought_and_a_mix_of_nothing_is_refused() -> None:
    assert timetable(0, 10) == []
    with pytest.raises(ValueError, match="at least one visit"):
        timetable(10, 10, visits={})


@pytest.mark.parametrize(
    ("body", "siren", "code", "seen"),
    [
        (b"nothing", ONE, None, []),
        (f"FICTIF-{ONE}-18279-00001 fictif-{ONE}-2A004".encode(), ONE, None, []),
        (f"FICTIF-{ONE}-18279-00001".encode(), OTHER, None, [f"FICTIF-{ONE}-18279"]),
        (f'"fictif-{ONE}-18279-2026-01"'.encode(), OTHER, None, [f"fictif-{ONE}-18279"]),
        (f"fictif-{ONE}-18279 fictif-{OTHER}-18279".encode(), None, "18279", []),
        (f"fictif-{ONE}-18279".encode(), None, "18033", [f"fictif-{ONE}-18279"]),
        (f"FICTIF-{ONE}-18279-00001".encode(), None, "18279", [f"FICTIF-{ONE}-18279"]),
        (f"fictif-{ONE}-18279".encode(), None, None, [f"fictif-{ONE}-18279"]),
    ],
)
def test_a_mark_is_foreign_to_everybody_but_its_insurer_and_what_is_shared_to_its_town(
    body: bytes, siren: str | None, code: str | None, seen: list[str]
) -> None:
    assert foreign(body, siren=siren, code=code) == seen


def test_freshness_dates_a_commit_before_it_was_seen_and_a_view_when_it_was_seen() -> None:
    looks = [
        Look(0.00, 10, 10),
        Look(0.02, 14, 10),  # 11 to 14 were committed after 0.00
        Look(0.04, 14, 12),  # 11 and 12 are visible by now
        Look(0.06, 15, 14),
        Look(0.08, 15, 15),
    ]
    found = freshness(looks, 0, 1)
    assert (found.events, found.never) == (5, 0)
    assert found.p50 == pytest.approx(0.04)
    assert found.worst == pytest.approx(0.06)
    assert freshness(looks, 0.03, 1).events == 1


def test_an_event_that_no_view_ever_shows_is_counted_as_never_shown() -> None:
    found = freshness([Look(0.0, 1, 1), Look(0.1, 3, 2), Look(0.2, 3, 2)], 0, 1)
    assert (found.events, found.never) == (1, 1)


def test_a_percentile_is_the_smallest_value_that_the_share_does_not_exceed() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.95) == 7
    assert percentile([], 0.95) == 0


def test_latency_counts_from_when_a_request_was_due_and_not_from_when_it_was_sent() -> None:
    late = Asked(0, "office: cases", 1.0, 1.9, 2.0, 200)
    assert latencies([late]) == [pytest.approx(1.0)]


@pytest.mark.parametrize(("name", "kind"), [("office: cases", "read"), ("office: leave", "write")])
def test_a_bar_is_broken_by_more_than_one_slow_request_in_twenty(name: str, kind: str) -> None:
    assert KINDS[name] == kind
    slow = BARS["read" if kind == "read" else "write"] + 0.01
    quick, late = Asked(0, name, 0, 0, 0.01, 200), Asked(0, name, 0, 0, slow, 200)
    assert not breaks_a_bar([quick] * 95 + [late] * 5)
    assert breaks_a_bar([quick] * 94 + [late] * 6)


def test_a_read_that_waits_for_its_own_write_is_held_against_no_bar_of_reads() -> None:
    assert not breaks_a_bar([Asked(0, "adviser: read it back", 0, 0, 5.0, 200)])


def test_queues_and_pools_are_read_from_the_metrics_of_a_process() -> None:
    page = (
        "# HELP beffroi_ledger_waiting_commands Commands that wait to be appended\n"
        "beffroi_ledger_waiting_commands {waiting}\n"
        "beffroi_ledger_group_commands_sum {commands}\nbeffroi_ledger_group_commands_count {groups}\n"
        'beffroi_pool_connections_in_use{{role="request"}} 12.0\n'
        'beffroi_pool_wait_seconds_total{{role="request"}} {waited}\n'
        'beffroi_http_request_seconds_count{{route="/"}} 3.0\n'
    )
    seen = [
        Gauges(1.0, parsed(page.format(waiting=2.0, commands=10.0, groups=10.0, waited=0.5))),
        Gauges(2.0, parsed(page.format(waiting=9.0, commands=40.0, groups=16.0, waited=2.0))),
        Gauges(9.0, parsed(page.format(waiting=99.0, commands=90.0, groups=20.0, waited=9.0))),
    ]
    found = waits(seen, 0.5, 3.0)
    assert (found["commands_waiting_most"], found["commands_in_a_commit"]) == (9, 5)
    assert found["request_pool"] == {"in_use_most": 12, "waiting_most": 0, "seconds_waited": 1.5}
    assert waits(seen, 20, 30) == {}
