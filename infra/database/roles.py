"""The database roles: who may append, who may read for a person, who may project.
They are made by the owner where it may, else by an administrator from the script of `beffroi db roles-sql`."""

import base64
import hashlib
import hmac
import json
import secrets as random_source
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self
from urllib.parse import quote, urlencode

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from infra.errors import OperatorError
from infra.secrets import SecretsFolder, random_password

OWNER = "beffroi_owner"
APPEND = "beffroi_append"
REQUEST = "beffroi_request"
PROJECT = "beffroi_project"
AUDIENCES = ("beffroi_organisation", "beffroi_place", "beffroi_operator")

Role = Literal["append", "request", "project"]
SECRET = "database.json"  # noqa: S105 - a file name
LOCK = 7_301_001  # advisory lock: one start at a time looks after the roles


class RolesMissingError(OperatorError):
    """The roles are absent or have other passwords, and the owner may not make them; the message says what to do."""


@dataclass(frozen=True)
class Passwords:
    """The passwords of the three login roles of this installation."""

    append: str = field(repr=False)
    request: str = field(repr=False)
    project: str = field(repr=False)

    @classmethod
    def load(cls, secrets: SecretsFolder) -> Self:
        """Read them from the secrets folder, where they are made on first use."""

        def make() -> bytes:
            return json.dumps({each.name: random_password() for each in fields(cls)}).encode()

        return cls(**json.loads(secrets.read_or_create(SECRET, make)))


@dataclass(frozen=True)
class Urls:
    """One connection URL per role; `owner` is for migrations, backups and nothing else."""

    owner: str = field(repr=False)
    append: str = field(repr=False)
    request: str = field(repr=False)
    project: str = field(repr=False)

    @classmethod
    def derive(cls, owner: str, passwords: Passwords) -> Self:
        """The same server and database as the owner's URL (or libpq keywords), under each role's name."""
        return cls(
            owner=url_with(owner),
            append=url_with(owner, user=APPEND, password=passwords.append),
            request=url_with(owner, user=REQUEST, password=passwords.request),
            project=url_with(owner, user=PROJECT, password=passwords.project),
        )

    def of(self, role: Role) -> str:
        """The URL of one of the three application roles."""
        return {"append": self.append, "request": self.request, "project": self.project}[role]


def url_with(conninfo: str, **replaced: str) -> str:
    """A PostgreSQL URL or keyword string, rewritten as a URL with some parameters (user, dbname…) replaced."""
    parts: dict[str, Any] = {**conninfo_to_dict(conninfo), **replaced}
    user, password, database = (parts.pop(name, None) for name in ("user", "password", "dbname"))
    login = quote(user or "", safe="")
    if password:
        login += ":" + quote(password, safe="")
    # Host and port go in the query: the only place where a socket folder and a list of hosts both fit.
    query = urlencode(
        {name: str(value) for name, value in parts.items() if value is not None}, quote_via=quote, safe="/"
    )
    return f"postgresql://{login}@/{quote(database or '', safe='')}" + (f"?{query}" if query else "")


def ensure_roles(owner_url: str, passwords: Passwords) -> Urls:
    """Make the roles as they must be, or find that they already are; harmless to repeat.

    Raises RolesMissingError when something is missing and the owner has no right to make it.
    """
    urls = Urls.derive(owner_url, passwords)
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (LOCK,))
        if _in_order(connection, urls):
            return urls
        try:
            _execute_retrying(connection, roles_sql(passwords))
        except errors.InsufficientPrivilege as refused:
            raise RolesMissingError(
                "The database's owner may not create or change the roles that Beffroi needs. "
                "Run `beffroi db roles-sql` and have an administrator pipe its output into psql, on this database; "
                f"then start again. (PostgreSQL says: {str(refused).splitlines()[0]})"
            ) from refused
        if not _in_order(connection, urls):
            raise RolesMissingError(
                "The roles were made but cannot sign in by password. pg_hba.conf must let "
                f"{APPEND}, {REQUEST} and {PROJECT} in (scram-sha-256)."
            )
    return urls


def roles_sql(passwords: Passwords) -> str:
    """The SQL that makes the roles, safe to run twice, on PostgreSQL 15 and later.

    It holds salted verifiers rather than passwords, so it may pass through a log or a colleague's hands.
    """
    logins = {APPEND: passwords.append, REQUEST: passwords.request, PROJECT: passwords.project}
    return "\n".join(_statements(logins)) + "\n"


def _statements(logins: dict[str, str]) -> Iterator[str]:
    yield "-- The roles of Beffroi. Run as a role that may create roles, connected to Beffroi's database."
    yield "begin;"
    for role in (*logins, *AUDIENCES):
        # CREATE ROLE has no IF NOT EXISTS.
        yield (
            f"do $$ begin if not exists (select from pg_catalog.pg_roles where rolname = '{role}') "
            f"then create role {role}; end if; end $$;"
        )
    for role, password in logins.items():
        # A request must take an audience role by SET LOCAL ROLE: it inherits from none.
        inherit = "noinherit" if role == REQUEST else "inherit"
        yield f"alter role {role} login {inherit} password '{scram_verifier(password)}';"
    for audience in AUDIENCES:
        # From 16 on the option is kept with the grant; on 15 it is the role's own attribute, set above.
        yield (
            "do $$ begin if current_setting('server_version_num')::int >= 160000 "
            f"then execute 'grant {audience} to {REQUEST} with inherit false, set true'; "
            f"else grant {audience} to {REQUEST}; end if; end $$;"
        )
    yield "commit;"


def scram_verifier(password: str) -> str:
    """The SCRAM-SHA-256 verifier (RFC 5803) that PostgreSQL stores for an ASCII password, with a fresh salt."""
    iterations, salt = 4096, random_source.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    text = [base64.b64encode(part).decode() for part in (salt, stored_key, server_key)]
    return f"SCRAM-SHA-256${iterations}:{text[0]}${text[1]}:{text[2]}"


def _in_order(connection: psycopg.Connection[Any], urls: Urls) -> bool:
    """Whether every role exists with its attributes and memberships, and signs in with its password."""
    row = connection.execute(
        """
        select (select count(*) from pg_roles where rolname = any(%(logins)s) and rolcanlogin
                  and rolinherit = (rolname <> %(request)s) and not rolsuper and not rolbypassrls) = 3
           and (select count(*) from pg_roles where rolname = any(%(audiences)s) and not rolcanlogin) = %(expected)s
           and (select count(distinct m.roleid) from pg_auth_members m
                  join pg_roles r on r.oid = m.roleid and r.rolname = any(%(audiences)s)
                  join pg_roles g on g.oid = m.member and g.rolname = %(request)s) = %(expected)s
        """,
        {
            "logins": [APPEND, REQUEST, PROJECT],
            "audiences": list(AUDIENCES),
            "expected": len(AUDIENCES),
            "request": REQUEST,
        },
    ).fetchone()
    if row is None or not row[0]:
        return False
    try:
        for url in (urls.append, urls.request, urls.project):
            psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError as refused:
        if "too many" in str(refused) or "starting up" in str(refused):
            raise
        return False
    return True


def _execute_retrying(connection: psycopg.Connection[Any], sql: str, attempts: int = 5) -> None:
    """Run a script of its own transaction; roles are shared by all databases, so another one may collide."""
    for attempt in range(1, attempts + 1):
        try:
            connection.execute(sql.encode())
            return
        except (errors.UniqueViolation, errors.DuplicateObject, errors.InternalError):
            connection.execute("rollback")
            if attempt == attempts:
                raise
        except psycopg.Error:
            connection.execute("rollback")
            raise
