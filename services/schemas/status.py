"""How the system stands."""

from marshmallow import fields

from services.schemas.answers import Answer
from services.schemas.fields import Flag, Instant


class ViewStatusAnswer(Answer):
    """A build of a view; `lag_seconds` is the age of the oldest event that it does not show yet."""

    view = fields.String()
    version = fields.Integer()
    code_version = fields.Integer(allow_none=True)
    build = fields.Integer()
    state = fields.String()
    position = fields.Integer()
    lag_events = fields.Integer()
    lag_seconds = fields.Float()
    moved_at = Instant()
    poisoned_at = fields.Integer(allow_none=True)
    error = fields.String(allow_none=True)
    healthy = Flag()


class FollowerStatusAnswer(Answer):
    """A worker with effects."""

    name = fields.String()
    position = fields.Integer()
    lag_events = fields.Integer()
    moved_at = Instant()
    error = fields.String(allow_none=True)


class StatusAnswer(Answer):
    """The whole; `writer_waiting` commands of this process wait for the ledger."""

    healthy = Flag()
    head = fields.Integer()
    views = fields.List(fields.Nested(ViewStatusAnswer))
    followers = fields.List(fields.Nested(FollowerStatusAnswer))
    writer_waiting = fields.Integer()


class HealthAnswer(Answer):
    """Whether the service lives, or can serve."""

    status = fields.String(metadata={"enum": ["ok", "unavailable"]})
    checks = fields.Dict(keys=fields.String(), values=fields.String())
