"""A case as a page: what was promised, what happened cell by cell, the evidence, and who must act by when.

The town, its insurer and those who only look on read the same facts; what each may do is said by `moves`.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

import msgspec

from domain.tariffs.assess import CellId
from domain.tariffs.case import Move, Side, moves
from domain.tariffs.evidence import CaseCell
from domain.tenancy import siren_of
from projections.compliance import case_queries
from projections.compliance import queries as compliance
from projections.compliance.case_queries import CaseRow, StepRow
from projections.compliance.queries import BreachRow
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow, DocumentRow, FiguresRow
from projections.tariffs import queries as tariff_view
from projections.tariffs.queries import ExemptionRow, GridRow
from services.commands.perform import NotFoundError
from services.web.case_moments import Moment, moments
from services.web.case_sums import formula, why
from services.web.case_words import badge, headline, step_words
from services.web.charts import Measure, measure
from services.web.figures import cents, figure, share, subject
from services.web.grids import cells_of, same_person
from services.web.standing import slots
from services.web.typography import count, day, eur, fr, rise

MOST_DOCUMENTS: Final = 500
"""Of how many documents of a drawer a page knows the names."""


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that a case is told from; all of one drawer."""

    case: CaseRow
    steps: Sequence[StepRow]
    convention: ConventionRow
    grids: Sequence[GridRow]
    breach: BreachRow | None
    figures: FiguresRow | None
    exemption: ExemptionRow | None
    documents: Sequence[DocumentRow]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A dated fact of the evidence with its entry in the ledger; `tone` is a state, None for what is neutral.

    `grid` and `documents` (SHA-256) are what can be opened.
    """

    on: date | datetime
    entry: int | None
    words: str
    tone: str | None = None
    grid: str | None = None
    documents: Sequence[str] = ()


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """What one side wrote, or that it said nothing: a step of the case in words."""

    on: datetime
    entry: int
    words: str
    then: str
    text: str | None
    tone: str | None
    documents: Sequence[str]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A broken cell, written out; None where the rule has no such figure."""

    name: str
    anchor: str | None
    before: str | None
    limit: str | None
    observed: str | None
    excess: str | None
    share: str | None


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is shown of a case. `reason` is the check's own sentence for the gravest cell."""

    case: CaseRow
    insurer: str
    siren: str
    fictitious: bool
    convention: ConventionRow
    tone: str
    word: str
    headline: str
    lead: str
    origin: str
    cell: str
    picture: Measure | None
    why: Sequence[str]
    reason: str
    formula: str | None
    lines: Sequence[Line]
    money: bool
    applied: bool
    members: str
    motive: Spoken | None
    said: Sequence[Spoken]
    facts: Sequence[Fact]
    moments: Sequence[Moment]
    exemption: ExemptionRow | None
    names: dict[str, str]
    assess_version: int

    def moves(self, side: Side) -> tuple[Move, ...]:
        """What a side may do now."""
        return moves(self.case.state, side)

    def waits_for_explanation(self, today: date) -> bool:
        """Whether the insurer's first days to explain still run: nobody ends a convention in them."""
        return self.case.state == "detected" and self.case.due_on is not None and today <= self.case.due_on


def read_case(reader: Reader, tenant: str, owners: Sequence[str], identity: str) -> Material:
    """What a case is told from. Raises NotFoundError."""
    case = case_queries.case(reader, tenant, owners, identity)
    if case is None:
        raise NotFoundError(identity)
    owner, worst = case.owner, case.cells[0]["breach"] if case.cells else None
    steps = reader.later(lambda reader: case_queries.steps(reader, tenant, [owner], identity))
    grids = reader.later(lambda reader: tariff_view.grids(reader, tenant, [owner], case.convention))
    figures = reader.later(lambda reader: oversight.figures(reader, tenant, [owner]))
    breach = reader.later(lambda reader: compliance.breach(reader, tenant, [owner], worst) if worst else None)
    exemption = reader.later(
        lambda reader: (
            tariff_view.exemption(reader, tenant, owner, case.convention, case.exemption)
            if case.exemption
            else None
        )
    )
    documents = reader.later(lambda reader: oversight.documents(reader, tenant, owner, limit=MOST_DOCUMENTS))
    convention = oversight.convention(reader, tenant, owner, case.convention, as_of=case.from_on)
    if convention is None:
        raise NotFoundError(identity)
    return Material(
        case=case,
        steps=steps.found,
        convention=convention,
        grids=grids.found,
        breach=breach.found,
        figures=figures.found[-1] if figures.found else None,
        exemption=exemption.found,
        documents=documents.found,
    )


