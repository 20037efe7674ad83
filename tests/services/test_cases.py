"""Cases: each side moves in its turn, deadlines follow from the convention, and what is settled is settled."""

from collections.abc import Iterator
from datetime import date

import pytest

from domain.partnerships.convention import Convention
from domain.partnerships.terms import Clocks
from domain.refusal import Refused
from domain.tariffs.exemptions import Exemptions
from projections.compliance import case_queries
from services.commands import cases, partnerships
from services.commands.cases import SettlingExemption
from services.commands.exemptions import RequestExemption, exemptions_stream, request_exemption
from services.commands.partnerships import convention_stream
from services.commands.perform import Ask, NotFoundError, StaleError
from tests.support.cast import ACCORD, CACHAN, GRENOBLE
from tests.support.database import Database
from tests.support.judging import TOWN, World, judging, promise

SETTLING = SettlingExemption(kind="TAX", decided_by="Conseil municipal", council_reference="2025-12-01/4")


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    """Prices of 51 and 83 cents above their caps, told on 24 November 2026 for February 2027."""
    with judging(database) as made:
        made.agree(clocks=Clocks(explanation_days=15, answer_days=30, cure_days=20))
        made.notify("g1", "2024-10-01", "47.80", "75.80")
        made.at("2026-11-24").notify("g2", "2027-02-01", "49.74", "78.90")
        yield made.on("2026-11-24")


def test_the_dearest_cell_stands_first_with_its_price_before(world: World) -> None:
    case = world.case()
    assert [(cell["before"], cell["excess"], cell["excess_percent"]) for cell in case.cells] == [
        ("75.80", "0.83", "1.06"),
        ("47.80", "0.51", "1.04"),
    ]
    assert (case.excess, case.excess_percent, case.cell_count) == ("0.83", "1.06", 2)


def test_the_insurer_explains_and_the_town_answers_within_the_days_of_the_convention(world: World) -> None:
    document = world.file()
    world.at("2026-12-01").explain("La taxe.", document)
    case = world.on("2026-12-01").case()
    assert (case.state, case.turn, case.clock, case.due_on) == (
        "explained", "town", "answer", date(2026, 12, 31),
    )  # fmt: skip
    world.at("2026-12-10").dispute()
    case = world.on("2026-12-10").case()
    assert (case.state, case.turn, case.due_on) == ("disputed", "insurer", date(2026, 12, 25))
    world.explain("Encore.")
    world.on("2026-12-10", 10)
    (_, first, second, third) = world.steps()
    assert (first.by_side, first.text, first.documents) == ("insurer", "La taxe.", [document])
    assert first.facts == {"answer_by": "2026-12-31"}
    assert (second.by_side, third.text) == ("town", "Encore.")


def test_the_same_move_again_is_nothing_and_one_out_of_turn_is_refused(world: World) -> None:
    assert world.explain() is not None
    assert world.explain() is None
    with pytest.raises(Refused) as refused:
        world.explain("Autre chose.")
    assert refused.value.code == "case-elsewhere"


def test_a_case_is_moved_from_the_version_that_was_seen(world: World) -> None:
    command = cases.DisputeCase(case=world.case().id, text="Non.")
    stale = Ask(actor="account:town", now=world.clock.now(), expected=7)
    with pytest.raises(StaleError):
        cases.dispute(world.ledger, *world.where, command, stale)


def test_a_case_of_another_drawer_is_not_there(world: World) -> None:
    command = cases.DisputeCase(case=world.case().id, text="Non.")
    with pytest.raises(NotFoundError):
        cases.dispute(world.ledger, CACHAN, ACCORD, command, world.ask())


