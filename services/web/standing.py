"""Where each commitment of a convention stands today, as the last judgement left it.

Pure: rows of views in, one `Standing` a commitment out. What is broken later than today counts already.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, Literal

import msgspec

from projections.compliance.queries import BreachRow, StandingRow
from projections.oversight.queries import ConventionRow, MonthOfOfficeHours
from projections.tariffs.queries import GridRow
from services.web.clauses import title
from services.web.typography import count, day, month

State = Literal["kept", "broken", "exempted", "undecidable", "none"]

WORST_FIRST: Final[Sequence[State]] = ("broken", "undecidable", "exempted", "kept", "none")
STATES: Final[Mapping[str, State]] = {
    "VIOLATION": "broken",
    "LEGAL_ALERT": "broken",
    "INDETERMINATE": "undecidable",
    "EXEMPTED": "exempted",
    "COMPLIANT": "kept",
    "NOT_APPLICABLE": "none",
}
"""The state that a verdict is shown as."""

STATE_WORDS: Final[Mapping[str, str]] = {
    "kept": "Tenu",
    "broken": "Rompu",
    "exempted": "Dérogation",
    "undecidable": "Sans verdict",
    "none": "Sans objet",
}
"""How a state is written where there is no badge."""

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
    """When each grid of one convention is in force, the earliest first; one that was corrected never is."""
    counting = _uncorrected(grids)
    following = {grid.id: later.effective_on for grid, later in pairwise(sorted(counting, key=_order))}
    return [
        Slot(grid, grid.effective_on, _day_before(following.get(grid.id)))
        if grid in counting
        else Slot(grid, grid.effective_on, _day_before(grid.effective_on))
        for grid in sorted(grids, key=_order)
    ]


def _order(grid: GridRow) -> tuple[date, int]:
    return grid.effective_on, grid.position


def _day_before(day_: date | None) -> date | None:
    return day_ - timedelta(days=1) if day_ is not None else None


def _uncorrected(grids: Sequence[GridRow]) -> list[GridRow]:
    """A correction stands in the place of what it corrects; of two, the later recorded."""
    places: dict[str, str] = {}
    counting: dict[str, GridRow] = {}
    for grid in sorted(grids, key=lambda grid: grid.position):
        place = places.get(grid.corrects, grid.corrects) if grid.corrects else grid.id
        places[grid.id] = place
        counting[place] = grid
    return list(counting.values())


def in_force(grids: Sequence[GridRow], today: date) -> GridRow | None:
    """The grid in force on a day."""
    return next((slot.grid for slot in slots(grids) if slot.now(today)), None)


def standings(
    convention: ConventionRow,
    grids: Sequence[GridRow],
    rows: Sequence[StandingRow],
    breaches: Sequence[BreachRow],
    today: date,
    *,
    judged: bool,
) -> list[Standing]:
    """The tariff commitments of a convention, in its own order. `judged`: the newest grid has been checked."""
    every = slots([grid for grid in grids if grid.convention == convention.id])
    known = {row.commitment: row for row in rows if row.convention == convention.id}
    mine = [breach for breach in breaches if breach.convention == convention.id]
    return [
        _standing(
            clause,
            every,
            known.get(clause["id"]),
            [breach for breach in mine if breach.commitment == clause["id"]],
            today,
            judged=judged,
        )
        for clause in convention.commitments
    ]


def _standing(
    clause: dict[str, Any],
    every: Sequence[Slot],
    row: StandingRow | None,
    breaches: Sequence[BreachRow],
    today: date,
    *,
    judged: bool,
) -> Standing:
    open_ = sorted(
        (breach for breach in breaches if breach.holds(today)), key=lambda breach: -(breach.excess or 0)
    )
    facts: dict[str, Any] = {
        "id": clause["id"], "article": clause["article"], "title": title(clause), "wording": clause["wording"],
    }  # fmt: skip
    if row is not None and STATES[row.verdict] == "broken":
        return Standing(
            **facts,
            state="broken",
            word="Alerte légale" if row.verdict == "LEGAL_ALERT" else None,
            evidence=f"constaté le {day(row.known_since)}{_effect(row)}",
            breaches=open_,
        )
    if not judged or row is None:
        waiting = max((slot.grid for slot in every), key=lambda grid: grid.position, default=None)
        return Standing(
            **facts,
            state="undecidable",
            word="Vérification en cours",
            evidence=f"grille notifiée le {day(waiting.notified_on)}" if waiting else "convention confirmée",
        )
    match STATES[row.verdict]:
        case "undecidable":
            return Standing(**facts, state="undecidable", evidence=row.reason)
        case "exempted":
            return Standing(
                **facts,
                state="exempted",
                evidence=f"dérogation connue depuis le {day(row.known_since)}{_effect(row)}",
            )
        case "kept":
            past = [breach for breach in breaches if breach.to_on is None or breach.to_on >= breach.from_on]
            once = f", rompu une fois, le {day(min(each.from_on for each in past))}" if past else ""
            return Standing(
                **facts,
                state="kept",
                evidence=f"vérifié le {day(row.judged_on)}, {count(row.kept, 'constat')}{once}",
            )
        case _ if row.rule in _PERSON_BY_PERSON:
            return Standing(
                **facts, state="none", word="Au cas par cas", evidence=_PERSON_BY_PERSON[row.rule]
            )
        case _:
            return Standing(**facts, state="none", word="Sans objet", evidence=_nothing(every, row))


_PERSON_BY_PERSON: Final = {
    "AGEING_CAP": "se vérifie sur le prix d’une personne, avant et après : aucun n’est au registre",
    "FAMILY_BENEFIT": "se vérifie sur le devis d’un foyer : aucun n’est au registre",
}
"""What two rules need is about persons, and the register that a town reads holds none."""


def _effect(row: StandingRow) -> str:
    return f", effet le {day(row.from_on)}" if row.from_on is not None else ""


def _nothing(every: Sequence[Slot], row: StandingRow) -> str:
    if not every:
        return "aucune grille notifiée"
    if len(every) == 1:
        return "première grille, aucun prix antérieur à comparer"
    return row.reason or "rien à comparer"


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
    ended = ended_months(convention.starts_on, min(today, convention.last_day))
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
    return list(_ended_months(starts_on, today))


@lru_cache(maxsize=1024)
def _ended_months(starts_on: date, today: date) -> tuple[str, ...]:
    first = (
        starts_on if starts_on.day == 1 else (starts_on.replace(day=1) + timedelta(days=32)).replace(day=1)
    )
    found = []
    while (after := (first + timedelta(days=32)).replace(day=1)) <= today:
        found.append(f"{first:%Y-%m}")
        first = after
    return tuple(found[-_SHOWN_MONTHS:])


def stage(convention: ConventionRow, today: date) -> str:
    """How far a convention is: declared, refused, upcoming, current, under notice or ended."""
    return convention.stage(today)


def worst(every: Sequence[Standing]) -> State:
    """The state that speaks for several commitments."""
    return min((standing.state for standing in every), key=WORST_FIRST.index, default="none")


def by_urgency(every: Sequence[Standing]) -> list[Standing]:
    """The worst first, else in the convention's order."""
    return sorted(every, key=lambda standing: WORST_FIRST.index(standing.state))
