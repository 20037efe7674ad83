"""Long-running processes: they relay the ledger, follow it, and keep views, judgements and the calendar."""

from typing import Final

ALONE: Final = ("judge", "calendar", "indices", "mail", "sender")
"""Those that act once for the whole installation, so they run in one process of it at a time."""

NAMES: Final = ("relay", "projector", *ALONE)
"""All, as `beffroi work` names them."""
