"""The oracle's rules on members, households and the convention's own terms."""

from datetime import date
from fractions import Fraction

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
    listed,
    part,
    said,
)

Ages = tuple[int, int | None]


def cell_for(
    world: World, day: date, formula: str, category: str, role: str, age: int
) -> tuple[Key, int] | None:
    """The cell that an age falls into on a day, and its price."""
    place = world.place(day)
    table = world.tables[place] if place >= 0 else {}
    fitting = [
        cell
        for cell in table
        if cell[:3] == (formula, category, role) and cell[3] <= age and (cell[4] is None or age <= cell[4])
    ]
    cell = min(fitting, key=listed, default=None)
    return None if cell is None else (cell, table[cell])


def about(world: World, promise: Json, subject: Json, verdict: Json) -> Json:
    place = world.place(day_of(subject["on"]))
    return {
        "commitment": promise["id"],
        "rule": promise["rule"],
        "grid": world.grids[place]["id"] if place >= 0 else None,
        "cell": None,
        "subject": subject["id"],
        "from": subject["on"],
        "to": None,
        **verdict,
    }


def in_order(world: World, subjects: list[Json]) -> list[Json]:
    return sorted(subjects, key=lambda each: (world.place(day_of(each["on"])), each["id"], each["on"]))


# Ageing


def ageing_cap(world: World, promise: Json) -> list[Json]:
    params = promise["params"]
    price_part, ageing_part = part(params["max_price_percent"]), part(params["max_ageing_percent"])
    found = []
    for member in in_order(world, world.values.get("members", [])):
        ageing = ageing_part if ages(world, params, member) else Fraction(0)
        together = price_part * ageing if params.get("combine", "MULT") == "MULT" else 0
        rate = 1 + price_part + ageing + together
        before, after = cents(member["before"]), cents(member["after"])
        active = world.active(promise["id"], day_of(member["on"]))

        def limits(factor: Fraction, before: int = before, rate: Fraction = rate) -> int:
            return half_up(before * rate * factor)

        found.append(about(world, promise, member, held(after, before, limits, active)))
    return found


def ages(world: World, params: Json, member: Json) -> bool:
    """Whether a member's bracket changes on the day, so that the ageing part counts."""
    on, born = day_of(member["on"]), day_of(member["birth_date"])
    basis = params.get("age_basis", "MILLESIME")
    age = age_on(basis, born, on)
    if params.get("freeze_age") is not None and age >= params["freeze_age"]:
        return False

    def bracket(day: date) -> Ages | None:
        category = member.get("category", "general")
        found = cell_for(world, day, member["formula"], category, "adult", age_on(basis, born, day))
        return found and found[0][3:]

    before = bracket(on - DAY)
    return before is None or bracket(on) != before


def age_on(basis: str, born: date, day: date) -> int:
    if basis == "MILLESIME":
        return day.year - born.year
    if basis == "EXACT_AT_1_JAN":
        day = date(day.year, 1, 1)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


# Families


def family_benefit(world: World, promise: Json) -> list[Json]:
    quotes = in_order(world, world.values.get("quotes", []))
    return [about(world, promise, quote, family(world, promise, quote)) for quote in quotes]


def family(world: World, promise: Json, quote: Json) -> Json:
    params = promise["params"]
    on, total = day_of(quote["on"]), cents(quote["total"])
    people: list[tuple[Json, int]] = []
    for person in quote["people"]:
        category, role = person.get("category", "general"), person.get("role", "adult")
        found = cell_for(world, on, person["formula"], category, role, person["age"])
        if found is None:
            return said("INDETERMINATE", observed=euros(total))
        people.append((person, found[1]))
    adults = [price for person, price in people if person.get("role", "adult") == "adult"]
    children = [(person, price) for person, price in people if person.get("role", "adult") == "child"]
    others = [price for person, price in people if person.get("role", "adult") not in {"adult", "child"}]

    free = 0
    if params.get("free_from_rank") is not None:
        free = max(0, len(children) - (params["free_from_rank"] - 1))
    order = params.get("free_order", "BY_AGE")
    if order == "BY_AGE":
        paying = sorted(children, key=lambda child: -child[0]["age"])
    else:
        # The cheapest free first: those that remain to be paid are the dearest, and the other way round.
        paying = sorted(children, key=lambda child: child[1], reverse=order == "CHEAPEST")
    paid = [price for _, price in paying[: len(children) - free]]

    left = 1 - part(params.get("couple_discount_percent", "0")) if len(adults) == 2 else Fraction(1)
    if params.get("discount_base", "SUM") == "LINE":
        couple = Fraction(sum(half_up(price * left) for price in adults))
    else:
        couple = sum(adults) * left
    exact = couple + sum(paid) + sum(others)
    active = world.active(promise["id"], on)
    before = sum(price for _, price in people)
    return held(total, before, lambda factor: half_up(exact * factor), active)


# The convention's own terms


def no_fee(world: World, promise: Json) -> list[Json]:
    fees = world.convention.get("fees")
    if fees is None:
        return once(world, promise, said("INDETERMINATE"))
    verdict = "VIOLATION" if cents(fees) else "COMPLIANT"
    return once(world, promise, said(verdict, limit="0.00", observed=fees, excess=fees))


def no_waiting_period(world: World, promise: Json) -> list[Json]:
    days = world.convention.get("waiting_period_days")
    if days is None:
        return once(world, promise, said("INDETERMINATE"))
    verdict = "VIOLATION" if days else "COMPLIANT"
    return once(world, promise, said(verdict, limit="0", observed=str(days), excess=str(days)))


def once(world: World, promise: Json, verdict: Json) -> list[Json]:
    return [
        {
            "commitment": promise["id"],
            "rule": promise["rule"],
            "grid": None,
            "cell": None,
            "subject": None,
            "from": world.convention["starts_on"],
            "to": None,
            **verdict,
        }
    ]
