"""Published figures that a cap may follow: the operator keeps them once for all, each with its source and address.

A town or an insurer may contest one; a later publication revises it.
"""

from datetime import date
from typing import ClassVar, Final, Literal, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.money import parse_decimal
from domain.refusal import Refused

IndexName = Literal["IPC_HT_AVG", "PMSS", "ONDAM"]
INDEX_NAMES: Final[tuple[IndexName, ...]] = ("IPC_HT_AVG", "PMSS", "ONDAM")
_YEARS: Final = (1950, 2199)


@event("index.published")
class IndexPublished(Event, frozen=True, kw_only=True):
    """The value of a year: a percentage (IPC_HT_AVG, ONDAM) or euros a month (PMSS), as a decimal string.

    `source` says who published it, `address` where it can be read.
    """

    index: IndexName
    year: int
    value: str
    published_on: date
    source: str
    address: str | None


@event("index.contested")
class IndexContested(Event, frozen=True, kw_only=True):
    """A town or an insurer says that a value is wrong. `by_tenant` and `by_owner` are the drawer that it reads."""

    index: IndexName
    year: int
    published_on: date
    reason: str
    by_tenant: str
    by_owner: str
    organisation: str


@event("index.upheld")
class IndexUpheld(Event, frozen=True, kw_only=True):
    """The operator answers: the value stands as published."""

    index: IndexName
    year: int
    published_on: date
    answer: str


class PublishedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value as published; `contested_by` are the drawers whose objection waits for an answer."""

    index: IndexName
    year: int
    value: str
    published_on: date
    source: str
    address: str | None = None
    contested_by: tuple[str, ...] = ()


class Index(Aggregate, kw_only=True):
    """Every published value of one index; its stream's key is the index's name."""

    kind: ClassVar[str] = "index"
    begins_with: ClassVar[type[Event]] = IndexPublished

    values: list[PublishedValue] = msgspec.field(default_factory=list)

    @classmethod
    def publish_index(
        cls,
        known: Self | None,
        stream: str,
        *,
        index: IndexName,
        year: int,
        value: str,
        published_on: date,
        source: str,
        address: str | None,
        today: date,
    ) -> Self:
        """Keep a published value; the same again is nothing. A later publication for the same year revises it.

        Refused without a source, for a day to come, an implausible value, or another value of the same publication.
        """
        if not source.strip():
            raise Refused("source-missing", "A published figure is kept with its source.", path="$.source")
        if published_on > today:
            raise Refused("published-later", "A figure was published today or before.", path="$.published_on")
        if not _YEARS[0] <= year <= _YEARS[1]:
            raise Refused("out-of-range", f"From {_YEARS[0]} to {_YEARS[1]}.", path="$.year")
        _demand_value(index, value)
        for earlier in known.values if known else ():
            if (earlier.year, earlier.published_on) == (year, published_on):
                if (earlier.value, earlier.source, earlier.address) == (value, source, address):
                    return known or cls(id=stream)
                raise Refused(
                    "index-known",
                    f"{index} for {year} was published on {published_on.isoformat()} with another value.",
                    path="$.value",
                )
        aggregate = known or cls(id=stream)
        aggregate.record(
            IndexPublished,
            index=index,
            year=year,
            value=value,
            published_on=published_on,
            source=source,
            address=address,
        )
        return aggregate

    def contest_index(
        self, year: int, published_on: date, *, reason: str, by_tenant: str, by_owner: str, organisation: str
    ) -> None:
        """Say that a value is wrong; while it waits for an answer, the same drawer contests it once."""
        value = self._published(year, published_on)
        if f"{by_tenant}/{by_owner}" in value.contested_by:
            return
        self.record(
            IndexContested,
            index=value.index,
            year=year,
            published_on=published_on,
            reason=reason,
            by_tenant=by_tenant,
            by_owner=by_owner,
            organisation=organisation,
        )

    def uphold_index(self, year: int, published_on: date, *, answer: str) -> None:
        """Answer all objections: the value stands. Refused when none waits."""
        value = self._published(year, published_on)
        if not value.contested_by:
            raise Refused("index-not-contested", "Nobody contests this value.")
        self.record(IndexUpheld, index=value.index, year=year, published_on=published_on, answer=answer)

    def _published(self, year: int, published_on: date) -> PublishedValue:
        for value in self.values:
            if (value.year, value.published_on) == (year, published_on):
                return value
        raise Refused(
            "index-unknown", f"Nothing was published for {year} on {published_on.isoformat()}.", path="$.year"
        )

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        match event:
            case IndexPublished():
                self.values.append(PublishedValue(**{name: getattr(event, name) for name in _PUBLISHED}))
            case IndexContested():
                self._contested(event, f"{event.by_tenant}/{event.by_owner}")
            case IndexUpheld():
                self._contested(event, None)

    def _contested(self, about: IndexContested | IndexUpheld, by: str | None) -> None:
        self.values = [
            msgspec.structs.replace(value, contested_by=(*value.contested_by, by) if by else ())
            if (value.year, value.published_on) == (about.year, about.published_on)
            else value
            for value in self.values
        ]


_PUBLISHED: Final = ("index", "year", "value", "published_on", "source", "address")


def _demand_value(index: IndexName, value: str) -> None:
    try:
        exact = parse_decimal(value)
    except ValueError:
        plausible = False
    else:
        plausible = 0 < exact < 100_000 if index == "PMSS" else -100 < exact < 100
    if not plausible:
        raise Refused("out-of-range", "A percentage, or euros a month for PMSS.", path="$.value")
