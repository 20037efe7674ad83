"""What changes a confirmed convention: amendments that the town confirms or refuses, and notice of termination."""

from typing import Any, Literal

from flask import url_for
from flask.views import MethodView

from services.access import accord_of, allow
from services.api.answers import command_ask, recorded
from services.api.blueprint import Resources
from services.asking import API, parts, principal
from services.commands import partnerships
from services.commands.partnerships import (
    ConfirmAmendment,
    DeclareAmendment,
    GiveNotice,
    RefuseAmendment,
    WithdrawNotice,
)
from services.schemas.answers import ReceiptAnswer
from services.schemas.partnerships import (
    AmendmentConfirmationGiven,
    AmendmentGiven,
    AmendmentRefusalGiven,
    NoticeGiven,
    WithdrawalGiven,
)

blueprint = Resources("amendments", __name__, prefix=API, about="Amendments and notices of conventions")

_CONVENTION = "/communes/<commune:code>/accords/<siren:siren>/conventions/<key:convention>"
_AMENDMENT = f"{_CONVENTION}/amendments/<key:amendment>"


@blueprint.route(f"{_CONVENTION}/amendments")
class Amendments(MethodView):
    """The amendments of a convention; they are read with it."""

    @allow("insurer")
    @blueprint.arguments(AmendmentGiven)
    @blueprint.response(201, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Declare an amendment, or the correction of what was confirmed

        It changes nothing until the town, or an operator on the council's papers, confirms it; one waits at a time.
        """
        tenant, owner = accord_of(code, siren)
        ask = command_ask()
        command = DeclareAmendment(convention=convention, id=ask.fresh_key(), **given)
        receipt = partnerships.declare_amendment(parts().ledger, tenant, owner, command, ask)
        return recorded(receipt, command.id, _href(code, siren, convention), made=True)


@blueprint.route(f"{_AMENDMENT}/confirmation")
class AmendmentConfirmation(MethodView):
    """An amendment's confirmation."""

    @allow("town", "operator")
    @blueprint.arguments(AmendmentConfirmationGiven, required=False)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str, amendment: str
    ) -> tuple[dict[str, Any], int]:
        """Recognise an amendment; an operator shows the council's reference and the document"""
        tenant, owner = accord_of(code, siren)
        by: Literal["town", "operator"] = "town" if principal().role == "town" else "operator"
        command = ConfirmAmendment(convention=convention, id=amendment, by=by, **given)
        receipt = partnerships.confirm_amendment(parts().ledger, tenant, owner, command, command_ask())
        return recorded(receipt, amendment, _href(code, siren, convention))


@blueprint.route(f"{_AMENDMENT}/refusal")
class AmendmentRefusal(MethodView):
    """An amendment's refusal."""

    @allow("town")
    @blueprint.arguments(AmendmentRefusalGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str, amendment: str
    ) -> tuple[dict[str, Any], int]:
        """Not recognise an amendment, with the reason: the terms stay as they are"""
        tenant, owner = accord_of(code, siren)
        command = RefuseAmendment(convention=convention, id=amendment, **given)
        receipt = partnerships.refuse_amendment(parts().ledger, tenant, owner, command, command_ask())
        return recorded(receipt, amendment, _href(code, siren, convention))


@blueprint.route(f"{_CONVENTION}/notice")
class Notice(MethodView):
    """The notice of a convention."""

    @allow("insurer", "town")
    @blueprint.arguments(NoticeGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Give notice of termination

        When it takes effect is computed from the convention, and read with it. Members keep their contracts.
        """
        tenant, owner = accord_of(code, siren)
        command = GiveNotice(id=convention, by=_side(), **given)
        receipt = partnerships.give_notice(parts().ledger, tenant, owner, command, command_ask())
        return recorded(receipt, convention, _href(code, siren, convention))


@blueprint.route(f"{_CONVENTION}/notice/withdrawal")
class Withdrawal(MethodView):
    """The withdrawal of a notice."""

    @allow("insurer", "town")
    @blueprint.arguments(WithdrawalGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Take one's own notice back, before it takes effect"""
        tenant, owner = accord_of(code, siren)
        command = WithdrawNotice(id=convention, by=_side(), **given)
        receipt = partnerships.withdraw_notice(parts().ledger, tenant, owner, command, command_ask())
        return recorded(receipt, convention, _href(code, siren, convention))


def _side() -> Literal["insurer", "town"]:
    return "town" if principal().role == "town" else "insurer"


def _href(code: str, siren: str, convention: str) -> str:
    return url_for("partnerships.ConventionById", code=code, siren=siren, convention=convention)
