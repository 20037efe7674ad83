"""Filed documents as they go out; they come in as bytes."""

from marshmallow import fields

from services.schemas.answers import Answer
from services.schemas.fields import Instant


class DocumentAnswer(Answer):
    """A filed document; its bytes are at its own address."""

    sha256 = fields.String()
    name = fields.String()
    media_type = fields.String()
    size = fields.Integer(metadata={"description": "In bytes."})
    about = fields.String(allow_none=True)
    filed_at = Instant()
    position = fields.Integer()
