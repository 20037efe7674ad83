"""Someone joins, someone leaves: the price is shown and agreed to before anything is recorded."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.membership.member import OLDEST, LeavingReason
from domain.refusal import Refused
from domain.tariffs.assess import Cell
from domain.tariffs.grid import age_in_year, formulas, price
from projections.tariffs.queries import GridRow
from services.access import allow, own_drawer, tenant_of
from services.asking import asked, parts
from services.commands import membership
from services.schemas.membership import MemberGiven
from services.web.desk import Desk, recorded
from services.web.forms import Entry, Form, WrongValueError, day, name, one_of, text
from services.web.grids import cell_name, cells_of
from services.web.insurer.blueprint import blueprint
from services.web.insurer.members import member_row
from services.web.insurer.town import Place, place
from services.web.partnership import Partner
from services.web.refusals import sentence
from services.web.render import fragment, page
from services.web.standing import in_force
from services.web.words import LEAVING, SEXES, category

FIELDS: Final = (
    "formula", "category", "joined_on", "family_name", "given_name", "birth_date", "sex", "number", "email", "phone",
)  # fmt: skip


class Quote(msgspec.Struct, frozen=True):
    """The price that somebody would pay, from which cell of which grid, at which age."""

    cell: Cell
    name: str
    grid: GridRow
    age: int


@blueprint.get("/communes/<commune:code>/adherents/nouveau")
@allow("insurer")
def join(code: str) -> ResponseReturnValue:
    """The form of an adhesion."""
    desk = Desk()
    where = place(desk, code)
    return _join_form(where, desk, Form(typed={"joined_on": desk.today.isoformat(), "category": "general"}))


@blueprint.post("/communes/<commune:code>/adherents/nouveau")
@allow("insurer")
def join_sent(code: str) -> ResponseReturnValue:
    """Check and show the price, then record it."""
    desk = Desk()
    where = place(desk, code)
    form = Form.sent(request.form)
    values = form.read(_entries(where.partner, desk.today))
    if not form.refused:
        form.agree(MemberGiven(), {**values, "convention": where.partner.convention.id})
    if form.refused or form.value("do") == "change":
        return _join_form(where, desk, form)
    try:
        quote = _quote(where.partner, values)
        if form.value("do") != "record":
            return page(
                "insurer/join_check.jinja", where=where, form=form, values=values, quote=quote, fields=FIELDS
            )
        ask = asked(form.token)
        command = membership.JoinMember(
            id=ask.fresh_key(),
            convention=where.partner.convention.id,
            **{field: values[field] for field in FIELDS},
        )
        receipt = membership.join(parts().ledger, tenant_of(code), own_drawer(), command, ask)
    except Refused as refused:
        form.refuse(refused)
        return _join_form(where, desk, form)
    return recorded(url_for(".member", code=code, member=command.id), receipt)


@blueprint.get("/communes/<commune:code>/adherents/prix")
@allow("insurer")
def join_price(code: str) -> ResponseReturnValue:
    """The price as the form stands, for whoever fills it in; nothing while something is missing."""
    desk = Desk()
    where = place(desk, code)
    form = Form(typed=request.args)
    wanted = ("formula", "category", "joined_on", "birth_date")
    values = form.read([entry for entry in _entries(where.partner, desk.today) if entry.name in wanted])
    quote, problem = None, None
    if not form.refused:
        try:
            quote = _quote(where.partner, values)
        except Refused as refused:
            problem = sentence(refused)
    return fragment("insurer/price.jinja", quote=quote, problem=problem)


@blueprint.get("/communes/<commune:code>/adherents/<key:member>/depart")
@allow("insurer")
def leave(code: str, member: str) -> ResponseReturnValue:
    """The form of a departure."""
    desk = Desk()
    return _leave_form(code, member, desk, Form(typed={"left_on": desk.today.isoformat()}))


@blueprint.post("/communes/<commune:code>/adherents/<key:member>/depart")
@allow("insurer")
def leave_sent(code: str, member: str) -> ResponseReturnValue:
    """Record a departure."""
    desk = Desk()
    form = Form.sent(request.form)
    values = form.read(
        [
            Entry(
                "left_on", day, "Écrivez le premier jour sans contrat.", "Écrivez une date comme 25/11/2026."
            ),
            Entry("reason", one_of(list(LEAVING)), "Choisissez le motif du départ."),
        ]
    )
    if form.refused:
        return _leave_form(code, member, desk, form)
    reason: LeavingReason = values["reason"]
    command = membership.LeaveMember(id=member, left_on=values["left_on"], reason=reason)
    try:
        receipt = membership.leave(parts().ledger, tenant_of(code), own_drawer(), command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _leave_form(code, member, desk, form)
    return recorded(url_for(".member", code=code, member=member), receipt)


def _join_form(where: Place, desk: Desk, form: Form) -> ResponseReturnValue:
    grid = where.partner.grid or _first_to_come(where.partner, desk.today)
    return page(
        "insurer/join.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        form=form,
        formulas=[(formula, formula) for formula in _formulas(where.partner, desk.today)],
        categories=[(each, category(each)) for each in _categories(where.partner, desk.today)],
        sexes=list(SEXES.items()),
        grid=grid,
    )


def _leave_form(code: str, member: str, desk: Desk, form: Form) -> ResponseReturnValue:
    where = place(desk, code)
    return page(
        "insurer/leave.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        member=member_row(desk, tenant_of(code), member),
        form=form,
        reasons=list(LEAVING.items()),
    )


def _entries(partner: Partner, today: date) -> Sequence[Entry]:
    return (
        Entry(
            "formula",
            one_of(_formulas(partner, today)),
            "Choisissez une formule.",
            "Choisissez une formule de la liste.",
        ),
        Entry(
            "category",
            one_of(_categories(partner, today)),
            "Choisissez une catégorie.",
            "Choisissez une catégorie de la liste.",
        ),
        Entry("joined_on", day, "Écrivez la date d’adhésion.", "Écrivez une date comme 25/11/2026."),
        Entry("family_name", name, "Écrivez le nom."),
        Entry("given_name", name, "Écrivez le prénom."),
        Entry(
            "birth_date",
            day,
            "Écrivez la date de naissance.",
            "Écrivez la date de naissance comme 02/05/1954.",
        ),
        Entry("sex", one_of(list(SEXES))),
        Entry("number", number),
        Entry("email", email, wrong="Écrivez une adresse comme nom@exemple.fr, ou laissez vide."),
        Entry("phone", phone, wrong="Écrivez un numéro français à dix chiffres, ou laissez vide."),
    )


def number(value: str) -> str:
    """The insurer's own number of a member."""
    return text(value, 50)


