"""Questions about what is kept and what is broken (about cases: `case_queries`). Prices are in cents a month."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from projections.compliance.judgements import BROKEN
from projections.engine.reading import Reader

_BROKEN: Final = sorted(BROKEN)


class BreachRow(msgspec.Struct, frozen=True, kw_only=True):
    """A commitment broken in one cell of one grid; figures in `unit`, prices in cents where it is euros.

    `verdict` is what is said of it now (EXEMPTED, COMPLIANT or WITHDRAWN when it is not broken any more, `to_on` then
    the last day on which it was; before `from_on` when it never came to that). `grid` None: the convention itself.
    """

    tenant: str
    owner: str
    id: str
    convention: str
    commitment: str
    article: str
    wording: str
    rule: str
    grid: str | None
    formula: str | None
    category: str | None
    role: str | None
    age_from: int | None
    age_to: int | None
    verdict: str
    from_on: date
    to_on: date | None
    unit: str
    figures: dict[str, str | None]
    anchor_price: int | None
    limit_price: int | None
    observed_price: int | None
    excess: int | None
    reason: str
    detected_at: datetime
    exemptions: list[str]
    revised_at: datetime | None
    revised_reason: str | None
    grid_position: int
    position: int
    last_position: int

    def holds(self, today: date) -> bool:
        """Whether it is broken on `today`, or will be."""
        return self.verdict in BROKEN and (self.to_on is None or self.to_on >= today)


class VerdictRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of a breach, since `recorded_at`."""

    breach: str
    verdict: str
    from_on: date
    to_on: date | None
    unit: str
    figures: dict[str, str | None]
    reason: str
    exemptions: list[str]
    assess_version: int
    cause_position: int | None
    recorded_at: datetime
    position: int


class StandingRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where a commitment stands since the last judgement: its worst verdict on the day judged or later.

    `from_on` is that verdict's first day, `known_since` when it was first said; the counts are of findings.
    """

    tenant: str
    owner: str
    convention: str
    commitment: str
    rule: str
    verdict: str
    from_on: date | None
    known_since: datetime
    kept: int
    broken: int
    exempted: int
    undecidable: int
    not_applicable: int
    reason: str
    judged_on: date
    position: int


class JudgedRow(msgspec.Struct, frozen=True, kw_only=True):
    """The last judgement of a convention; `verdict` is the worst of its commitments."""

    tenant: str
    owner: str
    convention: str
    verdict: str
    as_known_at: datetime
    on_day: date
    assess_version: int
    next_on: date | None
    recorded_at: datetime
    position: int


class JudgementRow(msgspec.Struct, frozen=True, kw_only=True):
    """One judgement: `findings` is the digest, `document` where all findings are kept, `broken` how many breaches held.

    `commitments` are the states as they were said (`CommitmentState`).
    """

    tenant: str
    owner: str
    convention: str
    cause: str
    cause_position: int | None
    as_known_at: datetime
    on_day: date
    assess_version: int
    findings: str
    document: str
    commitments: list[dict[str, Any]]
    broken: int
    next_on: date | None
    recorded_at: datetime
    position: int


def _columns(row: type[msgspec.Struct]) -> str:
    return ", ".join(row.__struct_fields__)


def breaches(
    reader: Reader,
    tenant: str | None,
    owners: Sequence[str],
    convention: str | None = None,
    *,
    every: bool = False,
    named: Sequence[str] | None = None,
) -> list[BreachRow]:
    """What is broken in one commune or (None) in all, past days included: the largest excess first.

    With `every` also what was said to be broken and is not any more; with `named` those of some ids alone.
    """
    query = f"select {_columns(BreachRow)} from {{compliance}}.breach where owner = any(%(owners)s)"  # noqa: S608
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " and convention = %(convention)s" if convention is not None else ""
    query += "" if every else " and verdict = any(%(broken)s)"
    query += " and id = any(%(named)s)" if named is not None else ""
    query += " order by from_on desc, excess desc nulls last, formula, category, role, age_from, id"
    return reader.rows(
        BreachRow,
        query,
        {
            "tenant": tenant,
            "owners": list(owners),
            "convention": convention,
            "broken": _BROKEN,
            "named": list(named or ()),
        },
    )


def breach(reader: Reader, tenant: str, owners: Sequence[str], identity: str) -> BreachRow | None:
    """One breach, whatever is said of it now."""
    return reader.row(
        BreachRow,
        f"select {_columns(BreachRow)} from {{compliance}}.breach"  # noqa: S608
        " where tenant = %(tenant)s and owner = any(%(owners)s) and id = %(id)s",
        {"tenant": tenant, "owners": list(owners), "id": identity},
    )


def verdicts(
    reader: Reader, tenant: str, owners: Sequence[str], breaches_: Sequence[str]
) -> list[VerdictRow]:
    """What was said of some breaches, in the order in which it was said."""
    return reader.rows(
        VerdictRow,
        f"select {_columns(VerdictRow)} from {{compliance}}.verdict"  # noqa: S608
        " where tenant = %(tenant)s and owner = any(%(owners)s) and breach = any(%(breaches)s) order by position",
        {"tenant": tenant, "owners": list(owners), "breaches": list(breaches_)},
    )


def standings(
    reader: Reader, tenant: str | None, owners: Sequence[str], convention: str | None = None
) -> list[StandingRow]:
    """Where every commitment stands in one commune or (None) in all; none for a convention never judged."""
    query = f"select {_columns(StandingRow)} from {{compliance}}.standing where owner = any(%(owners)s)"  # noqa: S608
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " and convention = %(convention)s" if convention is not None else ""
    query += " order by tenant, owner, convention, commitment"
    return reader.rows(
        StandingRow, query, {"tenant": tenant, "owners": list(owners), "convention": convention}
    )


def judgements(
    reader: Reader,
    tenant: str,
    owner: str,
    convention: str,
    *,
    before: int | None = None,
    limit: int | None = None,
) -> list[JudgementRow]:
    """The judgements of a convention, the newest first; `before` is the position of the last row of the page before."""
    query = (
        f"select {_columns(JudgementRow)} from {{compliance}}.judgement"  # noqa: S608
        " where tenant = %(tenant)s and owner = %(owner)s and convention = %(convention)s"
    )
    query += " and position < %(before)s" if before is not None else ""
    query += " order by position desc"
    query += " limit %(limit)s" if limit is not None else ""
    return reader.rows(
        JudgementRow,
        query,
        {"tenant": tenant, "owner": owner, "convention": convention, "before": before, "limit": limit},
    )


def last_judgements(reader: Reader, tenant: str, owners: Sequence[str]) -> list[JudgementRow]:
    """The last judgement of every convention in some drawers of a commune."""
    return reader.rows(
        JudgementRow,
        f"select distinct on (owner, convention) {_columns(JudgementRow)} from {{compliance}}.judgement"  # noqa: S608
        " where tenant = %(tenant)s and owner = any(%(owners)s) order by owner, convention, position desc",
        {"tenant": tenant, "owners": list(owners)},
    )


def judgement(reader: Reader, tenant: str, owner: str, convention: str, position: int) -> JudgementRow | None:
    """One judgement, by its entry in the ledger."""
    return reader.row(
        JudgementRow,
        f"select {_columns(JudgementRow)} from {{compliance}}.judgement where tenant = %(tenant)s"  # noqa: S608
        " and owner = %(owner)s and convention = %(convention)s and position = %(position)s",
        {"tenant": tenant, "owner": owner, "convention": convention, "position": position},
    )


def judged_conventions(reader: Reader) -> dict[tuple[str, str, str], JudgedRow]:
    """The last judgement by (tenant, owner, convention). For the calendar: it reads across tenants."""
    rows = reader.rows(JudgedRow, f"select {_columns(JudgedRow)} from {{compliance}}.judged")  # noqa: S608
    return {(row.tenant, row.owner, row.convention): row for row in rows}
