"""Loading a vintage: once, whole, and without anybody noticing."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from infra.directory.load import in_force, load
from infra.directory.search import get, parts, resolve, search
from infra.directory.source import NODE_MODULES, Source, SourceInvalidError, open_source
from tests.support.communes import SMALL, write_package
from tests.support.database import Database


@pytest.fixture
def small(tmp_path: Path) -> Source:
    return open_source(write_package(tmp_path / "small"))


@pytest.fixture
def next_year(tmp_path: Path) -> Source:
    """The small commune was merged into the large one, and the former code 01099 was forgotten."""
    large = SMALL["communes"][1] | {"nom": "Bourg-Commun", "anciensCodes": ["01001", "01003"]}
    return open_source(
        write_package(
            tmp_path / "next",
            "7.0.0",
            communes=[large, *SMALL["communes"][2:]],
            epci=[{"code": "200000172", "nom": "CC des Bourgs", "membres": [{"code": "01002"}]}],
        )
    )


def test_the_real_communes_are_loaded_in_a_few_seconds(any_database: Database) -> None:
    with any_database.connect() as owner:
        loaded = load(owner, open_source(NODE_MODULES))
        assert (loaded.changed, loaded.replaced, loaded.vanished) == (True, None, ())
        assert (loaded.communes, loaded.parts) == (34_969, 4_869)
        assert loaded.seconds < 15


def test_the_same_vintage_is_loaded_once(database: Database, small: Source) -> None:
    with database.connect() as owner:
        first, second = load(owner, small), load(owner, small)
        assert (first.changed, second.changed) == (True, False)
        assert (second.communes, second.parts) == (3, 3)
        assert in_force(owner) == small.vintage
        assert owner.execute(
            "select count(*), min(communes), min(year) from directory.vintage"
        ).fetchone() == (1, 3, 2026)


def test_another_vintage_replaces_the_one_before(
    database: Database, small: Source, next_year: Source
) -> None:
    with database.connect() as owner:
        load(owner, small)
        loaded = load(owner, next_year)
        assert (loaded.changed, loaded.replaced, loaded.communes) == (True, small.vintage, 2)
        assert in_force(owner) == next_year.vintage
        assert get(owner, "01001") is None
        resolved = resolve(owner, "01001")
        assert resolved is not None
        assert resolved.commune.name == "Bourg-Commun"
        assert [hit.commune.code for hit in search(owner, "petit").hits] == []
        assert [hit.commune.code for hit in search(owner, "bourg").hits] == ["01002"]


def test_codes_that_a_vintage_forgets_are_told(database: Database, small: Source, next_year: Source) -> None:
    with database.connect() as owner:
        load(owner, small)
        assert load(owner, next_year).vanished == ("01099",)


def test_readers_never_wait_and_see_one_vintage_or_the_other(database: Database, small: Source) -> None:
    with database.connect() as owner, database.connect("request", options="-c lock_timeout=100") as reader:
        load(owner, small)

        def answer() -> tuple[str, ...]:
            return tuple(hit.commune.code for hit in search(reader, "grand bourg").hits)

        before, seen = answer(), []
        with ThreadPoolExecutor(1) as threads:
            loading = threads.submit(load, owner, open_source(NODE_MODULES))
            while not loading.done():
                seen.append(answer())
            assert loading.result().changed
        after = answer()
    assert before == ("01002",)
    assert len(after) > 1
    assert seen.count(before) > 20
    assert set(seen) <= {before, after}


def test_a_reader_in_a_transaction_keeps_its_vintage(
    database: Database, small: Source, next_year: Source
) -> None:
    with database.connect() as owner, database.connect("request") as reader:
        load(owner, small)
        with reader.transaction():
            reader.execute("set transaction isolation level repeatable read")
            assert get(reader, "01001") is not None
            load(owner, next_year)
            assert get(reader, "01001") is not None
        assert get(reader, "01001") is None


def test_a_vintage_that_is_refused_leaves_everything_as_it_was(
    database: Database, small: Source, tmp_path: Path
) -> None:
    broken = open_source(write_package(tmp_path / "broken", "7.0.0", communes=[SMALL["communes"][0]] * 2))
    with database.connect() as owner:
        load(owner, small)
        with pytest.raises(SourceInvalidError):
            load(owner, broken)
        assert in_force(owner) == small.vintage
        assert get(owner, "01002") is not None


def test_of_two_loads_at_once_one_does_nothing(database: Database, small: Source) -> None:
    def once() -> bool:
        with database.connect() as owner:
            return load(owner, small).changed

    with ThreadPoolExecutor(2) as threads:
        assert sorted(each.result() for each in [threads.submit(once) for _ in range(2)]) == [False, True]


def test_loading_needs_a_connection_in_autocommit_mode(database: Database, small: Source) -> None:
    with psycopg.connect(database.owner_url) as owner, pytest.raises(ValueError, match="autocommit"):
        load(owner, small)


def test_nothing_is_in_force_before_the_first_load(database: Database) -> None:
    with database.connect("request") as reader:
        assert in_force(reader) is None
        assert search(reader, "petit").hits == ()
        assert get(reader, "01001") is None


@pytest.mark.parametrize("role", ["request", "project"])
def test_the_directory_is_read_by_all_and_written_by_the_owner_alone(
    database: Database, small: Source, role: str
) -> None:
    with database.connect() as owner:
        load(owner, small)
        tables = [
            name
            for (name,) in owner.execute("select tablename from pg_tables where schemaname = 'directory'")
        ]
    assert set(tables) == {"vintage", "commune", "part", "postcode", "name", "word"}
    with database.connect(role) as reader:  # type: ignore[arg-type]
        assert [part.code for part in parts(reader, "01002")] == ["01002", "01003", "01099"]
        for table in tables:
            assert reader.execute(f"select count(*) from directory.{table}".encode()).fetchone() != (0,)
            with pytest.raises(errors.InsufficientPrivilege):
                reader.execute(f"delete from directory.{table}".encode())


@pytest.mark.parametrize("audience", ["beffroi_organisation", "beffroi_place", "beffroi_operator"])
def test_an_audience_searches_within_its_transaction(
    database: Database, small: Source, audience: str
) -> None:
    with database.connect() as owner, database.connect("request") as reader:
        load(owner, small)
        with reader.transaction():
            reader.execute(f"set local role {audience}".encode())
            assert [hit.commune.code for hit in search(reader, "bourg").hits] == ["01002", "01001"]


def test_the_append_role_does_not_see_the_directory(database: Database) -> None:
    with database.connect("append") as writer, pytest.raises(errors.InsufficientPrivilege):
        writer.execute("select 1 from directory.commune")
