"""Written changes: the SQL of a batch leaves the rows that the dictionaries of other tests leave."""

import random
import threading
from itertools import pairwise

import psycopg

from projections.engine import table as t
from projections.engine.changes import Changes
from projections.engine.table import Table
from tests.support.database import Database
from tests.support.facts import Tables

THING = Table("thing", {"id": t.TEXT, "a": t.INTEGER, "b": t.TEXT}, key=("id",), readers=("organisation",))
COUNT = Table(
    "counted", {"id": t.TEXT, "n": t.BIGINT}, key=("id",), readers=("organisation",), counters=("n",)
)
SCHEMA = "history_v1"
NAMES = [f"é'{number}" for number in range(5)]


def step(draw: random.Random, changes: Changes, fresh: set[str]) -> None:
    """One change of a row; a new row is inserted when nothing touched it before."""
    name = draw.choice(NAMES)
    key = ("t", "o", name)
    row = {
        "tenant": "t",
        "owner": "o",
        "id": name,
        "a": draw.randrange(9),
        "b": draw.choice(["x", None, "\\N"]),
    }
    new = name in fresh
    fresh.discard(name)
    kind = "insert" if new and draw.random() < 0.7 else draw.choice(["put", "set", "set b", "delete", "add"])
    match kind:
        case "insert":
            changes.insert(THING, row)
        case "put":
            changes.put(THING, row)
        case "set":
            changes.set(THING, key, a=row["a"])
        case "set b":
            changes.set(THING, key, a=row["a"], b=row["b"])
        case "delete":
            changes.delete(THING, key)
        case _:
            changes.add(COUNT, key, n=draw.randrange(-3, 4))


def written(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, list[tuple[object, ...]]]:
    """All rows of both tables."""
    return {
        table.name: connection.execute(
            f"select {', '.join(table.columns)} from {SCHEMA}.{table.name} order by id".encode()
        ).fetchall()
        for table in (THING, COUNT)
    }


def test_the_database_is_left_as_the_dictionaries_are(any_database: Database) -> None:
    with any_database.connect("project") as connection:
        for seed in range(30):
            draw = random.Random(seed)
            connection.execute(f"drop schema if exists {SCHEMA} cascade; create schema {SCHEMA}".encode())
            for table in (THING, COUNT):
                connection.execute(table.create(SCHEMA).encode())
            tables, fresh = Tables(), set(NAMES)
            places = [0, *sorted(draw.sample(range(1, 25), 3)), 25]
            for first, last in pairwise(places):
                changes = Changes()
                for _ in range(first, last):
                    step(draw, changes, fresh)
                with connection.transaction():
                    changes.write(connection, SCHEMA)
                tables.apply(changes)
            expected = {
                table.name: sorted(
                    (table.values_of(row) for row in tables.all(table)), key=lambda values: str(values[2])
                )
                for table in (THING, COUNT)
            }
            assert written(connection) == expected, seed


def test_workers_that_meet_in_rows_of_several_tables_never_wait_in_a_circle(database: Database) -> None:
    tables = [
        Table(name, {"id": t.TEXT, "a": t.INTEGER}, key=("id",), readers=("organisation",))
        for name in ("alpha", "beta", "gamma")
    ]
    with database.connect("project") as connection:
        connection.execute("create schema meeting_v1")
        for table in tables:
            connection.execute(table.create("meeting_v1").encode())
    failures: list[Exception] = []

    def work(order: int) -> None:
        with database.connect("project") as connection:
            for number in range(40):
                changes = Changes()
                for table in tables[::order]:
                    for identity in ("x", "y", "z")[::order]:
                        whole = {"tenant": "t", "owner": "o", "id": identity, "a": number}
                        changes.put(table, whole)
                try:
                    with connection.transaction():
                        changes.write(connection, "meeting_v1")
                except psycopg.errors.DeadlockDetected as error:
                    failures.append(error)

    threads = [threading.Thread(target=work, args=(order,)) for order in (1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
