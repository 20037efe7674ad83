"""Cases of broken commitments: who has to act and until when, the evidence, and the moves of either side."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import msgspec
from flask import url_for
from flask.views import MethodView

from domain.tariffs.case import moves
from domain.tenancy import Owner, Tenant, code_of, siren_of
from infra.ledger import Ledger, Receipt
from projections.access import queries as access
from projections.compliance import case_queries
from projections.compliance import queries as compliance
from projections.compliance.case_queries import CaseRow, StepRow
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.tariffs import queries as tariff_view
from services.access import READERS, accord_of, allow, audience_here, own_accord, tenant_of
from services.api.answers import command_ask, page, read, recorded, tagged
from services.api.blueprint import Resources
from services.api.cursors import opened
from services.asking import API, parts, principal
from services.commands import cases
from services.commands.perform import Ask, NotFoundError
from services.schemas.answers import ReceiptAnswer, page_of
from services.schemas.cases import (
    AcceptanceGiven,
    CaseAnswer,
    CaseFileAnswer,
    CasesGiven,
    DisputeGiven,
    EndingGiven,
    ExplanationGiven,
    FormalNoticeGiven,
)

blueprint = Resources("cases", __name__, prefix=API, about="Broken commitments and what becomes of them")

_CASE = "/communes/<commune:code>/accords/<siren:siren>/cases/<key:case>"

Move = Callable[[Ledger, Tenant, Owner, Any, Ask], Receipt | None]


@blueprint.route("/communes/<commune:code>/cases")
class CasesOfCommune(MethodView):
    """The cases of a commune."""

    @allow(*READERS)
    @blueprint.arguments(CasesGiven, location="query")
    @blueprint.response(200, page_of(CaseAnswer))
    def get(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """The cases of a commune, those due first: of all its insurers, an insurer's own for itself"""
        tenant = tenant_of(code)
        insurer = principal().role == "insurer"
        owners = [own_accord()] if insurer else audience_here(parts().views).owners

        def query(reader: Reader) -> list[CaseRow]:
            if insurer and not access.accords(reader, tenant):
                raise NotFoundError(code)
            return _found(reader, given, tenant, owners)

        return _listed(read(query, "compliance", "access"), given)


