"""Row-level security is the second lock: every table has a policy, a query without a WHERE gets nothing foreign."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from psycopg import errors, sql

from services.commands import membership, office_hours, partnerships, tariffs
from services.reading import Audience
from services.wiring import Parts
from tests.support import cast
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, INSURER, RIVAL, RIVAL_ACCORD, ask
from tests.support.database import Database

NO_TENANT_DATA = {
    "migration": "which revisions were applied",
    "directory": "public facts of INSEE",
    "projection": "how far views have come",
}
"""Schemas without tenant data, and what they hold instead."""


@pytest.fixture
def parts(any_database: Database) -> Iterator[Parts]:
    """Two insurers in one town, one of them in a second town too."""
    with cast.parts_on(any_database) as made:
        for tenant, owner, binding, name in (
            (GRENOBLE, INSURER, ACCORD, "a"),
            (GRENOBLE, RIVAL, RIVAL_ACCORD, "b"),
            (CACHAN, INSURER, ACCORD, "c"),
        ):
            ledger = made.ledger
            partnerships.declare(ledger, tenant, binding, cast.declaration(), ask())
            partnerships.confirm(ledger, tenant, binding, cast.confirmation(), ask(now=cast.LONG_AGO))
            tariffs.notify(ledger, tenant, binding, cast.grid(), ask())
            tariffs.notify(
                ledger, tenant, binding, cast.grid("g2", old="90.00", effective_on=cast.NOW.date()), ask()
            )
            office_hours.plan(ledger, tenant, binding, cast.office_hour(name), ask())
            for number in range(12):
                joined = cast.member(f"{name}{number}", joined_on=date(2026, 1, 3))
                membership.join(ledger, tenant, owner, joined, ask())
        cast.follow(made)
        yield made


def tables(database: Database) -> list[tuple[str, str, bool, int, list[str]]]:
    with database.connect() as owner:
        return owner.execute(
            """
            select n.nspname, c.relname, c.relrowsecurity,
                   (select count(*) from pg_policy p where p.polrelid = c.oid),
                   array(select a.attname::text from pg_attribute a
                         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'm', 'v', 'f') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
            """
        ).fetchall()


def view_tables(database: Database) -> list[tuple[str, str]]:
    return [(schema, name) for schema, name, _, _, _ in tables(database) if "_v" in schema]


def test_every_table_with_tenant_data_has_row_level_security(parts: Parts, any_database: Database) -> None:
    found = tables(any_database)
    assert len(found) > 15
    for schema, name, secured, policies, columns in found:
        if schema in NO_TENANT_DATA:
            assert "tenant" not in columns, f"{schema}.{name} holds tenant data"
            continue
        assert secured, f"{schema}.{name} has no row-level security"
        if "_v" in schema:
            assert policies > 0, f"{schema}.{name} has no policy"
            assert {"tenant", "owner"} <= set(columns), f"{schema}.{name} does not say whose its rows are"


def foreign(row: dict[str, Any], audience: Audience) -> bool:
    if audience.role == "organisation":
        return row["owner"] not in audience.owners
    return row["tenant"] not in audience.tenants or row["owner"] not in audience.owners


AUDIENCES = [
    Audience("organisation", owners=[INSURER, ACCORD, "public"]),
    Audience("organisation", owners=[RIVAL, RIVAL_ACCORD, "public"]),
    Audience("place", tenants=[GRENOBLE], owners=["town", "public", ACCORD, RIVAL_ACCORD]),
    Audience("place", tenants=[CACHAN], owners=["town", "public", ACCORD]),
]


@pytest.mark.parametrize("audience", AUDIENCES, ids=["insurer", "rival", "town", "other-town"])
def test_a_query_without_where_gets_nothing_foreign(
    parts: Parts, any_database: Database, audience: Audience
) -> None:
    seen = 0
    for schema, name in view_tables(any_database):
        with parts.views.reader(audience) as reader:
            try:
                rows = reader.dicts(f'select * from "{schema}".{name}')
            except errors.InsufficientPrivilege:
                continue
        if name == "accord":
            assert all(row["tenant"] in audience.tenants for row in rows) or audience.role == "organisation"
            continue
        seen += len(rows)
        assert not [row for row in rows if foreign(row, audience)]
    assert seen > 5


def test_the_ledger_itself_gives_an_audience_nothing_foreign(parts: Parts) -> None:
    for audience in AUDIENCES:
        with parts.views.reader(audience) as reader:
            rows = reader.dicts("select tenant, owner from ledger.event")
        assert rows
        assert not [row for row in rows if foreign(row, audience)]


@pytest.mark.parametrize("role", ["organisation", "place"])
def test_an_audience_of_nobody_sees_nothing(parts: Parts, any_database: Database, role: Any) -> None:
    for schema, name in view_tables(any_database):
        with parts.views.reader(Audience(role)) as reader:
            try:
                assert reader.dicts(f'select * from "{schema}".{name}') == []
            except errors.InsufficientPrivilege:
                continue


def test_without_an_audience_the_request_role_reads_no_view(parts: Parts, any_database: Database) -> None:
    with any_database.connect("request") as connection:
        for schema, name in view_tables(any_database):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(sql.SQL("select * from {}").format(sql.Identifier(schema, name)))


def test_an_audience_cannot_write_and_does_not_outlive_its_transaction(
    parts: Parts, any_database: Database
) -> None:
    with parts.databases.request.connection() as connection:
        with connection.transaction():
            connection.execute("set local role beffroi_organisation")
            connection.execute("select set_config('beffroi.owners', %s, true)", (INSURER,))
        row = connection.execute("select current_user, current_setting('beffroi.owners', true)").fetchone()
    assert row is not None
    assert row[0] == "beffroi_request"
    assert not row[1]
    with any_database.connect("request") as connection, connection.transaction():
        connection.execute("set local role beffroi_organisation")
        for schema, name in view_tables(any_database)[:1]:
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(sql.SQL("delete from {}").format(sql.Identifier(schema, name)))
