"""What every event has in common: a permanent name, a version, sealed personal fields, and how bytes become one.

Names are handwritten and for ever; Python classes may move. The stored name of an event is `topic.vN`.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Any, ClassVar, Final, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from eventsourcing.domain import CanMutateAggregate

UNRECORDED: Final = datetime.min.replace(tzinfo=UTC)
"""The time of an event that the ledger has not recorded yet: the domain has no clock."""

T = TypeVar("T")
E = TypeVar("E", bound="Event")


class Sealed(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A personal value as it is stored: ciphertext that only the key of its person opens.

    `origin` is never stored: it names the shape and field a value was sealed in when that is not the present one.
    """

    sealed: bytes
    origin: str = ""


Personal = Union[T, Sealed]  # noqa: UP007 (a generic alias cannot be spelled with a bar)
"""A value about a person: clear while the command runs and in `*_person` tables, sealed everywhere else."""


class Event(msgspec.Struct, CanMutateAggregate[str], frozen=True, kw_only=True):
    """Something that became true in one stream.

    The first three fields are the envelope's: they lie in columns of the ledger, never in the stored bytes.
    An event with personal fields has a field `person`, whose key seals them.
    """

    topic: ClassVar[str] = ""
    schema: ClassVar[int] = 1

    originator_id: str = ""
    originator_version: int = 0
    timestamp: datetime = UNRECORDED

    def apply(self, aggregate: Any) -> None:
        """Let the aggregate evolve; it assigns and never refuses, so that old events load under new rules."""
        aggregate.evolve(self)

    def mutate(self, aggregate: Any) -> Any:
        """The aggregate after this event; the first event of a stream makes it."""
        if aggregate is None:
            aggregate = _AGGREGATES[type(self)](id=self.originator_id)
        return super().mutate(aggregate)


