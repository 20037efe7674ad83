"""The judge: whatever bears on a tariff changes exactly the verdicts it should, and what was said before stays."""

from collections.abc import Iterator
from datetime import date

import pytest

from domain.tariffs.assess import CellId
from domain.tariffs.headcounts import Headcounts, counts_document
from domain.tenancy import PLATFORM, Owner
from projections.compliance import queries as compliance
from services.commands import indices, partnerships
from services.commands.headcounts import headcounts_stream
from services.commands.judgement import JudgeTariff, judge_tariff
from services.commands.perform import Decision, perform
from services.reading import Audience
from services.workers.judge import positions_in
from tests.support import cast
from tests.support.cast import GRENOBLE, INSURER, RIVAL_ACCORD
from tests.support.database import Database
from tests.support.judging import CAP, World, judging, promise

HELD = ("VIOLATION", date(2026, 1, 1), None)


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    with judging(database) as made:
        yield made


@pytest.fixture
def broken(world: World) -> World:
    """A price of one cent above its cap from January 2026 on, told in October 2025."""
    world.agree().notify("g1", "2024-10-01", "47.80")
    world.at("2025-10-31").notify("g2", "2026-01-01", "49.24")
    return world.on("2025-10-31")


def test_a_confirmed_convention_is_judged_at_once_and_nothing_is_said_of_it(world: World) -> None:
    world.agree().on("2024-07-01")
    standing = world.standing()
    assert (standing.verdict, standing.from_on, standing.reason) == ("NOT_APPLICABLE", None, "")
    (judgement,) = world.judgements()
    assert (judgement.cause, judgement.broken, judgement.next_on) == ("convention.confirmed", 0, None)


def test_a_grid_above_its_cap_is_a_breach_a_case_and_a_standing(broken: World) -> None:
    (breach,) = broken.breaches()
    assert (breach.verdict, breach.from_on, breach.to_on, breach.excess) == (*HELD, 1)
    assert (breach.unit, breach.figures["limit"]) == ("euros", "49.23")
    case = broken.case()
    assert (case.state, case.turn, case.due_on) == ("detected", "insurer", date(2025, 11, 15))
    assert case.cells == [
        {
            "cell": {"formula": "N1", "category": "general", "role": "adult", "age_from": 50, "age_to": None},
            "subject": None, "before": "47.80", "anchor": "47.80", "limit": "49.23", "observed": "49.24",
            "excess": "0.01", "excess_percent": "0.02", "breach": breach.id,
        }
    ]  # fmt: skip
    standing = broken.standing()
    assert (standing.verdict, standing.from_on, standing.broken, standing.not_applicable) == (
        "VIOLATION", date(2026, 1, 1), 1, 1,
    )  # fmt: skip
    assert standing.reason == breach.reason
    last = broken.judgements()[-1]
    assert (last.cause, last.next_on, last.broken) == ("grid.notified", date(2026, 1, 1), 1)


def test_the_ledger_position_of_a_breach_is_that_of_its_grid(broken: World) -> None:
    (breach,) = broken.breaches()
    last = broken.judgements()[-1]
    assert breach.grid_position == last.cause_position
    assert breach.position == last.position + 1


def test_a_correction_heals_a_breach_and_both_are_kept(broken: World) -> None:
    broken.on("2025-11-16").at("2026-02-01").notify("g2b", "2026-01-01", "49.23", corrects="g2")
    broken.on("2026-02-01")
    (breach,) = broken.breaches()
    assert breach.verdict == "WITHDRAWN"
    assert [row.verdict for row in broken.verdicts(breach.id)] == ["VIOLATION", "WITHDRAWN"]
    case = broken.case()
    assert (case.state, case.turn, case.corrected_by, case.corrected_on) == (
        "corrected", None, "g2b", date(2026, 2, 1),
    )  # fmt: skip
    assert broken.standing().verdict == "COMPLIANT"
    assert broken.said() == ["opened", "fell_due", "corrected"]


