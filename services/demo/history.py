"""The demo's history as commands with their instants: what everybody did, from 2024 until an instant.

It depends on nothing but that instant, and a later one only adds to it: so seeding again finds everything recorded.
"""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import msgspec

from domain.tenancy import PUBLIC, Owner, Tenant, accord, commune, insurer
from infra.clock import PARIS
from infra.ledger import Ledger, Receipt
from services.commands import communes, membership, office_hours, partnerships, tariffs
from services.commands.perform import Ask
from services.demo.days import monthly
from services.demo.people import departures, signatures
from services.demo.script import Cancelled, OfficeHours, Partnership, Town

ACTOR: Final = "demo"
LAST_DEPARTURE: Final = date(2026, 10, 31)
ANNOUNCED_DAYS: Final = 60
"""How long before its day an office hour is announced."""

UseCase = Callable[[Ledger, Tenant, Owner, Any, Ask], Receipt | None]


class Step(msgspec.Struct, frozen=True):
    """One command and the instant at which it was given; `identity` makes a repeat of it known to the ledger."""

    at: datetime
    identity: str
    where: str
    tenant: Tenant
    owner: Owner
    use_case: UseCase
    command: msgspec.Struct

    def perform(self, ledger: Ledger) -> Receipt | None:
        """Give the command, again or for the first time. Raises as the use case does."""
        ask = Ask(actor=ACTOR, now=self.at, command=f"demo:{self.identity}")
        return self.use_case(ledger, self.tenant, self.owner, self.command, ask)


def history(towns: Iterable[Town], now: datetime) -> list[Step]:
    """Every step up to `now`, in order of time; what was announced for later days is among them."""
    today = now.astimezone(PARIS).date()
    every = [step for town in towns for step in _of_town(town, today)]
    return sorted((step for step in every if step.at <= now), key=lambda step: step.at)


def signed_document(town: Partnership) -> bytes:
    """The signed text of a convention, as it is kept."""
    return (town.signed_text or "").encode()


def _of_town(town: Town, today: date) -> Iterator[Step]:
    tenant = commune(town.code)
    for fact in town.published:
        cited = communes.CiteFigure(
            id=fact.key,
            about=fact.about,
            statement=fact.statement,
            source=fact.source,
            published_on=fact.published_on,
        )
        yield Step(
            _instant(fact.noted_on, fact.key),
            f"cite:{fact.key}",
            town.name,
            tenant,
            PUBLIC,
            communes.cite,
            cited,
        )
    for partnership in town.partnerships:
        told = _Told(town.name, tenant, partnership)
        yield from told.convention()
        yield from told.grids()
        yield from told.members()
        yield from told.office_hours(today)


