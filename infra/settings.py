"""What an installation decides, read once from the environment.
Every other module receives a Settings; none reads os.environ."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from infra.errors import OperatorError

DEFAULT_PORT = 8000


class SettingsError(OperatorError):
    """An environment variable has a value that cannot be used; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The choices of one installation.

    `data` is an absolute folder. `database_url` is the owner's URL, or None for the embedded cluster.
    `master_key` is base64 text (32 bytes once decoded), or None when it comes from `master_key_file` or is absent.
    `proxies` is how many of our own proxies add X-Forwarded headers before a request arrives: 0 believes none.
    """

    data: Path
    database_url: str | None = field(default=None, repr=False)
    master_key: str | None = field(default=None, repr=False)
    master_key_file: Path | None = None
    demo: bool = False
    port: int = DEFAULT_PORT
    proxies: int = 0

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from environment variables; an empty one counts as absent.

        Raises SettingsError when BEFFROI_DEMO, BEFFROI_PROXIES or PORT cannot be read, or both master keys are given.
        """

        def text(name: str) -> str | None:
            return environ.get(name, "").strip() or None

        master_key, master_key_file = text("BEFFROI_MASTER_KEY"), text("BEFFROI_MASTER_KEY_FILE")
        if master_key and master_key_file:
            raise SettingsError("Set BEFFROI_MASTER_KEY or BEFFROI_MASTER_KEY_FILE, not both.")
        return cls(
            data=Path(text("BEFFROI_DATA") or "var").absolute(),
            database_url=text("BEFFROI_DATABASE_URL"),
            master_key=master_key,
            master_key_file=Path(master_key_file).absolute() if master_key_file else None,
            demo=_flag("BEFFROI_DEMO", text("BEFFROI_DEMO")),
            port=_port(text("PORT")),
            proxies=_count("BEFFROI_PROXIES", text("BEFFROI_PROXIES")),
        )

    @property
    def secrets(self) -> Path:
        """The folder (0700) of the secrets that this installation made for itself."""
        return self.data / "secrets"

    @property
    def postgres(self) -> Path:
        """The home of the embedded cluster, used when `database_url` is None."""
        return self.data / "postgres"


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
