"""A second, naive judgement of fixed annual caps: day by day, in fractions, straight from the rule's words.

Slow on purpose, and sharing nothing with the real one but the scenario it is given.
"""

from datetime import date, timedelta
from fractions import Fraction
from math import floor
from zoneinfo import ZoneInfo

from domain.money import Rounding
from domain.tariffs.assess.days import Period
from domain.tariffs.assess.model import CellId, Commitment, Exemption, Grid, Scenario
from domain.tariffs.assess.rules.annual_cap_fixed import AnnualCapFixed

DAY = timedelta(days=1)

Row = tuple[
    str, str, CellId, date, date | None, str, int | None, int | None, int, int | None, tuple[str, ...]
]
"""Commitment, grid, cell, from, to, verdict, anchor, limit, observed, excess, exemptions."""


class Oracle:
    """Judges a scenario as it was known."""

    def __init__(self, scenario: Scenario) -> None:
        self.starts_on = scenario.convention.starts_on
        self.promises = scenario.convention.commitments
        known = scenario.as_known_at
        self.today = None if known is None else known.astimezone(ZoneInfo("Europe/Paris")).date()
        grids = [grid for grid in scenario.grids if known is None or grid.recorded_at <= known]
        self.exemptions = [each for each in scenario.exemptions if known is None or each.recorded_at <= known]
        self.grids = self.stand(grids)

    @staticmethod
    def stand(grids: list[Grid]) -> list[Grid]:
        def origin(grid: Grid) -> str:
            """The grid at the beginning of a chain of corrections, which may not be known itself."""
            if grid.corrects is None:
                return grid.id
            return next((origin(other) for other in grids if other.id == grid.corrects), grid.corrects)

        kept = []
        for name in {origin(grid) for grid in grids}:
            family = [grid for grid in grids if origin(grid) == name]
            leaves = [grid for grid in family if not any(other.corrects == grid.id for other in grids)]
            kept.append(max(leaves, key=lambda grid: (grid.recorded_at, grids.index(grid))))
        return sorted(
            (
                grid
                for grid in kept
                if not any(
                    other.effective_on == grid.effective_on
                    and (other.recorded_at, grids.index(other)) > (grid.recorded_at, grids.index(grid))
                    for other in kept
                )
            ),
            key=lambda grid: grid.effective_on,
        )

    def place(self, day: date) -> int:
        return max((place for place, grid in enumerate(self.grids) if grid.effective_on <= day), default=-1)

    def last_day(self, place: int) -> date | None:
        return self.grids[place + 1].effective_on - DAY if place + 1 < len(self.grids) else None

    def parent(self, cell: CellId, judged: int) -> CellId | None:
        for grid in self.grids[: judged + 1]:
            for each in grid.cells:
                if each.id == cell and each.parent is not None:
                    return each.parent
        return None

    def line(self, cell: CellId, judged: int) -> list[CellId]:
        line = [cell]
        while (parent := self.parent(line[-1], judged)) is not None and parent not in line:
            line.append(parent)
        return line

    def price(self, cell: CellId, place: int, judged: int) -> tuple[int, CellId, int] | None:
        """Cents, whose price it is, and in which grid."""
        line = self.line(cell, judged)
        for back in range(place, -1, -1):
            for member in line:
                for each in self.grids[back].cells:
                    if each.id == member:
                        return each.monthly, member, back
        return None

    def period(self, kind: Period, day: date) -> tuple[date, int]:
        """First day and number of the calendar period of a day."""
        if kind is Period.CIVIL_YEAR:
            return date(day.year, 1, 1), day.year
        for number in (day.year - self.starts_on.year, day.year - self.starts_on.year - 1):
            first = self.same_day(self.starts_on.year + number)
            if first <= day:
                return first, number
        raise AssertionError

    def same_day(self, year: int) -> date:
        try:
            return self.starts_on.replace(year=year)
        except ValueError:
            return date(year, 2, 28)

    def anchor(
        self, params: AnnualCapFixed, cell: CellId, judged: int
    ) -> tuple[tuple[int, CellId, int], int] | None:
        """The price that the limit is built on, before what it was held to, and the number of periods."""
        if self.price(cell, judged - 1, judged) is None:
            return None
        effective = self.grids[judged].effective_on
        if params.period is Period.PER_CHANGE:
            day = effective - DAY
        elif params.period is Period.ROLLING_12M:
            try:
                day = effective.replace(year=effective.year - 1)
            except ValueError:
                day = date(effective.year - 1, 2, 28)
        else:
            day = self.period(params.period, effective)[0] - DAY
        found = self.price(cell, self.place(day), judged)
        place = self.place(day)
        while found is None:
            place += 1
            found = self.price(cell, place, judged)
        periods = 1
        if params.carry_over and params.period in {Period.CIVIL_YEAR, Period.CONVENTION_YEAR}:
            began = max(place, 0)
            while began > 0:
                before = self.price(cell, began - 1, judged)
                if before is None or before[0] != found[0]:
                    break
                began -= 1
            now = self.period(params.period, effective)[1]
            periods = max(1, now - self.period(params.period, self.grids[began].effective_on)[1])
        return found, periods

    def covers(self, exemption: Exemption, day: date) -> bool:
        revoked = exemption.revoked_on
        if revoked is not None and self.today is not None and revoked > self.today:
            revoked = None
        return (
            max(exemption.valid_from, exemption.decided_on) <= day
            and (exemption.valid_to is None or day <= exemption.valid_to)
            and (revoked is None or day < revoked)
        )

    def days(self, place: int) -> list[date]:
        """The first day of the grid and all others on which anything may change."""
        last = self.last_day(place)
        days = {self.grids[place].effective_on}
        for exemption in self.exemptions:
            days |= {exemption.valid_from, exemption.decided_on}
            days |= {exemption.valid_to + DAY} if exemption.valid_to else set()
            days |= {exemption.revoked_on} if exemption.revoked_on else set()
        return sorted(
            day for day in days if self.grids[place].effective_on <= day and (not last or day <= last)
        )

    def bound(
        self, promise: Commitment, cell: CellId, judged: int
    ) -> tuple[int, Fraction, frozenset[str]] | None:
        """Anchor, exact limit without exemptions, and the exemptions that the anchor contains."""
        params = promise.params
        assert isinstance(params, AnnualCapFixed)
        found = self.anchor(params, cell, judged)
        if found is None:
            return None
        (price, source, place), periods = found
        anchor, absorbed = price, frozenset[str]()
        earlier = self.bound(promise, source, place)
        if earlier is not None:
            _, exact, inherited = earlier
            rebased = [
                each
                for each in self.exemptions
                if each.rebase
                and promise.id in each.commitments
                and each.id not in inherited
                and any(self.covers(each, day) for day in self.days(place))
            ]
            held = self.cents(params, exact, rebased)
            anchor = min(price, held)
            absorbed = inherited | {
                each.id
                for each in rebased
                if price > self.cents(params, exact, [other for other in rebased if other is not each])
            }
        return anchor, anchor * (1 + params.max_rise_percent / 100) ** periods, absorbed

    @staticmethod
    def cents(params: AnnualCapFixed, exact: Fraction, exemptions: list[Exemption]) -> int:
        for exemption in exemptions:
            exact *= exemption.factor
        return floor(exact + (Fraction(1, 2) if params.rounding is Rounding.HALF_UP else 0))

    def rows(self) -> list[Row]:
        rows: list[Row] = []
        for promise in self.promises:
            for place, grid in enumerate(self.grids):
                cells = sorted(
                    grid.cells,
                    key=lambda cell: (*cell.id[:4], 999 if cell.id.age_to is None else cell.id.age_to),
                )
                for cell in cells:
                    rows += self.cell_rows(promise, place, cell.id, cell.monthly)
        return rows

    def cell_rows(self, promise: Commitment, place: int, cell: CellId, price: int) -> list[Row]:
        params = promise.params
        assert isinstance(params, AnnualCapFixed)
        grid, last = self.grids[place], self.last_day(place)
        bound = self.bound(promise, cell, place)
        if bound is None:
            return [
                (
                    promise.id,
                    grid.id,
                    cell,
                    grid.effective_on,
                    last,
                    "NOT_APPLICABLE",
                    None,
                    None,
                    price,
                    None,
                    (),
                )
            ]
        anchor, exact, absorbed = bound
        limit = self.cents(params, exact, [])
        rows: list[Row] = []
        for day in self.days(place):
            active = [
                each
                for each in self.exemptions
                if promise.id in each.commitments and each.id not in absorbed and self.covers(each, day)
            ]
            allowed = self.cents(params, exact, active)
            names: tuple[str, ...] = ()
            if price <= limit:
                said, decided = "COMPLIANT", limit
            elif price <= allowed:
                said, decided, names = "EXEMPTED", allowed, tuple(each.id for each in active)
            else:
                said, decided = "VIOLATION", max(limit, allowed)
            excess = max(0, price - decided)
            if rows and (rows[-1][5], rows[-1][7]) == (said, decided):
                names = (*rows[-1][10], *(name for name in names if name not in rows[-1][10]))
                rows[-1] = (*rows[-1][:10], names)
                continue
            if rows:
                rows[-1] = (*rows[-1][:4], day - DAY, *rows[-1][5:])
            rows.append((promise.id, grid.id, cell, day, last, said, anchor, decided, price, excess, names))
        return rows
