"""Passwords: hashed with Argon2id, checked in the same time whether or not there is anything to check against.

A check costs a fifth of a second of one core on purpose; how many run at once is bounded, and so is the queue.
"""

import base64
import os
import secrets
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
"""Characters. Longer ones are refused before they are hashed."""

_WAITING: Final = 8
_PATIENCE_SECONDS: Final = 3.0
_SALT_BYTES, _HASH_BYTES = 16, 32


class BusyError(Exception):
    """As many passwords are being checked as this process will check at once."""


class Passwords:
    """Hashes and checks passwords. `at_once` checks run together, by default on half of the cores."""

    def __init__(
        self,
        *,
        time_cost: int = 3,
        memory_kib: int = 65_536,
        at_once: int | None = None,
        waiting: int = _WAITING,
    ) -> None:
        # RFC 9106's second recommendation (64 MiB, 3 passes), on one lane: a check never takes more than one core.
        self._hasher = PasswordHasher(
            time_cost=time_cost,
            memory_cost=memory_kib,
            parallelism=1,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
            type=Type.ID,
        )
        self._nobody = _hash_of_nothing(time_cost, memory_kib)
        running = at_once or max(1, (os.cpu_count() or 1) // 2)
        self._running = threading.BoundedSemaphore(running)
        self._admitted = threading.BoundedSemaphore(running + waiting)

    def hash(self, password: str) -> str:
        """The encoded hash of a password, with a salt of its own."""
        return self._hasher.hash(_normal(password))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn to check a password. Raises BusyError when too many wait, or for too long."""
        if not self._admitted.acquire(blocking=False):
            raise BusyError
        try:
            if not self._running.acquire(timeout=_PATIENCE_SECONDS):
                raise BusyError
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._admitted.release()

    def check(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one behind `stored`; None takes as long and is never right. Within a `turn`."""
        try:
            self._hasher.verify(stored or self._nobody, _normal(password[:LONGEST_PASSWORD]))
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None and len(password) <= LONGEST_PASSWORD


def generated_password() -> str:
    """A password of 96 random bits that can be read out: four groups of letters and digits."""
    text = base64.b32encode(secrets.token_bytes(15)).decode().lower()[:20]
    return "-".join(text[start : start + 5] for start in range(0, 20, 5))


def _hash_of_nothing(time_cost: int, memory_kib: int) -> str:
    """A hash that no password has; to check against it costs what a real one costs."""
    salt, digest = (
        base64.b64encode(os.urandom(size)).decode().rstrip("=") for size in (_SALT_BYTES, _HASH_BYTES)
    )
    return f"$argon2id$v=19$m={memory_kib},t={time_cost},p=1${salt}${digest}"


def _normal(password: str) -> bytes:
    # The same accents typed on another keyboard may be composed otherwise.
    return unicodedata.normalize("NFKC", password).encode(errors="replace")
