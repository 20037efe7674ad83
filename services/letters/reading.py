"""What the views say of a case, gathered as the facts of a letter."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import msgspec

from domain.tariffs.evidence import CaseCell
from infra.clock import PARIS
from projections.compliance import case_queries
from projections.compliance import queries as compliance
from projections.compliance.case_queries import CaseRow, StepRow
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow
from projections.tariffs import queries as tariffs
from projections.tariffs.queries import GridRow
from services.letters.facts import Breach, BrokenPrice, Case, Promised, Proof
from services.web.charts import Measure, measure
from services.web.figures import cents, figure, share, subject
from services.web.typography import day, instant, number

LISTED: Final = 12
"""Prices that the letter lists; the case holds them all."""

_WORDS: Final[Mapping[str, str]] = {
    "opened": "Rupture de l'engagement constatée",
    "revised": "Rupture constatée de nouveau, autrement",
    "reopened": "Rupture de nouveau constatée",
    "corrected": "Engagement de nouveau tenu",
    "explained": "Explication de l'organisme",
    "disputed": "Contestation de la ville",
    "accepted": "Acceptation de la ville",
    "formal_notice_sent": "Mise en demeure envoyée",
    "notice_given": "Convention résiliée",
    "fell_due": "Délai passé sans réponse",
}


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A case of a town with its convention, its grids and what happened in it."""

    row: CaseRow
    convention: ConventionRow
    grids: Sequence[GridRow]
    grid: str | None
    steps: Sequence[StepRow]


def find(reader: Reader, tenant: str, owners: Sequence[str], identity: str) -> Found | None:
    """A case that lies in one of these drawers."""
    row = case_queries.case(reader, tenant, owners, identity)
    if row is None:
        return None
    convention = oversight.convention(reader, tenant, row.owner, row.convention)
    if convention is None:
        return None
    cells = _cells(row)
    breach = compliance.breach(reader, tenant, [row.owner], cells[0].breach) if cells else None
    return Found(
        row=row,
        convention=convention,
        grids=[
            grid for grid in tariffs.grids(reader, tenant, [row.owner]) if grid.convention == row.convention
        ],
        grid=breach.grid if breach is not None else row.grid,
        steps=case_queries.steps(reader, tenant, [row.owner], identity),
    )


def facts(found: Found, town: str, sent_on: date, today: date) -> Case:
    """The facts of a letter sent on a day; by when to cure follows from the convention."""
    row, convention = found.row, found.convention
    cells = _cells(row)
    grid = next((each for each in found.grids if each.id == found.grid), None)
    said = {step.step: step for step in found.steps}
    applied = row.from_on <= today
    return Case(
        key=row.id,
        town=town,
        insurer=convention.insurer_name,
        fictitious=convention.fictitious,
        promised=Promised(
            article=row.article or "Engagement tarifaire",
            wording=row.wording,
            signed_on=convention.signed_on,
            council_vote=convention.council_vote.number if convention.council_vote else None,
            termination_article=convention.termination.article if convention.termination else None,
            termination_wording=convention.termination.wording if convention.termination else None,
            notice_months=convention.notice_months,
        ),
        breach=Breach(
            grid=grid.id if grid else None,
            notified_on=grid.notified_on if grid else None,
            from_on=row.from_on,
            applied=applied,
            detected_on=_civil(said["opened"]) if "opened" in said else today,
            explained_on=_civil(said["explained"]) if "explained" in said else None,
            disputed_on=_civil(said["disputed"]) if "disputed" in said else None,
            silent=any(
                step.step == "fell_due" and step.facts.get("clock") == "explanation" for step in found.steps
            ),
            prices=[_price(cell, row.unit) for cell in cells[:LISTED]],
            over=max(0, len(cells) - LISTED),
            picture=_picture(cells[0], row.unit, applied=applied) if cells else None,
            proofs=list(_proofs(found, grid)),
        ),
        sent_on=sent_on,
        cure_by=sent_on + timedelta(days=convention.clocks.cure_days),
        cure_days=convention.clocks.cure_days,
    )


def _cells(row: CaseRow) -> list[CaseCell]:
    return msgspec.convert(row.cells, list[CaseCell])


def _price(cell: CaseCell, unit: str) -> BrokenPrice:
    return BrokenPrice(
        subject=subject(cell),
        before=figure(cell.before, unit),
        limit=figure(cell.limit, unit),
        announced=figure(cell.observed, unit),
        excess=figure(cell.excess, unit),
        percent=share(cell),
    )


def _picture(cell: CaseCell, unit: str, *, applied: bool) -> Measure | None:
    """The drawing of a price; None where the rule judges something else, or knows no price to start from."""
    start = cell.anchor or cell.before
    if unit != "euros" or start is None or cell.limit is None or cell.observed is None:
        return None
    before = cents(cell.before) if cell.before else None
    return measure(cents(start), cents(cell.limit), cents(cell.observed), before, applied=applied)


def _proofs(found: Found, broken: GridRow | None) -> Iterator[Proof]:
    """The convention, the grids up to the one in question, and every step of the case, in order."""
    convention = found.convention
    yield Proof(
        on=day(convention.signed_on),
        words=f"Convention signée avec {convention.insurer_name}",
        entry=number(convention.position),
    )
    last = broken.position if broken else 0
    for grid in sorted(found.grids, key=lambda each: each.position):
        if grid.position <= last:
            yield Proof(
                on=instant(grid.recorded_at),
                words=f"Grille « {grid.id} » notifiée, effet le {day(grid.effective_on)}",
                entry=number(grid.position),
            )
    for step in found.steps:
        yield Proof(
            on=instant(step.recorded_at),
            words=_WORDS.get(step.step, step.step),
            entry=number(step.position),
        )


def _civil(step: StepRow) -> date:
    return step.recorded_at.astimezone(PARIS).date()
