"""The one place where parts are put together: settings in, a running system's parts out.

Web, workers and commands of the shell all start here, and none makes a part for itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import psycopg

from infra.clock import Clock, SystemClock
from infra.database import open_database
from infra.database.pools import Databases
from infra.database.roles import Urls
from infra.feed import StoreFeed
from infra.identity import Identity, SessionKey, load_session_key
from infra.ledger import Ledger, open_ledger
from infra.ledger.recorder import LedgerRecorder
from infra.ledger.writer import Writer
from infra.secrets import SecretsFolder
from infra.settings import Settings
from infra.vault import MasterKey, Opener, Vault, load_master_key
from projections import VIEWS
from services import telemetry
from services.mail.message import Envelope
from services.mail.outbox import Mailbox
from services.mail.sender import Sender
from services.mail.tokens import Unsubscribing
from services.reading import Views
from services.workers.calendar import Calendar
from services.workers.follower import Follower
from services.workers.indices import indices
from services.workers.judge import judge
from services.workers.mail import mail
from services.workers.projector import Projector

if TYPE_CHECKING:
    from services.workers.relay import Relay
    from services.workers.stream import StreamProjector


@dataclass
class Parts:
    """The parts of one process; each is made when first asked for."""

    settings: Settings
    urls: Urls
    databases: Databases
    clock: Clock

    @cached_property
    def master_key(self) -> MasterKey:
        """The key that wraps the keys of persons. A generated one serves demos only."""
        return load_master_key(
            text=self.settings.master_key,
            file=self.settings.master_key_file,
            generated=SecretsFolder(self.settings.secrets) if self.settings.demo else None,
        )

    @cached_property
    def ledger(self) -> Ledger:
        """What commands record in."""
        pool = self.databases.append
        ledger = open_ledger(lambda: self.databases.connect("append"), pool, Vault(pool, self.master_key))
        cast(LedgerRecorder, ledger.recorder).writer.appended = telemetry.appended
        return ledger

    @property
    def writer(self) -> Writer | None:
        """The thread that appends to the ledger; None until something asked for the ledger."""
        return cast(LedgerRecorder, self.ledger.recorder).writer if "ledger" in self.__dict__ else None

    @cached_property
    def views(self) -> Views:
        """What pages and the API read."""
        return Views(self.databases.request)

    @cached_property
    def session_key(self) -> SessionKey:
        """What signs tokens, and the source of the keys of forms and cursors."""
        return load_session_key(SecretsFolder(self.settings.secrets))

    @cached_property
    def identity(self) -> Identity:
        """Who is signed in."""
        return Identity(self.databases.request, self.session_key, self.clock)

    @cached_property
    def feed(self) -> StoreFeed:
        """The ledger, followed."""
        return StoreFeed()

    @cached_property
    def opener(self) -> Opener:
        """What opens sealed fields for the insurer's view."""
        return Opener(self.master_key)

    @cached_property
    def projector(self) -> Projector:
        """Keeps the views up to date."""
        return Projector(list(VIEWS.values()), self.databases.project, self.feed, self.opener)

    @cached_property
    def relay(self) -> "Relay | None":
        """Copies the ledger to Kafka; None where views follow the store itself."""
        if self.settings.kafka is None:
            return None
        from services.workers.relay import Relay  # noqa: PLC0415 (kafka-python takes its time to be imported)

        return Relay(self.settings.kafka, self.databases.project, self.feed)

    @cached_property
    def streaming(self) -> "StreamProjector | None":
        """Keeps the views up to date from Kafka; None where views follow the store itself."""
        if self.settings.kafka is None:
            return None
        from services.workers.stream import StreamProjector  # noqa: PLC0415 (as above)

        pool = self.databases.project
        return StreamProjector(list(VIEWS.values()), pool, self.feed, self.opener, self.settings.kafka)

    @cached_property
    def judge(self) -> Follower:
        """Judges notified grids."""
        return judge(self.ledger, self.clock, self.databases.project, self.feed)

    @cached_property
    def indices(self) -> Follower:
        """Hands published indices on to the accords that follow them."""
        return indices(self.ledger, self.clock, self.databases.project, self.feed)

    @cached_property
    def calendar(self) -> Calendar:
        """Says what fell due."""
        return Calendar(self.ledger, self.clock, self.databases.project)

    @cached_property
    def unsubscribing(self) -> Unsubscribing:
        """What signs the links that end a category of mails."""
        return Unsubscribing(self.session_key)

    @cached_property
    def envelope(self) -> Envelope:
        """What makes messages of mails."""
        return Envelope(self.settings.site, self.settings.sender, self.unsubscribing)

    @cached_property
    def mail(self) -> Follower:
        """Writes mails. Where none can be sent or shown, none is written."""
        from services.mail.teller import Teller  # noqa: PLC0415 (its words are the pages', and they stand on this module)

        sends = self.settings.smtp is not None or self.settings.demo
        teller = Teller(self.clock, self.envelope) if sends else None
        return mail(teller, self.databases.project, self.feed)

    @cached_property
    def sender(self) -> Sender | None:
        """Sends mails; None where no server is named."""
        if self.settings.smtp is None:
            return None
        return Sender(self.settings.smtp, self.envelope, self.clock, self.databases.project)

    @cached_property
    def mailbox(self) -> Mailbox:
        """What an account may know of its mails, and chooses."""
        return Mailbox(self.databases.request)

    def owner_connection(self) -> psycopg.Connection[Any]:
        """A connection under the owner's role: for migrations, the directory of communes and accounts."""
        return psycopg.connect(self.urls.owner, autocommit=True)

    def close(self) -> None:
        """Append what waits, then close every connection."""
        if "ledger" in self.__dict__:
            self.ledger.close()
        self.databases.close()


@contextmanager
def opened(
    settings: Settings, clock: Clock | None = None, *, application: str = "beffroi"
) -> Iterator[Parts]:
    """The parts over a database that is there: the embedded one is started when it is not running."""
    with open_database(settings) as urls:
        parts = Parts(settings, urls, Databases(urls, application=application), clock or SystemClock())
        try:
            yield parts
        finally:
            parts.close()
