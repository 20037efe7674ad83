"""The server that takes our mails: what its address in the settings says, checked before anything is sent.
A password is never carried over a connection that others can read."""

import ipaddress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Final, Literal, Self
from urllib.parse import parse_qs, unquote, urlsplit

Security = Literal["none", "starttls", "tls"]

_SHAPE: Final = "smtp://user:password@host:587?starttls=1, or smtps://user:password@host:465"


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed over. `security`: TLS from the start, after STARTTLS, or none at all."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The server that a URL names. Raises ValueError, whose message says what to write and repeats no password."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise ValueError(f"it must look like {_SHAPE}") from None
        if parts.scheme not in {"smtp", "smtps"} or not host or parts.path not in {"", "/"} or parts.fragment:
            raise ValueError(f"it must look like {_SHAPE}")
        options = parse_qs(parts.query, keep_blank_values=True)
        starttls = options.pop("starttls", ["0"])
        if options or starttls not in (["0"], ["1"]):
            raise ValueError("the only option is starttls=1")
        security: Security = "tls" if parts.scheme == "smtps" else "starttls" if starttls == ["1"] else "none"
        if parts.scheme == "smtps" and starttls == ["1"]:
            raise ValueError("smtps:// is encrypted from the start: leave starttls out")
        user, password = (unquote(part) if part else None for part in (parts.username, parts.password))
        if (user is None) != (password is None):
            raise ValueError("it needs both a user and a password, or neither")
        if user is not None and security == "none" and not _is_loopback(host):
            raise ValueError("a password is only sent over TLS: add ?starttls=1, or use smtps://")
        usual = {"none": 25, "starttls": 587, "tls": 465}[security]
        return cls(host, port or usual, security, user, password)


def read_sender(text: str) -> str:
    """A sender as people write it: `beffroi@mairie.example` or `Beffroi <beffroi@mairie.example>`.

    Raises ValueError when it is not one address.
    """
    name, address = parseaddr(text)
    try:
        found = Address(name, addr_spec=address)
    except (ValueError, IndexError, MessageError):
        raise ValueError("it must be one address, such as Beffroi <beffroi@mairie.example>") from None
    if not found.username or not found.domain or not text.isprintable():
        raise ValueError("it must be one address, such as Beffroi <beffroi@mairie.example>")
    return str(found)


def read_site(text: str) -> str:
    """The address that people open, without a path: `https://beffroi.mairie.example`. Raises ValueError."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise ValueError("it must look like https://beffroi.mairie.example") from None
    plain = not (parts.query or parts.fragment or parts.username) and parts.path in {"", "/"}
    if parts.scheme not in {"http", "https"} or not parts.hostname or not plain:
        raise ValueError("it must look like https://beffroi.mairie.example, without a path")
    return f"{parts.scheme}://{parts.netloc}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
