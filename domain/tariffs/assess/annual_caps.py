"""What the two annual caps have in common: judged grid by grid, each price becomes what later ones are built on."""

from collections.abc import Callable
from typing import Final

from domain.money import Rounding
from domain.tariffs.assess.anchors import Anchor, AnchorBook
from domain.tariffs.assess.days import Period
from domain.tariffs.assess.findings import Finding, Verdict
from domain.tariffs.assess.price_limits import Aside, PriceLimits, Term, nothing_earlier
from domain.tariffs.assess.reading import Field, choice
from domain.tariffs.assess.timeline import Slot, Timeline

PERIOD: Final = Field(choice(Period), Period.CIVIL_YEAR, "How often it starts anew.")
ROUNDING: Final = Field(
    choice(Rounding),
    Rounding.HALF_UP,
    "How a limit becomes cents: the nearest, from half a cent on the next, or downwards.",
)

Promise = Callable[[Anchor, Slot, int], Term]
"""What is promised of the price at a place of a slot, once its anchor is known."""


def judge_annual_cap(
    timeline: Timeline, book: AnchorBook, limits: PriceLimits, promise: Promise
) -> list[Finding]:
    """One finding a cell and grid, more where exemptions begin or end."""
    for slot in timeline.slots:
        new = nothing_earlier(slot)
        for place, cell in enumerate(slot.cells):
            anchor = book.anchor(cell, slot.index)
            if anchor is None:
                limits.aside(slot, place, new)
                continue
            price = slot.prices[place]
            term = promise(anchor, slot, place)
            if isinstance(term, Aside):
                limits.aside(slot, place, term)
                held, absorbed = price, anchor.absorbed
            elif term.undecided:
                judged = len(limits.findings)
                limit = limits.judge(slot, place, term)
                breach = any(found.verdict is Verdict.VIOLATION for found in limits.findings[judged:])
                # Whatever exemptions allow, a breach is held to the ceiling; what is undecided is held to nothing.
                held, absorbed = limit if breach else price, anchor.absorbed
            else:
                limit = limits.judge(slot, place, term)
                held, absorbed = limits.held_to(slot, price, term, limit)
            if price > held or absorbed:
                book.hold(cell, slot.index, held, absorbed)
    return limits.findings
