"""Compliance: what a convention kept on a day as known at an instant, its judgements, what was said of one cell."""

from typing import Any

import msgspec
from flask.views import MethodView

from domain.tariffs.statements import Statement, from_document
from domain.tenancy import Owner, Tenant
from projections.compliance import queries as compliance
from projections.compliance.queries import JudgementRow
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.tariffs import queries as tariff_view
from services.access import READERS, accord_of, allow
from services.api.answers import judged, page, page_of_all, read
from services.api.blueprint import Resources
from services.api.cursors import opened
from services.asking import API, parts
from services.commands.perform import NotFoundError
from services.compliance import Said, compliance_at, history_of
from services.schemas.answers import PageGiven, page_of
from services.schemas.compliance import (
    ComplianceAnswer,
    ComplianceGiven,
    FindingsGiven,
    JudgementAnswer,
    JudgementFindings,
    SaidAnswer,
    VerdictsGiven,
    cell_asked,
)

blueprint = Resources("compliance", __name__, prefix=API, about="What is kept, and what was said of it")

_CONVENTION = "/communes/<commune:code>/accords/<siren:siren>/conventions/<key:convention>"


@blueprint.route(f"{_CONVENTION}/compliance")
class ComplianceOn(MethodView):
    """What a convention keeps."""

    @allow(*READERS)
    @blueprint.arguments(ComplianceGiven, location="query")
    @blueprint.response(200, ComplianceAnswer)
    def get(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """Where every commitment stands on a day, as known at an instant

        Found again from what was recorded by then. `digest` is that of all findings, as `beffroi assess` gives them
        for the scenario of the convention.
        """
        tenant, owner = accord_of(code, siren)
        read(lambda reader: _demand_convention(reader, tenant, owner, convention), "oversight")
        found = compliance_at(
            parts().ledger,
            tenant,
            owner,
            convention,
            as_of=given.get("as_of", parts().clock.today()),
            as_known_at=given.get("as_known_at"),
        )
        shown = page_of_all(_chosen(found.findings, given), given, _identity)
        return {**msgspec.structs.asdict(found), "findings": shown["items"], "next": shown["next"]}


@blueprint.route(f"{_CONVENTION}/judgements")
class Judgements(MethodView):
    """The judgements of a convention."""

    @allow(*READERS)
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(JudgementAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """The judgements of a convention's tariff, the newest first: each said something new"""
        tenant, owner = accord_of(code, siren)
        after = opened(given.get("cursor"), tuple[int])

        def query(reader: Reader) -> tuple[list[JudgementRow], int]:
            _demand_convention(reader, tenant, owner, convention)
            rows = compliance.judgements(
                reader,
                tenant,
                owner,
                convention,
                before=after[0] if after else None,
                limit=given["limit"] + 1,
            )
            return rows, tariff_view.last_grid_position(reader, tenant, [owner])

        rows, newest = read(query, "compliance", "oversight", "tariffs")
        judged(newest)
        return page(rows, given["limit"], lambda row: (row.position,))


@blueprint.route(f"{_CONVENTION}/judgements/<int:judgement>")
class JudgementByPosition(MethodView):
    """One judgement."""

    @allow(*READERS)
    @blueprint.arguments(FindingsGiven, location="query")
    @blueprint.response(200, JudgementFindings)
    def get(
        self, given: dict[str, Any], code: str, siren: str, convention: str, judgement: int
    ) -> dict[str, Any]:
        """One judgement by its entry in the ledger, with what it found then"""
        tenant, owner = accord_of(code, siren)
        row = read(
            lambda reader: compliance.judgement(reader, tenant, owner, convention, judgement), "compliance"
        )
        if row is None:
            raise NotFoundError(str(judgement))
        statements = from_document(parts().ledger.documents.get(row.document))
        shown = page_of_all(_chosen(statements, given), given, _identity)
        return {**msgspec.structs.asdict(row), **shown}


@blueprint.route(f"{_CONVENTION}/verdicts")
class Verdicts(MethodView):
    """What was said of one cell."""

    @allow(*READERS)
    @blueprint.arguments(VerdictsGiven, location="query")
    @blueprint.response(200, page_of(SaidAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """What was said of a commitment and a cell, from when to when and why, the earliest first"""
        tenant, owner = accord_of(code, siren)

        def query(reader: Reader) -> list[JudgementRow]:
            _demand_convention(reader, tenant, owner, convention)
            return compliance.judgements(reader, tenant, owner, convention)

        rows = read(query, "compliance", "oversight")
        said: list[Said] = history_of(
            rows[::-1],
            parts().ledger.documents.get,
            commitment=given.get("commitment"),
            grid=given.get("grid"),
            cell=cell_asked(given),
        )
        return page_of_all(said, given, lambda each: str(each.position))


def _demand_convention(reader: Reader, tenant: Tenant, owner: Owner, convention: str) -> None:
    """Raises NotFoundError unless the convention is there for whoever reads."""
    if oversight.convention(reader, tenant, owner, convention) is None:
        raise NotFoundError(convention)


def _chosen(statements: tuple[Statement, ...], given: dict[str, Any]) -> list[Statement]:
    return [
        each
        for each in statements
        if given.get("commitment") in {None, each.commitment} and given.get("verdict") in {None, each.verdict}
    ]


def _identity(statement: Statement) -> str:
    """What tells a finding from every other of one judgement."""
    key = (statement.commitment, statement.grid, statement.cell, statement.subject, statement.from_on)
    return msgspec.json.encode(key).decode()
