"""Questions about partnerships that a town asks, and its insurer with it."""

from collections.abc import Sequence
from datetime import date, time
from typing import Final

import msgspec

from projections.engine.reading import Reader
from projections.oversight.agreements import (
    AmendmentRow,
    ConventionRow,
    DocumentRow,
    convention,
    conventions,
    document,
    documents,
    over_by,
)

PAGE: Final = 100


class OfficeHourRow(msgspec.Struct, frozen=True, kw_only=True):
    """An office hour; `state` is planned, held, cancelled or overdue (its day passed in silence)."""

    tenant: str
    owner: str
    id: str
    convention: str
    on_day: date
    starts_at: time
    ends_at: time
    place: str
    state: str
    visitors: int | None
    by_appointment: int | None
    cancelled_on: date | None
    reason: str | None
    version: int
    position: int


class MonthOfOfficeHours(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the office hours of a month (`2026-10`)."""

    month: str
    planned: int
    held: int
    cancelled: int
    overdue: int
    visitors: int


class FiguresRow(msgspec.Struct, frozen=True, kw_only=True):
    """Members on the last day of a month; None is withheld."""

    tenant: str
    owner: str
    month: str
    on_day: date
    members: int | None
    by_age: dict[str, int | None]


class CitationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A published statement with its source."""

    id: str
    about: str
    statement: str
    source: str
    published_on: date | None


class Place(msgspec.Struct, frozen=True):
    """Where an office hour lies: enough to command it."""

    tenant: str
    owner: str
    id: str


def _columns(row: type[msgspec.Struct]) -> str:
    return ", ".join(row.__struct_fields__)


def office_hours(
    reader: Reader,
    tenant: str | None,
    owners: Sequence[str],
    *,
    convention: str | None = None,
    first: date | None = None,
    last: date | None = None,
    after: tuple[date, str] | None = None,
    limit: int = PAGE,
) -> list[OfficeHourRow]:
    """Office hours in order of day, within some days; `after` is the (day, id) of the last row of the page before."""
    query = f"select {_columns(OfficeHourRow)} from {{oversight}}.office_hour where owner = any(%(owners)s)"  # noqa: S608
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " and convention = %(convention)s" if convention is not None else ""
    query += " and on_day >= %(first)s" if first is not None else ""
    query += " and on_day <= %(last)s" if last is not None else ""
    query += " and (on_day, id) > (%(after_day)s, %(after_id)s)" if after is not None else ""
    query += " order by on_day, id limit %(limit)s"
    day, identity = after or (None, None)
    return reader.rows(
        OfficeHourRow,
        query,
        {
            "tenant": tenant, "owners": list(owners), "convention": convention, "first": first, "last": last,
            "after_day": day, "after_id": identity, "limit": limit,
        },
    )  # fmt: skip


def office_hour(reader: Reader, tenant: str, owner: str, identity: str) -> OfficeHourRow | None:
    """One office hour."""
    return reader.row(
        OfficeHourRow,
        f"select {_columns(OfficeHourRow)} from {{oversight}}.office_hour"  # noqa: S608
        " where tenant = %(tenant)s and owner = %(owner)s and id = %(id)s",
        {"tenant": tenant, "owner": owner, "id": identity},
    )


def office_hours_by_month(
    reader: Reader, tenant: str, owners: Sequence[str], first: date, last: date
) -> list[MonthOfOfficeHours]:
    """What became of the office hours between two days, by month, the oldest first."""
    return reader.rows(
        MonthOfOfficeHours,
        "select to_char(on_day, 'YYYY-MM') as month, count(*) as planned,"
        " count(*) filter (where state = 'held') as held, count(*) filter (where state = 'cancelled') as cancelled,"
        " count(*) filter (where state = 'overdue') as overdue, coalesce(sum(visitors), 0)::int as visitors"
        " from {oversight}.office_hour where tenant = %(tenant)s and owner = any(%(owners)s)"
        " and on_day between %(first)s and %(last)s group by 1 order by 1",
        {"tenant": tenant, "owners": list(owners), "first": first, "last": last},
    )


def figures(reader: Reader, tenant: str | None, owners: Sequence[str], since: str = "") -> list[FiguresRow]:
    """The published months from `since` (`2025-11`) on, the oldest first."""
    query = f"select {_columns(FiguresRow)} from {{oversight}}.figures where owner = any(%(owners)s)"  # noqa: S608
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " and month >= %(since)s order by month, owner"
    return reader.rows(FiguresRow, query, {"tenant": tenant, "owners": list(owners), "since": since})


def citations(reader: Reader, tenant: str) -> list[CitationRow]:
    """What was published about a commune's scheme, the newest first."""
    return reader.rows(
        CitationRow,
        f"select {_columns(CitationRow)} from {{oversight}}.citation"  # noqa: S608
        " where tenant = %(tenant)s and owner = 'public' order by published_on desc nulls last, id",
        {"tenant": tenant},
    )


def passed_in_silence(reader: Reader, today: date) -> list[Place]:
    """Office hours whose day passed without a word. For the calendar: it reads across tenants."""
    return reader.rows(
        Place,
        "select tenant, owner, id from {oversight}.office_hour where state = 'planned' and on_day < %(today)s"
        " order by on_day, id",
        {"today": today},
    )


def confirmed_on(reader: Reader) -> dict[tuple[str, str], date]:
    """The day (UTC) since which each drawer (tenant, owner) has a confirmed convention. For the calendar."""
    rows = reader.dicts(
        "select tenant, owner, min(confirmed_at at time zone 'utc')::date as day from {oversight}.convention"
        " where confirmed_at is not null group by tenant, owner"
    )
    return {(row["tenant"], row["owner"]): row["day"] for row in rows}


def published_months(reader: Reader) -> set[tuple[str, str, str]]:
    """Every (tenant, owner, month) whose figures are frozen. For the calendar: it reads across tenants."""
    rows = reader.dicts("select tenant, owner, month from {oversight}.figures")
    return {(row["tenant"], row["owner"], row["month"]) for row in rows}


__all__ = [
    "PAGE",
    "AmendmentRow",
    "CitationRow",
    "ConventionRow",
    "DocumentRow",
    "FiguresRow",
    "MonthOfOfficeHours",
    "OfficeHourRow",
    "Place",
    "citations",
    "confirmed_on",
    "convention",
    "conventions",
    "document",
    "documents",
    "figures",
    "office_hour",
    "office_hours",
    "office_hours_by_month",
    "over_by",
    "passed_in_silence",
    "published_months",
]
