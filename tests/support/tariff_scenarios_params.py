"""Parameters of every rule, drawn at random; what is left out takes its default."""

from collections.abc import Callable, Mapping
from random import Random

from tests.support.tariff_oracle_world import Json

FACTORS = [("1.1532", "1.1327"), ("1.02", "1"), ("1.01", "1"), ("1.10", "1"), ("0.98", "1")]
PERCENTS = ["3", "3", "0", "2.05", "0.005", "8"]
PERIODS = ["CIVIL_YEAR", "CONVENTION_YEAR", "ROLLING_12M", "PER_CHANGE"]
DAYS = ["2024-12-31", "2025-09-30", "2026-01-01", "2026-06-15", "2026-12-31"]


def some(chance: Random, params: Json) -> Json:
    """Each of them, or its default."""
    return {name: said for name, said in params.items() if chance.random() < 0.8}


def rounded(chance: Random) -> Json:
    return some(chance, {"rounding": chance.choice(["HALF_UP", "FLOOR"])})


def freeze(chance: Random) -> Json:
    if chance.random() < 0.5:
        return {"until": chance.choice(DAYS)}
    return {"months": chance.choice([1, 12, 16, 24, 36])}


def fixed(chance: Random) -> Json:
    given = {"period": chance.choice(PERIODS), "carry_over": chance.random() < 0.5}
    return {"max_rise_percent": chance.choice(PERCENTS), **some(chance, given), **rounded(chance)}


def indexed(chance: Random) -> Json:
    floor, ceiling = chance.choice(
        [("0", "4"), ("0", None), ("1", "3"), ("0.5", None), ("2", "2"), ("0", "2.05")]
    )
    given = {
        "margin_points": chance.choice(["0", "2", "0.5", "-1"]),
        "floor_percent": floor,
        "as_of": chance.choice(["NOTICE_DATE", "EFFECTIVE_DATE"]),
        "index_precision": chance.choice(["RATIO", "PERCENT_2"]),
        "if_unpublished": chance.choice(["INDETERMINATE", "LAST_PUBLISHED"]),
        "period": chance.choice(PERIODS),
        **({} if ceiling is None else {"ceiling_percent": ceiling}),
    }
    index = chance.choice(["IPC_HT_AVG", "PMSS", "ONDAM"])
    return {"index": index, **some(chance, given), **rounded(chance)}


def cumulative(chance: Random) -> Json:
    if chance.random() < 0.4:
        return {"max_rise_percent": chance.choice(PERCENTS), **rounded(chance)}
    months = sorted(chance.sample([0, 3, 12, 15, 24, 36], chance.choice([1, 2, 3])))
    tiers = [{"from_month": month, "max_rise_percent": chance.choice(PERCENTS)} for month in months]
    return {"tiers": tiers, **rounded(chance)}


def minimum(chance: Random) -> Json:
    return {"min_discount_percent": chance.choice(["15", "15", "30", "0", "2.5"]), **rounded(chance)}


def weighted(chance: Random) -> Json:
    return {"max_rise_percent": chance.choice([*PERCENTS, "1.5"])}


def structure(chance: Random) -> Json:
    given = {
        "max_ratio": chance.choice([None, "1.55", "1", "1.1", "3"]),
        "fixed_brackets": chance.random() < 0.4,
    }
    return some(chance, given)


def ageing(chance: Random) -> Json:
    given = {
        "combine": chance.choice(["MULT", "ADD"]),
        "age_basis": chance.choice(["MILLESIME", "EXACT_AT_1_JAN", "EXACT_BIRTHDAY"]),
        "freeze_age": chance.choice([None, None, 50, 60, 65]),
    }
    caps = {
        "max_ageing_percent": chance.choice(["10", "0", "2.5"]),
        "max_price_percent": chance.choice(["3", "0"]),
    }
    return {**caps, **some(chance, given)}


def family(chance: Random) -> Json:
    given = {
        "free_from_rank": chance.choice([None, 1, 2, 2, 3, 3]),
        "couple_discount_percent": chance.choice(["0", "10", "12.5"]),
        "discount_base": chance.choice(["SUM", "LINE"]),
        "free_order": chance.choice(["BY_AGE", "CHEAPEST", "DEAREST"]),
    }
    return some(chance, given)


def category(chance: Random) -> Json:
    return {"category": "student", **minimum(chance)}


def notice(chance: Random) -> Json:
    when: Json = chance.choice([{"months": 2}, {"months": 1}, {"fixed_day": "10-31"}, {"months": 0}])
    return {**when, **some(chance, {"requires_justification": chance.random() < 0.3})}


def window(chance: Random) -> Json:
    given = {
        "allowed_days": chance.choice(
            [["01-01"], ["01-01", "10-01"], ["02-28", "06-01", "01-01", "10-01", "12-31"]]
        ),
        "max_rises_per_period": chance.choice([None, 0, 1, 1, 2]),
        "period": chance.choice([*PERIODS, "ROLLING_12M"]),
        "no_retroactivity": chance.random() < 0.4,
    }
    return some(chance, given)


def uniform(chance: Random) -> Json:
    return some(chance, {"scope": "FORMULA", "tolerance": chance.choice(["0.01", "0.00", "0.50"])})


def statutory(chance: Random) -> Json:
    year = chance.choice([2025, 2026])
    reference = chance.choice([f"{year - 1}-12-31", f"{year - 1}-12-31", f"{year - 1}-06-30"])
    return {
        "reference_on": reference,
        "from": f"{year}-01-01",
        "to": chance.choice([f"{year}-12-31", f"{year}-06-30"]),
    }


def nothing(_: Random) -> Json:
    return {}


DRAWN: Mapping[str, Callable[[Random], Json]] = {
    "PRICE_FREEZE": freeze,
    "ANNUAL_CAP_FIXED": fixed,
    "ANNUAL_CAP_INDEXED": indexed,
    "CUMULATIVE_CAP": cumulative,
    "MIN_DISCOUNT": minimum,
    "WEIGHTED_AVERAGE_CAP": weighted,
    "AGE_STRUCTURE": structure,
    "AGEING_CAP": ageing,
    "FAMILY_BENEFIT": family,
    "CATEGORY_DISCOUNT": category,
    "NOTICE": notice,
    "CHANGE_WINDOW": window,
    "UNIFORM_INCREASE": uniform,
    "STATUTORY_FREEZE": statutory,
    "NO_FEE": nothing,
    "NO_WAITING_PERIOD": nothing,
}


def random_params(chance: Random, rule: str) -> Json:
    """Parameters of a rule."""
    return DRAWN[rule](chance)
