"""Questions about tariffs and the commitments they break. Prices and excesses are cents a month."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from projections.engine.reading import Reader


class GridRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notified grid; its cells lie in the document with this SHA-256."""

    tenant: str
    owner: str
    convention: str
    id: str
    document: str
    cells: int
    effective_on: date
    notified_on: date
    justified: bool
    recorded_at: datetime
    position: int


class BreachRow(msgspec.Struct, frozen=True, kw_only=True):
    """A broken commitment in one cell of one grid."""

    tenant: str
    owner: str
    id: str
    convention: str
    commitment: str
    article: str
    wording: str
    rule: str
    grid: str
    formula: str | None
    category: str | None
    role: str | None
    age_from: int | None
    age_to: int | None
    verdict: str
    from_on: date
    to_on: date | None
    anchor_price: int | None
    limit_price: int | None
    observed_price: int | None
    excess: int | None
    reason: str
    detected_at: datetime
    grid_position: int
    position: int


class BrokenTown(msgspec.Struct, frozen=True):
    """How many commitments and cells are broken in a commune."""

    tenant: str
    owner: str
    commitments: int
    cells: int
    since: date


def _columns(row: type[msgspec.Struct]) -> str:
    return ", ".join(row.__struct_fields__)


def grids(
    reader: Reader, tenant: str | None, owners: Sequence[str], convention: str | None = None
) -> list[GridRow]:
    """The grids notified to one commune or (None) to all, the latest effective first."""
    query = f"select {_columns(GridRow)} from {{compliance}}.grid where owner = any(%(owners)s)"  # noqa: S608
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " and convention = %(convention)s" if convention is not None else ""
    query += " order by effective_on desc, position desc"
    return reader.rows(GridRow, query, {"tenant": tenant, "owners": list(owners), "convention": convention})


def breaches(
    reader: Reader, tenant: str | None, owners: Sequence[str], convention: str | None = None
) -> list[BreachRow]:
    """The alerts of one commune or (None) of all: the largest excess first."""
    query = f"select {_columns(BreachRow)} from {{compliance}}.breach where owner = any(%(owners)s)"  # noqa: S608
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " and convention = %(convention)s" if convention is not None else ""
    query += " order by from_on desc, excess desc nulls last, formula, category, role, age_from, id"
    return reader.rows(BreachRow, query, {"tenant": tenant, "owners": list(owners), "convention": convention})


def broken_towns(reader: Reader, owner: str) -> dict[str, BrokenTown]:
    """The communes of an insurer where a commitment is broken."""
    rows = reader.rows(
        BrokenTown,
        "select tenant, owner, count(distinct (convention, commitment)) as commitments, count(*) as cells,"
        " min(from_on) as since from {compliance}.breach where owner = %(owner)s group by tenant, owner",
        {"owner": owner},
    )
    return {row.tenant: row for row in rows}


def last_grid_position(reader: Reader, tenant: str, owners: Sequence[str]) -> int:
    """The position of the commune's newest grid, 0 without any: the judge must have come that far."""
    return int(
        reader.value(
            "select coalesce(max(position), 0) from {compliance}.grid"
            " where tenant = %(tenant)s and owner = any(%(owners)s)",
            {"tenant": tenant, "owners": list(owners)},
        )
    )
