"""What an installation decides, read once from the environment.
Every other module receives a Settings; none reads os.environ."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self, TypeVar, cast

from psycopg import ProgrammingError
from psycopg.conninfo import make_conninfo

from infra.errors import OperatorError
from infra.kafka.cluster import KafkaCluster
from infra.mail_server import MailServer, read_sender, read_site

DEFAULT_PORT = 8000
LOOPBACK = "127.0.0.1"

LogForm = Literal["json", "text"]

T = TypeVar("T")


class SettingsError(OperatorError):
    """An environment variable has a value that cannot be used; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The choices of one installation.

    `data` is an absolute folder. `database_url` is the owner's URL, or None for the embedded cluster.
    `master_key` is base64 text (32 bytes once decoded), or None when it comes from `master_key_file` or is absent.
    `bind` is the IP address that the web server listens on; a demo, whose passwords everybody knows, stays on loopback.
    `web_processes` share its port: one holds a core at most, each has connections of its own.
    `proxies` is how many of our own proxies add X-Forwarded headers before a request arrives: 0 believes none.
    `smtp` is None where no mail is sent; with it, `mail_from` is the sender and `url` the address that people open.
    `kafka` is None where views follow the store itself. `log` is the form of log lines (None: as the process sees fit).
    `metrics` is where a process says how it does, host and port; None where nobody asks.
    """

    data: Path
    database_url: str | None = field(default=None, repr=False)
    master_key: str | None = field(default=None, repr=False)
    master_key_file: Path | None = None
    demo: bool = False
    port: int = DEFAULT_PORT
    bind: str = LOOPBACK
    web_processes: int = 2
    proxies: int = 0
    smtp: MailServer | None = None
    mail_from: str | None = None
    url: str | None = None
    kafka: KafkaCluster | None = None
    log: LogForm | None = None
    metrics: tuple[str, int] | None = None

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from environment variables; an empty one counts as absent.

        Raises SettingsError, which names the variable, when one cannot be read, when two exclude each other, or when
        one needs another that is absent.
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
        demo = _flag("BEFFROI_DEMO", text("BEFFROI_DEMO"))
        return cls(
            data=Path(text("BEFFROI_DATA") or "var").absolute(),
            database_url=_database(text("BEFFROI_DATABASE_URL"), text("BEFFROI_DATABASE_PASSWORD_FILE")),
            master_key=master_key,
            master_key_file=Path(master_key_file).absolute() if master_key_file else None,
            demo=demo,
            port=_port(text("PORT")),
            bind=_bind(text("BEFFROI_BIND"), demo=demo),
            web_processes=_count("BEFFROI_WEB_PROCESSES", text("BEFFROI_WEB_PROCESSES") or "2", least=1),
            proxies=_count("BEFFROI_PROXIES", text("BEFFROI_PROXIES")),
            smtp=smtp,
            mail_from=mail_from,
            url=url,
            kafka=_kafka(text),
            log=_log_form(text("BEFFROI_LOG")),
            metrics=_metrics(text("BEFFROI_METRICS")),
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

    @property
    def broker(self) -> Path:
        """The home of a broker of our own, for development and the demo."""
        return self.data / "kafka"


def _database(url: str | None, password_file: str | None) -> str | None:
    """The owner's URL, with the password of the file where one is named."""
    if password_file is None:
        return url
    if url is None:
        raise SettingsError("BEFFROI_DATABASE_PASSWORD_FILE is set: set BEFFROI_DATABASE_URL too.")
    try:
        return make_conninfo(url, password=Path(password_file).read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"BEFFROI_DATABASE_PASSWORD_FILE cannot be read: {error}.") from None
    except ProgrammingError:
        raise SettingsError("BEFFROI_DATABASE_URL is not a PostgreSQL URL.") from None


def _bind(value: str | None, *, demo: bool) -> str:
    if value is None:
        return LOOPBACK
    try:
        address = ip_address(value)
    except ValueError:
        raise SettingsError(f"BEFFROI_BIND must be an IP address, not {value!r}.") from None
    if demo and not address.is_loopback:
        raise SettingsError(
            "The demo's passwords are public: unset BEFFROI_BIND, or give it a loopback address."
        )
    return str(address)


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


def _log_form(value: str | None) -> LogForm | None:
    if value in {None, "json", "text"}:
        return cast("LogForm | None", value)
    raise SettingsError(f"BEFFROI_LOG must be json or text, not {value!r}.")


def _metrics(value: str | None) -> tuple[str, int] | None:
    if value is None:
        return None
    host, _, port = value.rpartition(":")
    if port.isascii() and port.isdigit() and 0 < int(port) < 65536:
        return host.strip("[]") or "127.0.0.1", int(port)
    raise SettingsError(f"BEFFROI_METRICS must be a port or host:port, not {value!r}.")


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


def _count(name: str, value: str | None, *, least: int = 0) -> int:
    if value is None:
        return least
    if value.isascii() and value.isdigit() and len(value) == 1 and int(value) >= least:
        return int(value)
    raise SettingsError(f"{name} must be a number from {least} to 9, not {value!r}.")


def _port(value: str | None) -> int:
    if value is None:
        return DEFAULT_PORT
    if value.isascii() and value.isdigit() and 0 < int(value) < 65536:
        return int(value)
    raise SettingsError(f"PORT must be a number from 1 to 65535, not {value!r}.")
