"""A grid that an insurer prepares: in its own ledger, before any town is told; each saving is whole.

Nothing of it counts: what is notified is another event, in each town's ledger.
"""

from datetime import date
from typing import ClassVar, Final, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.refusal import Refused
from domain.tariffs.tariff import DeclaredRise

MOST_TOWNS: Final = 2_000
"""A prepared grid goes to no more towns: twice what the largest insurer has."""


class Target(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A convention to which the grid shall be notified; `commune` is the INSEE code of its town."""

    commune: str
    convention: str


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """A prepared grid as it was saved last; what is not known yet is None."""

    name: str
    document: str
    cells: int
    effective_on: date | None = None
    decided_by: str | None = None
    decided_on: date | None = None
    justification: str | None = None
    declared_rise: DeclaredRise = None
    corrects: str | None = None
    reason: str | None = None
    towns: tuple[Target, ...] = ()


@event("prepared_grid.saved")
class PreparedGridSaved(Event, frozen=True, kw_only=True):
    """The grid as it is now. `document` is the SHA-256 of its cells; what is not known yet is None."""

    name: str
    document: str
    cells: int
    effective_on: date | None
    decided_by: str | None
    decided_on: date | None
    justification: str | None
    declared_rise: DeclaredRise
    corrects: str | None
    reason: str | None
    towns: tuple[Target, ...]


@event("prepared_grid.discarded")
class PreparedGridDiscarded(Event, frozen=True, kw_only=True):
    """The insurer gives it up. What was notified of it stays notified."""


class PreparedGrid(Aggregate, kw_only=True):
    """One prepared grid."""

    kind: ClassVar[str] = "prepared-grid"
    begins_with: ClassVar[type[Event]] = PreparedGridSaved

    saved: Preparation | None = None
    discarded: bool = False

    @classmethod
    def save_prepared(cls, prepared: Self | None, stream: str, given: Preparation) -> Self:
        """Keep the whole grid as it is now; the same again is nothing.

        Refused after it was discarded, for a town named twice, or for too many.
        """
        if prepared is not None and prepared.discarded:
            raise Refused("prepared-grid-discarded", "This prepared grid was discarded: prepare another.")
        if len(given.towns) > MOST_TOWNS:
            raise Refused("out-of-range", f"At most {MOST_TOWNS} towns.", path="$.towns")
        if len({town.commune for town in given.towns}) < len(given.towns):
            raise Refused("town-repeated", "A town is named twice.", path="$.towns")
        given = msgspec.structs.replace(given, towns=tuple(sorted(given.towns)))
        facts = {name: getattr(given, name) for name in Preparation.__struct_fields__}
        if prepared is None:
            return cls.begin(stream, **facts)
        if prepared.saved != given:
            prepared.record(PreparedGridSaved, **facts)
        return prepared

    def discard_prepared(self) -> None:
        """Give it up; once is enough."""
        if not self.discarded:
            self.record(PreparedGridDiscarded)

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        match event:
            case PreparedGridSaved():
                self.saved = Preparation(
                    **{name: getattr(event, name) for name in Preparation.__struct_fields__}
                )
            case PreparedGridDiscarded():
                self.discarded = True
