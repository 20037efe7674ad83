"""From what somebody typed to communes: a name however written, an INSEE code, a postcode, an arrondissement.

A postcode is no commune: all that share it are offered, and the caller keeps the INSEE code that was chosen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from domain.text import word_range
from infra.directory.query import Query, beginnings
from infra.directory.records import Area, Commune, Part, PartKind, as_commune_code

MOST = 100
CODE_LENGTH = 5  # of INSEE codes and of postcodes

_Row = tuple[Any, ...]
_Cursor = psycopg.Cursor[_Row]


class Reason(StrEnum):
    """Why a commune answers to a text."""

    NAME = "name"
    CODE = "code"
    POSTCODE = "postcode"
    FORMER_NAME = "former_name"
    FORMER_CODE = "former_code"
    ARRONDISSEMENT = "arrondissement"


@dataclass(frozen=True, slots=True)
class Hit:
    """One commune that answers, and why.

    `part` is the former commune or arrondissement that led here, `matched` the code or postcode.
    """

    commune: Commune
    reason: Reason
    part: Part | None = None
    matched: str | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """At most `limit` communes, each once, the best first; `more` says that others answer too."""

    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Resolved:
    """The commune that answers for a code today; `via` is whose code it is, when not the commune's own."""

    commune: Commune
    via: Part | None


# Each way to search finds (reason, matched, commune, part, later, place); the best has later = false and the
# smallest place. The pieces are constants: what was typed is passed as parameters, never as SQL.
_HITS = """
select found.reason, found.matched,
  c.code, c.name, c.department_code, c.department_name, c.region_code, c.region_name,
  c.epci_siren, c.epci_name, c.siren, c.population, c.postcodes,
  p.code, p.name, p.kind, p.commune, p.number, p.population, p.postcodes
  from ({found}) as found (reason, matched, commune, part, later, place)
  join directory.commune c on c.code = found.commune
  left join directory.part p on p.code = found.part
  order by found.later, found.place
"""
_PART = slice(13, None)

_BY_CODE = """
  select 'code', code, code, null, false, 0 from directory.commune where code = %(code)s
  union all
  select 'former_code', code, commune, code, false, 0 from directory.part
    where code = %(code)s and code <> commune
"""

_BY_CODES = "select 'code', code, code, null, false, 0 from directory.commune where code = any(%(codes)s)"

_BY_POSTCODE = """
  select 'postcode', postcode, commune, part, false, rank from directory.postcode
    where postcode = %(code)s order by rank limit %(limit)s
"""

_BY_BEGINNING = """
  select case when o.postcode is null then 'code' else 'postcode' end,
    coalesce(o.postcode, c.code), c.code, null, false, c.rank
  from (
    select rank, min(postcode) as postcode from directory.postcode
      where postcode >= %(low)s and postcode < %(high)s group by rank order by rank limit %(limit)s
  ) o full join (
    select rank from directory.commune where code >= %(low)s and code < %(high)s order by rank limit %(limit)s
  ) i using (rank) join directory.commune c using (rank) order by c.rank limit %(limit)s
"""

_BY_ARRONDISSEMENT = """
  select 'arrondissement', p.code, p.commune, p.code, false, p.number from directory.part p
    join directory.name n on n.commune = p.commune and n.part is null
    where p.kind = 'arrondissement' and p.number = any(%(ordinals)s) and n.key = %(city)s
"""

_BY_NAME = """
  select case when n.part is null then 'name' else 'former_name' end, o.postcode,
    n.commune, coalesce(n.part, o.part), best.later, best.position
  from (
    select position, later from (
      select distinct on (rank) position,
          position not in (select position from directory.name where key = %s) as later
        from ({begun}) as begun {where} order by rank, later, position
    ) one_a_commune order by later, position limit %s
  ) best join directory.name n using (position)
  left join directory.postcode o on o.commune = n.commune and o.postcode = %s
"""
_BEGUN = "select position, rank from directory.word where ({ranges})"
_RANGE = "word >= %s and word < %s"
_NUMBER = """rank in (
  select rank from directory.postcode where postcode >= %s and postcode < %s
  union all select rank from directory.commune where code >= %s and code < %s)"""


def of_area(connection: psycopg.Connection[Any], code: str) -> list[str]:
    """The INSEE codes of the communes of a department (by its code) or an intercommunality (by its SIREN)."""
    rows = connection.execute(
        "select code from directory.commune where department_code = %(code)s or epci_siren = %(code)s order by code",
        {"code": code},
    )
    return [row[0] for row in rows]


def area_name(connection: psycopg.Connection[Any], code: str) -> str | None:
    """The name of a department (by its code) or an intercommunality (by its SIREN); None for neither."""
    row = connection.execute(
        "select case when department_code = %(code)s then department_name else epci_name end from directory.commune"
        " where department_code = %(code)s or epci_siren = %(code)s limit 1",
        {"code": code},
    ).fetchone()
    return None if row is None else str(row[0])


