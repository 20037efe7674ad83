"""What was kept on a day as known at an instant, what was said of a cell, and what repeats leave unchanged."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from domain.tariffs.assess import findings_digest
from domain.tariffs.statements import from_document
from services.commands.dossier import findings_of, load_dossier
from services.compliance import Compliance, compliance_at, history_of
from tests.support.cast import follow
from tests.support.database import Database
from tests.support.judging import World, judging

N1 = {"formula": "N1", "age_from": 50}


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    """One cent above the cap from January 2026 on, corrected for the same day on 1 February."""
    with judging(database) as made:
        made.agree().notify("g1", "2024-10-01", "47.80")
        made.at("2025-10-31").notify("g2", "2026-01-01", "49.24")
        made.on("2025-10-31").at("2026-02-01").notify("g2b", "2026-01-01", "49.23", corrects="g2")
        yield made.on("2026-02-01", 10)


def at(world: World, day: str, known: str | None = None) -> Compliance:
    instant = datetime.fromisoformat(known).replace(tzinfo=UTC) if known else None
    return compliance_at(world.ledger, *world.where, "c1", as_of=date.fromisoformat(day), as_known_at=instant)


def test_a_correction_changes_what_is_known_and_not_what_was(world: World) -> None:
    before = at(world, "2026-01-15", "2026-01-15")
    (finding,) = before.findings
    assert (finding.verdict, finding.excess, finding.grid) == ("VIOLATION", "0.01", "g2")
    after = at(world, "2026-01-15", "2026-02-02")
    (finding,) = after.findings
    assert (finding.verdict, finding.excess, finding.grid) == ("COMPLIANT", "0.00", "g2b")
    assert at(world, "2026-01-15").digest == after.digest != before.digest


def test_a_day_says_what_holds_and_what_is_announced(world: World) -> None:
    found = at(world, "2025-12-01", "2025-12-01")
    (state,) = found.commitments
    assert (state.verdict, state.from_on, state.to_on) == (
        "NOT_APPLICABLE", date(2024, 10, 1), date(2025, 12, 31),
    )  # fmt: skip
    assert (state.announced, state.announced_from) == ("VIOLATION", date(2026, 1, 1))
    assert found.summary == {**dict.fromkeys(found.summary, 0), "NOT_APPLICABLE": 1}
    assert len(found.summary) == 6


def test_before_anything_was_declared_there_is_nothing_to_keep(world: World) -> None:
    found = at(world, "2026-01-15", "2024-01-01")
    assert (found.commitments, found.findings) == ((), ())


def test_the_digest_is_that_of_the_judgement_kept(world: World) -> None:
    last = world.judgements()[-1]
    assert at(world, "2026-02-01").digest == last.findings
    found = findings_of(load_dossier(world.ledger, *world.where, "c1"), world.ledger.documents)
    assert findings_digest(found) == last.findings
    assert len(from_document(world.ledger.documents.get(last.document))) == len(found)


def test_a_cell_says_what_was_said_of_it_from_when_to_when_and_why(world: World) -> None:
    said = history_of(world.judgements(), world.ledger.documents.get, commitment="c1", cell=N1)
    first, broken, healed = said
    assert [each.cause for each in said] == ["convention.confirmed", "grid.notified", "grid.notified"]
    assert first.known_to == broken.known_from
    assert broken.known_to == healed.known_from
    assert healed.known_to is None
    assert [each.verdict for each in broken.findings] == ["NOT_APPLICABLE", "VIOLATION"]
    assert [each.verdict for each in healed.findings] == ["NOT_APPLICABLE", "COMPLIANT"]
    (only,) = [each for each in said if any(f.broken for f in each.findings)]
    assert (only.findings[1].excess, only.cause_position) == ("0.01", world.judgements()[1].cause_position)


def test_the_history_of_one_grid_begins_when_it_was_first_judged(world: World) -> None:
    documents = world.ledger.documents.get
    said = history_of(world.judgements(), documents, commitment="c1", grid="g2")
    assert [len(each.findings) for each in said] == [1, 0]
    assert history_of(world.judgements(), documents, commitment="c1", cell={"formula": "N9"}) == []
    assert history_of([], documents, commitment="c1") == []


def everything(world: World) -> list[tuple[int, str]]:
    with world.parts.owner_connection() as owner:
        return owner.execute("select position, topic from ledger.event order by position").fetchall()


def test_a_judge_that_died_after_recording_finds_its_receipts(world: World) -> None:
    before = everything(world)
    with world.parts.owner_connection() as owner:
        owner.execute("update projection.follower set position = 0 where name = 'judge'")
    follow(world.parts)
    assert everything(world) == before


def test_a_judge_that_died_before_recording_begins_again(world: World) -> None:
    # The worker reads the event and is killed before its append: nothing of the judgement is there, not half of it.
    world.at("2026-03-01").notify("g3", "2026-06-01", "52.00")
    dying = world.ledger.record

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    world.ledger.record = die  # type: ignore[method-assign, assignment]
    with pytest.raises(Killed):
        follow(world.parts)
    world.ledger.record = dying  # type: ignore[method-assign]
    assert everything(world)[-1][1] == "grid.notified.v2"
    follow(world.parts)
    assert [topic for _, topic in everything(world)][-3:] == [
        "tariff.judged.v1", "breach.detected.v1", "case.opened.v1",
    ]  # fmt: skip


def test_what_was_found_before_is_found_anew_once_something_is_recorded(world: World) -> None:
    assert at(world, "2026-03-01") == at(world, "2026-03-01")
    before = at(world, "2026-03-01")
    world.notify("g3", "2026-03-01", "52.00")
    after = at(world, "2026-03-01")
    assert after.digest != before.digest
    assert {finding.grid for finding in after.findings} == {"g3"}
