"""What a scenario file says on a day, as it was known then: grids in force, prices, lineage, exemptions.

For the oracle, so it reads the file's own values (texts, lists, dictionaries) and nothing of the real judgement.
"""

import calendar
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from math import floor, prod
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
Key = tuple[str, str, str, int, int | None]
Found = tuple[int, Key, int]
"""A price in cents, the cell whose price it is, and the place of the grid that says it."""

DAY = timedelta(days=1)


def cents(amount: str) -> int:
    return int(Fraction(amount) * 100)


def euros(amount: int) -> str:
    return f"{'-' if amount < 0 else ''}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def half_up(exact: Fraction) -> int:
    return floor(exact + Fraction(1, 2)) if exact >= 0 else -floor(-exact + Fraction(1, 2))


def rounded(exact: Fraction, rounding: str = "HALF_UP") -> int:
    return half_up(exact) if rounding == "HALF_UP" else floor(exact)


def percent(exact: Fraction) -> str:
    """A percentage with two decimals."""
    return euros(half_up(exact * 100))


def part(text: str) -> Fraction:
    """What a percentage is of one."""
    return Fraction(text) / 100


def day_of(text: str) -> date:
    return date.fromisoformat(text)


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + (day.month - 1) + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def paris(text: str) -> date:
    try:
        return instant(text).astimezone(ZoneInfo("Europe/Paris")).date()
    except OverflowError:
        return date.max


def key(cell: Json) -> Key:
    category, role = cell.get("category", "general"), cell.get("role", "adult")
    return cell["formula"], category, role, cell["age_from"], cell.get("age_to")


def listed(cell: Key) -> tuple[object, ...]:
    """The order of cells: no upper limit comes last."""
    return *cell[:4], cell[4] is None, cell[4] or 0


def told(cell: Iterable[object]) -> Json:
    """A cell, or what is said of one, as a finding names it."""
    return dict(zip(("formula", "category", "role", "age_from", "age_to"), cell, strict=True))


def lineage(cell: Key, grids: list[Json]) -> list[Key]:
    """The cell and its ancestors, nearest first; of several declarations the first grid's stands."""
    line = [cell]
    while (parent := declared(line[-1], grids)) is not None and parent not in line:
        line.append(parent)
    return line


def declared(cell: Key, grids: list[Json]) -> Key | None:
    """The parent that these grids declare for a cell."""
    for grid in grids:
        for each in grid["cells"]:
            if each.get("parent") is not None and key(each) == cell:
                return key(each["parent"])
    return None


