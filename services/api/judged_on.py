"""What a tariff is judged on besides its grids: reference grids, headcounts, and all of it as one scenario file."""

from typing import Any, Final

import msgspec
from flask import request, url_for
from flask.views import MethodView

from domain.tenancy import Owner, Tenant
from projections.crm import queries as crm
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.tariffs import queries as tariffs
from projections.tariffs.queries import HeadcountRow, ReferenceGridRow
from services.access import READERS, accord_of, allow, own_drawer
from services.api.answers import command_ask, page_of_all, read, recorded, tagged
from services.api.blueprint import Resources
from services.asking import API, beside, parts, principal
from services.commands import headcounts, references
from services.commands.dossier import Period, load_dossier, scenarios
from services.commands.headcounts import CountMembers, TakeHeadcount
from services.commands.perform import NotFoundError
from services.commands.references import DepositReference
from services.schemas.answers import ReceiptAnswer, page_of
from services.schemas.indices import (
    HeadcountAnswer,
    HeadcountGiven,
    MembersCountAnswer,
    MembersCountGiven,
    ReferenceAnswer,
    ReferenceGiven,
    ScenarioAnswer,
    ScenarioAsked,
)
from services.schemas.tariffs import GridsGiven

blueprint = Resources("judged_on", __name__, prefix=API, about="What tariffs are judged on")

HEADCOUNTS_HEADER: Final = "Beffroi-Headcounts"
"""Says whether a scenario file holds the headcounts: `included`, or `withheld` from all but the insurer."""

TERMS_HEADER: Final = "Beffroi-Terms"
"""Says which file this is, of how many, and on which days its findings count."""

_CONVENTION = "/communes/<commune:code>/accords/<siren:siren>/conventions/<key:convention>"


