"""Members, for their insurer alone; and the figures about them that its town may see."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from projections.access import queries as access
from projections.crm import queries as crm
from projections.crm.queries import MemberRow
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from services.access import READERS, allow, audience_here, own_drawer, tenant_of
from services.api.answers import command_ask, page, read, recorded, tagged
from services.api.blueprint import Resources
from services.api.cursors import opened
from services.asking import API, parts, principal
from services.commands import membership
from services.commands.membership import JoinMember, LeaveMember
from services.commands.perform import NotFoundError
from services.schemas.answers import ReceiptAnswer, page_of
from services.schemas.membership import (
    FigureAnswer,
    FiguresGiven,
    LeavingGiven,
    MemberAnswer,
    MemberGiven,
    MembersGiven,
)

blueprint = Resources("membership", __name__, prefix=API, about="Members and published figures")

_IN_TOWN = "/communes/<commune:code>/members"


@blueprint.route("/members")
class MembersOfAllTowns(MethodView):
    """The members of an insurer."""

    @allow("insurer")
    @blueprint.arguments(MembersGiven, location="query")
    @blueprint.response(200, page_of(MemberAnswer))
    def get(self, given: dict[str, Any]) -> dict[str, Any]:
        """The members of the insurer who asks, in all its towns, by name"""
        return _members(given, None)


@blueprint.route(_IN_TOWN)
class Members(MethodView):
    """The members of an insurer in a commune."""

    @allow("insurer")
    @blueprint.arguments(MembersGiven, location="query")
    @blueprint.response(200, page_of(MemberAnswer))
    def get(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """The members of the insurer who asks in one commune, by name"""
        return _members(given, tenant_of(code))

    @allow("insurer")
    @blueprint.arguments(MemberGiven)
    @blueprint.response(201, ReceiptAnswer)
    def post(self, given: dict[str, Any], code: str) -> tuple[dict[str, Any], int]:
        """Let somebody join, at the price of the grid in force on the day of joining"""
        ask = command_ask()
        command = JoinMember(id=ask.fresh_key(), **given)
        receipt = membership.join(parts().ledger, tenant_of(code), own_drawer(), command, ask)
        return recorded(receipt, command.id, _href(code, command.id), made=True)


@blueprint.route(f"{_IN_TOWN}/<key:member>")
class MemberById(MethodView):
    """One member."""

    @allow("insurer")
    @blueprint.response(200, MemberAnswer)
    def get(self, code: str, member: str) -> MemberRow:
        """One member"""
        tenant, owner = tenant_of(code), own_drawer()
        row = read(lambda reader: crm.member(reader, tenant, owner, member), "crm")
        if row is None:
            raise NotFoundError(member)
        tagged(row.version)
        return row


@blueprint.route(f"{_IN_TOWN}/<key:member>/leaving")
class Leaving(MethodView):
    """That a member leaves."""

    @allow("insurer")
    @blueprint.arguments(LeavingGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(self, given: dict[str, Any], code: str, member: str) -> tuple[dict[str, Any], int]:
        """Say that somebody is no longer a member from a day on"""
        command = LeaveMember(id=member, **given)
        receipt = membership.leave(parts().ledger, tenant_of(code), own_drawer(), command, command_ask())
        return recorded(receipt, member, _href(code, member))


@blueprint.route("/communes/<commune:code>/figures")
class Figures(MethodView):
    """Published figures."""

    @allow(*READERS)
    @blueprint.arguments(FiguresGiven, location="query")
    @blueprint.response(200, page_of(FigureAnswer))
    def get(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Members at the ends of months, as they were published: counts under 11 are withheld"""
        tenant = tenant_of(code)
        owners = audience_here(parts().views).owners

        def query(reader: Reader) -> list[oversight.FiguresRow]:
            _demand_accord(reader, tenant)
            return oversight.figures(reader, tenant, owners, given.get("since", ""))

        return {"items": read(query, "oversight", "access"), "next": None}


def _members(given: dict[str, Any], tenant: Any) -> dict[str, Any]:
    after, limit, owner = opened(given.get("cursor"), tuple[str, str]), given["limit"], own_drawer()

    def query(reader: Reader) -> list[MemberRow]:
        if tenant is not None:
            _demand_accord(reader, tenant)
        return crm.members(reader, tenant, owner, search=given.get("q", ""), after=after, limit=limit + 1)

    rows = read(query, "crm", "access")
    return page(rows, limit, lambda row: (row.sort_key, row.id))


def _demand_accord(reader: Reader, tenant: str) -> None:
    """Raises NotFoundError for an insurer that has nothing to do with a commune; others read those they may name."""
    if principal().role == "insurer" and not access.accords(reader, tenant):
        raise NotFoundError(tenant)


def _href(code: str, member: str) -> str:
    return url_for("membership.MemberById", code=code, member=member)
