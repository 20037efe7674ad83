"""How tenants are spread over the partitions of a distributed feed: the same way for ever.

Everything of one tenant lies in one partition, in the order of the ledger; two tenants may be handled in any order.
"""

import zlib
from functools import lru_cache
from typing import Final

PARTITIONS: Final = 64
"""For ever: another number would put a tenant's next event in another partition than its last."""


@lru_cache(maxsize=65_536)
def partition_of(tenant: str) -> int:
    """The partition of a tenant: the CRC-32 of its name in UTF-8, modulo 64."""
    return zlib.crc32(tenant.encode()) % PARTITIONS
