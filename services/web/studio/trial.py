"""The trial of a draft in one town, as a page shows it: price by price, then the commitments on the whole grid.

Pure: a `Trial` of the command, what was typed and the insurer's own members in; lines and figures out.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, Literal

import msgspec

from domain.tariffs.assess import Cell, CellId, Finding
from domain.tariffs.assess.findings import Verdict
from projections.crm.queries import ProfileCount
from services.commands.dry_run import Trial, TriedCell
from services.commands.headcounts import counted
from services.web.clauses import title
from services.web.grids import cell_name
from services.web.studio.draft import field_of
from services.web.typography import eur

State = Literal["broken", "exempted", "undecidable", "kept", "none"]

_ORDER: Final = (
    Verdict.VIOLATION, Verdict.LEGAL_ALERT, Verdict.INDETERMINATE, Verdict.EXEMPTED, Verdict.COMPLIANT,
    Verdict.NOT_APPLICABLE,
)  # fmt: skip
_STATES: Final[Mapping[Verdict, State]] = {
    Verdict.VIOLATION: "broken",
    Verdict.LEGAL_ALERT: "broken",
    Verdict.INDETERMINATE: "undecidable",
    Verdict.EXEMPTED: "exempted",
    Verdict.COMPLIANT: "kept",
    Verdict.NOT_APPLICABLE: "none",
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A price on trial. Money in cents; `members` None: nobody was counted; `why` explains a verdict."""

    field: str
    name: str
    before: int | None
    price: int
    limit: int | None
    state: State
    word: str
    article: str
    why: str
    members: int | None

    @property
    def margin(self) -> int | None:
        """Cents left under the limit, below zero above it."""
        return None if self.limit is None else self.limit - self.price

    @property
    def excess(self) -> int:
        """Cents above the limit, 0 when none is known."""
        return max(0, -(self.margin or 0))

    @property
    def lowered(self) -> int | None:
        """The price to bring it down to; None when it breaks nothing that a lower price would keep."""
        return self.limit if self.state == "broken" and self.excess else None


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A commitment on the grid; `by_price`: it is kept or broken by each price for itself."""

    by_price: bool
    state: State
    word: str | None
    title: str
    article: str
    why: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A trial as a page shows it. Contributions are of the insurer's own members, in cents a month."""

    lines: Sequence[Line]
    wholes: Sequence[Whole]
    earliest: date | None
    notice_broken: bool
    members: int
    without: int
    changed: int
    above: int
    before: int
    after: int
    highest: int

    @property
    def broken(self) -> list[Line]:
        """The prices that break a commitment, the largest excess first."""
        return sorted((line for line in self.lines if line.state == "broken"), key=lambda line: -line.excess)

    @property
    def lowerable(self) -> list[Line]:
        """The prices that can be brought down to their limit."""
        return [line for line in self.lines if line.lowered is not None]

    @property
    def broken_wholes(self) -> list[Whole]:
        """The commitments on the whole grid that are broken."""
        return [whole for whole in self.wholes if whole.state == "broken" and not whole.by_price]

    @property
    def breaks(self) -> bool:
        """Whether something is broken: a motive is then due."""
        return bool(self.broken or self.broken_wholes)


def shown(
    trial: Trial, clauses: Sequence[Mapping[str, Any]], profiles: Sequence[ProfileCount], on: date
) -> Shown:
    """Put a trial together with the clauses it is about and the members whom each price concerns on its first day."""
    articles = {str(clause["id"]): str(clause["article"]) for clause in clauses}
    by_cell: dict[CellId, list[Finding]] = defaultdict(list)
    for finding in trial.findings:
        if finding.grid == trial.grid and isinstance(finding.cell, CellId):
            by_cell[finding.cell].append(finding)
    counts, without = members_by_cell(profiles, [tried.cell for tried in trial.cells], on)
    lines = [
        _line(tried, by_cell[tried.cell], articles, counts.get(tried.cell, 0) if counts or without else None)
        for tried in trial.cells
    ]
    held = [(line, line.members or 0) for line in lines]
    return Shown(
        lines=lines,
        wholes=list(_wholes(trial, clauses, on)),
        earliest=trial.earliest,
        notice_broken=trial.notice_broken,
        members=sum(count for _, count in held),
        without=without,
        changed=sum(count for line, count in held if line.before != line.price),
        above=sum(count for line, count in held if line.state == "broken"),
        before=sum(count * (line.price if line.before is None else line.before) for line, count in held),
        after=sum(count * line.price for line, count in held),
        highest=sum(
            count * (line.lowered if line.lowered is not None else line.price) for line, count in held
        ),
    )


