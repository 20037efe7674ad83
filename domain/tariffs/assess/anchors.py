"""What an annual cap is built on: the price on the anchor day, never more than that price was itself held to.

A book is kept grid by grid, earliest first; only breaches and absorbed exemptions need an entry.
"""

from datetime import date

import msgspec

from domain.money import french_euros
from domain.tariffs.assess.days import Period, anchor_day, french_day, period_number
from domain.tariffs.assess.timeline import Slot, Timeline

NONE_ABSORBED: frozenset[str] = frozenset()

_CALENDAR = frozenset({Period.CIVIL_YEAR, Period.CONVENTION_YEAR})


class Anchor(msgspec.Struct, frozen=True, gc=False):
    """The base of a limit, in cents: `amount`, less than `price` where that price was above its own limit.

    `price` was in force on the anchor day or, if `is_first`, is the cell's first price, which came later; `periods`
    is how many times the cap's rate is granted; `absorbed` are the rebased exemptions that `amount` contains.
    """

    amount: int
    price: int
    is_first: bool
    periods: int
    absorbed: frozenset[str]


class AnchorBook:
    """The anchors of one commitment, and what each price was held to."""

    def __init__(self, timeline: Timeline, period: Period, starts_on: date, *, carry_over: bool) -> None:
        days = [anchor_day(period, slot.first, starts_on) for slot in timeline.slots]
        self._timeline = timeline
        self._anchor_slots = [timeline.in_force(day) for day in days]
        self._written_days = [french_day(day) for day in days]
        self._periods = (
            [period_number(period, slot.first, starts_on) for slot in timeline.slots]
            if carry_over and period in _CALENDAR
            else None
        )
        self._held: list[dict[int, int]] = [{} for _ in days]
        self._absorbed: list[dict[int, frozenset[str]]] = [{} for _ in days]

    def anchor(self, cell: int, slot: int) -> Anchor | None:
        """The anchor of a cell in a slot; None when neither it nor an ancestor had a price before that slot."""
        history = self._timeline.history(cell, slot)
        if history.slots[0] >= slot:
            return None
        entry = history.at(self._anchor_slots[slot])
        is_first = entry < 0
        if is_first:
            entry = 0
        price = history.prices[entry]
        then, source = history.slots[entry], history.sources[entry]
        periods = 1
        if self._periods is not None:
            periods = max(1, self._periods[slot] - self._periods[history.runs[entry]])
        return Anchor(
            min(price, self._held[then].get(source, price)),
            price,
            is_first,
            periods,
            self._absorbed[then].get(source, NONE_ABSORBED),
        )

    def hold(self, cell: int, slot: int, held: int, absorbed: frozenset[str]) -> None:
        """Remember that a price was held to `held` cents, and which exemptions are part of it from now on."""
        self._held[slot][cell] = held
        if absorbed:
            self._absorbed[slot][cell] = absorbed

    def explain(self, anchor: Anchor, slot: Slot, change: str) -> str:
        """How the limit comes about, in French, to follow « soit »; `change` is what the cap grants, « plus 3 % »."""
        day = self._written_days[slot.index]
        if anchor.periods > 1:
            change = f"{change} par an pendant {anchor.periods} ans"
        if anchor.amount < anchor.price:
            where = "le premier prix de la case" if anchor.is_first else f"le prix du {day}"
            return (
                f"{french_euros(anchor.amount)} {change}, car {where} ({french_euros(anchor.price)}) "
                "dépassait sa propre limite et ne peut servir de base"
            )
        if anchor.is_first:
            return f"{french_euros(anchor.amount)}, premier prix de la case, {change}"
        return f"{french_euros(anchor.amount)} en vigueur le {day} {change}"


def first_price(timeline: Timeline, cell: int, slot: int) -> int | None:
    """Cents of a cell's first price, its ancestors standing in for it; None when it has none before that slot."""
    history = timeline.history(cell, slot)
    return history.prices[0] if history.slots[0] < slot else None
