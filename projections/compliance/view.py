"""Tariffs as notified, and alerts: which commitment a grid breaks, in which cell, by how much."""

from typing import Final

from domain.money import parse_euros
from domain.tariffs.breach import BreachDetected
from domain.tariffs.tariff import GridNotified
from projections.engine import table as t
from projections.engine.changes import Changes
from projections.engine.table import Table
from projections.engine.view import Recorded, View

GRID: Final = Table(
    "grid",
    {
        "convention": t.TEXT, "id": t.TEXT, "document": t.TEXT, "cells": t.INTEGER, "effective_on": t.DATE,
        "notified_on": t.DATE, "justified": t.BOOLEAN, "recorded_at": t.INSTANT, "position": t.BIGINT,
    },
    key=("convention", "id"),
    readers=("organisation", "place"),
)  # fmt: skip
BREACH: Final = Table(
    "breach",
    {
        "id": t.TEXT, "convention": t.TEXT, "commitment": t.TEXT, "article": t.TEXT, "wording": t.TEXT,
        "rule": t.TEXT, "grid": t.TEXT, "formula": t.TEXT, "category": t.TEXT, "role": t.TEXT,
        "age_from": t.INTEGER, "age_to": t.INTEGER, "verdict": t.TEXT, "from_on": t.DATE, "to_on": t.DATE,
        "anchor_price": t.INTEGER, "limit_price": t.INTEGER, "observed_price": t.INTEGER, "excess": t.INTEGER,
        "reason": t.TEXT, "detected_at": t.INSTANT, "grid_position": t.BIGINT, "position": t.BIGINT,
    },
    key=("id",),
    readers=("organisation", "place"),
    indexes=(("owner", "tenant", "convention"), ("tenant", "owner", "convention")),
)  # fmt: skip

VIEW: Final = View("compliance", 1, (GRID, BREACH))


@VIEW.on(GridNotified)
def notified(fact: Recorded[GridNotified], rows: Changes) -> None:
    """A grid, by the name the insurer gave it; its cells lie in the document."""
    event = fact.event
    rows.insert(
        GRID,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "convention": fact.key,
            "id": event.grid,
            "document": event.document,
            "cells": event.cells,
            "effective_on": event.effective_on,
            "notified_on": event.notified_on,
            "justified": event.justified,
            "recorded_at": fact.recorded_at,
            "position": fact.position,
        },
    )


@VIEW.on(BreachDetected)
def detected(fact: Recorded[BreachDetected], rows: Changes) -> None:
    """An alert with its evidence."""
    event = fact.event
    cell = event.cell
    rows.insert(
        BREACH,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "id": fact.key,
            "convention": event.convention,
            "commitment": event.commitment,
            "article": event.article,
            "wording": event.wording,
            "rule": event.rule,
            "grid": event.grid,
            "formula": cell.formula if cell else None,
            "category": cell.category if cell else None,
            "role": cell.role if cell else None,
            "age_from": cell.age_from if cell else None,
            "age_to": cell.age_to if cell else None,
            "verdict": event.verdict,
            "from_on": event.from_on,
            "to_on": event.to_on,
            "anchor_price": _cents(event, event.anchor),
            "limit_price": _cents(event, event.limit),
            "observed_price": _cents(event, event.observed),
            "excess": _cents(event, event.excess),
            "reason": event.reason,
            "detected_at": fact.recorded_at,
            "grid_position": event.grid_position,
            "position": fact.position,
        },
    )


def _cents(event: BreachDetected, figure: str | None) -> int | None:
    return parse_euros(figure) if figure is not None and event.unit == "euros" else None
