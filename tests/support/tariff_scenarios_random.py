"""Scenarios drawn at random, with every shape that makes a judgement hard: `random_scenario(chance, rules)`.

Days, instants and prices come from short lists and from what limits allow to a cent, so that edges are often met.
"""

from datetime import date, timedelta
from fractions import Fraction
from random import Random

from tests.support.tariff_oracle_world import Json, Key, euros, half_up, months_later, told
from tests.support.tariff_scenarios_params import DRAWN, FACTORS, random_params

DAYS = [
    "2023-10-01", "2024-02-29", "2024-10-01", "2024-12-31", "2025-01-01", "2025-02-28", "2025-03-01", "2025-09-30",
    "2025-10-01", "2025-12-31", "2026-01-01", "2026-02-28", "2026-06-01", "2026-10-01", "2027-01-01", "2027-06-01",
    "2028-02-29",
]  # fmt: skip
YEARLY = ["2024-10-01", "2025-01-01", "2025-10-01", "2026-01-01", "2026-10-01", "2027-01-01"]
TIMES = ["00:00:00Z", "21:59:59Z", "22:00:00Z", "22:59:59Z", "23:00:00Z", "09:00:00+02:00"]
LAYOUTS: list[list[tuple[str, int, int | None]]] = [
    [("child", 0, 17), ("adult", 18, 49), ("adult", 50, None)],
    [("child", 0, 17), ("adult", 18, 49), ("adult", 50, 64), ("adult", 65, None)],
    [("child", 0, 17), ("adult", 18, None)],
    [("adult", 0, None)],
    [("child", 0, 17), ("adult", 18, 59), ("adult", 67, None)],
    [("child", 0, 20), ("adult", 18, None)],
    [("child", 0, 17), ("student", 18, 25), ("adult", 26, None)],
    [("child", 0, None)],
]
WEIGHTS = [6, 5, 4, 2, 1, 1, 1, 1]

Table = dict[Key, tuple[int, Key | None]]


