"""Conventions: an insurer declares and corrects, the town or an operator confirms, the town refuses, both read."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import msgspec
from flask import url_for
from flask.views import MethodView

from projections.access import queries as access
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow
from services.access import READERS, accord_of, allow, commune_named, own_accord, tenant_of
from services.api.answers import command_ask, page_of_all, read, recorded, tagged
from services.api.blueprint import Resources
from services.asking import API, parts, principal
from services.commands import partnerships
from services.commands.partnerships import (
    ConfirmConvention,
    CorrectDeclaration,
    DeclareConvention,
    RefuseConvention,
)
from services.commands.perform import NotFoundError
from services.schemas.answers import PageGiven, ReceiptAnswer, page_of
from services.schemas.faults import Fault, InvalidInputError
from services.schemas.partnerships import (
    Accord,
    AsOfGiven,
    ConfirmationGiven,
    ConventionAnswer,
    ConventionGiven,
    ConventionTogetherGiven,
    CorrectionGiven,
    RefusalGiven,
    TogetherAnswer,
)

blueprint = Resources("partnerships", __name__, prefix=API, about="Conventions of towns with insurers")

_BETWEEN = "/communes/<commune:code>/accords/<siren:siren>/conventions"


@blueprint.route("/communes/<commune:code>/accords")
class Accords(MethodView):
    """Who has a convention in a commune."""

    @allow(*READERS)
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(Accord))
    def get(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """The insurers that have or have declared a convention; an insurer finds its own alone"""
        tenant = tenant_of(code)
        rows = read(lambda reader: access.accords(reader, tenant), "access")
        if not rows and principal().role == "insurer":
            raise NotFoundError(code)
        return page_of_all(rows, given, lambda row: row.convention)


@blueprint.route(_BETWEEN)
class Conventions(MethodView):
    """The conventions of a commune with an insurer."""

    @allow(*READERS)
    @blueprint.arguments(PageGiven, location="query")
    @blueprint.response(200, page_of(ConventionAnswer))
    def get(self, given: dict[str, Any], code: str, siren: str) -> dict[str, Any]:
        """The conventions of a commune with an insurer, the newest first"""
        tenant, owner = accord_of(code, siren)
        today = parts().clock.today()
        rows = read(lambda reader: oversight.conventions(reader, tenant, [owner], as_of=today), "oversight")
        if not rows:
            raise NotFoundError(owner)
        found = page_of_all(rows, given, lambda row: row.id)
        return {**found, "items": [shown(row, today) for row in found["items"]]}

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
        href = _href(code, siren, command.id)
        return recorded(receipt, command.id, href, made=True)


@blueprint.route(f"{_BETWEEN}/<key:convention>")
class ConventionById(MethodView):
    """One convention."""

    @allow(*READERS)
    @blueprint.arguments(AsOfGiven, location="query")
    @blueprint.response(200, ConventionAnswer)
    def get(self, given: dict[str, Any], code: str, siren: str, convention: str) -> dict[str, Any]:
        """One convention, with its amendments, its notice and its end

        The terms are those that count today, or on `as_of`; nothing recorded after `as_known_at` is shown.
        """
        tenant, owner = accord_of(code, siren)
        day = given.get("as_of", parts().clock.today())
        known_at = given.get("as_known_at")
        row = read(
            lambda reader: oversight.convention(
                reader, tenant, owner, convention, as_of=day, as_known_at=known_at
            ),
            "oversight",
        )
        if row is None:
            raise NotFoundError(convention)
        tagged(row.version)
        return shown(row, day)


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
        return recorded(receipt, convention, _href(code, siren, convention))


@blueprint.route(f"{_BETWEEN}/<key:convention>/correction")
class Correction(MethodView):
    """A declaration's correction."""

    @allow("insurer")
    @blueprint.arguments(CorrectionGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Declare other terms, before the town confirmed or after it refused

        They are given whole. What was confirmed is changed by an amendment.
        """
        tenant, owner = accord_of(code, siren)
        command = CorrectDeclaration(id=convention, **given)
        receipt = partnerships.correct_declaration(parts().ledger, tenant, owner, command, command_ask())
        return recorded(receipt, convention, _href(code, siren, convention))


@blueprint.route(f"{_BETWEEN}/<key:convention>/refusal")
class Refusal(MethodView):
    """A convention's refusal."""

    @allow("town")
    @blueprint.arguments(RefusalGiven)
    @blueprint.response(200, ReceiptAnswer)
    def post(
        self, given: dict[str, Any], code: str, siren: str, convention: str
    ) -> tuple[dict[str, Any], int]:
        """Not recognise a declared convention, with the reason: the insurer may correct it"""
        tenant, owner = accord_of(code, siren)
        command = RefuseConvention(id=convention, **given)
        receipt = partnerships.decline(parts().ledger, tenant, owner, command, command_ask())
        return recorded(receipt, convention, _href(code, siren, convention))


@blueprint.route("/insurers/<siren:siren>/conventions")
class TogetherConventions(MethodView):
    """Conventions of an insurer over several communes."""

    @allow("insurer")
    @blueprint.arguments(ConventionTogetherGiven)
    @blueprint.response(201, TogetherAnswer)
    def post(self, given: dict[str, Any], siren: str) -> tuple[dict[str, Any], int]:
        """Declare one convention with several communes, in all of them or in none

        Each town confirms for itself. The convention has the same name in each.
        """
        codes = tuple(sorted(given.pop("communes", ())))
        _demand_communes(codes)
        ask, who = command_ask(), principal()
        command = DeclareConvention(
            id=ask.fresh_key(),
            insurer_name=who.organisation,
            fictitious=who.fictitious,
            communes=codes,
            **given,
        )
        receipt = partnerships.declare_together(parts().ledger, own_accord(), command, ask)
        hrefs = {code: _href(code, siren, command.id) for code in codes}
        answer, status = recorded(receipt, command.id, hrefs[codes[0]], made=True)
        everywhere = [{"commune": code, "href": href} for code, href in hrefs.items()]
        return {**answer, "conventions": everywhere}, status


def shown(row: ConventionRow, day: date) -> dict[str, Any]:
    """A convention as it is answered, with its stage on a day."""
    return {**msgspec.structs.asdict(row), "last_day": row.last_day, "stage": row.stage(day)}


def _href(code: str, siren: str, convention: str) -> str:
    return url_for(".ConventionById", code=code, siren=siren, convention=convention)


def _demand_communes(codes: Sequence[str]) -> None:
    """Raises InvalidInputError unless each commune exists today; the ledger of no other can be written to."""
    if not codes:
        raise InvalidInputError(Fault("$.communes", "This is required.", "at least one commune", "required"))
    for code in dict.fromkeys(codes):
        try:
            commune_named(code)
        except NotFoundError:
            raise InvalidInputError(
                Fault("$.communes", f"No commune has the code {code} today.", "communes of today")
            ) from None
