"""Identity: organisations, accounts with passwords, and sessions that end the moment they are revoked.

| file | holds |
|---|---|
| `identity` | signing in and out, and who a token stands for: what a request may ask |
| `accounts` | making and changing accounts, through the owner's connection |
| `passwords` | Argon2id, bounded so that a flood of sign-ins leaves the processor to others |
| `tokens` | the signed token (JWT) that names a session |
"""

from infra.identity.accounts import (
    Account,
    AccountError,
    add_account,
    add_organisation,
    disable_account,
    enable_account,
    list_accounts,
    organisation_id,
    set_communes,
    set_password,
)
from infra.identity.identity import (
    Identity,
    Principal,
    Role,
    SignInBusy,
    SignInRefused,
    SignInThrottled,
    Token,
)
from infra.identity.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, Passwords, generated_password
from infra.identity.tokens import SessionKey, load_session_key

__all__ = [
    "LONGEST_PASSWORD",
    "SHORTEST_PASSWORD",
    "Account",
    "AccountError",
    "Identity",
    "Passwords",
    "Principal",
    "Role",
    "SessionKey",
    "SignInBusy",
    "SignInRefused",
    "SignInThrottled",
    "Token",
    "add_account",
    "add_organisation",
    "disable_account",
    "enable_account",
    "generated_password",
    "list_accounts",
    "load_session_key",
    "organisation_id",
    "set_communes",
    "set_password",
]