class RandomScenario:
    """One scenario in the making."""

    def __init__(self, chance: Random, rules: tuple[str, ...]) -> None:
        self.chance = chance
        self.rules = rules
        self.last: dict[Key, int] = {}
        self.tables: list[Table] = []
        self.asked: list[str] = []
        # Few cells and many grids: what one leaves to the next is then met more often.
        self.is_narrow = chance.random() < (0.1 if "FAMILY_BENEFIT" in rules else 0.5)
        self.days = chance.choice([DAYS, YEARLY])

    def draw(self) -> Json:
        chance = self.chance
        grids = self.grids()
        convention = {
            "id": "caen-2024",
            "signed_on": "2024-07-01",
            "starts_on": chance.choice(["2024-10-01", "2024-02-29", "2025-10-01", "2025-01-01"]),
            "ends_on": "2026-09-30",
            "fees": chance.choice(["0.00", "0.01", "12.00"]),
            "waiting_period_days": chance.choice([0, 1, 90]),
            "commitments": [
                {"id": f"c{place}", "rule": rule, "params": random_params(chance, rule)}
                for place, rule in enumerate(self.rules)
            ],
        }
        for name in ("fees", "waiting_period_days", "signed_on"):
            if chance.random() < 0.05:
                del convention[name]
        return {
            "convention": convention,
            "grids": grids,
            "reference_grids": self.references(),
            "indices": self.indices(),
            "headcounts": self.headcounts(),
            "exemptions": self.exemptions(),
            "members": [self.member(place) for place in range(chance.choice([0, 1, 3]))],
            "quotes": [self.quote(place) for place in range(chance.choice([0, 1, 3]))],
            "as_known_at": chance.choice([None, None, self.instant()]),
        }

    # Days

    def day(self) -> str:
        day = date.fromisoformat(self.chance.choice(self.days))
        if self.chance.random() < 0.15:
            day += timedelta(days=self.chance.choice([-1, 1, 2, 31]))
        return day.isoformat()

    def instant(self, day: str | None = None) -> str:
        return f"{day or self.day()}T{self.chance.choice(TIMES)}"

    # Prices

    def near(self, price: int) -> int:
        """A price that some limit may allow from another, or a cent more or less."""
        chance = self.chance
        if chance.random() < 0.25:
            return price
        exact = Fraction(price)
        for _ in range(chance.choice([0, 1, 1, 2])):
            percent = chance.choice(["3", "3", "2.05", "0.005", "-3", "-15", "8", "10", "1.8", "2.04", "-30"])
            exact *= 1 + Fraction(percent) / 100
        if chance.random() < 0.3:
            above, below = chance.choice(FACTORS)
            exact *= Fraction(above) / Fraction(below)
        return max(1, half_up(exact) + chance.choice([-1, 0, 0, 0, 1, 1]))

    # Grids

    def table(self, before: Table) -> Table:
        """The cells of a grid that follows another: prices, splits, joins, withdrawals, returns."""
        chance = self.chance
        table: Table = {}
        for formula in ("N1",) if self.is_narrow else ("N1", "N2"):
            for category in ("general", "student"):
                old = [cell for cell in before if cell[:2] == (formula, category)]
                if chance.random() < (self.absence(category)):
                    continue
                ages = [cell[2:] for cell in old]
                if category == "student" and not ages:
                    ages = [cell[2:] for cell in table if cell[:2] == (formula, "general")]
                if not ages or chance.random() < 0.25:
                    ages = list(chance.choices(LAYOUTS, WEIGHTS)[0])
                    if self.is_narrow:
                        ages = ages[-2:]
                for role, age_from, age_to in ages:
                    if chance.random() < 0.03:
                        continue
                    cell = (formula, category, role, age_from, age_to)
                    table[cell] = self.priced(cell, before), self.parent(cell, before)
        return table

    def absence(self, category: str) -> float:
        if category == "general":
            return 0.12
        return 1.0 if self.is_narrow and "CATEGORY_DISCOUNT" not in self.rules else 0.6

    def priced(self, cell: Key, before: Table) -> int:
        chance = self.chance
        known = self.last.get(cell)
        if known is None and before and chance.random() < 0.8:
            known = before[chance.choice(list(before))][0]
        price = self.near(known if known is not None else chance.choice([10000, 3186, 4780, 6673, 1545]))
        general = self.last.get((cell[0], "general", *cell[2:]))
        if cell[1] == "student" and general is not None and chance.random() < 0.8:
            left = Fraction(chance.choice(["0.7", "0.85", "1", "0.975", "0.714"]))
            price = max(1, half_up(general * left) + chance.choice([-1, 0, 1]))
        elif "UNIFORM_INCREASE" in self.rules and known is not None and chance.random() < 0.7:
            price = max(1, half_up(known * Fraction(103, 100)) + chance.choice([-2, -1, 0, 0, 1, 2]))
        self.last[cell] = price
        return price

    def parent(self, cell: Key, before: Table) -> Key | None:
        chance = self.chance
        others = [each for each in (before or self.last) if each != cell]
        kin = [each for each in others if each[:3] == cell[:3]]
        if not others or chance.random() < (0.85 if cell in before else 0.25):
            return None
        return chance.choice(kin if kin and chance.random() < 0.8 else others)

    def grids(self) -> list[Json]:
        chance = self.chance
        made: list[Json] = []
        tables = self.tables
        days = sorted(
            self.day()
            for _ in range(chance.choice([3, 4, 5, 6, 7, 8] if self.is_narrow else [0, 1, 2, 3, 4, 5, 6]))
        )
        for place, effective_on in enumerate(days):
            corrects = chance.randrange(place) if place and chance.random() < 0.3 else None
            day = effective_on
            if corrects is None:
                table = self.table(tables[-1] if tables else {})
            else:
                table = self.corrected(tables[corrects])
                day = made[corrects]["effective_on"] if chance.random() < 0.7 else day
            tables.append(table)
            made.append(self.grid(place, day, corrects, table))
        if chance.random() < 0.5:
            chance.shuffle(made)
        return made

    def corrected(self, table: Table) -> Table:
        """The same grid with some prices higher or lower, some cells less and some more."""
        chance = self.chance
        lower = chance.random() < 0.4
        corrected: Table = {}
        for cell, (price, parent) in table.items():
            if chance.random() < 0.06:
                continue
            new = price - chance.choice([0, 0, 1, 100]) if lower else price
            corrected[cell] = max(1, new if lower or chance.random() < 0.6 else self.near(price)), parent
        if chance.random() < 0.3:
            cell = "N1", "general", "adult", chance.choice([18, 50]), chance.choice([None, 64, 69])
            corrected.setdefault(cell, (self.priced(cell, table), self.parent(cell, table)))
        return corrected

    def grid(self, place: int, effective_on: str, corrects: int | None, table: Table) -> Json:
        chance = self.chance
        first = date.fromisoformat(effective_on)
        notice = months_later(first, -chance.choice([0, 1, 2, 3])) + timedelta(days=chance.choice([-1, 0, 1]))
        october = date(first.year - 1, 10, 31) + timedelta(days=chance.choice([0, 1]))
        notified_on = chance.choice([notice, notice, october]).isoformat()
        self.asked += [notified_on, effective_on]
        recorded = first + timedelta(days=chance.choice([-90, -30, -1, 0, 1, 14]))
        cells: list[Json] = []
        for cell, (price, parent) in table.items():
            cells.append({**told(cell), "monthly": euros(price), "parent": parent and told(parent)})
        if chance.random() < 0.5:
            chance.shuffle(cells)
        declared = chance.choice(
            [None, "3", "2.05", "0", "-3", {"N1": "3"}, {"N1": "3", "N2": "-0.5"}, "3", "3"]
        )
        # One rate for all is what a scope of ALL asks for; an object would be a wrong file.
        return {
            "id": f"g{place}",
            "effective_on": effective_on,
            "notified_on": notified_on,
            "recorded_at": self.instant(recorded.isoformat()) if chance.random() < 0.7 else self.instant(),
            "corrects": None if corrects is None else f"g{corrects}",
            "justified": chance.random() < 0.5,
            "declared_rise_percent": declared if "UNIFORM_INCREASE" in self.rules else None,
            "cells": cells,
        }

    def a_cell(self) -> Key:
        known = list(self.last) or [("N1", "general", "adult", 50, None)]
        return self.chance.choice(known)

    # What else bears on commitments

    def references(self) -> list[Json]:
        chance = self.chance
        made: list[Json] = []
        for place in range(chance.choice([0, 1, 2, 3]) if "MIN_DISCOUNT" in self.rules else 0):
            cells = []
            for cell, price in self.last.items():
                if chance.random() < 0.8:
                    exact = Fraction(price) / Fraction("0.85") if chance.random() < 0.8 else Fraction(price)
                    monthly = euros(max(1, half_up(exact) + chance.choice([-1, 0, 0, 1])))
                    cells.append({**told(cell), "monthly": monthly})
            day = made[-1]["valid_from"] if made and chance.random() < 0.2 else self.day()
            made.append({"id": f"r{place}", "valid_from": day, "recorded_at": self.instant(), "cells": cells})
        return made

    def indices(self) -> list[Json]:
        chance = self.chance
        made: dict[tuple[str, int, str], Json] = {}
        for index, values in (
            ("IPC_HT_AVG", ["0.9", "1.8", "-0.4", "4.8", "2.005", "3"]),
            ("ONDAM", ["1.6", "3", "2.05"]),
            ("PMSS", ["3666", "3864", "3925", "4005", "3900.5"]),
        ):
            for year in range(2021, 2029):
                for revision in range(
                    chance.choice([0, 1, 1, 1, 2]) if "ANNUAL_CAP_INDEXED" in self.rules else 0
                ):
                    month = {"IPC_HT_AVG": 12, "ONDAM": -1, "PMSS": -1}[index] + revision * chance.choice(
                        [1, 7]
                    )
                    published = months_later(date(year, 1, 15), month).isoformat()
                    if self.asked and chance.random() < 0.2:
                        published = chance.choice(self.asked)
                    made[index, year, published] = {
                        "index": index,
                        "year": year,
                        "value": chance.choice(values),
                        "published_on": published,
                    }
        found = list(made.values())
        chance.shuffle(found)
        return found

    def headcounts(self) -> list[Json]:
        chance = self.chance
        made: dict[str, Json] = {}
        for _ in range(chance.choice([0, 1, 2, 2]) if "WEIGHTED_AVERAGE_CAP" in self.rules else 0):
            cells = [
                {**told(cell), "count": chance.choice([0, 1, 3, 20, 120, 260])}
                for cell in self.last
                if chance.random() < 0.6
            ]
            day = chance.choice(["2023-01-01", self.day(), self.day()])
            made[day] = {"taken_on": day, "cells": cells}
        return list(made.values())

    def exemptions(self) -> list[Json]:
        chance = self.chance
        made = []
        for place in range(chance.choice([0, 1, 2, 3, 4] if self.is_narrow else [0, 1, 1, 2, 3])):
            valid_from = self.day()
            valid_to = chance.choice([None, None, self.day()])
            commitments = [f"c{each}" for each in range(len(self.rules)) if chance.random() < 0.8]
            made.append(
                {
                    "id": f"x{place}",
                    "commitments": commitments,
                    "kind": chance.choice(["TAX", "LAW", "TRANSFER_AMO", "LOSS_RATIO", "DEMOGRAPHY"]),
                    "factor": list(chance.choice(FACTORS)),
                    "valid_from": valid_from,
                    "valid_to": max(valid_to, valid_from) if valid_to else None,
                    "decided_on": chance.choice([valid_from, self.day()]),
                    "revoked_on": chance.choice([None, None, self.day()]),
                    "recorded_at": chance.choice(["2023-01-01T00:00:00Z", self.instant()]),
                    "rebase": chance.random() < 0.6,
                }
            )
        return made

    def member(self, place: int) -> Json:
        chance = self.chance
        on = date.fromisoformat(self.day())
        age = chance.choice([18, 26, 50, 50, 50, 65, 65, 60, 67, 40, 0])
        birth = date(on.year - age, chance.randint(1, 12), chance.randint(1, 28))
        if chance.random() < 0.4:
            birth = months_later(on, -12 * age) + timedelta(days=chance.choice([-1, 0, 1, 365]))
        if chance.random() < 0.1:
            birth = date(1976, 2, 29)
        before = chance.choice(list(self.last.values()) or [6673])
        exact = before * (1 + Fraction(chance.choice(["0", "0.03", "0.133", "0.13", "0.1", "0.05"])))
        if chance.random() < 0.3:
            above, below = chance.choice(FACTORS)
            exact *= Fraction(above) / Fraction(below)
        return {
            "id": f"m{9 - place}",
            "birth_date": birth.isoformat(),
            "formula": chance.choice(["N1", "N1", "N2"]),
            "category": chance.choice(["general", "general", "student"]),
            "before": euros(before),
            "after": euros(max(0, half_up(exact) + chance.choice([-1, 0, 1]))),
            "on": on.isoformat(),
        }

    def quote(self, place: int) -> Json:
        chance = self.chance
        table = chance.choice(self.tables) if self.tables else {}
        adults = [cell for cell in table if cell[2] == "adult"]
        others = [cell for cell in table if cell[2] != "adult"]
        lines = [*chance.choices(adults, k=chance.choice([1, 2, 2, 2, 3]))] if adults else []
        lines += chance.choices(others, k=chance.choice([0, 1, 2, 3, 4, 5])) if others else []
        people: list[Json] = []
        for formula, category, role, age_from, age_to in lines:
            age = chance.choice([age_from, age_from + 2, min(age_from + 5, age_to or 99), age_to or 99])
            if role == "child":
                age = min(age_from + chance.choice([0, 0, 3]), age_to or 99)
            people.append({"formula": formula, "category": category, "role": role, "age": age})
            if chance.random() < 0.02:
                people[-1]["age"] = chance.choice([0, 17, 64])
        # What some benefit leaves of the sum, or a cent more.
        exact = Fraction(0)
        for cell in lines:
            free = cell[2] == "child" and chance.random() < 0.5
            exact += 0 if free else table[cell][0]
        exact *= chance.choice([Fraction(1), Fraction(9, 10), Fraction(7, 8)])
        if chance.random() < 0.4:
            above, below = chance.choice(FACTORS)
            exact *= Fraction(above) / Fraction(below)
        if chance.random() < 0.5:
            chance.shuffle(people)
        total = max(0, half_up(exact) + chance.choice([-1, 0, 0, 1]))
        return {"id": f"q{9 - place}", "on": self.day(), "total": euros(total), "people": people}


def random_scenario(chance: Random, rules: tuple[str, ...]) -> Json:
    """A scenario whose commitments c0, c1… are to these rules, in this order."""
    return RandomScenario(chance, rules).draw()


def random_rules(chance: Random) -> tuple[str, ...]:
    """A few rules, one of them perhaps twice."""
    return tuple(chance.choices(list(DRAWN), k=chance.choice([2, 3, 5])))
