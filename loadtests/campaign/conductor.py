"""What sends the campaign's visits off at their times, phase after phase, and counts what each phase cost.

It runs in the generator, in a greenlet of its own; whoever is free takes a visit the moment it is due.
"""

import sys
import time
from pathlib import Path
from typing import Any, Final

import gevent  # type: ignore[import-untyped]
import psutil
from gevent.event import Event  # type: ignore[import-untyped]
from gevent.queue import Queue  # type: ignore[import-untyped]

from loadtests.campaign.judging import LEAST_DONE, breaks_a_bar
from loadtests.campaign.mix import BY_NAME, Audience, Slot, requests_of, timetable
from loadtests.campaign.plan import Asked, Journal, Passed, Phase, Plan, Written, write

DRAIN_SECONDS: Final = 10.0
"""How long requests that are due may take after their phase; what was not sent by then is dropped and counted."""


class Conductor:
    """The state of a run: visits that are due by audience, and what was noted so far."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.journal = Journal()
        self.ready = 0
        self.everybody = Event()
        self._due: dict[Audience, Queue[Slot]] = {audience: Queue() for audience in plan.sessions}
        self._phase = 0
        self._began = 0.0
        self._open = 0

    # For users

    def arrived(self) -> None:
        """Somebody has signed in."""
        self.ready += 1
        if self.ready == sum(self.plan.sessions.values()):
            self.everybody.set()

    def fail(self, environment: Any, why: str) -> None:
        """End the generator without a journal: somebody could not begin."""
        print(why, file=sys.stderr)
        environment.process_exit_code = 3
        environment.runner.quit()

    def take(self, audience: Audience) -> Slot:
        """The next visit of an audience, as soon as it is due."""
        slot: Slot = self._due[audience].get()
        return slot

    def over(self) -> None:
        """A visit is over, however it went."""
        self._open -= 1

    def at(self, slot: Slot) -> float:
        """When a visit was due, by `time.perf_counter`."""
        return self._began + slot.due

    def note(self, name: str, due: float, sent: float, done: float, status: int, fault: str | None) -> None:
        """Keep what became of a request; times are those of `time.perf_counter`."""
        began = self._began
        self.journal.asked.append(
            Asked(self._phase, name, due - began, sent - began, done - began, status, fault)
        )

    def acknowledged(self, written: Written) -> None:
        """Keep a write that was answered with 2xx."""
        self.journal.written.append(written)

    # The run

    def run(self, environment: Any) -> None:
        """Wait until everybody is there, go through the phases, keep the journal, and end the generator."""
        self.everybody.wait()
        climbing = True
        for number, phase in enumerate(self.plan.phases):
            if phase.climbs and not climbing:
                continue
            if not phase.warms:
                environment.stats.reset_all()
            passed = self._pass(number, phase)
            if phase.climbs:
                climbing = self._bears(number, passed)
        write(Path(self.plan.journal), self.journal)
        environment.process_exit_code = 0  # faults are judged from the journal
        environment.runner.quit()

    def _pass(self, number: int, phase: Phase) -> Passed:
        slots = timetable(
            phase.rate, phase.seconds, seed=phase.seed, arrivals=self.plan.arrivals, visits=phase.visits
        )
        before, began_at = self._cpu(), time.time()
        self._phase, self._began, self._open = number, time.perf_counter(), len(slots)
        for slot in slots:
            wait = self._began + slot.due - time.perf_counter()
            if wait > 0:
                gevent.sleep(wait)
            self._due[BY_NAME[slot.visit].audience].put(slot)
        gevent.sleep(max(0.0, self._began + phase.seconds - time.perf_counter()))
        after = self._cpu()
        dropped = self._drain()
        in_all, over = self._cpu(), time.perf_counter()
        passed = Passed(
            name=phase.name,
            rate=phase.rate,
            seconds=phase.seconds,
            warms=phase.warms,
            strict=phase.strict,
            offered=requests_of(slots),
            dropped=dropped,
            cpu={name: round(after[name] - before[name], 3) for name in after},
            cpu_in_all={name: round(in_all[name] - before[name], 3) for name in in_all},
            seconds_in_all=over - self._began,
            began_at=began_at,
        )
        self.journal.phases.append(passed)
        return passed

    def _drain(self) -> int:
        """Wait until every visit is over; requests that were never sent."""
        until = time.perf_counter() + DRAIN_SECONDS
        while self._open and time.perf_counter() < until:
            gevent.sleep(0.02)
        never: list[Slot] = []
        for waiting in self._due.values():
            while not waiting.empty():
                never.append(waiting.get_nowait())
        self._open -= len(never)
        while self._open:  # what is under way ends by itself: every request has a timeout
            gevent.sleep(0.02)
        return requests_of(never)

    def _bears(self, number: int, passed: Passed) -> bool:
        asked = [one for one in self.journal.asked if one.phase == number]
        done = sum(one.done <= passed.seconds for one in asked)
        return done >= LEAST_DONE * passed.offered and not breaks_a_bar(asked)

    def _cpu(self) -> dict[str, float]:
        """CPU seconds so far: of the generator itself, and of the processes of each name with their children."""
        found = {name: sum(map(tree_seconds, pids)) for name, pids in self.plan.pids.items()}
        return {**found, "generator": time.process_time()}


def tree_seconds(pid: int) -> float:
    """CPU seconds of a process, of those it started, and of those of them that have ended; 0 when it is gone."""
    try:
        root = psutil.Process(pid)
        total = 0.0
        for process in (root, *root.children(recursive=True)):
            try:
                total += sum(process.cpu_times()[:4])
            except psutil.NoSuchProcess:
                continue
    except psutil.NoSuchProcess:
        return 0.0
    return total
