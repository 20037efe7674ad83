"""Exemptions from a convention's caps: the insurer asks, the town decides."""

from collections.abc import Callable
from typing import Any

from flask import url_for
from flask.views import MethodView

from infra.ledger import Receipt
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.tariffs import queries as tariffs
from projections.tariffs.queries import ExemptionRow
from services.access import READERS, accord_of, allow
from services.api.answers import command_ask, page_of_all, read, recorded, tagged
from services.api.blueprint import Resources
from services.asking import API, parts
from services.commands import exemptions
from services.commands.exemptions import (
    GrantExemption,
    RefuseExemption,
    RequestExemption,
    RevokeExemption,
    WithdrawExemption,
)
from services.commands.perform import NotFoundError
from services.schemas.answers import PageGiven, ReceiptAnswer, page_of
from services.schemas.exemptions import (
    ExemptionAnswer,
    ExemptionGiven,
    ExemptionRefusalGiven,
    GrantGiven,
    RevocationGiven,
)

blueprint = Resources("exemptions", __name__, prefix=API, about="Leave to exceed a cap")

_CONVENTION = "/communes/<commune:code>/accords/<siren:siren>/conventions/<key:convention>"
_ONE = f"{_CONVENTION}/exemptions/<key:exemption>"


@blueprint.route(f"{_CONVENTION}/exemptions")
class Exemptions(MethodView):
    """The exemptions of a convention."""

    @allow(*READERS)
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(ExemptionAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """What was asked for, granted, refused and revoked, the last changed first"""
        tenant, owner = accord_of(code, siren)

        def query(reader: Reader) -> list[ExemptionRow]:
            if oversight.convention(reader, tenant, owner, convention) is None:
                raise NotFoundError(convention)
            return tariffs.exemptions(reader, tenant, [owner], convention)

        rows = read(query, "tariffs", "oversight")
        tagged(max((row.version for row in rows), default=0))
        return page_of_all(rows, given, lambda row: row.id)

    @allow("insurer")
    @blueprint.arguments(ExemptionGiven)
    @blueprint.response(201, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Ask to exceed limits; the town decides"""
        command = RequestExemption(convention=convention, **given)
        return _told(exemptions.request_exemption, command, code, siren, made=True)


@blueprint.route(_ONE)
class ExemptionById(MethodView):
    """One exemption."""

    @allow(*READERS)
    @blueprint.response(200, ExemptionAnswer)
    def get(self, code: str, siren: str, convention: str, exemption: str) -> ExemptionRow:
        """One exemption"""
        tenant, owner = accord_of(code, siren)
        row = read(lambda reader: tariffs.exemption(reader, tenant, owner, convention, exemption), "tariffs")
        if row is None:
            raise NotFoundError(exemption)
        return row


@blueprint.route(f"{_ONE}/grant")
class ExemptionGrant(MethodView):
    """The town's yes."""

    @allow("town")
    @blueprint.arguments(GrantGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str, exemption: str
    ) -> tuple[dict[str, Any], int]:
        """Grant what was asked for, or less"""
        command = GrantExemption(convention=convention, id=exemption, **given)
        return _told(exemptions.grant_exemption, command, code, siren)


@blueprint.route(f"{_ONE}/refusal")
class ExemptionRefusal(MethodView):
    """The town's no."""

    @allow("town")
    @blueprint.arguments(ExemptionRefusalGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str, exemption: str
    ) -> tuple[dict[str, Any], int]:
        """Refuse what was asked for"""
        command = RefuseExemption(convention=convention, id=exemption, **given)
        return _told(exemptions.refuse_exemption, command, code, siren)


@blueprint.route(f"{_ONE}/withdrawal")
class ExemptionWithdrawal(MethodView):
    """The insurer asks no longer."""

    @allow("insurer")
    @blueprint.response(200, ReceiptAnswer)
    def post(self, code: str, siren: str, convention: str, exemption: str) -> tuple[dict[str, Any], int]:
        """Withdraw a request that the town has not decided"""
        command = WithdrawExemption(convention=convention, id=exemption)
        return _told(exemptions.withdraw_exemption, command, code, siren)


@blueprint.route(f"{_ONE}/revocation")
class ExemptionRevocation(MethodView):
    """The town takes it back."""

    @allow("town")
    @blueprint.arguments(RevocationGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str, exemption: str
    ) -> tuple[dict[str, Any], int]:
        """Revoke a granted exemption, from today or a later day on"""
        command = RevokeExemption(convention=convention, id=exemption, **given)
        return _told(exemptions.revoke_exemption, command, code, siren)


def _told(
    decide: Callable[..., Receipt | None], command: Any, code: str, siren: str, *, made: bool = False
) -> tuple[dict[str, Any], int]:
    tenant, owner = accord_of(code, siren)
    receipt = decide(parts().ledger, tenant, owner, command, command_ask())
    href = url_for(
        ".ExemptionById", code=code, siren=siren, convention=command.convention, exemption=command.id
    )
    return recorded(receipt, command.id, href, made=made)
