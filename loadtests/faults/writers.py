"""Sixteen writers, each a thread that gives real commands one after the other, as the threads of web processes do.
Whoever loses the connection sends the same command again under the same id, and every answer is kept."""

import random
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from datetime import time as day_time
from typing import Final, TypeVar

import psycopg
from eventsourcing.persistence import OperationalError

from domain.tariffs.prepared import Target
from domain.tenancy import Tenant, accord, code_of, commune, insurer
from infra.ledger import Conflict, Receipt
from loadtests.checks import Acknowledged
from services.commands import membership, office_hours, partnerships, tariffs
from services.commands.given import GivenCell, GridContent
from services.commands.perform import Ask
from services.wiring import Parts

T = TypeVar("T")

WRITERS: Final = 16
TOWNS: Final = 2
"""Towns whose conventions a writer declares and whose grids it notifies together; all others write there too."""

SIREN: Final = "999000011"
CONVENTION: Final = "c1"
PATIENCE: Final = 60.0
"""Seconds for which one command is sent again and again."""

_FIRST_COMMANDS: Final = 3
PAUSE: Final = 0.02
"""Seconds that a writer rests at most between two commands."""

_RETRY: Final = (0.05, 0.2)
_FAMILY: Final = ("Lefèvre", "Œuvrard", "Le Goff", "Núñez", "Haÿ")
_CELLS: Final = (
    GivenCell(formula="N1", age_from=0, age_to=49, monthly="31.86"),
    GivenCell(formula="N1", age_from=50, age_to=None, monthly="47.80"),
)


class Writers:
    """The writers of one run: `number` keeps its towns and ids apart from those of other runs on the same ledger."""

    def __init__(
        self, parts: Sequence[Parts], seed: int, number: int, count: int = WRITERS, pause: float = PAUSE
    ) -> None:
        first = 1001 + number * WRITERS * TOWNS
        self.towns = [commune(f"{first + town:05d}") for town in range(count * TOWNS)]
        self.first_answers = len(self.towns) * _FIRST_COMMANDS
        """How many answers there are before the first that chance chose."""
        self._halt = threading.Event()
        self._barrier = threading.Barrier(count)
        self._writers = [
            Writer(
                f"writer-{seed}-{number}-{index}",
                parts[index % len(parts)],
                self.towns,
                self.towns[index * TOWNS : (index + 1) * TOWNS],
                self._halt,
                self._barrier,
                pause,
            )
            for index in range(count)
        ]

    def start(self) -> None:
        """Let all begin."""
        for writer in self._writers:
            writer.start()

    def tell_to_stop(self) -> None:
        """Let each end with the command it is at."""
        self._halt.set()

    def join(self, timeout: float) -> None:
        """Wait until all have ended. Raises what one of them met that is no lost connection, or TimeoutError."""
        deadline = time.monotonic() + timeout
        for writer in self._writers:
            writer.join(max(0.0, deadline - time.monotonic()))
            if writer.is_alive():
                raise TimeoutError(f"{writer.name} waits for an answer still")
        self.demand_well()

    def demand_well(self) -> None:
        """Raise what ended a writer early."""
        for writer in self._writers:
            if writer.met is not None:
                raise RuntimeError(f"{writer.name} met {writer.met!r}") from writer.met

    @property
    def acknowledged(self) -> list[Acknowledged]:
        """All answers so far."""
        return [answer for writer in self._writers for answer in writer.answers]

    @property
    def count(self) -> int:
        """How many answers there are so far."""
        return sum(len(writer.answers) for writer in self._writers)

    @property
    def resent(self) -> int:
        """How often a command was sent again because its answer was lost."""
        return sum(writer.resent for writer in self._writers)

    def out_of_order(self) -> list[str]:
        """Commands whose place is before that of the command that its writer had finished before it sent them."""
        found = []
        for writer in self._writers:
            for before, after in zip(writer.answers, writer.answers[1:], strict=False):
                if after.receipt.first <= before.receipt.last:
                    found.append(f"{after.command} is at {after.receipt.first}, not after {before.command}")
        return found


