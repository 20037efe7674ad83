"""The tables of the view of tariffs. Prepared grids and headcounts are the insurer's alone; indices are everybody's."""

from typing import Final

from projections.engine import table as t
from projections.engine.table import Table

GRID: Final = Table(
    "grid",
    {
        "convention": t.TEXT, "id": t.TEXT, "document": t.TEXT, "cells": t.INTEGER, "effective_on": t.DATE,
        "notified_on": t.DATE, "justified": t.BOOLEAN, "corrects": t.TEXT, "decided_by": t.TEXT,
        "decided_on": t.DATE, "justification": t.TEXT, "declared_rise": t.JSON, "reason": t.TEXT,
        "prepared": t.TEXT, "assess_version": t.INTEGER, "findings": t.TEXT, "recorded_at": t.INSTANT,
        "version": t.INTEGER, "position": t.BIGINT,
    },
    key=("convention", "id"),
    readers=("organisation", "place"),
)  # fmt: skip
PREPARED_GRID: Final = Table(
    "prepared_grid",
    {
        "id": t.TEXT, "name": t.TEXT, "document": t.TEXT, "cells": t.INTEGER, "effective_on": t.DATE,
        "decided_by": t.TEXT, "decided_on": t.DATE, "justification": t.TEXT, "declared_rise": t.JSON,
        "corrects": t.TEXT, "reason": t.TEXT, "towns": t.JSON, "saved_at": t.INSTANT, "version": t.INTEGER,
        "position": t.BIGINT,
    },
    key=("id",),
    readers=("organisation",),
)  # fmt: skip
EXEMPTION_REQUEST: Final = Table(
    "exemption_request",
    {
        "convention": t.TEXT, "id": t.TEXT, "asked": t.JSON, "reason": t.TEXT, "documents": t.JSON,
        "requested_at": t.INSTANT, "withdrawn_at": t.INSTANT, "version": t.INTEGER, "position": t.BIGINT,
    },
    key=("convention", "id"),
    readers=("organisation", "place"),
)  # fmt: skip
EXEMPTION_DECISION: Final = Table(
    "exemption_decision",
    {
        "convention": t.TEXT, "id": t.TEXT, "granted": t.JSON, "decided_on": t.DATE, "decided_by": t.TEXT,
        "council_reference": t.TEXT, "document": t.TEXT, "case_key": t.TEXT, "refusal": t.TEXT,
        "decided_at": t.INSTANT, "revoked_on": t.DATE, "revocation": t.TEXT, "version": t.INTEGER,
        "position": t.BIGINT,
    },
    key=("convention", "id"),
    readers=("organisation", "place"),
)  # fmt: skip
REFERENCE_GRID: Final = Table(
    "reference_grid",
    {
        "convention": t.TEXT, "id": t.TEXT, "document": t.TEXT, "cells": t.INTEGER, "valid_from": t.DATE,
        "product": t.TEXT, "source": t.TEXT, "recorded_at": t.INSTANT, "version": t.INTEGER,
        "position": t.BIGINT,
    },
    key=("convention", "id"),
    readers=("organisation", "place"),
)  # fmt: skip
INDEX: Final = Table(
    "index",
    {
        "name": t.TEXT, "year": t.INTEGER, "published_on": t.DATE, "value": t.TEXT, "source": t.TEXT,
        "address": t.TEXT, "contested": t.BOOLEAN, "answer": t.TEXT, "answered_at": t.INSTANT,
        "recorded_at": t.INSTANT, "position": t.BIGINT,
    },
    key=("name", "year", "published_on"),
    readers=("organisation", "place", "operator"),
)  # fmt: skip
INDEX_CONTEST: Final = Table(
    "index_contest",
    {
        "name": t.TEXT, "year": t.INTEGER, "published_on": t.DATE, "reason": t.TEXT, "organisation": t.TEXT,
        "contested_at": t.INSTANT, "position": t.BIGINT,
    },
    key=("name", "year", "published_on"),
    readers=("organisation", "place", "operator"),
)  # fmt: skip
APPLIED_INDEX: Final = Table(
    "applied_index",
    {
        "name": t.TEXT, "year": t.INTEGER, "published_on": t.DATE, "value": t.TEXT, "source": t.TEXT,
        "platform_position": t.BIGINT, "recorded_at": t.INSTANT, "position": t.BIGINT,
    },
    key=("name", "year", "published_on"),
    readers=("organisation", "place", "operator"),
)  # fmt: skip
HEADCOUNT: Final = Table(
    "headcount",
    {
        "convention": t.TEXT, "id": t.TEXT, "taken_on": t.DATE, "document": t.TEXT, "total": t.INTEGER,
        "recorded_at": t.INSTANT, "version": t.INTEGER, "position": t.BIGINT,
    },
    key=("convention", "id"),
    readers=("organisation",),
)  # fmt: skip

TABLES: Final = (
    GRID, PREPARED_GRID, EXEMPTION_REQUEST, EXEMPTION_DECISION, REFERENCE_GRID, INDEX, INDEX_CONTEST,
    APPLIED_INDEX, HEADCOUNT,
)  # fmt: skip
