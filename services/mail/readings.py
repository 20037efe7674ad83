"""What a mail says beside its event: what happened before in the same drawer, read from the ledger as it then was.

Under the projecting role, and up to the event's position only: a repeat of the event says the same.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from domain.tenancy import code_of, siren_of
from infra.directory.search import get
from infra.feed import FeedRow
from projections.engine.view import Recorded
from services.workers.projection import recorded

_STREAM = (
    "select position, tenant, owner, stream, version, topic, state, recorded_at, actor from ledger.event"
    " where stream = %s and position <= %s order by version"
)
_DOCUMENT = "select content from ledger.document where digest = %s"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A town and an insurer as mails name them, with the codes that addresses are made of."""

    code: str
    town: str
    siren: str
    insurer: str
    fictitious: bool


class Readings:
    """The past of one event. `connection` is under the projecting role."""

    def __init__(self, connection: psycopg.Connection[Any], fact: Recorded[Any]) -> None:
        self._connection = connection
        self.fact = fact

    def stream(self, kind: str, key: str) -> list[Recorded[Any]]:
        """The events of a stream of the same drawer up to the event, itself included; none when there is no stream."""
        name = f"{self.fact.tenant}/{self.fact.owner}/{kind}/{key}"
        cursor = self._connection.cursor(binary=True)
        rows = cursor.execute(_STREAM, (name, self.fact.position)).fetchall()
        return [recorded(FeedRow._make(row)) for row in rows]

    def own_stream(self, kind: str) -> list[Recorded[Any]]:
        """The events of the event's own stream, itself the last."""
        return self.stream(kind, self.fact.key)

    def place(self, convention: str) -> Place:
        """Town and insurer of a convention, by the names they had."""
        named = [
            event for event in self.stream("convention", convention) if hasattr(event.event, "insurer_name")
        ]
        code = code_of(self.fact.tenant)
        town = get(self._connection, code)
        return Place(
            code=code,
            town=town.name if town else f"la commune {code}",
            siren=siren_of(self.fact.owner),
            insurer=" ".join(named[-1].event.insurer_name.split()) if named else "L’organisme",
            fictitious=bool(named and named[-1].event.fictitious),
        )

    def document(self, digest: str) -> bytes | None:
        """A stored document by its SHA-256; None when there is none."""
        row = self._connection.execute(_DOCUMENT, (bytes.fromhex(digest),)).fetchone()
        return bytes(row[0]) if row else None


def last(events: Sequence[Recorded[Any]], *topics: str) -> Any:
    """The newest event of some topics; None when there is none."""
    return next((each.event for each in reversed(events) if each.event.topic in topics), None)
