"""What an installation decides, read once from the environment.
Every other module receives a Settings; none reads os.environ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeVar

from infra.errors import OperatorError
from infra.kafka.cluster import KafkaCluster
from infra.mail_server import MailServer, read_sender, read_site

DEFAULT_PORT = 8000

T = TypeVar("T")


class SettingsError(OperatorError):
    """An environment variable has a value that cannot be used; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The choices of one installation.

    `data` is an absolute folder. `database_url` is the owner's URL, or None for the embedded cluster.
    `master_key` is base64 text (32 bytes once decoded), or None when it comes from `master_key_file` or is absent.
    `proxies` is how many of our own proxies add X-Forwarded headers before a request arrives: 0 believes none.
    `smtp` is None where no mail is sent; with it, `mail_from` is the sender and `url` the address that people open.
    `kafka` is None where views follow the store itself.
    """

    data: Path
    database_url: str | None = field(default=None, repr=False)
    master_key: str | None = field(default=None, repr=False)
    master_key_file: Path | None = None
    demo: bool = False
    port: int = DEFAULT_PORT
    proxies: int = 0
    smtp: MailServer | None = None
    mail_from: str | None = None
    url: str | None = None
    kafka: KafkaCluster | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from environment variables; an empty one counts as absent.

        Raises SettingsError when BEFFROI_DEMO, BEFFROI_PROXIES, BEFFROI_KAFKA, PORT or a setting of mails cannot be
        read, when both master keys are given, or when mails have a server and no sender or no address to lead to.
        """

        def text(name: str) -> str | None:
            return environ.get(name, "").strip() or None

        master_key, master_key_file = text("BEFFROI_MASTER_KEY"), text("BEFFROI_MASTER_KEY_FILE")
        if master_key and master_key_file:
            raise SettingsError("Set BEFFROI_MASTER_KEY or BEFFROI_MASTER_KEY_FILE, not both.")
        smtp = _read("BEFFROI_SMTP", text("BEFFROI_SMTP"), MailServer.parse)
        mail_from = _read("BEFFROI_MAIL_FROM", text("BEFFROI_MAIL_FROM"), read_sender)
        url = _read("BEFFROI_URL", text("BEFFROI_URL"), read_site)
        if smtp is not None:
            for name, value in (("BEFFROI_MAIL_FROM", mail_from), ("BEFFROI_URL", url)):
                if value is None:
                    raise SettingsError(f"BEFFROI_SMTP is set: set {name} too, mails cannot do without it.")
        return cls(
            data=Path(text("BEFFROI_DATA") or "var").absolute(),
            database_url=text("BEFFROI_DATABASE_URL"),
            master_key=master_key,
            master_key_file=Path(master_key_file).absolute() if master_key_file else None,
            demo=_flag("BEFFROI_DEMO", text("BEFFROI_DEMO")),
            port=_port(text("PORT")),
            proxies=_count("BEFFROI_PROXIES", text("BEFFROI_PROXIES")),
            smtp=smtp,
            mail_from=mail_from,
            url=url,
            kafka=_kafka(text),
        )

    @property
    def site(self) -> str:
        """The address that mails lead to; this machine's own where none was given."""
        return self.url or f"http://127.0.0.1:{self.port}"

    @property
    def sender(self) -> str:
        """Who mails come from."""
        return self.mail_from or "Beffroi <beffroi@beffroi.example>"

    @property
    def secrets(self) -> Path:
        """The folder (0700) of the secrets that this installation made for itself."""
        return self.data / "secrets"

    @property
    def postgres(self) -> Path:
        """The home of the embedded cluster, used when `database_url` is None."""
        return self.data / "postgres"


def _kafka(text: Callable[[str], str | None]) -> KafkaCluster | None:
    servers = text("BEFFROI_KAFKA")
    if servers is None:
        return None
    options = text("BEFFROI_KAFKA_OPTIONS_FILE")
    try:
        return KafkaCluster.parse(
            servers, text("BEFFROI_KAFKA_PREFIX") or "", Path(options) if options else None
        )
    except ValueError as wrong:
        raise SettingsError(f"BEFFROI_KAFKA cannot be used: {wrong}.") from None


def _read(name: str, value: str | None, read: Callable[[str], T]) -> T | None:
    if value is None:
        return None
    try:
        return read(value)
    except ValueError as wrong:
        raise SettingsError(f"{name} cannot be used: {wrong}.") from None


def _flag(name: str, value: str | None) -> bool:
    if value is None or value in {"0", "no", "false"}:
        return False
    if value in {"1", "yes", "true"}:
        return True
    raise SettingsError(f"{name} must be 1 or 0, not {value!r}.")


def _count(name: str, value: str | None) -> int:
    if value is None:
        return 0
    if value.isascii() and value.isdigit() and len(value) == 1:
        return int(value)
    raise SettingsError(f"{name} must be a number from 0 to 9, not {value!r}.")


def _port(value: str | None) -> int:
    if value is None:
        return DEFAULT_PORT
    if value.isascii() and value.isdigit() and 0 < int(value) < 65536:
        return int(value)
    raise SettingsError(f"PORT must be a number from 1 to 65535, not {value!r}.")
