"""Prepared grids of an insurer, and a grid tried on or notified to many towns at once."""

from typing import Any

import msgspec
from flask import url_for
from flask.views import MethodView

from domain.tariffs.assess import BROKEN, finding_to_json, summary
from domain.tariffs.prepared import Target
from domain.tenancy import Owner, Tenant
from projections.tariffs import queries as tariffs
from projections.tariffs.queries import PreparedGridRow
from services.access import allow, own_drawer
from services.api.answers import command_ask, page_of_all, read, recorded, tagged
from services.api.blueprint import Resources
from services.asking import API, asked, parts
from services.commands import prepared
from services.commands.dry_run import TownTrial, dry_run_many
from services.commands.perform import NotFoundError
from services.commands.prepared import DiscardPreparedGrid, SavePreparedGrid
from services.commands.tariffs import NotifyToTowns, TownResult, expanded, notify_many
from services.problems import problem_of
from services.schemas.answers import PageGiven, ReceiptAnswer, page_of
from services.schemas.faults import Fault, InvalidInputError
from services.schemas.prepared import PreparedGridAnswer, PreparedGridGiven
from services.schemas.tariffs import MOST_AT_ONCE, DryRunsAnswer, GridToTownsGiven, NotificationsAnswer

blueprint = Resources("prepared", __name__, prefix=API, about="Grids in preparation, and many towns at once")

_OWN = "/insurers/<siren:siren>"


@blueprint.route(f"{_OWN}/prepared-grids")
class PreparedGrids(MethodView):
    """The grids that an insurer prepares."""

    @allow("insurer")
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(PreparedGridAnswer))
    def get(self, given: dict[str, Any], siren: str) -> dict[str, Any]:
        """The grids in preparation, the last saved first, without their cells"""
        _, owner = _own(siren)
        rows = read(lambda reader: tariffs.prepared_grids(reader, owner), "tariffs")
        page = page_of_all(rows, given, lambda row: row.id)
        return {**page, "items": [_shown(row) for row in page["items"]]}


@blueprint.route(f"{_OWN}/prepared-grids/<key:prepared>")
class PreparedGridById(MethodView):
    """One grid in preparation."""

    @allow("insurer")
    @blueprint.response(200, PreparedGridAnswer)
    def get(self, siren: str, prepared: str) -> dict[str, Any]:
        """One grid in preparation, with its cells"""
        _, owner = _own(siren)
        row = read(lambda reader: tariffs.prepared_grid(reader, owner, prepared), "tariffs")
        if row is None:
            raise NotFoundError(prepared)
        tagged(row.version)
        # The document is read by its digest, from a row that row-level security has let through.
        return {**_shown(row), **msgspec.json.decode(parts().ledger.documents.get(row.document))}

    @allow("insurer")
    @blueprint.arguments(PreparedGridGiven)
    @blueprint.response(200, ReceiptAnswer)
    def put(self, given: dict[str, Any], siren: str, prepared: str) -> tuple[dict[str, Any], int]:
        """Save a grid in preparation, whole; a new id makes one. No town is told"""
        tenant, owner = _own(siren)
        receipt = _save(tenant, owner, SavePreparedGrid(id=prepared, **given))
        return recorded(receipt, prepared, url_for(".PreparedGridById", siren=siren, prepared=prepared))

    @allow("insurer")
    @blueprint.response(200, ReceiptAnswer)
    def delete(self, siren: str, prepared: str) -> tuple[dict[str, Any], int]:
        """Give a grid in preparation up; what was notified of it stays notified"""
        tenant, owner = _own(siren)
        receipt = _discard(tenant, owner, DiscardPreparedGrid(id=prepared))
        return recorded(receipt, prepared, url_for(".PreparedGrids", siren=siren))


@blueprint.route(f"{_OWN}/dry-runs")
class DryRuns(MethodView):
    """What a grid would break in many towns."""

    @allow("insurer")
    @blueprint.arguments(GridToTownsGiven)
    @blueprint.response(200, DryRunsAnswer)
    def post(self, given: dict[str, Any], siren: str) -> dict[str, Any]:
        """Check a grid, given or prepared, against the conventions of up to 250 towns; nothing is recorded"""
        _, owner = _own(siren)
        command = _few(owner, NotifyToTowns(**given))
        return {"items": [_tried(one) for one in dry_run_many(parts().ledger, owner, command, asked())]}


@blueprint.route(f"{_OWN}/notifications")
class Notifications(MethodView):
    """A grid told to many towns."""

    @allow("insurer")
    @blueprint.arguments(GridToTownsGiven)
    @blueprint.response(200, NotificationsAnswer)
    def post(self, given: dict[str, Any], siren: str) -> dict[str, Any]:
        """Notify a grid, given or prepared, to up to 250 towns, each with its own result

        A town that is refused leaves the others notified. Sent again with its Idempotency-Key it goes on where it was.
        """
        _, owner = _own(siren)
        command = _few(owner, NotifyToTowns(**given))
        results = notify_many(parts().ledger, owner, command, command_ask())
        grid = command.id or command.prepared or ""
        return {"items": [_notified(one, grid, siren) for one in results]}


def _own(siren: str) -> tuple[Tenant, Owner]:
    owner = own_drawer()
    if owner != f"insurer:{siren}":
        raise NotFoundError(siren)
    return Tenant(owner), owner


def _save(tenant: Tenant, owner: Owner, command: SavePreparedGrid) -> Any:
    return prepared.save_prepared(parts().ledger, tenant, owner, command, command_ask())


def _discard(tenant: Tenant, owner: Owner, command: DiscardPreparedGrid) -> Any:
    return prepared.discard_prepared(parts().ledger, tenant, owner, command, command_ask())


def _few(owner: Owner, command: NotifyToTowns) -> NotifyToTowns:
    """The command with its towns named. Raises InvalidInputError for none, too many, or one twice."""
    towns, _ = expanded(parts().ledger, owner, command)
    if not 0 < len(towns) <= MOST_AT_ONCE or len({town.commune for town in towns}) < len(towns):
        expected = f"a list of 1 to {MOST_AT_ONCE}, each commune once"
        raise InvalidInputError(Fault("$.towns", "Name the towns of this request.", expected))
    return msgspec.structs.replace(command, towns=towns)


def _shown(row: PreparedGridRow) -> dict[str, Any]:
    return {**msgspec.structs.asdict(row), "cell_count": row.cells, "cells": None}


def _notified(result: TownResult, grid: str, siren: str) -> dict[str, Any]:
    if result.error is not None:
        return _failed(result.town, result.error)
    town, receipt = result.town, result.receipt
    href = url_for("tariffs.GridById", code=town.commune, siren=siren, convention=town.convention, grid=grid)
    return {
        **_of(town),
        "status": 201 if receipt is not None else 200,
        "id": grid,
        "href": href,
        "position": receipt.last if receipt is not None else None,
    }


def _tried(trial: TownTrial) -> dict[str, Any]:
    if trial.error is not None:
        return _failed(trial.town, trial.error)
    broken = [one for one in trial.findings if one.grid == trial.grid and one.verdict in BROKEN]
    return {
        **_of(trial.town),
        "status": 200,
        "summary": summary([one for one in trial.findings if one.grid == trial.grid]),
        "broken": [finding_to_json(one) for one in broken],
    }


def _failed(town: Target, error: Exception) -> dict[str, Any]:
    problem = problem_of(error)
    said = {"code": problem.code, "title": problem.title, "detail": problem.detail}
    return {**_of(town), "status": problem.status, "problem": said}


def _of(town: Target) -> dict[str, Any]:
    return {"commune": town.commune, "convention": town.convention, "problem": None}