class Writer(threading.Thread):
    """One writer; `home` are the towns whose conventions it declares."""

    def __init__(
        self,
        name: str,
        parts: Parts,
        towns: Sequence[Tenant],
        home: Sequence[Tenant],
        halt: threading.Event,
        barrier: threading.Barrier,
        pause: float,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.answers: list[Acknowledged] = []
        self.resent = 0
        self.met: BaseException | None = None
        self._parts, self._towns, self._home = parts, towns, home
        self._halt, self._barrier, self._pause = halt, barrier, pause
        self._random = random.Random(name)
        self._numbers = 0
        self._members: list[tuple[Tenant, str]] = []
        self._planned: list[tuple[Tenant, str]] = []
        self._ledger = parts.ledger

    def run(self) -> None:
        """Declare, confirm and notify at home; then whatever chance says, until told to stop."""
        try:
            for town in self._home:
                self._found(town)
            self._barrier.wait(PATIENCE)
            while not self._halt.wait(self._random.uniform(0, self._pause)):
                self._next()
        except Exception as error:  # noqa: BLE001 (the run shows it)
            self._barrier.abort()
            self.met = error

    def _next(self) -> None:
        chance = self._random.random()
        if chance < 0.05:
            self._notify()
        elif chance < 0.2 and self._members:
            self._leave(*self._members.pop(self._random.randrange(len(self._members))))
        elif chance < 0.35 and self._planned:
            self._hold(*self._planned.pop())
        elif chance < 0.55:
            self._plan(self._random.choice(self._towns))
        else:
            self._join(self._random.choice(self._towns))

    def _found(self, town: Tenant) -> None:
        declared = partnerships.DeclareConvention(
            id=CONVENTION, insurer_name="Mutuelle des Essais", signed_on=date(2024, 7, 1), starts_on=date(2024, 10, 1),
            ends_on=date(2034, 9, 30), fictitious=True,
        )  # fmt: skip
        confirmed = partnerships.ConfirmConvention(id=CONVENTION, by="town")
        notified = tariffs.NotifyGrid(
            convention=CONVENTION, id="g0", effective_on=date(2024, 10, 1), cells=_CELLS
        )
        owner = accord(SIREN)
        self._give(lambda ask: partnerships.declare(self._ledger, town, owner, declared, ask))
        self._give(lambda ask: partnerships.confirm(self._ledger, town, owner, confirmed, ask))
        self._give(lambda ask: tariffs.notify(self._ledger, town, owner, notified, ask))

    def _join(self, town: Tenant) -> None:
        identity = self._identity()
        command = membership.JoinMember(
            id=identity, convention=CONVENTION, number=identity, joined_on=self._today(), formula="N1",
            family_name=self._random.choice(_FAMILY), given_name="Zoé", birth_date=date(1954, 5, 2), sex="F",
        )  # fmt: skip
        self._give(lambda ask: membership.join(self._ledger, town, insurer(SIREN), command, ask))
        self._members.append((town, identity))

    def _leave(self, town: Tenant, member: str) -> None:
        command = membership.LeaveMember(id=member, left_on=self._today(), reason="moved")
        self._give(lambda ask: membership.leave(self._ledger, town, insurer(SIREN), command, ask))

    def _plan(self, town: Tenant) -> None:
        identity = self._identity()
        command = office_hours.PlanOfficeHour(
            id=identity, convention=CONVENTION, on=self._today(), starts_at=day_time(9), ends_at=day_time(12),
            place="Mairie",
        )  # fmt: skip
        self._give(lambda ask: office_hours.plan(self._ledger, town, accord(SIREN), command, ask))
        self._planned.append((town, identity))

    def _hold(self, town: Tenant, office_hour: str) -> None:
        command = office_hours.HoldOfficeHour(id=office_hour, visitors=9, by_appointment=4)
        self._give(lambda ask: office_hours.hold(self._ledger, town, accord(SIREN), command, ask))

    def _notify(self) -> None:
        """One grid for all towns at home: a command with a receipt for each."""
        day = date(2030, 1, 1) + timedelta(days=self._numbers)
        command = tariffs.NotifyToTowns(
            id=self._identity(),
            grid=GridContent(effective_on=day, cells=_CELLS),
            towns=tuple(Target(commune=code_of(town), convention=CONVENTION) for town in self._home),
        )
        ask = self._ask()

        def give() -> list[Receipt]:
            told = tariffs.notify_many(self._ledger, insurer(SIREN), command, ask)
            for town in told:
                if town.error is not None:
                    raise town.error
            return [town.receipt for town in told if town.receipt is not None]

        for town, receipt in zip(self._home, self._until_answered(give), strict=True):
            self.answers.append(Acknowledged(self.name, f"{ask.command}:{code_of(town)}", receipt))

    def _give(self, command: Callable[[Ask], Receipt | None]) -> None:
        ask = self._ask()
        receipt = self._until_answered(lambda: command(ask))
        if receipt is None:
            raise LookupError(f"{ask.command} recorded nothing")
        self.answers.append(Acknowledged(self.name, str(ask.command), receipt))

    def _until_answered(self, give: Callable[[], T]) -> T:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return give()
            except (OperationalError, psycopg.OperationalError, Conflict):
                # Lost on the way, or a race lost again and again: the same id tells what became of it.
                if time.monotonic() > deadline:
                    raise
                self.resent += 1
                time.sleep(self._random.uniform(*_RETRY))

    def _ask(self) -> Ask:
        self._numbers += 1
        return Ask(
            actor=self.name, now=self._parts.clock.now(), command=f"{self.name}-command-{self._numbers}"
        )

    def _identity(self) -> str:
        return f"{self.name}-{self._numbers}"

    def _today(self) -> date:
        return self._parts.clock.today()
