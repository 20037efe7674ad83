"""docs/events.md says what the classes say, and which drawer each stream lies in."""

from pathlib import Path

import pytest

from domain.catalogue import AGGREGATES
from domain.events import personal_fields
from domain.tenancy import split
from services.docs_events import DRAWERS, PAGE, events_page
from tests.support import cast, worlds
from tests.support.database import Database
from tests.support.golden import domain_events

ROOT = Path(__file__).parents[2]


def section(topic: str) -> str:
    """What the page says of an event."""
    return events_page().split(f"\n### {topic}\n")[1].split("\n### ")[0]


def test_the_page_is_what_the_classes_say() -> None:
    written = (ROOT / PAGE).read_text() if (ROOT / PAGE).exists() else ""
    assert written == events_page(), "run `beffroi docs events`"


@pytest.mark.parametrize("name", sorted(domain_events()))
def test_every_field_of_every_event_is_on_the_page_and_what_is_personal_is_marked(name: str) -> None:
    cls = domain_events()[name]
    lines = [line for line in section(cls.topic).splitlines() if line.startswith("| `")]
    fields = {line.split("`")[1]: line for line in lines}
    assert list(fields) == [field for field in cls.__struct_fields__ if field not in ENVELOPE]
    assert {field for field, line in fields.items() if "**sealed**" in line} == set(personal_fields(cls))
    assert f"Version {cls.schema}," in section(cls.topic)


ENVELOPE = ("originator_id", "originator_version", "timestamp")


def test_every_kind_of_stream_has_its_drawer() -> None:
    assert DRAWERS.keys() == AGGREGATES.keys()


def test_streams_lie_in_the_drawers_that_the_page_names(database: Database) -> None:
    with cast.parts_on(database) as parts:
        worlds.fill(parts)
    with database.connect() as owner:
        streams = [
            split(name) for (name,) in owner.execute("select distinct stream from ledger.event").fetchall()
        ]
    found = {kind: set[str]() for kind in DRAWERS}
    for name in streams:
        found[name.kind].add(name.owner.partition(":")[0])
    assert found == {kind: {drawer.partition(":")[0]} for kind, drawer in DRAWERS.items()}