def test_of_two_corrections_the_latest_counts(broken: World) -> None:
    broken.at("2025-11-02").notify("g2b", "2026-01-01", "49.23", corrects="g2")
    broken.on("2025-11-02").at("2025-11-03").notify("g2c", "2026-01-01", "49.30", corrects="g2")
    broken.on("2025-11-03")
    first, second = broken.breaches()
    assert [(row.grid, row.verdict, row.excess) for row in (first, second)] == [
        ("g2", "WITHDRAWN", 1),
        ("g2c", "VIOLATION", 7),
    ]
    case = broken.case()
    assert (case.grid, case.state, case.excess) == ("g2", "detected", "0.07")
    assert broken.said() == ["opened", "corrected", "reopened"]


def test_a_lower_grid_before_its_day_is_another_story_and_heals_too(broken: World) -> None:
    broken.at("2025-11-02").notify("g3", "2026-01-01", "49.00")
    broken.on("2025-11-02")
    assert (broken.case().state, broken.case().corrected_by) == ("corrected", "g3")


def test_a_price_that_was_charged_is_healed_on_the_day_of_the_next_grid(broken: World) -> None:
    broken.at("2026-03-01").notify("g3", "2026-04-01", "49.00")
    broken.on("2026-03-01")
    assert (broken.case().state, broken.case().to_on) == ("detected", date(2026, 3, 31))
    broken.on("2026-04-01")
    assert (broken.case().state, broken.case().corrected_on) == ("corrected", date(2026, 4, 1))
    assert broken.judgements()[-1].cause == "calendar"
    (breach,) = broken.breaches()
    assert (breach.verdict, breach.to_on) == ("VIOLATION", date(2026, 3, 31))


def test_an_exemption_granted_after_effect_counts_from_the_day_it_is_decided(broken: World) -> None:
    broken.at("2026-03-10").exempt("x1", ("1.1532", "1.1327"), "2026-01-01")
    broken.on("2026-03-10")
    (breach,) = broken.breaches()
    assert (breach.verdict, breach.to_on, breach.exemptions) == ("EXEMPTED", date(2026, 3, 9), ["x1"])
    first, second = broken.verdicts(breach.id)
    assert (first.verdict, first.from_on) == ("VIOLATION", date(2026, 1, 1))
    assert (second.verdict, second.from_on, second.figures["limit"]) == (
        "EXEMPTED",
        date(2026, 3, 10),
        "50.13",
    )
    standing = broken.standing()
    assert (standing.verdict, standing.from_on) == ("EXEMPTED", date(2026, 3, 10))
    assert (broken.case().state, broken.case().corrected_by) == ("corrected", None)


def test_a_revoked_exemption_leaves_the_price_broken_and_reopens_the_case(world: World) -> None:
    world.agree().notify("g1", "2024-10-01", "47.80")
    world.at("2025-10-31").notify("g2", "2026-01-01", "50.13")
    world.on("2025-10-31").exempt("x1", ("1.1532", "1.1327"), "2026-01-01")
    world.on("2025-10-31")
    assert world.standing().verdict == "EXEMPTED"
    world.at("2026-05-20").revoke("x1", "2026-06-01")
    world.on("2026-05-20")
    assert world.standing().verdict == "EXEMPTED"  # until then the price may still fall
    world.on("2026-06-01")
    before, after = world.breaches()
    assert (before.verdict, before.to_on) == ("EXEMPTED", date(2025, 12, 31))  # it never came to that
    assert (after.verdict, after.from_on, after.excess) == ("VIOLATION", date(2026, 6, 1), 90)
    case = world.case()
    assert (case.state, case.from_on, case.due_on) == ("detected", date(2026, 6, 1), date(2026, 6, 16))
    assert world.said() == ["opened", "corrected", "reopened"]
    assert world.standing().verdict == "VIOLATION"


