"""Where each commitment of a convention stands today: from the grids that were notified and the breaches recorded.

Pure: rows of views in, one `Standing` a commitment out. A breach counts as long as its grid is, or will be, in force.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final, Literal

import msgspec

from projections.compliance.queries import BreachRow, GridRow
from projections.oversight.queries import ConventionRow, MonthOfOfficeHours
from services.web.typography import count, day, month, percent
from services.web.words import PERIODS

State = Literal["kept", "broken", "undecidable", "none"]

WORST_FIRST: Final[Sequence[State]] = ("broken", "undecidable", "kept", "none")
PROMISE: Final = "permanences"
"""The id of the promise of office hours, beside those of the tariff commitments."""

_SHOWN_MONTHS: Final = 12


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A commitment: what was promised (`title` short, `wording` in its own words), its state and the evidence.

    `word` replaces the usual word of the state; `breach` is the worst of `breaches`, which still hold.
    """

    id: str
    article: str
    title: str
    wording: str
    state: State
    evidence: str
    word: str | None = None
    breaches: Sequence[BreachRow] = ()

    @property
    def breach(self) -> BreachRow | None:
        """The breach to open first."""
        return self.breaches[0] if self.breaches else None


class Slot(msgspec.Struct, frozen=True):
    """The days on which a grid is in force: none when `last` lies before `first`, as another replaced it in time."""

    grid: GridRow
    first: date
    last: date | None

    def over(self, today: date) -> bool:
        """Whether the grid is in force on no day from today on."""
        return self.last is not None and self.last < max(self.first, today)

    def now(self, today: date) -> bool:
        """Whether it is the grid in force."""
        return self.first <= today and (self.last is None or today <= self.last)


def slots(grids: Sequence[GridRow]) -> list[Slot]:
    """When each grid of one convention is in force, the earliest first."""
    ordered = sorted(grids, key=lambda grid: (grid.effective_on, grid.position))
    lasts: list[date | None] = [later.effective_on - timedelta(days=1) for later in ordered[1:]]
    return [Slot(grid, grid.effective_on, last) for grid, last in zip(ordered, [*lasts, None], strict=False)]


def in_force(grids: Sequence[GridRow], today: date) -> GridRow | None:
    """The grid in force on a day."""
    return next((slot.grid for slot in slots(grids) if slot.now(today)), None)


def standings(
    convention: ConventionRow,
    grids: Sequence[GridRow],
    breaches: Sequence[BreachRow],
    today: date,
    *,
    judged: bool,
) -> list[Standing]:
    """The tariff commitments of a convention, in its own order. `judged`: the newest grid has been checked."""
    every = slots([grid for grid in grids if grid.convention == convention.id])
    alive = {slot.grid.id for slot in every if not slot.over(today)}
    mine = [breach for breach in breaches if breach.convention == convention.id]
    return [_standing(clause, every, alive, mine, judged=judged) for clause in convention.commitments]


def _standing(
    clause: dict[str, Any],
    every: Sequence[Slot],
    alive: set[str],
    breaches: Sequence[BreachRow],
    *,
    judged: bool,
) -> Standing:
    mine = [breach for breach in breaches if breach.commitment == clause["id"]]
    open_ = sorted(
        (breach for breach in mine if breach.grid in alive), key=lambda breach: -(breach.excess or 0)
    )
    facts: dict[str, Any] = {
        "id": clause["id"], "article": clause["article"], "title": title(clause), "wording": clause["wording"],
    }  # fmt: skip
    if open_:
        since = min(breach.detected_at for breach in open_)
        first = min(breach.from_on for breach in open_)
        alert = all(breach.verdict == "LEGAL_ALERT" for breach in open_)
        return Standing(
            **facts,
            state="broken",
            word="Alerte légale" if alert else None,
            evidence=f"constaté le {day(since)}, effet le {day(first)}",
            breaches=open_,
        )
    if not every:
        return Standing(**facts, state="none", word="Sans objet", evidence="aucune grille notifiée")
    newest = max((slot.grid for slot in every), key=lambda grid: grid.position)
    if not judged:
        return Standing(
            **facts,
            state="undecidable",
            word="Vérification en cours",
            evidence=f"grille notifiée le {day(newest.notified_on)}",
        )
    if len(every) == 1:
        return Standing(
            **facts,
            state="none",
            word="Sans objet",
            evidence="première grille, aucun prix antérieur à comparer",
        )
    past = f", rompu une fois, le {day(mine[0].from_on)}" if mine else ""
    return Standing(
        **facts,
        state="kept",
        evidence=f"vérifié le {day(newest.recorded_at)}, {count(len(every), 'grille')}{past}",
    )


def title(clause: dict[str, Any]) -> str:
    """A commitment in a few words: made from its rule where we know it, else its own words."""
    if clause["rule"] == "ANNUAL_CAP_FIXED":
        params = clause["params"]
        period = PERIODS[str(params.get("period", "CIVIL_YEAR"))]
        return f"Pas plus de {percent(str(params['max_rise_percent']))} de hausse {period}"
    return str(clause["wording"])


def promise(convention: ConventionRow, months: Sequence[MonthOfOfficeHours], today: date) -> Standing | None:
    """The promise of office hours, month by month; None when the convention makes none.

    Nobody judges it here: a month below what was promised has no verdict, and says so with its figures.
    """
    if convention.office_hours_per_month is None:
        return None
    facts: dict[str, Any] = {
        "id": PROMISE,
        "article": convention.office_hours_article or "",
        "title": convention.office_hours_wording or "",
        "wording": convention.office_hours_wording or "",
    }
    held = {row.month: row for row in months}
    ended = ended_months(convention.starts_on, min(today, convention.ends_on))
    if not ended:
        return Standing(**facts, state="none", word="À venir", evidence="le premier mois n’est pas fini")
    short = [
        name for name in ended if (held[name].held if name in held else 0) < convention.office_hours_per_month
    ]
    if not short:
        total = sum(held[name].held for name in ended)
        return Standing(
            **facts, state="kept", evidence=f"{count(total, 'permanence')} depuis {month(ended[0])}"
        )
    latest = held.get(short[-1])
    told = f"{month(short[-1])} : {latest.held if latest else 0} sur {convention.office_hours_per_month}"
    if latest is not None and latest.overdue:
        told += f", {latest.overdue} à déclarer"
    if len(short) > 1:
        told += f" ; {len(short)} mois incomplets sur {len(ended)}"
    return Standing(**facts, state="undecidable", evidence=told)


def ended_months(starts_on: date, today: date) -> list[str]:
    """The whole months (`2026-10`) of a convention that are over, the last twelve at most, the oldest first."""
    first = (
        starts_on if starts_on.day == 1 else (starts_on.replace(day=1) + timedelta(days=32)).replace(day=1)
    )
    found = []
    while (after := (first + timedelta(days=32)).replace(day=1)) <= today:
        found.append(f"{first:%Y-%m}")
        first = after
    return found[-_SHOWN_MONTHS:]


def stage(convention: ConventionRow, today: date) -> str:
    """How far a convention is: declared, upcoming, current or ended."""
    if convention.ends_on < today:
        return "ended"
    if convention.state == "declared":
        return "declared"
    return "upcoming" if convention.starts_on > today else "current"


def worst(every: Sequence[Standing]) -> State:
    """The state that speaks for several commitments."""
    return min((standing.state for standing in every), key=WORST_FIRST.index, default="none")


def by_urgency(every: Sequence[Standing]) -> list[Standing]:
    """The worst first, else in the convention's order."""
    return sorted(every, key=lambda standing: WORST_FIRST.index(standing.state))
