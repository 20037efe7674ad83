"""Organisations and their accounts, made and changed through the owner's connection: from a shell, or by the demo.

No request can do any of this: the request role has no right to it.
"""

import re
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import msgspec
import psycopg
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row

from domain.tenancy import is_commune_code, is_siren
from infra.errors import OperatorError
from infra.identity.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, Passwords

Kind = Literal["insurer", "town", "grouping", "operator"]

PLATFORM_CODE: Final = "platform"
_GROUPING = re.compile(r"[0-9]{9}|[0-9]{2,3}|2[AB]")
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}@[^\s@\x00-\x1f\x7f]{1,189}")
_DEFAULT: Final = Passwords()


class AccountError(OperatorError):
    """An organisation or account that cannot be as asked; the message says why."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account as lists show it; `code` and `organisation` are its organisation's code and name."""

    id: str
    email: str
    name: str
    role: Kind
    code: str
    organisation: str
    fictitious: bool
    made_at: datetime
    disabled_at: datetime | None


def email_key(email: str) -> str:
    """What makes two addresses the same: no case, no space at either end."""
    return email.strip().casefold()


def organisation_id(kind: Kind, code: str) -> str:
    """The id of an organisation. AccountError when `code` is not of its kind.

    A SIREN, an INSEE code, an agglomeration's SIREN or a department's code, or `platform`.
    """
    right: dict[Kind, Callable[[str], object]] = {
        "insurer": is_siren,
        "town": is_commune_code,
        "grouping": _GROUPING.fullmatch,
        "operator": PLATFORM_CODE.__eq__,
    }
    if not right[kind](code):
        raise AccountError(f"{code!r} is not the code of an organisation of kind {kind}.")
    return f"{kind}:{code}"


def add_organisation(
    connection: psycopg.Connection[Any], kind: Kind, code: str, name: str, *, fictitious: bool = False
) -> str:
    """Keep an organisation, or its new name; its id. Raises AccountError."""
    identity = organisation_id(kind, code)
    connection.execute(
        "insert into identity.organisation (id, kind, code, name, fictitious) values (%s, %s, %s, %s, %s)"
        " on conflict (id) do update set name = excluded.name, fictitious = excluded.fictitious",
        (identity, kind, code, name, fictitious),
    )
    return identity


def set_communes(connection: psycopg.Connection[Any], organisation: str, communes: Sequence[str]) -> None:
    """Say which communes a grouping reads, instead of those it read. Raises AccountError."""
    wrong = next((code for code in communes if not is_commune_code(code)), None)
    if wrong is not None:
        raise AccountError(f"{wrong!r} is not the INSEE code of a commune.")
    with connection.transaction():
        if (
            not organisation.startswith("grouping:")
            or not connection.execute(
                "select from identity.organisation where id = %s for update", (organisation,)
            ).fetchall()
        ):
            raise AccountError(f"There is no grouping {organisation.partition(':')[2]}.")
        connection.execute("delete from identity.grouping_commune where organisation = %s", (organisation,))
        connection.execute(
            "insert into identity.grouping_commune (organisation, commune) select distinct %s, unnest(%s::text[])",
            (organisation, list(communes)),
        )


def add_account(
    connection: psycopg.Connection[Any],
    organisation: str,
    *,
    email: str,
    name: str,
    password: str,
    now: datetime,
    passwords: Passwords = _DEFAULT,
) -> str:
    """Make an account in an organisation, with the role of its kind; its id. Raises AccountError."""
    if not _EMAIL.fullmatch(email.strip()):
        raise AccountError(f"{email!r} is not an e-mail address.")
    identity = uuid.uuid4().hex
    try:
        row = connection.execute(
            "insert into identity.account (id, email, email_key, password, name, role, organisation, made_at)"
            " select %s, %s, %s, %s, %s, kind, id, %s from identity.organisation where id = %s returning id",
            (
                identity,
                email.strip(),
                email_key(email),
                _hashed(passwords, password),
                name,
                now,
                organisation,
            ),
        ).fetchone()
    except UniqueViolation:
        raise AccountError(f"{email} has an account already.") from None
    if row is None:
        raise AccountError(f"There is no organisation {organisation}.")
    return identity


def set_password(
    connection: psycopg.Connection[Any],
    email: str,
    password: str,
    now: datetime,
    passwords: Passwords = _DEFAULT,
) -> None:
    """Give an account another password and end its sessions. Raises AccountError."""
    _change(connection, email, now, "password = %(value)s", _hashed(passwords, password))


def disable_account(connection: psycopg.Connection[Any], email: str, now: datetime) -> None:
    """Close an account and end its sessions at once. Raises AccountError."""
    _change(connection, email, now, "disabled_at = coalesce(disabled_at, %(value)s)", now)


def enable_account(connection: psycopg.Connection[Any], email: str, now: datetime) -> None:
    """Open a closed account again. Raises AccountError."""
    _change(connection, email, now, "disabled_at = %(value)s", None)


def list_accounts(connection: psycopg.Connection[Any]) -> list[Account]:
    """Every account, by role, organisation and address."""
    with connection.cursor(row_factory=class_row(Account)) as cursor:
        return cursor.execute(
            "select a.id, a.email, a.name, a.role, o.code, o.name as organisation, o.fictitious, a.made_at,"
            " a.disabled_at from identity.account a join identity.organisation o on o.id = a.organisation"
            " order by a.role, o.code, a.email_key"
        ).fetchall()


def _change(
    connection: psycopg.Connection[Any], email: str, now: datetime, assignment: str, value: object
) -> None:
    with connection.transaction():
        row = connection.execute(
            f"update identity.account set {assignment} where email_key = %(key)s returning id".encode(),  # noqa: S608 (ours)
            {"value": value, "key": email_key(email)},
        ).fetchone()
        if row is None:
            raise AccountError(f"No account has the address {email}.")
        connection.execute("select identity.account_revoke(%s, %s)", (row[0], now))


def _hashed(passwords: Passwords, password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountError(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")
    return passwords.hash(password)
