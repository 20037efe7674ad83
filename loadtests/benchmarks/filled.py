"""A ledger as a portfolio fills it: per commune a convention, grids, members who join and leave, office hours.

Everything is made by the aggregates and sealed like real events; only the loading of what is known anyway is spared.
"""

import random
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from domain.aggregate import Aggregate
from domain.membership.member import Member
from domain.office_hours.office_hour import OfficeHour
from domain.tariffs.assess import Cell, CellId
from domain.tariffs.tariff import NotifiedGrid
from domain.tenancy import Tenant, accord, commune, insurer, stream
from infra.ledger import Envelope
from loadtests.benchmarks import accords
from services.wiring import Parts

SIREN: Final = "999000011"
CELLS: Final = (
    Cell(CellId("N1", "general", "adult", 0, 49), 3186),
    Cell(CellId("N1", "general", "adult", 50, None), 4780),
)
FAMILY: Final = (
    "Lefèvre",
    "Marchand",
    "Ça-Voisin",
    "Œuvrard",
    "Le Goff",
    "Núñez",
    "Petit",
    "Haÿ",
    "Bonnet",
    "Roux",
)
GIVEN: Final = (
    "Yvette",
    "André",
    "Zoé",
    "Élodie",
    "Jean-Noël",
    "Marie",
    "Hélène",
    "Ghislain",
    "Anaïs",
    "Paul",
)
GRID: Final = NotifiedGrid(
    "g1", "0" * 64, date(2024, 10, 1), date(2024, 7, 1), False, datetime(2024, 7, 1, tzinfo=UTC)
)


def fill(parts: Parts, communes: int, members: int, *, mixed: bool = False) -> int:
    """Fill the ledger of `parts`, commune after commune or (`mixed`) as months of work mix them; how many events.

    What one stream holds is written in one go, whatever its dates say.
    """
    generator = random.Random(2026)
    people = [commune(f"{1001 + number:05d}") for number in range(communes)]
    work = [made for tenant in people for made in _commune(tenant, members, generator)]
    if mixed:
        generator.shuffle(work)
    with ThreadPoolExecutor(48) as executor:
        list(executor.map(lambda made: parts.ledger.record(envelope(), made), work))
    with parts.databases.project.connection() as connection:
        return parts.feed.head(connection)


def _commune(tenant: Tenant, members: int, generator: random.Random) -> list[Aggregate]:
    made: list[Aggregate] = accords.bound(tenant, accord(SIREN))
    start = date(2024, 10, 1)
    for number in range(members):
        joined = start + timedelta(days=generator.randrange(600))
        member = Member.join(
            stream(tenant, insurer(SIREN), Member.kind, uuid.uuid4().hex),
            person=uuid.uuid4().hex, number=f"{number:05d}", convention="c1", within=(start, date(2029, 9, 30)),
            joined_on=joined, formula="N1", category="general", notified=GRID, cells=CELLS,
            family_name=generator.choice(FAMILY), given_name=generator.choice(GIVEN),
            birth_date=date(1930 + generator.randrange(70), 1 + generator.randrange(12), 5),
            sex=generator.choice(("F", "M")), email=None, phone=f"06{generator.randrange(10**8):08d}",
        )  # fmt: skip
        if generator.random() < 0.15:
            member.leave(left_on=joined + timedelta(days=200), reason="terminated")
        made.append(member)
    for number in range(24):
        on = start + timedelta(days=30 * number)
        hour = OfficeHour.plan(
            stream(tenant, accord(SIREN), OfficeHour.kind, uuid.uuid4().hex),
            convention="c1", on=on, starts_at=time(9), ends_at=time(12), place="Mairie",
        )  # fmt: skip
        hour.hold(visitors=12, by_appointment=7, today=on)
        made.append(hour)
    return made


def envelope() -> Envelope:
    """That of a command of its own, now."""
    identity = uuid.uuid4().hex
    return Envelope(
        actor="account:1",
        command=identity,
        correlation=identity,
        digest=b"d" * 32,
        recorded_at=datetime.now(UTC),
    )
