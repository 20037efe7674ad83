"""A real mail server on loopback: it keeps what it takes, and answers as a test tells it to."""

import ssl
from asyncio import Server
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from infra.mail_server import MailServer


class PostOffice:
    """What a mail server does: `answers` are said, in order, to the next mails instead of taking them."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.answers: list[str] = []
        self.refusals: dict[str, str] = {}
        """What is answered to RCPT TO for an address."""

    async def handle_RCPT(  # noqa: N802 (the name that aiosmtpd calls)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        content = cast("bytes", envelope.content)
        self.taken.append(message_from_bytes(content, policy=default))
        self.envelopes.append(envelope)
        return "250 taken"

    def said_to(self, address: str) -> list[EmailMessage]:
        """The mails that an address received, in order."""
        return [message for message in self.taken if message["To"] == address]


@contextmanager
def listening(office: PostOffice, port: int = 0, **options: Any) -> Iterator[MailServer]:
    """The office behind a real port of loopback."""
    controller = _FreePort(office, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield MailServer("127.0.0.1", controller.port, "none")
    finally:
        controller.stop()


def demanding(user: str, password: str, context: ssl.SSLContext) -> dict[str, Any]:
    """Options of `listening`: STARTTLS, then this user with this password."""

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        right = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=right, handled=False)

    return {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": authenticate,
    }


class _FreePort(Controller):
    """The library asks the port that was named whether it answers; ours is known only once it listens."""

    def _trigger_server(self) -> None:
        self.port = cast("Server", self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call] # the library is annotated in part