class _Told:
    """The steps of one partnership."""

    def __init__(self, where: str, tenant: Tenant, partnership: Partnership) -> None:
        self._where = where
        self._tenant = tenant
        self._of = partnership
        self._accord = accord(partnership.insurer.siren)
        self._insurer = insurer(partnership.insurer.siren)

    def convention(self) -> Iterator[Step]:
        """Declared by the insurer; confirmed by the town, or by an operator on the signed text."""
        of = self._of
        document = hashlib.sha256(signed_document(of)).hexdigest() if of.signed_text else None
        declared = partnerships.DeclareConvention(
            id=of.key,
            insurer_name=of.insurer.name,
            signed_on=of.signed_on,
            starts_on=of.starts_on,
            ends_on=of.ends_on,
            commitments=of.commitments,
            office_hours=of.promise,
            council_vote=of.council_vote,
            document=document,
            fictitious=True,
        )
        yield self._shared(_instant(of.declared_on, of.key), "declare", partnerships.declare, declared)
        if of.confirmed_on is None:
            return
        confirmed = partnerships.ConfirmConvention(
            id=of.key,
            by="operator" if document else "town",
            council_reference=of.council_vote if document else None,
            document=document,
        )
        yield self._shared(_instant(of.confirmed_on, of.key), "confirm", partnerships.confirm, confirmed)

    def grids(self) -> Iterator[Step]:
        """Told to the town."""
        for grid in self._of.grids:
            notified = tariffs.NotifyGrid(
                convention=self._of.key,
                id=grid.id,
                effective_on=grid.effective_on,
                notified_on=grid.notified_on,
                justified=grid.justified,
                cells=grid.cells,
            )
            yield self._shared(
                _instant(grid.notified_on, grid.id), f"grid:{grid.id}", tariffs.notify, notified
            )

    def members(self) -> Iterator[Step]:
        """People join, and some leave."""
        if self._of.members is None:
            return
        for signed in signatures(self._of, self._of.members):
            joins = signed.command
            yield self._own(_instant(signed.on, joins.id), f"join:{joins.id}", membership.join, joins)
        for departure in departures(self._of, self._of.members, LAST_DEPARTURE):
            leaves = departure.command
            yield self._own(_instant(departure.on, leaves.id), f"leave:{leaves.id}", membership.leave, leaves)

    def office_hours(self, today: date) -> Iterator[Step]:
        """Announced, then held, cancelled and made up for, or passed over in silence."""
        hours = self._of.office_hours
        if hours is None:
            return
        until = min(today + timedelta(days=ANNOUNCED_DAYS), self._of.ends_on)
        for number, day in enumerate(monthly(hours.first_on, until, hours.days)):
            place = hours.places[number % len(hours.places)]
            known = self._announced(day)
            yield self._planned(day, hours, place, known)
            cancelled = hours.cancelled.get(day)
            if cancelled is not None:
                yield from self._cancelled(day, cancelled, hours, place)
            elif day not in hours.silent:
                yield self._held(day, hours)

    def _cancelled(self, day: date, cancelled: Cancelled, hours: OfficeHours, place: str) -> Iterator[Step]:
        known = _instant(day - timedelta(days=cancelled.days_before), self._office_hour(day))
        command = office_hours.CancelOfficeHour(id=self._office_hour(day), reason=cancelled.reason)
        yield self._shared(known, f"cancel:{day}", office_hours.cancel, command)
        if cancelled.instead is not None:
            yield self._planned(cancelled.instead, hours, place, known + timedelta(minutes=10))
            yield self._held(cancelled.instead, hours)

    def _planned(self, day: date, hours: OfficeHours, place: str, known: datetime) -> Step:
        command = office_hours.PlanOfficeHour(
            id=self._office_hour(day),
            convention=self._of.key,
            on=day,
            starts_at=hours.starts_at,
            ends_at=hours.ends_at,
            place=place,
        )
        return self._shared(known, f"plan:{day}", office_hours.plan, command)

    def _held(self, day: date, hours: OfficeHours) -> Step:
        fewest, most = hours.visitors
        identity = self._office_hour(day)
        visitors = fewest + _pick(identity, most - fewest + 1)
        by_appointment = visitors * (50 + _pick(identity + "/appointments", 40)) // 100
        command = office_hours.HoldOfficeHour(id=identity, visitors=visitors, by_appointment=by_appointment)
        ended = _paris(day, hours.ends_at) + timedelta(minutes=5 + _pick(identity + "/end", 40))
        return self._shared(ended, f"hold:{day}", office_hours.hold, command)

    def _announced(self, day: date) -> datetime:
        """Some weeks ahead, and after the town has confirmed the convention."""
        earliest = (self._of.confirmed_on or day) + timedelta(days=1)
        return _instant(max(earliest, day - timedelta(days=ANNOUNCED_DAYS)), self._office_hour(day))

    def _office_hour(self, day: date) -> str:
        return f"{self._of.key}-{day.isoformat()}"

    def _shared(self, at: datetime, what: str, use_case: UseCase, command: msgspec.Struct) -> Step:
        return Step(at, f"{self._of.key}:{what}", self._where, self._tenant, self._accord, use_case, command)

    def _own(self, at: datetime, what: str, use_case: UseCase, command: msgspec.Struct) -> Step:
        return Step(at, f"{self._of.key}:{what}", self._where, self._tenant, self._insurer, use_case, command)


def _instant(day: date, seed: str) -> datetime:
    """Some minute of the working day."""
    return _paris(day, time(8, 30)) + timedelta(minutes=_pick(seed, 9 * 60))


def _paris(day: date, at: time) -> datetime:
    return datetime.combine(day, at, PARIS).astimezone(UTC)


def _pick(seed: str, among: int) -> int:
    return zlib.crc32(seed.encode()) % among
