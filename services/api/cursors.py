"""Cursors: where a page ended, sealed. Their key columns may be somebody's name, which has no place in an address.

A cursor is bound to the list and to the organisation it was made for; another's, or an altered one, is refused.
"""

import base64
import binascii
import os
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import request

from services.asking import parts, principal
from services.schemas.faults import Fault, InvalidInputError

LONGEST: Final = 1_000
_NONCE: Final = 12


def sealed(after: tuple[Any, ...]) -> str:
    """The cursor that continues after a row, from the columns that order the list."""
    nonce = os.urandom(_NONCE)
    return base64.urlsafe_b64encode(
        nonce + _cipher().encrypt(nonce, msgspec.json.encode(after), _list())
    ).decode()


def opened(cursor: str | None, shape: Any) -> Any:
    """The columns of `shape` (a tuple type) that a cursor holds; None without one. Raises InvalidInputError."""
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        content = _cipher().decrypt(raw[:_NONCE], raw[_NONCE:], _list())
        return msgspec.json.decode(content, type=shape)
    except (InvalidTag, ValueError, binascii.Error, msgspec.ValidationError):
        fault = Fault("$.cursor", "This is not a cursor of this list.", 'a cursor as "next" gave it')
        raise InvalidInputError(fault) from None


def _cipher() -> AESGCM:
    return AESGCM(parts().session_key.derive("cursors"))


def _list() -> bytes:
    who = principal()
    view = "&".join(f"{name}={value}" for name, value in sorted((request.view_args or {}).items()))
    return f"{request.endpoint}|{view}|{who.role}:{who.code}".encode()
