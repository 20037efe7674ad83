"""Questions about tariffs and what they are judged on. Prices lie in documents, of which rows give the SHA-256."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, TypeVar

import msgspec

from domain.tariffs.exemptions import ExemptionTerms
from domain.tariffs.prepared import Target
from domain.tariffs.tariff import DeclaredRise
from domain.tenancy import PLATFORM, PUBLIC
from projections.engine.reading import Reader

R = TypeVar("R", bound=msgspec.Struct)


class GridRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notified grid; its cells lie in the document with this SHA-256. `corrects` names the grid that it replaces."""

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
    corrects: str | None = None
    decided_by: str | None = None
    decided_on: date | None = None
    justification: str | None = None
    declared_rise: DeclaredRise = None
    reason: str | None = None
    prepared: str | None = None
    assess_version: int = 1
    findings: str = ""
    version: int = 1


class PreparedGridRow(msgspec.Struct, frozen=True, kw_only=True):
    """A grid that an insurer prepares; `towns` are the conventions it shall be notified under."""

    tenant: str
    owner: str
    id: str
    name: str
    document: str
    cells: int
    effective_on: date | None
    decided_by: str | None
    decided_on: date | None
    justification: str | None
    declared_rise: DeclaredRise
    corrects: str | None
    reason: str | None
    towns: tuple[Target, ...]
    saved_at: datetime
    version: int
    position: int


class ExemptionRow(msgspec.Struct, frozen=True, kw_only=True):
    """An exemption: what was `asked` (None: it settles a case) and what was `granted` (None: nothing was)."""

    tenant: str
    owner: str
    convention: str
    id: str
    state: Literal["requested", "withdrawn", "granted", "refused", "revoked"]
    asked: ExemptionTerms | None
    reason: str | None
    documents: tuple[str, ...]
    requested_at: datetime | None
    withdrawn_at: datetime | None
    granted: ExemptionTerms | None
    decided_on: date | None
    decided_by: str | None
    council_reference: str | None
    document: str | None
    case_key: str | None
    refusal: str | None
    decided_at: datetime | None
    revoked_on: date | None
    revocation: str | None
    version: int
    position: int


class ExemptionEnd(msgspec.Struct, frozen=True):
    """The last day of a granted exemption."""

    tenant: str
    convention: str
    last: date


class ReferenceGridRow(msgspec.Struct, frozen=True, kw_only=True):
    """A grid of the insurer's own product, on which a discount is measured."""

    tenant: str
    owner: str
    convention: str
    id: str
    document: str
    cells: int
    valid_from: date
    product: str
    source: str
    recorded_at: datetime
    version: int
    position: int


class IndexRow(msgspec.Struct, frozen=True, kw_only=True):
    """A published value: a percentage, or euros a month for PMSS. `revised` by a later publication for its year."""

    name: str
    year: int
    published_on: date
    value: str
    source: str
    address: str | None
    contested: bool
    revised: bool
    answer: str | None
    answered_at: datetime | None
    recorded_at: datetime
    position: int


class IndexContestRow(msgspec.Struct, frozen=True, kw_only=True):
    """An objection to a published value; `owner` is the tenant of whoever raised it."""

    tenant: str
    owner: str
    name: str
    year: int
    published_on: date
    reason: str
    organisation: str
    contested_at: datetime
    position: int


class HeadcountRow(msgspec.Struct, frozen=True, kw_only=True):
    """Members counted by cell on a day; the counts lie in the document."""

    tenant: str
    owner: str
    convention: str
    id: str
    taken_on: date
    document: str
    total: int
    recorded_at: datetime
    version: int
    position: int


class LastGrid(msgspec.Struct, frozen=True):
    """The last grid of a convention: the latest day of effect, and the newest entry in the ledger."""

    tenant: str
    convention: str
    effective_on: date
    position: int


def grids(
    reader: Reader, tenant: str | None, owners: Sequence[str], convention: str | None = None
) -> list[GridRow]:
    """The grids notified to one commune or (None) to all, the latest effective first."""
    return _rows(reader, GridRow, "grid", tenant, owners, convention, "effective_on desc, position desc")


