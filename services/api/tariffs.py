"""Tariffs: grids notified under a convention, what the check finds before, and what it found broken after."""

from typing import Any

import msgspec
from flask import url_for
from flask.views import MethodView

from domain.tariffs.assess import finding_to_json, summary
from domain.tenancy import Owner, Tenant
from projections.compliance import queries as compliance
from projections.compliance.queries import BreachRow
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.tariffs import queries as tariff_view
from projections.tariffs.queries import GridRow
from services.access import READERS, accord_of, allow
from services.api.answers import command_ask, judged, page_of_all, read, recorded, tagged
from services.api.blueprint import Resources
from services.asking import API, asked, parts
from services.commands import tariffs
from services.commands.dry_run import dry_run
from services.commands.perform import NotFoundError
from services.commands.tariffs import NotifyGrid
from services.schemas.answers import PageGiven, ReceiptAnswer, page_of
from services.schemas.tariffs import BreachAnswer, DryRunAnswer, GridAnswer, GridGiven, GridsGiven

blueprint = Resources("tariffs", __name__, prefix=API, about="Tariff grids and the commitments they keep")

_CONVENTION = "/communes/<commune:code>/accords/<siren:siren>/conventions/<key:convention>"


@blueprint.route(f"{_CONVENTION}/grids")
class Grids(MethodView):
    """The grids of a convention."""

    @allow(*READERS)
    @blueprint.arguments(GridsGiven, location="query")
    @blueprint.response(200, page_of(GridAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """The grids notified under a convention, the latest effective first; with `cells=1` their cells too

        The entity tag is what If-Match expects when another grid is notified.
        """
        tenant, owner = accord_of(code, siren)

        def query(reader: Reader) -> list[GridRow]:
            _demand_convention(reader, tenant, owner, convention)
            return tariff_view.grids(reader, tenant, [owner], convention)

        rows = read(query, "tariffs", "oversight")
        tagged(max((row.version for row in rows), default=0))
        page = page_of_all(rows, given, lambda row: row.id)
        return {**page, "items": [_grid(row, cells=given["cells"]) for row in page["items"]]}

    @allow("insurer")
    @blueprint.arguments(GridGiven)
    @blueprint.response(201, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Notify a grid to the town

        Refused while the convention is not confirmed. What it breaks is found within a moment: see the breaches.
        """
        tenant, owner = accord_of(code, siren)
        command = NotifyGrid(convention=convention, **given)
        receipt = tariffs.notify(parts().ledger, tenant, owner, command, command_ask())
        href = url_for(".GridById", code=code, siren=siren, convention=convention, grid=command.id)
        return recorded(receipt, command.id, href, made=True)


@blueprint.route(f"{_CONVENTION}/grids/<key:grid>")
class GridById(MethodView):
    """One grid."""

    @allow(*READERS)
    @blueprint.response(200, GridAnswer)
    def get(self, code: str, siren: str, convention: str, grid: str) -> dict[str, Any]:
        """One notified grid, with its cells"""
        tenant, owner = accord_of(code, siren)
        row = read(lambda reader: tariff_view.grid(reader, tenant, owner, convention, grid), "tariffs")
        if row is None:
            raise NotFoundError(grid)
        tagged(row.version)
        return _grid(row, cells=True)


@blueprint.route(f"{_CONVENTION}/grids/dry-run")
class DryRun(MethodView):
    """What a grid would break."""

    @allow("insurer")
    @blueprint.arguments(GridGiven)
    @blueprint.response(200, DryRunAnswer)
    def post(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """Check a grid against the convention before notifying it; nothing is recorded"""
        tenant, owner = accord_of(code, siren)
        command = NotifyGrid(convention=convention, **given)
        trial = dry_run(parts().ledger, tenant, owner, command, asked())
        return {
            "findings": [finding_to_json(finding) for finding in trial.findings],
            "summary": summary(trial.findings),
            "cells": [{**msgspec.structs.asdict(cell), "cell": cell.cell._asdict()} for cell in trial.cells],
            "earliest": trial.earliest,
            "day_lawful": not trial.notice_broken,
        }


@blueprint.route(f"{_CONVENTION}/breaches")
class Breaches(MethodView):
    """The broken commitments of a convention."""

    @allow(*READERS)
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(BreachAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """The commitments that a grid breaks, cell by cell, the largest excess first"""
        tenant, owner = accord_of(code, siren)

        def query(reader: Reader) -> tuple[list[BreachRow], int]:
            _demand_convention(reader, tenant, owner, convention)
            newest = tariff_view.last_grid_position(reader, tenant, [owner])
            return compliance.breaches(reader, tenant, [owner], convention), newest

        rows, newest = read(query, "compliance", "tariffs", "oversight")
        judged(newest)
        return page_of_all(rows, given, lambda row: row.id)


def _demand_convention(reader: Reader, tenant: Tenant, owner: Owner, convention: str) -> None:
    """Raises NotFoundError unless the convention is there for whoever reads."""
    if oversight.convention(reader, tenant, owner, convention) is None:
        raise NotFoundError(convention)


def _grid(row: GridRow, *, cells: bool) -> dict[str, Any]:
    # The document is read by its digest, from a row that row-level security has let through.
    shown = {**msgspec.structs.asdict(row), "cell_count": row.cells, "cells": None}
    return {**shown, **msgspec.json.decode(parts().ledger.documents.get(row.document))} if cells else shown
