"""What every answer is made of: the receipt of a command, a page of a list; and how a list is asked for."""

from functools import cache, cached_property
from typing import Any, Final

from marshmallow import Schema, fields, missing

from services.schemas.fields import Text, Whole
from services.schemas.reading import Given

PAGE = 50
LARGEST_PAGE = 200
ITSELF = "itself"
_CURSOR = 1_000
_PLAIN: Final[dict[type, type]] = {fields.String: str, fields.Integer: int, fields.Boolean: bool}
"""Fields that show a value of a type as it is."""


class Answer(Schema):
    """The base of everything that is answered."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What a field shows; ITSELF is the object, for a part whose values lie in the same row."""
        if attr == ITSELF:
            return obj
        return obj.get(attr, default) if isinstance(obj, dict) else getattr(obj, attr, default)

    @cached_property
    def _columns(self) -> list[tuple[str, str, str, type | None, fields.Field[Any]]]:
        return [
            (name, field.data_key or name, field.attribute or name, _PLAIN.get(type(field)), field)
            for name, field in self.dump_fields.items()
        ]

    def _serialize(self, obj: Any, *, many: bool = False) -> Any:
        # What marshmallow does, without asking each field again of what JSON has already: a third of the cost.
        if many and obj is not None:
            return [self._serialize(each) for each in obj]
        shown = {}
        for name, key, attribute, plain, field in self._columns:
            value = self.get_attribute(obj, attribute, missing)
            if value is missing:
                value = field.serialize(name, obj, accessor=self.get_attribute)
            elif plain is None or not (value is None or value.__class__ is plain):
                value = field._serialize(value, name, obj)  # noqa: SLF001 (what field.serialize calls)
            if value is not missing:
                shown[key] = value
        return shown


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
