"""What a town and its insurer both see: conventions, office hours, monthly figures, published facts."""

from typing import Final

from domain.communes.citation import FigureCited
from domain.membership.figures import FiguresPublished
from domain.office_hours.office_hour import (
    OfficeHourCancelled,
    OfficeHourFellDue,
    OfficeHourHeld,
    OfficeHourPlanned,
)
from domain.partnerships.amendment import AmendmentConfirmed, AmendmentDeclared, AmendmentRefused
from domain.partnerships.declaration import (
    ConventionConfirmed,
    ConventionCorrected,
    ConventionDeclared,
    ConventionRefused,
)
from domain.partnerships.document import DocumentFiled
from domain.partnerships.notice import ConventionEnded, NoticeGiven, NoticeWithdrawn
from projections.engine import table as t
from projections.engine.changes import Changes
from projections.engine.table import Table
from projections.engine.view import Recorded, View
from projections.oversight import conventions

OFFICE_HOUR: Final = Table(
    "office_hour",
    {
        "id": t.TEXT, "convention": t.TEXT, "on_day": t.DATE, "starts_at": t.TIME, "ends_at": t.TIME,
        "place": t.TEXT, "state": t.TEXT, "visitors": t.INTEGER, "by_appointment": t.INTEGER,
        "cancelled_on": t.DATE, "reason": t.TEXT, "version": t.INTEGER, "position": t.BIGINT,
    },
    key=("id",),
    readers=("organisation", "place"),
    indexes=(("tenant", "owner", "on_day", "id"), ("owner", "on_day"), ("state", "on_day")),
)  # fmt: skip
FIGURES: Final = Table(
    "figures",
    {"month": t.TEXT, "on_day": t.DATE, "members": t.INTEGER, "by_age": t.JSON, "position": t.BIGINT},
    key=("month",),
    readers=("organisation", "place"),
)
CITATION: Final = Table(
    "citation",
    {"id": t.TEXT, "about": t.TEXT, "statement": t.TEXT, "source": t.TEXT, "published_on": t.DATE},
    key=("id",),
    readers=("organisation", "place"),
)

VIEW: Final = View("oversight", 2, (*conventions.TABLES, OFFICE_HOUR, FIGURES, CITATION))


VIEW.on(ConventionDeclared)(conventions.declared)
VIEW.on(ConventionCorrected)(conventions.corrected)
VIEW.on(ConventionConfirmed)(conventions.confirmed)
VIEW.on(ConventionRefused)(conventions.refused)
VIEW.on(AmendmentDeclared)(conventions.amendment_declared)
VIEW.on(AmendmentConfirmed)(conventions.amendment_confirmed)
VIEW.on(AmendmentRefused)(conventions.amendment_refused)
VIEW.on(NoticeGiven)(conventions.notice_given)
VIEW.on(NoticeWithdrawn)(conventions.notice_withdrawn)
VIEW.on(ConventionEnded)(conventions.ended)
VIEW.on(DocumentFiled)(conventions.filed)


@VIEW.on(OfficeHourPlanned)
def planned(fact: Recorded[OfficeHourPlanned], rows: Changes) -> None:
    """An office hour announced to residents."""
    event = fact.event
    rows.insert(
        OFFICE_HOUR,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "id": fact.key,
            "convention": event.convention,
            "on_day": event.on,
            "starts_at": event.starts_at,
            "ends_at": event.ends_at,
            "place": event.place,
            "state": "planned",
            "visitors": None,
            "by_appointment": None,
            "cancelled_on": None,
            "reason": None,
            "version": 1,
            "position": fact.position,
        },
    )


@VIEW.on(OfficeHourHeld)
def held(fact: Recorded[OfficeHourHeld], rows: Changes) -> None:
    """It took place, with its head counts."""
    event = fact.event
    _office_hour(fact, rows, state="held", visitors=event.visitors, by_appointment=event.by_appointment)


@VIEW.on(OfficeHourCancelled)
def cancelled(fact: Recorded[OfficeHourCancelled], rows: Changes) -> None:
    """It does not take place."""
    event = fact.event
    _office_hour(fact, rows, state="cancelled", cancelled_on=event.cancelled_on, reason=event.reason)


@VIEW.on(OfficeHourFellDue)
def fell_due(fact: Recorded[OfficeHourFellDue], rows: Changes) -> None:
    """Its day passed in silence."""
    _office_hour(fact, rows, state="overdue")


@VIEW.on(FiguresPublished)
def published(fact: Recorded[FiguresPublished], rows: Changes) -> None:
    """The members at the end of a month, as others may see them."""
    event = fact.event
    rows.insert(
        FIGURES,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "month": event.month,
            "on_day": event.on,
            "members": event.members,
            "by_age": t.json_text(event.by_age),
            "position": fact.position,
        },
    )


@VIEW.on(FigureCited)
def cited(fact: Recorded[FigureCited], rows: Changes) -> None:
    """A published statement with its source."""
    event = fact.event
    rows.insert(
        CITATION,
        {
            "tenant": fact.tenant,
            "owner": fact.owner,
            "id": fact.key,
            "about": event.about,
            "statement": event.statement,
            "source": event.source,
            "published_on": event.published_on,
        },
    )


def _office_hour(
    fact: Recorded[OfficeHourHeld] | Recorded[OfficeHourCancelled] | Recorded[OfficeHourFellDue],
    rows: Changes,
    **columns: object,
) -> None:
    key = (fact.tenant, fact.owner, fact.key)
    rows.set(OFFICE_HOUR, key, version=fact.event.originator_version, **columns)
