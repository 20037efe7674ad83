"""A member (adhérent): joined at a price that the event keeps, with the grid and cell it comes from; left, one day.

Names, birth date and contacts are sealed; birth year, sex, formula and commune stay in clear for statistics.
"""

from datetime import date
from typing import ClassVar, Literal, Self

from domain.aggregate import Aggregate
from domain.events import Event, Personal, event
from domain.refusal import Refused
from domain.tariffs.grid import CellKey, Cells, age_in_year, price
from domain.tariffs.tariff import NotifiedGrid

Sex = Literal["F", "M"]
LeavingReason = Literal[
    "terminated", "moved", "employer_cover", "state_cover", "deceased", "unpaid", "renounced", "other"
]
OLDEST = 120


@event("member.joined")
class MemberJoined(Event, frozen=True, kw_only=True):
    """Someone joined. `price` is cents a month including tax, from `cell` of `grid`; `person` names a key."""

    person: str
    number: str | None
    convention: str
    joined_on: date
    formula: str
    category: str
    role: str
    birth_year: int
    sex: Sex | None
    price: int
    grid: str
    document: str
    cell: CellKey
    family_name: Personal[str]
    given_name: Personal[str]
    birth_date: Personal[date]
    email: Personal[str] | None
    phone: Personal[str] | None


@event("member.left")
class MemberLeft(Event, frozen=True, kw_only=True):
    """Someone is no longer a member from `left_on` on."""

    left_on: date
    reason: LeavingReason


class Member(Aggregate, kw_only=True):
    """One member; a household of one."""

    kind: ClassVar[str] = "member"
    begins_with: ClassVar[type[Event]] = MemberJoined

    joined_on: date = date.min
    left_on: date | None = None
    number: str | None = None

    @classmethod
    def join(
        cls,
        stream: str,
        *,
        person: str,
        number: str | None,
        convention: str,
        within: tuple[date, date],
        joined_on: date,
        formula: str,
        category: str,
        notified: NotifiedGrid,
        cells: Cells,
        family_name: str,
        given_name: str,
        birth_date: date,
        sex: Sex | None,
        email: str | None,
        phone: str | None,
    ) -> Self:
        """Join on `joined_on` at the price of the grid in force. `within` is the convention's first and last day."""
        if not within[0] <= joined_on <= within[1]:
            raise Refused(
                "outside-convention",
                f"Members join from {within[0].isoformat()} to {within[1].isoformat()}.",
                path="$.joined_on",
                starts_on=within[0],
                ends_on=within[1],
            )
        age = age_in_year(birth_date, joined_on)
        if birth_date > joined_on or age > OLDEST:
            raise Refused(
                "birth-date-wrong", "The birth date lies before the day of joining.", path="$.birth_date"
            )
        cell = price(cells, formula, category, "adult", age)
        return cls.begin(
            stream,
            person=person,
            number=number,
            convention=convention,
            joined_on=joined_on,
            formula=formula,
            category=category,
            role="adult",
            birth_year=birth_date.year,
            sex=sex,
            price=cell.monthly,
            grid=notified.grid,
            document=notified.document,
            cell=CellKey.of(cell.id),
            family_name=family_name,
            given_name=given_name,
            birth_date=birth_date,
            email=email,
            phone=phone,
        )

    def leave(self, *, left_on: date, reason: LeavingReason) -> None:
        """Leave. A repeat with the same day is nothing."""
        if self.left_on == left_on:
            return
        if self.left_on is not None:
            raise Refused("left-already", f"Left on {self.left_on.isoformat()}.", left_on=self.left_on)
        if left_on < self.joined_on:
            raise Refused(
                "left-before-joining",
                f"Joined on {self.joined_on.isoformat()}.",
                path="$.left_on",
                joined_on=self.joined_on,
            )
        self.record(MemberLeft, left_on=left_on, reason=reason)

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        match event:
            case MemberJoined():
                self.joined_on, self.number = event.joined_on, event.number
            case MemberLeft():
                self.left_on = event.left_on
