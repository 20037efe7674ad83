"""What happened under one convention of a portfolio, as commands with their instants: invented, the same each time.

Everything is counted from the day on which the portfolio began, and a larger number of members only adds some.
"""

import hashlib
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from typing import Final

import msgspec

from domain.membership.member import LeavingReason
from domain.partnerships.terms import Commitment, CouncilVote, OfficeHourPromise
from domain.tenancy import Owner, Tenant, accord, commune, insurer
from infra.clock import PARIS
from infra.ledger import Ledger, Receipt
from services.commands import membership, office_hours, partnerships, tariffs
from services.commands.perform import Ask
from services.demo.days import DAY, Days, monthly, working_day
from services.demo.script import Cells, UseCase, cells, raised
from services.portfolio.houses import House
from services.portfolio.people import People
from services.portfolio.places import Place

ACTOR: Final = "seed"
FORMULAS: Final = ("Sentier", "Chemin", "Grand chemin")
PRICES: Final = cells(
    {
        "Sentier": "13.20 23.70 27.90 32.40 39.80 48.10 56.90 63.70",
        "Chemin": "18.70 31.50 37.10 43.20 53.10 64.80 76.50 85.30",
        "Grand chemin": "25.40 43.10 50.80 58.90 72.90 88.30 104.10 116.60",
    }
)
CAP_PERCENT: Final = "3"
BROKEN_EVERY: Final = 6
"""In one convention of so many the last grid rises more than the cap allows."""

_MONTHS: Final = 60
_YOUNGEST, _OLDEST = 7, 40
"""How many months ago a convention began."""
_LEAVES_EVERY: Final = 9
_REASONS: Final[tuple[LeavingReason, ...]] = ("moved", "employer_cover", "deceased", "state_cover", "other")
_PLACES: Final = ("Mairie", "CCAS", "Salle des associations", "Maison France services")
_HOURS_MONTHS: Final = 12


class Step(msgspec.Struct, frozen=True):
    """One command and the instant at which it was given; `identity` makes a repeat of it known to the ledger."""

    at: datetime
    identity: str
    tenant: Tenant
    owner: Owner
    use_case: UseCase
    command: msgspec.Struct

    def perform(self, ledger: Ledger) -> Receipt | None:
        """Give the command, again or for the first time. Raises as the use case does."""
        ask = Ask(actor=ACTOR, now=self.at, command=f"seed:{self.identity}")
        return self.use_case(ledger, self.tenant, self.owner, self.command, ask)


def convention_of(house: House, place: Place) -> str:
    """The convention of an insurer and a commune: what both read, and nobody else, is named after it."""
    return f"fictif-{house.siren}-{place.code}"


def member_number(house: House, place: Place, rank: int) -> str:
    """The number of a member: what only the insurer reads is marked by it."""
    return f"FICTIF-{house.siren}-{place.code}-{rank:05d}"


