"""The demo's history as commands with their instants: what everybody did until an instant.

It depends on the day on which the demo began and on that instant alone, and a later instant only adds to it: so
seeding again finds everything recorded.
"""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec

from domain.partnerships.terms import CouncilVote, Terms
from domain.tenancy import PUBLIC, Owner, Tenant, accord, commune, insurer
from infra.clock import PARIS
from infra.ledger import Ledger, Receipt
from services.commands import communes, membership, office_hours, partnerships, tariffs
from services.commands.partnerships import DeclareConvention
from services.commands.perform import Ask
from services.demo.days import DAY, monthly
from services.demo.people import departures, signatures
from services.demo.script import Act, Cancelled, OfficeHours, Partnership, Town, UseCase

ACTOR: Final = "demo"
ANNOUNCED_DAYS: Final = 60
"""How long before its day an office hour is announced."""

LAST_DEPARTURE_DAYS: Final = 22
"""How long before the demo begins the last member leaves."""

_DECIDED_DAYS: Final = 14
_FIGURES_ON: Final = 6
_SILENCE_DAYS: Final = 8


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One command and the instant at which it was given; `identity` makes a repeat of it known to the ledger.

    After one that `stirs` the workers have something to do.
    """

    at: datetime
    identity: str
    where: str
    tenant: Tenant
    owner: Owner
    use_case: UseCase
    command: msgspec.Struct
    stirs: bool = False

    @property
    def ask(self) -> Ask:
        """Who gives it, when, and under which id."""
        return Ask(actor=ACTOR, now=self.at, command=f"demo:{self.identity}")

    def perform(self, ledger: Ledger) -> Receipt | None:
        """Give the command, again or for the first time. Raises as the use case does."""
        return self.use_case(ledger, self.tenant, self.owner, self.command, self.ask)


class Dawn(msgspec.Struct, frozen=True, kw_only=True):
    """A morning on which the calendar looks at what fell due."""

    at: datetime
    where: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """The town sends a formal notice for a case: the letter is made of what was known by then."""

    at: datetime
    identity: str
    where: str
    tenant: Tenant
    owner: Owner
    case: str


Entry = Step | Dawn | Letter


def history(towns: Sequence[Town], began_on: date, now: datetime, others: Sequence[Step] = ()) -> list[Entry]:
    """Every entry up to `now`, in order of time; what was announced for later days is among them."""
    today = now.astimezone(PARIS).date()
    every = [*others, *(entry for town in towns for entry in _of_town(town, began_on, today))]
    first = min(entry.at for entry in every)
    every += _mornings(first.astimezone(PARIS).date(), began_on)
    return sorted((entry for entry in every if entry.at <= now), key=lambda entry: entry.at)


def declaration(of: Partnership) -> DeclareConvention:
    """What a partnership's insurer declares."""
    return DeclareConvention(
        id=of.key,
        insurer_name=of.insurer.name,
        communes=of.communes,
        signed_on=of.signed_on,
        starts_on=of.starts_on,
        ends_on=of.ends_on,
        notice_months=of.notice_months,
        commitments=of.commitments,
        promises=of.promises,
        office_hours=of.promise,
        termination=of.termination,
        council_vote=CouncilVote(number=of.council_vote),
        document=document_of(of),
        fictitious=True,
    )


def terms_of(of: Partnership) -> Terms:
    """The terms of a partnership as declared."""
    return partnerships.terms_of(declaration(of))


def signed_document(of: Partnership) -> bytes:
    """The signed text of a convention, as it is kept."""
    return (of.signed_text or "").encode()


def document_of(of: Partnership) -> str | None:
    """Its SHA-256, where it is kept."""
    return hashlib.sha256(signed_document(of)).hexdigest() if of.signed_text else None


def instant(day: date, seed: str) -> datetime:
    """Some minute of the working day."""
    return _paris(day, time(8, 30)) + timedelta(minutes=_pick(seed, 9 * 60))


def _mornings(first: date, last: date) -> Iterator[Dawn]:
    """Days on which the figures of a month are published, and the one on which the demo begins."""
    month = first.replace(day=1)
    while month <= last:
        yield Dawn(at=_paris(month.replace(day=_FIGURES_ON), time(6)), where="")
        month = (month + timedelta(days=32)).replace(day=1)


def _of_town(town: Town, began_on: date, today: date) -> Iterator[Entry]:
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
            at=instant(fact.noted_on, fact.key),
            identity=f"cite:{fact.key}",
            where=town.name,
            tenant=tenant,
            owner=PUBLIC,
            use_case=communes.cite,
            command=cited,
        )
    for partnership in town.partnerships:
        told = _Told(town, tenant, partnership, began_on)
        yield from told.convention()
        yield from told.grids()
        yield from told.acts()
        yield from told.members()
        yield from told.office_hours(today)