def case_file(found: Material, today: date) -> CaseFile:
    """The case as it stands today."""
    case, convention = found.case, found.convention
    cells = [msgspec.convert(cell, CaseCell) for cell in case.cells]
    commitment = next((each for each in convention.terms.commitments if each.id == case.commitment), None)
    gravest = cells[0] if cells else None
    prices = _prices(found, gravest)
    applied = case.from_on <= today
    tone, word = badge(case)
    insurer = convention.insurer_name
    return CaseFile(
        case=case,
        insurer=insurer,
        siren=siren_of(case.owner),
        fictitious=convention.fictitious and "(ficti" not in insurer,
        convention=convention,
        tone=tone,
        word=word,
        headline=headline(case, commitment),
        lead=_lead(found, gravest, applied=applied, today=today),
        origin=_origin(convention),
        cell=subject(gravest) if gravest else "",
        picture=_picture(case, gravest, applied=applied),
        why=why(case, convention, commitment, prices),
        reason=found.breach.reason if found.breach else "",
        formula=formula(gravest, commitment),
        lines=[_line(cell, case.unit) for cell in cells],
        money=case.unit == "euros" and case.rule != "NO_FEE",
        applied=applied,
        members=_members(found.figures),
        motive=_motive(found),
        said=[_spoken(step, insurer, case.unit) for step in found.steps],
        facts=_facts(found, prices),
        moments=moments(case, found.steps, convention, insurer, today),
        exemption=found.exemption,
        names={row.sha256: row.name for row in found.documents},
        assess_version=max((grid.assess_version for grid in found.grids), default=1),
    )


def _lead(found: Material, gravest: CaseCell | None, *, applied: bool, today: date) -> str:
    case, insurer = found.case, found.convention.insurer_name
    verb = "applique" if applied else "annonce"
    when = f"{'depuis le' if applied else 'à partir du'} {day(case.from_on)}"
    ending = "" if applied else " Ce prix n’est pas encore appliqué : l’organisme peut le corriger d’ici là."
    if case.state == "corrected":
        return (
            f"{insurer} a corrigé le {day(case.corrected_on or today)} : plus rien ne dépasse cet engagement."
        )
    if gravest is None:
        return f"{insurer} ne tient pas cet engagement {when}."
    if case.unit == "euros" and gravest.observed and gravest.limit:
        price, limit = figure(gravest.observed, "euros"), figure(gravest.limit, "euros")
        name = subject(gravest)
        if case.rule == "NO_FEE":
            return f"{insurer} demande {price} à l’adhésion, que la convention exclut."
        return f"{insurer} {verb} {price} par mois {when} pour : {name}. L’engagement permet {limit} au plus.{ending}"
    return (found.breach.reason if found.breach else "") + ending


def _origin(convention: ConventionRow) -> str:
    vote = convention.council_vote
    said = f"Convention signée le {day(convention.signed_on)}"
    if vote is not None:
        said += f", votée le {day(vote.voted_on)}" if vote.voted_on else ""
        said += f" ({vote.number})"
    return said


def _picture(case: CaseRow, cell: CaseCell | None, *, applied: bool) -> Measure | None:
    if cell is None or case.unit != "euros" or not (cell.limit and cell.observed) or case.rule == "NO_FEE":
        return None
    limit, observed = cents(cell.limit), cents(cell.observed)
    if observed <= limit:
        return None  # a rise that is too small for a uniform one: there is nothing above the limit to draw
    start = cents(cell.anchor) if cell.anchor else limit
    before = cents(cell.before) if cell.before else None
    return measure(min(start, limit), limit, observed, before, applied=applied)


