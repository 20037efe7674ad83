"""The calendar: time enters the ledger as events, because a day that passes emits nothing by itself.

It says which office hours passed in silence, publishes the members of each month that ended, ends conventions, judges
tariffs again on the day on which a verdict begins or ends, and says which deadlines of cases passed.
"""

import logging
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

import psycopg
from eventsourcing.persistence import IntegrityError, OperationalError
from psycopg_pool import ConnectionPool

from domain.membership.figures import AGE_BANDS, age_band
from domain.tariffs.assess import ASSESS_VERSION, ScenarioError
from domain.tenancy import Owner, Tenant, accord, siren_of
from infra.clock import Clock
from infra.errors import described
from infra.ledger import Conflict, Ledger, Receipt
from projections.access import queries as access
from projections.compliance import case_queries
from projections.compliance import queries as compliance
from projections.crm import queries as crm
from projections.engine import builds
from projections.engine.reading import Reader, ViewNotReadyError
from projections.oversight import agreements
from projections.oversight import queries as oversight
from services.commands import cases, membership, office_hours, partnerships
from services.commands.judgement import CALENDAR, JudgeTariff, judge_tariff
from services.commands.perform import Ask
from services.workers.judge import positions_in

log = logging.getLogger(__name__)

NAME: Final = "calendar"
ROUND_SECONDS: Final = 30.0
GRACE_DAYS: Final = 5
"""How long after a month's end its figures are frozen, so that what is entered late is in them."""

_SHOWN: Final = 5


