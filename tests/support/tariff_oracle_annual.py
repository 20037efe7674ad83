"""The oracle's annual caps, fixed and indexed: what a price is bound to, and what it leaves to later anchors."""

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from tests.support.tariff_oracle_world import (
    DAY,
    Found,
    Json,
    Key,
    World,
    day_of,
    euros,
    half_up,
    held,
    months_later,
    part,
    rounded,
    said,
    told,
)

Rates = tuple[Fraction, ...]


class Bound(NamedTuple):
    """An anchor in cents, what multiplies it, and the exemptions that it contains.

    Without `rate`, because no index is known, `floor` and `ceiling` say what can be said.
    """

    anchor: int
    rate: Fraction | None
    floor: Fraction
    ceiling: Fraction | None
    contains: frozenset[str]


class AnnualCap:
    """One promise of an annual cap."""

    def __init__(self, world: World, promise: Json) -> None:
        self.world = world
        self.promise = promise
        self.params = promise["params"]
        self.period = self.params.get("period", "CIVIL_YEAR")
        self.bounds: dict[tuple[Key, int], Bound | None] = {}

    def round(self, exact: Fraction) -> int:
        return rounded(exact, self.params.get("rounding", "HALF_UP"))

    # The anchor

    def anchor_day(self, judged: int) -> date:
        effective_on = self.world.firsts[judged]
        if self.period == "PER_CHANGE":
            return effective_on - DAY
        if self.period == "ROLLING_12M":
            return months_later(effective_on, -12)
        return self.world.period(self.period, effective_on)[0] - DAY

    def anchor(self, cell: Key, judged: int) -> tuple[Found, int]:
        """The price on the anchor day, or else the cell's first, and how many periods its rise may stretch over."""
        world = self.world
        place = world.place(self.anchor_day(judged))
        while (found := world.price(cell, place, judged)) is None:
            place += 1
        if not self.params.get("carry_over") or self.period not in {"CIVIL_YEAR", "CONVENTION_YEAR"}:
            return found, 1
        began = place
        while began > 0 and (before := world.price(cell, began - 1, judged)) and before[0] == found[0]:
            began -= 1
        this = world.period(self.period, world.firsts[judged])[1]
        return found, max(1, this - world.period(self.period, world.firsts[began])[1])

    def bound(self, cell: Key, judged: int) -> Bound | None:
        """None when the cell has no earlier price."""
        if (cell, judged) not in self.bounds:
            self.bounds[cell, judged] = self.find_bound(cell, judged)
        return self.bounds[cell, judged]

    def find_bound(self, cell: Key, judged: int) -> Bound | None:
        if self.world.earlier(cell, judged) is None:
            return None
        (price, source, place), periods = self.anchor(cell, judged)
        anchor, contains = self.base(price, source, place)
        if self.promise["rule"] == "ANNUAL_CAP_FIXED":
            rate = (1 + part(self.params["max_rise_percent"])) ** periods
            return Bound(anchor, rate, Fraction(1), None, contains)
        ceiling = self.params.get("ceiling_percent")
        return Bound(
            anchor,
            self.indexed(judged),
            1 + part(self.params.get("floor_percent", "0")),
            None if ceiling is None else 1 + part(ceiling),
            contains,
        )

    def base(self, price: int, source: Key, place: int) -> tuple[int, frozenset[str]]:
        """The lesser of a price and the limit that it was held to; the exemptions that are part of it."""
        bound = self.bound(source, place)
        if bound is None:
            return price, frozenset()
        exact = bound.anchor * (bound.floor if bound.rate is None else bound.rate)
        if bound.rate is None and price > self.round(exact):
            broken = any(piece["verdict"] == "VIOLATION" for piece in self.judged(source, place))
            if broken and bound.ceiling is not None:
                return min(price, self.round(bound.anchor * bound.ceiling)), bound.contains
            return price, bound.contains
        rebased = [
            each
            for each in self.world.exemptions
            if each.get("rebase") and each["id"] not in bound.contains and self.covered(each, place)
        ]
        used = {
            each["id"]
            for each in rebased
            if price > self.round(exact * World.factor([other for other in rebased if other is not each]))
        }
        return min(price, self.round(exact * World.factor(rebased))), bound.contains | used

    def covered(self, exemption: Json, place: int) -> bool:
        """Whether an exemption from this promise was in force on any day of a grid."""
        days = self.world.days(place)
        return any(exemption in self.world.active(self.promise["id"], day) for day in days)

    # The index

    def indexed(self, judged: int) -> Fraction | None:
        """What the index multiplies a price by, floor and ceiling included; None when it is not known."""
        points = self.index_points(judged)
        if points is None:
            return None
        points += Fraction(self.params.get("margin_points", "0"))
        points = max(points, Fraction(self.params.get("floor_percent", "0")))
        if self.params.get("ceiling_percent") is not None:
            points = min(points, Fraction(self.params["ceiling_percent"]))
        return 1 + points / 100

    def index_points(self, judged: int) -> Fraction | None:
        grid, index = self.world.grids[judged], self.params["index"]
        notice = self.params.get("as_of", "NOTICE_DATE") == "NOTICE_DATE"
        as_of = day_of(grid["notified_on"] if notice else grid["effective_on"])
        values: dict[int, Fraction] = {}
        for each in sorted(self.world.indices, key=lambda each: str(each["published_on"])):
            if each["index"] == index and day_of(each["published_on"]) <= as_of:
                values[each["year"]] = Fraction(each["value"])

        def points(year: int) -> Fraction | None:
            if index != "PMSS":
                return values.get(year)
            if year not in values or year - 1 not in values:
                return None
            return (values[year] / values[year - 1] - 1) * 100

        year = self.world.firsts[judged].year - (index == "IPC_HT_AVG")
        years = [year]
        if self.params.get("if_unpublished") == "LAST_PUBLISHED":
            years += sorted((each for each in values if each < year), reverse=True)
        known = next((found for each in years if (found := points(each)) is not None), None)
        if known is None or self.params.get("index_precision") == "RATIO":
            return known
        return Fraction(half_up(known * 100), 100)

    # The verdicts

    def findings(self) -> list[Json]:
        return [
            piece
            for place in range(len(self.world.grids))
            for cell in self.world.cells(place)
            for piece in self.judged(cell, place)
        ]

    def judged(self, cell: Key, place: int) -> list[Json]:
        return self.world.pieces(self.promise, place, told(cell), self.judge(cell, place))

    def judge(self, cell: Key, place: int) -> Callable[[date], Json]:
        price, bound = self.world.tables[place][cell], self.bound(cell, place)

        def on(day: date) -> Json:
            if bound is None:
                return said("NOT_APPLICABLE", observed=euros(price))
            active = [
                each
                for each in self.world.active(self.promise["id"], day)
                if each["id"] not in bound.contains
            ]
            if bound.rate is None:
                return self.unpublished(price, bound, active)
            rate = bound.rate
            return held(price, bound.anchor, lambda factor: self.round(bound.anchor * rate * factor), active)

        return on

    def unpublished(self, price: int, bound: Bound, active: list[Json]) -> Json:
        figures = {"anchor": euros(bound.anchor), "observed": euros(price)}
        least = self.round(bound.anchor * bound.floor)
        if price <= least:
            return said("COMPLIANT", limit=euros(least), excess="0.00", **figures)
        if bound.ceiling is not None:
            exact = bound.anchor * bound.ceiling
            most = max(self.round(exact), self.round(exact * World.factor(active)))
            if price > most:
                return said("VIOLATION", limit=euros(most), excess=euros(price - most), **figures)
        return said("INDETERMINATE", **figures)
