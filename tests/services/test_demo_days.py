"""The demo begins on any day: the same story, with other dates."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from services.demo import seed
from services.demo.seeding import first_day
from services.wiring import Parts
from tests.support import demo as seen
from tests.support.database import Cluster
from tests.support.demo import demo_at, events, place, places

DAYS = (date(2027, 1, 1), date(2028, 2, 29), date(2027, 7, 15))


@pytest.fixture(scope="module", params=DAYS, ids=str)
def begun(request: pytest.FixtureRequest, clusters: Callable[[int], Cluster]) -> Iterator[tuple[Parts, date]]:
    """The demo that begins on a day."""
    day: date = request.param
    with demo_at(clusters(18), datetime(day.year, day.month, day.day, 9, 5, tzinfo=UTC)) as parts:
        yield parts, day


def test_the_story_is_the_same_whatever_the_day(begun: tuple[Parts, date]) -> None:
    parts, day = begun
    assert first_day(parts) == day
    states = {at.town.name: [case.state for case in seen.cases(parts, at)] for at in places(day)}
    assert {town: found for town, found in states.items() if found} == {
        "Vierzon": ["detected"],
        "Mehun-sur-Yèvre": ["disputed"],
        "Bourges": ["formal_notice"],
        "Saint-Florent-sur-Cher": ["corrected"],
        "Saint-Amand-Montrond": ["notice_given"],
        "Les Aix-d’Angillon": ["explained"],
        "Henrichemont": ["accepted"],
    }
    verdicts = {
        at.town.code: {name: row.verdict for name, row in seen.standings(parts, at).items()}
        for at in places(day)
        if at.of.insurer.key != "cimes"
    }
    assert set(verdicts["38185"].values()) == {"COMPLIANT"}
    assert verdicts["18279"]["plafond"] == "VIOLATION"
    assert verdicts["18205"]["plafond"] == "EXEMPTED"
    assert verdicts["18015"]["plafond-indexe"] == "INDETERMINATE"
    assert verdicts["18050"]["plafond-moyen"] == "COMPLIANT"


def test_every_open_case_is_due_in_the_days_to_come(begun: tuple[Parts, date]) -> None:
    parts, day = begun
    for at in places(day):
        for case in seen.cases(parts, at):
            if case.turn is not None:
                assert case.due_on is not None
                assert timedelta(0) < case.due_on - day <= timedelta(days=30)


def test_no_insurer_that_exists_breaks_anything_on_any_day(begun: tuple[Parts, date]) -> None:
    parts, day = begun
    for at in places(day):
        if at.of.insurer.real:
            assert seen.cases(parts, at) == []
            assert all(row.broken == 0 for row in seen.standings(parts, at).values())
            assert "overdue" not in {row.state for row in seen.hours(parts, at)}


def test_conventions_that_run_notice_and_end_do_so_around_that_day(begun: tuple[Parts, date]) -> None:
    parts, day = begun
    notice = seen.convention(parts, place("18197", day)).notice
    assert notice is not None
    assert day < notice.takes_effect_on < day + timedelta(days=184)
    over = seen.convention(parts, place("18087", day)).ended_on
    assert over is not None
    assert timedelta(27) < day - over < timedelta(days=92)
    assert seen.convention(parts, place("25056", day)).starts_on > day
    assert seen.convention(parts, place("18109", day)).amendments[0].effective_on > day


def test_another_day_keeps_the_dates_of_the_first_one(begun: tuple[Parts, date]) -> None:
    parts, day = begun
    (before,) = seen.cases(parts, place("18279", day))
    recorded = events(parts)
    seed(parts)
    assert events(parts) == recorded
    assert seen.cases(parts, place("18279", day)) == [before]
