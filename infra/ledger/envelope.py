"""What surrounds the events of one command: who did it, under which id, since when; and what the ledger answers.

The answers that are not a receipt are exceptions of the eventsourcing library's own family.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from eventsourcing.persistence import IntegrityError, OperationalError


class Claim(NamedTuple):
    """Something unique across the streams of a tenant (a slot, a member number), held by one stream."""

    tenant: str
    kind: str
    key: str
    stream: str


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What every event of one command shares.

    `command` is unique per (tenant, owner of the first event, actor); `digest` is the fingerprint of the command's
    input, so that the same id with another input is refused. `actor` is opaque: it never names a person.
    """

    actor: str
    command: str
    correlation: str
    digest: bytes
    recorded_at: datetime
    take: Sequence[Claim] = ()
    release: Sequence[Claim] = ()


class Receipt(msgspec.Struct, frozen=True):
    """Proof that a command is in the ledger: the positions of its first and last event."""

    first: int
    last: int
    stream: str
    repeated: bool = False


class Conflict(IntegrityError):
    """Another command was recorded in the stream first: load again and decide again."""


class ClaimTaken(IntegrityError):
    """Another stream of the tenant holds a claim that the command takes."""


class CommandReused(IntegrityError):
    """The command id was used before with another input."""


class LedgerFull(OperationalError):
    """More commands wait than the writer may queue: try again in a moment. Nothing was recorded."""


class LedgerUnavailable(OperationalError):
    """The database did not answer: whether the command was recorded is unknown; send the same id again."""
