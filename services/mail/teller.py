"""Turns one event into the mails of its recipients, and keeps them in the outbox."""

from typing import Any, Final

import psycopg

from domain.tenancy import code_of, siren_of
from infra.clock import PARIS, Clock
from projections.engine.view import Recorded
from services.mail import cases, conventions, outbox, tariffs
from services.mail.message import PREFERENCES, Envelope
from services.mail.notices import KINDS, TELLINGS, Notice, Side
from services.mail.outbox import Mail, Recipient
from services.mail.readings import Readings
from services.mail.writing import Written, write

_TOLD: Final = (cases, conventions, tariffs)
"""The modules that say what each event is told as; importing them fills `TELLINGS`."""


class Teller:
    """Tells events. The connection it is given is under the projecting role."""

    def __init__(self, clock: Clock, envelope: Envelope) -> None:
        self._clock = clock
        self._envelope = envelope

    def tell(self, connection: psycopg.Connection[Any], fact: Recorded[Any]) -> int:
        """Put the mails of an event into the outbox, once each; how many were new."""
        topic = fact.event.topic
        notice = TELLINGS[topic](fact, Readings(connection, fact))
        if notice is None:
            return 0
        new = 0
        for side in notice.to:
            organisation = (
                f"town:{code_of(fact.tenant)}" if side == "town" else f"insurer:{siren_of(fact.owner)}"
            )
            for recipient in outbox.recipients(connection, organisation, KINDS[topic]):
                new += outbox.put(connection, self._mail(fact, notice, side, recipient))
        return new

    def _mail(self, fact: Recorded[Any], notice: Notice, side: Side, recipient: Recipient) -> Mail:
        kind, account = fact.event.topic, recipient.account
        written = self._written(fact, notice, side, account)
        return Mail(
            position=fact.position,
            account=account,
            kind=kind,
            to_address=recipient.email,
            subject=written.subject,
            text=written.text,
            html=written.html,
            message_id=self._envelope.identity(fact.position, account),
            made_at=self._clock.now(),
        )

    def _written(self, fact: Recorded[Any], notice: Notice, side: Side, account: str) -> Written:
        kind, site = fact.event.topic, self._envelope.site
        footer = [
            ("Choisir vos messages", site + PREFERENCES),
            ("Ne plus recevoir ceux-ci", self._envelope.stop(account, kind)),
        ]
        return write(
            kind.replace(".", "_"),
            site,
            footer,
            fictitious=notice.place.fictitious,
            **notice.facts,
            to=side,
            place=notice.place,
            path=notice.path(side),
            today=fact.recorded_at.astimezone(PARIS).date(),
        )
