"""The master key: it wraps the key of each person and never lies in the database.

It comes from a variable or a file; only a demo may run on a key that was made for it.
"""

import base64
import binascii
import hmac
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from infra.errors import OperatorError
from infra.secrets import SecretsFolder

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class MasterKeyError(OperatorError):
    """No master key, or not one; the message says what to set."""


class MasterKey:
    """Wraps and unwraps keys of 32 bytes; what is wrapped is bound to whose key it is."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            msg = f"a master key has {KEY_BYTES} bytes, this one has {len(key)}"
            raise MasterKeyError(msg)
        self._cipher = AESGCM(key)
        self._fingerprints = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"fingerprints of commands").derive(
            key
        )

    def fingerprint(self, content: bytes) -> bytes:
        """32 bytes that tell whether two contents are the same, and nothing to who has not this key (HMAC-SHA-256)."""
        return hmac.digest(self._fingerprints, content, "sha256")

    def wrap(self, key: bytes, whose: str) -> bytes:
        """The key of `whose`, for the database."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, key, whose.encode())

    def unwrap(self, wrapped: bytes, whose: str) -> bytes:
        """The key of `whose`. Raises MasterKeyError when it was wrapped by another master key or for another person."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], whose.encode())
        except InvalidTag as error:
            msg = "a person's key does not open: is this the master key it was wrapped with?"
            raise MasterKeyError(msg) from error


def load_master_key(*, text: str | None, file: Path | None, generated: SecretsFolder | None) -> MasterKey:
    """The master key from `text` (base64), else from `file`, else from the secrets of a demo, which makes one.

    `generated` is None outside a demo. Raises MasterKeyError with what to set.
    """
    if text is None and file is not None:
        try:
            text = file.read_text()
        except OSError as error:
            msg = f"the master key file {file} cannot be read: {error.strerror}"
            raise MasterKeyError(msg) from error
    if text is None and generated is not None:
        text = generated.read_or_create(
            "master.key", lambda: base64.b64encode(os.urandom(KEY_BYTES))
        ).decode()
    if text is None:
        msg = (
            "no master key: set BEFFROI_MASTER_KEY_FILE to a file that holds 32 random bytes in base64"
            " (openssl rand -base64 32), or BEFFROI_MASTER_KEY; a generated key serves demos only"
        )
        raise MasterKeyError(msg)
    try:
        return MasterKey(base64.b64decode(text.strip(), validate=True))
    except binascii.Error as error:
        msg = "the master key is not base64"
        raise MasterKeyError(msg) from error
