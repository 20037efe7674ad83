"""The roles: made by an owner who may, or by an administrator from a script; each can do its part and no more."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from infra.database.embedded import EmbeddedPostgres
from infra.database.migrations import migrate
from infra.database.roles import (
    AUDIENCES,
    Passwords,
    RolesMissingError,
    Urls,
    ensure_roles,
    roles_sql,
    url_with,
)
from infra.secrets import SecretsFolder
from tests.support.database import Database, binaries_of

MakeCluster = Callable[..., EmbeddedPostgres]
VERSIONS = pytest.mark.parametrize("version", [18, 15])


def passwords(letter: str = "p") -> Passwords:
    return Passwords(append=letter * 20 + "a", request=letter * 20 + "r", project=letter * 20 + "j")


@VERSIONS
def test_an_owner_who_may_makes_the_roles_once(make_cluster: MakeCluster, version: int) -> None:
    owner = make_cluster(version).start()
    urls = ensure_roles(owner, passwords())
    assert ensure_roles(owner, passwords()) == urls
    for role in ("append", "request", "project"):
        with psycopg.connect(urls.of(role)) as connection:
            assert connection.execute("select current_user").fetchone() == (f"beffroi_{role}",)


@VERSIONS
def test_a_lost_password_is_replaced(make_cluster: MakeCluster, version: int) -> None:
    owner = make_cluster(version).start()
    before = ensure_roles(owner, passwords("b"))
    psycopg.connect(ensure_roles(owner, passwords("c")).append).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(before.append)


@VERSIONS
def test_an_owner_who_may_not_is_told_of_the_script_which_then_suffices(
    make_cluster: MakeCluster, version: int
) -> None:
    cluster = make_cluster(version)
    owner = cluster.start()
    with psycopg.connect(cluster.administrator_url(), autocommit=True) as administrator:
        administrator.execute("alter role beffroi_owner nocreaterole")
    with pytest.raises(RolesMissingError, match="beffroi db roles-sql"):
        ensure_roles(owner, passwords())
    with psycopg.connect(owner) as connection:
        row = connection.execute("select count(*) from pg_roles where rolname like 'beffroi%'").fetchone()
        assert row == (1,), "nothing was half made"
    script = roles_sql(passwords())
    assert not any(password in script for password in vars(passwords()).values())
    for _ in range(2):
        subprocess.run(
            [
                binaries_of(version) / "psql",
                "-qX",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                cluster.administrator_url("beffroi"),
            ],
            input=script,
            text=True,
            check=True,
        )
    ensure_roles(owner, passwords())
    assert migrate(owner)


def test_a_request_inherits_from_no_audience_and_may_become_each(any_database: Database) -> None:
    with any_database.connect("owner") as owner:
        owner.execute("create table directory.told (n int)")
        for audience in AUDIENCES:
            owner.execute(f"grant select on directory.told to {audience}")
    with any_database.connect("request") as request:
        with pytest.raises(errors.InsufficientPrivilege):
            request.execute("select * from directory.told")
        for audience in AUDIENCES:
            with request.transaction():
                request.execute(f"set local role {audience}")
                request.execute("select * from directory.told")
        assert request.execute("select current_user").fetchone() == ("beffroi_request",)
        for stranger in ("beffroi_owner", "beffroi_project", "beffroi_append", "postgres"):
            with pytest.raises(errors.InsufficientPrivilege):
                request.execute(f"set role {stranger}")


def test_readers_see_how_far_the_judge_is_and_not_what_stopped_it(any_database: Database) -> None:
    for audience in ("beffroi_organisation", "beffroi_place"):
        with any_database.connect("request") as request:
            request.execute(f"set role {audience}")
            request.execute("select name, position from projection.follower")
            with pytest.raises(errors.InsufficientPrivilege):
                request.execute("select error from projection.follower")


def test_only_the_projecting_role_makes_schemas(any_database: Database) -> None:
    with any_database.connect("project") as project:
        project.execute("create schema crm_v1")
    for role in ("append", "request"):
        with any_database.connect(role) as connection:
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("create schema mine")
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("create temporary table mine ()")
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute("create table public.mine ()")


def test_a_role_of_another_application_cannot_enter(any_database: Database) -> None:
    name = f"stranger_{any_database.name}"
    with psycopg.connect(any_database.administrator_url, autocommit=True) as administrator:
        administrator.execute(f"create role {name} login password 'x'")
        try:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(url_with(any_database.owner_url, user=name, password="x"))
        finally:
            administrator.execute(f"drop role {name}")


@pytest.mark.parametrize(
    "owner",
    [
        "postgresql://o%40x:p%2Fw@db.example:6543/beffroi?sslmode=verify-full",
        "host=db.example port=6543 user=o@x password=p/w dbname=beffroi sslmode=verify-full",
    ],
)
def test_urls_keep_the_server_and_change_the_name(owner: str) -> None:
    urls = Urls.derive(owner, Passwords(append="a b", request="r", project="p"))
    assert urls.owner == "postgresql://o%40x:p%2Fw@/beffroi?host=db.example&port=6543&sslmode=verify-full"
    assert urls.append.startswith("postgresql://beffroi_append:a%20b@/beffroi?host=db.example")
    assert url_with(urls.request, dbname="other").endswith(
        "@/other?host=db.example&port=6543&sslmode=verify-full"
    )


def test_passwords_are_made_once_and_never_shown(tmp_path: Path) -> None:
    made = Passwords.load(SecretsFolder(tmp_path / "secrets"))
    assert made == Passwords.load(SecretsFolder(tmp_path / "secrets"))
    assert made.append != made.request != made.project
    assert made.append not in repr(made)
    assert made.append not in repr(Urls.derive("dbname=beffroi", made))
