"""`python -m loadtests.faults [--seeds 20] [--fault NAME] [--seed 7]`: strike, let recover, check everything.

Only a whole run writes `results/faults.json` and `docs/faults.md`. The exit code is 1 when anything was lost, doubled,
different or out of order, or did not come back.
"""

import argparse
import logging
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from infra.kafka.broker import Broker, missing
from loadtests.faults import report
from loadtests.faults.kinds import FAULTS, Fault
from loadtests.faults.run import Outcome, failed, run
from loadtests.faults.scene import Scene, scene

LARGEST = 12_000
"""Events from which on a ledger makes place for a fresh one: rebuilding all views after each run takes its time."""


class Stages:
    """The installation that serves one run after the other: made when needed, made anew when it is large or broken."""

    def __init__(self, folder: Path, broker: Broker | None) -> None:
        self._folder = folder
        self._broker = broker
        self._stack = ExitStack()
        self._scene: Scene | None = None
        self._made = 0

    def scene(self, fault: Fault) -> Scene:
        """An installation with the feed of a fault, caught up."""
        present = self._scene
        if present is not None and (present.feed != fault.feed or present.head() > LARGEST):
            self.close()
        if self._scene is None:
            self._made += 1
            home = self._folder / str(self._made)
            self._stack.callback(shutil.rmtree, home, ignore_errors=True)
            broker = self._broker if fault.feed == "kafka" else None
            self._scene = self._stack.enter_context(scene(home, broker, prefix=f"faults-{self._made}-"))
        return self._scene

    def close(self) -> None:
        """Stop what runs."""
        self._scene = None
        self._stack.close()


def strike_all(faults: Sequence[Fault], seeds: Sequence[int]) -> tuple[list[Outcome], dict[str, str | int]]:
    """Every fault at every seed, and where; each outcome is said as it comes."""
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="beffroi-faults-") as name, ExitStack() as stack:
        Path(name).chmod(0o711)
        kafka = any(fault.feed == "kafka" for fault in faults)
        broker = stack.enter_context(Broker(Path(name) / "broker")) if kafka else None
        stages = Stages(Path(name), broker)
        stack.callback(stages.close)
        where: dict[str, str | int] = {}
        for fault in faults:
            for seed in seeds:
                began = time.monotonic()
                try:
                    present = stages.scene(fault)
                    where = where or report.machine(present)
                    outcomes.append(run(present, fault, seed))
                except Exception as error:  # noqa: BLE001 (a run that failed is an outcome; the others go on)
                    traceback.print_exc()
                    outcomes.append(failed(fault, seed, error))
                    stages.close()
                print(report.line(outcomes[-1], time.monotonic() - began), flush=True)
    return outcomes, where


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.faults", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how often each fault strikes (seeds 0, 1, …)")
    parser.add_argument("--seed", type=int, help="one seed only")
    parser.add_argument("--fault", choices=[fault.name for fault in FAULTS], help="one fault only")
    asked = parser.parse_args(arguments)
    if asked.fault is None and (reason := missing()):
        sys.exit(f"Kafka cannot run here. {reason}")
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # lost connections are what this is about
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    faults = [fault for fault in FAULTS if asked.fault in (None, fault.name)]
    seeds = [asked.seed] if asked.seed is not None else list(range(asked.seeds))
    outcomes, where = strike_all(faults, seeds)
    if asked.fault is None and asked.seed is None:
        report.keep(outcomes, where, f"make faults SEEDS={asked.seeds}")
    return 0 if all(outcome.sound for outcome in outcomes) else 1


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)  # as an exception, so that what was started is stopped
    sys.exit(main())
