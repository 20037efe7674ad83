"""Whether the loops of this process still turn. Each asks each time round whether it should stop: that is its pulse.

A loop that has not asked for a long time is wedged: it neither works nor fails, and only a new process helps.
"""

import threading
import time
from collections.abc import Mapping
from typing import Final

WEDGED_SECONDS: Final = 180.0
"""Longer than any step of a worker takes: a statement waits 60 s for a lock, a mail server 20 s for its answer."""

LONG_ROUNDS: Final[Mapping[str, float]] = {"calendar": 1800.0, "indices": 1800.0}
"""One round of these may go through every convention of the country."""


class Pulse(threading.Event):
    """A stop signal that remembers when it was last asked; set with the one it comes `of`, if any."""

    def __init__(self, of: threading.Event | None = None) -> None:
        super().__init__()
        self._of = of
        self._asked = time.monotonic()

    def is_set(self) -> bool:
        """Whether to stop."""
        self._asked = time.monotonic()
        return super().is_set() or (self._of is not None and self._of.is_set())

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is time to stop, at most `timeout` seconds."""
        if super().is_set():
            return True
        said = super().wait(timeout) if self._of is None else self._of.wait(timeout)
        return said or self.is_set()

    @property
    def silence(self) -> float:
        """Seconds since it was last asked."""
        return time.monotonic() - self._asked


class Pulses:
    """The pulses of a process's workers, by name."""

    def __init__(self) -> None:
        self._pulses: dict[str, Pulse] = {}
        self._lock = threading.Lock()

    def begin(self, name: str, of: threading.Event | None = None) -> Pulse:
        """The stop signal of a worker that begins now."""
        with self._lock:
            self._pulses[name] = pulse = Pulse(of)
        return pulse

    def end(self, name: str) -> None:
        """The worker stopped as it should: nothing is expected of it."""
        with self._lock:
            self._pulses.pop(name, None)

    def wedged(self) -> dict[str, bool]:
        """Each worker at work, and whether it has been silent for too long."""
        with self._lock:
            pulses = dict(self._pulses)
        return {name: pulse.silence > LONG_ROUNDS.get(name, WEDGED_SECONDS) for name, pulse in pulses.items()}


__all__ = ["LONG_ROUNDS", "WEDGED_SECONDS", "Pulse", "Pulses"]
