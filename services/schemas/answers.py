"""What every answer is made of: the receipt of a command, a page of a list; and how a list is asked for."""

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any, Final, NamedTuple

from marshmallow import Schema, fields, missing

from services.schemas.fields import Text, Value, Whole
from services.schemas.reading import Given

PAGE = 50
LARGEST_PAGE = 200
ITSELF = "itself"
_CURSOR = 1_000
_PLAIN: Final[dict[type, type]] = {fields.String: str, fields.Integer: int, fields.Boolean: bool}
"""Fields that show a value of a type as it is."""


class _Column(NamedTuple):
    """A field as it is shown: a value of `plain` as it is, another one as `write` (of our own fields) has it."""

    key: str
    attribute: str
    plain: type | None
    write: Callable[[Any], object] | None
    name: str
    field: fields.Field[Any]


class Answer(Schema):
    """The base of everything that is answered."""

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """What a field shows; ITSELF is the object, for a part whose values lie in the same row."""
        if attr == ITSELF:
            return obj
        return obj.get(attr, default) if isinstance(obj, dict) else getattr(obj, attr, default)

    @cached_property
    def _columns(self) -> list[_Column]:
        return [
            _Column(
                field.data_key or name,
                field.attribute or name,
                _PLAIN.get(type(field)),
                field.write if isinstance(field, Value) else None,
                name,
                field,
            )
            for name, field in self.dump_fields.items()
        ]

    @cached_property
    def _is_direct(self) -> bool:
        """Whether every field shows what the object has under its name."""
        return type(self).get_attribute is Answer.get_attribute and all(
            column.attribute != ITSELF for column in self._columns
        )

    def _serialize(self, obj: Any, *, many: bool = False) -> Any:
        # What marshmallow does, without asking each field again of what JSON has already: a quarter of the cost.
        if many and obj is not None:
            return [self._serialize(each) for each in obj]
        find: Callable[[Any, str, Any], Any] = self.get_attribute
        if self._is_direct:
            find = dict.get if isinstance(obj, dict) else getattr
        shown = {}
        for key, attribute, plain, write, name, field in self._columns:
            value = find(obj, attribute, missing)
            if value.__class__ is plain:
                shown[key] = value
            elif value is missing:
                value = field.serialize(name, obj, accessor=self.get_attribute)
                if value is not missing:
                    shown[key] = value
            elif write is not None:
                shown[key] = None if value is None else write(value)
            else:
                shown[key] = None if value is None else field._serialize(value, name, obj)  # noqa: SLF001 (what field.serialize calls)
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
