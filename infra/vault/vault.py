"""Sealing and opening personal fields with the key of their person (AES-256-GCM).

A sealed value is bound to the event's topic and version, to the field, and to the stream, which names tenant and owner.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final, cast

import msgspec
import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg_pool import ConnectionPool

from domain.events import Event, Sealed, personal_fields, personal_plan
from infra.vault.master import KEY_BYTES, MasterKey

_KEEP: Final = "select wrapped from vault.vault_keep(%b, %b)"
_KEYS: Final = "select whose_key, wrapped from vault.vault_keys(%b)"
_NONCE_BYTES: Final = 12
_set: Final = msgspec.structs.force_setattr


class _Ciphers:
    """Ciphers already unwrapped, bounded; a process keeps none longer than it needs the room."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, AESGCM] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, whose: str) -> AESGCM | None:
        return self._kept.get(whose)

    def put(self, whose: str, cipher: AESGCM) -> None:
        with self._lock:
            self._kept[whose] = cipher
            while len(self._kept) > self._capacity:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


class Vault:
    """Seals the personal fields of new events. `pool` is under the append role."""

    def __init__(self, pool: ConnectionPool[Any], master: MasterKey, capacity: int = 10_000) -> None:
        self._pool = pool
        self._master = master
        self._ciphers = _Ciphers(capacity)

    def seal(self, event: Event) -> Event:
        """The event with every personal field sealed. The person's key is committed before this returns."""
        whose = _whose(event)
        cipher = self._ciphers.get(whose) or self._keep(whose)
        sealed = {}
        for field, origin, _ in personal_plan(type(event)):
            value = getattr(event, field)
            if value is not None and not isinstance(value, Sealed):
                nonce = os.urandom(_NONCE_BYTES)
                ciphertext = cipher.encrypt(
                    nonce, msgspec.json.encode(value), _binding(origin, event.originator_id)
                )
                sealed[field] = Sealed(nonce + ciphertext)
        return msgspec.structs.replace(event, **sealed)

    def fingerprint(self, content: bytes) -> bytes:
        """What stands for a command's input in the ledger: a plain digest of names could be guessed at."""
        return self._master.fingerprint(content)

    def _keep(self, whose: str) -> AESGCM:
        fresh = self._master.wrap(os.urandom(KEY_BYTES), whose)
        with self._pool.connection() as connection:
            cursor = connection.cursor(binary=True)
            ((wrapped,),) = cursor.execute(_KEEP, ([whose], [fresh]), prepare=True).fetchall()
        cipher = AESGCM(self._master.unwrap(wrapped, whose))
        self._ciphers.put(whose, cipher)
        return cipher


class Opener:
    """Opens sealed fields for the views that show them, a batch of events at a time."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master

    def open_batch(self, connection: psycopg.Connection[Any], events: Iterable[Event]) -> None:
        """Put the personal fields of freshly decoded events in clear; one query for all their keys.

        What belongs to a person whose key was destroyed stays sealed. Raises ValueError for a value that was
        moved or altered.
        """
        sealed = [(event, _whose(event)) for event in events if personal_fields(type(event))]
        people = {whose for _, whose in sealed}
        if not people:
            return
        rows = connection.cursor(binary=True).execute(_KEYS, (list(people),), prepare=True).fetchall()
        ciphers = {whose: AESGCM(self._master.unwrap(wrapped, whose)) for whose, wrapped in rows}
        for event, whose in sealed:
            if whose in ciphers:
                _open(event, ciphers[whose])


def _open(event: Event, cipher: AESGCM) -> None:
    stream, decrypt = event.originator_id, cipher.decrypt
    for field, origin, decode in personal_plan(type(event)):
        value = getattr(event, field)
        if value.__class__ is not Sealed:
            continue
        sealed = value.sealed
        try:
            clear = decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _binding(value.origin or origin, stream)
            )
        except InvalidTag as error:
            msg = f"a sealed value of {stream} was moved or altered: {field}"
            raise ValueError(msg) from error
        _set(event, field, decode(clear))  # nobody else holds the event yet


def _whose(event: Event) -> str:
    # A person as one drawer knows them: the same person with two insurers has two keys.
    tenant, owner, _ = event.originator_id.split("/", 2)
    return f"{tenant}/{owner}/{cast(Any, event).person}"


def _binding(origin: str, stream: str) -> bytes:
    return f"{origin}|{stream}".encode()
