"""A second, naive judgement of every rule: in fractions, sentence by sentence from the rules' own words.

Slow on purpose, and sharing nothing with the real one: from the file's values to findings as JSON, without reasons.
"""

from collections.abc import Callable, Mapping

from tests.support import tariff_oracle_cells as cells
from tests.support import tariff_oracle_grids as grids
from tests.support import tariff_oracle_people as people
from tests.support.tariff_oracle_annual import AnnualCap
from tests.support.tariff_oracle_world import Json, World


def annual_cap(world: World, promise: Json) -> list[Json]:
    return AnnualCap(world, promise).findings()


ORACLES: Mapping[str, Callable[[World, Json], list[Json]]] = {
    "PRICE_FREEZE": cells.price_freeze,
    "ANNUAL_CAP_FIXED": annual_cap,
    "ANNUAL_CAP_INDEXED": annual_cap,
    "CUMULATIVE_CAP": cells.cumulative_cap,
    "MIN_DISCOUNT": cells.min_discount,
    "WEIGHTED_AVERAGE_CAP": grids.weighted_average_cap,
    "AGE_STRUCTURE": grids.age_structure,
    "AGEING_CAP": people.ageing_cap,
    "FAMILY_BENEFIT": people.family_benefit,
    "CATEGORY_DISCOUNT": cells.category_discount,
    "NOTICE": grids.notice,
    "CHANGE_WINDOW": grids.change_window,
    "UNIFORM_INCREASE": cells.uniform_increase,
    "STATUTORY_FREEZE": cells.statutory_freeze,
    "NO_FEE": people.no_fee,
    "NO_WAITING_PERIOD": people.no_waiting_period,
}


def expected(values: Json) -> list[Json]:
    """The findings, in the order of the report, as `finding_to_json` writes them but for `reason`."""
    world = World(values)
    return [
        found
        for promise in values["convention"]["commitments"]
        for found in ORACLES[promise["rule"]](world, promise)
    ]
