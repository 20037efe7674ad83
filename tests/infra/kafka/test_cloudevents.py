"""A record: a CloudEvent whose data is byte for byte what the ledger holds."""

from datetime import UTC, datetime

import msgspec
import pytest

from infra.feed import FeedRow
from infra.kafka import Relayed, from_record, to_record

ROW = FeedRow(
    position=2**40,
    tenant="commune:38185",
    owner="insurer:999000011",
    stream="commune:38185/insurer:999000011/member/œ1",
    version=3,
    topic="member.joined.v1",
    state='{ "family_name":"sealed",  "café": 1.50 }'.encode(),
    recorded_at=datetime(2026, 3, 16, 9, 30, 0, 123456, tzinfo=UTC),
    actor="account:1",
)


def test_what_is_read_is_what_was_written_to_the_byte() -> None:
    assert from_record(to_record(ROW, 17)) == Relayed(ROW, 17)


def test_positions_beyond_32_bits_are_texts_as_the_specification_wants() -> None:
    assert b'"position":"1099511627776","previous":"17"' in to_record(ROW, 17)


def test_the_ledgers_bytes_are_not_written_anew() -> None:
    assert b'"data":' + ROW.state + b"}" in to_record(ROW, 0)


def test_what_is_no_record_of_ours_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        from_record(b'{"specversion":"1.0","id":"1","source":"s","type":"t"}')
