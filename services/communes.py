"""Communes by code, kept in memory for a minute: a portfolio names a thousand of them, and most addresses name one."""

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Final

from flask import current_app

from infra.directory.records import Commune
from infra.directory.search import get_many
from services.wiring import Parts

_KEPT_SECONDS: Final = 60.0


class _Kept:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.until = 0.0
        self.by_code: dict[str, Commune] = {}


_KEPT: Final = "beffroi.communes"


def communes(parts: Parts, codes: Iterable[str]) -> Mapping[str, Commune]:
    """The communes of some codes; a code that no commune has is absent."""
    wanted = set(codes)
    kept: _Kept = current_app.extensions.setdefault(_KEPT, _Kept())
    with kept.lock:
        if time.monotonic() > kept.until:
            kept.by_code, kept.until = {}, time.monotonic() + _KEPT_SECONDS
        known = {code: kept.by_code[code] for code in wanted if code in kept.by_code}
    missing = wanted - known.keys()
    if missing:
        with parts.databases.request.connection() as connection:
            found = get_many(connection, sorted(missing))
        with kept.lock:
            kept.by_code.update(found)
        known.update(found)
    return known
