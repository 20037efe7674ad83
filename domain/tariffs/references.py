"""The insurer's own tariff, deposited with a convention that promises a discount on it.

Whether the discount is kept is measured on it by `assess`.
"""

from datetime import date, datetime
from typing import ClassVar, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.refusal import Refused


@event("reference_grid.deposited")
class ReferenceGridDeposited(Event, frozen=True, kw_only=True):
    """A reference grid that counts from `valid_from` on. `document` is the SHA-256 of its cells."""

    reference: str
    document: str
    cells: int
    valid_from: date
    product: str
    source: str


class DepositedReference(msgspec.Struct, frozen=True):
    """What is remembered of a reference grid."""

    reference: str
    document: str
    valid_from: date
    product: str
    source: str
    recorded_at: datetime


class References(Aggregate, kw_only=True):
    """The reference grids of one convention; its stream's key is the convention's."""

    kind: ClassVar[str] = "references"
    begins_with: ClassVar[type[Event]] = ReferenceGridDeposited

    deposited: list[DepositedReference] = msgspec.field(default_factory=list)

    @classmethod
    def deposit_reference(
        cls,
        known: Self | None,
        stream: str,
        *,
        reference: str,
        document: str,
        cells: int,
        valid_from: date,
        product: str,
        source: str,
    ) -> Self:
        """Deposit a grid of the insurer's own product; the same again is nothing.

        Refused without a source, or for a name that stands for another grid.
        """
        if not source.strip():
            raise Refused("source-missing", "A reference grid is kept with its source.", path="$.source")
        facts = {
            "reference": reference, "document": document, "cells": cells, "valid_from": valid_from,
            "product": product, "source": source,
        }  # fmt: skip
        aggregate = known or cls(id=stream)
        for earlier in aggregate.deposited:
            if earlier.reference == reference:
                same = (earlier.document, earlier.valid_from, earlier.product, earlier.source)
                if same == (document, valid_from, product, source):
                    return aggregate
                raise Refused(
                    "reference-known", f"Another reference grid is called {reference}.", path="$.id"
                )
        aggregate.record(ReferenceGridDeposited, **facts)
        return aggregate

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        if isinstance(event, ReferenceGridDeposited):
            self.deposited.append(
                DepositedReference(
                    event.reference,
                    event.document,
                    event.valid_from,
                    event.product,
                    event.source,
                    event.timestamp,
                )
            )