def test_an_exemption_that_runs_out_breaks_on_the_day_after_and_not_before(world: World) -> None:
    world.agree().notify("g1", "2024-10-01", "47.80")
    world.at("2025-10-31").notify("g2", "2026-01-01", "50.13")
    world.on("2025-10-31").exempt("x1", ("1.1532", "1.1327"), "2026-01-01", "2026-03-31")
    world.on("2025-10-31")
    standing = world.standing()
    assert (standing.verdict, standing.from_on, standing.exempted) == ("EXEMPTED", date(2026, 1, 1), 1)
    assert world.case().state == "corrected"
    world.on("2026-04-01")
    assert world.case().state == "detected"
    assert (world.standing().exempted, world.standing().broken) == (0, 1)
    assert world.judgements()[-1].cause == "calendar"


def test_a_reference_that_falls_breaks_a_price_that_did_not_move(world: World) -> None:
    world.agree(promise("MIN_DISCOUNT", min_discount_percent="15"))
    world.deposit("r1", "2024-10-01", "58.60")
    receipt = world.notify("g1", "2024-10-01", "49.81")
    world.on("2024-10-01")
    assert world.standing().verdict == "COMPLIANT"
    world.at("2025-01-15").deposit("r2", "2025-01-01", "57.00")
    world.on("2025-01-15")
    (breach,) = world.breaches()
    assert (breach.excess, breach.limit_price, breach.from_on) == (136, 4845, date(2025, 1, 1))
    assert receipt is not None
    assert breach.grid_position == receipt.first
    case = world.case()
    assert case.cause_position == world.judgements()[-1].cause_position
    assert case.cells[0]["before"] is None  # the first grid replaced nothing


def test_an_index_makes_decidable_what_the_contract_lets_it(world: World) -> None:
    later = {"index": "IPC_HT_AVG", "margin_points": "2"}
    world.agree(
        promise("ANNUAL_CAP_INDEXED", "at-notice", **later),
        promise("ANNUAL_CAP_INDEXED", "at-effect", **later, as_of="EFFECTIVE_DATE"),
    ).notify("g1", "2024-10-01", "47.80")
    world.at("2025-10-31").notify("g2", "2026-02-01", "49.20")
    world.on("2025-10-31")
    assert {world.standing(name).verdict for name in ("at-notice", "at-effect")} == {"INDETERMINATE"}
    world.at("2026-01-15")
    published = indices.PublishIndex(
        index="IPC_HT_AVG", year=2025, value="0.9", published_on=date(2026, 1, 15), source="INSEE"
    )
    indices.publish_index(world.ledger, PLATFORM, Owner("platform"), published, world.ask("account:operator"))
    world.on("2026-01-15")
    assert world.standing("at-notice").verdict == "INDETERMINATE"
    assert world.standing("at-effect").verdict == "VIOLATION"
    assert world.judgements()[-1].cause == "index.applied"


def test_an_amendment_is_judged_by_when_it_is_confirmed(broken: World) -> None:
    broken.at("2025-11-20").amend("2025-12-01", promise("ANNUAL_CAP_FIXED", max_rise_percent="4"))
    broken.on("2025-11-20")
    assert broken.standing().verdict == "COMPLIANT"
    assert broken.case().state == "corrected"
    assert broken.judgements()[-1].cause == "amendment.confirmed"


def test_what_an_amendment_drops_is_not_judged_after_it(world: World) -> None:
    world.agree(CAP, promise("NO_FEE", "c2"), fees=1050).on("2024-07-01")
    assert world.standing("c2").verdict == "VIOLATION"
    world.at("2025-11-20").amend("2025-12-01", CAP)
    world.on("2025-11-20").on("2025-12-01")
    assert (world.standing("c2").verdict, world.standing("c2").from_on) == ("NOT_APPLICABLE", None)
    assert (world.case().grid, world.case().state) == (None, "corrected")


