"""What every answer is made of: the receipt of a command, a page of a list; and how a list is asked for."""

from functools import cache
from typing import Any

from marshmallow import Schema, fields

from services.schemas.fields import Text, Whole
from services.schemas.reading import Given

PAGE = 50
LARGEST_PAGE = 200
ITSELF = "itself"
_CURSOR = 1_000


class Answer(Schema):
    """The base of everything that is answered."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What a field shows; ITSELF is the object, for a part whose values lie in the same row."""
        return obj if attr == ITSELF else super().get_attribute(obj, attr, default)


class ReceiptAnswer(Answer):
    """What a command did. `position` is null when what it says was true already."""

    id = fields.String(metadata={"description": "The resource that the command is about."})
    href = fields.String(metadata={"description": "Where that resource is."})
    position = fields.Integer(
        allow_none=True,
        metadata={
            "description": "Its place in the ledger: name it in Beffroi-Position to read your own write."
        },
    )


class PageGiven(Given):
    """Which page of a list."""

    limit = Whole(1, LARGEST_PAGE, load_default=PAGE)
    cursor = Text(_CURSOR)


@cache
def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page whose items are of another."""
    name = item.__name__.removesuffix("Answer") + "Page"
    return Answer.from_dict(
        {
            "items": fields.List(fields.Nested(item)),
            "next": fields.String(allow_none=True, metadata={"description": "The cursor of the next page."}),
        },
        name=name,
    )