def grid(reader: Reader, tenant: str, owner: str, convention: str, identity: str) -> GridRow | None:
    """One notified grid."""
    return _row(reader, GridRow, "grid", tenant, owner, convention=convention, id=identity)


def last_grid_position(reader: Reader, tenant: str, owners: Sequence[str]) -> int:
    """The position of the commune's newest grid, 0 without any: the judge must have come that far."""
    return int(
        reader.value(
            "select coalesce(max(position), 0) from {tariffs}.grid"
            " where tenant = %(tenant)s and owner = any(%(owners)s)",
            {"tenant": tenant, "owners": list(owners)},
        )
    )


def prepared_grids(reader: Reader, owner: str) -> list[PreparedGridRow]:
    """The grids that an insurer prepares, the last saved first. `owner` is its own drawer."""
    query = (
        f"select {_columns(PreparedGridRow)} from {{tariffs}}.prepared_grid"  # noqa: S608 (names of ours)
        " where tenant = %(owner)s and owner = %(owner)s order by position desc"
    )
    return _typed(PreparedGridRow, reader.dicts(query, {"owner": owner}))


def prepared_grid(reader: Reader, owner: str, identity: str) -> PreparedGridRow | None:
    """One prepared grid."""
    return _row(reader, PreparedGridRow, "prepared_grid", owner, owner, id=identity)


def exemptions(
    reader: Reader, tenant: str | None, owners: Sequence[str], convention: str | None = None
) -> list[ExemptionRow]:
    """The exemptions of one commune or (None) of all, the last changed first."""
    query = (
        "select coalesce(r.tenant, d.tenant) as tenant, coalesce(r.owner, d.owner) as owner,"
        " coalesce(r.convention, d.convention) as convention, coalesce(r.id, d.id) as id,"
        " case when d.revoked_on is not null then 'revoked' when d.refusal is not null then 'refused'"
        " when d.granted is not null then 'granted' when r.withdrawn_at is not null then 'withdrawn'"
        " else 'requested' end as state,"
        " r.asked, r.reason, coalesce(r.documents, '[]') as documents, r.requested_at, r.withdrawn_at,"
        " d.granted, d.decided_on, d.decided_by, d.council_reference, d.document, d.case_key, d.refusal,"
        " d.decided_at, d.revoked_on, d.revocation,"
        " greatest(r.version, d.version) as version, greatest(r.position, d.position) as position"
        " from (select * from {tariffs}.exemption_request where owner = any(%(owners)s)) r"
        " full join (select * from {tariffs}.exemption_decision where owner = any(%(owners)s)) d"
        " using (tenant, owner, convention, id)"
        " where true"
    )
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " and convention = %(convention)s" if convention is not None else ""
    query += " order by position desc"
    given = {"tenant": tenant, "owners": list(owners), "convention": convention}
    return _typed(ExemptionRow, reader.dicts(query, given))


def exemptions_to_end(
    reader: Reader, owner: str, today: date, tenant: str | None = None
) -> list[ExemptionEnd]:
    """The last days, today or later, of an insurer's granted exemptions in all towns, or in one."""
    query = (
        "select tenant, convention, (granted->>'valid_to')::date as last from {tariffs}.exemption_decision"
        " where owner = %(owner)s and revoked_on is null and (granted->>'valid_to')::date >= %(today)s"
    )
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    return reader.rows(ExemptionEnd, query, {"owner": owner, "today": today, "tenant": tenant})


def exemption(reader: Reader, tenant: str, owner: str, convention: str, identity: str) -> ExemptionRow | None:
    """One exemption."""
    found = exemptions(reader, tenant, [owner], convention)
    return next((row for row in found if row.id == identity), None)


