"""The values of an index as an accord was given them: what a convention is judged on lies in its own drawer."""

from datetime import date, datetime
from typing import ClassVar, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.tariffs.indices import IndexName


@event("index.applied")
class IndexApplied(Event, frozen=True, kw_only=True):
    """A value is handed on to an accord that follows the index; `platform_position` is where it was published."""

    index: IndexName
    year: int
    value: str
    published_on: date
    source: str
    platform_position: int


class AppliedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value as an accord was given it."""

    index: IndexName
    year: int
    value: str
    published_on: date
    recorded_at: datetime


class AppliedIndex(Aggregate, kw_only=True):
    """The values of one index that an accord was given; its stream's key is the index's name."""

    kind: ClassVar[str] = "applied-index"
    begins_with: ClassVar[type[Event]] = IndexApplied

    values: list[AppliedValue] = msgspec.field(default_factory=list)

    @classmethod
    def apply_index(
        cls,
        known: Self | None,
        stream: str,
        *,
        index: IndexName,
        year: int,
        value: str,
        published_on: date,
        source: str,
        platform_position: int,
    ) -> Self:
        """Hand a published value on; once is enough."""
        aggregate = known or cls(id=stream)
        if (year, published_on) not in {(given.year, given.published_on) for given in aggregate.values}:
            aggregate.record(
                IndexApplied,
                index=index,
                year=year,
                value=value,
                published_on=published_on,
                source=source,
                platform_position=platform_position,
            )
        return aggregate

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        if isinstance(event, IndexApplied):
            self.values.append(
                AppliedValue(
                    index=event.index,
                    year=event.year,
                    value=event.value,
                    published_on=event.published_on,
                    recorded_at=event.timestamp,
                )
            )