def search(connection: psycopg.Connection[Any], text: str, limit: int = 20) -> SearchResult:
    """The communes that answer to `text`, the same name first, then by population.

    Any text is safe; what no commune can answer to finds nothing. ValueError for a limit outside 1 to 100.
    """
    if not 1 <= limit <= MOST:
        raise ValueError(f"A search gives 1 to {MOST} communes, not {limit}.")
    query = Query.parse(text)
    if query is None:
        return SearchResult((), more=False)
    with connection.cursor(row_factory=tuple_row) as cursor:
        hits = _found(cursor, query, limit + 1)
    once: dict[str, Hit] = {}
    for hit in hits:
        once.setdefault(hit.commune.code, hit)
    return SearchResult(tuple(once.values())[:limit], more=len(once) > limit)


def get(connection: psycopg.Connection[Any], code: str) -> Commune | None:
    """The commune that has this INSEE code now; None for a former code, an arrondissement, or no code."""
    resolved = resolve(connection, code)
    return resolved.commune if resolved and resolved.via is None else None


def get_many(connection: psycopg.Connection[Any], codes: Sequence[str]) -> dict[str, Commune]:
    """The communes that have some INSEE codes now, in one query; a code that is no commune's is absent."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        hits = _hits(cursor, _BY_CODES, {"codes": list(codes)})
    return {hit.commune.code: hit.commune for hit in hits}


def resolve(connection: psycopg.Connection[Any], code: str) -> Resolved | None:
    """The commune that answers for an INSEE code: its own, a former one or an arrondissement's; else None."""
    known = as_commune_code(code)
    if known is None:
        return None
    with connection.cursor(row_factory=tuple_row) as cursor:
        hits = _hits(cursor, _BY_CODE, {"code": known})
    return Resolved(hits[0].commune, hits[0].part) if hits else None


def parts(connection: psycopg.Connection[Any], code: str) -> tuple[Part, ...]:
    """What leads to the commune with this INSEE code: arrondissements by number, former communes by code."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(
            "select code, name, kind, commune, number, population, postcodes from directory.part"
            " where commune = %s order by number, code",
            (as_commune_code(code),),
        )
        return tuple(_part(row) for row in cursor)


def _found(cursor: _Cursor, query: Query, limit: int) -> list[Hit]:
    if query.code is not None:
        return _by_number(cursor, query.code, limit)
    hits: list[Hit] = []
    if query.city and query.ordinals:
        hits = _hits(cursor, _BY_ARRONDISSEMENT, {"city": query.city, "ordinals": list(query.ordinals)})
    return hits or (_by_name(cursor, query, limit) if query.names else [])


def _by_number(cursor: _Cursor, number: str, limit: int) -> list[Hit]:
    low, high = word_range(number)
    if len(number) < CODE_LENGTH:
        return _hits(cursor, _BY_BEGINNING, {"low": low, "high": high, "limit": limit})
    by_code = _hits(cursor, _BY_CODE, {"code": number})
    hits = _hits(cursor, _BY_POSTCODE, {"code": number, "limit": limit})
    # 75011 is Paris 11e to everybody, and was Bonneuil-sur-Marne before 1968: a former code comes after the
    # postcodes, yet is never cut off.
    former = bool(by_code) and by_code[0].reason is Reason.FORMER_CODE
    place = min(len(hits), max(limit - 2, 1)) if former else 0
    return hits[:place] + by_code + hits[place:]


def _by_name(cursor: _Cursor, query: Query, limit: int) -> list[Hit]:
    begun: list[str] = []
    bounds: list[str] = []
    for word in query.names:
        ranges = [word_range(beginning) for beginning in beginnings(word)]
        begun.append(_BEGUN.format(ranges=" or ".join([_RANGE] * len(ranges))))
        bounds += chain.from_iterable(ranges)
    if len(query.names) == 1:
        begun[0] += " and not linking"
    numbers = chain.from_iterable(word_range(number) * 2 for number in query.numbers)
    where = "where " + " and ".join([_NUMBER] * len(query.numbers)) if query.numbers else ""
    postcode = next((number for number in query.numbers if len(number) == CODE_LENGTH), None)
    found = _BY_NAME.format(begun=" intersect ".join(begun), where=where)
    return _hits(cursor, found, [query.key, *bounds, *numbers, limit, postcode])


def _hits(cursor: _Cursor, found: str, wanted: Mapping[str, object] | Sequence[object]) -> list[Hit]:
    return [_hit(row) for row in cursor.execute(_HITS.format(found=found), wanted)]


def _hit(row: _Row) -> Hit:
    reason, matched, code, name, department, department_name, region, region_name = row[:8]
    epci, epci_name, siren, population, postcodes = row[8:13]
    commune = Commune(
        code=code,
        name=name,
        department=Area(department, department_name),
        region=Area(region, region_name),
        epci=None if epci is None else Area(epci, epci_name),
        siren=siren,
        population=population,
        postcodes=tuple(postcodes),
    )
    part = None if row[_PART][0] is None else _part(row[_PART])
    if part is not None and part.kind is PartKind.ARRONDISSEMENT:
        return Hit(commune, Reason.ARRONDISSEMENT, part, matched)
    return Hit(commune, Reason(reason), part, matched)


def _part(row: _Row) -> Part:
    code, name, kind, commune, number, population, postcodes = row
    return Part(code, name, PartKind(kind), commune, number, population, tuple(postcodes))
