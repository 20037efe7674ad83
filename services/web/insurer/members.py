"""Members: finding them as one types, and one member explained."""

from typing import Any, Final

import msgspec
from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.tariffs.grid import age_in_year
from domain.tenancy import Tenant, code_of
from infra.directory.records import Commune
from projections.crm import queries as crm
from projections.crm.queries import MemberRow
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.tariffs import queries as tariff_view
from projections.tariffs.queries import GridRow
from services.access import allow, commune_named, tenant_of
from services.asking import parts
from services.commands.perform import NotFoundError
from services.communes import communes
from services.web.desk import Desk
from services.web.exports import FileKind, download, euros
from services.web.insurer.blueprint import blueprint
from services.web.insurer.town import Where, place
from services.web.partnership import main_convention
from services.web.render import fragment, page, wants_fragment
from services.web.standing import in_force
from services.web.typography import ages
from services.web.words import LEAVING, category

PAGE: Final = 50
_EXPORTED: Final = 10_000


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page of members, and the address of the next one. `names` are the communes, where several are mixed."""

    rows: list[MemberRow]
    following: str | None
    search: str
    names: dict[str, Commune]
    code: str | None


@blueprint.get("/adherents")
@allow("insurer")
def all_members() -> ResponseReturnValue:
    """Every member, of every commune, by name."""
    desk = Desk()
    found = _found(desk, None, None)
    if wants_fragment():
        return fragment("insurer/members_table.jinja", found=found, today=desk.today)
    return page("insurer/all_members.jinja", found=found, today=desk.today, read=desk.seal)


@blueprint.get("/communes/<commune:code>/adherents")
@allow("insurer")
def members(code: str) -> ResponseReturnValue:
    """The members of a commune, found by the beginning of any word of their name, or by number."""
    desk = Desk()
    if wants_fragment():
        found = _found(desk, tenant_of(code), code)
        return fragment("insurer/members_table.jinja", found=found, today=desk.today)
    where = place(desk, code)
    found = _found(desk, tenant_of(code), code)
    return page("insurer/members.jinja", where=where, found=found, today=desk.today, read=desk.seal)


@blueprint.get("/communes/<commune:code>/adherents.<any(csv, xlsx):kind>")
@allow("insurer")
def members_file(code: str, kind: FileKind) -> ResponseReturnValue:
    """The members that the same search finds, as a file."""
    desk = Desk()
    tenant = tenant_of(code)
    place(desk, code)
    rows = desk.read(
        lambda reader: crm.members(
            reader, tenant, desk.own, search=request.args.get("q", ""), limit=_EXPORTED
        )
    )
    headers = (
        "Numéro", "Nom", "Prénom", "Date de naissance", "Adhésion", "Départ", "Motif", "Formule", "Catégorie",
        "Prix mensuel", "Grille", "Courriel", "Téléphone",
    )  # fmt: skip
    return download(
        kind,
        f"adherents-{code}",
        headers,
        (
            (
                row.number,
                row.family_name,
                row.given_name,
                row.birth_date,
                row.joined_on,
                row.left_on,
                LEAVING.get(row.left_reason or "", row.left_reason),
                row.formula,
                category(row.category),
                euros(row.price),
                row.grid,
                row.email,
                row.phone,
            )
            for row in rows
        ),
    )


@blueprint.get("/communes/<commune:code>/adherents/<key:member>")
@allow("insurer")
def member(code: str, member: str) -> ResponseReturnValue:
    """One member: who, at which price and why, and what happened."""
    desk = Desk()
    row, grids = _explained(desk, tenant_of(code), member)
    grid = next((each for each in grids if each.id == row.grid), None)
    return page(
        "insurer/member.jinja",
        where=Where(commune=commune_named(code)),
        member=row,
        age=age_in_year(row.birth_date, desk.today) if row.birth_date else None,
        grid=grid,
        bracket=ages(row.cell_from, row.cell_to),
        current=in_force(grids, desk.today),
        today=desk.today,
        read=desk.seal,
    )


def _found(desk: Desk, tenant: Tenant | None, code: str | None) -> Found:
    search = request.args.get("q", "")
    key, identity = request.args.get("apres"), request.args.get("ref")
    after = (key, identity) if key is not None and identity is not None else None
    rows = desk.read(
        lambda reader: crm.members(reader, tenant, desk.own, search=search, after=after, limit=PAGE + 1)
    )
    following = None
    if len(rows) > PAGE:
        last = rows[PAGE - 1]
        saved: dict[str, Any] = {"q": search} if search else {}
        if code:
            saved["code"] = code
        endpoint = ".members" if code else ".all_members"
        following = url_for(endpoint, **saved, apres=last.sort_key or "", ref=last.id)
    shown = rows[:PAGE]
    names = communes(parts(), {code_of(row.tenant) for row in shown}) if code is None else {}
    return Found(rows=shown, following=following, search=search, names=dict(names), code=code)


def _explained(desk: Desk, tenant: Tenant, member: str) -> tuple[MemberRow, list[GridRow]]:
    """One member, and the grids of the convention that counts today. Raises NotFoundError."""
    owners = [desk.accord]

    def query(reader: Reader) -> tuple[MemberRow, list[GridRow]]:
        row = reader.later(lambda reader: crm.member(reader, tenant, desk.own, member))
        grids = reader.later(lambda reader: tariff_view.grids(reader, tenant, owners))
        conventions = oversight.conventions(reader, tenant, owners, as_of=desk.today)
        if row.found is None or not conventions:
            raise NotFoundError(member)
        main = main_convention(conventions, desk.today)
        return row.found, [grid for grid in grids.found if grid.convention == main.id]

    return desk.read(query)


def member_row(desk: Desk, tenant: Tenant, member: str) -> MemberRow:
    """One member. Raises NotFoundError."""
    row = desk.read(lambda reader: crm.member(reader, tenant, desk.own, member))
    if row is None:
        raise NotFoundError(member)
    return row