def members_by_cell(
    profiles: Sequence[ProfileCount], cells: Sequence[CellId], on: date
) -> tuple[dict[CellId, int], int]:
    """Members by cell on a day, and those whom no cell prices. Formula by formula: a grid may have 1,540 cells."""
    found: dict[CellId, int] = {}
    without = 0
    for formula in dict.fromkeys([cell.formula for cell in cells] + [each.formula for each in profiles]):
        mine = [Cell(cell, 0) for cell in cells if cell.formula == formula]
        result = counted([each for each in profiles if each.formula == formula], mine, on)
        found |= {cell.id(): cell.count for cell in result.cells}
        without += result.without
    return (found, without) if any(found.values()) or without else ({}, 0)


def _line(
    tried: TriedCell, findings: Sequence[Finding], articles: Mapping[str, str], members: int | None
) -> Line:
    worst = min((one.verdict for one in findings), key=_ORDER.index, default=Verdict.NOT_APPLICABLE)
    speaking = next((one for one in findings if one.verdict == worst), None)
    excess = max(0, tried.price - tried.highest) if tried.highest is not None else 0
    words = {
        Verdict.VIOLATION: f"Rompu de {eur(excess)}" if excess else "Rompu",
        Verdict.LEGAL_ALERT: "Alerte légale",
        Verdict.INDETERMINATE: "Sans verdict",
        Verdict.EXEMPTED: "Dérogation",
        Verdict.COMPLIANT: "Permis",
        Verdict.NOT_APPLICABLE: "Sans objet",
    }
    setting = tried.broken[0] if tried.broken else tried.limited_by
    if worst == Verdict.EXEMPTED and speaking is not None:
        setting = speaking.commitment
    needs_words = worst in {Verdict.INDETERMINATE, Verdict.EXEMPTED, Verdict.LEGAL_ALERT} or (
        worst == Verdict.VIOLATION and not excess
    )
    return Line(
        field=field_of(tried.cell),
        name=cell_name(tried.cell),
        before=tried.before,
        price=tried.price,
        limit=tried.highest,
        state=_STATES[worst],
        word=words[worst],
        article=articles.get(setting or "", ""),
        why=speaking.reason if needs_words and speaking is not None else "",
        members=members,
    )


def _wholes(trial: Trial, clauses: Sequence[Mapping[str, Any]], on: date) -> Iterable[Whole]:
    """Every commitment with its worst verdict, in the convention's order."""
    for clause in clauses:
        mine = [
            one
            for one in trial.findings
            if one.commitment == clause["id"]
            and (one.grid == trial.grid or (one.grid is None and (one.to_on is None or one.to_on >= on)))
        ]
        worst = min((one.verdict for one in mine), key=_ORDER.index, default=Verdict.NOT_APPLICABLE)
        speaking = [one for one in mine if one.verdict == worst]
        cells = {one.cell for one in speaking if isinstance(one.cell, CellId) and one.grid == trial.grid}
        yield Whole(
            by_price=bool(cells),
            state=_STATES[worst],
            word={Verdict.LEGAL_ALERT: "Alerte légale", Verdict.NOT_APPLICABLE: "Sans objet"}.get(worst),
            title=title(clause),
            article=str(clause["article"]),
            why=_by_price(len(cells), len(trial.cells))
            if len(cells) > 1
            else speaking[0].reason
            if speaking
            else "",
        )


def _by_price(cells: int, every: int) -> str:
    return f"Les {every} prix de la grille." if cells == every else f"{cells} prix sur {every}."
