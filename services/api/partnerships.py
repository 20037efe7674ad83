"""Conventions: an insurer declares, the town or an operator confirms, both read."""

from typing import Any, Literal

from flask import url_for
from flask.views import MethodView

from projections.access import queries as access
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow
from services.access import accord_of, allow, tenant_of
from services.api.answers import command_ask, page_of_all, read, recorded, tagged
from services.api.blueprint import Resources
from services.asking import API, parts, principal
from services.commands import partnerships
from services.commands.partnerships import ConfirmConvention, DeclareConvention
from services.commands.perform import NotFoundError
from services.schemas.answers import PageGiven, ReceiptAnswer, page_of
from services.schemas.partnerships import Accord, ConfirmationGiven, ConventionAnswer, ConventionGiven

blueprint = Resources("partnerships", __name__, prefix=API, about="Conventions of towns with insurers")

_BETWEEN = "/communes/<commune:code>/accords/<siren:siren>/conventions"


@blueprint.route("/communes/<commune:code>/accords")
class Accords(MethodView):
    """Who has a convention in a commune."""

    @allow("insurer", "town", "operator")
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(Accord))
    def get(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """The insurers that have or have declared a convention: all for the town, its own for an insurer"""
        tenant = tenant_of(code)
        rows = read(lambda reader: access.accords(reader, tenant), "access")
        if not rows and principal().role == "insurer":
            raise NotFoundError(code)
        return page_of_all(rows, given, lambda row: row.convention)


@blueprint.route(_BETWEEN)
class Conventions(MethodView):
    """The conventions of a commune with an insurer."""

    @allow("insurer", "town")
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(ConventionAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str) -> dict[str, Any]:
        """The conventions of a commune with an insurer, the newest first"""
        tenant, owner = accord_of(code, siren)
        rows = read(lambda reader: oversight.conventions(reader, tenant, [owner]), "oversight")
        if not rows:
            raise NotFoundError(owner)
        return page_of_all(rows, given, lambda row: row.id)

    @allow("insurer")
    @blueprint.arguments(ConventionGiven)
    @blueprint.response(201, ReceiptAnswer)
    def post(self, given: dict[str, Any], code: str, siren: str) -> tuple[dict[str, Any], int]:
        """Declare a convention

        It opens nothing until the town, or an operator on the council's papers, confirms it.
        """
        tenant, owner = accord_of(code, siren)
        ask, who = command_ask(), principal()
        command = DeclareConvention(
            id=ask.fresh_key(), insurer_name=who.organisation, fictitious=who.fictitious, **given
        )
        receipt = partnerships.declare(parts().ledger, tenant, owner, command, ask)
        href = url_for(".ConventionById", code=code, siren=siren, convention=command.id)
        return recorded(receipt, command.id, href, made=True)


@blueprint.route(f"{_BETWEEN}/<key:convention>")
class ConventionById(MethodView):
    """One convention."""

    @allow("insurer", "town")
    @blueprint.response(200, ConventionAnswer)
    def get(self, code: str, siren: str, convention: str) -> ConventionRow:
        """One convention, with its commitments"""
        tenant, owner = accord_of(code, siren)
        row = read(lambda reader: oversight.convention(reader, tenant, owner, convention), "oversight")
        if row is None:
            raise NotFoundError(convention)
        tagged(row.version)
        return row


@blueprint.route(f"{_BETWEEN}/<key:convention>/confirmation")
class Confirmation(MethodView):
    """A convention's confirmation."""

    @allow("town", "operator")
    @blueprint.arguments(ConfirmationGiven, required=False)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Recognise a convention as the town's own; an operator shows the council's reference and the document"""
        tenant, owner = accord_of(code, siren)
        by: Literal["town", "operator"] = "town" if principal().role == "town" else "operator"
        command = ConfirmConvention(id=convention, by=by, **given)
        receipt = partnerships.confirm(parts().ledger, tenant, owner, command, command_ask())
        return recorded(
            receipt, convention, url_for(".ConventionById", code=code, siren=siren, convention=convention)
        )
