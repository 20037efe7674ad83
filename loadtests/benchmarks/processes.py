"""What processes cost: the processor time of one and of all it started, from the kernel's own accounts (Linux).

Wall-clock time on two cores says who waited for whom; processor time says what the work costs.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PARENT, _TIMES = 1, slice(11, 15)
"""Places in /proc/PID/stat after the name: the parent, and user and system time, own and of children that ended."""


def cpu_seconds(pid: int) -> float:
    """Seconds that a process and all its descendants have computed, those that ended included; 0 when it is gone."""
    every = _accounts()
    children: dict[int, list[int]] = {}
    for each, (parent, _) in every.items():
        children.setdefault(parent, []).append(each)
    total, ahead = 0.0, [pid]
    while ahead:
        each = ahead.pop()
        total += every.get(each, (0, 0.0))[1]
        ahead += children.get(each, [])
    return total


def parent_of(pid: int) -> int:
    """The process that started another: of a session of PostgreSQL, its server. Raises KeyError when it is gone."""
    return _accounts()[pid][0]


class Meter:
    """What named processes compute from when it is made."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._before = self._now()

    def microseconds(self, events: int) -> dict[str, float]:
        """Microseconds of processor time per event since then, by process, and of all."""
        spent = {name: now - self._before[name] for name, now in self._now().items()}
        each = {name: round(seconds / events * 1e6, 1) for name, seconds in spent.items()}
        return {**each, "all": round(sum(spent.values()) / events * 1e6, 1)}

    def _now(self) -> dict[str, float]:
        return {name: cpu_seconds(pid) for name, pid in self._pids.items()}


def _accounts() -> dict[int, tuple[int, float]]:
    """Parent and seconds of every process."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            found[int(folder.name)] = int(fields[_PARENT]), sum(map(int, fields[_TIMES])) / _TICKS
    return found
