"""Judgements as rows: each as it was said, where every commitment stands since the last, every breach with its history.

A breach's row keeps the figures of the last time it was broken; `verdict` is what is said of it now.
"""

from datetime import timedelta
from typing import Any, Final

from domain.money import parse_euros
from domain.tariffs.breach import BreachDetected, VerdictRevised
from domain.tariffs.judgement import TariffJudged
from domain.tariffs.statements import worst
from projections.engine import table as t
from projections.engine.changes import Changes
from projections.engine.table import Table
from projections.engine.view import Recorded

JUDGEMENT: Final = Table(
    "judgement",
    {
        "convention": t.TEXT, "cause": t.TEXT, "cause_position": t.BIGINT, "as_known_at": t.INSTANT,
        "on_day": t.DATE, "assess_version": t.INTEGER, "findings": t.TEXT, "document": t.TEXT,
        "commitments": t.JSON, "broken": t.INTEGER, "next_on": t.DATE, "recorded_at": t.INSTANT,
        "position": t.BIGINT,
    },
    key=("convention", "position"),
    readers=("organisation", "place"),
)  # fmt: skip
JUDGED: Final = Table(
    "judged",
    {
        "convention": t.TEXT, "verdict": t.TEXT, "as_known_at": t.INSTANT, "on_day": t.DATE,
        "assess_version": t.INTEGER, "next_on": t.DATE, "recorded_at": t.INSTANT, "position": t.BIGINT,
    },
    key=("convention",),
    readers=("organisation", "place"),
    indexes=(("next_on",),),
)  # fmt: skip
STANDING: Final = Table(
    "standing",
    {
        "convention": t.TEXT, "commitment": t.TEXT, "rule": t.TEXT, "verdict": t.TEXT, "from_on": t.DATE,
        "known_since": t.INSTANT, "kept": t.INTEGER, "broken": t.INTEGER, "exempted": t.INTEGER,
        "undecidable": t.INTEGER, "not_applicable": t.INTEGER, "reason": t.TEXT, "judged_on": t.DATE,
        "position": t.BIGINT,
    },
    key=("convention", "commitment"),
    readers=("organisation", "place"),
    indexes=(("owner", "tenant"),),
)  # fmt: skip
BREACH: Final = Table(
    "breach",
    {
        "id": t.TEXT, "convention": t.TEXT, "commitment": t.TEXT, "article": t.TEXT, "wording": t.TEXT,
        "rule": t.TEXT, "grid": t.TEXT, "formula": t.TEXT, "category": t.TEXT, "role": t.TEXT,
        "age_from": t.INTEGER, "age_to": t.INTEGER, "verdict": t.TEXT, "from_on": t.DATE, "to_on": t.DATE,
        "unit": t.TEXT, "figures": t.JSON, "anchor_price": t.INTEGER, "limit_price": t.INTEGER,
        "observed_price": t.INTEGER, "excess": t.INTEGER, "reason": t.TEXT, "detected_at": t.INSTANT,
        "exemptions": t.JSON, "revised_at": t.INSTANT, "revised_reason": t.TEXT, "grid_position": t.BIGINT,
        "position": t.BIGINT, "last_position": t.BIGINT,
    },
    key=("id",),
    readers=("organisation", "place"),
    indexes=(("owner", "tenant", "convention"), ("tenant", "owner", "convention")),
)  # fmt: skip
VERDICT: Final = Table(
    "verdict",
    {
        "breach": t.TEXT, "verdict": t.TEXT, "from_on": t.DATE, "to_on": t.DATE, "unit": t.TEXT,
        "figures": t.JSON, "reason": t.TEXT, "exemptions": t.JSON, "assess_version": t.INTEGER,
        "cause_position": t.BIGINT, "recorded_at": t.INSTANT, "position": t.BIGINT,
    },
    key=("breach", "position"),
    readers=("organisation", "place"),
)  # fmt: skip

BROKEN: Final = frozenset({"VIOLATION", "LEGAL_ALERT"})
_FIGURES: Final = ("anchor", "limit", "observed", "excess")


