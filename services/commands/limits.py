"""The most that a price may be, and the first day that a grid may take effect on: found by trying, with the same check.

A limit is what a finding says when the price is far above it; what was found is tried again as a whole.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from domain.money import format_euros, parse_euros
from domain.partnerships.terms import Commitment
from domain.tariffs.assess import BROKEN, CellId, Finding
from domain.tariffs.assess.days import add_months
from domain.tariffs.assess.month_days import month_day
from services.commands.dossier import Documents, Dossier, Json, findings_of

OWN_PRICE: Final = frozenset(
    {
        "PRICE_FREEZE",
        "ANNUAL_CAP_FIXED",
        "ANNUAL_CAP_INDEXED",
        "CUMULATIVE_CAP",
        "MIN_DISCOUNT",
        "UNIFORM_INCREASE",
        "STATUTORY_FREEZE",
    }
)
"""Rules that limit a price whatever the other prices of its grid are."""

DAYS: Final = frozenset({"NOTICE", "CHANGE_WINDOW"})
_FAR_ABOVE: Final = 99_999_999
_YEARS: Final = 5
_RUNS: Final = 5

Bounds = dict[CellId, tuple[int, str]]
"""The highest price of a cell in cents, and the commitment that sets it."""


def highest(dossier: Dossier, documents: Documents, draft: Json) -> Bounds:
    """The highest price of each cell of a grid that no commitment forbids on any of its days.

    The other prices of the grid are as they are, or at their own limit where they exceed it. A cell without an entry
    is limited by nothing.
    """
    trial = _Trial(dossier, documents, draft)
    bounds: Bounds = {}
    trial.tighten(bounds, OWN_PRICE, lambda _: _FAR_ABOVE)
    own = {cell: _least(price, bounds.get(cell)) for cell, price in trial.prices.items()}
    bases = {str(one.params.get("base_category", "general")) for one in trial.promised("CATEGORY_DISCOUNT")}
    if bases:
        trial.tighten(
            bounds,
            {"CATEGORY_DISCOUNT"},
            lambda cell: own[cell] if cell.category in bases else _FAR_ABOVE,
        )
    if trial.promised("AGE_STRUCTURE"):
        youngest = trial.youngest()
        trial.tighten(bounds, {"AGE_STRUCTURE"}, lambda cell: own[cell] if cell in youngest else _FAR_ABOVE)
    every = OWN_PRICE | {"CATEGORY_DISCOUNT", "AGE_STRUCTURE"}
    for _ in range(_RUNS):
        found = dict(bounds)
        trial.tighten(bounds, every, lambda cell: bounds[cell][0] if cell in bounds else trial.prices[cell])
        if bounds == found:
            break
    return bounds


def earliest(dossier: Dossier, documents: Documents, draft: Json, today: date) -> date | None:
    """The first day from today on which a grid, notified when it is, may take effect under notice and window rules.

    None when no day of the next years is lawful. A justification that is missing is taken to be there.
    """
    judged = _only(dossier, DAYS)
    commitments = [one for version in judged.terms for one in version.terms.commitments]
    notified = date.fromisoformat(draft["notified_on"])
    if not commitments:
        return today
    for day in _turning_days(dossier, commitments, max(today, notified)):
        tried = {**draft, "effective_on": day.isoformat(), "justified": True}
        findings = findings_of(judged, documents, draft=tried)
        if not any(one.grid == draft["id"] and one.verdict in BROKEN for one in findings):
            return day
    return None


class _Trial:
    """A draft whose prices are changed and judged again."""

    def __init__(self, dossier: Dossier, documents: Documents, draft: Json) -> None:
        self._dossier = dossier
        self._documents = documents
        self._draft = draft
        self.prices = {_named(cell): parse_euros(cell["monthly"]) for cell in draft["cells"]}

    def promised(self, rule: str) -> list[Commitment]:
        """The commitments to a rule, of all terms."""
        every = (one for version in self._dossier.terms for one in version.terms.commitments)
        return [one for one in every if one.rule == rule]

    def youngest(self) -> set[CellId]:
        """The adult cells of each formula from which its ratio is counted."""
        adults = [cell for cell in self.prices if (cell.category, cell.role) == ("general", "adult")]
        first: dict[str, int] = {}
        for cell in adults:
            first[cell.formula] = min(cell.age_from, first.get(cell.formula, cell.age_from))
        return {cell for cell in adults if cell.age_from == first[cell.formula]}

    def tighten(self, bounds: Bounds, rules: Collection[str], priced: Callable[[CellId], int]) -> None:
        """Judge the draft at other prices, and tighten `bounds` to the limits that these are found to exceed."""
        judged = _only(self._dossier, rules)
        if not any(version.terms.commitments for version in judged.terms):
            return
        cells = [{**cell, "monthly": format_euros(priced(_named(cell)))} for cell in self._draft["cells"]]
        for finding in findings_of(judged, self._documents, draft={**self._draft, "cells": cells}):
            if (
                finding.grid == self._draft["id"]
                and finding.verdict in BROKEN
                and isinstance(finding.limit, int)
            ):
                limit = finding.limit + self._tolerance(finding)
                for cell in self._limited(finding):
                    if cell not in bounds or limit < bounds[cell][0]:
                        bounds[cell] = limit, finding.commitment

    def _limited(self, finding: Finding) -> Iterable[CellId]:
        if isinstance(finding.cell, CellId):
            return [finding.cell]
        if finding.rule != "AGE_STRUCTURE" or finding.cell is None:
            return []
        youngest = self.youngest()
        return [
            cell
            for cell in self.prices
            if cell[:3] == (finding.cell.formula, "general", "adult") and cell not in youngest
        ]

    def _tolerance(self, finding: Finding) -> int:
        if finding.rule != "UNIFORM_INCREASE":
            return 0
        said = next(
            one.params.get("tolerance", "0.01")
            for one in self.promised("UNIFORM_INCREASE")
            if one.id == finding.commitment
        )
        return parse_euros(str(said))


def _only(dossier: Dossier, rules: Collection[str]) -> Dossier:
    """The same dossier with the commitments to some rules alone."""
    return msgspec.structs.replace(
        dossier,
        terms=[
            msgspec.structs.replace(
                version,
                terms=msgspec.structs.replace(
                    version.terms,
                    commitments=tuple(one for one in version.terms.commitments if one.rule in rules),
                ),
            )
            for version in dossier.terms
        ],
    )


def _turning_days(dossier: Dossier, commitments: Sequence[Commitment], first: date) -> list[date]:
    """Every day from `first` on which the answer may change, in order: no other day can be the first lawful one."""
    days = {first}
    years = range(first.year, first.year + _YEARS + 1)
    days.update(date(year, 1, 1) for year in years)
    for one in commitments:
        months = one.params.get("months")
        if isinstance(months, int):
            after = add_months(first, months)
            days.update(after + timedelta(days=spare) for spare in range(-3, 4))
        windows = one.params.get("allowed_days") or ["01-01"] if one.rule == "CHANGE_WINDOW" else []
        if isinstance(windows, list):
            days.update(month_day(window).in_year(year) for window in windows for year in years)
    for version in dossier.terms:
        starts_on = version.terms.starts_on
        days.update(add_months(starts_on, 12 * (year - starts_on.year)) for year in years)
        days.add(version.effective_on)
    for grid in dossier.grids:
        for day in (grid.effective_on, add_months(grid.effective_on, 12)):
            days.update({day, day + timedelta(days=1)})
    return sorted(day for day in days if day >= first)


def _named(cell: Mapping[str, Any]) -> CellId:
    return CellId(cell["formula"], cell["category"], cell["role"], cell["age_from"], cell["age_to"])


def _least(price: int, bound: tuple[int, str] | None) -> int:
    return min(price, bound[0]) if bound else price
