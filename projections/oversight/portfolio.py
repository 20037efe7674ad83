"""What an insurer reads of all its conventions at once: as much as a list of a thousand towns says, in one query.

The dates are those that count, amendments and notice included; a commitment gives its parameters only where a
deadline comes of them.
"""

from datetime import date
from typing import Any, Final

import msgspec

from projections.engine.reading import Reader
from projections.oversight.agreements import Stage, stage_of


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """A convention in a list. `ends_on` as the terms that begin last say, `notice_on` the last day after a notice.

    `notices` and `indexed` are the parameters of its commitments to `NOTICE` and `ANNUAL_CAP_INDEXED` today.
    """

    tenant: str
    owner: str
    id: str
    state: str
    fictitious: bool
    starts_on: date
    ends_on: date
    notice_on: date | None
    notice_by: str | None
    ended_on: date | None
    pending: bool
    notices: list[dict[str, Any]]
    indexed: list[dict[str, Any]]
    position: int

    @property
    def last_day(self) -> date:
        """The last day, that of a notice included."""
        return min(self.ends_on, self.notice_on) if self.notice_on else self.ends_on

    def stage(self, today: date) -> Stage:
        """How far it is on a day."""
        return stage_of(
            self.state,
            self.starts_on,
            self.last_day,
            today,
            ended=self.ended_on is not None,
            noticed=self.notice_on is not None,
        )


class OfficeHours(msgspec.Struct, frozen=True, kw_only=True):
    """The office hours of a month in all towns, and those of any earlier day of which nobody said what became."""

    planned: int
    held: int
    silent: int


_AGREEMENTS: Final = """
with standing as (
  select a.tenant, a.convention, a.terms, a.ends_on, a.effective_on, a.number from {oversight}.amendment a
  where a.owner = %(owner)s and a.state = 'confirmed' and not exists (
    select from {oversight}.amendment b where b.tenant = a.tenant and b.owner = a.owner
    and b.convention = a.convention and b.corrects = a.number and b.state = 'confirmed')
), latest as (
  select distinct on (tenant, convention) tenant, convention, ends_on from standing
  order by tenant, convention, effective_on desc, number desc
), present as (
  select distinct on (tenant, convention) tenant, convention, terms from standing
  where effective_on <= %(today)s order by tenant, convention, effective_on desc, number desc
), waiting as (
  select distinct tenant, convention from {oversight}.amendment where owner = %(owner)s and state = 'pending'
)
select c.tenant, c.owner, c.id, c.state, c.fictitious, c.starts_on, coalesce(l.ends_on, c.ends_on) as ends_on,
  c.notice_takes_effect_on as notice_on, c.notice->>'by' as notice_by, c.ended_on, w.tenant is not null as pending,
  jsonb_path_query_array(t.terms, '$.commitments[*] ? (@.rule == "NOTICE").params') as notices,
  jsonb_path_query_array(t.terms, '$.commitments[*] ? (@.rule == "ANNUAL_CAP_INDEXED").params') as indexed,
  c.position
from {oversight}.convention c
left join latest l on l.tenant = c.tenant and l.convention = c.id
left join present p on p.tenant = c.tenant and p.convention = c.id
left join waiting w on w.tenant = c.tenant and w.convention = c.id
cross join lateral (select coalesce(p.terms, c.terms) as terms) t
where c.owner = %(owner)s"""


def agreements(reader: Reader, owner: str, today: date, tenant: str | None = None) -> list[Agreement]:
    """The conventions of an insurer in all communes, or in one, by commune, the newest first."""
    query = _AGREEMENTS + (" and c.tenant = %(tenant)s" if tenant is not None else "")
    query += " order by c.tenant, c.starts_on desc, c.id"
    return reader.rows(Agreement, query, {"owner": owner, "today": today, "tenant": tenant})


def office_hours(reader: Reader, owner: str, first: date, last: date, today: date) -> OfficeHours:
    """The office hours of all towns between two days without cancelled ones, and those not reported before today."""
    found = reader.row(
        OfficeHours,
        "select count(*) filter (where on_day between %(first)s and %(last)s) as planned,"
        " count(*) filter (where state = 'held' and on_day between %(first)s and %(last)s) as held,"
        " count(*) filter (where state in ('planned', 'overdue') and on_day < %(today)s) as silent"
        " from {oversight}.office_hour where owner = %(owner)s and state <> 'cancelled'",
        {"owner": owner, "first": first, "last": last, "today": today},
    )
    return found or OfficeHours(planned=0, held=0, silent=0)
