"""Questions about members that an insurer asks. Prices are cents a month; a member is one until the day of leaving."""

from datetime import date
from typing import Final

import msgspec

from domain.text import word_range, words
from projections.engine.reading import Reader

PAGE: Final = 50
_FEW: Final = 500


class MemberRow(msgspec.Struct, frozen=True, kw_only=True):
    """A member as lists show it; the names are None when the person was erased."""

    tenant: str
    id: str
    number: str | None
    family_name: str | None
    given_name: str | None
    birth_date: date | None
    joined_on: date
    left_on: date | None
    left_reason: str | None
    formula: str
    category: str
    price: int
    grid: str
    cell_from: int
    cell_to: int | None
    convention: str
    email: str | None
    phone: str | None
    sex: str | None
    version: int
    position: int
    sort_key: str | None


class TownCount(msgspec.Struct, frozen=True):
    """How many members a town has today, and how many ever joined."""

    tenant: str
    members: int
    ever: int


class TownChange(msgspec.Struct, frozen=True):
    """How many members a town has today, and had on an earlier day."""

    tenant: str
    members: int
    before: int


class BirthYearCount(msgspec.Struct, frozen=True):
    """Members of a drawer on a day, by birth year."""

    tenant: str
    owner: str
    birth_year: int
    members: int


class ProfileCount(msgspec.Struct, frozen=True):
    """Members of a convention on a day who have the same formula, category and birth year; all are adults."""

    formula: str
    category: str
    birth_year: int
    members: int


_COLUMNS: Final = """m.tenant, m.id, m.number, p.family_name, p.given_name, p.birth_date, m.joined_on, m.left_on,
 m.left_reason, m.formula, m.category, m.price, m.grid, m.cell_from, m.cell_to, m.convention, p.email, p.phone, m.sex,
 m.version, m.position, p.sort_key"""


def members(
    reader: Reader,
    tenant: str | None,
    owner: str,
    *,
    search: str = "",
    after: tuple[str, str] | None = None,
    limit: int = PAGE,
) -> list[MemberRow]:
    """Members by name, of one town or (None) of all; `search` are beginnings of words of the name, or a number.

    `after` is the (sort key, id) of the last row of the page before.
    """
    beginnings = words(search)[:5]
    if search and not beginnings:
        return []
    key, identity = after or ("", "")
    given: dict[str, object] = {
        "tenant": tenant, "owner": owner, "after_key": key, "after_id": identity,
    }  # fmt: skip
    here = "owner = %(owner)s" + (" and tenant = %(tenant)s" if tenant is not None else "")
    page = " and (p.sort_key, p.id) > (%(after_key)s, %(after_id)s)" if after is not None else ""
    # The number itself: a plan for any limit sorts everybody before it takes the first fifty.
    page += f" order by p.sort_key, p.id limit {limit:d}"
    found, people = "", f"select * from {{crm}}.member_person p where {here}{page}"  # noqa: S608 (names of ours)
    if beginnings:
        found, people = _found(search, beginnings, here, page, given)
    return reader.rows(
        MemberRow,
        f"with {found}p as materialized ({people}) select {_COLUMNS}"  # noqa: S608
        " from p join {crm}.member m using (tenant, owner, id) order by p.sort_key, p.id",
        given,
    )