class World:
    """A scenario cut to what was known."""

    def __init__(self, values: Json) -> None:
        self.values = values
        self.convention = values["convention"]
        self.starts_on = day_of(self.convention["starts_on"])
        known = values.get("as_known_at")
        self.today = None if known is None else paris(known)

        def recorded(name: str) -> list[Json]:
            every = values.get(name, [])
            return [each for each in every if known is None or instant(each["recorded_at"]) <= instant(known)]

        self.recorded = recorded("grids")
        self.exemptions = recorded("exemptions")
        self.references = recorded("reference_grids")
        self.indices = self.until_today(values.get("indices", []), "published_on")
        self.headcounts = self.until_today(values.get("headcounts", []), "taken_on")
        self.grids = self.standing()
        self.firsts = [day_of(grid["effective_on"]) for grid in self.grids]
        self.tables = [self.prices(grid) for grid in self.grids]

    def until_today(self, every: list[Json], name: str) -> list[Json]:
        return [each for each in every if self.today is None or day_of(each[name]) <= self.today]

    @staticmethod
    def prices(grid: Json) -> dict[Key, int]:
        return {key(cell): cents(cell["monthly"]) for cell in grid["cells"]}

    # Grids

    def named(self, name: str | None) -> Json | None:
        """A grid that was known then, whether it stands or not."""
        return next((grid for grid in self.recorded if grid["id"] == name), None)

    def corrected(self, grid: Json) -> Json | None:
        return self.named(grid.get("corrects"))

    def standing(self) -> list[Json]:
        """The grids that are in force some day, by day: neither corrected nor shadowed on their own first day."""

        def origin(grid: Json) -> str:
            earlier = self.corrected(grid)
            return grid.get("corrects") or grid["id"] if earlier is None else origin(earlier)

        def age(grid: Json) -> tuple[datetime, int]:
            return instant(grid["recorded_at"]), self.recorded.index(grid)

        replaced = {grid.get("corrects") for grid in self.recorded}
        latest: dict[str, Json] = {}
        for grid in sorted(self.recorded, key=age):
            if grid["id"] not in replaced:
                latest[origin(grid)] = grid
        by_day = {grid["effective_on"]: grid for grid in sorted(latest.values(), key=age)}
        return [by_day[day] for day in sorted(by_day)]

    def place(self, day: date) -> int:
        """Where the grid in force on a day is in `grids`; -1 when there is none yet."""
        return sum(first <= day for first in self.firsts) - 1

    def last_day(self, place: int) -> date | None:
        return self.firsts[place + 1] - DAY if place + 1 < len(self.grids) else None

    def cells(self, place: int) -> list[Key]:
        return sorted(self.tables[place], key=listed)

    # Prices

    def line(self, cell: Key, judged: int) -> list[Key]:
        """The cell and its ancestors, nearest first, as declared by the grids up to the one that is judged."""
        return lineage(cell, self.grids[: judged + 1])

    def price(self, cell: Key, place: int, judged: int) -> Found | None:
        """The price of a cell while the grid at `place` is in force, seen from the grid that is judged."""
        line = self.line(cell, judged)
        for back in range(place, -1, -1):
            for member in line:
                if member in self.tables[back]:
                    return self.tables[back][member], member, back
        return None

    def earlier(self, cell: Key, judged: int) -> int | None:
        """The price of a cell the day before the judged grid takes effect, in cents."""
        found = self.price(cell, judged - 1, judged)
        return None if found is None else found[0]

    def first_price(self, cell: Key, judged: int) -> int:
        found = (self.price(cell, place, judged) for place in range(judged + 1))
        return next(each for each in found if each is not None)[0]

    # Periods

    def period(self, kind: str, day: date) -> tuple[date, int]:
        """First day and number of the calendar period that a day lies in."""
        if kind == "CIVIL_YEAR":
            return date(day.year, 1, 1), day.year
        number = day.year - self.starts_on.year
        if months_later(self.starts_on, 12 * number) > day:
            number -= 1
        return months_later(self.starts_on, 12 * number), number

    # Exemptions

    def active(self, commitment: str, day: date) -> list[Json]:
        return [
            each
            for each in self.exemptions
            if commitment in each["commitments"]
            and max(day_of(each["valid_from"]), day_of(each["decided_on"])) <= day
            and not (each.get("valid_to") and day > day_of(each["valid_to"]))
            and not ((revoked := self.revoked(each)) and day >= revoked)
        ]

    def revoked(self, exemption: Json) -> date | None:
        said = exemption.get("revoked_on")
        if said is None or (self.today is not None and day_of(said) > self.today):
            return None
        return day_of(said)

    @staticmethod
    def factor(exemptions: list[Json]) -> Fraction:
        return prod(
            (Fraction(each["factor"][0]) / Fraction(each["factor"][1]) for each in exemptions),
            start=Fraction(1),
        )

    # Findings

    def days(self, place: int, more: Iterable[date] = ()) -> list[date]:
        """The first day of a grid and every other of its days on which something may change."""
        days = {self.firsts[place], *more}
        for each in self.exemptions:
            days |= {
                day_of(each[name]) for name in ("valid_from", "decided_on", "revoked_on") if each.get(name)
            }
            if each.get("valid_to") and each["valid_to"] != date.max.isoformat():
                days.add(day_of(each["valid_to"]) + DAY)
        last = self.last_day(place) or date.max
        return sorted(day for day in days if self.firsts[place] <= day <= last)

    def pieces(
        self,
        promise: Json,
        place: int,
        cell: Json | None,
        judge: Callable[[date], Json],
        more: Iterable[date] = (),
    ) -> list[Json]:
        """The findings about one thing for as long as a grid is in force: one more whenever what is said changes."""
        pieces: list[Json] = []
        last = self.last_day(place)
        for day in self.days(place, more):
            said = judge(day)
            before = pieces[-1] if pieces else None
            if before and all(before[name] == said[name] for name in ("verdict", "anchor", "limit")):
                if "exemptions" in said:
                    new = [name for name in said["exemptions"] if name not in before["exemptions"]]
                    before["exemptions"] += new
                continue
            if before:
                before["to"] = (day - DAY).isoformat()
            pieces.append(
                {
                    "commitment": promise["id"],
                    "rule": promise["rule"],
                    "grid": self.grids[place]["id"],
                    "cell": cell,
                    "subject": None,
                    "from": day.isoformat(),
                    "to": last and last.isoformat(),
                    **said,
                }
            )
        return pieces


def said(
    verdict: str,
    *,
    anchor: str | None = None,
    limit: str | None = None,
    observed: str | None = None,
    excess: str | None = None,
) -> Json:
    """The figures of a finding."""
    return {"verdict": verdict, "anchor": anchor, "limit": limit, "observed": observed, "excess": excess}


def held(price: int, anchor: int | None, limits: Callable[[Fraction], int], active: list[Json]) -> Json:
    """A price against the limit that `limits` gives for a factor, alone and with the exemptions of the day."""
    plain, allowed = limits(Fraction(1)), limits(World.factor(active))
    figures = {"anchor": None if anchor is None else euros(anchor), "observed": euros(price)}
    if price <= plain:
        return said("COMPLIANT", limit=euros(plain), excess="0.00", **figures)
    if price <= allowed:
        names = [each["id"] for each in active]
        return {**said("EXEMPTED", limit=euros(allowed), excess="0.00", **figures), "exemptions": names}
    highest = max(plain, allowed)
    return said("VIOLATION", limit=euros(highest), excess=euros(price - highest), **figures)
