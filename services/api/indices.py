"""Indices that caps follow: everybody reads them, the operator publishes, whoever reads may contest."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from domain.tenancy import PLATFORM, Owner
from projections.tariffs import queries as tariffs
from services.access import READERS, allow, own_place, public_facts
from services.api.answers import command_ask, page_of_all, read, recorded
from services.api.blueprint import Resources
from services.asking import API, parts, principal
from services.commands import indices
from services.commands.indices import ContestIndex, PublishIndex, UpholdIndex
from services.reading import Audience
from services.schemas.answers import PageGiven, ReceiptAnswer, page_of
from services.schemas.indices import (
    ContestAnswer,
    ContestGiven,
    IndexAnswer,
    IndexGiven,
    IndicesGiven,
    UpholdingGiven,
)

blueprint = Resources("indices", __name__, prefix=API, about="Published figures that caps follow")

_OWNER = Owner(PLATFORM)


@blueprint.route("/indices")
class Indices(MethodView):
    """Every published value."""

    @allow(*READERS, anywhere=True)
    @blueprint.arguments(IndicesGiven, location="query")
    @blueprint.response(200, page_of(IndexAnswer))
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        """The published values, the latest year first; what was revised stays"""
        rows = read(
            lambda reader: tariffs.indices(reader, given.get("index")),
            "tariffs",
            audience=public_facts(PLATFORM),
        )
        return page_of_all(rows, given, lambda row: f"{row.name}:{row.year}:{row.published_on}")

    @allow("operator")
    @blueprint.arguments(IndexGiven)
    @blueprint.response(201, ReceiptAnswer)
    def post(self, given: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """Publish a value with its source; another publication for the same year revises it"""
        command = PublishIndex(**given)
        receipt = indices.publish_index(parts().ledger, PLATFORM, _OWNER, command, command_ask())
        return recorded(receipt, command.index, url_for(".Indices"), made=True)


@blueprint.route("/indices/contests")
class Contests(MethodView):
    """Objections to published values."""

    @allow("insurer", "town", "operator")
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(ContestAnswer))
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        """One's own objections, or for the operator all"""
        if principal().role == "operator":
            rows = read(tariffs.index_contests, "tariffs")
        else:
            tenant, _ = own_place()
            rows = read(
                lambda reader: tariffs.index_contests(reader, tenant),
                "tariffs",
                audience=Audience("place", tenants=[PLATFORM], owners=[tenant]),
            )
        return page_of_all(rows, given, lambda row: str(row.position))

    @allow("insurer", "town")
    @blueprint.arguments(ContestGiven)
    @blueprint.response(201, ReceiptAnswer)
    def post(self, given: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """Say that a published value is wrong; the operator answers, or publishes another"""
        tenant, owner = own_place()
        command = ContestIndex(
            by_tenant=tenant, by_owner=owner, organisation=principal().organisation, **given
        )
        receipt = indices.contest_index(parts().ledger, PLATFORM, _OWNER, command, command_ask())
        return recorded(receipt, command.index, url_for(".Contests"), made=True)


@blueprint.route("/indices/answers")
class Answers(MethodView):
    """The operator's answers."""

    @allow("operator")
    @blueprint.arguments(UpholdingGiven)
    @blueprint.response(201, ReceiptAnswer)
    def post(self, given: dict[str, Any]) -> tuple[dict[str, Any], int]:
        """Answer the objections to a value: it stands"""
        command = UpholdIndex(**given)
        receipt = indices.uphold_index(parts().ledger, PLATFORM, _OWNER, command, command_ask())
        return recorded(receipt, command.index, url_for(".Indices"), made=True)
