"""One run: writers work, a fault strikes at a moment that the seed chooses, the system recovers, all is checked.
Nothing is averaged away: whatever is lost, doubled, different or out of order is named in the outcome."""

import random
import time
from typing import Any, Final

import msgspec

from loadtests import checks
from loadtests.faults.kinds import Fault
from loadtests.faults.scene import SEEN, Scene
from loadtests.faults.tally import TALLY, TOTAL
from loadtests.faults.writers import WRITERS, Writers
from loadtests.installation import InstallationError

RECOVER_SECONDS: Final = 60.0
FIRST: Final = 60.0
"""Seconds that writers may take to come to the moment of the fault."""

_AFTER: Final = 0.3
_POLL_SECONDS: Final = 0.005


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found. Counts are of events or commands; `seconds` from the fault until every view shows what was
    committed when all that was down ran again; `faults` say in words what must not be."""

    fault: str
    seed: int
    what: str
    acknowledged: int
    resent: int
    in_flight: int
    lost: int
    doubled: int
    different: int
    out_of_order: int
    sent_again: int
    seconds: float
    took_over: str | None
    faults: list[str]

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, doubled, different or out of order."""
        return not self.faults


def run(scene: Scene, fault: Fault, seed: int, *, writers: int = WRITERS, moment: int = 400) -> Outcome:
    """Strike once, after a seeded number of answers up to `moment` more than the writers' first commands.

    Raises InstallationError with the logs when something does not come back in time.
    """
    chance = random.Random(f"{fault.name} {seed}")
    working = Writers(scene.writers_parts, seed, scene.runs, writers, fault.pause)
    scene.runs += 1
    working.start()
    try:
        _until_answered(working, working.first_answers + chance.randint(0, moment))
        struck = fault.strike(scene, chance)
        committed = scene.head()
    finally:
        working.tell_to_stop()
    scene.installation.wait_caught_up(RECOVER_SECONDS, position=committed)
    seconds = time.monotonic() - struck.at
    working.join(RECOVER_SECONDS)
    scene.installation.demand_alive()
    # What the workers still record would else be in the topic and not yet in the ledger that it is compared with.
    scene.wait_for_rest(RECOVER_SECONDS)
    found = _checked(scene, working)
    return Outcome(
        fault=fault.name, seed=seed, what=struck.what, acknowledged=working.count, resent=working.resent,
        in_flight=struck.in_flight, seconds=round(seconds, 2), took_over=struck.took_over, **found,
    )  # fmt: skip


def failed(fault: Fault, seed: int, error: Exception) -> Outcome:
    """The outcome of a run that did not come to its end."""
    return Outcome(
        fault=fault.name, seed=seed, what="did not come to its end", acknowledged=0, resent=0, in_flight=0, lost=0,
        doubled=0, different=0, out_of_order=0, sent_again=0, seconds=0.0, took_over=None,
        faults=[str(error).splitlines()[0] if str(error) else repr(error)],
    )  # fmt: skip


def _checked(scene: Scene, working: Writers) -> dict[str, Any]:
    parts = scene.parts
    missing = checks.missing_receipts(parts, working.acknowledged)
    repeated = checks.doubled(parts)
    differences = checks.differing_views(parts, views=SEEN)
    order = [*checks.order_broken(parts), *working.out_of_order()]
    sent_again = 0
    with parts.databases.project.connection() as connection:
        if scene.topic is not None:
            before = scene.topic.repeated
            order += scene.topic.faults(connection)
            sent_again = scene.topic.repeated - before
        counted = connection.execute(
            f"select coalesce(sum(events), 0) from {TALLY.name}_v{TALLY.version}.{TOTAL.name}"  # noqa: S608 (ours)
        ).fetchone()
        surplus = int((counted or (0,))[0]) - parts.feed.head(connection)
    return {
        "lost": len(missing) + max(0, -surplus),
        "doubled": len(repeated) + max(0, surplus),
        "different": sum(
            each.only_before + each.only_after for found in differences.values() for each in found
        ),
        "out_of_order": len(order),
        "sent_again": sent_again,
        "faults": [
            *(f"acknowledged and not in the ledger: {each.command}" for each in missing),
            *repeated,
            *(f"{view}: {each}" for view, found in differences.items() for each in found),
            *([f"the counters are {surplus} events off"] if surplus else []),
            *order,
        ],
    }


def _until_answered(working: Writers, count: int) -> None:
    deadline = time.monotonic() + FIRST
    while working.count < count:
        working.demand_well()
        if time.monotonic() > deadline:
            raise InstallationError(f"after {FIRST:.0f} s writers had {working.count} of {count} answers")
        time.sleep(_POLL_SECONDS)
