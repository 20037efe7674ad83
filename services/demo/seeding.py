"""Seeding the demo: its history is given to the real commands, each once, with the instants of the story.

Nothing is written beside the ledger: figures, alerts and silences follow from it, as they would for anybody.
"""

import logging
from collections.abc import Callable
from typing import Final

from domain.refusal import Refused
from infra.errors import OperatorError
from infra.ledger import CommandReused
from services.demo.accounts import open_accounts
from services.demo.history import Step, history, signed_document
from services.demo.towns import TOWNS
from services.wiring import Parts

log = logging.getLogger(__name__)

Tell = Callable[[int, int, str], None]
"""Steps done, steps in all, and the town in hand."""

_TOLD_EVERY: Final = 25
_DECIDED_OTHERWISE: Final = frozenset({"already-held", "already-cancelled", "left-already"})
"""Refusals that mean that somebody at the demo was faster than its story; their word stands."""


def silent(done: int, total: int, what: str) -> None:
    """Tells nobody."""


def seed(parts: Parts, tell: Tell = silent) -> None:
    """Record the demo as far as it has happened by the clock of `parts`.

    Again on the same day it records nothing; after a kill it goes on; on a later day it adds what happened since, so
    that no real insurer's office hour passes in silence. Raises OperatorError when another version began the demo.
    """
    steps = history(TOWNS, parts.clock.now())
    total = len(steps) + 1
    tell(0, total, "Comptes")
    open_accounts(parts)
    for town in TOWNS:
        for partnership in town.partnerships:
            if partnership.signed_text is not None:
                parts.ledger.documents.put(signed_document(partnership), "text/plain; charset=utf-8")
    for done, step in enumerate(steps, 2):
        _perform(parts, step)
        if done % _TOLD_EVERY == 0 or done == total:
            tell(done, total, step.where)


def _perform(parts: Parts, step: Step) -> None:
    try:
        step.perform(parts.ledger)
    except Refused as refusal:
        if refusal.code not in _DECIDED_OTHERWISE:
            raise
        log.info("%s: somebody decided otherwise (%s)", step.identity, refusal.code)
    except CommandReused as error:
        msg = "These demo data were begun by another version of Beffroi. Start over with: make demo-reset"
        raise OperatorError(msg) from error
