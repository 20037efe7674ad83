"""Where a commitment stands: a breach counts as long as its grid is, or will be, in force."""

from datetime import UTC, date, datetime
from typing import Any

from projections.compliance.queries import BreachRow, GridRow
from projections.oversight.queries import ConventionRow, MonthOfOfficeHours
from services.web.standing import by_urgency, ended_months, in_force, promise, slots, stage, standings, worst

NOW = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 16)
WHERE: dict[str, Any] = {"tenant": "commune:38185", "owner": "accord:999000011"}
CLAUSE = {
    "id": "cap", "article": "Art. 5", "wording": "Pas plus de 3 %.", "rule": "ANNUAL_CAP_FIXED",
    "params": {"max_rise_percent": "3", "period": "CONVENTION_YEAR"},
}  # fmt: skip


def convention(**other: Any) -> ConventionRow:
    facts: dict[str, Any] = {
        "id": "c1", "insurer_name": "Mutuelle", "signed_on": date(2024, 7, 1), "starts_on": date(2024, 10, 1),
        "ends_on": date(2029, 9, 30), "notice_months": 6, "fees": 0, "waiting_period_days": 0, "commitments": [CLAUSE],
        "office_hours_per_month": 2, "office_hours_wording": "Deux par mois.", "office_hours_article": "Art. 7",
        "council_vote": None, "document": None, "fictitious": True, "state": "confirmed", "confirmed_by": "town",
        "confirmed_at": NOW, "version": 2, "position": 1, **other,
    }  # fmt: skip
    return ConventionRow(**WHERE, **facts)


def grid(name: str, effective_on: date, position: int) -> GridRow:
    return GridRow(
        **WHERE, convention="c1", id=name, document="", cells=2, effective_on=effective_on, notified_on=effective_on,
        justified=False, recorded_at=NOW, position=position,
    )  # fmt: skip


def breach(of: str, from_on: date, excess: int = 51, **other: Any) -> BreachRow:
    facts: dict[str, Any] = {
        "id": f"b-{of}-{excess}", "convention": "c1", "commitment": "cap", "article": "Art. 5", "wording": "…",
        "rule": "ANNUAL_CAP_FIXED", "grid": of, "formula": "N1", "category": "general", "role": "adult", "age_from": 50,
        "age_to": None, "verdict": "VIOLATION", "from_on": from_on, "to_on": None, "anchor_price": 4780,
        "limit_price": 4923, "observed_price": 4974, "excess": excess, "reason": "…", "detected_at": NOW,
        "grid_position": 2, "position": 9, **other,
    }  # fmt: skip
    return BreachRow(**WHERE, **facts)


def month(name: str, held: int, overdue: int = 0) -> MonthOfOfficeHours:
    return MonthOfOfficeHours(month=name, planned=2, held=held, cancelled=0, overdue=overdue, visitors=5)


OLD, NEW = grid("g1", date(2024, 10, 1), 2), grid("g2", date(2026, 5, 1), 5)


def state(
    grids: list[GridRow], breaches: list[BreachRow], *, judged: bool = True, today: date = TODAY
) -> str:
    (found,) = standings(convention(), grids, breaches, today, judged=judged)
    return found.state


def test_an_announced_price_above_its_cap_breaks_the_commitment_at_once() -> None:
    (found,) = standings(convention(), [OLD, NEW], [breach("g2", NEW.effective_on)], TODAY, judged=True)
    assert (found.state, found.word) == ("broken", None)
    assert found.title == "Pas plus de 3\u202f% de hausse par année de convention"
    assert "effet le 01/05/2026" in found.evidence


def test_the_worst_breach_opens_first() -> None:
    rows = [breach("g2", NEW.effective_on, 10), breach("g2", NEW.effective_on, 90)]
    (found,) = standings(convention(), [OLD, NEW], rows, TODAY, judged=True)
    assert found.breach is not None
    assert found.breach.excess == 90


def test_a_grid_corrected_before_it_took_effect_leaves_the_commitment_kept() -> None:
    corrected = grid("g3", NEW.effective_on, 7)
    assert state([OLD, NEW, corrected], [breach("g2", NEW.effective_on)]) == "kept"