class _Told:
    """The entries of one partnership."""

    def __init__(self, town: Town, tenant: Tenant, partnership: Partnership, began_on: date) -> None:
        self._where = town.name
        self._code = town.code
        self._tenant = tenant
        self._of = partnership
        self._began_on = began_on
        self._accord = accord(partnership.insurer.siren)
        self._insurer = insurer(partnership.insurer.siren)

    def convention(self) -> Iterator[Entry]:
        """Declared by the insurer; confirmed by the town, or by an operator on the signed text."""
        of = self._of
        at = instant(of.declared_on, of.key)
        if not of.communes:
            yield self._shared(at, "declare", partnerships.declare, declaration(of))
        elif of.communes[0] == self._code:
            yield self._shared(at, "declare", _declare_together, declaration(of))
        if of.confirmed_on is None:
            return
        document = document_of(of)
        confirmed = partnerships.ConfirmConvention(
            id=of.key,
            by="operator" if document else "town",
            council_reference=of.council_vote if document else None,
            document=document,
        )
        yield self._shared(
            instant(of.confirmed_on, of.key), "confirm", partnerships.confirm, confirmed, stirs=True
        )

    def grids(self) -> Iterator[Entry]:
        """Told to the town."""
        for grid in self._of.grids:
            notified = tariffs.NotifyGrid(
                convention=self._of.key,
                id=grid.id,
                effective_on=grid.effective_on,
                notified_on=grid.notified_on,
                justified=grid.justified,
                cells=grid.cells,
                corrects=grid.corrects,
                decided_by="Conseil d’administration (fictif)",
                decided_on=grid.notified_on - _DECIDED_DAYS * DAY,
                declared_rise=grid.declared_rise,
                reason=grid.reason,
            )
            at = instant(grid.notified_on, grid.id)
            yield self._shared(at, f"grid:{grid.id}", tariffs.notify, notified, stirs=True)

    def acts(self) -> Iterator[Entry]:
        """Everything else, in the order of the script where days are the same."""
        for number, act in enumerate(self._of.acts):
            yield self._act(_paris(act.on, time(10)) + timedelta(minutes=7 * number), act)

    def _act(self, at: datetime, act: Act) -> Entry:
        if act.letter is not None:
            return Letter(
                at=at,
                identity=f"{self._of.key}:{act.name}",
                where=self._where,
                tenant=self._tenant,
                owner=self._accord,
                case=act.letter,
            )
        if act.use_case is None or act.command is None:
            return Dawn(at=_paris(act.on, time(6)), where=self._where)
        told = self._own if act.own else self._shared
        return told(at, act.name, act.use_case, act.command, stirs=True)

    def members(self) -> Iterator[Entry]:
        """People join, and some leave."""
        if self._of.members is None:
            return
        for signed in signatures(self._of, self._of.members):
            joins = signed.command
            yield self._own(instant(signed.on, joins.id), f"join:{joins.id}", membership.join, joins)
        last = self._began_on - LAST_DEPARTURE_DAYS * DAY
        for departure in departures(self._of, self._of.members, last):
            leaves = departure.command
            yield self._own(instant(departure.on, leaves.id), f"leave:{leaves.id}", membership.leave, leaves)

    def office_hours(self, today: date) -> Iterator[Entry]:
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
            elif day in hours.silent:
                yield Dawn(at=_paris(day + _SILENCE_DAYS * DAY, time(6)), where=self._where)
            else:
                yield self._held(day, hours)

    def _cancelled(self, day: date, cancelled: Cancelled, hours: OfficeHours, place: str) -> Iterator[Step]:
        known = instant(day - timedelta(days=cancelled.days_before), self._office_hour(day))
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
        return instant(max(earliest, day - timedelta(days=ANNOUNCED_DAYS)), self._office_hour(day))

    def _office_hour(self, day: date) -> str:
        return f"{self._of.key}-{day.isoformat()}"

    def _shared(
        self, at: datetime, what: str, use_case: UseCase, command: msgspec.Struct, *, stirs: bool = False
    ) -> Step:
        return self._step(at, what, self._accord, use_case, command, stirs=stirs)

    def _own(
        self, at: datetime, what: str, use_case: UseCase, command: msgspec.Struct, *, stirs: bool = False
    ) -> Step:
        return self._step(at, what, self._insurer, use_case, command, stirs=stirs)

    def _step(
        self,
        at: datetime,
        what: str,
        owner: Owner,
        use_case: UseCase,
        command: msgspec.Struct,
        *,
        stirs: bool,
    ) -> Step:
        return Step(
            at=at,
            identity=f"{self._of.key}:{what}",
            where=self._where,
            tenant=self._tenant,
            owner=owner,
            use_case=use_case,
            command=command,
            stirs=stirs,
        )


def _declare_together(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: DeclareConvention, ask: Ask
) -> Receipt | None:
    """In all its communes, of which the tenant is the first."""
    assert tenant == commune(command.communes[0])  # noqa: S101 (the receipt lies there)
    return partnerships.declare_together(ledger, owner, command, ask)


def _paris(day: date, at: time) -> datetime:
    return datetime.combine(day, at, PARIS).astimezone(UTC)


def _pick(seed: str, among: int) -> int:
    return zlib.crc32(seed.encode()) % among
