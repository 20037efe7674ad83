"""What the web process says of itself while the campaign runs: its queue of commands and its pools of connections.

Its metrics are read every second, as Prometheus would; so it is seen what requests waited for.
"""

import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

EVERY_SECONDS: Final = 1.0

_LINE: Final = re.compile(
    r'^(beffroi_(?:ledger|pool)_[a-z_]+)(?:\{role="([a-z]+)"\})? ([0-9.e+-]+)$', re.MULTILINE
)
_WAITING: Final = "beffroi_ledger_waiting_commands"
_GROUPS: Final = "beffroi_ledger_group_commands"
_POOLS: Final = ("request", "append")


class Gauges(NamedTuple):
    """At a time: every figure by its name, with the pool's role behind a slash where it has one."""

    at: float
    figures: dict[str, float]


class Watch:
    """Reads the metrics at an address until told to stop, in a thread of its own."""

    def __init__(self, address: str, every: float = EVERY_SECONDS) -> None:
        self.seen: list[Gauges] = []
        self._address, self._every = address, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gauges", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> list[Gauges]:
        """Look no more; what was seen."""
        self._stop.set()
        self._thread.join()
        return self.seen

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            try:
                with urllib.request.urlopen(self._address, timeout=2) as answer:  # noqa: S310 (ours, loopback)
                    self.seen.append(Gauges(time.time(), parsed(answer.read().decode())))
            except (urllib.error.URLError, OSError):
                continue  # a server with no core left may miss a look


def parsed(text: str) -> dict[str, float]:
    """The figures of the ledger's writer and of the pools in a page of metrics."""
    return {f"{name}/{role}" if role else name: float(figure) for name, role, figure in _LINE.findall(text)}


def waits(seen: Sequence[Gauges], since: float, until: float) -> dict[str, Any]:
    """What requests waited for between two times: the longest queues seen, seconds waited, commands to a commit."""
    within = [one.figures for one in seen if since <= one.at <= until]
    if not within:
        return {}

    def most(name: str) -> float:
        return max(figures.get(name, 0.0) for figures in within)

    def grown(name: str) -> float:
        return within[-1].get(name, 0.0) - within[0].get(name, 0.0)

    groups = grown(f"{_GROUPS}_count")
    return {
        "commands_waiting_most": most(_WAITING),
        "commands_in_a_commit": round(grown(f"{_GROUPS}_sum") / groups, 2) if groups else 0.0,
        **{
            f"{role}_pool": {
                "in_use_most": most(f"beffroi_pool_connections_in_use/{role}"),
                "waiting_most": most(f"beffroi_pool_requests_waiting/{role}"),
                "seconds_waited": round(grown(f"beffroi_pool_wait_seconds_total/{role}"), 3),
            }
            for role in _POOLS
        },
    }
