"""Office hours as they come in and go out."""

from typing import get_args

from marshmallow import fields

from domain.office_hours.office_hour import CancellationReason
from services.commands.office_hours import CancelOfficeHour, HoldOfficeHour, PlanOfficeHour
from services.schemas.answers import Answer, PageGiven
from services.schemas.fields import Choice, Clock, Day, Text, Whole
from services.schemas.reading import CommandGiven
from services.schemas.text import LINE

MOST_VISITORS = 10_000


class OfficeHourGiven(CommandGiven):
    """An office hour announced to residents; civil day and times of the commune."""

    command = PlanOfficeHour
    from_route = frozenset({"id", "convention"})

    on = Day(required=True)
    starts_at = Clock(required=True)
    ends_at = Clock(required=True)
    place = Text(LINE, required=True)


class HeldGiven(CommandGiven):
    """It took place: people received, and how many of them had an appointment."""

    command = HoldOfficeHour

    visitors = Whole(0, MOST_VISITORS, required=True)
    by_appointment = Whole(0, MOST_VISITORS)


class CancellationGiven(CommandGiven):
    """It does not take place."""

    command = CancelOfficeHour

    reason = Choice(get_args(CancellationReason), required=True)


class OfficeHoursGiven(PageGiven):
    """Which office hours: within some days, both included."""

    first = Day(data_key="from")
    last = Day(data_key="to")


class OfficeHourAnswer(Answer):
    """An office hour; overdue: its day passed and nobody has said whether it was held."""

    id = fields.String()
    convention = fields.String()
    on = Day(attribute="on_day")
    starts_at = Clock()
    ends_at = Clock()
    place = fields.String()
    state = fields.String(metadata={"enum": ["planned", "held", "cancelled", "overdue"]})
    visitors = fields.Integer(allow_none=True)
    by_appointment = fields.Integer(allow_none=True)
    cancelled_on = Day(allow_none=True)
    reason = fields.String(allow_none=True)
    version = fields.Integer()
