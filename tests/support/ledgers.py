"""Ledgers for tests: a recorder on a test's database, and plain commands to put through it."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from eventsourcing.persistence import StoredEvent

from infra.ledger import Claim, Envelope
from infra.ledger.recorder import LedgerRecorder
from infra.ledger.writer import Writer
from tests.support.database import Database

AT = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
DRAWER = "commune:38185/insurer:999000011"


def new_stream(drawer: str = DRAWER) -> str:
    """A stream that nothing was recorded in."""
    return f"{drawer}/member/{uuid.uuid4().hex}"


def envelope(command: str | None = None, digest: bytes = b"input", **other: Any) -> Envelope:
    """What surrounds one command."""
    identity = command or uuid.uuid4().hex
    return Envelope(
        **{
            "actor": "account:1",
            "command": identity,
            "correlation": identity,
            "digest": digest,
            "recorded_at": AT,
            **other,
        }
    )


def event(stream: str, version: int = 1, state: bytes = b"{}") -> StoredEvent:
    """One event of a stream."""
    return StoredEvent(stream, version, "member.joined.v1", state)


def claim(key: str, stream: str, kind: str = "slot") -> Claim:
    """A claim of the test's commune."""
    return Claim("commune:38185", kind, key, stream)


class TestRecorder(LedgerRecorder):
    """A recorder that surrounds events by itself, for the library's own test cases."""

    __test__ = False

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Append with an envelope of the test's."""
        return super().insert_events(stored_events, **{"envelope": envelope(), **kwargs})


def recorder_on(database: Database, *, capacity: int = 4096, patience: float = 10.0) -> TestRecorder:
    """A recorder on a test's database; close its writer."""
    writer = Writer(
        lambda: psycopg.connect(database.url("append"), autocommit=True), capacity=capacity, patience=patience
    )
    return TestRecorder(writer, database.pools.append, database.pools.project)
