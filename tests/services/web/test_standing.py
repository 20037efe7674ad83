"""Where a commitment stands: as the last judgement left it, with the evidence that a mayor reads."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from projections.compliance.queries import BreachRow, StandingRow
from projections.oversight.queries import ConventionRow, MonthOfOfficeHours
from projections.tariffs.queries import GridRow
from services.web.standing import (
    Standing,
    by_urgency,
    ended_months,
    in_force,
    promise,
    slots,
    stage,
    standings,
    worst,
)

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


def grid(name: str, effective_on: date, position: int, corrects: str | None = None) -> GridRow:
    return GridRow(
        **WHERE, convention="c1", id=name, document="", cells=2, effective_on=effective_on, notified_on=effective_on,
        justified=False, recorded_at=NOW, position=position, corrects=corrects,
    )  # fmt: skip


def breach(of: str, from_on: date, excess: int = 51, **other: Any) -> BreachRow:
    facts: dict[str, Any] = {
        "id": f"b-{of}-{excess}", "convention": "c1", "commitment": "cap", "article": "Art. 5", "wording": "…",
        "rule": "ANNUAL_CAP_FIXED", "grid": of, "formula": "N1", "category": "general", "role": "adult", "age_from": 50,
        "age_to": None, "verdict": "VIOLATION", "from_on": from_on, "to_on": None, "anchor_price": 4780,
        "limit_price": 4923, "observed_price": 4974, "excess": excess, "reason": "…", "detected_at": NOW,
        "unit": "euros", "figures": {}, "exemptions": [], "revised_at": None, "revised_reason": None,
        "grid_position": 2, "position": 9, "last_position": 9, **other,
    }  # fmt: skip
    return BreachRow(**WHERE, **facts)


def month(name: str, held: int, overdue: int = 0) -> MonthOfOfficeHours:
    return MonthOfOfficeHours(month=name, planned=2, held=held, cancelled=0, overdue=overdue, visitors=5)


OLD, NEW = grid("g1", date(2024, 10, 1), 2), grid("g2", date(2026, 5, 1), 5)


def row(verdict: str, **other: Any) -> StandingRow:
    facts: dict[str, Any] = {
        "convention": "c1", "commitment": "cap", "rule": "ANNUAL_CAP_FIXED", "verdict": verdict,
        "from_on": NEW.effective_on, "known_since": NOW, "kept": 2, "broken": 0, "exempted": 0, "undecidable": 0,
        "not_applicable": 2, "reason": "Une phrase.", "judged_on": TODAY, "position": 9, **other,
    }  # fmt: skip
    return StandingRow(**WHERE, **facts)


def standing(
    said: StandingRow | None,
    *breaches: BreachRow,
    grids: Sequence[GridRow] = (OLD, NEW),
    judged: bool = True,
) -> Standing:
    rows = [said] if said is not None else []
    (found,) = standings(convention(), grids, rows, breaches, TODAY, judged=judged)
    return found


def test_an_announced_price_above_its_cap_breaks_the_commitment_at_once() -> None:
    found = standing(row("VIOLATION"), breach("g2", NEW.effective_on))
    assert (found.state, found.word) == ("broken", None)
    assert found.title == "Pas plus de 3\u202f% de hausse par année de convention"
    assert found.evidence == "constaté le 16/03/2026, effet le 01/05/2026"


def test_the_worst_breach_that_holds_opens_first() -> None:
    found = standing(
        row("VIOLATION"),
        breach("g2", NEW.effective_on, 10),
        breach("g2", NEW.effective_on, 90),
        breach("g1", OLD.effective_on, 99, to_on=date(2026, 3, 15)),
        breach("g2", NEW.effective_on, 98, verdict="WITHDRAWN"),
    )
    assert [each.excess for each in found.breaches] == [90, 10]
    assert found.breach is found.breaches[0]


def test_a_law_in_dispute_is_an_alert_and_says_so() -> None:
    assert standing(row("LEGAL_ALERT")).word == "Alerte légale"


def test_an_exemption_and_a_missing_figure_say_why() -> None:
    found = standing(row("EXEMPTED"))
    assert (found.state, found.evidence) == (
        "exempted",
        "dérogation connue depuis le 16/03/2026, effet le 01/05/2026",
    )
    found = standing(row("INDETERMINATE", reason="L’indice 2026 n’est pas publié."))
    assert (found.state, found.evidence) == ("undecidable", "L’indice 2026 n’est pas publié.")


def test_what_is_kept_says_when_it_was_verified_and_remembers_a_breach_that_was() -> None:
    assert standing(row("COMPLIANT")).evidence == "vérifié le 16/03/2026, 2\u00a0constats"
    once = breach("g1", OLD.effective_on, to_on=date(2025, 9, 30))
    assert standing(row("COMPLIANT"), once).evidence.endswith("rompu une fois, le 01/10/2024")


def test_without_an_earlier_price_there_is_nothing_to_keep() -> None:
    nothing = row("NOT_APPLICABLE", from_on=None, reason="")
    assert standing(nothing, grids=[]).evidence == "aucune grille notifiée"
    assert standing(nothing, grids=[OLD]).evidence == "première grille, aucun prix antérieur à comparer"
    assert standing(nothing).evidence == "rien à comparer"
    assert standing(row("NOT_APPLICABLE")).evidence == "Une phrase."
    assert standing(nothing).state == "none"


def test_what_is_not_judged_yet_is_neither_kept_nor_broken() -> None:
    for found in (standing(row("COMPLIANT"), judged=False), standing(None), standing(None, grids=[])):
        assert (found.state, found.word) == ("undecidable", "Vérification en cours")
    assert standing(row("VIOLATION"), judged=False).state == "broken"


def test_a_corrected_grid_is_never_in_force() -> None:
    wrong, right = grid("a", date(2026, 1, 1), 3), grid("b", date(2026, 2, 1), 4, corrects="a")
    again = grid("c", date(2026, 1, 15), 5, corrects="b")
    every = slots([OLD, wrong, right, again])
    assert [(slot.grid.id, slot.first, slot.last) for slot in every if not slot.over(slot.first)] == [
        ("g1", date(2024, 10, 1), date(2026, 1, 14)),
        ("c", date(2026, 1, 15), None),
    ]


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
    every = [standing(row(verdict)) for verdict in ("COMPLIANT", "EXEMPTED", "INDETERMINATE", "VIOLATION")]
    assert worst(every) == "broken"
    assert [found.state for found in by_urgency(every)] == ["broken", "undecidable", "exempted", "kept"]
    assert worst([]) == "none"