def reference_grids(
    reader: Reader, tenant: str, owners: Sequence[str], convention: str | None = None
) -> list[ReferenceGridRow]:
    """The reference grids of a commune, the latest valid first."""
    order = "valid_from desc, position desc"
    return _rows(reader, ReferenceGridRow, "reference_grid", tenant, owners, convention, order)


def indices(reader: Reader, name: str | None = None) -> list[IndexRow]:
    """Every published value, or those of one index: the latest year first, its latest publication before others."""
    query = (
        "select name, year, published_on, value, source, address, contested,"
        " lead(position) over (partition by name, year order by published_on) is not null as revised,"
        " answer, answered_at, recorded_at, position from {tariffs}.index"
        " where tenant = %(tenant)s and owner = %(owner)s"
    )
    query += " and name = %(name)s" if name is not None else ""
    query += " order by name, year desc, published_on desc"
    return reader.rows(IndexRow, query, {"tenant": PLATFORM, "owner": PUBLIC, "name": name})


def index_contests(reader: Reader, owner: str | None = None) -> list[IndexContestRow]:
    """The objections that one tenant raised or (None, for the operator) all, the newest first."""
    query = f"select {_columns(IndexContestRow)} from {{tariffs}}.index_contest where tenant = %(tenant)s"  # noqa: S608
    query += " and owner = %(owner)s" if owner is not None else ""
    query += " order by position desc"
    return reader.rows(IndexContestRow, query, {"tenant": PLATFORM, "owner": owner})


def headcounts(reader: Reader, tenant: str, owner: str, convention: str) -> list[HeadcountRow]:
    """The headcounts of a convention, the latest first. `owner` is the insurer's own drawer."""
    order = "taken_on desc, position desc"
    return _rows(reader, HeadcountRow, "headcount", tenant, [owner], convention, order)


def last_effective(reader: Reader, owner: str, tenant: str | None = None) -> dict[tuple[str, str], LastGrid]:
    """The last grids of an insurer in all towns, or in one, by (tenant, convention)."""
    query = (
        "select tenant, convention, max(effective_on) as effective_on, max(position) as position from {tariffs}.grid"
        " where owner = %(owner)s"
    )
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " group by tenant, convention"
    rows = reader.rows(LastGrid, query, {"owner": owner, "tenant": tenant})
    return {(row.tenant, row.convention): row for row in rows}


def last_applied(reader: Reader, owner: str, tenant: str | None = None) -> dict[tuple[str, str], int]:
    """The last year of which an insurer's towns, or one, were given an index's value, by (tenant, name)."""
    query = "select tenant, name, max(year) as year from {tariffs}.applied_index where owner = %(owner)s"
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " group by tenant, name"
    rows = reader.dicts(query, {"owner": owner, "tenant": tenant})
    return {(row["tenant"], row["name"]): row["year"] for row in rows}


def _columns(row: type[msgspec.Struct]) -> str:
    return ", ".join(row.__struct_fields__)


def _rows(
    reader: Reader,
    of: type[R],
    table: str,
    tenant: str | None,
    owners: Sequence[str],
    convention: str | None,
    order: str,
) -> list[R]:
    query = f"select {_columns(of)} from {{tariffs}}.{table} where owner = any(%(owners)s)"  # noqa: S608
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " and convention = %(convention)s" if convention is not None else ""
    query += f" order by {order}"
    return reader.rows(of, query, {"tenant": tenant, "owners": list(owners), "convention": convention})


def _row(reader: Reader, of: type[R], table: str, tenant: str, owner: str, **key: str) -> R | None:
    query = (
        f"select {_columns(of)} from {{tariffs}}.{table} where tenant = %(tenant)s and owner = %(owner)s"  # noqa: S608
        + "".join(f" and {name} = %({name})s" for name in key)
    )
    found = _typed(of, reader.dicts(query, {"tenant": tenant, "owner": owner, **key}))
    return found[0] if found else None


def _typed(of: type[R], rows: Sequence[dict[str, object]]) -> list[R]:
    """Rows whose JSON columns become what they stand for."""
    return [msgspec.convert(row, of) for row in rows]