class Story:
    """The commands of one convention, `members` of whom join. `today` is the day on which the portfolio began."""

    def __init__(self, place: Place, house: House, today: date, members: int, *, leads: bool = True) -> None:
        self._place, self._house, self._members = place, house, members
        self._key = convention_of(house, place)
        self._tenant, self._accord = commune(place.code), accord(house.siren)
        self._days = Days(today)
        begun = _YOUNGEST + self._pick("begin", _OLDEST - _YOUNGEST + 1) if leads else _YOUNGEST
        self._starts_on = self._days.month(-begun)
        self._confirmed_on = Days(self._starts_on).ago(66)

    def steps(self, people: People) -> list[Step]:
        """Everything that happened, in order of time."""
        every = chain(self._convention(), self._grids(), self._hours(), self._people(people))
        return sorted(every, key=lambda step: step.at)

    def _convention(self) -> Iterator[Step]:
        signed_on = Days(self._starts_on).ago(75)
        declared = partnerships.DeclareConvention(
            id=self._key,
            insurer_name=self._house.name,
            signed_on=signed_on,
            starts_on=self._starts_on,
            ends_on=Days(self._starts_on).month(_MONTHS) - DAY,
            commitments=self._commitments(),
            office_hours=OfficeHourPromise(
                article="Article 6", wording="Une permanence par mois.", per_month=1
            ),
            council_vote=CouncilVote(number=f"Délibération {self._key}"),
            fictitious=True,
        )
        yield self._shared(Days(self._starts_on).ago(72), "declare", partnerships.declare, declared)
        confirmed = partnerships.ConfirmConvention(id=self._key, by="town")
        yield self._shared(self._confirmed_on, "confirm", partnerships.confirm, confirmed)

    def _commitments(self) -> tuple[Commitment, ...]:
        return (
            Commitment(
                id="plafond",
                article="Article 4",
                wording=f"Aucune cotisation n’augmente de plus de {CAP_PERCENT} % dans une année de la convention,"
                f" à âge et garanties inchangés ({self._key}).",
                rule="ANNUAL_CAP_FIXED",
                params={"max_rise_percent": CAP_PERCENT, "period": "CONVENTION_YEAR"},
            ),
            Commitment(
                id="cumul",
                article="Article 4",
                wording="Depuis le début de la convention, la hausse d’une cotisation ne dépasse pas 12 %.",
                rule="CUMULATIVE_CAP",
                params={"max_rise_percent": "12"},
            ),
            Commitment(
                id="preavis",
                article="Article 5",
                wording="Une hausse est notifiée à la commune un mois au moins avant son effet.",
                rule="NOTICE",
                params={"months": 1},
            ),
            Commitment(
                id="sans-frais",
                article="Article 3",
                wording="L’adhésion est sans frais.",
                rule="NO_FEE",
                params={},
            ),
        )

    def _grids(self) -> Iterator[Step]:
        """The first with the convention, one a year after; in some towns the last breaks the cap."""
        prices, number, soon = PRICES, 0, self._days.month(2)
        while (effective_on := Days(self._starts_on).month(12 * number)) <= soon:
            if number:
                prices = raised(prices, f"2.{self._pick(f'rise-{number}', 8)}")
            told_on = min(Days(effective_on).ago(61), self._days.ago(20))
            yield self._grid(effective_on, told_on, prices)
            number += 1
        if self._pick("broken", BROKEN_EVERY) == 0:
            told_on = self._days.ago(2 + self._pick("told", 15))
            unheard = self._days.month(4 if effective_on == self._days.month(3) else 3)
            yield self._grid(unheard, told_on, raised(prices, "5.4", from_age=50))

    def _grid(self, effective_on: date, told_on: date, prices: Cells) -> Step:
        name = f"{self._key}-{effective_on:%Y-%m}"
        notified = tariffs.NotifyGrid(
            convention=self._key,
            id=name,
            effective_on=effective_on,
            notified_on=told_on,
            cells=prices,
            decided_by="Conseil d’administration (fictif)",
            decided_on=told_on - 14 * DAY,
            reason="Les dépenses de soins augmentent (motif fictif).",
        )
        return self._shared(told_on, f"grid:{name}", tariffs.notify, notified)

    def _hours(self) -> Iterator[Step]:
        """One a month of the last year, and the next two."""
        first = max(self._starts_on, self._days.month(-_HOURS_MONTHS))
        turn = (1 + self._pick("nth", 4), self._pick("weekday", 5))
        for day in monthly(first, self._days.today + 60 * DAY, (turn,)):
            identity = f"{self._key}-{day.isoformat()}"
            planned = office_hours.PlanOfficeHour(
                id=identity,
                convention=self._key,
                on=day,
                starts_at=time(9, 30),
                ends_at=time(12, 0),
                place=_PLACES[self._pick("place", len(_PLACES))],
            )
            announced_on = max(self._confirmed_on + 2 * DAY, working_day(day - 62 * DAY))
            yield self._shared(announced_on, f"plan:{day}", office_hours.plan, planned)
            if day < self._days.today:
                visitors = 1 + self._pick(f"{day}/visitors", 9)
                came = self._pick(f"{day}/by", visitors + 1)
                held = office_hours.HoldOfficeHour(id=identity, visitors=visitors, by_appointment=came)
                yield self._shared(day, f"hold:{day}", office_hours.hold, held, latest=True)

    def _people(self, people: People) -> Iterator[Step]:
        """Members join between the first day and the last month; some leave."""
        span = (self._days.today - self._starts_on).days - 75
        for rank in range(1, self._members + 1):
            key = f"{self._key}/{rank}"
            joined_on = (self._starts_on + self._pick(key, span) * DAY).replace(day=1)
            person = people.person(key, in_year=joined_on.year, zone=_zone(self._place))
            identity = f"{self._key}-{rank:05d}"
            joins = membership.JoinMember(
                id=identity,
                convention=self._key,
                number=member_number(self._house, self._place, rank),
                joined_on=joined_on,
                formula=FORMULAS[min(self._pick(f"{key}/formula", 5) // 2, 2)],
                **person._asdict(),
            )
            signed_on = max(working_day(joined_on - 25 * DAY), self._confirmed_on + 8 * DAY)
            yield self._own(signed_on, f"join:{rank}", membership.join, joins)
            if rank % _LEAVES_EVERY == 0:
                yield self._leaving(identity, rank, joined_on)

    def _leaving(self, identity: str, rank: int, joined_on: date) -> Step:
        lasted = 45 + self._pick(f"{identity}/lasted", (self._days.today - joined_on).days - 60)
        left_on = joined_on + lasted * DAY
        reason = _REASONS[self._pick(f"{identity}/reason", len(_REASONS))]
        left = membership.LeaveMember(id=identity, left_on=left_on, reason=reason)
        return self._own(left_on, f"leave:{rank}", membership.leave, left)

    def _shared(
        self, on: date, what: str, use_case: UseCase, command: msgspec.Struct, *, latest: bool = False
    ) -> Step:
        return self._step(on, what, self._accord, use_case, command, latest=latest)

    def _own(self, on: date, what: str, use_case: UseCase, command: msgspec.Struct) -> Step:
        return self._step(on, what, insurer(self._house.siren), use_case, command)

    def _step(
        self,
        on: date,
        what: str,
        owner: Owner,
        use_case: UseCase,
        command: msgspec.Struct,
        *,
        latest: bool = False,
    ) -> Step:
        opening = time(16) if latest else time(9)
        at = datetime.combine(on, opening, PARIS).astimezone(UTC) + timedelta(
            seconds=self._pick(what, 20_000)
        )
        return Step(at, f"{self._key}:{what}", self._tenant, owner, use_case, command)

    def _pick(self, what: str, among: int) -> int:
        return zlib.crc32(f"{self._key}/{what}".encode()) % among


def _zone(place: Place) -> str:
    """The first digit of a landline: any, and always the same for a department."""
    return str(1 + hashlib.sha256(place.department.encode()).digest()[0] % 5)
