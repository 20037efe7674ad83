"""Loads one vintage of the communes into PostgreSQL: all of it in one transaction, or nothing.

Readers keep the vintage before until the commit and are never blocked. Run under the owner role.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Identifier

from infra.directory.naming import indexed_words, name_key
from infra.directory.records import Commune, Part, PartKind, Vintage
from infra.directory.source import Directory, Source

_TABLES = ("word", "name", "postcode", "part", "commune")
_TEXTS = "text[]"

_Cursor = psycopg.Cursor[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What `load` did. `communes` and `parts` are the numbers of rows now in force."""

    vintage: Vintage
    replaced: Vintage | None  # the vintage that was in force, when another one was
    changed: bool  # False: this very vintage was there already
    communes: int
    parts: int
    vanished: tuple[str, ...]  # codes that led to a commune before, and lead nowhere now
    seconds: float


def load(connection: psycopg.Connection[Any], source: Source) -> Loaded:
    """Make `source` the vintage in force; nothing happens when it is already.

    `connection` is the owner's, in autocommit mode: ValueError otherwise, because the tables are vacuumed
    after the commit (searches then read the index alone). SourceInvalidError leaves all as it was.
    """
    if not connection.autocommit:
        raise ValueError("Loading the communes needs a connection in autocommit mode.")
    began = time.perf_counter()
    with connection.transaction(), connection.cursor(row_factory=tuple_row) as cursor:
        # One loader at a time; this mode lets readers through.
        cursor.execute("lock table directory.vintage in exclusive mode")
        present = _in_force(cursor)
        changed = present is None or present.digest != source.vintage.digest
        vanished = _replace(cursor, source) if changed else ()
        communes, parts = (_count(cursor, table) for table in ("commune", "part"))
    if changed:
        for table in _TABLES:
            connection.execute(SQL("vacuum (analyze) directory.{}").format(Identifier(table)))
    seconds = time.perf_counter() - began
    return Loaded(source.vintage, present if changed else None, changed, communes, parts, vanished, seconds)


