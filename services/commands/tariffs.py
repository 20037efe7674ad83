"""Commands of tariffs: a grid is notified to a town, and what it breaks is recorded by the judge.

The dry run that the insurer sees and the findings whose digest the event keeps come from the same function.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from domain.money import format_euros
from domain.partnerships.convention import Convention, checked
from domain.refusal import Refused
from domain.tariffs.assess import (
    ASSESS_VERSION,
    BROKEN,
    VERSIONS,
    Finding,
    ScenarioError,
    finding_to_json,
    findings_digest,
    read_cells,
    read_scenario,
)
from domain.tariffs.breach import Breach, BrokenCell, breach_key
from domain.tariffs.grid import Cells, demand_well_formed, from_document, to_document
from domain.tariffs.tariff import NotifiedGrid, Tariff
from domain.tenancy import Owner, Tenant, split, stream
from infra.ledger import Ledger, Receipt
from services.commands.partnerships import convention_stream
from services.commands.perform import Ask, Decision, demand, load, perform


class GivenCell(msgspec.Struct, frozen=True, kw_only=True):
    """A cell as it comes in; `monthly` is a string in euros with two decimals."""

    formula: str
    category: str = "general"
    role: str = "adult"
    age_from: int
    age_to: int | None = None
    monthly: str


class NotifyGrid(msgspec.Struct, frozen=True, kw_only=True):
    """A grid told to the town of a convention. `id` is the insurer's name for it; `notified_on` is today by default."""

    convention: str
    id: str
    effective_on: date
    notified_on: date | None = None
    justified: bool = False
    cells: tuple[GivenCell, ...]


class RecordBreaches(msgspec.Struct, frozen=True, kw_only=True):
    """What the judge asks for: the breaches of one notified grid."""

    convention: str
    grid: str
    grid_position: int


def tariff_stream(tenant: Tenant, owner: Owner, convention: str) -> str:
    """The stream of a convention's tariff."""
    return stream(tenant, owner, Tariff.kind, convention)


def notify(ledger: Ledger, tenant: Tenant, owner: Owner, command: NotifyGrid, ask: Ask) -> Receipt | None:
    """Notify a grid. Refused while the convention is not confirmed, or for a wrong grid. Raises as `perform`."""

    def decide() -> Decision:
        convention = load(ledger, Convention, convention_stream(tenant, owner, command.convention))
        convention.demand_confirmed()
        cells = given_cells(command.cells)
        name = tariff_stream(tenant, owner, command.convention)
        tariff = ledger.find(Tariff, name)
        if tariff is not None:
            demand(tariff, ask)
        document = to_document(cells)
        digest = ledger.documents.remember(document)
        notified_on = command.notified_on or ask.today
        candidate = NotifiedGrid(
            command.id, digest, command.effective_on, notified_on, command.justified, ask.now
        )
        known = [grid for grid in (tariff.grids if tariff else []) if grid.grid != command.id]
        findings = judge(ledger, convention, [*known, candidate])
        tariff = Tariff.notify(
            tariff,
            name,
            grid=command.id,
            document=digest,
            cells=len(cells),
            effective_on=command.effective_on,
            notified_on=notified_on,
            today=ask.today,
            justified=command.justified,
            corrects=None,
            assess_version=ASSESS_VERSION,
            findings=findings_digest(findings),
        )
        ledger.documents.put(document)  # what is refused leaves nothing
        return Decision([tariff])

    return perform(ledger, tenant, owner, command, ask, decide)


def record_breaches(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: RecordBreaches, ask: Ask
) -> Receipt | None:
    """Judge a convention's tariff as it was when a grid was notified, and record the grid's breaches, each once."""

    def decide() -> Decision:
        convention = load(ledger, Convention, convention_stream(tenant, owner, command.convention))
        tariff = load(ledger, Tariff, tariff_stream(tenant, owner, command.convention))
        clauses = {commitment.id: commitment for commitment in convention.commitments}
        breaches = []
        for finding in judge(ledger, convention, tariff.grids):
            if finding.grid != command.grid or finding.verdict not in BROKEN:
                continue
            cell = BrokenCell(**finding.cell._asdict()) if finding.cell else None
            key = breach_key(command.convention, finding.commitment, command.grid, cell, finding.from_on)
            name = stream(tenant, owner, Breach.kind, key)
            if ledger.find(Breach, name) is not None:
                continue
            clause, written = clauses[finding.commitment], finding_to_json(finding)
            breaches.append(
                Breach.detect(
                    name,
                    convention=command.convention,
                    commitment=finding.commitment,
                    article=clause.article,
                    wording=clause.wording,
                    rule=finding.rule,
                    grid=command.grid,
                    cell=cell,
                    verdict=finding.verdict,
                    from_on=finding.from_on,
                    to_on=finding.to_on,
                    unit="euros",  # every rule known today limits a price
                    **{name: written[name] for name in ("anchor", "limit", "observed", "excess")},
                    reason=finding.reason,
                    assess_version=ASSESS_VERSION,
                    grid_position=command.grid_position,
                )
            )
        return Decision(breaches)

    return perform(ledger, tenant, owner, command, ask, decide)


def judge(
    ledger: Ledger,
    convention: Convention,
    grids: Sequence[NotifiedGrid],
    *,
    as_known_at: datetime | None = None,
    version: int = ASSESS_VERSION,
) -> tuple[Finding, ...]:
    """What `assess` finds for a convention and its grids, through the same scenario a person can check offline."""
    return VERSIONS[version](read_scenario(scenario(ledger, convention, grids, as_known_at=as_known_at)))


def scenario(
    ledger: Ledger,
    convention: Convention,
    grids: Sequence[NotifiedGrid],
    *,
    as_known_at: datetime | None = None,
) -> dict[str, object]:
    """The scenario file of a convention and its grids."""
    return {
        "convention": {
            "id": split(convention.id).key,
            "signed_on": convention.signed_on.isoformat(),
            "starts_on": convention.starts_on.isoformat(),
            "ends_on": convention.ends_on.isoformat(),
            "fees": format_euros(convention.fees),
            "waiting_period_days": convention.waiting_period_days,
            "commitments": [checked(commitment) for commitment in convention.commitments],
        },
        "grids": [
            {
                "id": grid.grid,
                "effective_on": grid.effective_on.isoformat(),
                "notified_on": grid.notified_on.isoformat(),
                "recorded_at": grid.recorded_at.isoformat(),
                "justified": grid.justified,
                "cells": msgspec.json.decode(ledger.documents.get(grid.document))["cells"],
            }
            for grid in grids
        ],
        **({"as_known_at": as_known_at.isoformat()} if as_known_at else {}),
    }


def given_cells(given: Sequence[GivenCell]) -> Cells:
    """The cells of a grid as it comes in. Refused with the path of what is wrong."""
    try:
        cells = read_cells([msgspec.structs.asdict(cell) for cell in given])
    except ScenarioError as wrong:
        path = "$.cells" + wrong.path.removeprefix("$")
        raise Refused("cell-wrong", f"Expected {wrong.expected}, found {wrong.found}.", path=path) from None
    demand_well_formed(cells)
    return cells


def cells_of(ledger: Ledger, grid: NotifiedGrid) -> Cells:
    """The cells of a notified grid."""
    return from_document(ledger.documents.get(grid.document))
