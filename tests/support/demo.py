"""The demo in tests: seeded at an instant, and what its views say to a town, an insurer and their mailboxes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from domain.tenancy import Owner, Tenant, accord, commune, insurer
from infra.clock import FixedClock
from infra.identity import list_accounts
from projections.compliance import case_queries
from projections.compliance import queries as compliance
from projections.compliance.case_queries import CaseRow
from projections.compliance.queries import StandingRow
from projections.oversight import agreements
from projections.oversight import queries as oversight
from projections.oversight.agreements import ConventionRow
from projections.tariffs import queries as tariffs
from services.demo import seed
from services.demo.script import Partnership, Town
from services.demo.towns import towns_from
from services.mail.outbox import Shown
from services.reading import Audience
from services.wiring import Parts
from tests.support import cast
from tests.support.database import Cluster

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
TODAY = date(2026, 11, 22)


class Place(NamedTuple):
    """A partnership and its town."""

    town: Town
    of: Partnership

    @property
    def tenant(self) -> Tenant:
        """The commune."""
        return commune(self.town.code)

    @property
    def owner(self) -> Owner:
        """The drawer that both read."""
        return accord(self.of.insurer.siren)


def places(began_on: date = TODAY) -> list[Place]:
    """Every partnership of a demo that began on a day."""
    return [Place(town, of) for town in towns_from(began_on) for of in town.partnerships]


def place(code_or_key: str, began_on: date = TODAY) -> Place:
    """A partnership by its key, or by the INSEE code of its town."""
    return next(each for each in places(began_on) if code_or_key in {each.of.key, each.town.code})


@contextmanager
def demo_at(cluster: Cluster, now: datetime = NOW) -> Iterator[Parts]:
    """The demo that begins at an instant, seeded and followed to its end."""
    with cluster.database() as database, cast.parts_on(database, FixedClock(now)) as parts:
        seed(parts)
        cast.follow(parts)
        yield parts


def as_town(town: Town) -> Audience:
    """A town that reads everything it may."""
    owners = ["town", "public", *(accord(of.insurer.siren) for of in town.partnerships)]
    return Audience("place", tenants=[commune(town.code)], owners=owners)


def as_insurer(of: Partnership) -> Audience:
    """An insurer that reads everything it may."""
    siren = of.insurer.siren
    return Audience("organisation", owners=[insurer(siren), accord(siren), "public"])


def cases(parts: Parts, at: Place) -> list[CaseRow]:
    """The cases of a partnership, as the town sees them."""
    return parts.views.read(as_town(at.town), lambda r: case_queries.cases(r, at.tenant, [at.owner]))


def steps(parts: Parts, at: Place, case: str) -> list[tuple[str, str, date]]:
    """What happened in a case: the step, by which side, and on which day."""
    rows = parts.views.read(as_town(at.town), lambda r: case_queries.steps(r, at.tenant, [at.owner], case))
    return [(row.step, row.by_side, row.recorded_at.date()) for row in rows]


def standings(parts: Parts, at: Place) -> dict[str, StandingRow]:
    """Where each commitment of a partnership stands, as the town sees it."""
    rows = parts.views.read(as_town(at.town), lambda r: compliance.standings(r, at.tenant, [at.owner]))
    return {row.commitment: row for row in rows if row.convention == at.of.key}


def convention(parts: Parts, at: Place) -> ConventionRow:
    """The convention, as the town sees it."""
    found = parts.views.read(
        as_town(at.town), lambda r: agreements.convention(r, at.tenant, at.owner, at.of.key)
    )
    assert found is not None
    return found


def exemptions(parts: Parts, at: Place) -> list[tariffs.ExemptionRow]:
    """The exemptions of a partnership, as the town sees them."""
    return parts.views.read(as_town(at.town), lambda r: tariffs.exemptions(r, at.tenant, [at.owner]))


def hours(parts: Parts, at: Place) -> list[oversight.OfficeHourRow]:
    """The office hours of a partnership, as the town sees them."""
    return parts.views.read(
        as_town(at.town), lambda r: oversight.office_hours(r, at.tenant, [at.owner], limit=10_000)
    )


def figures(parts: Parts, at: Place) -> list[oversight.FiguresRow]:
    """The published months of a partnership, as the town sees them."""
    return parts.views.read(as_town(at.town), lambda r: oversight.figures(r, at.tenant, [at.owner]))


def members(parts: Parts, at: Place) -> list[dict[str, Any]]:
    """Everybody who ever joined, as the insurer sees them."""
    with parts.views.reader(as_insurer(at.of)) as reader:
        return reader.dicts(
            "select * from {crm}.member m left join {crm}.member_person p using (tenant, owner, id)"
            " where tenant = %(tenant)s and owner = %(owner)s",
            {"tenant": at.tenant, "owner": insurer(at.of.insurer.siren)},
        )


def mails(parts: Parts, email: str) -> list[Shown]:
    """What lies in the mailbox of an account."""
    with parts.owner_connection() as connection:
        (account,) = (each.id for each in list_accounts(connection) if each.email == email)
    return parts.mailbox.mails(account)


def events(parts: Parts, actor: str | None = None) -> int:
    """How many events are recorded, by one actor or by all."""
    with parts.owner_connection() as connection:
        row = connection.execute(
            "select count(*) from ledger.event where %(actor)s::text is null or actor = %(actor)s",
            {"actor": actor},
        ).fetchone()
    assert row is not None
    return int(row[0])
