"""The towns of an insurer as lines: how each stands, who joined, what is due next; nine queries for a thousand towns.

Everything comes from views that are rolled up by convention: no breach is read, and no town asked for by itself.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any, Final, Literal

import msgspec

from domain.tariffs.assess.days import add_months, day_before
from domain.tenancy import code_of
from domain.text import search_key, words
from infra.directory.records import Commune
from projections.compliance import portfolio as compliance
from projections.compliance.portfolio import CaseDue, Tally
from projections.crm import queries as crm
from projections.crm.queries import TownChange
from projections.engine.reading import Reader
from projections.oversight import portfolio as oversight
from projections.oversight.portfolio import Agreement, OfficeHours
from projections.tariffs import queries as tariff_view
from projections.tariffs.queries import ExemptionEnd, LastGrid
from services.asking import parts
from services.communes import communes
from services.web.deadlines import Deadline, deadlines, foremost
from services.web.desk import Desk
from services.web.partnership import judged_up_to

LineState = Literal["broken", "disputed", "undecidable", "exempted", "kept", "none"]

WORST_FIRST: Final[Sequence[LineState]] = ("broken", "disputed", "undecidable", "exempted", "kept", "none")
_STAGES: Final = ("current", "notice", "declared", "refused", "upcoming", "ended")
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "broken": ("rompu", "rompus"),
    "disputed": ("contesté", "contestés"),
    "undecidable": ("sans verdict", "sans verdict"),
    "exempted": ("dérogation", "dérogations"),
}


@lru_cache(maxsize=8192)
def named(name: str) -> tuple[str, Sequence[str]]:
    """A name as it is ordered, and its words as they are searched: the same thousand at each visit."""
    return search_key(name), words(name)


class Line(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One commune of the portfolio; `agreement` is the convention that counts today.

    `members` None: nothing was ever recorded there, which is not 0. `judged` says whether its last grid was checked,
    `next` is the deadline to name.
    """

    code: str
    name: str
    commune: Commune | None
    agreement: Agreement
    stage: str
    tally: Tally | None
    judged: bool
    members: int | None
    change: int | None
    deadlines: Sequence[Deadline]
    next: Deadline | None

    @cached_property
    def state(self) -> LineState:
        """The state that speaks for all commitments."""
        if self.agreement.state != "confirmed":
            return "none"
        if self.tally is not None and (self.tally.broken or self.tally.disputed):
            return "broken" if self.tally.broken else "disputed"
        if not self.judged:
            return "undecidable"
        return next((each for each in WORST_FIRST if self.number(each)), "none")

    def number(self, state: str) -> int:
        """How many commitments are in a state."""
        return int(getattr(self.tally, state, 0)) if self.tally is not None else 0

    @cached_property
    def word(self) -> str:
        """The badge: `1 rompu`, `Tout tenu`; empty where no badge belongs."""
        state = self.state
        if state in {"kept", "none"}:
            return "Tout tenu" if state == "kept" else ""
        if not self.judged and not self.number(state):
            return "Vérification en cours"
        number = self.number(state)
        return f"{number} {_WORDS[state][number > 1]}"

    @property
    def judgeable(self) -> int:
        """How many commitments have something to be judged on."""
        return sum(self.number(state) for state in WORST_FIRST if state != "none")

    @property
    def share(self) -> Fraction | None:
        """Members in percent of the population; None where either is not known."""
        people = self.commune.population if self.commune else None
        return Fraction(100 * self.members, people) if people and self.members is not None else None


class Portfolio(msgspec.Struct, frozen=True, kw_only=True):
    """All lines, and the office hours of the month in all towns together."""

    lines: Sequence[Line]
    hours: OfficeHours

    @property
    def deadlines(self) -> list[tuple[Deadline, Line]]:
        """Every deadline with its town, the first first."""
        every = [(each, line) for line in self.lines for each in line.deadlines]
        return sorted(every, key=lambda pair: (pair[0].on, pair[1].name))


