"""To whom a published value was handed on: for the operator, who publishes once for all."""

from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from projections.engine.reading import Reader


class Applied(msgspec.Struct, frozen=True):
    """The communes whose accords were given a publication."""

    name: str
    year: int
    published_on: date
    tenants: list[str]


def applied_to(reader: Reader) -> Mapping[tuple[str, int, date], Sequence[str]]:
    """The tenants that were given each publication, by (name, year, day of publication). For operators."""
    rows = reader.rows(
        Applied,
        "select name, year, published_on, array_agg(distinct tenant order by tenant) as tenants"
        " from {tariffs}.applied_index group by name, year, published_on",
    )
    return {(row.name, row.year, row.published_on): row.tenants for row in rows}
