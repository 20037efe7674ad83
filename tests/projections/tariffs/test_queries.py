"""The view of tariffs as its audiences read it: a town reads what binds it, never headcounts or drafts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from psycopg import errors

from domain.tenancy import PLATFORM, PUBLIC, TOWN, Owner, code_of
from projections.engine.reading import Reader
from projections.tariffs import queries as tariffs
from services.reading import Audience
from services.wiring import Parts
from tests.support import cast, worlds
from tests.support.cast import ACCORD, CACHAN, GRENOBLE, INSURER, RIVAL, RIVAL_ACCORD
from tests.support.database import Database

INSURER_READS = Audience("organisation", owners=[INSURER, ACCORD, PUBLIC])
RIVAL_READS = Audience("organisation", owners=[RIVAL, RIVAL_ACCORD, PUBLIC])
TOWN_READS = Audience("place", tenants=[GRENOBLE], owners=[TOWN, PUBLIC, ACCORD, RIVAL_ACCORD])
OTHER_TOWN_READS = Audience("place", tenants=[CACHAN], owners=[TOWN, PUBLIC, ACCORD])
ANYBODY_READS = Audience("place", tenants=[PLATFORM], owners=[PUBLIC])
OPERATOR_READS = Audience("operator")


@pytest.fixture
def world(any_database: Database) -> Iterator[Parts]:
    with cast.parts_on(any_database) as made:
        worlds.fill(made)
        yield made


EVERY_OWNER = [INSURER, RIVAL, ACCORD, RIVAL_ACCORD, PUBLIC, TOWN]
BOTH = (GRENOBLE, CACHAN)
EVERYTHING: Mapping[str, Callable[[Reader], Sequence[Any]]] = {
    "grids": lambda reader: tariffs.grids(reader, None, EVERY_OWNER),
    "exemptions": lambda reader: tariffs.exemptions(reader, None, EVERY_OWNER),
    "references": lambda reader: [
        row for tenant in BOTH for row in tariffs.reference_grids(reader, tenant, EVERY_OWNER)
    ],
    "applied": lambda reader: reader.dicts("select tenant from {tariffs}.applied_index"),
    "headcounts": lambda reader: [
        row
        for tenant in BOTH
        for owner in (INSURER, RIVAL)
        for row in tariffs.headcounts(reader, tenant, owner, "c1")
    ],
    "prepared": lambda reader: [
        row for owner in (INSURER, RIVAL) for row in tariffs.prepared_grids(reader, owner)
    ],
    "indices": tariffs.indices,
    "contests": tariffs.index_contests,
}
"""Each table, asked for everything there is."""


def counts(world: Parts, audience: Audience) -> dict[str, int | None]:
    """How many rows of each there are for an audience; a table that it may not even ask is None."""
    found: dict[str, int | None] = {}
    for name, query in EVERYTHING.items():
        try:
            found[name] = len(world.views.read(audience, query))
        except errors.InsufficientPrivilege:
            found[name] = None
    return {name: count for name, count in found.items() if count != 0}


NEVER_A_TOWN = {"headcounts": None, "prepared": None}


def test_each_audience_reads_its_own_and_no_more(world: Parts) -> None:
    insurer = {"grids": 4, "exemptions": 8, "references": 2, "applied": 4, "headcounts": 2, "prepared": 1}
    assert counts(world, INSURER_READS) == {**insurer, "indices": 2}
    rival = {"grids": 2, "exemptions": 4, "references": 1, "applied": 2, "headcounts": 1, "prepared": 1}
    assert counts(world, RIVAL_READS) == {**rival, "indices": 2}
    assert counts(world, TOWN_READS) == {
        "grids": 4, "exemptions": 8, "references": 2, "applied": 4, **NEVER_A_TOWN
    }  # fmt: skip
    assert counts(world, OTHER_TOWN_READS) == {
        "grids": 2, "exemptions": 4, "references": 1, "applied": 2, **NEVER_A_TOWN
    }  # fmt: skip
    assert counts(world, ANYBODY_READS) == {"indices": 2, **NEVER_A_TOWN}
    contester = Audience("place", tenants=[PLATFORM], owners=[Owner(GRENOBLE)])
    assert counts(world, contester) == {"contests": 1, **NEVER_A_TOWN}
    operator = counts(world, OPERATOR_READS)
    assert {name: count for name, count in operator.items() if count} == {
        "indices": 2, "contests": 1, "applied": 6
    }  # fmt: skip
    assert len(operator) == len(EVERYTHING)


def test_an_exemption_says_how_far_it_is(world: Parts) -> None:
    rows = world.views.read(TOWN_READS, lambda reader: tariffs.exemptions(reader, GRENOBLE, [ACCORD], "c1"))
    assert {row.id: row.state for row in rows} == {
        "x-granted": "revoked",
        "x-refused": "refused",
        "x-withdrawn": "withdrawn",
        "x-open": "requested",
    }
    granted = next(row for row in rows if row.id == "x-granted")
    assert granted.asked == granted.granted
    assert (granted.decided_by, granted.revoked_on) == ("Conseil municipal", date(2028, 6, 1))
    one = world.views.read(
        TOWN_READS, lambda reader: tariffs.exemption(reader, GRENOBLE, ACCORD, "c1", "x-refused")
    )
    assert one is not None
    assert (one.refusal, one.granted) == ("Rien ne la justifie.", None)


def test_a_prepared_grid_is_whole_and_a_discarded_one_gone(world: Parts) -> None:
    (row,) = world.views.read(INSURER_READS, lambda reader: tariffs.prepared_grids(reader, INSURER))
    assert (row.id, row.declared_rise, row.version) == ("p1", {"N1": "2.9"}, 1)
    assert [(town.commune, town.convention) for town in row.towns] == [(code_of(GRENOBLE), "c1")]
    gone = world.views.read(INSURER_READS, lambda reader: tariffs.prepared_grid(reader, INSURER, "p2"))
    assert gone is None
    same = world.views.read(INSURER_READS, lambda reader: tariffs.prepared_grid(reader, INSURER, "p1"))
    assert same == row


def test_a_revised_value_stays_beside_the_one_that_counts(world: Parts) -> None:
    rows = world.views.read(ANYBODY_READS, tariffs.indices)
    assert [(row.value, row.revised, row.contested, row.answer) for row in rows] == [
        ("1.0", False, False, "Elle a été révisée."),
        ("0.9", True, False, None),
    ]
    assert world.views.read(ANYBODY_READS, lambda reader: tariffs.indices(reader, "PMSS")) == []


def test_a_grid_is_found_by_its_name(world: Parts) -> None:
    found = world.views.read(TOWN_READS, lambda reader: tariffs.grid(reader, GRENOBLE, ACCORD, "c1", "g2"))
    assert found is not None
    assert (found.effective_on, found.version) == (date(2026, 5, 1), 2)
    newest = world.views.read(TOWN_READS, lambda r: tariffs.last_grid_position(r, GRENOBLE, [ACCORD]))
    assert newest == found.position
    assert world.views.read(OTHER_TOWN_READS, lambda r: tariffs.grid(r, GRENOBLE, ACCORD, "c1", "g2")) is None
