"""Events with any values at all, made from their types; personal fields are sealed, as in a ledger."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from domain.events import Event, Sealed

_PLAIN: Final[Mapping[type[msgspec.inspect.Type], st.SearchStrategy[Any]]] = {
    msgspec.inspect.StrType: st.text(max_size=20),
    msgspec.inspect.IntType: st.integers(-(2**63), 2**63 - 1),
    msgspec.inspect.BoolType: st.booleans(),
    msgspec.inspect.DateType: st.dates(),
    msgspec.inspect.TimeType: st.times(),
    msgspec.inspect.DateTimeType: st.datetimes(timezones=st.just(UTC)),
    msgspec.inspect.NoneType: st.none(),
}


def events(event_class: type[Event]) -> st.SearchStrategy[Event]:
    """Events of a class, without envelope."""
    info = msgspec.inspect.type_info(event_class)
    assert isinstance(info, msgspec.inspect.StructType)
    payload = [field for field in info.fields if field.name not in Event.__struct_fields__]
    return st.builds(event_class, **{field.name: _values(field.type) for field in payload})


def _values(kind: msgspec.inspect.Type) -> st.SearchStrategy[Any]:
    plain = _PLAIN.get(type(kind))
    if plain is not None:
        return plain
    match kind:
        case msgspec.inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case msgspec.inspect.UnionType(types=types):
            return _one_of(types)
        case msgspec.inspect.StructType(cls=cls, fields=fields):
            return st.builds(cls, **{field.name: _values(field.type) for field in fields})
        case msgspec.inspect.VarTupleType(item_type=item):
            return st.lists(_values(item), max_size=3).map(tuple)
        case msgspec.inspect.ListType(item_type=item):
            return st.lists(_values(item), max_size=3)
        case msgspec.inspect.TupleType(item_types=items):
            return st.tuples(*map(_values, items))
        case msgspec.inspect.DictType(value_type=value):
            return st.dictionaries(st.text(max_size=8), _values(value), max_size=4)
    raise TypeError(f"no values for {kind}")


def _one_of(kinds: tuple[msgspec.inspect.Type, ...]) -> st.SearchStrategy[Any]:
    if any(_is_sealed(kind) for kind in kinds):
        nulls = [_values(kind) for kind in kinds if isinstance(kind, msgspec.inspect.NoneType)]
        return st.one_of(st.builds(Sealed, st.binary(min_size=1, max_size=30)), *nulls)
    return st.one_of(*map(_values, kinds))


def _is_sealed(kind: msgspec.inspect.Type) -> bool:
    return isinstance(kind, msgspec.inspect.StructType) and kind.cls is Sealed
