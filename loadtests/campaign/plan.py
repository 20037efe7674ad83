"""What the generator is told, and what it tells: two files between the campaign and the process that sends requests.

The generator knows addresses, accounts and what was seeded; it never looks into the database.
"""

from pathlib import Path
from typing import Any, Final

import msgspec

from loadtests.campaign.mix import Arrivals, Audience

VARIABLE: Final = "BEFFROI_CAMPAIGN"
"""The environment variable that names the plan's file."""


class Town(msgspec.Struct, frozen=True):
    """A convention that was seeded. `members` is how many joined; `breaks` whether its last grid is above the cap."""

    code: str
    siren: str
    convention: str
    members: int
    email: str
    breaks: bool


class House(msgspec.Struct, frozen=True):
    """An insurer that was seeded; its accounts begin with `who@`."""

    key: str
    siren: str


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the run: `rate` requests a second over `seconds`; nothing at 0. What `warms` up is not counted.

    `visits` are weights by name where they are not the mix's. After a phase that breaks a bar those that `climb` end.
    Where it is `strict` a request that is never sent is a fault.
    """

    name: str
    rate: float
    seconds: float
    seed: int = 1
    warms: bool = False
    climbs: bool = False
    strict: bool = True
    visits: dict[str, int] | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the generator needs. `pids` are the roots of the processes whose CPU is counted, by name."""

    run: str
    password: str
    journal: str
    phases: list[Phase]
    houses: list[House]
    towns: list[Town]
    people: list[dict[str, Any]]
    searches: list[str]
    formulas: list[str]
    joined_on: str
    left_on: str
    effective_on: str
    cells: list[dict[str, Any]]
    dearer: list[dict[str, Any]]
    pids: dict[str, list[int]]
    sessions: dict[Audience, int]
    arrivals: Arrivals = "even"


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """A request: when it was due, sent and answered, in seconds of its phase; its status (0: no answer), its fault."""

    phase: int
    name: str
    due: float
    sent: float
    done: float
    status: int
    fault: str | None = None


class Written(msgspec.Struct, frozen=True, array_like=True):
    """A write that was acknowledged (2xx): the command's id, who sent it, and the stream and position answered."""

    name: str
    actor: str
    command: str
    stream: str
    position: int | None
    again: bool = False


class Passed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a phase: requests offered and never sent, and CPU seconds by process.

    `cpu` counts until the phase's end, `cpu_in_all` until its last request was answered, after `seconds_in_all`.
    """

    name: str
    rate: float
    seconds: float
    warms: bool
    strict: bool
    offered: int
    dropped: int
    cpu: dict[str, float]
    cpu_in_all: dict[str, float]
    seconds_in_all: float
    began_at: float


class Journal(msgspec.Struct, kw_only=True):
    """What the generator did."""

    phases: list[Passed] = msgspec.field(default_factory=list)
    asked: list[Asked] = msgspec.field(default_factory=list)
    written: list[Written] = msgspec.field(default_factory=list)
    foreign: list[str] = msgspec.field(default_factory=list)
    sent: list[str] = msgspec.field(default_factory=list)
    assets: int = 0


def write(path: Path, content: msgspec.Struct) -> None:
    """Keep a plan or a journal."""
    path.write_bytes(msgspec.json.encode(content))


def read_plan(path: Path) -> Plan:
    """The plan in a file."""
    return msgspec.json.decode(path.read_bytes(), type=Plan)


def read_journal(path: Path) -> Journal:
    """The journal in a file."""
    return msgspec.json.decode(path.read_bytes(), type=Journal)