def _found(
    search: str, beginnings: list[str], here: str, page: str, given: dict[str, object]
) -> tuple[str, str]:
    """Who answers to a search, and the query of a page of them.

    Few are looked up one by one and sorted; where many answer, everybody is read in order until the page is full.
    """
    table, column, most = "word_person", "word", f" limit {_FEW + 1}"
    if any(letter.isdigit() for letter in search):  # no name has a digit: it is the insurer's number
        beginnings, table, column, most = ["".join(beginnings)], "member", "number_key", ""
    for i, beginning in enumerate(beginnings):
        given[f"low{i}"], given[f"high{i}"] = word_range(beginning)
        given[f"word{i}"] = f" {beginning}"
    found = " intersect ".join(
        f"select distinct tenant, id from {{crm}}.{table} where {here}"  # noqa: S608 (names of ours)
        f" and {column} >= %(low{i})s and {column} < %(high{i})s"
        for i in range(len(beginnings))
    )
    few = (
        "select p.* from found f cross join lateral (select * from {crm}.member_person m"
        " where m.tenant = f.tenant and m.owner = %(owner)s and m.id = f.id offset 0) p where true"
    )
    people = f"{few}{page}"
    if most:
        begun = "".join(f" and strpos(' ' || sort_key, %(word{i})s) > 0" for i in range(len(beginnings)))
        people = (
            f"({few} and (select count(*) from found) <= {_FEW}{page}) union all"  # noqa: S608 (names of ours)
            f" (select * from {{crm}}.member_person p where {here}"
            f" and (select count(*) from found) > {_FEW}{begun}{page})"
        )
    return f"found as materialized ({found}{most}), ", people


def member(reader: Reader, tenant: str, owner: str, identity: str) -> MemberRow | None:
    """One member."""
    return reader.row(
        MemberRow,
        f"select {_COLUMNS} from {{crm}}.member m left join {{crm}}.member_person p using (tenant, owner, id)"  # noqa: S608
        " where m.tenant = %(tenant)s and m.owner = %(owner)s and m.id = %(id)s",
        {"tenant": tenant, "owner": owner, "id": identity},
    )


def members_by_town(
    reader: Reader, owner: str, today: date, tenant: str | None = None
) -> dict[str, TownCount]:
    """Members today in each town of an insurer, or in one. A town where nobody ever joined is absent."""
    query = (
        "select tenant,"
        " count(*) filter (where joined_on <= %(today)s and (left_on is null or left_on > %(today)s)) as members,"
        " count(*) as ever from {crm}.member where owner = %(owner)s"
    )
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " group by tenant"
    rows = reader.rows(TownCount, query, {"owner": owner, "today": today, "tenant": tenant})
    return {row.tenant: row for row in rows}


def members_and_before(reader: Reader, owner: str, today: date, before: date) -> dict[str, TownChange]:
    """Members today and on an earlier day in each town of an insurer. A town where nobody ever joined is absent."""
    rows = reader.rows(
        TownChange,
        "select tenant,"
        " count(*) filter (where joined_on <= %(today)s and (left_on is null or left_on > %(today)s)) as members,"
        " count(*) filter (where joined_on <= %(before)s and (left_on is null or left_on > %(before)s)) as before"
        " from {crm}.member where owner = %(owner)s group by tenant",
        {"owner": owner, "today": today, "before": before},
    )
    return {row.tenant: row for row in rows}


def first_joining(reader: Reader) -> date | None:
    """The day on which the first member of all joined. For the calendar: it reads across tenants."""
    first: date | None = reader.value("select min(joined_on) from {crm}.member")
    return first


def members_by_birth_year(reader: Reader, on: date) -> list[BirthYearCount]:
    """Members on a day by drawer and birth year. For the calendar: it reads across tenants."""
    return reader.rows(
        BirthYearCount,
        "select tenant, owner, birth_year, count(*) as members from {crm}.member"
        " where joined_on <= %(on)s and (left_on is null or left_on > %(on)s) group by tenant, owner, birth_year",
        {"on": on},
    )


def members_by_profile(
    reader: Reader, tenant: str, owner: str, convention: str, on: date
) -> list[ProfileCount]:
    """Members of a convention on a day by what a cell looks at: formula, category and birth year."""
    return reader.rows(
        ProfileCount,
        "select formula, category, birth_year, count(*) as members from {crm}.member"
        " where tenant = %(tenant)s and owner = %(owner)s and convention = %(convention)s"
        " and joined_on <= %(on)s and (left_on is null or left_on > %(on)s)"
        " group by formula, category, birth_year order by formula, category, birth_year",
        {"tenant": tenant, "owner": owner, "convention": convention, "on": on},
    )
