"""The two dates of a page: the day it is about (`au`), and until when what was recorded counts (`connu_le`)."""

import re
from datetime import UTC, date, datetime
from typing import Final

import msgspec

from infra.clock import PARIS
from services.web.forms import Form, WrongValueError, day
from services.web.typography import day as written_day
from services.web.typography import hour

_INSTANT: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2}))?")
_DAY: Final = "Écrivez une date, par exemple 25/11/2026."
_KNOWN: Final = "Écrivez un jour et une heure, par exemple 2026-11-25T09:12."


class AsOf(msgspec.Struct, frozen=True, kw_only=True):
    """What an address asks for. `known_at` None: everything recorded by now; `asked` is as it was typed."""

    day: date
    known_at: datetime | None
    today: date
    form: Form

    @property
    def past(self) -> bool:
        """Whether the page is about another day, or about what was known at another instant."""
        return self.day != self.today or self.known_at is not None

    @property
    def asked(self) -> dict[str, str]:
        """The two dates as parameters of an address; empty for today."""
        found = {}
        if self.day != self.today:
            found["au"] = self.day.isoformat()
        if self.known_at is not None:
            found["connu_le"] = f"{self.known_at.astimezone(PARIS):%Y-%m-%dT%H:%M}"
        return found

    @property
    def words(self) -> str:
        """`État au 01/03/2026, tel que connu le 24/11/2026 à 9 h 12`."""
        said = f"État au {written_day(self.day)}"
        if self.known_at is None:
            return said
        return f"{said}, tel que connu le {written_day(self.known_at)} à {hour(self.known_at)}"


def as_of(au: str, connu_le: str, now: datetime) -> AsOf:
    """The two dates as typed; what cannot be read is said in `form`, and today stands in its place."""
    today = now.astimezone(PARIS).date()
    form = Form(typed={"au": au, "connu_le": connu_le})
    found, known = today, None
    if au.strip():
        try:
            found = day(au.strip())
        except WrongValueError:
            form.errors["au"] = _DAY
    if connu_le.strip():
        try:
            known = _instant(connu_le.strip())
        except WrongValueError:
            form.errors["connu_le"] = _KNOWN
    if known is not None and known >= now:
        known = None
    return AsOf(day=found, known_at=known, today=today, form=form)


def _instant(text: str) -> datetime:
    """An instant in Paris time; a day alone stands for its last minute."""
    match = _INSTANT.fullmatch(text)
    try:
        on = date.fromisoformat(match[1]) if match else day(text)
        minutes = (int(match[2]), int(match[3])) if match and match[2] else (23, 59)
        local = datetime(on.year, on.month, on.day, *minutes, 59, 999_999, tzinfo=PARIS)
    except ValueError:
        raise WrongValueError from None
    return local.astimezone(UTC)