def test_a_headcount_lets_an_average_be_judged(world: World) -> None:
    world.agree(promise("WEIGHTED_AVERAGE_CAP", max_rise_percent="3.5")).notify(
        "g1", "2024-10-01", "31.86", "47.80", "103.93"
    )
    world.at("2025-10-31").notify("g2", "2026-01-01", "32.50", "49.90", "106.00")
    world.on("2025-10-31")
    assert world.standing().verdict == "INDETERMINATE"
    world.at("2025-11-05").count("h1", "2025-10-30", 120, 260, 20)
    world.on("2025-11-05")
    (breach,) = world.breaches()
    assert (breach.unit, breach.figures["observed"], breach.excess) == ("percent", "3.62", None)
    assert (world.case().unit, world.case().excess) == ("percent", "0.12")
    assert world.judgements()[-1].cause == "headcount.taken"


def test_a_freeze_that_ends_leaves_the_commitment_kept(world: World) -> None:
    world.agree(promise("PRICE_FREEZE", until="2026-09-30")).notify("g1", "2024-10-01", "47.80")
    world.at("2026-02-01").notify("g2", "2026-05-01", "49.00")
    world.on("2026-02-01")
    assert (world.standing().verdict, world.case().to_on) == ("VIOLATION", date(2026, 9, 30))
    world.on("2026-10-01")
    assert world.standing().verdict == "COMPLIANT"
    assert world.case().state == "corrected"


def test_grids_in_quick_succession_are_judged_each_as_things_stood(world: World) -> None:
    world.agree().notify("g1", "2024-10-01", "47.80")
    for hour, (name, price, corrects) in enumerate(
        [("g2", "49.24", None), ("g3", "49.50", "g2"), ("g4", "49.23", "g2")], 9
    ):
        world.at("2025-10-31", hour).notify(name, "2026-01-01", price, corrects=corrects)
    world.on("2025-10-31", 12)
    assert [(row.grid, row.verdict) for row in world.breaches()] == [("g2", "WITHDRAWN"), ("g3", "WITHDRAWN")]
    assert world.said() == ["opened", "revised", "corrected"]
    assert [row.cause for row in world.judgements()] == [
        "convention.confirmed", "grid.notified", "grid.notified", "grid.notified",
    ]  # fmt: skip


def test_a_clock_that_went_back_takes_nothing_back(broken: World) -> None:
    broken.at("2025-10-30").notify("g3", "2027-01-01", "50.00")
    broken.on("2025-10-31", 10)
    (breach,) = broken.breaches()
    assert (breach.verdict, breach.to_on) == ("VIOLATION", date(2026, 12, 31))
    assert broken.said() == ["opened", "revised"]


def test_judged_again_nothing_is_new(broken: World) -> None:
    places = positions_in(broken.parts.databases.project)
    again = JudgeTariff(convention="c1", cause="calendar")
    assert judge_tariff(broken.ledger, *broken.where, again, broken.ask("judge"), places) is None
    assert broken.parts.calendar.round() == 0


def test_a_tariff_that_cannot_be_judged_keeps_no_other_waiting(
    broken: World, caplog: pytest.LogCaptureFixture
) -> None:
    counts = {CellId("N1", "general", "adult", 60, 50): 1}
    name = headcounts_stream(GRENOBLE, INSURER, "c1")
    taken = Headcounts.take_headcount(
        None, name, headcount="h1", taken_on=date(2025, 10, 30), total=1, today=date(2025, 10, 31),
        document=broken.ledger.documents.put(counts_document(counts)),
    )  # fmt: skip
    command = JudgeTariff(convention="c1", cause="unreadable")
    perform(broken.ledger, GRENOBLE, INSURER, command, broken.ask(), lambda: Decision([taken]))
    partnerships.declare(broken.ledger, GRENOBLE, RIVAL_ACCORD, cast.declaration(), broken.ask())
    partnerships.confirm(broken.ledger, GRENOBLE, RIVAL_ACCORD, cast.confirmation(), broken.ask())
    broken.on("2025-10-31", 10)
    assert "could not be judged" in caplog.text
    judged = broken.parts.views.read(
        Audience("place", tenants=[GRENOBLE], owners=[RIVAL_ACCORD]),
        lambda reader: compliance.judgements(reader, GRENOBLE, RIVAL_ACCORD, "c1"),
    )
    assert [row.cause for row in judged] == ["convention.confirmed"]
