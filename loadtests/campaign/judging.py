"""Percentiles of what was asked, and the bars they are held against.

Latency counts from the moment at which a request was due, so that a stalled server is not measured less often.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

from loadtests.campaign.mix import KINDS, Kind
from loadtests.campaign.plan import Asked

BARS: Final[dict[Kind, float]] = {"read": 0.100, "write": 0.250}
"""Seconds at the 95th percentile."""
FRESHNESS: Final = {"store": 0.250, "kafka": 1.0}
"""Seconds at the 99th percentile, by the feed that views follow."""
LEAST_DONE: Final = 0.95
"""A step that answers less than this share of what is due within its time is above the knee."""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share does not exceed; 0 of nothing. `values` are sorted."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else 0.0


def latencies(asked: Iterable[Asked], kind: Kind | None = None, name: str | None = None) -> list[float]:
    """Seconds from due to answered, sorted: of one kind, of one request, or of all."""
    return sorted(
        one.done - one.due
        for one in asked
        if (kind is None or KINDS[one.name] == kind) and (name is None or one.name == name)
    )


def breaks_a_bar(asked: Sequence[Asked]) -> bool:
    """Whether reads or writes are slower than their bar."""
    return any(percentile(latencies(asked, kind), 0.95) >= bar for kind, bar in BARS.items())
