"""Runs `beffroi …` as it is, and lets it be killed or stopped exactly where the harness says.
`python -m loadtests.faults.saboteur ORDER work projector`; the file ORDER holds what, where, and at which time."""

import os
import runpy
import signal
import sys
from pathlib import Path
from typing import Any, Literal, Self, cast

import msgspec

from infra.kafka.producer import Producer
from loadtests.faults.tally import TALLY
from projections import VIEWS
from projections.engine.changes import Changes

Place = Literal["rows-written", "before-send", "before-commit", "before-checkpoint"]
"""Rows are written and their transaction is open; a batch is about to be sent, is sent and not committed to Kafka,
or is acknowledged and the relay's checkpoint not moved."""


class Order(msgspec.Struct, frozen=True):
    """`number` is the signal that the process sends itself at the `time`-th passage of `place` from now on."""

    place: Place
    time: int
    number: int = signal.SIGKILL

    def give(self, file: Path) -> None:
        """Hand the order to the process that looks into `file`."""
        draft = file.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(self))
        draft.rename(file)

    @classmethod
    def taken(cls, file: Path) -> Self | None:
        """The order in a file, if there is one."""
        try:
            return msgspec.json.decode(file.read_bytes(), type=cls)
        except FileNotFoundError:
            return None


class Saboteur:
    """Counts passages while there is an order."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._passed = 0

    def pass_by(self, place: Place) -> None:
        """The process is at a place; it may be its last."""
        order = Order.taken(self._file)
        if order is None or order.place != place:
            return
        self._passed += 1
        if self._passed >= order.time:
            self._passed = 0
            self._file.unlink()  # whoever is started in its place has no order
            os.kill(os.getpid(), order.number)


def main(file: Path, argv: list[str]) -> None:
    """Run `beffroi argv…` under the eyes of a saboteur, with the view that counts beside the product's own."""
    saboteur = Saboteur(file)
    cast(dict[str, Any], VIEWS)[TALLY.name] = TALLY
    _watch(Changes, "write", saboteur, after="rows-written")
    _watch(Producer, "send", saboteur, before="before-send")
    _watch(Producer, "commit", saboteur, before="before-commit", after="before-checkpoint")
    sys.argv = ["beffroi", *argv]
    runpy.run_module("services.cli", run_name="__main__")


def _watch(
    kind: type[Any], name: str, saboteur: Saboteur, *, before: Place | None = None, after: Place | None = None
) -> None:
    original = getattr(kind, name)

    def watched(self: Any, *arguments: Any) -> Any:
        if before is not None:
            saboteur.pass_by(before)
        answer = original(self, *arguments)
        if after is not None:
            saboteur.pass_by(after)
        return answer

    setattr(kind, name, watched)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