@blueprint.route(f"{_CONVENTION}/reference-grids")
class ReferenceGrids(MethodView):
    """The insurer's own tariff, on which a discount is measured."""

    @allow(*READERS)
    @blueprint.arguments(GridsGiven, location="query")
    @blueprint.response(200, page_of(ReferenceAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """The reference grids of a convention, the latest valid first; with `cells=1` their cells too"""
        tenant, owner = accord_of(code, siren)

        def query(reader: Reader) -> list[ReferenceGridRow]:
            _demand_convention(reader, tenant, owner, convention)
            return tariffs.reference_grids(reader, tenant, [owner], convention)

        rows = read(query, "tariffs", "oversight")
        tagged(max((row.version for row in rows), default=0))
        page = page_of_all(rows, given, lambda row: row.id)
        return {**page, "items": [_with_cells(row, given["cells"]) for row in page["items"]]}

    @allow("insurer")
    @blueprint.arguments(ReferenceGiven)
    @blueprint.response(201, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Deposit a grid of the insurer's own product"""
        tenant, owner = accord_of(code, siren)
        command = DepositReference(convention=convention, **given)
        receipt = references.deposit_reference(parts().ledger, tenant, owner, command, command_ask())
        href = url_for(".ReferenceGrids", code=code, siren=siren, convention=convention)
        return recorded(receipt, command.id, href, made=True)


@blueprint.route(f"{_CONVENTION}/headcounts")
class Headcounts(MethodView):
    """How many members each cell holds: the insurer's alone."""

    @allow("insurer")
    @blueprint.arguments(GridsGiven, location="query")
    @blueprint.response(200, page_of(HeadcountAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """The headcounts of a convention, the latest first; with `cells=1` their counts too"""
        tenant, binding = accord_of(code, siren)
        owner = own_drawer()

        def query(reader: Reader) -> list[HeadcountRow]:
            _demand_convention(reader, tenant, binding, convention)
            return tariffs.headcounts(reader, tenant, owner, convention)

        rows = read(query, "tariffs", "oversight")
        tagged(max((row.version for row in rows), default=0))
        page = page_of_all(rows, given, lambda row: row.id)
        return {**page, "items": [_with_cells(row, given["cells"]) for row in page["items"]]}

    @allow("insurer")
    @blueprint.arguments(HeadcountGiven)
    @blueprint.response(201, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Say how many members each cell holds on a day; the town never reads it"""
        tenant, _ = accord_of(code, siren)
        command = TakeHeadcount(convention=convention, **given)
        receipt = headcounts.take_headcount(parts().ledger, tenant, own_drawer(), command, command_ask())
        href = url_for(".Headcounts", code=code, siren=siren, convention=convention)
        return recorded(receipt, command.id, href, made=True)


@blueprint.route(f"{_CONVENTION}/headcounts/from-members")
class HeadcountsFromMembers(MethodView):
    """A headcount of the members who are known here."""

    @allow("insurer")
    @blueprint.arguments(MembersCountGiven)
    @blueprint.response(201, MembersCountAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Count one's members of a day by the cells of the grid in force on it"""
        tenant, _ = accord_of(code, siren)
        owner, on = own_drawer(), given["taken_on"]
        profiles = read(lambda reader: crm.members_by_profile(reader, tenant, owner, convention, on), "crm")
        command = CountMembers(convention=convention, **given)
        receipt, found = headcounts.count_members(
            parts().ledger, tenant, owner, command, command_ask(), profiles
        )
        href = url_for(".Headcounts", code=code, siren=siren, convention=convention)
        answer, status = recorded(receipt, command.id, href, made=True)
        total = sum(cell.count for cell in found.cells)
        return {**answer, "total": total, "without": found.without}, status


@blueprint.route(f"{_CONVENTION}/scenario")
class Scenario(MethodView):
    """The file that `beffroi assess` takes."""

    @allow(*READERS)
    @blueprint.arguments(ScenarioAsked, location="query")
    @blueprint.response(200, ScenarioAnswer)
    def get(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """All that a convention's tariff is judged on, as a file that anybody can check with `beffroi assess`

        An amended convention has a file for each version of its terms, and another for each annual cap that was
        changed: `Beffroi-Terms` says which this is and `Link` leads to the next. Headcounts are in the insurer's file
        alone, as `Beffroi-Headcounts` says: what is judged on them cannot be checked with another.
        """
        tenant, owner = accord_of(code, siren)
        read(lambda reader: _demand_convention(reader, tenant, owner, convention), "oversight")
        dossier = load_dossier(parts().ledger, tenant, owner, convention)
        whole = principal().role == "insurer"
        periods = scenarios(
            dossier,
            parts().ledger.documents,
            as_known_at=given.get("as_known_at"),
            with_headcounts=whole,
        )
        number = given.get("terms") or _today(periods)
        if not 0 < number <= len(periods):
            raise NotFoundError(convention)
        period = periods[number - 1]
        beside(HEADCOUNTS_HEADER, "included" if whole else "withheld")
        days = f"from={period.first or ''}; to={period.last or ''}"
        beside(TERMS_HEADER, f"{number}; of={len(periods)}; {days}")
        if number < len(periods):
            onward = "&".join([*_kept(), f"terms={number + 1}"])
            beside("Link", f'<{request.path}?{onward}>; rel="next"')
        return period.scenario


def _demand_convention(reader: Reader, tenant: Tenant, owner: Owner, convention: str) -> None:
    """Raises NotFoundError unless the convention is there for whoever reads."""
    if oversight.convention(reader, tenant, owner, convention) is None:
        raise NotFoundError(convention)


def _with_cells(row: ReferenceGridRow | HeadcountRow, cells: bool) -> dict[str, Any]:  # noqa: FBT001
    # The document is read by its digest, from a row that row-level security has let through.
    shown: dict[str, Any] = {**msgspec.structs.asdict(row), "cells": None}
    shown["cell_count"] = getattr(row, "cells", None)
    return {**shown, **msgspec.json.decode(parts().ledger.documents.get(row.document))} if cells else shown


def _today(periods: list[Period]) -> int:
    today = parts().clock.today()
    return next((place for place, period in enumerate(periods, 1) if period.holds(today)), 0)


def _kept() -> list[str]:
    known = request.args.get("as_known_at")
    return [f"as_known_at={known.replace('+', '%2B').replace(' ', '%2B')}"] if known else []
