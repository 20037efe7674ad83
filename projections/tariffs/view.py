"""Tariffs as notified and prepared, and what they are judged on: exemptions, references, indices, headcounts."""

from typing import Any, Final

import msgspec

from domain.tariffs.applied_index import IndexApplied
from domain.tariffs.exemptions import (
    ExemptionGranted,
    ExemptionRefused,
    ExemptionRequested,
    ExemptionRevoked,
    ExemptionTerms,
    ExemptionWithdrawn,
)
from domain.tariffs.headcounts import HeadcountTaken
from domain.tariffs.indices import IndexContested, IndexPublished, IndexUpheld
from domain.tariffs.prepared import PreparedGridDiscarded, PreparedGridSaved
from domain.tariffs.references import ReferenceGridDeposited
from domain.tariffs.tariff import GridNotified
from domain.tenancy import PLATFORM, PUBLIC
from projections.engine.changes import Changes, Row
from projections.engine.table import json_text
from projections.engine.view import Recorded, View
from projections.tariffs.tables import (
    APPLIED_INDEX,
    EXEMPTION_DECISION,
    EXEMPTION_REQUEST,
    GRID,
    HEADCOUNT,
    INDEX,
    INDEX_CONTEST,
    PREPARED_GRID,
    REFERENCE_GRID,
    TABLES,
)

VIEW: Final = View("tariffs", 1, TABLES)


@VIEW.on(GridNotified)
def notified(fact: Recorded[GridNotified], rows: Changes) -> None:
    """A grid, by the name the insurer gave it; its cells lie in the document."""
    event = fact.event
    rows.insert(
        GRID,
        {
            **_of_convention(fact),
            "id": event.grid,
            "document": event.document,
            "cells": event.cells,
            "effective_on": event.effective_on,
            "notified_on": event.notified_on,
            "justified": event.justified,
            "corrects": event.corrects,
            "decided_by": event.decided_by,
            "decided_on": event.decided_on,
            "justification": event.justification,
            "declared_rise": _json(event.declared_rise),
            "reason": event.reason,
            "prepared": event.prepared,
            "assess_version": event.assess_version,
            "findings": event.findings,
            "recorded_at": fact.recorded_at,
        },
    )


@VIEW.on(PreparedGridSaved)
def saved(fact: Recorded[PreparedGridSaved], rows: Changes) -> None:
    """A prepared grid as it is now."""
    event = fact.event
    rows.put(
        PREPARED_GRID,
        {
            **_of_drawer(fact),
            "id": fact.key,
            "version": event.originator_version,
            "name": event.name,
            "document": event.document,
            "cells": event.cells,
            "effective_on": event.effective_on,
            "decided_by": event.decided_by,
            "decided_on": event.decided_on,
            "justification": event.justification,
            "declared_rise": _json(event.declared_rise),
            "corrects": event.corrects,
            "reason": event.reason,
            "towns": json_text(event.towns),
            "saved_at": fact.recorded_at,
        },
    )


@VIEW.on(PreparedGridDiscarded)
def discarded(fact: Recorded[PreparedGridDiscarded], rows: Changes) -> None:
    """It is shown no more."""
    rows.delete(PREPARED_GRID, (fact.tenant, fact.owner, fact.key))


@VIEW.on(ExemptionRequested)
def requested(fact: Recorded[ExemptionRequested], rows: Changes) -> None:
    """What the insurer asks for."""
    event = fact.event
    rows.insert(
        EXEMPTION_REQUEST,
        {
            **_of_convention(fact),
            "id": event.exemption,
            "asked": _terms(event),
            "reason": event.reason,
            "documents": json_text(event.documents),
            "requested_at": fact.recorded_at,
            "withdrawn_at": None,
        },
    )


@VIEW.on(ExemptionWithdrawn)
def withdrawn(fact: Recorded[ExemptionWithdrawn], rows: Changes) -> None:
    """The insurer no longer asks."""
    rows.set(
        EXEMPTION_REQUEST,
        (fact.tenant, fact.owner, fact.key, fact.event.exemption),
        withdrawn_at=fact.recorded_at,
        version=fact.event.originator_version,
    )


@VIEW.on(ExemptionGranted)
def granted(fact: Recorded[ExemptionGranted], rows: Changes) -> None:
    """What the town decided; it may be there without a request."""
    event = fact.event
    rows.insert(
        EXEMPTION_DECISION,
        {
            **_of_convention(fact),
            "id": event.exemption,
            "granted": _terms(event),
            "decided_on": event.decided_on,
            "decided_by": event.decided_by,
            "council_reference": event.council_reference,
            "document": event.document,
            "case_key": event.case,
            "refusal": None,
            "decided_at": fact.recorded_at,
            "revoked_on": None,
            "revocation": None,
        },
    )


