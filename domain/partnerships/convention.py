"""The convention between a commune and an insurer: declared by the insurer, confirmed by the town.

Until it is confirmed it opens nothing that both read; an operator may confirm on the council's papers.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar, Final, Literal, Self

import msgspec

from domain.aggregate import Aggregate
from domain.events import Event, event
from domain.refusal import Refused
from domain.tariffs.assess import ScenarioError, read_commitment

Parameter = str | int | bool | None | list[dict[str, str | int]]
"""A rule's parameter as it is written in a scenario file: percentages are decimal strings."""

LONGEST_TERM_YEARS: Final = 30
EARLIEST: Final = date(1900, 1, 1)
"""No convention is older: a year such as 0026 was mistyped."""

_RANGES: Final = {"notice_months": (0, 120), "fees": (0, 1_000_000), "waiting_period_days": (0, 3660)}


class Commitment(msgspec.Struct, frozen=True, kw_only=True):
    """A tariff commitment: `wording` is the clause in its own words, `rule` and `params` what a machine checks."""

    id: str
    article: str
    wording: str
    rule: str
    params: dict[str, Parameter]


class OfficeHourPromise(msgspec.Struct, frozen=True, kw_only=True):
    """How many office hours the insurer promised to hold each month."""

    article: str
    wording: str
    per_month: int


def checked(commitment: Commitment) -> dict[str, object]:
    """The part of a commitment that `assess` checks, as in a scenario file."""
    return {"id": commitment.id, "rule": commitment.rule, "params": commitment.params}


@event("convention.declared")
class ConventionDeclared(Event, frozen=True, kw_only=True):
    """The insurer says what was signed. Money is in cents; `document` is the SHA-256 of the signed text, if kept."""

    insurer_name: str
    signed_on: date
    starts_on: date
    ends_on: date
    notice_months: int
    fees: int
    waiting_period_days: int
    commitments: tuple[Commitment, ...]
    office_hours: OfficeHourPromise | None
    council_vote: str | None
    document: str | None
    fictitious: bool


@event("convention.confirmed")
class ConventionConfirmed(Event, frozen=True, kw_only=True):
    """The town recognises the convention as its own, or an operator does on the council's papers."""

    by: Literal["town", "operator"]
    council_reference: str | None
    document: str | None


class Convention(Aggregate, kw_only=True):
    """One convention of one commune with one insurer."""

    kind: ClassVar[str] = "convention"
    begins_with: ClassVar[type[Event]] = ConventionDeclared

    insurer_name: str = ""
    signed_on: date = date.min
    starts_on: date = date.min
    ends_on: date = date.max
    fees: int = 0
    waiting_period_days: int = 0
    commitments: tuple[Commitment, ...] = ()
    confirmed: bool = False

    @classmethod
    def declare(
        cls,
        stream: str,
        *,
        insurer_name: str,
        signed_on: date,
        starts_on: date,
        ends_on: date,
        notice_months: int = 6,
        fees: int = 0,
        waiting_period_days: int = 0,
        commitments: Sequence[Commitment] = (),
        office_hours: OfficeHourPromise | None = None,
        council_vote: str | None = None,
        document: str | None = None,
        fictitious: bool = False,
    ) -> Self:
        """Say what was signed. Refused when dates or commitments contradict themselves, or a figure is absurd."""
        _demand_plausible(
            {"signed_on": signed_on, "starts_on": starts_on},
            {"notice_months": notice_months, "fees": fees, "waiting_period_days": waiting_period_days},
        )
        if office_hours is not None and office_hours.per_month < 1:
            raise Refused(
                "out-of-range", "At least one office hour a month.", path="$.office_hours.per_month"
            )
        if ends_on < starts_on:
            raise Refused(
                "dates-inverted", "A convention ends on or after the day it starts.", path="$.ends_on"
            )
        if (ends_on.year - starts_on.year, ends_on.month, ends_on.day) > (
            LONGEST_TERM_YEARS,
            starts_on.month,
            starts_on.day,
        ):
            raise Refused(
                "term-too-long", f"A convention runs at most {LONGEST_TERM_YEARS} years.", path="$.ends_on"
            )
        seen = set()
        for index, commitment in enumerate(commitments):
            path = f"$.commitments[{index}]"
            if commitment.id in seen:
                raise Refused(
                    "commitment-repeated", f"Two commitments are called {commitment.id}.", path=f"{path}.id"
                )
            seen.add(commitment.id)
            try:
                read_commitment(checked(commitment))
            except ScenarioError as wrong:
                detail = f"Expected {wrong.expected}, found {wrong.found}."
                raise Refused(
                    "commitment-unknown", detail, path=path + wrong.path.removeprefix("$")
                ) from None
        return cls.begin(
            stream,
            insurer_name=insurer_name,
            signed_on=signed_on,
            starts_on=starts_on,
            ends_on=ends_on,
            notice_months=notice_months,
            fees=fees,
            waiting_period_days=waiting_period_days,
            commitments=tuple(commitments),
            office_hours=office_hours,
            council_vote=council_vote,
            document=document,
            fictitious=fictitious,
        )

    def confirm(
        self,
        by: Literal["town", "operator"],
        *,
        council_reference: str | None = None,
        document: str | None = None,
    ) -> None:
        """Recognise the convention. An operator shows the council's reference and the document; once is enough."""
        if self.confirmed:
            return
        if by == "operator" and not (council_reference and document):
            raise Refused(
                "proof-missing",
                "An operator confirms with the council's reference and the SHA-256 of the signed document.",
                path="$.document" if council_reference else "$.council_reference",
            )
        self.record(ConventionConfirmed, by=by, council_reference=council_reference, document=document)

    def demand_confirmed(self) -> None:
        """Refused while the town has not recognised the convention: what both read opens only then."""
        if not self.confirmed:
            raise Refused(
                "convention-not-confirmed",
                "The town has not confirmed this convention yet; until then only its declaration is recorded.",
            )

    def evolve(self, event: Event) -> None:
        """Assign what the event says."""
        match event:
            case ConventionDeclared():
                self.insurer_name = event.insurer_name
                self.signed_on, self.starts_on, self.ends_on = event.signed_on, event.starts_on, event.ends_on
                self.fees, self.waiting_period_days = event.fees, event.waiting_period_days
                self.commitments = event.commitments
            case ConventionConfirmed():
                self.confirmed = True


def _demand_plausible(days: Mapping[str, date], figures: Mapping[str, int]) -> None:
    # What is recorded once must be readable by every later check of the tariff.
    for name, day in days.items():
        if day < EARLIEST:
            raise Refused("out-of-range", f"Not before {EARLIEST.isoformat()}.", path=f"$.{name}")
    for name, figure in figures.items():
        least, most = _RANGES[name]
        if not least <= figure <= most:
            raise Refused("out-of-range", f"From {least} to {most}.", path=f"$.{name}")