class Calendar:
    """Appends what fell due. Repeating a round records nothing: every command's id is made from what it is about."""

    def __init__(self, ledger: Ledger, clock: Clock, pool: ConnectionPool[Any]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._pool = pool
        self._published_on: date | None = None
        self._stop = threading.Event()
        self._unsaid: dict[str, str] = {}  # what could not be said in the last round, and why
        self._failed: dict[str, str] = {}  # the same, in this one

    def run(self, stop: threading.Event) -> None:
        """Look every half minute, until told to stop."""
        while not stop.is_set():
            pause = ROUND_SECONDS
            try:
                self.round(stop)
            except ViewNotReadyError:
                pause = 1.0  # the projector is making it
            except (psycopg.OperationalError, OperationalError) as error:
                log.warning("the calendar waits for its database: %s", described(error))
            except Exception:
                log.exception("a round of the calendar failed; the next one tries again")
            stop.wait(pause)

    def round(self, stop: threading.Event | None = None) -> int:
        """Append everything that is due now, until told to stop; how many commands recorded something."""
        self._stop = stop or threading.Event()
        self._failed = {}
        with self._pool.connection() as connection:
            head = connection.execute("select coalesce(max(position), 0) from ledger.event").fetchone()
        recorded = (
            self._office_hours() + self._figures() + self._endings() + self._judgements() + self._deadlines()
        )
        self._unsaid = self._failed
        self._tell(head[0] if head else 0)
        return recorded

    def _endings(self) -> int:
        """Conventions whose last day is over."""
        with self._pool.connection() as connection, connection.transaction():
            due = agreements.over_by(self._reader(connection), self._clock.today())
        return sum(
            self._given(
                f"the end of the convention {found.id} in {found.tenant}",
                partial(
                    partnerships.reach_end,
                    self._ledger,
                    Tenant(found.tenant),
                    Owner(found.owner),
                    partnerships.EndConvention(id=found.id),
                    self._ask(f"end-{found.id}-{self._clock.today()}"),
                ),
            )
            for found in due
        )

    def _judgements(self) -> int:
        """Tariffs in which something begins or is over today, or that were never judged by the present rules."""
        today = self._clock.today()
        with self._pool.connection() as connection, connection.transaction():
            reader = self._reader(connection)
            known = compliance.judged_conventions(reader)
            due = [
                row
                for row in access.recognised(reader)
                if _is_due(known.get((row.tenant, row.owner, row.convention)), today)
            ]
        return sum(
            self._given(
                f"the tariff of {row.convention} in {row.tenant}",
                partial(
                    judge_tariff,
                    self._ledger,
                    Tenant(row.tenant),
                    Owner(row.owner),
                    JudgeTariff(convention=row.convention, cause=CALENDAR),
                    self._ask(f"judge-{row.convention}-{today}-v{ASSESS_VERSION}"),
                    positions_in(self._pool),
                ),
            )
            for row in due
        )

    def _deadlines(self) -> int:
        """Cases in which somebody had to act by a day that passed."""
        with self._pool.connection() as connection, connection.transaction():
            due = case_queries.clocks_run_out(self._reader(connection), self._clock.today())
        return sum(
            self._given(
                f"the deadline of the case {found.id} in {found.tenant}",
                partial(
                    cases.fall_silent,
                    self._ledger,
                    Tenant(found.tenant),
                    Owner(found.owner),
                    cases.CaseDue(case=found.id),
                    self._ask(f"due-{found.id}-{found.clock}-{found.due_on}"),
                ),
            )
            for found in due
        )

    def _given(self, what: str, command: Callable[[], Receipt | None]) -> int:
        """1 when a command recorded something for the first time.

        One that cannot be carried out must not keep the others silent; the next round tries it again.
        """
        if self._stop.is_set():
            return 0
        try:
            receipt = command()
        except (Conflict, IntegrityError, LookupError, ScenarioError) as error:
            self._fail(what, error)
            return 0
        return int(receipt is not None and not receipt.repeated)

    def _fail(self, what: str, error: Exception) -> None:
        """Keep for the status what could not be said; the log hears of it once, not with every round."""
        self._failed[what] = described(error)
        if self._unsaid.get(what) != self._failed[what]:
            log.error("%s could not be said; each round tries it again", what, exc_info=error)
            self._unsaid[what] = self._failed[what]

    def _tell(self, head: int) -> None:
        """Let the status know of this round: everything up to `head` was looked at, and what could not be said."""
        error = None
        if self._unsaid:
            first = "; ".join(f"{what}: {why}" for what, why in sorted(self._unsaid.items())[:_SHOWN])
            error = f"{len(self._unsaid)} could not be said: {first}"[:2000]
        with self._pool.connection() as connection:
            connection.execute(
                "insert into projection.follower (name, position, error) values (%s, %s, %s) on conflict (name)"
                " do update set position = excluded.position, error = excluded.error, moved_at = clock_timestamp()",
                (NAME, head, error),
            )

    def _ask(self, identity: str) -> Ask:
        return Ask(actor=NAME, now=self._clock.now(), command=identity)

    def _office_hours(self) -> int:
        now = self._clock.now()
        with self._pool.connection() as connection, connection.transaction():
            due = oversight.passed_in_silence(self._reader(connection), self._clock.today())
        recorded = 0
        for found in due:
            ask = Ask(actor=NAME, now=now, command=f"due-{found.id}")
            command = office_hours.OfficeHourDue(id=found.id)
            tenant, owner = Tenant(found.tenant), Owner(found.owner)
            try:
                recorded += office_hours.fall_due(self._ledger, tenant, owner, command, ask) is not None
            except (IntegrityError, LookupError) as error:
                # One that cannot be said must not keep the others silent; the next round tries it again.
                self._fail(f"that the office hour {found.id} in {tenant} is due", error)
        return recorded

    def _figures(self) -> int:
        today = self._clock.today()
        if self._published_on == today:
            return 0
        with self._pool.connection() as connection, connection.transaction():
            reader = self._reader(connection)
            if not self._complete(connection, reader):
                return 0  # the next round finds the view up to date; a frozen figure may not be a partial one
            months = list(ended_months(crm.first_joining(reader), today))
            counts = [(end, crm.members_by_birth_year(reader, end)) for end in months]
            published = oversight.published_months(reader)
            confirmed = oversight.confirmed_on(reader)
        recorded = 0
        for end, rows in counts:
            for (tenant, owner), ages in _by_drawer(rows, end).items():
                binding = accord(siren_of(owner))
                # What ended before the convention was confirmed here was perhaps never entered, or is being entered
                # now: frozen today it would be wrong for ever.
                known = confirmed.get((tenant, binding), date.max) <= end
                if known and (tenant, binding, end.strftime("%Y-%m")) not in published:
                    recorded += self._publish(Tenant(tenant), binding, end, ages)
        self._published_on = today
        return recorded

    def _publish(self, tenant: Tenant, owner: Owner, end: date, ages: Counter[str]) -> bool:
        month = end.strftime("%Y-%m")
        command = membership.PublishFigures(
            month=month,
            on=end,
            members=ages.total(),
            by_age={band: ages[band] for band, _, _ in AGE_BANDS},
        )
        ask = Ask(actor=NAME, now=self._clock.now())
        return membership.publish(self._ledger, tenant, owner, command, ask) is not None

    def _complete(self, connection: psycopg.Connection[Any], reader: Reader) -> bool:
        behind = connection.execute(
            "select exists (select from ledger.event where position > %s and topic like 'member.%%')",
            (reader.position("crm"),),
        ).fetchone()
        return behind is not None and not behind[0]

    def _reader(self, connection: psycopg.Connection[Any]) -> Reader:
        active = [build for build in builds.listed(connection) if build.state == "active"]
        return Reader(
            connection,
            {build.view: build.schema for build in active},
            {build.view: build.position for build in active},
        )


def ended_months(first: date | None, today: date) -> list[date]:
    """The last days of the months that have been over for a few days, from the one of `first` on."""
    if first is None:
        return []
    ends: list[date] = []
    start = first.replace(day=1)
    while True:
        following = (start + timedelta(days=32)).replace(day=1)
        if today < following + timedelta(days=GRACE_DAYS):
            return ends
        ends.append(following - timedelta(days=1))
        start = following


def _is_due(judged: compliance.JudgedRow | None, today: date) -> bool:
    if judged is None or judged.assess_version != ASSESS_VERSION:
        return True
    return judged.next_on is not None and judged.next_on <= today


def _by_drawer(rows: list[crm.BirthYearCount], end: date) -> dict[tuple[str, str], Counter[str]]:
    drawers: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        drawers[row.tenant, row.owner][age_band(end.year - row.birth_year)] += row.members
    return drawers
