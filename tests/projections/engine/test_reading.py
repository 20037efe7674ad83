"""What is asked of a reader for later: found as if it were asked at once, and sent together."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from psycopg import errors

from projections.engine.reading import Reader, ViewNotReadyError
from tests.support.database import Database


class Counting(Reader):
    """A reader that counts how many times it sent something."""

    sent = 0

    def _send(self, known: Any) -> None:
        self.sent += 1
        super()._send(known)


@pytest.fixture
def reader(any_database: Database) -> Iterator[Counting]:
    """A reader of no view."""
    with any_database.connect() as connection:
        yield Counting(connection, {}, {})


def number(reader: Reader, n: int) -> list[dict[str, Any]]:
    """A row that holds a number."""
    return reader.dicts("select %(n)s::int as n", {"n": n})


def doubled(reader: Reader, n: int) -> int:
    """Twice a number, asked in two steps: the second needs the first."""
    once = reader.value("select %(n)s::int", {"n": n})
    return int(once + reader.value("select %(m)s::int", {"m": once}))


def test_what_is_asked_for_later_is_sent_together_when_somebody_looks(reader: Counting) -> None:
    texts = [reader.later(partial(number, n=n)) for n in range(5)]
    assert reader.sent == 0
    assert [text.found for text in texts] == [[{"n": n}] for n in range(5)]
    assert reader.sent == 1


def test_asks_of_several_steps_take_as_many_trips_as_the_longest(reader: Counting) -> None:
    def nested(reader: Reader) -> int:
        one, two = (reader.later(partial(doubled, n=n)) for n in (10, 20))
        return one.found + two.found

    every = [reader.later(lambda reader: doubled(reader, 4)), reader.later(nested)]
    assert [each.found for each in every] == [8, 60]
    assert reader.sent == 2


def test_the_same_question_is_sent_once_and_its_rows_are_not_shared(reader: Counting) -> None:
    one, two = (reader.later(lambda reader: reader.dicts("select 1 as n")) for _ in range(2))
    one.found.clear()
    assert two.found == [{"n": 1}]


def test_an_error_of_one_ask_is_raised_and_the_next_asks_are_answered(reader: Counting) -> None:
    reader.later(lambda reader: reader.value("select * from nowhere"))
    good = reader.later(lambda reader: reader.value("select 1"))
    with pytest.raises(errors.UndefinedTable):
        _ = good.found
    unknown = reader.later(lambda reader: reader.value("select 1 from {crm}.member"))
    with pytest.raises(ViewNotReadyError):
        _ = unknown.found
    assert reader.later(lambda reader: reader.value("select 7")).found == 7
