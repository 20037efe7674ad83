"""Conventions as rows: what is declared now, every declaration before it, amendments, and documents filed beside.

Which terms count on a day is put together when they are read: a handler reads no rows.
"""

from datetime import datetime
from typing import Any, Final

from domain.partnerships.amendment import AmendmentConfirmed, AmendmentDeclared, AmendmentRefused
from domain.partnerships.declaration import (
    ConventionConfirmed,
    ConventionCorrected,
    ConventionDeclared,
    ConventionRefused,
)
from domain.partnerships.document import DocumentFiled
from domain.partnerships.notice import ConventionEnded, NoticeGiven, NoticeWithdrawn
from domain.partnerships.terms import Terms
from projections.engine import table as t
from projections.engine.changes import Changes
from projections.engine.table import Table
from projections.engine.view import Recorded

CONVENTION: Final = Table(
    "convention",
    {
        "id": t.TEXT, "insurer_name": t.TEXT, "communes": t.JSON, "fictitious": t.BOOLEAN,
        "starts_on": t.DATE, "ends_on": t.DATE, "terms": t.JSON, "number": t.INTEGER, "declared_at": t.INSTANT,
        "state": t.TEXT, "refused_at": t.INSTANT, "refusal": t.TEXT, "confirmed_by": t.TEXT,
        "confirmed_at": t.INSTANT, "council_reference": t.TEXT, "confirmation_document": t.TEXT,
        "notice": t.JSON, "notice_takes_effect_on": t.DATE, "notice_recorded_at": t.INSTANT,
        "withdrawn_at": t.INSTANT, "withdrawal": t.TEXT, "ended_on": t.DATE, "ended_cause": t.TEXT,
        "ended_at": t.INSTANT, "version": t.INTEGER, "position": t.BIGINT,
    },
    key=("id",),
    readers=("organisation", "place"),
    indexes=(("owner", "tenant", "id"),),
)  # fmt: skip
DECLARATION: Final = Table(
    "declaration",
    {
        "convention": t.TEXT, "number": t.INTEGER, "declared_at": t.INSTANT, "reason": t.TEXT, "terms": t.JSON,
    },
    key=("convention", "number"),
    readers=("organisation", "place"),
)  # fmt: skip
AMENDMENT: Final = Table(
    "amendment",
    {
        "convention": t.TEXT, "id": t.TEXT, "number": t.INTEGER, "nature": t.TEXT, "corrects": t.INTEGER,
        "signed_on": t.DATE, "effective_on": t.DATE, "ends_on": t.DATE, "reason": t.TEXT, "terms": t.JSON,
        "state": t.TEXT, "declared_at": t.INSTANT, "decided_at": t.INSTANT, "decided_by": t.TEXT,
        "council_reference": t.TEXT, "document": t.TEXT, "refusal": t.TEXT, "position": t.BIGINT,
    },
    key=("convention", "id"),
    readers=("organisation", "place"),
)  # fmt: skip
DOCUMENT: Final = Table(
    "document",
    {
        "sha256": t.TEXT, "name": t.TEXT, "media_type": t.TEXT, "size": t.INTEGER, "about": t.TEXT,
        "filed_at": t.INSTANT, "position": t.BIGINT,
    },
    key=("sha256",),
    readers=("organisation", "place"),
    indexes=(("tenant", "owner", "position"),),
)  # fmt: skip

TABLES: Final = (CONVENTION, DECLARATION, AMENDMENT, DOCUMENT)


def declared(fact: Recorded[ConventionDeclared], rows: Changes) -> None:
    """A convention that the town has still to recognise."""
    event = fact.event
    terms = event.terms
    rows.insert(
        CONVENTION,
        {
            **dict.fromkeys(CONVENTION.columns),
            "tenant": fact.tenant,
            "owner": fact.owner,
            "id": fact.key,
            "insurer_name": event.insurer_name,
            "communes": t.json_text(event.communes),
            "fictitious": event.fictitious,
            "state": "declared",
            "version": 1,
            "position": fact.position,
            **_said(fact, terms),
        },
    )
    _declaration(fact, rows, terms, None)


def corrected(fact: Recorded[ConventionCorrected], rows: Changes) -> None:
    """Other terms are declared, and the town decides again."""
    terms = fact.event.terms
    _convention(fact, rows, state="declared", **_said(fact, terms))
    _declaration(fact, rows, terms, fact.event.reason)


