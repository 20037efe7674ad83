"""Office hours: planned under a convention, then held or cancelled; the insurer speaks, the town reads along."""

from datetime import date
from typing import Any

from flask import url_for
from flask.views import MethodView

from projections.oversight import queries as oversight
from projections.oversight.queries import OfficeHourRow
from services.access import READERS, accord_of, allow
from services.api.answers import command_ask, page, read, recorded, tagged
from services.api.blueprint import Resources
from services.api.cursors import opened
from services.asking import API, parts
from services.commands import office_hours
from services.commands.office_hours import CancelOfficeHour, HoldOfficeHour, PlanOfficeHour
from services.commands.perform import NotFoundError
from services.schemas.answers import ReceiptAnswer, page_of
from services.schemas.office_hours import (
    CancellationGiven,
    HeldGiven,
    OfficeHourAnswer,
    OfficeHourGiven,
    OfficeHoursGiven,
)

blueprint = Resources("office-hours", __name__, prefix=API, about="Office hours promised and held")

_ACCORD = "/communes/<commune:code>/accords/<siren:siren>"


@blueprint.route(f"{_ACCORD}/conventions/<key:convention>/office-hours")
class OfficeHours(MethodView):
    """The office hours of a convention."""

    @allow(*READERS)
    @blueprint.arguments(OfficeHoursGiven, location="query")
    @blueprint.response(200, page_of(OfficeHourAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """The office hours of a convention in order of day, within some days"""
        tenant, owner = accord_of(code, siren)
        days, after, limit = (given.get("first"), given.get("last")), _after(given), given["limit"]

        def query(reader: Any) -> list[OfficeHourRow]:
            if oversight.convention(reader, tenant, owner, convention) is None:
                raise NotFoundError(convention)
            return oversight.office_hours(
                reader,
                tenant,
                [owner],
                convention=convention,
                first=days[0],
                last=days[1],
                after=after,
                limit=limit + 1,
            )

        return page(read(query, "oversight"), limit, lambda row: (row.on_day, row.id))

    @allow("insurer")
    @blueprint.arguments(OfficeHourGiven)
    @blueprint.response(201, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Plan an office hour"""
        tenant, owner = accord_of(code, siren)
        ask = command_ask()
        command = PlanOfficeHour(id=ask.fresh_key(), convention=convention, **given)
        receipt = office_hours.plan(parts().ledger, tenant, owner, command, ask)
        return recorded(receipt, command.id, _href(code, siren, command.id), made=True)


@blueprint.route(f"{_ACCORD}/office-hours/<key:office_hour>")
class OfficeHourById(MethodView):
    """One office hour."""

    @allow(*READERS)
    @blueprint.response(200, OfficeHourAnswer)
    def get(self, code: str, siren: str, office_hour: str) -> OfficeHourRow:
        """One office hour"""
        tenant, owner = accord_of(code, siren)
        row = read(lambda reader: oversight.office_hour(reader, tenant, owner, office_hour), "oversight")
        if row is None:
            raise NotFoundError(office_hour)
        tagged(row.version)
        return row


@blueprint.route(f"{_ACCORD}/office-hours/<key:office_hour>/held")
class Held(MethodView):
    """That an office hour took place."""

    @allow("insurer")
    @blueprint.arguments(HeldGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, office_hour: str
    ) -> tuple[dict[str, Any], int]:
        """Say that an office hour took place, with its head counts"""
        tenant, owner = accord_of(code, siren)
        command = HoldOfficeHour(id=office_hour, **given)
        receipt = office_hours.hold(parts().ledger, tenant, owner, command, command_ask())
        return recorded(receipt, office_hour, _href(code, siren, office_hour))


@blueprint.route(f"{_ACCORD}/office-hours/<key:office_hour>/cancellation")
class Cancellation(MethodView):
    """That an office hour does not take place."""

    @allow("insurer")
    @blueprint.arguments(CancellationGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, office_hour: str
    ) -> tuple[dict[str, Any], int]:
        """Cancel an office hour"""
        tenant, owner = accord_of(code, siren)
        command = CancelOfficeHour(id=office_hour, **given)
        receipt = office_hours.cancel(parts().ledger, tenant, owner, command, command_ask())
        return recorded(receipt, office_hour, _href(code, siren, office_hour))


def _after(given: dict[str, Any]) -> tuple[date, str] | None:
    found: tuple[date, str] | None = opened(given.get("cursor"), tuple[date, str])
    return found


def _href(code: str, siren: str, office_hour: str) -> str:
    return url_for("office-hours.OfficeHourById", code=code, siren=siren, office_hour=office_hour)
