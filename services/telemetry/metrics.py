"""What is counted and timed while it happens: one object a metric, for one line where it happens.

Labels are few and known beforehand: never a tenant, an owner or a person. What is read elsewhere, and only when
somebody asks, is in collectors.py.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from services.telemetry.ages import Ages

_MOMENTS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_BATCHES: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)

# Pages and API

http_requests: Final = Histogram(
    "beffroi_http_request_seconds",
    "From the request's arrival in the application to its answer; status is a class (2xx)",
    ["route", "method", "status"],
    buckets=_MOMENTS,
)

# The ledger

ledger_append: Final = Histogram(
    "beffroi_ledger_append_seconds", "One group of commands, sent and committed", buckets=_MOMENTS
)
ledger_group: Final = Histogram(
    "beffroi_ledger_group_commands", "Commands in a group that was appended", buckets=_SIZES
)


def appended(commands: int, seconds: float) -> None:
    """A group of commands was appended."""
    ledger_group.observe(commands)
    ledger_append.observe(seconds)


# Views

view_events: Final = Counter("beffroi_view_events", "Events that a view applied", ["view"])
view_batch: Final = Histogram(
    "beffroi_view_batch_seconds",
    "One batch of a view: prepared, written and committed",
    ["view"],
    buckets=_BATCHES,
)
view_freshness: Final = Ages(
    "beffroi_view_freshness_seconds", "From an event's recording until its view shows it", "view"
)

# Kafka

relay_active: Final = Gauge(
    "beffroi_relay_active", "1 where this process relays, 0 where it stands by or has no relay"
)
relay_sent: Final = Counter("beffroi_relay_events", "Events that the brokers acknowledged")
relay_batch: Final = Histogram(
    "beffroi_relay_batch_seconds", "One batch: read, sent, acknowledged and kept", buckets=_BATCHES
)
relay_fenced: Final = Counter("beffroi_relay_fenced", "Times that this relay found another in its place")

stream_records: Final = Counter("beffroi_stream_records", "Records read from Kafka")
stream_duplicates: Final = Counter(
    "beffroi_stream_duplicates", "Records that a view had applied before", ["view"]
)
stream_filled: Final = Counter(
    "beffroi_stream_filled_events", "Events read from the store because Kafka did not have them", ["view"]
)
stream_rebalances: Final = Counter("beffroi_stream_rebalances", "Times that partitions changed hands here")

# Workers with effects

turn_held: Final = Gauge(
    "beffroi_turn_held", "1 where a worker that acts once for the installation has its turn here", ["worker"]
)
follower_failures: Final = Counter(
    "beffroi_follower_failures", "Effects that failed and are tried again", ["follower"]
)