_ENVELOPE: Final = frozenset({"originator_id", "originator_version", "timestamp"})
_CLASSES: Final[dict[str, type[Event]]] = {}
_UPCASTERS: Final[dict[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {}
_AGGREGATES: Final[dict[type[Event], Callable[..., Any]]] = {}
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


class UnknownEventError(LookupError):
    """A stored name that this version of the code does not know."""


def event(topic: str, version: int = 1) -> Callable[[type[E]], type[E]]:
    """Give an event class its permanent topic (`member.joined`) and the version of its present shape."""

    def register(cls: type[E]) -> type[E]:
        name = f"{topic}.v{version}"
        # A class kept for an older version would take events away from the handlers of the present one.
        if any(known.topic == topic for known in _CLASSES.values()):
            msg = f"two classes claim the topic of {name}"
            raise TypeError(msg)
        if personal_fields(cls) and "person" not in cls.__struct_fields__:
            msg = f"{name} has personal fields and does not say whose"
            raise TypeError(msg)
        cls.topic, cls.schema = topic, version
        _CLASSES[name] = cls
        return cls

    return register


def upcaster(topic: str, from_version: int) -> Callable[[Callable[[dict[str, Any]], dict[str, Any]]], None]:
    """Register how the payload of `topic` at `from_version` becomes that of the next version."""

    def register(function: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        _UPCASTERS[f"{topic}.v{from_version}"] = function

    return register


def begins(event_class: type[Event], aggregate: Callable[..., Any]) -> None:
    """Say which aggregate a stream is whose first event is `event_class`."""
    _AGGREGATES[event_class] = aggregate


def registered() -> Mapping[str, type[Event]]:
    """Every current event class by stored name. The contexts must have been imported (`domain`)."""
    return dict(_CLASSES)


def stored_name(event_class: type[Event]) -> str:
    """The name under which events of this class are stored now: `member.joined.v1`."""
    return f"{event_class.topic}.v{event_class.schema}"


def stored_names(topic: str) -> tuple[str, ...]:
    """All names under which events of a topic may lie in a ledger, oldest first. Raises UnknownEventError."""
    for cls in _CLASSES.values():
        if cls.topic == topic:
            return tuple(f"{topic}.v{version}" for version in range(1, cls.schema + 1))
    raise UnknownEventError(topic)


def topic_of(name: str) -> str:
    """The topic of a stored name, whether this version of the code knows the name or not."""
    return name.rpartition(".v")[0]


@cache
def personal_fields(event_class: type[Event]) -> tuple[str, ...]:
    """The names of the fields that are sealed, in order."""
    hints = get_type_hints(event_class)
    return tuple(
        name
        for name in event_class.__struct_fields__
        if get_origin(hints[name]) in (Union, UnionType) and Sealed in get_args(hints[name])
    )


def sealed_in(name: str, field: str) -> str:
    """What a sealed value is bound to besides its stream: the stored name of the event and the field."""
    return f"{name}|{field}"


class PersonalField(NamedTuple):
    """A personal field of an event class: how its value is bound when sealed, and read when opened."""

    name: str
    origin: str
    decode: Callable[[bytes], Any]


@cache
def personal_plan(event_class: type[Event]) -> tuple[PersonalField, ...]:
    """Each personal field with the origin of a value sealed in the present shape."""
    hints, name = get_type_hints(event_class), stored_name(event_class)
    return tuple(
        PersonalField(field, sealed_in(name, field), msgspec.json.Decoder(_clear_type(hints[field])).decode)
        for field in personal_fields(event_class)
    )


def _clear_type(hint: Any) -> Any:
    return Union[tuple(part for part in get_args(hint) if part is not Sealed)]  # noqa: UP007 (made at run time)


@cache
def _payload_fields(event_class: type[Event]) -> tuple[str, ...]:
    return tuple(name for name in event_class.__struct_fields__ if name not in _ENVELOPE)


def encode(fact: Event) -> bytes:
    """The canonical JSON of an event's payload: sorted keys, no envelope.

    Raises TypeError when a personal field is in clear: nothing of a person may reach the ledger unsealed.
    """
    for field in personal_fields(type(fact)):
        if not isinstance(getattr(fact, field), Sealed | None):
            msg = f"{fact.topic}: {field} is not sealed"
            raise TypeError(msg)
    return _ENCODER.encode({name: getattr(fact, name) for name in _payload_fields(type(fact))})


@cache
def _decoder(name: str) -> Callable[[bytes], Event]:
    if name in _CLASSES:
        return msgspec.json.Decoder(_CLASSES[name]).decode
    topic, _, version = name.rpartition(".v")
    steps: list[Callable[[dict[str, Any]], dict[str, Any]]] = []
    at = int(version) if version.isdigit() else 0
    while f"{topic}.v{at}" in _UPCASTERS and f"{topic}.v{at}" not in _CLASSES:
        steps.append(_UPCASTERS[f"{topic}.v{at}"])
        at += 1
    if f"{topic}.v{at}" not in _CLASSES:
        raise UnknownEventError(_why_unknown(name, topic, at))
    current = _CLASSES[f"{topic}.v{at}"]

    def decode_old(state: bytes) -> Event:
        payload = msgspec.json.decode(state)
        for field, value in payload.items():
            if isinstance(value, dict) and value.keys() == {"sealed"}:
                value["origin"] = sealed_in(name, field)
        for step in steps:
            payload = step(payload)
        return msgspec.convert(payload, current)

    return decode_old


def _why_unknown(name: str, topic: str, at: int) -> str:
    for cls in _CLASSES.values():
        if cls.topic == topic and 0 < at < cls.schema:
            return f"{name}: no upcaster leads from {topic}.v{at} to {stored_name(cls)}"
    return f"{name}: this version of the code knows no such event"


def decode(name: str, state: bytes) -> Event:
    """The event stored as `state` under `name`, brought to its present shape; personal fields stay sealed.

    Raises UnknownEventError for a name the code does not know, msgspec.ValidationError for a wrong shape.
    """
    return _decoder(name)(state)


def known(name: str) -> bool:
    """Whether `decode` knows this stored name."""
    try:
        _decoder(name)
    except UnknownEventError:
        return False
    return True
