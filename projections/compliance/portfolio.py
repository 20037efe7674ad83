"""Questions that an insurer asks of all its towns at once: how each stands, and whose turn it is by when.

Each is one query whatever the number of towns, and reads no cell of any breach.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final, Literal

import msgspec

from projections.engine.reading import Reader


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """How many commitments of a convention stand how.

    One whose cases are all disputed counts as disputed, one whose cases the town accepted as exempted.
    """

    tenant: str
    convention: str
    kept: int
    broken: int
    exempted: int
    undecidable: int
    disputed: int
    not_applicable: int


class CaseDue(msgspec.Struct, frozen=True, kw_only=True):
    """An open case with what its clock waits for."""

    tenant: str
    convention: str
    id: str
    commitment: str
    state: str
    turn: Literal["insurer", "town"]
    clock: Literal["explanation", "answer", "cure"]
    due_on: date


_TALLY: Final = """
select tenant, convention,
  count(*) filter (where state = 'kept') as kept, count(*) filter (where state = 'broken') as broken,
  count(*) filter (where state = 'exempted') as exempted, count(*) filter (where state = 'undecidable') as undecidable,
  count(*) filter (where state = 'disputed') as disputed, count(*) filter (where state = 'none') as not_applicable
from (
  select s.tenant, s.convention, case s.verdict
    when 'COMPLIANT' then 'kept' when 'EXEMPTED' then 'exempted' when 'INDETERMINATE' then 'undecidable'
    when 'NOT_APPLICABLE' then 'none' else coalesce(c.state, 'broken') end as state
  from {compliance}.standing s left join (
    select tenant, owner, convention, commitment, case
      when bool_or(state not in ('disputed', 'accepted')) then 'broken'
      when bool_or(state = 'disputed') then 'disputed' else 'exempted' end as state
    from {compliance}.case_file where owner = %(owner)s and state <> 'corrected'
    group by tenant, owner, convention, commitment
  ) c using (tenant, owner, convention, commitment)
  where s.owner = %(owner)s
) each_one group by tenant, convention
"""


def tallies(reader: Reader, owner: str) -> Mapping[tuple[str, str], Tally]:
    """How the conventions of an insurer stand, by (tenant, convention); one never judged is absent."""
    rows = reader.rows(Tally, _TALLY, {"owner": owner})
    return {(row.tenant, row.convention): row for row in rows}


def cases_due(reader: Reader, owner: str, tenant: str | None = None) -> list[CaseDue]:
    """The open cases of an insurer in all its towns, or in one; those due first."""
    query = f"select {', '.join(CaseDue.__struct_fields__)} from {{compliance}}.case_file"  # noqa: S608 (names of ours)
    query += " where owner = %(owner)s and turn is not null"
    query += " and tenant = %(tenant)s" if tenant is not None else ""
    query += " order by due_on, id"
    return reader.rows(CaseDue, query, {"owner": owner, "tenant": tenant})
