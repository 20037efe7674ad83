"""Immutable documents addressed by their SHA-256: a grid that serves a thousand towns is stored once.

Reading goes through a process cache, which can never be stale.
"""

import hashlib
import threading
from collections import OrderedDict
from typing import Any, Final

from psycopg_pool import ConnectionPool

_PUT: Final = "select ledger.ledger_document_put(%b, %b, %b)"
_GET: Final = "select content from ledger.ledger_document(%b)"


class Documents:
    """The documents that events refer to. `pool` is under the append role; `capacity` bytes are kept in memory."""

    def __init__(self, pool: ConnectionPool[Any], capacity: int = 32 * 1024 * 1024) -> None:
        self._pool = pool
        self._capacity = capacity
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def remember(self, content: bytes) -> str:
        """The SHA-256 of a document that may never be stored; this process reads it like a stored one meanwhile."""
        digest = hashlib.sha256(content).hexdigest()
        self._keep(digest, content)
        return digest

    def put(self, content: bytes, media_type: str = "application/json") -> str:
        """Store a document; its SHA-256 in hexadecimal. A document that is there already stays as it is."""
        digest = hashlib.sha256(content)
        with self._pool.connection() as connection:
            connection.execute(_PUT, (digest.digest(), media_type, content))
        self._keep(digest.hexdigest(), content)
        return digest.hexdigest()

    def get(self, digest: str) -> bytes:
        """The document with this SHA-256 in hexadecimal. Raises KeyError when there is none."""
        with self._lock:
            if digest in self._kept:
                self._kept.move_to_end(digest)
                return self._kept[digest]
        with self._pool.connection() as connection:
            row = (
                connection.cursor(binary=True)
                .execute(_GET, (bytes.fromhex(digest),), prepare=True)
                .fetchone()
            )
        if row is None:
            raise KeyError(digest)
        content = bytes(row[0])
        self._keep(digest, content)
        return content

    def _keep(self, digest: str, content: bytes) -> None:
        with self._lock:
            if digest not in self._kept:
                self._kept[digest] = content
                self._size += len(content)
            while self._size > self._capacity and len(self._kept) > 1:
                self._size -= len(self._kept.popitem(last=False)[1])
