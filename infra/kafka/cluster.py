"""Where the brokers are and how they are spoken to; the names of everything that Beffroi keeps there.

The topic is internal: it holds every tenant's events. Nobody but the relay and the projectors may read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import msgspec

_PORT: Final = 9092


@dataclass(frozen=True, kw_only=True)
class KafkaCluster:
    """`servers` are host:port; `prefix` comes before every name, where brokers are shared.

    `options` are given to the clients as they are (security_protocol, sasl_mechanism, ssl_cafile…).
    """

    servers: tuple[str, ...]
    prefix: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, servers: str, prefix: str = "", options_file: Path | None = None) -> Self:
        """From host:port, several with commas, and a JSON file of options. Raises ValueError saying what is wrong."""
        found = []
        for server in filter(None, (each.strip() for each in servers.split(","))):
            host, _, port = server.rpartition(":") if ":" in server else (server, ":", str(_PORT))
            if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
                raise ValueError(f"{server!r} is not host:port")
            found.append(f"{host}:{int(port)}")
        if not found:
            raise ValueError("at least one host:port is expected")
        return cls(servers=tuple(found), prefix=prefix, options=_options(options_file))

    @property
    def topic(self) -> str:
        """The topic of all events."""
        return f"{self.prefix}beffroi.ledger.v1"

    @property
    def group(self) -> str:
        """The consumer group of the projectors."""
        return f"{self.prefix}beffroi.projector"

    @property
    def transactional_id(self) -> str:
        """The name under which one relay at a time may produce."""
        return f"{self.prefix}beffroi.relay"

    def client(self, name: str) -> dict[str, Any]:
        """What every client of kafka-python is given."""
        return {"bootstrap_servers": list(self.servers), "client_id": f"beffroi-{name}", **self.options}


def _options(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Any])
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise ValueError(f"{file} is not a JSON object: {error}") from None