def judged(fact: Recorded[TariffJudged], rows: Changes) -> None:
    """A judgement, and where it leaves every commitment."""
    event = fact.event
    whose = {"tenant": fact.tenant, "owner": fact.owner, "convention": fact.key}
    when = {
        "as_known_at": event.as_known_at,
        "on_day": event.on,
        "assess_version": event.assess_version,
        "next_on": event.next_on,
        "recorded_at": fact.recorded_at,
        "position": fact.position,
    }
    rows.insert(
        JUDGEMENT,
        {
            **whose,
            **when,
            "cause": event.cause,
            "cause_position": event.cause_position,
            "findings": event.findings,
            "document": event.document,
            "commitments": t.json_text(event.commitments),
            "broken": len(event.broken),
        },
    )
    rows.put(JUDGED, {**whose, **when, "verdict": worst(state.verdict for state in event.commitments)})
    for state in event.commitments:
        rows.put(
            STANDING,
            {
                **whose,
                **{name: getattr(state, name) for name in state.__struct_fields__},
                "judged_on": event.on,
                "position": fact.position,
            },
        )


def detected(fact: Recorded[BreachDetected], rows: Changes) -> None:
    """A breach with its evidence."""
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
            "grid": event.grid or None,
            "formula": cell.formula if cell else None,
            "category": cell.category if cell else None,
            "role": cell.role if cell else None,
            "age_from": cell.age_from if cell else None,
            "age_to": cell.age_to if cell else None,
            "verdict": event.verdict,
            "from_on": event.from_on,
            "to_on": event.to_on,
            **_figures(event),
            "reason": event.reason,
            "detected_at": fact.recorded_at,
            "exemptions": t.json_text(()),
            "revised_at": None,
            "revised_reason": None,
            "grid_position": event.grid_position,
            "position": fact.position,
            "last_position": fact.position,
        },
    )
    _said(fact, rows, (), event.grid_position)


def revised(fact: Recorded[VerdictRevised], rows: Changes) -> None:
    """Something else is said of it: other figures while it is broken, or that it is not, from a day on."""
    event = fact.event
    columns: dict[str, Any] = {
        "verdict": event.verdict,
        "exemptions": t.json_text(event.exemptions),
        "revised_at": fact.recorded_at,
        "revised_reason": event.reason,
        "last_position": fact.position,
    }
    if event.verdict in BROKEN:
        columns |= {"to_on": event.to_on, "reason": event.reason, **_figures(event)}
    else:
        # The day before what is said now; before its own first day where it never held.
        columns["to_on"] = event.from_on - timedelta(days=1)
    rows.set(BREACH, (fact.tenant, fact.owner, fact.key), **columns)
    _said(fact, rows, event.exemptions, event.cause_position)


def _said(
    fact: Recorded[BreachDetected] | Recorded[VerdictRevised],
    rows: Changes,
    exemptions: tuple[str, ...],
    cause_position: int | None,
) -> None:
    event = fact.event
    rows.insert(
        VERDICT,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "breach": fact.key,
            "verdict": event.verdict,
            "from_on": event.from_on,
            "to_on": event.to_on,
            "unit": event.unit,
            "figures": _written(event),
            "reason": event.reason,
            "exemptions": t.json_text(exemptions),
            "assess_version": event.assess_version,
            "cause_position": cause_position,
            "recorded_at": fact.recorded_at,
            "position": fact.position,
        },
    )


def _figures(event: BreachDetected | VerdictRevised) -> dict[str, object]:
    """The figures as they were written, and in cents where they are money."""
    return {
        "unit": event.unit,
        "figures": _written(event),
        "anchor_price": _cents(event, event.anchor),
        "limit_price": _cents(event, event.limit),
        "observed_price": _cents(event, event.observed),
        "excess": _cents(event, event.excess),
    }


def _written(event: BreachDetected | VerdictRevised) -> str:
    return t.json_text({name: getattr(event, name) for name in _FIGURES})


def _cents(event: BreachDetected | VerdictRevised, figure: str | None) -> int | None:
    if figure is None or event.unit != "euros":
        return None
    # A rise that is too small for a uniform one is broken by less than nothing.
    return -parse_euros(figure[1:]) if figure.startswith("-") else parse_euros(figure)
