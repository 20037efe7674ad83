"""The oracle's other rules on single cells: freezes, the cumulative cap, discounts and the uniform increase."""

from collections.abc import Callable
from datetime import date
from functools import partial

from tests.support.tariff_oracle_world import (
    DAY,
    Json,
    Key,
    World,
    cents,
    day_of,
    euros,
    half_up,
    held,
    instant,
    key,
    months_later,
    part,
    rounded,
    said,
    told,
)

CellJudge = Callable[[Key, int, date], Json]


def price_freeze(world: World, promise: Json) -> list[Json]:
    params = promise["params"]
    if not world.grids:
        return []
    if params.get("until") is not None:
        end = day_of(params["until"])
    else:
        end = months_later(world.firsts[0], params["months"]) - DAY
    after = [end + DAY] if end < date.max else []

    def judge(cell: Key, place: int, day: date) -> Json:
        price = world.tables[place][cell]
        if world.earlier(cell, place) is None:
            return said("NOT_APPLICABLE", observed=euros(price))
        first = world.first_price(cell, place)
        if day > end:
            return said("COMPLIANT", anchor=euros(first), observed=euros(price), excess="0.00")
        active = world.active(promise["id"], day)
        return held(price, first, lambda factor: half_up(first * factor), active)

    return each_cell(world, promise, judge, after)


def cumulative_cap(world: World, promise: Json) -> list[Json]:
    params = promise["params"]
    rounding = params.get("rounding", "HALF_UP")
    tiers = (
        [(date.min, part(params["max_rise_percent"]))] if params.get("max_rise_percent") is not None else []
    )
    for tier in params.get("tiers") or []:
        first_day = months_later(world.starts_on, tier["from_month"])
        tiers.append((first_day, part(tier["max_rise_percent"])))

    def judge(cell: Key, place: int, day: date) -> Json:
        price = world.tables[place][cell]
        if world.earlier(cell, place) is None:
            return said("NOT_APPLICABLE", observed=euros(price))
        first = world.first_price(cell, place)
        begun = [tier for tier in tiers if tier[0] <= day]
        if not begun:
            return said("NOT_APPLICABLE", observed=euros(price))
        rise = max(begun, key=lambda tier: tier[0])[1]
        active = world.active(promise["id"], day)
        return held(price, first, lambda factor: rounded(first * (1 + rise) * factor, rounding), active)

    return each_cell(world, promise, judge, [first_day for first_day, _ in tiers])


def min_discount(world: World, promise: Json) -> list[Json]:
    params = promise["params"]
    left, rounding = 1 - part(params["min_discount_percent"]), params.get("rounding", "HALF_UP")

    def reference(cell: Key, day: date) -> int | None:
        begun = [each for each in world.references if day_of(each["valid_from"]) <= day]
        if not begun:
            return None
        latest = max(
            begun,
            key=lambda each: (each["valid_from"], instant(each["recorded_at"]), world.references.index(each)),
        )
        return next((cents(each["monthly"]) for each in latest["cells"] if key(each) == cell), None)

    def judge(cell: Key, place: int, day: date) -> Json:
        price, base = world.tables[place][cell], reference(cell, day)
        if base is None:
            return said("INDETERMINATE", observed=euros(price))
        active = world.active(promise["id"], day)
        return held(price, base, lambda factor: rounded(base * left * factor, rounding), active)

    return each_cell(world, promise, judge, [day_of(each["valid_from"]) for each in world.references])


def category_discount(world: World, promise: Json) -> list[Json]:
    params = promise["params"]
    left, rounding = 1 - part(params["min_discount_percent"]), params.get("rounding", "HALF_UP")

    def judge(cell: Key, place: int, day: date) -> Json:
        price = world.tables[place][cell]
        base = world.tables[place].get((cell[0], params.get("base_category", "general"), *cell[2:]))
        if base is None:
            return said("INDETERMINATE", observed=euros(price))
        active = world.active(promise["id"], day)
        return held(price, base, lambda factor: rounded(base * left * factor, rounding), active)

    found = each_cell(world, promise, judge, [])
    return [each for each in found if each["cell"]["category"] == params["category"]]


def uniform_increase(world: World, promise: Json) -> list[Json]:
    tolerance = cents(promise["params"].get("tolerance", "0.01"))

    def judge(cell: Key, place: int, _: date) -> Json:
        price, old = world.tables[place][cell], world.earlier(cell, place)
        if old is None:
            return said("NOT_APPLICABLE", observed=euros(price))
        declared = world.grids[place].get("declared_rise_percent")
        rate = declared.get(cell[0]) if isinstance(declared, dict) else declared
        figures = {"anchor": euros(old), "observed": euros(price)}
        if rate is None:
            return said("INDETERMINATE", **figures)
        limit = half_up(old * (1 + part(rate)))
        if abs(price - limit) <= tolerance:
            return said("COMPLIANT", limit=euros(limit), excess="0.00", **figures)
        return said("VIOLATION", limit=euros(limit), excess=euros(price - limit), **figures)

    return each_cell(world, promise, judge, [])


def statutory_freeze(world: World, promise: Json) -> list[Json]:
    params = promise["params"]
    reference_on, begins, ends = (day_of(params[name]) for name in ("reference_on", "from", "to"))
    more = [begins, *([ends + DAY] if ends < date.max else [])]

    def judge(cell: Key, place: int, day: date) -> Json:
        price = world.tables[place][cell]
        if world.earlier(cell, place) is None:
            return said("NOT_APPLICABLE", observed=euros(price))
        found = world.price(cell, world.place(reference_on), place)
        if found is None or not begins <= day <= ends:
            return said("NOT_APPLICABLE", observed=euros(price))
        figures = {"anchor": euros(found[0]), "observed": euros(price)}
        verdict = "COMPLIANT" if price <= found[0] else "LEGAL_ALERT"
        return said(verdict, limit=euros(found[0]), excess=euros(max(0, price - found[0])), **figures)

    return each_cell(world, promise, judge, more)


def each_cell(world: World, promise: Json, judge: CellJudge, more: list[date]) -> list[Json]:
    return [
        piece
        for place in range(len(world.grids))
        for cell in world.cells(place)
        for piece in world.pieces(promise, place, told(cell), partial(judge, cell, place), more)
    ]
