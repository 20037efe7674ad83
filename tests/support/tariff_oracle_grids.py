"""The oracle's rules on whole grids: the weighted average, the age structure, the notice and the days of change."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from functools import partial

from tests.support.tariff_oracle_world import (
    DAY,
    Json,
    Key,
    World,
    day_of,
    euros,
    half_up,
    held,
    key,
    lineage,
    months_later,
    paris,
    part,
    percent,
    said,
    told,
)


def weighted_average_cap(world: World, promise: Json) -> list[Json]:
    cap = part(promise["params"]["max_rise_percent"])

    def judge(place: int, day: date) -> Json:
        capped = percent(cap * 100)
        if not known_cells(world, place):
            return said("NOT_APPLICABLE", limit=capped)
        average = weighted_average(world, place)
        if average is None:
            return said("INDETERMINATE", limit=capped)
        active = world.active(promise["id"], day)
        allowed = (1 + cap) * World.factor(active) - 1
        observed = percent(average * 100)
        if average <= cap:
            return said("COMPLIANT", limit=capped, observed=observed, excess="0.00")
        if average <= allowed:
            exempted = said("EXEMPTED", limit=percent(allowed * 100), observed=observed, excess="0.00")
            return {**exempted, "exemptions": [each["id"] for each in active]}
        most = max(cap, allowed)
        return said(
            "VIOLATION",
            limit=percent(most * 100),
            observed=observed,
            excess=percent((average - most) * 100),
        )

    return [
        piece
        for place in range(len(world.grids))
        for piece in world.pieces(promise, place, None, partial(judge, place))
    ]


def known_cells(world: World, place: int) -> list[Key]:
    """The cells of a grid that have an earlier price."""
    return [cell for cell in world.cells(place) if world.earlier(cell, place) is not None]


def weighted_average(world: World, place: int) -> Fraction | None:
    """By how much the average price rises, exactly; None when there is nothing to weigh with."""
    notified_on = world.grids[place]["notified_on"]
    taken = [each for each in world.headcounts if each["taken_on"] <= notified_on]
    if not taken:
        return None
    latest = max(taken, key=lambda each: str(each["taken_on"]))
    counts = {key(cell): cell["count"] for cell in latest["cells"]}

    def ancestor(cell: Key) -> Key | None:
        return next((each for each in world.line(cell, place)[1:] if each in counts), None)

    def weight(cell: Key) -> Fraction:
        if cell in counts:
            return Fraction(counts[cell])
        source = ancestor(cell)
        if source is None or source in world.tables[place]:
            return Fraction(0)
        heirs = [
            each for each in known_cells(world, place) if each not in counts and ancestor(each) == source
        ]
        return Fraction(counts[source], len(heirs))

    old = new = Fraction(0)
    for cell in known_cells(world, place):
        earlier = world.earlier(cell, place)
        assert earlier is not None
        old += weight(cell) * earlier
        new += weight(cell) * world.tables[place][cell]
    return new / old - 1 if old else None


def age_structure(world: World, promise: Json) -> list[Json]:
    params = promise["params"]
    ratio = None if params.get("max_ratio") is None else Fraction(params["max_ratio"])
    found = []
    for place in range(len(world.grids)):
        general = [cell for cell in world.cells(place) if cell[1] == "general"]
        for formula in sorted({cell[0] for cell in general}):
            cells = [cell for cell in general if cell[0] == formula]
            first = next(
                table
                for table in world.tables
                if any(cell[0] == formula and cell[1] == "general" for cell in table)
            )
            annexed = {cell for cell in first if cell[0] == formula and cell[1] == "general"}
            broken = not covered_once(cells) or (params.get("fixed_brackets", True) and set(cells) != annexed)
            adults = sorted((cell for cell in cells if cell[2] == "adult"), key=lambda cell: cell[3])

            def judge(
                day: date, place: int = place, broken: bool = broken, adults: list[Key] = adults
            ) -> Json:
                if broken:
                    return said("VIOLATION")
                if not adults:
                    return said("COMPLIANT", excess="0.00")
                youngest = world.tables[place][adults[0]]
                dearest = max(world.tables[place][cell] for cell in adults)
                if ratio is None:
                    return said("COMPLIANT", anchor=euros(youngest), observed=euros(dearest), excess="0.00")
                active = world.active(promise["id"], day)
                return held(dearest, youngest, lambda factor: half_up(youngest * ratio * factor), active)

            found += world.pieces(promise, place, told((formula, "general", None, None, None)), judge)
    return found


def covered_once(cells: list[Key]) -> bool:
    """Whether every age is in exactly one of the cells; those beyond the oldest limit are all alike."""
    oldest = max(cell[4] or cell[3] for cell in cells) + 1
    return all(
        sum(cell[3] <= age and (cell[4] is None or age <= cell[4]) for cell in cells) == 1
        for age in range(oldest + 1)
    )


def always(verdict: Json) -> Callable[[date], Json]:
    return lambda _: verdict


def notice(world: World, promise: Json) -> list[Json]:
    params = promise["params"]
    found = []
    for place, grid in enumerate(world.grids):
        effective_on = world.firsts[place]
        notified_on, justified = notice_given(world, grid)
        if params.get("fixed_day") is not None:
            month, day = map(int, params["fixed_day"].split("-"))
            limit = months_later(date(effective_on.year - 1, month, 1), 0)
            limit = min(limit + timedelta(days=day - 1), months_later(limit, 1) - DAY)
        else:
            limit = months_later(effective_on, -params["months"])
        late = max(0, (notified_on - limit).days)
        figures = {"limit": limit.isoformat(), "observed": notified_on.isoformat()}
        if place == 0:
            verdict = said("NOT_APPLICABLE", observed=notified_on.isoformat())
        elif params.get("requires_justification") and not justified:
            verdict = said("VIOLATION", **figures)
        else:
            verdict = said("VIOLATION" if late else "COMPLIANT", excess=str(late), **figures)
        found += world.pieces(promise, place, None, always(verdict))
    return found


def notice_given(world: World, grid: Json) -> tuple[date, bool]:
    """The day of the notice that counts for a grid, which may stand no longer, and whether it was justified."""
    corrected = world.corrected(grid)
    if corrected is not None:
        there = prices_there(world, grid, corrected)
        if all(price <= there.get(cell, price) for cell, price in world.prices(grid).items()):
            return notice_given(world, corrected)
    return day_of(grid["notified_on"]), bool(grid.get("justified", False))


def prices_there(world: World, grid: Json, other: Json) -> dict[Key, int]:
    """What another grid asks for the cells of a grid, or for their nearest ancestors; nothing for those it lacks."""
    before = [each for each in world.grids if each["effective_on"] < grid["effective_on"]]
    prices = world.prices(other)
    there = {}
    for cell in world.prices(grid):
        priced = [each for each in lineage(cell, [*before, grid]) if each in prices]
        if priced:
            there[cell] = prices[priced[0]]
    return there


def risen(world: World, place: int, against: Json | None) -> bool:
    """Whether a grid raises a cell against another one or, where that one lacks it, against the day before."""
    there = {} if against is None else prices_there(world, world.grids[place], against)
    old = {cell: there.get(cell, world.earlier(cell, place)) for cell in world.tables[place]}
    return any(former is not None and world.tables[place][cell] > former for cell, former in old.items())


def change_window(world: World, promise: Json) -> list[Json]:
    params = promise["params"]
    kind = params.get("period", "CIVIL_YEAR")
    rises = [place > 0 and risen(world, place, None) for place in range(len(world.grids))]
    found = []

    def same_period(earlier: date, day: date) -> bool:
        if kind == "PER_CHANGE":
            return earlier == day
        if kind == "ROLLING_12M":
            return earlier > months_later(day, -12)
        return world.period(kind, earlier) == world.period(kind, day)

    for place, grid in enumerate(world.grids):
        day, recorded = world.firsts[place], paris(grid["recorded_at"])
        count = sum(rises[other] and same_period(world.firsts[other], day) for other in range(place + 1))
        most = params.get("max_rises_per_period")
        backward = risen(world, place, world.corrected(grid))
        if place == 0:
            verdict = said("NOT_APPLICABLE", observed=day.isoformat())
        elif rises[place] and f"{day:%m-%d}" not in params.get("allowed_days", ["01-01"]):
            verdict = said("VIOLATION", observed=day.isoformat())
        elif params.get("no_retroactivity", True) and backward and recorded > day:
            verdict = said("VIOLATION", observed=recorded.isoformat(), excess=str((recorded - day).days))
        elif not known_cells(world, place):
            verdict = said("NOT_APPLICABLE", observed=day.isoformat())
        elif rises[place] and most is not None and count > most:
            verdict = said("VIOLATION", limit=str(most), observed=str(count), excess=str(count - most))
        else:
            verdict = said("COMPLIANT", observed=day.isoformat())
        found += world.pieces(promise, place, None, always(verdict))
    return found
