"""One office hour: planned, then held with its head counts, or cancelled; when its day passes in silence, that is said.

Only counts are recorded: who came is nobody's business here.
"""

from datetime import date, time
from typing import ClassVar, Literal, Self

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.refusal import Refused

CancellationReason = Literal[
    "adviser_absent", "room_unavailable", "no_appointment", "public_holiday", "other"
]


@event("office_hour.planned")
class OfficeHourPlanned(Event, frozen=True, kw_only=True):
    """A day, hours and a place announced to residents; civil date and times in the commune."""

    convention: str
    on: date
    starts_at: time
    ends_at: time
    place: str


@event("office_hour.held")
class OfficeHourHeld(Event, frozen=True, kw_only=True):
    """It took place: how many people were received, and how many of them had an appointment."""

    visitors: int
    by_appointment: int


@event("office_hour.cancelled")
class OfficeHourCancelled(Event, frozen=True, kw_only=True):
    """It did not or will not take place; `cancelled_on` tells how long before."""

    cancelled_on: date
    reason: CancellationReason


@event("office_hour.fell_due")
class OfficeHourFellDue(Event, frozen=True, kw_only=True):
    """Its day passed, and nobody has said whether it was held."""

    on: date


class OfficeHour(Aggregate, kw_only=True):
    """One office hour."""

    kind: ClassVar[str] = "office-hour"
    begins_with: ClassVar[type[Event]] = OfficeHourPlanned

    on: date = date.min
    held: bool = False
    visitors: int = 0
    by_appointment: int = 0
    cancelled: bool = False
    overdue: bool = False

    @classmethod
    def plan(
        cls, stream: str, *, convention: str, on: date, starts_at: time, ends_at: time, place: str
    ) -> Self:
        """Announce an office hour. Refused when it ends before it starts."""
        if ends_at <= starts_at:
            raise Refused("hours-inverted", "An office hour ends after it starts.", path="$.ends_at")
        return cls.begin(
            stream, convention=convention, on=on, starts_at=starts_at, ends_at=ends_at, place=place
        )

    def hold(self, *, visitors: int, by_appointment: int, today: date) -> None:
        """Say that it took place. A repeat with the same counts is nothing."""
        if self.held and (self.visitors, self.by_appointment) == (visitors, by_appointment):
            return
        if self.held:
            raise Refused(
                "already-held",
                f"It was recorded as held with {self.visitors} visitors.",
                visitors=self.visitors,
            )
        if self.cancelled:
            raise Refused("already-cancelled", "A cancelled office hour is not held; plan another one.")
        if today < self.on:
            raise Refused("not-yet-held", f"It takes place on {self.on.isoformat()}.", path="$", on=self.on)
        if not 0 <= by_appointment <= visitors:
            raise Refused(
                "counts-contradict",
                "People with an appointment are among the visitors.",
                path="$.by_appointment",
            )
        self.record(OfficeHourHeld, visitors=visitors, by_appointment=by_appointment)

    def cancel(self, *, reason: CancellationReason, today: date) -> None:
        """Say that it does not take place. Cancelling twice is nothing; what was held stays held."""
        if self.cancelled:
            return
        if self.held:
            raise Refused(
                "already-held", f"It was held with {self.visitors} visitors.", visitors=self.visitors
            )
        self.record(OfficeHourCancelled, cancelled_on=today, reason=reason)

    def fall_due(self, *, today: date) -> None:
        """Say that its day has passed in silence. Nothing when it was held, cancelled, said before, or is to come."""
        if not (self.held or self.cancelled or self.overdue) and today > self.on:
            self.record(OfficeHourFellDue, on=self.on)

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        match event:
            case OfficeHourPlanned():
                self.on = event.on
            case OfficeHourHeld():
                self.held = True
                self.visitors, self.by_appointment = event.visitors, event.by_appointment
            case OfficeHourCancelled():
                self.cancelled = True
            case OfficeHourFellDue():
                self.overdue = True