def confirmed(fact: Recorded[ConventionConfirmed], rows: Changes) -> None:
    """The town, or an operator on its papers, recognised it."""
    event = fact.event
    _convention(
        fact,
        rows,
        state="confirmed",
        confirmed_by=event.by,
        confirmed_at=fact.recorded_at,
        council_reference=event.council_reference,
        confirmation_document=event.document,
    )


def refused(fact: Recorded[ConventionRefused], rows: Changes) -> None:
    """The town does not recognise it."""
    _convention(fact, rows, state="refused", refused_at=fact.recorded_at, refusal=fact.event.reason)


def amendment_declared(fact: Recorded[AmendmentDeclared], rows: Changes) -> None:
    """What was agreed since; it waits for the town."""
    event = fact.event
    rows.insert(
        AMENDMENT,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "convention": fact.key,
            "id": event.amendment,
            "number": event.originator_version,
            "nature": event.nature,
            "corrects": event.corrects,
            "signed_on": event.signed_on,
            "effective_on": event.effective_on,
            "ends_on": event.terms.ends_on,
            "reason": event.reason,
            "terms": t.json_text(event.terms),
            "state": "pending",
            "declared_at": fact.recorded_at,
            "decided_at": None,
            "decided_by": None,
            "council_reference": None,
            "document": None,
            "refusal": None,
            "position": fact.position,
        },
    )
    _convention(fact, rows)


def amendment_confirmed(fact: Recorded[AmendmentConfirmed], rows: Changes) -> None:
    """The town, or an operator on its papers, recognised it."""
    event = fact.event
    _amendment(
        fact,
        rows,
        state="confirmed",
        decided_by=event.by,
        council_reference=event.council_reference,
        document=event.document,
    )


def amendment_refused(fact: Recorded[AmendmentRefused], rows: Changes) -> None:
    """The town does not recognise it: the terms stay."""
    _amendment(fact, rows, state="refused", decided_by="town", refusal=fact.event.reason)


def notice_given(fact: Recorded[NoticeGiven], rows: Changes) -> None:
    """One side ends the convention."""
    event = fact.event
    said = ("by", "reason", "detail", "given_on", "takes_effect_on", "case", "document")
    _convention(
        fact,
        rows,
        notice=t.json_text({name: getattr(event, name) for name in said}),
        notice_takes_effect_on=event.takes_effect_on,
        notice_recorded_at=fact.recorded_at,
        withdrawn_at=None,
        withdrawal=None,
    )


def notice_withdrawn(fact: Recorded[NoticeWithdrawn], rows: Changes) -> None:
    """It runs on; what was given stays written, for who asks what was known then."""
    _convention(
        fact,
        rows,
        notice_takes_effect_on=None,
        withdrawn_at=fact.recorded_at,
        withdrawal=fact.event.reason,
    )


def ended(fact: Recorded[ConventionEnded], rows: Changes) -> None:
    """Its last day is over."""
    event = fact.event
    _convention(fact, rows, ended_on=event.on, ended_cause=event.cause, ended_at=fact.recorded_at)


def filed(fact: Recorded[DocumentFiled], rows: Changes) -> None:
    """A document lies in a drawer: its row is what opens its bytes."""
    event = fact.event
    rows.insert(
        DOCUMENT,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "sha256": fact.key,
            "name": event.name,
            "media_type": event.media_type,
            "size": event.size,
            "about": event.about,
            "filed_at": fact.recorded_at,
            "position": fact.position,
        },
    )


def _said(fact: Recorded[Any], terms: Terms) -> dict[str, object]:
    declared_at: datetime = fact.recorded_at
    return {
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "terms": t.json_text(terms),
        "number": fact.event.originator_version,
        "declared_at": declared_at,
    }


def _declaration(fact: Recorded[Any], rows: Changes, terms: Terms, reason: str | None) -> None:
    rows.insert(
        DECLARATION,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "convention": fact.key,
            "number": fact.event.originator_version,
            "declared_at": fact.recorded_at,
            "reason": reason,
            "terms": t.json_text(terms),
        },
    )


def _convention(fact: Recorded[Any], rows: Changes, **columns: object) -> None:
    key = (fact.tenant, fact.owner, fact.key)
    rows.set(CONVENTION, key, version=fact.event.originator_version, **columns)


def _amendment(
    fact: Recorded[AmendmentConfirmed] | Recorded[AmendmentRefused], rows: Changes, **columns: object
) -> None:
    key = (fact.tenant, fact.owner, fact.key, fact.event.amendment)
    rows.set(AMENDMENT, key, decided_at=fact.recorded_at, **columns)
    _convention(fact, rows)
