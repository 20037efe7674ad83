"""The cast: one insurer, its town, a rival insurer and another town; and commands as they would give them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from domain.partnerships.terms import Commitment, OfficeHourPromise
from domain.tenancy import Owner, Tenant, accord, commune, insurer
from infra.clock import FixedClock
from infra.database.pools import Databases
from infra.settings import Settings
from services.commands.membership import JoinMember
from services.commands.office_hours import PlanOfficeHour
from services.commands.partnerships import ConfirmConvention, DeclareConvention
from services.commands.perform import Ask
from services.commands.tariffs import GivenCell, NotifyGrid
from services.wiring import Parts
from tests.support.database import Database

NOW = datetime(2026, 3, 16, 9, 30, tzinfo=UTC)
LONG_AGO = datetime(2024, 9, 2, 8, 0, tzinfo=UTC)
"""When conventions were confirmed: figures are frozen for months that ended after it."""
SIREN, RIVAL_SIREN = "999000011", "999000029"
GRENOBLE, CACHAN = commune("38185"), commune("94016")
INSURER, RIVAL = insurer(SIREN), insurer(RIVAL_SIREN)
ACCORD, RIVAL_ACCORD = accord(SIREN), accord(RIVAL_SIREN)

CAP = Commitment(
    id="cap",
    article="Art. 5",
    wording="L’évolution annuelle ne peut excéder 3 %.",
    rule="ANNUAL_CAP_FIXED",
    params={"max_rise_percent": "3"},
)


def ask(actor: str = "account:adviser", command: str | None = None, **other: Any) -> Ask:
    """Who asks, now."""
    return Ask(actor=actor, now=other.pop("now", NOW), command=command, **other)


def declaration(identity: str = "c1", **other: Any) -> DeclareConvention:
    """A convention from October 2024 to September 2029 with a cap of 3 % a civil year."""
    facts: dict[str, Any] = {
        "insurer_name": "Mutuelle du Test",
        "signed_on": date(2024, 7, 1),
        "starts_on": date(2024, 10, 1),
        "ends_on": date(2029, 9, 30),
        "commitments": (CAP,),
        "office_hours": OfficeHourPromise(
            article="Art. 7", wording="Deux permanences par mois.", per_month=2
        ),
        "fictitious": True,
        **other,
    }
    return DeclareConvention(id=identity, **facts)


def confirmation(identity: str = "c1") -> ConfirmConvention:
    """The town recognises it."""
    return ConfirmConvention(id=identity, by="town")


def grid(
    identity: str = "g1",
    young: str = "31.86",
    old: str = "47.80",
    effective_on: date = date(2024, 10, 1),
    convention: str = "c1",
) -> NotifyGrid:
    """A grid of one formula with two age brackets."""
    return NotifyGrid(
        convention=convention,
        id=identity,
        effective_on=effective_on,
        cells=(
            GivenCell(formula="N1", age_from=0, age_to=49, monthly=young),
            GivenCell(formula="N1", age_from=50, age_to=None, monthly=old),
        ),
    )


def member(identity: str = "m1", **other: Any) -> JoinMember:
    """Someone of 72 joins on 1 April 2026."""
    facts: dict[str, Any] = {
        "convention": "c1",
        "joined_on": date(2026, 4, 1),
        "formula": "N1",
        "family_name": "Lefèvre-Hénaff",
        "given_name": "Œnone",
        "birth_date": date(1954, 5, 2),
        "sex": "F",
        "email": "oenone@exemple.example",
        **other,
    }
    return JoinMember(id=identity, **facts)


def office_hour(identity: str = "o1", on: date = date(2026, 3, 10), **other: Any) -> PlanOfficeHour:
    """A morning in the town hall."""
    facts: dict[str, Any] = {
        "convention": "c1",
        "starts_at": time(9, 0),
        "ends_at": time(12, 0),
        "place": "Mairie",
        **other,
    }
    return PlanOfficeHour(id=identity, on=on, **facts)


@contextmanager
def parts_on(database: Database, clock: FixedClock | None = None) -> Iterator[Parts]:
    """The parts of a process over a test's database, with a demo's generated keys."""
    with TemporaryDirectory(prefix="beffroi-cast-") as folder:
        settings = Settings(data=Path(folder), database_url=database.owner_url, demo=True)
        parts = Parts(settings, database.urls, Databases(database.urls), clock or FixedClock(NOW))
        try:
            yield parts
        finally:
            parts.close()


def follow(parts: Parts) -> None:
    """Let every worker catch up, until nothing is left to do."""
    pool = parts.databases.project
    with pool.connection() as connection:
        while True:
            moved = 0
            while handled := parts.projector.catch_up(connection):
                moved += handled
            moved += parts.indices.step(connection)
            moved += parts.judge.step(connection)
            moved += parts.calendar.round()
            moved += parts.mail.step(connection)
            if not moved:
                return


def drawer(tenant: Tenant, owner: Owner) -> str:
    """Tenant and owner as a stream's name begins."""
    return f"{tenant}/{owner}"