def test_a_document_that_lies_elsewhere_is_refused(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.explain("Voir.", "ab" * 32)
    assert (refused.value.code, refused.value.path) == ("document-unknown", "$.documents[0]")


def test_a_deadline_that_passes_in_silence_is_said_once(world: World) -> None:
    world.on("2026-12-09")
    assert (world.case().due_on, world.case().fell_due_on) == (date(2026, 12, 9), None)
    world.on("2026-12-10").on("2026-12-11")
    case = world.case()
    assert (case.fell_due_on, case.turn, case.overdue(date(2026, 12, 11))) == (
        date(2026, 12, 9), "insurer", True,
    )  # fmt: skip
    assert world.said() == ["opened", "fell_due"]
    assert world.steps()[-1].facts == {"clock": "explanation", "due_on": "2026-12-09"}


def test_an_acceptance_with_an_exemption_lets_exactly_the_dearest_cell_pass(world: World) -> None:
    world.at("2026-12-01").accept(SETTLING)
    world.on("2026-12-01")
    case = world.case()
    assert (case.state, case.turn, case.exemption) == ("accepted", None, f"{case.id}-1")
    found = world.ledger.find(Exemptions, exemptions_stream(*world.where, "c1"))
    assert found is not None
    granted = found.known[f"{case.id}-1"].granted
    assert granted is not None
    assert (granted.factor, granted.valid_from, granted.commitments) == (
        ("78.90", "78.07"), date(2027, 2, 1), ("c1",),
    )  # fmt: skip
    assert {row.verdict for row in world.breaches()} == {"EXEMPTED"}
    assert world.standing().verdict == "EXEMPTED"
    assert world.said() == ["opened", "accepted"]


def test_a_request_under_its_name_is_not_in_the_way_of_an_acceptance(world: World) -> None:
    name = f"{world.case().id}-1"
    asked = RequestExemption(
        convention="c1", id=name, commitments=("c1",), kind="TAX", factor=("1.0001", "1"),
        valid_from=date(2027, 2, 1), reason="Une taxe.",
    )  # fmt: skip
    request_exemption(world.ledger, *world.where, asked, world.ask())
    world.at("2026-12-01").accept(SETTLING)
    assert world.on("2026-12-01").case().exemption == f"{name}-"
    assert world.standing().verdict == "EXEMPTED"


def test_an_exemption_that_settled_a_case_reopens_it_when_it_runs_out(world: World) -> None:
    settling = SettlingExemption(kind="TAX", decided_by="Maire", valid_to=date(2027, 6, 30))
    world.at("2026-12-01").accept(settling)
    world.on("2026-12-01").on("2027-02-01")
    assert world.case().state == "accepted"
    assert world.standing().verdict == "EXEMPTED"
    world.on("2027-07-01")
    assert (world.case().state, world.case().exemption) == ("detected", None)
    assert world.said() == ["opened", "accepted", "reopened"]


def test_an_acceptance_without_exemption_leaves_the_breach_and_ends_the_case(world: World) -> None:
    world.at("2026-12-01").accept()
    world.on("2026-12-01").on("2027-02-01")
    assert (world.case().state, world.standing().verdict) == ("accepted", "VIOLATION")
    world.at("2027-03-01").notify("g3", "2027-05-01", "49.74", "79.50")
    world.on("2027-03-01")
    assert sorted((row.state, row.excess) for row in world.cases()) == [
        ("accepted", "0.83"),
        ("detected", "1.43"),
    ]


def test_a_correction_that_goes_beyond_what_was_accepted_reopens_the_case(world: World) -> None:
    world.at("2026-12-01").accept()
    world.on("2026-12-01").at("2026-12-05").notify("g2b", "2027-02-01", "49.74", "79.00", corrects="g2")
    world.on("2026-12-05")
    assert (world.case().state, world.case().excess) == ("detected", "0.93")


def test_no_exemption_bears_on_a_notice(database: Database) -> None:
    with judging(database) as world:
        world.agree(promise("NOTICE", months=2)).notify("g1", "2024-10-01", "47.80")
        world.at("2025-12-01").notify("g2", "2026-01-01", "48.00")
        world.on("2025-12-01")
        assert (world.case().unit, world.case().excess) == ("day", "30")
        with pytest.raises(Refused) as refused:
            world.accept(SETTLING)
        assert refused.value.code == "exemption-impossible"
        assert world.accept() is not None


def test_a_formal_notice_needs_its_letter_and_runs_from_the_day_of_sending(world: World) -> None:
    letter, note = world.file(), world.file(b"une note", "text/plain")
    world.at("2026-12-15")
    for sent_on, document, code in (
        ("2026-12-14", "ab" * 32, "document-unknown"),
        ("2026-12-14", note, "letter-not-pdf"),
        ("2026-12-16", letter, "sent-later"),
    ):
        with pytest.raises(Refused) as refused:
            world.send_formal_notice(sent_on, document)
        assert refused.value.code == code
    assert world.send_formal_notice("2026-12-14", letter) is not None
    assert world.send_formal_notice("2026-12-14", letter) is None
    case = world.on("2026-12-15").case()
    assert (case.state, case.turn, case.clock, case.due_on) == (
        "formal_notice", "insurer", "cure", date(2027, 1, 3),
    )  # fmt: skip
    assert (case.formal_notice_on, case.formal_notice_document) == (date(2026, 12, 14), letter)


def test_a_town_ends_the_convention_once_the_first_days_are_over(world: World) -> None:
    with pytest.raises(Refused) as refused:
        world.give_notice()
    assert refused.value.code == "explanation-awaited"
    world.on("2026-12-10").give_notice()
    world.on("2026-12-10")
    case = world.case()
    assert (case.state, case.takes_effect_on) == ("notice_given", date(2027, 6, 10))
    convention = world.ledger.find(Convention, convention_stream(*world.where, "c1"))
    assert convention is not None
    assert convention.notice is not None
    assert (convention.notice.reason, convention.notice.case) == ("COMMITMENT_BROKEN", case.id)
    world.on("2027-06-11")
    assert world.judgements()[-1].cause in {"convention.ended", "calendar"}
    assert world.case().state == "notice_given"


def test_a_notice_taken_back_opens_the_case_again_while_it_is_broken(world: World) -> None:
    world.on("2026-12-10").give_notice()
    world.on("2026-12-10").at("2027-01-05")
    withdrawing = partnerships.WithdrawNotice(id="c1", by="town", reason="Un accord est trouvé.")
    asked = world.ask("account:town")
    assert partnerships.withdraw_notice(world.ledger, *world.where, withdrawing, asked) is not None
    world.on("2027-01-05")
    case = world.case()
    assert (case.state, case.turn, case.due_on, len(case.cells)) == (
        "detected",
        "insurer",
        date(2027, 1, 20),
        2,
    )
    assert world.said() == ["opened", "fell_due", "notice_given", "reopened"]


def test_accepting_again_with_an_exemption_is_another_answer(world: World) -> None:
    world.at("2026-12-01").accept()
    with pytest.raises(Refused) as refused:
        world.accept(SETTLING)
    assert refused.value.code == "case-elsewhere"


def test_the_calendar_ends_a_convention_on_the_day_after_its_last(world: World) -> None:
    world.on("2029-09-30")
    convention = world.ledger.find(Convention, convention_stream(*world.where, "c1"))
    assert convention is not None
    assert convention.ended is None
    world.on("2029-10-01")
    convention = world.ledger.find(Convention, convention_stream(*world.where, "c1"))
    assert convention is not None
    assert convention.ended == date(2029, 9, 30)


def test_a_breach_leads_to_its_case(world: World) -> None:
    views = world.parts.views
    breach = world.breaches()[0].id
    found = views.read(TOWN, lambda r: case_queries.case_of_breach(r, GRENOBLE, [ACCORD], breach))
    assert found == world.case().id


def test_cases_are_listed_by_day_due_in_pages_and_narrowed(world: World) -> None:
    world.at("2026-12-01").notify("g3", "2027-05-01", "51.00", "80.00")
    world.on("2026-12-01")

    def listed(**conditions: object) -> list[str]:
        rows = world.parts.views.read(
            TOWN,
            lambda reader: case_queries.cases(reader, GRENOBLE, [ACCORD], **conditions),  # type: ignore[arg-type]
        )
        return [row.grid or "" for row in rows]

    assert listed() == ["g2", "g3"]
    first = world.cases()[0]
    assert listed(after=(first.due_on, first.id)) == ["g3"]
    assert listed(overdue_on=date(2026, 12, 10)) == ["g2"]
    assert listed(turn="town") == listed(state="corrected") == []
    assert listed(open_only=True, limit=1) == ["g2"]
    assert listed(commitment="c1", convention="c1") == ["g2", "g3"]
