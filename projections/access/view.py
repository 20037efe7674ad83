"""The drawers that conventions open in a commune, and whether the town has recognised them."""

from typing import Any, Final

from domain.partnerships.declaration import (
    ConventionConfirmed,
    ConventionCorrected,
    ConventionDeclared,
    ConventionRefused,
)
from domain.partnerships.notice import ConventionEnded
from domain.tenancy import siren_of
from projections.engine import table as t
from projections.engine.changes import Changes
from projections.engine.table import Table
from projections.engine.view import Recorded, View

ACCORD: Final = Table(
    "accord",
    {
        "convention": t.TEXT, "siren": t.TEXT, "insurer_name": t.TEXT, "state": t.TEXT, "declared_at": t.INSTANT,
        "position": t.BIGINT,
    },
    key=("convention",),
    readers=("organisation", "place_any_owner", "operator"),
    indexes=(("state", "position"),),
)  # fmt: skip

VIEW: Final = View("access", 2, (ACCORD,))


@VIEW.on(ConventionDeclared)
def declared(fact: Recorded[ConventionDeclared], rows: Changes) -> None:
    """A drawer that waits for the town."""
    rows.insert(
        ACCORD,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "convention": fact.key,
            "siren": siren_of(fact.owner),
            "insurer_name": fact.event.insurer_name,
            "state": "declared",
            "declared_at": fact.recorded_at,
            "position": fact.position,
        },
    )


@VIEW.on(ConventionConfirmed)
def confirmed(fact: Recorded[ConventionConfirmed], rows: Changes) -> None:
    """The drawer is open to both."""
    _state(fact, rows, "confirmed")


@VIEW.on(ConventionRefused)
def refused(fact: Recorded[ConventionRefused], rows: Changes) -> None:
    """The town does not recognise it: the drawer stays as closed as it was."""
    _state(fact, rows, "refused")


@VIEW.on(ConventionCorrected)
def corrected(fact: Recorded[ConventionCorrected], rows: Changes) -> None:
    """The town decides again."""
    _state(fact, rows, "declared")


@VIEW.on(ConventionEnded)
def ended(fact: Recorded[ConventionEnded], rows: Changes) -> None:
    """Nobody new joins; what is in the drawer stays readable to both."""
    _state(fact, rows, "ended")


def _state(fact: Recorded[Any], rows: Changes, state: str) -> None:
    rows.set(ACCORD, (fact.tenant, fact.owner, fact.key), state=state)
