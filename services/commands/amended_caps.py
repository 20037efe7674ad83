"""Annual caps across amendments: a cap that was changed is built on prices as the former one held them.

A scenario file knows one set of terms. Of a cap that an amendment changes or adds there is a file of its own, in which
the grids of before show what each price was held to, and are exempted from a cap that was not theirs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from domain.money import format_euros, parse_euros
from domain.tariffs.assess import CellId, Finding, Verdict

ANNUAL_CAPS: Final = frozenset({"ANNUAL_CAP_FIXED", "ANNUAL_CAP_INDEXED"})
"""Rules whose limits are built on former limits."""

Json = dict[str, Any]
Judge = Callable[[Json], Sequence[Finding]]
Held = Mapping[tuple[str, CellId], int]

_LEAVE: Final = ["1000", "1"]


class Period(msgspec.Struct, frozen=True):
    """The days (included; None: without end on that side) on which a version of the terms counts, and a file of it."""

    first: date | None
    last: date | None
    scenario: Json

    def holds(self, day: date) -> bool:
        """Whether it is one of the days."""
        return (self.first or date.min) <= day <= (self.last or date.max)


def apart(periods: Sequence[Period], judge: Judge) -> list[Period]:
    """The files of some versions in order, those of changed annual caps taken out into files of their own."""
    caps = _Caps(periods, judge)
    found = []
    for place, period in enumerate(periods):
        changed = [one for one in _promises(period) if caps.since(place, one) > 0]
        kept = [one for one in _promises(period) if one not in changed]
        if kept or not changed:
            found.append(_with_promises(period, kept))
        found += [caps.written(place, one) for one in changed]
    return found


class _Caps:
    def __init__(self, periods: Sequence[Period], judge: Judge) -> None:
        self._periods = periods
        self._judge = judge
        self._files: dict[tuple[int, str], Period] = {}
        self._held: dict[tuple[int, str], tuple[Held, set[str]]] = {}

    def since(self, place: int, promise: Json) -> int:
        """The version since which an annual cap has been promised as it is; 0 for what needs no file of its own."""
        if promise["rule"] not in ANNUAL_CAPS:
            return 0
        while place > 0 and promise in _promises(self._periods[place - 1]):
            place -= 1
        return place

    def written(self, place: int, promise: Json) -> Period:
        """The file of one annual cap under one version."""
        key = place, promise["id"]
        if key not in self._files:
            since = self.since(place, promise)
            alone = _with_promises(self._periods[place], [promise])
            self._files[key] = alone if since == 0 else self._carried(alone, promise["id"], since)
        return self._files[key]

    def _carried(self, alone: Period, promise: str, since: int) -> Period:
        changed_on = self._periods[since].first or date.min
        grids: list[Json] = []
        used: set[str] = set()
        before = [grid for grid in alone.scenario["grids"] if _effective(grid) < changed_on]
        for grid in alone.scenario["grids"]:
            if grid not in before:
                grids.append(grid)
                continue
            place = next(n for n, period in enumerate(self._periods) if period.holds(_effective(grid)))
            held, absorbed = self._held_under(place, promise)
            used |= absorbed
            grids.append(_lowered(grid, held))
        exemptions = [
            _until(one, changed_on) if one["id"] in used else one for one in alone.scenario["exemptions"]
        ]
        if before:
            exemptions.append(_leave(before, promise, changed_on))
        return msgspec.structs.replace(
            alone, scenario={**alone.scenario, "grids": grids, "exemptions": exemptions}
        )

    def _held_under(self, place: int, promise: str) -> tuple[Held, set[str]]:
        """What prices were held to under an annual cap of that name, and the rebased exemptions that they contain."""
        key = place, promise
        if key not in self._held:
            former = [one for one in _promises(self._periods[place]) if one["id"] == promise]
            if not former or former[0]["rule"] not in ANNUAL_CAPS:
                self._held[key] = {}, set()
            else:
                file = self.written(place, former[0]).scenario
                rebased = [one for one in file["exemptions"] if one["rebase"]]
                names = {one["id"] for one in rebased}
                found = self._judge({**file, "exemptions": rebased})
                used = {name for finding in found for name in finding.exemptions if name in names}
                self._held[key] = _held(found), used
        return self._held[key]


def _held(findings: Iterable[Finding]) -> Held:
    limits: dict[tuple[str, CellId], list[int | None]] = {}
    for finding in findings:
        if finding.grid is not None and isinstance(finding.cell, CellId):
            broken = finding.verdict is Verdict.VIOLATION and isinstance(finding.limit, int)
            limit = finding.limit if broken and isinstance(finding.limit, int) else None
            limits.setdefault((finding.grid, finding.cell), []).append(limit)
    held = {}
    for key, found in limits.items():
        known = [limit for limit in found if limit is not None]
        if len(known) == len(found):  # a price that was within its limit on any day is a base as it is
            held[key] = max(known)
    return held


def _promises(period: Period) -> list[Json]:
    promises: list[Json] = period.scenario["convention"]["commitments"]
    return promises


def _with_promises(period: Period, promises: Sequence[Json]) -> Period:
    if len(promises) == len(_promises(period)):
        return period
    names = {promise["id"] for promise in promises}
    exemptions = [
        {**one, "commitments": kept}
        for one in period.scenario["exemptions"]
        if (kept := [name for name in one["commitments"] if name in names])
    ]
    convention = {**period.scenario["convention"], "commitments": list(promises)}
    scenario = {**period.scenario, "convention": convention, "exemptions": exemptions}
    return msgspec.structs.replace(period, scenario=scenario)


def _lowered(grid: Json, held: Held) -> Json:
    cells = []
    for cell in grid["cells"]:
        name = CellId(cell["formula"], cell["category"], cell["role"], cell["age_from"], cell["age_to"])
        limit = held.get((grid["id"], name))
        lower = limit is not None and limit < parse_euros(cell["monthly"])
        cells.append({**cell, "monthly": format_euros(limit)} if lower and limit is not None else cell)
    return {**grid, "cells": cells}


def _leave(grids: Sequence[Json], promise: str, changed_on: date) -> Json:
    """What keeps a changed cap from holding the prices of before: they had another one."""
    first = min(grid["effective_on"] for grid in grids)
    return {
        "id": f"avant le {changed_on.isoformat()}",
        "commitments": [promise],
        "kind": "LAW",
        "factor": _LEAVE,
        "valid_from": first,
        "valid_to": (changed_on - timedelta(days=1)).isoformat(),
        "decided_on": first,
        "revoked_on": None,
        "recorded_at": min(grid["recorded_at"] for grid in grids),
        "rebase": True,
    }


def _until(exemption: Json, changed_on: date) -> Json:
    """An exemption that prices contain already does not multiply what is built on them."""
    last = (changed_on - timedelta(days=1)).isoformat()
    ends = min(exemption["valid_to"] or last, last)
    return {**exemption, "valid_to": max(ends, exemption["valid_from"])}


def _effective(grid: Json) -> date:
    return date.fromisoformat(grid["effective_on"])
