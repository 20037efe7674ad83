"""The workers, living through the demo's story at its own instants: a case is opened on the day its grid was notified.

They are the ones that run always, with a clock that is set. Mails begin with the last weeks: a mailbox with years of
news would be read by nobody.
"""

import hashlib
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from domain.tariffs.case import Case
from infra.clock import PARIS, FixedClock
from infra.ledger import Receipt
from services.commands import cases, documents
from services.commands.judgement import case_stream
from services.commands.perform import Ask, load
from services.demo.history import ACTOR, Letter
from services.reading import Audience
from services.wiring import Parts
from services.workers.calendar import Calendar
from services.workers.follower import Follower
from services.workers.indices import indices
from services.workers.judge import judge
from services.workers.mail import mail

NEWS: Final = timedelta(days=60)
"""How far back the demo's story is news. What the workers find of it afterwards is news always."""

_SOON: Final = timedelta(minutes=1)


class Lived:
    """The workers of the story. Mails are written from `news_from` on."""

    def __init__(self, parts: Parts, news_from: datetime) -> None:
        pool = parts.databases.project
        self._parts = parts
        self._pool = pool
        self._news_from = news_from
        self._clock = FixedClock(news_from)
        self._judge = judge(parts.ledger, self._clock, pool, parts.feed)
        self._indices = indices(parts.ledger, self._clock, pool, parts.feed)
        self._calendar = Calendar(parts.ledger, self._clock, pool)
        self._begun = False

    @cached_property
    def _mail(self) -> Follower:
        from services.mail.teller import Teller  # noqa: PLC0415 (its words are the pages', and they stand on this package)

        return mail(Teller(self._clock, self._parts.envelope), self._pool, self._parts.feed)

    def follow(self, at: datetime) -> None:
        """What has just happened is judged, and handed on; when it is news, mails are written."""
        self._clock.set(at + _SOON)
        with self._pool.connection() as connection:
            while self._indices.step(connection) + self._judge.step(connection):
                pass
            if at >= self._news_from:
                self._catch_up()
                while self._mail.step(connection):
                    pass

    def dawn(self, at: datetime) -> None:
        """The calendar says what fell due, and the others follow."""
        self._catch_up()
        self._clock.set(at)
        while self._calendar.round():
            self.follow(at)
            self._catch_up()
            self._clock.set(at)
        self.follow(at)

    def news(self, at: datetime) -> None:
        """Let mails begin, once, with what happens from `at` on."""
        if self._begun or at < self._news_from:
            return
        self._begun = True
        with self._pool.connection() as connection:
            self._mail.begin(connection, self._parts.feed.head(connection))

    def send(self, letter: Letter) -> Receipt | None:
        """The town sends a formal notice, with the letter that it is offered. Nothing when it sent one already."""
        from services.letters.press import formal_notice  # noqa: PLC0415 (its words are the pages')
        from services.letters.reading import facts, find  # noqa: PLC0415
        from services.letters.wording import first_version  # noqa: PLC0415

        parts, tenant, owner = self._parts, letter.tenant, letter.owner
        if load(parts.ledger, Case, case_stream(tenant, owner, letter.case)).state == "formal_notice":
            return None
        self._catch_up()
        audience = Audience("place", tenants=[tenant], owners=[owner])
        found = parts.views.read(audience, lambda reader: find(reader, tenant, [owner], letter.case))
        if found is None:
            return None
        on = letter.at.astimezone(PARIS).date()
        known = facts(found, letter.where, on, on)
        content = formal_notice(known, first_version(known))
        filing = documents.FileDocument(
            name=f"mise-en-demeure-{on:%Y-%m-%d}.pdf",
            media_type=cases.LETTER,
            content=content,
            about=letter.case,
        )
        documents.file(parts.ledger, tenant, owner, filing, _ask(letter, "file"))
        sending = cases.SendFormalNotice(
            case=letter.case,
            sent_on=on,
            channel="registered_letter",
            document=hashlib.sha256(content).hexdigest(),
        )
        return cases.send_formal_notice(parts.ledger, tenant, owner, sending, _ask(letter, "send"))

    def _catch_up(self) -> None:
        with self._pool.connection() as connection:
            while self._parts.projector.catch_up(connection):
                pass


def _ask(letter: Letter, what: str) -> Ask:
    return Ask(actor=ACTOR, now=letter.at, command=f"demo:{letter.identity}:{what}")