def _prices(found: Material, cell: CaseCell | None) -> list[tuple[GridRow, int]]:
    """The grids that led to the gravest price, with what they asked of the same people, the earliest first."""
    if cell is None or cell.cell is None or cell.cell.formula is None or found.case.grid is None:
        return []
    key = cell.cell
    if key.age_from is None:
        return []
    person = CellId(
        key.formula or "", key.category or "general", key.role or "adult", key.age_from, key.age_to
    )
    broken = found.breach.grid if found.breach and found.breach.grid else found.case.grid
    every = slots(found.grids)
    last = next((slot for slot in every if slot.grid.id == broken), None)
    if last is None:
        return []
    corrected = {grid.corrects for grid in found.grids}
    return [
        (slot.grid, price)
        for slot in every
        if slot.grid.id == broken
        or (
            (slot.first, slot.grid.position) < (last.first, last.grid.position)
            and slot.grid.id not in corrected
        )
        if (price := same_person(cells_of(slot.grid), person)) is not None
    ]


def _line(cell: CaseCell, unit: str) -> Line:
    return Line(
        name=subject(cell),
        anchor=figure(cell.anchor, unit),
        before=figure(cell.before, unit),
        limit=figure(cell.limit, unit),
        observed=figure(cell.observed, unit),
        excess=figure(cell.excess, unit),
        share=share(cell),
    )


def _members(figures: FiguresRow | None) -> str:
    """The town's published count. The number by price is never said: it would tell on few people."""
    if figures is None:
        return "Nombre d’adhérents non communiqué : aucun mois n’est encore publié."
    if figures.members is None:
        return f"Nombre d’adhérents non diffusé au {day(figures.on_day)} : moins de 11 personnes."
    told = count(figures.members, "adhérent")
    when = day(figures.on_day)
    return f"{told} dans la commune au {when}, tous prix confondus : le nombre par prix n’est pas diffusé."


def _spoken(step: StepRow, insurer: str, unit: str) -> Spoken:
    told = step_words(step, insurer, unit)
    return Spoken(
        on=step.recorded_at, entry=step.position, words=told.words, then=told.then, text=step.text, tone=told.tone,
        documents=step.documents,
    )  # fmt: skip


def _motive(found: Material) -> Spoken | None:
    """What the insurer wrote with the grid, before anybody asked."""
    grid = next((each for each in found.grids if each.id == found.case.grid), None)
    if grid is None or not grid.reason:
        return None
    words = f"Motif de {found.convention.insurer_name}, notifié avec la grille « {grid.id} »"
    return Spoken(
        on=grid.recorded_at, entry=grid.position, words=words, then="", text=grid.reason, tone=None, documents=(),
    )  # fmt: skip


def _facts(found: Material, prices: Sequence[tuple[GridRow, int]]) -> list[Fact]:
    """The newest first: the breach, the grids that led to it, the convention."""
    case, convention = found.case, found.convention
    facts = [
        Fact(on=case.opened_at, entry=case.position, words="Rupture constatée par le calcul", tone="broken")
    ]
    lines: list[Fact] = []
    before: int | None = None
    for grid, price in prices:
        change = f", {rise(before, price)}" if before is not None else ""
        is_broken = grid is prices[-1][0]
        what = (
            f"Grille « {grid.id} » notifiée par {convention.insurer_name}, effet le {day(grid.effective_on)}"
        )
        lines.append(
            Fact(
                on=grid.recorded_at,
                entry=grid.position,
                words=f"{what} : {eur(price)}{change}",
                tone="broken" if is_broken else None,
                grid=grid.id,
                documents=[grid.justification] if grid.justification else [],
            )
        )
        before = price
    facts += reversed(lines)
    if not lines and case.grid is not None:
        facts += [
            Fact(
                on=grid.recorded_at, entry=grid.position, grid=grid.id, tone="broken",
                words=f"Grille « {grid.id} » notifiée par {convention.insurer_name}, effet le {day(grid.effective_on)}",
                documents=[grid.justification] if grid.justification else [],
            )
            for grid in found.grids if grid.id == case.grid
        ]  # fmt: skip
    if convention.confirmed_at is not None:
        who = "l’exploitant, sur pièces" if convention.confirmed_by == "operator" else "la ville"
        facts.append(
            Fact(on=convention.confirmed_at, entry=None, words=fr(f"Convention confirmée par {who}"))
        )
    facts.append(
        Fact(
            on=convention.signed_on,
            entry=convention.position,
            words=f"Convention signée avec {convention.insurer_name}",
            documents=[convention.document] if convention.document else [],
        )
    )
    return facts
