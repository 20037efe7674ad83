"""The ledger: one sequence of events for the whole platform, appended to by commands and never changed.

`Ledger` is what services use; the rest of the package is behind it.
"""

from infra.ledger.application import Ledger, Loaded, open_ledger
from infra.ledger.envelope import (
    Claim,
    ClaimTaken,
    CommandReused,
    Conflict,
    Envelope,
    LedgerFull,
    LedgerUnavailable,
    Receipt,
)

__all__ = [
    "Claim",
    "ClaimTaken",
    "CommandReused",
    "Conflict",
    "Envelope",
    "Ledger",
    "LedgerFull",
    "LedgerUnavailable",
    "Loaded",
    "Receipt",
    "open_ledger",
]