def test_a_breach_counts_until_the_next_grid_is_in_force_and_is_remembered_after() -> None:
    later = grid("g3", date(2026, 7, 1), 7)
    rows = [breach("g2", NEW.effective_on)]
    assert state([OLD, NEW, later], rows, today=date(2026, 6, 30)) == "broken"
    (found,) = standings(convention(), [OLD, NEW, later], rows, date(2026, 7, 1), judged=True)
    assert found.state == "kept"
    assert "rompu une fois" in found.evidence


def test_a_law_in_dispute_is_an_alert_and_says_so() -> None:
    (found,) = standings(
        convention(), [OLD, NEW], [breach("g2", NEW.effective_on, verdict="LEGAL_ALERT")], TODAY, judged=True
    )
    assert found.word == "Alerte légale"


def test_without_an_earlier_price_there_is_nothing_to_keep() -> None:
    assert state([], []) == "none"
    assert state([OLD], []) == "none"


def test_a_grid_that_is_not_judged_yet_is_neither_kept_nor_broken() -> None:
    (found,) = standings(convention(), [OLD, NEW], [], TODAY, judged=False)
    assert (found.state, found.word) == ("undecidable", "Vérification en cours")


def test_of_two_grids_for_one_day_the_later_recorded_is_in_force() -> None:
    first, second = grid("a", date(2026, 1, 1), 3), grid("b", date(2026, 1, 1), 4)
    assert [(slot.grid.id, slot.last) for slot in slots([second, first])] == [
        ("a", date(2025, 12, 31)),
        ("b", None),
    ]
    assert in_force([first, second], TODAY) is second
    assert in_force([NEW], TODAY) is None


def test_office_hours_are_kept_when_every_month_that_ended_has_what_was_promised() -> None:
    starts = convention(starts_on=date(2026, 1, 1))
    found = promise(starts, [month("2026-01", 2), month("2026-02", 3), month("2026-03", 0)], TODAY)
    assert found is not None
    assert (found.state, found.evidence) == ("kept", "5\u00a0permanences depuis janvier 2026")


def test_a_month_below_the_promise_has_no_verdict_and_says_its_figures() -> None:
    starts = convention(starts_on=date(2026, 1, 1))
    found = promise(starts, [month("2026-01", 2), month("2026-02", 1, overdue=1)], TODAY)
    assert found is not None
    assert found.state == "undecidable"
    assert found.evidence == "février 2026 : 1 sur 2, 1 à déclarer"


def test_a_month_without_any_office_hour_counts_as_none() -> None:
    found = promise(convention(starts_on=date(2026, 1, 1)), [month("2026-01", 2)], TODAY)
    assert found is not None
    assert found.evidence.startswith("février 2026 : 0 sur 2")


def test_a_convention_without_promise_or_ended_month_claims_nothing() -> None:
    assert promise(convention(office_hours_per_month=None), [], TODAY) is None
    found = promise(convention(starts_on=date(2026, 3, 1)), [], TODAY)
    assert found is not None
    assert found.state == "none"


def test_only_whole_months_that_are_over_count_twelve_at_most() -> None:
    assert ended_months(date(2026, 1, 15), date(2026, 3, 31)) == ["2026-02"]
    assert len(ended_months(date(2020, 1, 1), TODAY)) == 12


def test_how_far_a_convention_is() -> None:
    assert stage(convention(), TODAY) == "current"
    assert stage(convention(state="declared"), TODAY) == "declared"
    assert stage(convention(starts_on=date(2026, 4, 1)), TODAY) == "upcoming"
    assert stage(convention(ends_on=date(2026, 3, 15)), TODAY) == "ended"


def test_the_worst_state_speaks_for_all_and_comes_first() -> None:
    every = standings(convention(), [OLD, NEW], [], TODAY, judged=True)
    every += standings(convention(), [OLD, NEW], [breach("g2", NEW.effective_on)], TODAY, judged=True)
    assert worst(every) == "broken"
    assert [found.state for found in by_urgency(every)] == ["broken", "kept"]
    assert worst([]) == "none"
