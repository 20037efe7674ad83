"""A record of the topic: one event as a CloudEvent 1.0 in JSON, structured mode, its personal fields still sealed.

Source: https://github.com/cloudevents/spec (core and JSON format 1.0.2). `data` is byte for byte what the ledger holds.
"""

from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from infra.feed import FeedRow

CONTENT_TYPE: Final = b"application/cloudevents+json; charset=utf-8"
HEADERS: Final = [("content-type", CONTENT_TYPE)]


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The attributes. `source` is the tenant, `subject` the stream, `type` the stored name with its version.

    `position` and `previous` are decimal texts: the specification's integers have 32 bits.
    """

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    dataschema: str
    datacontenttype: str
    owner: str
    actor: str
    streamversion: int
    position: str
    previous: str
    data: msgspec.Raw


class Relayed(NamedTuple):
    """An event as it came out of a partition; `previous` is the position of the event before it there.

    A reader that has not applied everything up to `previous` has missed something, and finds it in the ledger.
    """

    row: FeedRow
    previous: int


class Taken(NamedTuple):
    """The same with the offset of its record."""

    offset: int
    row: FeedRow
    previous: int


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(CloudEvent)


def schema_of(name: str) -> str:
    """The identifier of the JSON Schema of the data stored under a name (`member.joined.v1`)."""
    return f"urn:beffroi:event:{name}"


def to_record(row: FeedRow, previous: int) -> bytes:
    """The value of the record of an event."""
    return _ENCODER.encode(
        CloudEvent(
            specversion="1.0",
            id=f"{row.stream}/{row.version}",
            source=row.tenant,
            type=row.topic,
            subject=row.stream,
            time=row.recorded_at,
            dataschema=schema_of(row.topic),
            datacontenttype="application/json",
            owner=row.owner,
            actor=row.actor,
            streamversion=row.version,
            position=str(row.position),
            previous=str(previous),
            data=msgspec.Raw(row.state),
        )
    )


def from_record(value: bytes) -> Relayed:
    """The event of a record. Raises msgspec.ValidationError or ValueError for what is no record of ours."""
    found = _DECODER.decode(value)
    row = FeedRow(
        int(found.position), found.source, found.owner, found.subject, found.streamversion, found.type,
        bytes(found.data), found.time, found.actor,
    )  # fmt: skip
    return Relayed(row, int(found.previous))