@VIEW.on(ExemptionRefused)
def refused(fact: Recorded[ExemptionRefused], rows: Changes) -> None:
    """The town said no."""
    rows.insert(
        EXEMPTION_DECISION,
        {
            **_of_convention(fact),
            "id": fact.event.exemption,
            **dict.fromkeys(("granted", "decided_by", "council_reference", "document", "case_key")),
            "decided_on": fact.event.decided_on,
            "refusal": fact.event.reason,
            "decided_at": fact.recorded_at,
            "revoked_on": None,
            "revocation": None,
        },
    )


@VIEW.on(ExemptionRevoked)
def revoked(fact: Recorded[ExemptionRevoked], rows: Changes) -> None:
    """The day from which on it no longer holds."""
    rows.set(
        EXEMPTION_DECISION,
        (fact.tenant, fact.owner, fact.key, fact.event.exemption),
        revoked_on=fact.event.revoked_on,
        revocation=fact.event.reason,
        version=fact.event.originator_version,
    )


@VIEW.on(ReferenceGridDeposited)
def deposited(fact: Recorded[ReferenceGridDeposited], rows: Changes) -> None:
    """A grid of the insurer's own product."""
    event = fact.event
    rows.insert(
        REFERENCE_GRID,
        {
            **_of_convention(fact),
            "id": event.reference,
            "document": event.document,
            "cells": event.cells,
            "valid_from": event.valid_from,
            "product": event.product,
            "source": event.source,
            "recorded_at": fact.recorded_at,
        },
    )


@VIEW.on(IndexPublished)
def published(fact: Recorded[IndexPublished], rows: Changes) -> None:
    """A value that everybody may read."""
    event = fact.event
    rows.insert(
        INDEX,
        {
            "tenant": PLATFORM,
            "owner": PUBLIC,
            "name": event.index,
            "year": event.year,
            "published_on": event.published_on,
            "value": event.value,
            "source": event.source,
            "address": event.address,
            "contested": False,
            "answer": None,
            "answered_at": None,
            "recorded_at": fact.recorded_at,
            "position": fact.position,
        },
    )


@VIEW.on(IndexContested)
def contested(fact: Recorded[IndexContested], rows: Changes) -> None:
    """Everybody reads that a value is contested; why and by whom, the one who did and the operator."""
    event = fact.event
    rows.set(INDEX, (PLATFORM, PUBLIC, *_publication(event)), contested=True)
    rows.put(
        INDEX_CONTEST,
        {
            "tenant": PLATFORM,
            "owner": event.by_tenant,
            "name": event.index,
            "year": event.year,
            "published_on": event.published_on,
            "reason": event.reason,
            "organisation": event.organisation,
            "contested_at": fact.recorded_at,
            "position": fact.position,
        },
    )


@VIEW.on(IndexUpheld)
def upheld(fact: Recorded[IndexUpheld], rows: Changes) -> None:
    """The operator's answer."""
    rows.set(
        INDEX,
        (PLATFORM, PUBLIC, *_publication(fact.event)),
        contested=False,
        answer=fact.event.answer,
        answered_at=fact.recorded_at,
    )


@VIEW.on(IndexApplied)
def applied(fact: Recorded[IndexApplied], rows: Changes) -> None:
    """A value as an accord was given it."""
    event = fact.event
    rows.insert(
        APPLIED_INDEX,
        {
            **_of_drawer(fact),
            "name": event.index,
            "year": event.year,
            "published_on": event.published_on,
            "value": event.value,
            "source": event.source,
            "platform_position": event.platform_position,
            "recorded_at": fact.recorded_at,
        },
    )


@VIEW.on(HeadcountTaken)
def taken(fact: Recorded[HeadcountTaken], rows: Changes) -> None:
    """That members were counted; the counts lie in the document."""
    event = fact.event
    rows.insert(
        HEADCOUNT,
        {
            **_of_convention(fact),
            "id": event.headcount,
            "taken_on": event.taken_on,
            "document": event.document,
            "total": event.total,
            "recorded_at": fact.recorded_at,
        },
    )


def _of_drawer(fact: Recorded[Any]) -> Row:
    return {"tenant": fact.tenant, "owner": fact.owner, "position": fact.position}


def _of_convention(fact: Recorded[Any]) -> Row:
    return {**_of_drawer(fact), "convention": fact.key, "version": fact.event.originator_version}


def _publication(event: IndexContested | IndexUpheld) -> tuple[object, ...]:
    return event.index, event.year, event.published_on


def _terms(event: ExemptionRequested | ExemptionGranted) -> str:
    terms = ExemptionTerms(**{name: getattr(event, name) for name in ExemptionTerms.__struct_fields__})
    return json_text(msgspec.to_builtins(terms))


def _json(value: object) -> str | None:
    return None if value is None else json_text(value)
