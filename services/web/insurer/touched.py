"""How many of the insurer's own members pay the prices of a case, exactly: only the insurer reads this.

The town sees a count of the whole commune under statistical secrecy; who counts here counts its own contracts.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from domain.tariffs.evidence import CaseCell
from projections.crm.queries import ProfileCount
from services.web.figures import cents, subject


class Touched(msgspec.Struct, frozen=True, kw_only=True):
    """A cell with its members today and what they pay above the limit together, in cents a month.

    None: not counted, as for a spouse or a child, who has no contract of their own here.
    """

    name: str
    members: int | None
    excess: int | None

    @property
    def together(self) -> int | None:
        """What all of them pay above the limit, in cents a month."""
        return self.members * self.excess if self.members is not None and self.excess is not None else None


def touched(
    cells: Sequence[CaseCell], unit: str, profiles: Sequence[ProfileCount], on: date
) -> list[Touched]:
    """The cells of a case with their members on a day, by the age that they reach in its year."""
    return [
        Touched(
            name=subject(cell),
            members=_members(cell, profiles, on),
            excess=cents(cell.excess) if cell.excess is not None and unit == "euros" else None,
        )
        for cell in cells
    ]


def _members(cell: CaseCell, profiles: Sequence[ProfileCount], on: date) -> int | None:
    key = cell.cell
    if key is None or key.formula is None:
        return sum(each.members for each in profiles)
    if (key.role or "adult") != "adult":
        return None
    first = key.age_from or 0
    last = 999 if key.age_to is None else key.age_to
    return sum(
        each.members
        for each in profiles
        if each.formula == key.formula
        and (key.category is None or each.category == key.category)
        and first <= on.year - each.birth_year <= last
    )
