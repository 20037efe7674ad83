"""What a convention says now and on a day: read from its versions, its notice and its end."""

from datetime import date, datetime
from typing import Literal

from domain.partnerships.notice import Notice
from domain.partnerships.terms import (
    Clocks,
    Commitment,
    OfficeHourPromise,
    Promise,
    Terms,
    TermsVersion,
    in_order,
    version_on,
)
from domain.refusal import Refused


class Agreed:
    """The readable side of a convention; attributes are those of the version of the terms that begins last."""

    __slots__ = ()

    state: Literal["declared", "refused", "confirmed"]
    terms: list[TermsVersion]
    notice: Notice | None
    ended: date | None

    def demand_confirmed(self) -> None:
        """Refused while the town has not recognised the convention: what both read opens only then."""
        if not self.confirmed:
            raise Refused(
                "convention-not-confirmed",
                "The town has not confirmed this convention yet; until then only its declaration is recorded.",
            )

    def demand_running(self) -> None:
        """Refused before confirmation and after the end: neither changes the convention."""
        self.demand_confirmed()
        if self.ended is not None:
            raise self._over("$")

    def demand_open(self, day: date) -> None:
        """Refused unless someone may join on `day`: not after the last day, of the term or of a notice."""
        self.demand_confirmed()
        if day > self.ends_on:
            raise self._over("$.joined_on")

    @property
    def confirmed(self) -> bool:
        """Whether the town, or an operator on its papers, has recognised it."""
        return self.state == "confirmed"

    @property
    def term(self) -> date:
        """The last day that the terms say."""
        return self._last.ends_on

    @property
    def ends_on(self) -> date:
        """The last day, that of a notice included."""
        return min(self.term, self.notice.takes_effect_on) if self.notice else self.term

    @property
    def signed_on(self) -> date:
        """The day of signature."""
        return self._last.signed_on

    @property
    def starts_on(self) -> date:
        """The first day."""
        return self._last.starts_on

    @property
    def notice_months(self) -> int:
        """How long before it takes effect notice is given."""
        return self._last.notice_months

    @property
    def fees(self) -> int:
        """The fees for joining, in cents."""
        return self._last.fees

    @property
    def waiting_period_days(self) -> int:
        """How long cover waits after joining."""
        return self._last.waiting_period_days

    @property
    def commitments(self) -> tuple[Commitment, ...]:
        """What a machine checks."""
        return self._last.commitments

    @property
    def promises(self) -> tuple[Promise, ...]:
        """What each side promised and no machine checks."""
        return self._last.promises

    @property
    def office_hours(self) -> OfficeHourPromise | None:
        """The office hours promised a month."""
        return self._last.office_hours

    @property
    def clocks(self) -> Clocks:
        """The days granted to explain, to answer and to cure."""
        return self._last.clocks

    def terms_on(self, day: date, known_at: datetime | None = None) -> Terms:
        """The terms that count on a day, as known at an instant; before the first day, the first."""
        return version_on(in_order(self.terms, known_at) or self.terms, day).terms

    @property
    def _last(self) -> Terms:
        return in_order(self.terms)[-1].terms

    def _over(self, path: str) -> Refused:
        return Refused(
            "convention-over",
            f"Its last day is {self.ends_on.isoformat()}: nobody joins after it; members keep their contracts.",
            path=path,
            ends_on=self.ends_on,
        )
