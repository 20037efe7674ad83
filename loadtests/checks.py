"""What must be true of an installation after anything that happened to it, asked of the ledger and of the views' rows.
Views are built afresh by one plain loop over the store, without the workers' checkpoints."""

import time
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import sql

from infra.ledger import Receipt
from projections import VIEWS
from projections.engine import builds
from projections.engine.changes import Changes
from projections.engine.view import View
from services.wiring import Parts
from services.workers.projection import collector_paused, recorded
from services.workers.rebuild import Difference

BATCH: Final = 2_500
STILL_SECONDS: Final = 60.0
"""How long a ledger and its views may take to stand still."""

_POLL_SECONDS: Final = 0.05
_SAMPLE: Final = 3

_REPEATED: Final = """
select tenant, owner, actor, command, count(*) from ledger.event where ordinal = 0
group by 1, 2, 3, 4 having count(*) > 1
"""
_TORN: Final = """
select e.position, e.command from ledger.event e left join ledger.event f
  on f.position = e.position - e.ordinal and f.ordinal = 0 and f.actor = e.actor and f.command = e.command
 and f.command_size > e.ordinal
where f.position is null
"""
_SHORT: Final = """
select position, command from ledger.event f where ordinal = 0 and command_size <>
  (select count(*) from ledger.event e where e.position between f.position and f.position + f.command_size - 1
     and e.actor = f.actor and e.command = f.command)
"""
_GAPS: Final = """
select position, before from (
  select position, lag(position, 1, 0::bigint) over (order by position) as before from ledger.event) e
where position <> before + 1
"""
_VERSIONS: Final = """
select stream, version, before from (
  select stream, version, lag(version, 1, 0::bigint) over (partition by stream order by position) as before
  from ledger.event) e
where version <> before + 1
"""


class Acknowledged(NamedTuple):
    """An answer that somebody was given: who sent the command (None: not known), its id, and the receipt."""

    actor: str | None
    command: str
    receipt: Receipt


class NotStillError(RuntimeError):
    """The ledger went on, or a view did not come to its head: rows cannot be compared."""


def differing_views(
    parts: Parts, *, views: Iterable[View] = tuple(VIEWS.values()), seconds: float = STILL_SECONDS
) -> dict[str, list[Difference]]:
    """The views whose rows are not those of a fresh build of the ledger; empty when all are equal.

    Each is built beside the active build, compared row by row at the same position, and dropped. Raises NotStillError
    when the ledger or the view does not stand still within `seconds`. Names of people are never in a sample.
    """
    found = {view.name: _compared(parts, view, seconds) for view in views}
    return {name: differences for name, differences in found.items() if differences}


def missing_receipts(parts: Parts, receipts: Iterable[Acknowledged]) -> list[Acknowledged]:
    """The answers that the ledger does not bear out: a command's events, all of them and once, where it was told."""
    answers = list(receipts)
    with parts.databases.project.connection() as connection:
        rows = connection.execute(
            "select position, actor, command, ordinal, command_size, stream, tenant, owner from ledger.event"
            " where command = any(%s)",
            (list({answer.command for answer in answers}),),
        ).fetchall()
    places = {row[0]: row[1:6] for row in rows}
    times = Counter((row[6], row[7], row[1], row[2]) for row in rows if row[3] == 0)
    return [answer for answer in answers if not _borne_out(answer, places, times)]


def doubled(parts: Parts) -> list[str]:
    """What is in the ledger twice or in part, in words: commands recorded again, events without their command."""
    with parts.databases.project.connection() as connection:
        repeated = connection.execute(_REPEATED).fetchall()
        torn = connection.execute(_TORN).fetchall()
        short = connection.execute(_SHORT).fetchall()
    return [
        *(
            f"{tenant}/{owner}: {times} times {command} of {actor}"
            for tenant, owner, actor, command, times in repeated
        ),
        *(f"event {position} is not within its command {command}" for position, command in torn),
        *(f"command {command} at {position} is not whole" for position, command in short),
    ]


def order_broken(parts: Parts) -> list[str]:
    """Where positions have a gap, or versions of a stream do not follow each other in the order of positions."""
    with parts.databases.project.connection() as connection:
        gaps = connection.execute(_GAPS).fetchall()
        versions = connection.execute(_VERSIONS).fetchall()
    return [
        *(f"event {position} comes after {before}" for position, before in gaps),
        *(f"version {version} of {stream} comes after {before}" for stream, version, before in versions),
    ]


def _borne_out(
    answer: Acknowledged, places: dict[int, Any], times: Counter[tuple[str, str, str, str]]
) -> bool:
    receipt = answer.receipt
    size = receipt.last - receipt.first + 1
    for ordinal, position in enumerate(range(receipt.first, receipt.last + 1)):
        actor, command, at, of, stream = places.get(position, (None, None, None, None, None))
        if command != answer.command or at != ordinal or (answer.actor is not None and actor != answer.actor):
            return False
        if ordinal == 0:
            tenant, owner, _ = str(stream).split("/", 2)
            if of != size or stream != receipt.stream or times[tenant, owner, str(actor), command] != 1:
                return False
    return True


def _compared(parts: Parts, view: View, seconds: float) -> list[Difference]:
    schema = f"check_{view.name}_{uuid.uuid4().hex[:8]}"
    with parts.databases.project.connection() as connection:
        try:
            with connection.transaction():
                builds.make_schema(connection, view, schema)
            position, deadline = 0, time.monotonic() + seconds
            while True:
                position = _fill(parts, connection, view, schema, position)
                with connection.transaction():
                    connection.execute("set transaction isolation level repeatable read, read only")
                    active = builds.find(connection, view.name, "active", view.version)
                    if active is not None and active.position == position == parts.feed.head(connection):
                        return _differences(connection, view, active.schema, schema)
                if time.monotonic() > deadline:
                    at = active.position if active is not None else None
                    raise NotStillError(f"{view.name} is at {at}, the ledger at {position} or further")
                time.sleep(_POLL_SECONDS)
        finally:
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))


def _fill(parts: Parts, connection: psycopg.Connection[Any], view: View, schema: str, position: int) -> int:
    head = parts.feed.head(connection)
    while position < head:
        page = parts.feed.read(connection, position, view.topics, BATCH, until=head)
        changes = Changes()
        with collector_paused():
            facts = [recorded(row) for row in page.rows]
            if view.shows_persons:
                parts.opener.open_batch(connection, [fact.event for fact in facts])
            view.apply(facts, changes)
        with connection.transaction():
            changes.write(connection, schema)
        position = page.upto
    return position


def _differences(
    connection: psycopg.Connection[Any], view: View, active: str, fresh: str
) -> list[Difference]:
    found = []
    for table in view.tables:
        only = [
            [row[0] for row in connection.execute(_except(one, other, table.name)).fetchall()]
            for one, other in ((active, fresh), (fresh, active))
        ]
        if any(only):
            named = table.name.endswith("_person")
            sample = (
                []
                if named
                else [*(f"- {row}" for row in only[0][:_SAMPLE]), *(f"+ {row}" for row in only[1][:_SAMPLE])]
            )
            found.append(Difference(table.name, len(only[0]), len(only[1]), sample))
    return found


def _except(one: str, other: str, table: str) -> sql.Composed:
    return sql.SQL(
        "select to_jsonb(t)::text from (select * from {} a except all select * from {} b) t"
    ).format(sql.Identifier(one, table), sql.Identifier(other, table))
