"""What holds for every view: redelivery, order, unknown events, tenants shuffled, live equal to rebuilt."""

import random
from collections.abc import Iterator

import msgspec
import pytest

from domain.events import registered
from projections import VIEWS
from projections.engine.builds import OutrunError
from projections.engine.view import View
from services.wiring import Parts
from services.workers.projection import Projection, recorded
from tests.support import cast, worlds
from tests.support.database import Database


@pytest.fixture
def world(database: Database) -> Iterator[Parts]:
    with cast.parts_on(database) as made:
        worlds.fill(made)
        yield made


def test_every_event_is_shown_by_some_view() -> None:
    shown = {topic for view in VIEWS.values() for topic in view.topics}
    assert {event.topic for event in registered().values()} == shown


def test_personal_columns_lie_in_person_tables_only() -> None:
    personal = {"family_name", "given_name", "birth_date", "email", "phone", "word", "sort_key"}
    for view in VIEWS.values():
        for table in view.tables:
            assert table.name.endswith("_person") == bool(personal & set(table.columns)), table


def test_rows_say_whose_they_are_and_a_person_is_read_by_organisations_only() -> None:
    for view in VIEWS.values():
        for table in view.tables:
            assert table.key[:2] == ("tenant", "owner")
            assert table.readers
            if table.name.endswith("_person"):
                assert table.readers == ("organisation",)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_live_equals_rebuilt_whatever_the_batches_and_the_tenants(world: Parts, view: View) -> None:
    rows = worlds.feed_rows(world, view)
    live = worlds.rows_of_active(world, view)
    assert rows
    assert any(live.values())

    one_by_one = worlds.build_from(world, view, [[row] for row in rows])
    assert worlds.rows_of_build(world, view, one_by_one) == live
    all_at_once = worlds.build_from(world, view, [rows])
    assert worlds.rows_of_build(world, view, all_at_once) == live

    # Kafka keeps order within a tenant and not between them.
    tenants = sorted({row.tenant for row in rows}, reverse=True)
    by_tenant = worlds.build_from(
        world, view, [[row for row in rows if row.tenant == each] for each in tenants]
    )
    assert worlds.rows_of_build(world, view, by_tenant) == live
    generator = random.Random(7)
    queues = {each: [row for row in rows if row.tenant == each] for each in tenants}
    shuffled = []
    while queues:
        tenant = generator.choice(sorted(queues))
        shuffled.append(queues[tenant].pop(0))
        if not queues[tenant]:
            del queues[tenant]
    merged = worlds.build_from(world, view, [shuffled[i : i + 7] for i in range(0, len(shuffled), 7)])
    assert worlds.rows_of_build(world, view, merged) == live


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_a_batch_delivered_again_is_refused_first_and_changes_nothing(world: Parts, view: View) -> None:
    rows = worlds.feed_rows(world, view)
    build = worlds.build_from(world, view, [rows[:-1]])
    before = worlds.rows_of_build(world, view, build)
    stale = msgspec.structs.replace(build, position=0)
    with world.databases.project.connection() as connection:
        late = Projection(view, stale, world.feed, world.opener)
        changes = late.prepare(connection, rows[-1:])
        with pytest.raises(OutrunError):
            late.write(connection, changes, rows[-1].position)
    assert worlds.rows_of_build(world, view, build) == before


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_an_event_that_is_not_for_it_changes_nothing(world: Parts, view: View) -> None:
    foreign = [other for other in VIEWS.values() if other is not view]
    rows = [row for other in foreign for row in worlds.feed_rows(world, other)]
    rows = [row for row in rows if recorded(row).event.topic not in view.topics]
    assert rows
    build = worlds.build_from(world, view, [rows])
    assert not any(worlds.rows_of_build(world, view, build).values())
