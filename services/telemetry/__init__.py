"""Telemetry: what this process does, as Prometheus reads it, and whether its workers still move.

`from services import telemetry`, then one line where something happens: `telemetry.relay_sent.inc(count)`.
"""

from services.telemetry.metrics import (
    appended,
    follower_failures,
    http_requests,
    ledger_append,
    ledger_group,
    relay_active,
    relay_batch,
    relay_fenced,
    relay_sent,
    stream_duplicates,
    stream_filled,
    stream_rebalances,
    stream_records,
    turn_held,
    view_batch,
    view_events,
    view_freshness,
)

__all__ = [
    "appended",
    "follower_failures",
    "http_requests",
    "ledger_append",
    "ledger_group",
    "relay_active",
    "relay_batch",
    "relay_fenced",
    "relay_sent",
    "stream_duplicates",
    "stream_filled",
    "stream_rebalances",
    "stream_records",
    "turn_held",
    "view_batch",
    "view_events",
    "view_freshness",
]
