"""A whole running installation: its pages on a port, its workers, a mail server that keeps what it takes, and days
that go by when a test says so. Nothing is called by hand: what a test sees came through a socket or a worker.
"""

import re
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeVar

from werkzeug.serving import make_server

from infra.clock import FixedClock
from infra.database.pools import Databases
from infra.identity import Identity
from infra.settings import Settings
from services.app import create_app
from services.commands import membership, partnerships, tariffs
from services.commands.perform import Ask
from services.wiring import Parts
from services.workers.run import run
from tests.support import api, cast, post
from tests.support.api import CHEAP, Who, email_of
from tests.support.cast import ACCORD, GRENOBLE, INSURER
from tests.support.database import Database
from tests.support.post import PostOffice

T = TypeVar("T")

PATIENCE: Final = 30.0
"""Seconds that a condition is waited for; mails leave in rounds of five."""

_TUESDAY: Final = 1


@dataclass(frozen=True)
class Stage:
    """The installation, and the people of the cast who may sign in to it."""

    parts: Parts
    clock: FixedClock
    address: str
    office: PostOffice

    @property
    def today(self) -> date:
        """The civil day on stage."""
        return self.clock.today()

    def ask(self, actor: str) -> Ask:
        """Somebody asks now."""
        return Ask(actor=actor, now=self.clock.now())

    def next_day(self, days: int = 1) -> None:
        """Let days go by; whoever was signed in is not any more."""
        self.clock.advance(timedelta(days=days))

    def topics(self, like: str) -> list[str]:
        """The events recorded under such topics, in order."""
        with self.parts.databases.project.connection() as connection:
            rows = connection.execute(
                "select topic from ledger.event where topic like %s order by position", (like,)
            ).fetchall()
        return [row[0] for row in rows]

    def mail(self, who: Who, subject: str) -> EmailMessage:
        """The mail to somebody whose subject contains this; waited for, and there once."""

        def found() -> list[EmailMessage]:
            return [each for each in self.office.said_to(email_of(who)) if subject in words(each["Subject"])]

        (only,) = until(found)
        return only

    def link(self, mail: EmailMessage, path: str) -> str:
        """The address in a mail that leads below a path."""
        found = re.findall(re.escape(self.address) + r"[^\s>]*", body(mail))
        (link,) = {each for each in found if path in each}
        return str(link)


def until(condition: Callable[[], T]) -> T:
    """What a condition says once it is true of the running system."""
    deadline = time.monotonic() + PATIENCE
    while not (said := condition()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.1)
    return said


def body(mail: EmailMessage) -> str:
    """What a mail says, as plain text."""
    part = mail.get_body(("plain",))
    assert part is not None
    said: str = part.get_content()
    return said


def words(text: str) -> str:
    """A text with plain spaces and apostrophes, so that a test reads as people write."""
    return " ".join(text.replace("’", "'").split())


@contextmanager
def staged(database: Database) -> Iterator[Stage]:
    """Grenoble's convention with a cap of 3 % a year, its first grid and twelve members; a Tuesday morning to come."""
    # To come, because a browser drops a cookie that ended.
    soon = datetime.now(UTC).replace(hour=8, minute=30, second=0, microsecond=0) + timedelta(days=1)
    clock = FixedClock(soon + timedelta(days=(_TUESDAY - soon.weekday()) % 7))
    office = PostOffice()
    with TemporaryDirectory(prefix="beffroi-stage-") as folder, post.listening(office) as smtp:
        # The address is in mails before anything listens on it: the port is taken first, with a handler to come.
        server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
        address = f"http://127.0.0.1:{server.server_port}"
        settings = Settings(
            data=Path(folder), database_url=database.owner_url, master_key=b64encode(bytes(range(32))).decode(),
            smtp=smtp, mail_from="Beffroi <beffroi@exemple.example>", url=address,
        )  # fmt: skip
        parts = Parts(settings, database.urls, Databases(database.urls), clock)
        stop = threading.Event()
        working = threading.Thread(target=run, args=(parts, stop))
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        try:
            vars(parts)["identity"] = Identity(parts.databases.request, parts.session_key, clock, CHEAP)
            with parts.owner_connection() as owner:
                api.people(owner)
                api.communes(owner)
            cast.follow(parts)
            working.start()
            server.app = create_app(parts)
            serving.start()
            stage = Stage(parts, clock, address, office)
            _begin(stage)
            yield stage
        finally:
            stop.set()
            if serving.is_alive():
                server.shutdown()
                serving.join()
            server.server_close()
            if working.ident is not None:
                working.join()
            parts.close()


def _begin(stage: Stage) -> None:
    ledger, starts_on = stage.parts.ledger, date(stage.today.year - 2, 1, 1)
    convention = cast.declaration(
        signed_on=date(starts_on.year - 1, 11, 3),
        starts_on=starts_on,
        ends_on=date(starts_on.year + 4, 12, 31),
    )
    partnerships.declare(ledger, GRENOBLE, ACCORD, convention, stage.ask("account:adviser"))
    partnerships.confirm(ledger, GRENOBLE, ACCORD, cast.confirmation(), stage.ask("account:town"))
    tariffs.notify(ledger, GRENOBLE, ACCORD, cast.grid(effective_on=starts_on), stage.ask("account:adviser"))
    for number in range(12):
        member = cast.member(f"m{number}", joined_on=stage.today, number=str(number))
        membership.join(ledger, GRENOBLE, INSURER, member, stage.ask("account:adviser"))
    until(lambda: stage.topics("tariff.judged.%"))
