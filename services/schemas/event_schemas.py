"""The list of the published schemas of events."""

from marshmallow import fields

from services.schemas.answers import Answer


class EventSchemaAnswer(Answer):
    """A JSON Schema: of the events stored under a name, or of the record that carries any of them."""

    name = fields.String(metadata={"description": "`topic.vN`, or `cloudevent` for the record."})
    id = fields.String(metadata={"description": "Its `$id`, which a record's `dataschema` names."})
    href = fields.String(metadata={"description": "Where it is."})


class EventSchemasAnswer(Answer):
    """All of them, by name."""

    items = fields.List(fields.Nested(EventSchemaAnswer))