def in_force(connection: psycopg.Connection[Any]) -> Vintage | None:
    """The vintage that searches answer from, or None when nothing is loaded yet."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return _in_force(cursor)


def _in_force(cursor: _Cursor) -> Vintage | None:
    cursor.execute(
        "select package, version, year, digest from directory.vintage order by loading desc limit 1",
    )
    row = cursor.fetchone()
    return Vintage(*row) if row else None


def _count(cursor: _Cursor, table: str) -> int:
    cursor.execute(SQL("select count(*) from directory.{}").format(Identifier(table)))
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _replace(cursor: _Cursor, source: Source) -> tuple[str, ...]:
    directory = source.read()
    cursor.execute("select code from directory.commune union select code from directory.part")
    before = {code for (code,) in cursor}
    for table in _TABLES:
        # Not TRUNCATE: readers of the vintage before would find empty tables.
        cursor.execute(SQL("delete from directory.{}").format(Identifier(table)))
    ranks = _ranks(directory.communes)
    _copy(cursor, _COMMUNE, _commune_rows(directory.communes, ranks))
    _copy(cursor, _PART, (_part_row(part) for part in directory.parts))
    _copy(cursor, _POSTCODE, _postcode_rows(directory, ranks))
    names = list(_names(directory, ranks))
    _copy(cursor, _NAME, ((each.position, name_key(each.name), each.commune, each.part) for each in names))
    _copy(cursor, _WORD, _word_rows(names, ranks))
    vintage = source.vintage
    cursor.execute(
        "insert into directory.vintage (package, version, year, digest, communes)"
        " values (%s, %s, %s, %s, %s)",
        (vintage.package, vintage.version, vintage.year, vintage.digest, len(directory.communes)),
    )
    now = {commune.code for commune in directory.communes} | {part.code for part in directory.parts}
    return tuple(sorted(before - now))


@dataclass(frozen=True, slots=True)
class _Target:
    table: str
    columns: Mapping[str, str]  # name and type


_COMMUNE = _Target(
    "commune",
    dict.fromkeys(("code", "name", "department_code", "department_name"), "text")
    | dict.fromkeys(("region_code", "region_name", "epci_siren", "epci_name", "siren"), "text")
    | {"population": "int4", "postcodes": _TEXTS, "rank": "int4"},
)
_PART = _Target(
    "part",
    dict.fromkeys(("code", "name", "kind", "commune"), "text")
    | {"number": "int4", "population": "int4", "postcodes": _TEXTS},
)
_POSTCODE = _Target("postcode", {"postcode": "text", "commune": "text", "part": "text", "rank": "int4"})
_NAME = _Target("name", {"position": "int4", "key": "text", "commune": "text", "part": "text"})
_WORD = _Target("word", {"word": "text", "position": "int4", "rank": "int4", "linking": "bool"})


def _copy(cursor: _Cursor, target: _Target, rows: Iterable[tuple[object, ...]]) -> None:
    columns = SQL(", ").join(map(Identifier, target.columns))
    into = SQL("copy directory.{} ({}) from stdin (format binary)").format(Identifier(target.table), columns)
    with cursor.copy(into) as copy:
        copy.set_types(list(target.columns.values()))
        for row in rows:
            copy.write_row(row)


def _ranks(communes: Iterable[Commune]) -> dict[str, int]:
    """The place of each code by population, from 1; communes without a figure come last."""

    def order(commune: Commune) -> tuple[bool, int, str]:
        return commune.population is None, -(commune.population or 0), commune.code

    return {each.code: rank for rank, each in enumerate(sorted(communes, key=order), start=1)}


def _commune_rows(communes: Iterable[Commune], ranks: Mapping[str, int]) -> Iterator[tuple[object, ...]]:
    for each in communes:
        yield (
            each.code,
            each.name,
            *each.department,
            *each.region,
            *(each.epci or (None, None)),
            each.siren,
            each.population,
            list(each.postcodes),
            ranks[each.code],
        )


def _part_row(part: Part) -> tuple[object, ...]:
    postcodes = list(part.postcodes)
    return part.code, part.name, part.kind.value, part.commune, part.number, part.population, postcodes


def _postcode_rows(directory: Directory, ranks: Mapping[str, int]) -> Iterator[tuple[object, ...]]:
    parts = {(postcode, part.commune): part.code for part in directory.parts for postcode in part.postcodes}
    own = {(postcode, commune.code) for commune in directory.communes for postcode in commune.postcodes}
    for postcode, commune in sorted(own | parts.keys()):
        yield postcode, commune, parts.get((postcode, commune)), ranks[commune]


@dataclass(frozen=True, slots=True)
class _Name:
    position: int
    name: str
    commune: str
    part: str | None


def _names(directory: Directory, ranks: Mapping[str, int]) -> Iterator[_Name]:
    """Every name to be found, in the order of presentation: own names by population, then former ones.

    Arrondissements are asked for by number, and are no names; a seat named like its commune adds nothing.
    """
    communes = sorted(directory.communes, key=lambda each: ranks[each.code])
    for position, commune in enumerate(communes, start=1):
        yield _Name(position, commune.name, commune.code, None)
    own = {commune.code: name_key(commune.name) for commune in communes}
    former = sorted(
        (ranks[part.commune], part.code, part.commune, part.name)
        for part in directory.parts
        if part.name and part.kind is not PartKind.ARRONDISSEMENT and name_key(part.name) != own[part.commune]
    )
    for position, (_, code, commune_code, name) in enumerate(former, start=len(communes) + 1):
        yield _Name(position, name, commune_code, code)


def _word_rows(names: Iterable[_Name], ranks: Mapping[str, int]) -> Iterator[tuple[object, ...]]:
    for each in names:
        for word, linking in indexed_words(each.name).items():
            yield word, each.position, ranks[each.commune], linking