class _Found(msgspec.Struct, frozen=True, kw_only=True):
    """What the views say, by town and by convention."""

    agreements: Mapping[str, Sequence[Agreement]]
    tallies: Mapping[tuple[str, str], Tally]
    cases: Mapping[tuple[str, str], Sequence[CaseDue]]
    grids: Mapping[tuple[str, str], LastGrid]
    applied: Mapping[str, Mapping[str, int]]
    exemptions: Mapping[tuple[str, str], Sequence[ExemptionEnd]]
    members: Mapping[str, TownChange]
    hours: OfficeHours
    checked: int


def portfolio_of(desk: Desk) -> Portfolio:
    """The portfolio of the insurer who asks, by the name of its towns as the views have them."""
    found = desk.read(lambda reader: _read(reader, desk))
    names = communes(parts(), map(code_of, found.agreements))
    lines = [
        _line(tenant, mine, names.get(code_of(tenant)), found, desk.today)
        for tenant, mine in found.agreements.items()
    ]
    return Portfolio(lines=lines, hours=found.hours)


def _read(reader: Reader, desk: Desk) -> _Found:
    today, owner = desk.today, desk.accord
    first = today.replace(day=1)
    last = day_before(add_months(first, 1))
    checked = reader.later(judged_up_to)
    years = reader.later(lambda reader: tariff_view.last_applied(reader, owner))
    agreements = reader.later(lambda reader: oversight.agreements(reader, owner, today))
    tallies = reader.later(lambda reader: compliance.tallies(reader, owner))
    cases = reader.later(lambda reader: compliance.cases_due(reader, owner))
    grids = reader.later(lambda reader: tariff_view.last_effective(reader, owner))
    ends = reader.later(lambda reader: tariff_view.exemptions_to_end(reader, owner, today))
    members = reader.later(
        lambda reader: crm.members_and_before(reader, desk.own, today, add_months(today, -1))
    )
    hours = reader.later(lambda reader: oversight.office_hours(reader, owner, first, last, today))
    applied: dict[str, dict[str, int]] = {}
    for (tenant, name), year in years.found.items():
        applied.setdefault(tenant, {})[name] = year
    return _Found(
        agreements=_grouped(agreements.found, lambda row: row.tenant),
        tallies=tallies.found,
        cases=_grouped(cases.found, _where),
        grids=grids.found,
        applied=applied,
        exemptions=_grouped(ends.found, _where),
        members=members.found,
        hours=hours.found,
        checked=checked.found,
    )


def _line(
    tenant: str,
    agreements: Sequence[Agreement],
    commune: Commune | None,
    found: _Found,
    today: date,
) -> Line:
    main = min(agreements, key=lambda each: (_STAGES.index(each.stage(today)), -each.starts_on.toordinal()))
    grid = found.grids.get(_key(main))
    known = found.members.get(tenant)
    due = [
        deadline
        for each in agreements
        for deadline in deadlines(
            each,
            today,
            cases=found.cases.get(_key(each), ()),
            last_effective=found.grids[_key(each)].effective_on if _key(each) in found.grids else None,
            applied=found.applied.get(tenant),
            exemptions=found.exemptions.get(_key(each), ()),
        )
    ]
    due.sort(key=lambda each: each.on)
    return Line(
        code=code_of(tenant),
        name=commune.name if commune else code_of(tenant),
        commune=commune,
        agreement=main,
        stage=main.stage(today),
        tally=found.tallies.get(_key(main)),
        judged=grid is None or grid.position <= found.checked,
        members=known.members if known else None,
        change=known.members - known.before if known else None,
        deadlines=due,
        next=foremost(due, today),
    )


def _key(agreement: Agreement) -> tuple[str, str]:
    return agreement.tenant, agreement.id


def _where(row: Any) -> tuple[str, str]:
    return row.tenant, row.convention


def _grouped(rows: Sequence[Any], key: Any) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found
