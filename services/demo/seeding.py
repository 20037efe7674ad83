"""Seeding the demo: its history is given to the real commands, each once, with the instants of the story.

Nothing is written beside the ledger: figures, verdicts, cases, mails and silences follow from it through the workers,
as they would for anybody.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from domain.refusal import Refused
from infra.clock import PARIS
from infra.errors import OperatorError
from infra.identity import list_accounts
from infra.ledger import CommandReused, Receipt
from services.commands.perform import NotFoundError
from services.demo.accounts import DEMO_ACCOUNTS, open_accounts
from services.demo.days import Days
from services.demo.history import Dawn, Entry, Letter, history, signed_document
from services.demo.lived import NEWS, Lived
from services.demo.platform import platform
from services.demo.script import Town
from services.demo.towns import towns_from
from services.wiring import Parts

log = logging.getLogger(__name__)

Tell = Callable[[int, int, str], None]
"""Steps done, steps in all, and the town in hand."""

_TOLD_EVERY: Final = 25
_DECIDED_OTHERWISE: Final = frozenset({"already-held", "already-cancelled", "left-already"})
"""Refusals that mean that somebody at the demo was faster than its story; their word stands."""


def silent(done: int, total: int, what: str) -> None:
    """Tells nobody."""


def seed(parts: Parts, tell: Tell = silent, *, alone: bool = True) -> None:
    """Record the demo as far as it has happened by the clock of `parts`.

    Again on the same day it records nothing; after a kill it goes on; on a later day it adds what happened since, so
    that no real insurer's office hour passes in silence. `alone`: no worker runs yet, so the workers live through what
    is new here. Raises OperatorError when another version began the demo.
    """
    open_accounts(parts)
    began_on = first_day(parts)
    towns = towns_from(began_on)
    entries = plot(began_on, parts)
    total = len(entries) + 1
    tell(0, total, "Comptes")
    _keep_texts(parts, towns)
    lived = _Seeding(parts, alone=alone)
    for done, entry in enumerate(entries, 2):
        lived.record(entry)
        if done % _TOLD_EVERY == 0 or done == total:
            tell(done, total, entry.where)
    lived.finish()


def plot(began_on: date, parts: Parts) -> list[Entry]:
    """Every entry of the demo that began on a day, as far as it has happened."""
    return history(towns_from(began_on), began_on, parts.clock.now(), platform(Days(began_on)))


def first_day(parts: Parts) -> date:
    """The day on which the demo began: that of its first account. All its days are counted from it."""
    demo = {account.email for account in DEMO_ACCOUNTS}
    with parts.owner_connection() as connection:
        made = [account.made_at for account in list_accounts(connection) if account.email in demo]
    return min(made).astimezone(PARIS).date()


def _keep_texts(parts: Parts, towns: Sequence[Town]) -> None:
    for town in towns:
        for partnership in town.partnerships:
            if partnership.signed_text is not None:
                parts.ledger.documents.put(signed_document(partnership), "text/plain; charset=utf-8")


class _Seeding:
    """Entries are recorded one after the other; the workers live through those that are new."""

    def __init__(self, parts: Parts, *, alone: bool) -> None:
        self._parts = parts
        self._lived = Lived(parts, parts.clock.now() - NEWS) if alone else None
        self._new = False

    def record(self, entry: Entry) -> None:
        if self._lived is not None:
            self._lived.news(entry.at)
        if isinstance(entry, Dawn):
            if self._new and self._lived is not None:
                self._lived.dawn(entry.at)
            return
        try:
            receipt = self._given(entry)
        except NotFoundError:
            # What it is about is made by the workers, and a kill may have come before they did.
            if self._lived is None:
                raise
            self._lived.follow(entry.at)
            receipt = self._given(entry)
        if receipt is not None and not receipt.repeated:
            self._new = True
            if self._lived is not None and (isinstance(entry, Letter) or entry.stirs):
                self._lived.follow(entry.at)

    def finish(self) -> None:
        """What is due at this very moment."""
        if self._lived is not None and self._new:
            self._lived.dawn(self._parts.clock.now())

    def _given(self, entry: Entry) -> Receipt | None:
        if isinstance(entry, Dawn):
            return None
        try:
            if isinstance(entry, Letter):
                return self._lived.send(entry) if self._lived is not None else None
            return entry.perform(self._parts.ledger)
        except Refused as refusal:
            if refusal.code not in _DECIDED_OTHERWISE:
                raise
            log.info("%s: somebody decided otherwise (%s)", entry.identity, refusal.code)
            return None
        except CommandReused as error:
            msg = "These demo data were begun by another version of Beffroi. Start over with: make demo-reset"
            raise OperatorError(msg) from error