@blueprint.route("/communes/<commune:code>/accords/<siren:siren>/cases")
class CasesOfAccord(MethodView):
    """The cases between a commune and an insurer."""

    @allow(*READERS)
    @blueprint.arguments(CasesGiven, location="query")
    @blueprint.response(200, page_of(CaseAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str) -> dict[str, Any]:
        """The cases between a commune and an insurer, those due first"""
        tenant, owner = accord_of(code, siren)

        def query(reader: Reader) -> list[CaseRow]:
            if not oversight.conventions(reader, tenant, [owner]):
                raise NotFoundError(owner)
            return _found(reader, given, tenant, [owner])

        return _listed(read(query, "compliance", "oversight"), given)


@blueprint.route("/insurers/<siren:siren>/cases")
class CasesOfInsurer(MethodView):
    """The cases of an insurer."""

    @allow("insurer")
    @blueprint.arguments(CasesGiven, location="query")
    @blueprint.response(200, page_of(CaseAnswer))
    def get(self, given: dict[str, Any], siren: str) -> dict[str, Any]:
        """The cases of an insurer in all its communes, those due first"""
        if siren != principal().code:
            raise NotFoundError(siren)
        return _listed(read(lambda reader: _found(reader, given, None, [own_accord()]), "compliance"), given)


@blueprint.route(_CASE)
class CaseById(MethodView):
    """One case."""

    @allow(*READERS)
    @blueprint.response(200, CaseFileAnswer)
    def get(self, code: str, siren: str, case: str) -> dict[str, Any]:
        """A case with its evidence, its steps, and what whoever asks may do now"""
        tenant, owner = accord_of(code, siren)
        views = ("compliance", "oversight", "tariffs")
        shown = read(lambda reader: _file(reader, tenant, owner, case), *views)
        tagged(shown["version"])
        return shown


@blueprint.route(f"{_CASE}/explanation")
class Explanation(MethodView):
    """The insurer's explanation."""

    @allow("insurer")
    @blueprint.arguments(ExplanationGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(self, given: dict[str, Any], code: str, siren: str, case: str) -> tuple[dict[str, Any], int]:
        """Explain a breach; the town answers within the convention's days"""
        return _moved(cases.explain, cases.ExplainCase(case=case, **given), code, siren, case)


@blueprint.route(f"{_CASE}/dispute")
class Dispute(MethodView):
    """The town's dispute."""

    @allow("town")
    @blueprint.arguments(DisputeGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(self, given: dict[str, Any], code: str, siren: str, case: str) -> tuple[dict[str, Any], int]:
        """Dispute a breach or its explanation; the insurer must explain again or correct"""
        return _moved(cases.dispute, cases.DisputeCase(case=case, **given), code, siren, case)


@blueprint.route(f"{_CASE}/acceptance")
class Acceptance(MethodView):
    """The town's acceptance."""

    @allow("town")
    @blueprint.arguments(AcceptanceGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(self, given: dict[str, Any], code: str, siren: str, case: str) -> tuple[dict[str, Any], int]:
        """Accept a breach, as it is or with an exemption

        The exemption lets exactly the dearest cell of the case pass; its factor follows from the case.
        """
        return _moved(cases.accept, cases.AcceptCase(case=case, **given), code, siren, case)


@blueprint.route(f"{_CASE}/formal-notice")
class FormalNotice(MethodView):
    """The town's formal notice."""

    @allow("town")
    @blueprint.arguments(FormalNoticeGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(self, given: dict[str, Any], code: str, siren: str, case: str) -> tuple[dict[str, Any], int]:
        """Record a formal notice that was sent; the days to cure run from the day of sending"""
        command = cases.SendFormalNotice(case=case, **given)
        return _moved(cases.send_formal_notice, command, code, siren, case)


@blueprint.route(f"{_CASE}/notice")
class Ending(MethodView):
    """The end of the convention because of a case."""

    @allow("town")
    @blueprint.arguments(EndingGiven, required=False)
    @blueprint.response(200, ReceiptAnswer)
    def post(self, given: dict[str, Any], code: str, siren: str, case: str) -> tuple[dict[str, Any], int]:
        """Give notice to end the convention because a commitment is broken; its last day is computed"""
        return _moved(cases.end_for_case, cases.EndForCase(case=case, **given), code, siren, case)


def _moved(
    move: Move, command: msgspec.Struct, code: str, siren: str, case: str
) -> tuple[dict[str, Any], int]:
    tenant, owner = accord_of(code, siren)
    receipt = move(parts().ledger, tenant, owner, command, command_ask())
    return recorded(receipt, case, url_for(".CaseById", code=code, siren=siren, case=case))


def _found(reader: Reader, given: dict[str, Any], tenant: Tenant | None, owners: Any) -> list[CaseRow]:
    after = opened(given.get("cursor"), tuple[date | None, str])
    return case_queries.cases(
        reader,
        tenant,
        owners,
        **{name: given.get(name) for name in ("convention", "commitment", "state", "turn")},
        open_only=given["open"],
        overdue_on=parts().clock.today() if given["overdue"] else None,
        after=after,
        limit=given["limit"] + 1,
    )


def _listed(rows: list[CaseRow], given: dict[str, Any]) -> dict[str, Any]:
    shown = page(rows, given["limit"], lambda row: (row.due_on, row.id))
    return {**shown, "items": [_shown(row) for row in shown["items"]]}


def _shown(row: CaseRow) -> dict[str, Any]:
    today = parts().clock.today()
    return {
        **msgspec.structs.asdict(row),
        "commune": code_of(row.tenant),
        "siren": siren_of(row.owner),
        "overdue": row.overdue(today),
    }


def _file(reader: Reader, tenant: Tenant, owner: Owner, identity: str) -> dict[str, Any]:
    row = case_queries.case(reader, tenant, [owner], identity)
    if row is None:
        raise NotFoundError(identity)
    steps = case_queries.steps(reader, tenant, [owner], identity)
    return {
        **_shown(row),
        "rests_on": _entries(reader, row, steps),
        "steps": steps,
        "moves": list(_moves(row)),
    }


def _moves(row: CaseRow) -> Sequence[str]:
    """What whoever asks may do now: nothing, unless it is one of the two who signed."""
    match principal().role:
        case "insurer" | "town" as side:
            return moves(row.state, side)
    return ()


def _entries(reader: Reader, row: CaseRow, steps: list[StepRow]) -> list[dict[str, Any]]:
    """The entries of the ledger that make the evidence, in their order."""
    found: list[dict[str, Any]] = []
    convention = oversight.convention(reader, row.tenant, row.owner, row.convention)
    if convention is not None:
        found.append({"position": convention.position, "about": "convention", "id": row.convention})
    named = [cell["breach"] for cell in row.cells]
    breaches = compliance.breaches(reader, row.tenant, [row.owner], row.convention, every=True, named=named)
    grids = {breach.grid for breach in breaches} | {row.grid}
    found += [
        {"position": grid.position, "about": "grid", "id": grid.id}
        for grid in tariff_view.grids(reader, row.tenant, [row.owner], row.convention)
        if grid.id in grids
    ]
    found += [{"position": each.position, "about": "breach", "id": each.id} for each in breaches]
    known = {entry["position"] for entry in found}
    causes = {row.cause_position, *(step.facts.get("cause_position") for step in steps)}
    found += [
        {"position": cause, "about": "cause", "id": None}
        for cause in causes
        if cause is not None and cause not in known
    ]
    return sorted(found, key=lambda entry: entry["position"])
