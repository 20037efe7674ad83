"""The script of the demo before it is performed: its days, its people, its prices and its numbers."""

from datetime import UTC, date, datetime

from domain.tenancy import is_siren
from services.demo.days import Days, easter_day, holidays, is_working_day, monthly
from services.demo.history import Dawn, history
from services.demo.insurers import INSURERS
from services.demo.people import signatures
from services.demo.platform import platform
from services.demo.towns import towns_from

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
TODAY = date(2026, 11, 22)
TOWNS = towns_from(TODAY)
PARTNERSHIPS = [partnership for town in TOWNS for partnership in town.partnerships]


def test_nothing_is_recorded_in_the_future_and_everything_in_order() -> None:
    entries = history(TOWNS, TODAY, NOW, platform(Days(TODAY)))
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert entries[0].at > datetime(2023, 1, 1, tzinfo=UTC)
    assert entries[-1].at <= NOW
    steps = [entry for entry in entries if not isinstance(entry, Dawn)]
    assert len({(step.tenant, step.owner, step.identity) for step in steps}) == len(steps)


def test_every_exceptional_day_is_one_of_the_days_announced() -> None:
    for partnership in PARTNERSHIPS:
        planned = partnership.office_hours
        if planned is not None:
            days = set(monthly(planned.first_on, TODAY, planned.days))
            assert set(planned.cancelled) | planned.silent <= days
            assert not {away.instead for away in planned.cancelled.values()} & days


def test_every_level_and_some_students_are_among_those_who_joined() -> None:
    for partnership in PARTNERSHIPS:
        if partnership.members is not None:
            joined = [signed.command for signed in signatures(partnership, partnership.members)]
            assert {command.formula for command in joined} == set(partnership.members.formulas)
    grenoble = next(each for each in PARTNERSHIPS if each.key == "grenoble-entrenous")
    assert grenoble.members is not None
    students = [
        signed.command
        for signed in signatures(grenoble, grenoble.members)
        if signed.command.category == "student"
    ]
    assert len(students) >= 10


def test_invented_insurers_say_so_and_all_sirens_pass_for_numbers_only() -> None:
    for each in INSURERS:
        assert is_siren(each.siren)
        assert each.siren.startswith("0000000")
        assert each.real != ("(fictive)" in each.name)


def test_the_prices_of_caen_are_those_published() -> None:
    caen = next(town for town in TOWNS if town.code == "14118")
    (grid,) = caen.partnerships[0].grids
    assert [cell.monthly for cell in grid.cells] == ["16.04", "31.86", "47.80", "37.43", "66.73", "103.93"]


def test_public_holidays_follow_easter() -> None:
    assert easter_day(2025) == date(2025, 4, 20)
    assert easter_day(2026) == date(2026, 4, 5)
    assert {date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 25)} < holidays(2026)
    assert len(holidays(2026)) == 11


def test_no_office_hour_falls_on_a_holiday() -> None:
    days = list(monthly(date(2024, 1, 1), date(2027, 12, 31), ((2, 1), (4, 3))))
    assert not [day for day in days if day in holidays(day.year) or day.weekday() > 4]
    assert len(days) == 2 * 48


def test_days_of_the_story_are_counted_from_its_first_and_are_working_days() -> None:
    for today in (date(2027, 1, 1), date(2028, 2, 29), date(2027, 7, 15), date(2026, 12, 31)):
        days = Days(today)
        assert all(is_working_day(days.ago(back)) and days.ago(back) <= today for back in range(130))
        assert (
            len({days.ago(back) for back in range(0, 130, 4)}) == 33
        )  # four days apart is never the same day
    assert (Days(date(2028, 2, 29)).month(-2), Days(date(2028, 2, 29)).month(11)) == (
        date(2027, 12, 1), date(2029, 1, 1),
    )  # fmt: skip
