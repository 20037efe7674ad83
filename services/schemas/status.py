"""How the system stands."""

from marshmallow import fields

from services.schemas.answers import Answer
from services.schemas.fields import Flag, Instant


class PartitionStatusAnswer(Answer):
    """A partition of Kafka's topic: how far a view has applied it, and up to where it was relayed."""

    partition = fields.Integer()
    position = fields.Integer()
    relayed = fields.Integer()


class ViewStatusAnswer(Answer):
    """A build of a view; `lag_seconds` is the age of the oldest event that it does not show yet.

    `feed` is what it follows; `behind` are the partitions in which it has something to apply.
    """

    view = fields.String()
    version = fields.Integer()
    code_version = fields.Integer(allow_none=True)
    build = fields.Integer()
    state = fields.String()
    feed = fields.String(metadata={"enum": ["store", "kafka"]})
    behind = fields.List(fields.Nested(PartitionStatusAnswer))
    position = fields.Integer()
    lag_events = fields.Integer()
    lag_seconds = fields.Float()
    moved_at = Instant()
    poisoned_at = fields.Integer(allow_none=True)
    error = fields.String(allow_none=True)
    healthy = Flag()


class FollowerStatusAnswer(Answer):
    """A worker with effects; `holder` is the process that does it, null when none does."""

    name = fields.String()
    position = fields.Integer()
    lag_events = fields.Integer()
    moved_at = Instant()
    error = fields.String(allow_none=True)
    holder = fields.String(allow_none=True)


class RelayStatusAnswer(Answer):
    """The relay to Kafka; `active` says whether a process does it now, which is then the `holder` of its lease."""

    holder = fields.String(allow_none=True)
    epoch = fields.Integer()
    active = Flag()
    position = fields.Integer()
    lag_events = fields.Integer()
    lag_seconds = fields.Float()
    renewed_at = Instant(allow_none=True)
    moved_at = Instant()
    error = fields.String(allow_none=True)
    healthy = Flag()


class MailsStatusAnswer(Answer):
    """How many mails wait, left, or were refused for good."""

    waiting = fields.Integer()
    sent = fields.Integer()
    refused = fields.Integer()


class StatusAnswer(Answer):
    """The whole; `writer_waiting` commands of this process wait for the ledger. `relay` is null without Kafka."""

    healthy = Flag()
    head = fields.Integer()
    relay = fields.Nested(RelayStatusAnswer, allow_none=True)
    views = fields.List(fields.Nested(ViewStatusAnswer))
    followers = fields.List(fields.Nested(FollowerStatusAnswer))
    mails = fields.Nested(MailsStatusAnswer)
    writer_waiting = fields.Integer()


class HealthAnswer(Answer):
    """Whether the service lives, or can serve."""

    status = fields.String(metadata={"enum": ["ok", "unavailable"]})
    checks = fields.Dict(keys=fields.String(), values=fields.String())
