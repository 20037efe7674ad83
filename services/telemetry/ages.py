"""How old events are when they become visible: a histogram that takes a whole batch at once.

A view applies thousands of events a second; one call for each would cost more than it tells.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from prometheus_client import REGISTRY
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

BOUNDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 600.0)
"""Upper bounds in seconds."""


class Ages(Collector):
    """Counts ages in seconds by upper bound, under one label; exposed as any histogram is."""

    def __init__(self, name: str, documentation: str, label: str) -> None:
        self._name, self._documentation, self._label = name, documentation, label
        self._lock = threading.Lock()
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}
        REGISTRY.register(self)

    def observe(self, value: str, instants: Sequence[datetime], now: datetime | None = None) -> None:
        """Count how long before `now` (this very moment) each instant was; one in the future counts as 0."""
        moment = (now or datetime.now(UTC)).timestamp()
        ages = [max(moment - instant.timestamp(), 0.0) for instant in instants]
        with self._lock:
            counts = self._counts.setdefault(value, [0] * (len(BOUNDS) + 1))
            for age in ages:
                counts[bisect_left(BOUNDS, age)] += 1
            self._sums[value] = self._sums.get(value, 0.0) + sum(ages)

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """The metric as it stands."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=[self._label])
        with self._lock:
            for value, counts in self._counts.items():
                family.add_metric([value], list(_running(counts)), self._sums[value])
        yield family

    def describe(self) -> Iterator[HistogramMetricFamily]:
        """Its name, without figures."""
        yield HistogramMetricFamily(self._name, self._documentation, labels=[self._label])


def _running(counts: Iterable[int]) -> Iterator[tuple[str, float]]:
    total = 0
    for bound, count in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
        total += count
        yield bound, total
