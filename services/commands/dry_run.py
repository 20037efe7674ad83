"""What the tariff check would find if a grid were notified now: for the insurer, before the town is told.

The same `judge` as at notifying and afterwards. Nothing is recorded, the grid's document neither.
"""

from typing import cast

import msgspec

from domain.partnerships.convention import Convention
from domain.tariffs.assess import ASSESS_VERSION, VERSIONS, Finding, read_scenario
from domain.tariffs.grid import Cells, to_document
from domain.tariffs.tariff import Tariff
from domain.tenancy import Owner, Tenant
from infra.ledger import Ledger
from services.commands.partnerships import convention_stream
from services.commands.perform import Ask, load
from services.commands.tariffs import NotifyGrid, given_cells, scenario, tariff_stream


def dry_run(
    ledger: Ledger, tenant: Tenant, owner: Owner, command: NotifyGrid, ask: Ask
) -> tuple[Finding, ...]:
    """The findings of a convention's grids with this one among them, in the order of the report.

    A convention that waits for the town may be tried too. Raises NotFoundError, Refused for a grid that is not one.
    """
    convention = load(ledger, Convention, convention_stream(tenant, owner, command.convention))
    cells = given_cells(command.cells)
    tariff = ledger.find(Tariff, tariff_stream(tenant, owner, command.convention))
    known = [grid for grid in (tariff.grids if tariff else []) if grid.grid != command.id]
    tried = scenario(ledger, convention, known)
    tried["grids"] = [*cast("list[object]", tried["grids"]), _candidate(command, cells, ask)]
    return VERSIONS[ASSESS_VERSION](read_scenario(tried))


def _candidate(command: NotifyGrid, cells: Cells, ask: Ask) -> dict[str, object]:
    return {
        "id": command.id,
        "effective_on": command.effective_on.isoformat(),
        "notified_on": (command.notified_on or ask.today).isoformat(),
        "recorded_at": ask.now.isoformat(),
        "justified": command.justified,
        "cells": msgspec.json.decode(to_document(cells))["cells"],
    }
