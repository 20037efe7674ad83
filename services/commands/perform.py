"""How every command is carried out: look up its receipt, load and decide, append, and decide again after a lost race.

A command's input is a frozen struct; its digest makes the same id with another input a refusal.
"""

import hashlib
import random
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final, TypeVar

import msgspec

from domain.aggregate import Aggregate
from domain.refusal import Refused
from domain.tenancy import Owner, Tenant
from infra.clock import PARIS
from infra.ledger import Claim, ClaimTaken, Conflict, Envelope, Ledger, Loaded, Receipt

A = TypeVar("A", bound=Aggregate)

_ATTEMPTS: Final = 5
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, under which id, and when. `expected` is the version the caller saw, if it said so."""

    actor: str
    now: datetime
    command: str | None = None
    correlation: str | None = None
    expected: int | None = None

    @property
    def today(self) -> date:
        """The civil day in Paris."""
        return self.now.astimezone(PARIS).date()

    def fresh_key(self) -> str:
        """A key for a new stream: always the same for the same command id, so that a repeat asks for the same."""
        if self.command is None:
            return uuid.uuid4().hex
        return hashlib.sha256(f"{self.actor}\0{self.command}".encode()).hexdigest()[:32]


class Decision(msgspec.Struct, frozen=True):
    """What a command decided: the aggregates to record, and the claims to take and release with them."""

    aggregates: Sequence[Aggregate]
    take: Sequence[Claim] = ()
    release: Sequence[Claim] = ()


class NotFoundError(LookupError):
    """What the command is about is not there, or not for this caller: one answer for both."""


class StaleError(Exception):
    """The caller saw an older version than there is."""

    def __init__(self, version: int) -> None:
        super().__init__(f"it is at version {version} now")
        self.version = version


def input_of(command: msgspec.Struct) -> bytes:
    """A command's input as canonical bytes, its kind included."""
    return type(command).__name__.encode() + b"\0" + _ENCODER.encode(command)


def perform(
    ledger: Ledger,
    tenant: Tenant,
    owner: Owner,
    command: msgspec.Struct,
    ask: Ask,
    decide: Callable[[], Decision],
) -> Receipt | None:
    """Carry out a command; its receipt, or None when what it says is true already.

    `tenant` and `owner` are those of its first event. Raises Refused, NotFoundError, StaleError, CommandReused,
    ClaimTaken as Refused where the caller named it, Conflict after several lost races, LedgerFull, LedgerUnavailable.
    """
    return perform_on(ledger, tenant, owner, command, ask, (), lambda _: decide())


def perform_on(
    ledger: Ledger,
    tenant: Tenant,
    owner: Owner,
    command: msgspec.Struct,
    ask: Ask,
    streams: Sequence[str],
    decide: Callable[[Loaded], Decision],
) -> Receipt | None:
    """The same, for a command that decides on `streams`: they come with its receipt, in one round trip."""
    digest = ledger.fingerprint(input_of(command))
    loaded: Loaded | None = None
    if ask.command is not None:
        found = ledger.receipt_and(tenant, owner, ask.actor, ask.command, digest, streams)
        if isinstance(found, Receipt):
            return found
        loaded = found
    identity = ask.command or uuid.uuid4().hex
    for attempt in range(1, _ATTEMPTS + 1):
        decision = decide(loaded or ledger.load_together(streams))
        loaded = None  # what is decided on again is loaded again
        envelope = Envelope(
            actor=ask.actor,
            command=identity,
            correlation=ask.correlation or identity,
            digest=digest,
            recorded_at=ask.now,
            take=decision.take,
            release=decision.release,
        )
        try:
            return ledger.record(envelope, *decision.aggregates)
        except ClaimTaken:
            claim = decision.take[0]
            raise Refused(f"{claim.kind}-taken", f"{claim.key} is taken.", key=claim.key) from None
        except Conflict:
            # The rule may still hold on what the winner left: decide again on it.
            if attempt == _ATTEMPTS:
                raise
            time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 (spreads retries, keeps no secret)
    raise AssertionError  # the loop returns or raises


def load(ledger: Ledger, kind: type[A], stream: str) -> A:
    """The aggregate of a stream. Raises NotFoundError when there is none."""
    found = ledger.find(kind, stream)
    if found is None:
        raise NotFoundError(stream)
    return found


def demand(aggregate: Aggregate, ask: Ask) -> None:
    """Raise StaleError when the caller said which version it saw and it is not the present one."""
    if ask.expected is not None and ask.expected != aggregate.version:
        raise StaleError(aggregate.version)
