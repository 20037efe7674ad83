"""The token of a session: a JWT signed with the installation's own key. It names a session and proves nothing alone.

Other keys that a web process needs (form signatures, cursors) are derived from the same secret.
"""

import base64
import binascii
import hmac
import os
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import jwt
import msgspec

from infra.errors import OperatorError
from infra.secrets import SecretsFolder

SECRET: Final = "session.key"  # noqa: S105 - a file name
ALGORITHM: Final = "HS256"
ISSUER = AUDIENCE = "beffroi"
_KEY_BYTES: Final = 32
_CLAIMS: Final = ("iss", "aud", "sub", "sid", "iat", "exp")
# Times are judged against the injected clock, and again by the session's row.
_OPTIONS: Final[Any] = {"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False}


class Claims(msgspec.Struct, frozen=True):
    """What a token says: whose it is, which session it names, until when."""

    sub: str
    sid: str
    iat: int
    exp: int
    iss: str = ISSUER
    aud: str = AUDIENCE


class SessionKey:
    """The key that signs tokens. Raises ValueError for one that has not 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise ValueError(f"a session key has {_KEY_BYTES} bytes, this one has {len(key)}")
        self._key = key
        # What a token says never changes; whether it still counts is asked of the clock and of its session's row.
        self._claims = lru_cache(maxsize=2048)(self._verified)

    def __repr__(self) -> str:
        return "SessionKey(…)"

    def derive(self, purpose: str) -> bytes:
        """32 bytes for another purpose, from which this key cannot be told."""
        return hmac.digest(self._key, b"beffroi:" + purpose.encode(), "sha256")

    def sign(self, account: str, sid: str, made_at: datetime, expires_at: datetime) -> str:
        """The token of a session."""
        claims = Claims(account, sid, int(made_at.timestamp()), int(expires_at.timestamp()))
        return jwt.encode(msgspec.structs.asdict(claims), self._key, algorithm=ALGORITHM)

    def read(self, token: str, now: datetime) -> Claims | None:
        """What a token says, or None when it is not ours, was altered, or has expired."""
        claims = self._claims(token)
        return claims if claims is not None and claims.exp > now.astimezone(UTC).timestamp() else None

    def _verified(self, token: str) -> Claims | None:
        try:
            values = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=_OPTIONS
            )
            return msgspec.convert({name: values[name] for name in _CLAIMS}, Claims)
        except (jwt.InvalidTokenError, msgspec.ValidationError, UnicodeEncodeError):
            return None


def load_session_key(secrets: SecretsFolder) -> SessionKey:
    """The installation's key, made on first use. Raises OperatorError when its file does not hold one."""
    text = secrets.read_or_create(SECRET, lambda: base64.b64encode(os.urandom(_KEY_BYTES)))
    try:
        return SessionKey(base64.b64decode(text.strip(), validate=True))
    except (ValueError, binascii.Error) as wrong:
        raise OperatorError(
            f"{secrets.path / SECRET} does not hold 32 bytes in base64. Remove it to have a new key made;"
            " everybody then signs in again."
        ) from wrong
