"""Signing in and out, and who a token stands for. Revocation is synchronous: every question asks the session's row.

Works under the request role, through functions of the database; accounts are made elsewhere, by the owner.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final, Literal, TypeAlias

import msgspec
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from infra.clock import Clock
from infra.identity.accounts import email_key
from infra.identity.passwords import BusyError, Passwords
from infra.identity.tokens import SessionKey

Role: TypeAlias = Literal["insurer", "town", "grouping", "operator"]

SESSION_HOURS: Final = 12
MOST_FAILURES: Final = 8
FAILURES_WITHIN: Final = timedelta(minutes=15)
_BUSY_SECONDS: Final = 2
_LONGEST_KEY: Final = 254

_BEGIN: Final = "select attempt, free_at, password from identity.sign_in_begin(%s, %s, %s, %s)"
_MAKE: Final = "select identity.session_begin(%s, %s, %s, %s)"
_PRINCIPAL: Final = (
    "select account, %(sid)s::text as session, email, name, role, code, organisation, fictitious, expires_at, communes"
    " from identity.session_principal(%(sid)s, %(now)s)"
)
_REVOKE: Final = "select identity.session_revoke(%s, %s)"
_REVOKE_ALL: Final = "select identity.account_revoke(%s, %s)"


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in. `account` is opaque and the actor of commands; `code` is the organisation's SIREN, INSEE code
    or `platform`, `organisation` its name; `communes` are the INSEE codes of a grouping, none for anybody else."""

    account: str
    session: str
    role: Role
    code: str
    organisation: str
    fictitious: bool
    name: str
    email: str
    expires_at: datetime
    communes: Sequence[str] = ()


class Token(msgspec.Struct, frozen=True):
    """A signed token and who it stands for, until when."""

    text: str
    expires_at: datetime
    principal: Principal


class SignInRefused(Exception):
    """No open account has this e-mail address with this password: which of the three it is, nobody is told."""


class SignInThrottled(Exception):
    """Too many attempts failed for this address: another may be made in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"another attempt may be made in {seconds} s")
        self.seconds = seconds


class SignInBusy(Exception):
    """More people sign in at once than this process checks: try again in `seconds`. Nothing was counted."""

    def __init__(self, seconds: int = _BUSY_SECONDS) -> None:
        super().__init__(f"too many people sign in at once: try again in {seconds} s")
        self.seconds = seconds


class Identity:
    """Sessions of people. `pool` is under the request role."""

    def __init__(
        self, pool: ConnectionPool[Any], key: SessionKey, clock: Clock, passwords: Passwords | None = None
    ) -> None:
        self._pool = pool
        self._key = key
        self._clock = clock
        self._passwords = passwords or Passwords()

    def sign_in(self, email: str, password: str) -> Token:
        """Begin a session. Raises SignInRefused, SignInThrottled or SignInBusy; time and answer tell nothing more."""
        try:
            with self._passwords.turn():
                return self._sign_in(email, password)
        except BusyError:
            raise SignInBusy from None

    def _sign_in(self, email: str, password: str) -> Token:
        now = self._clock.now()
        with self._pool.connection() as connection:
            row = connection.execute(
                _BEGIN, (_plain(email_key(email)), now, MOST_FAILURES, FAILURES_WITHIN), prepare=True
            ).fetchone()
        attempt, free_at, stored = row or (None, now, None)
        if attempt is None:
            raise SignInThrottled(max(1, ceil((free_at - now).total_seconds())))
        if not self._passwords.check(stored, password):
            raise SignInRefused
        sid, expires_at = secrets.token_hex(16), now + timedelta(hours=SESSION_HOURS)
        with self._pool.connection() as connection:
            made = connection.execute(_MAKE, (attempt, sid, now, expires_at), prepare=True).fetchone()
        principal = self._principal(sid) if made and made[0] else None
        if principal is None:  # disabled, or its attempt swept away, while the password was checked
            raise SignInRefused
        text = self._key.sign(principal.account, sid, now, expires_at)
        return Token(text, expires_at, principal)

    def principal(self, token: str) -> Principal | None:
        """Who a token stands for now; None when it is not ours, expired or revoked, or its account disabled."""
        claims = self._key.read(token, self._clock.now())
        if claims is None:
            return None
        found = self._principal(claims.sid)
        return found if found is not None and found.account == claims.sub else None

    def sign_out(self, token: str) -> None:
        """End the session of a token. A token that stands for nobody is nothing to end."""
        claims = self._key.read(token, self._clock.now())
        if claims is not None:
            with self._pool.connection() as connection:
                connection.execute(_REVOKE, (claims.sid, self._clock.now()), prepare=True)

    def revoke_account(self, account: str) -> int:
        """End every session of an account at once; how many there were."""
        with self._pool.connection() as connection:
            row = connection.execute(_REVOKE_ALL, (account, self._clock.now()), prepare=True).fetchone()
        return int(row[0]) if row else 0

    def _principal(self, sid: str) -> Principal | None:
        given = {"sid": sid, "now": self._clock.now()}
        with self._pool.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Principal))
            found: Principal | None = cursor.execute(_PRINCIPAL, given, prepare=True).fetchone()
        return found


def _plain(key: str) -> str:
    # What the database cannot take (a NUL, half a surrogate pair) is in no account's address either.
    return key.replace("\0", "\ufffd").encode(errors="replace").decode()[:_LONGEST_KEY]
