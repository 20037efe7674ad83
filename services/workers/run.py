"""The workers of one process: each in a thread of its own, all stopped together."""

import logging
import signal
import threading
from collections.abc import Sequence
from functools import partial

from infra.errors import OperatorError
from services.telemetry.collectors import ProcessCollector, SystemCollector
from services.telemetry.health import live, ready
from services.telemetry.listener import listening
from services.telemetry.pulse import Pulses
from services.wiring import Parts
from services.workers import ALONE, NAMES
from services.workers.turn import Turns, Work

log = logging.getLogger(__name__)

_STOP_SECONDS = 15.0


class NotApplicableError(OperatorError):
    """A worker was asked for by name that has nothing to do in this installation."""


def chosen(parts: Parts, names: Sequence[str] = ()) -> dict[str, Work]:
    """The workers of such names, or of none all that apply here. Raises NotApplicableError, KeyError for no worker."""
    parts_of = {name: _work_of(parts, name) for name in (dict.fromkeys(names) or NAMES)}
    for name, missing in (("relay", "BEFFROI_KAFKA"), ("sender", "BEFFROI_SMTP")):
        if name in names and parts_of[name] is None:
            raise NotApplicableError(f"The {name} has nothing to do: {missing} is not set.")
    return {name: work for name, work in parts_of.items() if work is not None}


def _work_of(parts: Parts, name: str) -> Work | None:
    match name:
        case "relay":
            return parts.relay.run if parts.relay else None
        case "projector" if parts.streaming:
            return parts.streaming.run
        case "projector":
            return parts.projector.run
        case "judge":
            return parts.judge.run
        case "calendar":
            return parts.calendar.run
        case "indices":
            return parts.indices.run
        case "mail":
            return parts.mail.run
        case "sender":
            return parts.sender.run if parts.sender else None
    raise KeyError(name)


def run(parts: Parts, stop: threading.Event | None = None, names: Sequence[str] = ()) -> bool:
    """Run workers (of none named, all that apply) until SIGTERM, SIGINT or `stop`; False when one of them died.

    Raises NotApplicableError or MetricsPortError before anything runs.
    """
    halt = stop or threading.Event()
    if stop is None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: halt.set())
    works = chosen(parts, names)
    pulses = Pulses()
    died: list[str] = []

    def guarded(name: str, work: Work, until: threading.Event) -> None:
        try:
            work(until)
        except BaseException:
            # A worker handles what it expects; what it does not must be seen, not survived.
            log.exception("the worker %s died", name)
            died.append(name)
            halt.set()

    alone = {name: partial(guarded, name, work) for name, work in works.items() if name in ALONE}
    threads = [
        threading.Thread(target=guarded, args=(name, work, pulses.begin(name, halt)), name=name)
        for name, work in works.items()
        if name not in ALONE
    ]
    if alone:
        turns = Turns(lambda: parts.databases.connect("project"), pulses)
        threads.append(
            threading.Thread(
                target=guarded,
                args=("turns", partial(turns.run, alone), pulses.begin("turns", halt)),
                name="turns",
            )
        )
    collectors = (ProcessCollector(parts, "work", tuple(works)), SystemCollector(parts))
    with listening(
        parts.settings.metrics, collectors, partial(live, pulses), partial(ready, parts, tuple(works))
    ):
        log.info("working: %s", ", ".join(works))
        for thread in threads:
            thread.start()
        halt.wait()
        for thread in threads:
            thread.join(_STOP_SECONDS)
    return not died
