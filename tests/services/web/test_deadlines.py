"""What is due on which day: from the clocks, the ends, the notices and the indices of a convention."""

from datetime import date
from typing import Any

from projections.compliance.portfolio import CaseDue
from projections.oversight.portfolio import Agreement
from projections.tariffs.queries import ExemptionEnd
from services.web.deadlines import Deadline, deadlines, foremost, told

TODAY = date(2026, 11, 25)
FIRST_GRID = date(2024, 10, 1)


def agreement(**other: Any) -> Agreement:
    facts: dict[str, Any] = {
        "tenant": "commune:38185", "owner": "accord:999000011", "id": "c1", "state": "confirmed", "fictitious": True,
        "starts_on": date(2024, 10, 1), "ends_on": date(2029, 9, 30), "notice_on": None, "notice_by": None,
        "ended_on": None, "pending": False, "notices": [], "indexed": [], "position": 1, **other,
    }  # fmt: skip
    return Agreement(**facts)


def case(on: date, turn: Any = "insurer", clock: Any = "explanation") -> CaseDue:
    return CaseDue(
        tenant="commune:38185", convention="c1", id="k1", commitment="cap", state="detected", turn=turn, clock=clock,
        due_on=on,
    )  # fmt: skip


def days(found: list[Deadline]) -> list[tuple[date, str]]:
    return [(each.on, each.kind) for each in found]


def test_a_convention_is_due_at_its_end_and_under_notice_at_the_last_day_of_it() -> None:
    assert days(deadlines(agreement(), TODAY)) == [(date(2029, 9, 30), "end")]
    noticed = agreement(notice_on=date(2027, 5, 25), notice_by="town")
    assert days(deadlines(noticed, TODAY)) == [(date(2027, 5, 25), "notice")]


def test_a_convention_that_is_over_or_not_confirmed_is_due_nothing_but_its_cases() -> None:
    over = agreement(ends_on=date(2026, 9, 30), ended_on=date(2026, 9, 30))
    assert days(deadlines(over, TODAY, cases=[case(date(2026, 12, 9))])) == [(date(2026, 12, 9), "case")]
    assert deadlines(agreement(state="declared"), TODAY) == []


def test_whose_turn_a_case_is_says_what_it_is_due_for() -> None:
    ours, theirs = case(date(2026, 12, 9)), case(date(2026, 12, 1), "town", "answer")
    found = deadlines(agreement(), TODAY, cases=[ours, theirs])
    assert days(found)[:2] == [(date(2026, 12, 1), "answer"), (date(2026, 12, 9), "case")]
    assert [each.whose for each in found[:2]] == ["town", "insurer"]
    assert found[1].words == "expliquer ou corriger"


def test_a_grid_for_january_is_notified_by_the_day_that_the_commitment_says() -> None:
    by_october = agreement(notices=[{"fixed_day": "10-31"}])
    two_months = agreement(notices=[{"months": 2}])
    assert days(deadlines(by_october, date(2026, 9, 1), last_effective=FIRST_GRID))[0] == (
        date(2026, 10, 31),
        "tariff",
    )
    assert days(deadlines(two_months, TODAY, last_effective=FIRST_GRID))[0] == (date(2027, 11, 1), "tariff")
    both = agreement(notices=[{"months": 2}, {"fixed_day": "09-30"}])
    assert days(deadlines(both, date(2026, 9, 1), last_effective=FIRST_GRID))[0][0] == date(2026, 9, 30)


def test_no_grid_is_due_before_the_first_nor_once_it_is_there_nor_after_the_end() -> None:
    noticed = agreement(notices=[{"months": 2}])
    early = date(2026, 9, 1)
    assert "tariff" not in dict(map(reversed, days(deadlines(noticed, early))))  # type: ignore[arg-type] # pairs
    there = deadlines(noticed, early, last_effective=date(2027, 1, 1))
    ending = deadlines(
        agreement(notices=[{"months": 2}], ends_on=date(2026, 12, 31)), early, last_effective=FIRST_GRID
    )
    for found in (there, ending):
        assert [each.kind for each in found] == ["end"]


def test_an_index_is_awaited_in_the_month_after_its_year_and_then_until_it_comes() -> None:
    indexed = agreement(indexed=[{"index": "IPC_HT_AVG"}, {"index": "IPC_HT_AVG"}])
    known = deadlines(indexed, TODAY, applied={"IPC_HT_AVG": 2025})
    assert days(known)[0] == (date(2027, 1, 31), "index")
    assert "indice 2026 attendu en janvier 2027" in known[0].words
    missing = deadlines(indexed, TODAY)
    assert days(missing)[0] == (TODAY, "index")
    assert "depuis janvier 2026" in missing[0].words
    assert not missing[0].late(TODAY)
    assert missing[0].left(TODAY) == "toujours attendu"


def test_the_last_day_of_an_exemption_is_due() -> None:
    row = ExemptionEnd("commune:38185", "c1", date(2026, 12, 31))
    assert days(deadlines(agreement(), TODAY, exemptions=[row]))[0] == (date(2026, 12, 31), "exemption")


def test_what_somebody_has_to_do_soon_is_named_before_what_only_comes_first() -> None:
    indexed = agreement(indexed=[{"index": "PMSS"}])
    found = deadlines(indexed, TODAY, cases=[case(date(2026, 12, 9))])
    assert found[0].kind == "index"
    first = foremost(found, TODAY)
    assert first is not None
    assert first.kind == "case"
    assert foremost([], TODAY) is None


def test_a_day_that_passed_is_late_and_says_since_when() -> None:
    late = deadlines(agreement(), TODAY, cases=[case(date(2026, 11, 22))])[0]
    assert late.late(TODAY)
    assert late.left(TODAY).replace("\u00a0", " ") == "échu depuis 3 jours"
    assert told([late, late]).replace("\u00a0", " ") == "2 dossiers à traiter"
