"""The outbox's rows: mails decided, mails that wait, and what each account wants to receive.

A mail is one event told to one account: the same again adds nothing, whoever was killed between the two.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import psycopg
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from services.mail.notices import CATEGORIES, Category

PAUSES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=4),
)
"""How long a mail that was put off waits before each next try; the last one is repeated."""

PATIENCE: Final = timedelta(days=5)
"""How long a mail is tried for: as long as mail servers themselves do."""

_MOST_SHOWN: Final = 200
_LONGEST_ERROR: Final = 500
_LAST_POSITION: Final = 2**63 - 1


class Recipient(msgspec.Struct, frozen=True):
    """An open account that wants a mail."""

    account: str
    email: str
    name: str


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail as it was written; `position` is that of the event it tells of."""

    position: int
    account: str
    kind: str
    to_address: str
    subject: str
    text: str
    html: str
    message_id: str
    made_at: datetime


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to be sent, and how often that was tried."""

    id: int
    attempts: int
    mail: Mail


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A mail in a list: `sent_at` and `next_try_at` are both None when it was refused for good."""

    position: int
    kind: str
    to_address: str
    subject: str
    made_at: datetime
    sent_at: datetime | None
    next_try_at: datetime | None


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that could not be delivered, or was put off, and what the server said."""

    position: int
    kind: str
    to_address: str
    attempts: int
    error: str
    next_try_at: datetime | None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How the outbox stands: `refused` for good, `troubles` the newest that met an error."""

    waiting: int
    sent: int
    refused: int
    troubles: list[Refusal]


# The worker, under the projecting role


def recipients(connection: psycopg.Connection[Any], organisation: str, category: Category) -> list[Recipient]:
    """Who is told: the open accounts of exactly this organisation that want this category."""
    with connection.cursor(row_factory=class_row(Recipient)) as cursor:
        return cursor.execute(
            "select account, email, name from outbox.recipients(%s, %s)", (organisation, category)
        ).fetchall()


def put(connection: psycopg.Connection[Any], mail: Mail) -> bool:
    """Keep a mail to be sent at once; False when it is there already."""
    row = connection.execute(
        "insert into outbox.mail"
        " (position, account, kind, to_address, subject, text, html, message_id, made_at, next_try_at)"
        " values (%(position)s, %(account)s, %(kind)s, %(to_address)s, %(subject)s, %(text)s, %(html)s,"
        " %(message_id)s, %(made_at)s, %(made_at)s)"
        " on conflict (position, account, kind) do nothing returning id",
        msgspec.structs.asdict(mail),
    ).fetchone()
    return row is not None


def due(connection: psycopg.Connection[Any], now: datetime) -> Waiting | None:
    """The mail that has waited longest, locked until the transaction ends: two senders never take the same."""
    row = connection.execute(
        "select id, attempts, position, account, kind, to_address, subject, text, html, message_id, made_at"
        " from outbox.mail where next_try_at <= %s order by next_try_at, id limit 1 for update skip locked",
        (now,),
    ).fetchone()
    if row is None:
        return None
    mail = Mail(**dict(zip(Mail.__struct_fields__, row[2:], strict=True)))
    return Waiting(id=row[0], attempts=row[1], mail=mail)


def sent(connection: psycopg.Connection[Any], waiting: Waiting, now: datetime) -> None:
    """It was accepted by the server."""
    connection.execute(
        "update outbox.mail set sent_at = %s, next_try_at = null, error = null, attempts = %s where id = %s",
        (now, waiting.attempts + 1, waiting.id),
    )


def put_off(connection: psycopg.Connection[Any], waiting: Waiting, error: str, now: datetime) -> None:
    """It is tried again after a pause that grows, and given up after some days."""
    pause = PAUSES[min(waiting.attempts, len(PAUSES) - 1)]
    again = now + pause if now - waiting.mail.made_at < PATIENCE else None
    _failed(connection, waiting, error, again)


def refused(connection: psycopg.Connection[Any], waiting: Waiting, error: str) -> None:
    """The server will never take it."""
    _failed(connection, waiting, error, None)


def _failed(
    connection: psycopg.Connection[Any], waiting: Waiting, error: str, again: datetime | None
) -> None:
    connection.execute(
        "update outbox.mail set attempts = %s, error = %s, next_try_at = %s where id = %s",
        (waiting.attempts + 1, error[:_LONGEST_ERROR], again, waiting.id),
    )


def counts(connection: psycopg.Connection[Any], most: int = 20) -> Counts:
    """How the outbox stands, for the status page."""
    (waiting, sent_, refused_) = connection.execute(
        "select count(*) filter (where next_try_at is not null), count(*) filter (where sent_at is not null),"
        " count(*) filter (where sent_at is null and next_try_at is null) from outbox.mail"
    ).fetchone() or (0, 0, 0)
    with connection.cursor(row_factory=class_row(Refusal)) as cursor:
        troubles = cursor.execute(
            "select position, kind, to_address, attempts, error, next_try_at from outbox.mail"
            " where sent_at is null and error is not null order by id desc limit %s",
            (most,),
        ).fetchall()
    return Counts(waiting=waiting, sent=sent_, refused=refused_, troubles=troubles)


# A request, for the account that asks


class Mailbox:
    """What one account may know and choose. `pool` is under the request role, which reads no table of the outbox."""

    def __init__(self, pool: ConnectionPool[Any]) -> None:
        self._pool = pool

    def mails(self, account: str) -> list[Shown]:
        """The mails of an account, the newest first."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Shown)) as cursor:
            found: list[Shown] = cursor.execute(
                "select position, kind, to_address, subject, made_at, sent_at, next_try_at"
                " from outbox.mails_of(%s, %s)",
                (account, _MOST_SHOWN),
            ).fetchall()
        return found

    def mail(self, account: str, position: int) -> Mail | None:
        """One mail of an account; None when it has none about this event."""
        if position > _LAST_POSITION:
            return None  # no number of the database's either
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(Mail)) as cursor:
            found: Mail | None = cursor.execute(
                "select position, account, kind, to_address, subject, text, html, message_id, made_at"
                " from outbox.mail_of(%s, %s)",
                (account, position),
            ).fetchone()
        return found

    def preferences(self, account: str) -> Mapping[Category, bool]:
        """Which categories an account wants; all of them until it says otherwise."""
        with self._pool.connection() as connection:
            rows = connection.execute(
                "select category, wanted from outbox.preferences_of(%s)", (account,)
            ).fetchall()
        said = dict(rows)
        return {category: bool(said.get(category, True)) for category in CATEGORIES}

    def prefer(self, account: str, wanted: Mapping[Category, bool]) -> bool:
        """Keep what an account wants; False when there is no such account any more."""
        with self._pool.connection() as connection, connection.transaction():
            kept = [
                connection.execute(
                    "select outbox.preference_set(%s, %s, %s)", (account, category, choice)
                ).fetchone()
                for category, choice in wanted.items()
            ]
        return all(row is not None and row[0] for row in kept)