def email(value: str) -> str:
    """An address that could be one."""
    return matching(r"[^\s@]{1,64}@[^\s@]{1,180}\.[^\s@.]{2,24}", text(value))


def phone(value: str) -> str:
    """A telephone number in its international form (E.164): `03 53 01 18 76` is `+33353011876`."""
    digits = re.sub(r"[\s.\-()]", "", value)
    if digits.startswith("0033"):
        digits = f"+33{digits[4:]}"
    if digits.startswith("0"):
        digits = f"+33{digits[1:]}"
    return matching(r"\+33[1-9]\d{8}|\+(?!33)[1-9]\d{6,14}", digits)


def matching(pattern: str, value: str) -> str:
    """The value, when it has the shape. Raises WrongValueError."""
    if re.fullmatch(pattern, value) is None:
        raise WrongValueError
    return value


def _grids(partner: Partner, today: date) -> list[GridRow]:
    """The grid in force and those to come: those that may price somebody who joins now."""
    present = in_force(partner.grids, today)
    first = present.effective_on if present else date.min
    return [grid for grid in partner.grids if grid.effective_on >= first]


def _first_to_come(partner: Partner, today: date) -> GridRow | None:
    return min(_grids(partner, today), key=lambda grid: grid.effective_on, default=None)


def _formulas(partner: Partner, today: date) -> list[str]:
    every = [formula for grid in _grids(partner, today) for formula in formulas(cells_of(grid))]
    return list(dict.fromkeys(every))


def _categories(partner: Partner, today: date) -> list[str]:
    every = [cell.id.category for grid in _grids(partner, today) for cell in cells_of(grid)]
    return sorted(set(every), key=lambda each: (each != "general", each))


def _quote(partner: Partner, values: Mapping[str, Any]) -> Quote:
    """The price. Refused as joining would be: no grid in force that day, no price for that person."""
    on, born = values["joined_on"], values["birth_date"]
    age = age_in_year(born, on)
    if born > on or age > OLDEST:
        raise Refused(
            "birth-date-wrong", "The birth date lies before the day of joining.", path="$.birth_date"
        )
    grid = in_force(partner.grids, on)
    if grid is None:
        raise Refused("no-grid-in-force", "No grid is in force.", path="$.joined_on", day=on)
    cell = price(cells_of(grid), values["formula"], values["category"], "adult", age)
    return Quote(cell, cell_name(cell.id), grid, age)
