"""The faults: how each is struck, and what the harness does after it, which is what a service manager would do.
All that chance decides (when, where, whom) comes from the run's seed."""

import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from loadtests.faults.saboteur import Order, Place
from loadtests.faults.scene import Feed, Scene
from loadtests.faults.writers import PAUSE
from loadtests.installation import InstallationError

STRIKE_SECONDS: Final = 30.0
"""How long a process may take to come to the place where it is to die."""

BROKER_SECONDS: Final = 120.0
"""How long a broker may take to come back beside sixteen writers on two processors."""

_SLOW: Final = 0.1
"""Where something is down for seconds, fewer commands do: what comes in meanwhile is in flight all the same."""

_RELAYS: Final = ("relay-1", "relay-2")
_PROJECTORS: Final = ("projector-1", "projector-2")
_SENDING: Final[tuple[Place, ...]] = ("before-commit", "before-checkpoint")


@dataclass(frozen=True)
class Struck:
    """What happened: when it struck and when all that was down runs again (monotonic seconds), events in flight then.

    `what` tells what chance chose, `took_over` who went on with the work where somebody did.
    """

    at: float
    mended: float
    in_flight: int
    what: str
    took_over: str | None = None


@dataclass(frozen=True)
class Fault:
    """A fault by its name, with a title for the table; `pause` is how many seconds writers rest at most meanwhile."""

    name: str
    title: str
    feed: Feed
    strike: Callable[[Scene, random.Random], Struck]
    pause: float = PAUSE


def kill_projector(scene: Scene, chance: random.Random) -> Struck:
    """The projector dies with rows written and nothing committed."""
    return _killed(scene, ("projector",), Order("rows-written", chance.randint(1, 40)))


def kill_consumer(scene: Scene, chance: random.Random) -> Struck:
    """One of two projectors dies so. It is back at once, or only when the other has shown all that was in flight."""
    victim = chance.choice(_PROJECTORS)
    if chance.random() < 0.5:
        return _killed(scene, (victim,), Order("rows-written", chance.randint(1, 20)))

    def wait_for_other() -> None:
        scene.installation.wait_caught_up(STRIKE_SECONDS, position=scene.head())

    struck = _killed(scene, (victim,), Order("rows-written", chance.randint(1, 20)), meanwhile=wait_for_other)
    return replace(struck, took_over=next(name for name in _PROJECTORS if name != victim))


def kill_relay(scene: Scene, chance: random.Random) -> Struck:
    """The active relay dies after it sent a batch, before its checkpoint moves; the standby sends the batch again.

    It is back only then: started at once, it may well be the first to find that its lease has lapsed.
    """
    epoch, _ = scene.relay()
    order = Order(chance.choice(_SENDING), chance.randint(1, 10))
    took_over: list[str] = []

    def wait_for_standby() -> None:
        took_over.append(_named(scene, scene.wait_for_other_relay(epoch, STRIKE_SECONDS)))

    struck = _killed(scene, _RELAYS, order, meanwhile=wait_for_standby)
    return replace(struck, took_over=took_over[0])


def pause_relay(scene: Scene, chance: random.Random) -> Struck:
    """The active relay stands still in the middle of a batch until the standby has taken over; then it goes on."""
    epoch, _ = scene.relay()
    order = Order(chance.choice(("before-send", *_SENDING)), chance.randint(1, 10), signal.SIGSTOP)
    scene.give(order, _RELAYS)
    paused = scene.wait_for_pause(_RELAYS, STRIKE_SECONDS)
    at, in_flight = time.monotonic(), scene.in_flight()
    try:
        holder = scene.wait_for_other_relay(epoch, STRIKE_SECONDS)
        # The one that wakes finds the other at work, not just begun.
        time.sleep(chance.uniform(0.0, 1.0))
    finally:
        scene.installation.resume(paused)
    return Struck(at, time.monotonic(), in_flight, f"{paused} {order.place}", _named(scene, holder))


def restart_broker(scene: Scene, chance: random.Random) -> Struck:
    """The broker stops in order and comes back."""
    if scene.broker is None:
        raise InstallationError("the broker is not ours to stop")
    at = time.monotonic()
    scene.broker.stop()
    in_flight, stopped = scene.in_flight(), time.monotonic() - at
    time.sleep(chance.uniform(0.0, 2.0))
    scene.broker.start(timeout=BROKER_SECONDS)
    mended = time.monotonic()
    return Struck(at, mended, in_flight, f"stopped in {stopped:.1f} s, back after {mended - at:.1f} s")


def restart_database(scene: Scene, chance: random.Random) -> Struck:
    """PostgreSQL stops in immediate mode, as in a crash, and recovers; whatever works has lost its connections."""
    in_flight, pause = scene.in_flight(), chance.uniform(0.0, 1.0)
    at = time.monotonic()
    scene.installation.crash_database()
    time.sleep(pause)
    scene.installation.restart_database()
    mended = time.monotonic()
    return Struck(at, mended, in_flight, f"down for {mended - at:.1f} s")


def _killed(
    scene: Scene, names: tuple[str, ...], order: Order, meanwhile: Callable[[], None] | None = None
) -> Struck:
    """One of `names` dies as ordered and is started again: at once, or after what others do `meanwhile`."""
    scene.give(order, names)
    victim = scene.wait_for_end(names, STRIKE_SECONDS)
    at, in_flight = time.monotonic(), scene.in_flight()
    if meanwhile is not None:
        scene.installation.kill(victim)  # dead already, and not to be missed
        meanwhile()
    scene.start(victim)
    return Struck(at, time.monotonic(), in_flight, f"{victim} {order.place}, passage {order.time}")


def _named(scene: Scene, holder: str) -> str:
    """Which of our relays a holder (machine:process:chance) is."""
    of_process = {str(scene.installation.pid(name)): name for name in _RELAYS}
    return next((name for process, name in of_process.items() if f":{process}:" in f":{holder}:"), holder)


FAULTS: Final = (
    Fault("projector-killed", "`kill -9` of the projector in mid-batch", "store", kill_projector),
    Fault("database-restarted", "PostgreSQL restarted in immediate mode", "store", restart_database, _SLOW),
    Fault("relay-killed", "`kill -9` of the relay between send and checkpoint", "kafka", kill_relay, _SLOW),
    Fault(
        "relay-paused",
        "the relay paused until the standby took over, then let go on",
        "kafka",
        pause_relay,
        _SLOW,
    ),
    Fault(
        "consumer-killed", "`kill -9` of one of two projectors in mid-batch", "kafka", kill_consumer, _SLOW
    ),
    Fault("broker-restarted", "the broker stopped and started", "kafka", restart_broker, _SLOW),
    Fault(
        "database-restarted-kafka", "PostgreSQL restarted in immediate mode", "kafka", restart_database, _SLOW
    ),
)
