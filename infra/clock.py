"""What time it is: one instant in UTC for the record, one civil date in Europe/Paris for the business.
The clock is always passed in, so that a test or the demo may choose the day."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def today(self) -> date:
        """The civil date in Europe/Paris, one or two hours ahead of UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The civil date in Europe/Paris."""
        return self.now().astimezone(PARIS).date()


class FixedClock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime) -> None:
        self.set(now)

    def now(self) -> datetime:
        """The chosen instant, aware, in UTC."""
        return self._now

    def today(self) -> date:
        """The civil date in Europe/Paris at the chosen instant."""
        return self._now.astimezone(PARIS).date()

    def set(self, now: datetime) -> None:
        """Move to another instant, forwards or backwards; ValueError when it has no time zone."""
        if now.tzinfo is None:
            raise ValueError("A clock needs an aware datetime.")
        self._now = now.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move by a duration."""
        self._now += by
