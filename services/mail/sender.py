"""Sends what waits in the outbox: one connection for as many mails as wait, each marked when the server took it.

Killed between the server's yes and the mark, it sends that mail again: under the same Message-ID.
"""

import logging
import smtplib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from infra.clock import Clock
from infra.errors import described
from infra.mail_server import MailServer
from services.mail import outbox
from services.mail.message import Envelope
from services.mail.outbox import Waiting

log = logging.getLogger(__name__)

ROUND_SECONDS: Final = 5.0
TIMEOUT_SECONDS: Final = 20.0


class Sender:
    """Hands mails over to a server. `pool` is under the projecting role."""

    def __init__(
        self, server: MailServer, envelope: Envelope, clock: Clock, pool: ConnectionPool[Any]
    ) -> None:
        self._server = server
        self._envelope = envelope
        self._clock = clock
        self._pool = pool

    def run(self, stop: threading.Event) -> None:
        """Look every few seconds, until told to stop."""
        while not stop.is_set():
            try:
                self.round(stop)
            except psycopg.OperationalError as error:
                log.warning("the sender of mails waits for its database: %s", described(error))
            except Exception:
                log.exception("a round of the sender of mails failed; the next one tries again")
            stop.wait(ROUND_SECONDS)

    def round(self, stop: threading.Event | None = None) -> int:
        """Send every mail that is due; how many the server took. A server that is away ends the round."""
        done = 0
        with self._pool.connection() as connection:
            if not self._waits(connection):
                return 0
            session: smtplib.SMTP | None = None
            try:
                while stop is None or not stop.is_set():
                    with connection.transaction():
                        waiting = outbox.due(connection, self._clock.now())
                        if waiting is None:
                            break
                        try:
                            session = session or self._connect()
                            self._hand_over(session, waiting)
                        except RefusedError as refusal:
                            outbox.refused(connection, waiting, str(refusal))
                        except PutOffError as trouble:
                            outbox.put_off(connection, waiting, str(trouble), self._clock.now())
                        except (OSError, smtplib.SMTPException) as error:
                            # The server, not this mail: the others need not be tried now.
                            outbox.put_off(connection, waiting, _told(error), self._clock.now())
                            log.warning("the mail server does not answer as it should: %s", _told(error))
                            break
                        else:
                            outbox.sent(connection, waiting, self._clock.now())
                            done += 1
            finally:
                _close(session)
        return done

    def _waits(self, connection: psycopg.Connection[Any]) -> bool:
        row = connection.execute(
            "select exists (select from outbox.mail where next_try_at <= %s)", (self._clock.now(),)
        ).fetchone()
        return bool(row and row[0])

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        # Certificates are verified; a private authority is named by SSL_CERT_FILE.
        context = ssl.create_default_context()
        if server.security == "tls":
            session: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            session = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        try:
            if server.security == "starttls":
                session.starttls(context=context)
            if server.user is not None and server.password is not None:
                session.login(server.user, server.password)
        except BaseException:
            _close(session)
            raise
        return session

    def _hand_over(self, session: smtplib.SMTP, waiting: Waiting) -> None:
        try:
            with _answers():
                session.send_message(self._envelope.message(waiting.mail))
        except (RefusedError, PutOffError):
            # A server that refused one mail takes the next one on the same connection.
            with suppress(smtplib.SMTPException, OSError):
                session.rset()
            raise


class RefusedError(Exception):
    """The server will never take this mail."""


class PutOffError(Exception):
    """The server does not take this mail now."""


@contextmanager
def _answers() -> Iterator[None]:
    """What the server's answer means for this mail: codes of 500 and above are for good (RFC 5321, 4.2.1)."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as refusal:
        code, said = next(iter(refusal.recipients.values()))
        _raise(code, said)
    except smtplib.SMTPDataError as refusal:
        _raise(refusal.smtp_code, refusal.smtp_error)


def _raise(code: int, said: bytes | str) -> None:
    text = f"{code} {_text(said)}"
    raise (RefusedError if code >= 500 else PutOffError)(text)


def _text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__}: {error.smtp_code} {_text(error.smtp_error)}"
    return described(error)


def _close(session: smtplib.SMTP | None) -> None:
    if session is not None:
        with suppress(smtplib.SMTPException, OSError):
            session.quit()
        session.close()
