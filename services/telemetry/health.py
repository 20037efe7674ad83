"""Whether a worker process lives and does its work, for whoever starts it again when it does not."""

from collections.abc import Collection
from typing import Final

import psycopg
from psycopg_pool import PoolTimeout

from projections import VIEWS
from services.telemetry.pulse import Pulses
from services.wiring import Parts

PATIENCE_SECONDS: Final = 2.0

_SERVING: Final = (
    "select view, version from projection.view_version where state = 'active' and poisoned_at is null"
)
_RELAY: Final = "select error from projection.relay where error is not null limit 1"


def live(pulses: Pulses) -> dict[str, str]:
    """Each worker at work here: `ok`, or `wedged` when it has not gone round for too long."""
    return {name: "wedged" if wedged else "ok" for name, wedged in sorted(pulses.wedged().items())}


def ready(parts: Parts, workers: Collection[str]) -> dict[str, str]:
    """The database answers; where the projector works, every view serves; where the relay does, it says no error."""
    try:
        with parts.databases.project.connection(timeout=PATIENCE_SECONDS) as connection:
            serving = dict(connection.execute(_SERVING).fetchall()) if "projector" in workers else None
            fault = connection.execute(_RELAY).fetchone() if "relay" in workers else None
    except (psycopg.Error, PoolTimeout):
        return {"database": "unavailable"}
    checks = {"database": "ok"}
    if serving is not None:
        checks |= {
            f"view {name}": "ok" if serving.get(name) == view.version else "unavailable"
            for name, view in VIEWS.items()
        }
    if fault is not None:
        checks["relay error"] = "unavailable"
    return checks
