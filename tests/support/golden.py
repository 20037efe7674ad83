"""Golden files: one stored event of every topic and version, which must load for ever.

`python -m tests.support.golden` adds what is missing; what is there it never writes again.
"""

import hashlib
from pathlib import Path
from typing import Any, Final, cast

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.catalogue import AGGREGATES
from domain.events import Event, Sealed, encode, personal_fields, registered, sealed_in, stored_name
from tests.support import shapes
from tests.support.samples import SAMPLES

GOLDEN: Final = Path(__file__).parents[1] / "golden"
EVENTS: Final = GOLDEN / "events"
OPENED: Final = GOLDEN / "opened"
EVENT_LIST: Final = GOLDEN / "events.txt"
SNAPSHOT_LIST: Final = GOLDEN / "snapshots.txt"
STREAM: Final = "commune:38185/insurer:999000011/member/golden"
CIPHER: Final = AESGCM(bytes(range(32)))
"""The key of the person in the golden files: nobody's."""


def domain_events() -> dict[str, type[Event]]:
    """The present event classes of the domain by stored name; not those that a test made up."""
    return {name: cls for name, cls in registered().items() if cls.__module__.startswith("domain.")}


def seal(event: Event, name: str | None = None, stream: str = STREAM) -> Event:
    """The event with its personal fields sealed as the stored name `name`, by this file's key.

    It is written out here, not borrowed: what is stored today must be opened by the rule of today, for ever.
    """
    sealed = {}
    for field in personal_fields(type(event)):
        value = getattr(event, field)
        if value is not None and not isinstance(value, Sealed):
            binding = f"{sealed_in(name or stored_name(type(event)), field)}|{stream}".encode()
            nonce = hashlib.sha256(binding).digest()[:12]
            sealed[field] = Sealed(nonce + CIPHER.encrypt(nonce, msgspec.json.encode(value), binding))
    return msgspec.structs.replace(event, **cast(dict[str, Any], sealed))


def open_value(value: Sealed, origin: str, stream: str = STREAM) -> object:
    """What `seal` sealed. Raises InvalidTag when it was moved or altered."""
    binding = f"{value.origin or origin}|{stream}".encode()
    return msgspec.json.decode(CIPHER.decrypt(value.sealed[:12], value.sealed[12:], binding))


def present_lists() -> dict[Path, dict[str, shapes.Shape]]:
    """What the pinned lists would say of the present code alone."""
    return {
        EVENT_LIST: {name: shapes.event_shape(cls) for name, cls in domain_events().items()},
        SNAPSHOT_LIST: shapes.snapshot_shapes(AGGREGATES.values()),
    }


def pinned(path: Path) -> dict[str, shapes.Shape]:
    """A pinned list."""
    return shapes.read(path.read_text()) if path.exists() else {}


def main() -> None:
    """Add golden files and pinned names for what is new; refuse a changed shape under an old name."""
    for folder in (EVENTS, OPENED):
        folder.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        name = stored_name(type(sample))
        if not (EVENTS / f"{name}.json").exists():
            (EVENTS / f"{name}.json").write_bytes(encode(seal(sample)))
            fields = personal_fields(type(sample))
            if fields:
                clear = {field: getattr(sample, field) for field in fields}
                (OPENED / f"{name}.json").write_bytes(msgspec.json.encode(clear, order="sorted"))
    for path, present in present_lists().items():
        known = pinned(path)
        for name, shape in present.items():
            if not shapes.allowed(known.get(name, shape), shape):
                raise SystemExit(f"{name} has another shape than in {path.name}: it needs a new version")
        path.write_text(shapes.write({**known, **present}))


if __name__ == "__main__":
    main()
