"""The workers of one process: each in a thread of its own, all stopped together."""

import logging
import signal
import threading
from collections.abc import Callable

from services.wiring import Parts

log = logging.getLogger(__name__)

_STOP_SECONDS = 15.0


def run(parts: Parts, stop: threading.Event | None = None) -> bool:
    """Run every worker until SIGTERM, SIGINT or `stop`; False when one of them died."""
    halt = stop or threading.Event()
    if stop is None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: halt.set())
    died: list[str] = []

    def guarded(name: str, work: Callable[[threading.Event], None]) -> None:
        try:
            work(halt)
        except BaseException:
            # A worker handles what it expects; what it does not must be seen, not survived.
            log.exception("the worker %s died", name)
            died.append(name)
            halt.set()

    workers = {
        "projector": parts.projector.run,
        "judge": parts.judge.run,
        "calendar": parts.calendar.run,
        "indices": parts.indices.run,
        "mail": parts.mail.run,
    }
    if parts.sender is not None:
        workers["sender"] = parts.sender.run
    threads = [
        threading.Thread(target=guarded, args=(name, work), name=name) for name, work in workers.items()
    ]
    for thread in threads:
        thread.start()
    halt.wait()
    for thread in threads:
        thread.join(_STOP_SECONDS)
    return not died
