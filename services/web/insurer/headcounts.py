"""Headcounts of a convention: how many members each price holds on a day, from the insurer's own file or an upload.

They stay with the insurer: an average rise is weighted by them, and the town reads the average alone.
"""

from collections.abc import Sequence
from datetime import date

import msgspec
from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from domain.tariffs.assess import CellId
from domain.tenancy import Tenant
from projections.crm import queries as crm
from projections.tariffs import queries as tariff_view
from projections.tariffs.queries import HeadcountRow
from services.access import allow
from services.asking import asked, parts
from services.commands.given import CellNamed
from services.commands.headcounts import CountedCell, TakeHeadcount, cells_in_force, counted, take_headcount
from services.web.desk import Desk, recorded
from services.web.exports import FileKind, download
from services.web.forms import Entry, Form, day
from services.web.grids import cell_name
from services.web.insurer.blueprint import blueprint
from services.web.insurer.drafts import pasted_or_sent
from services.web.insurer.town import Place, place
from services.web.names import grid_name
from services.web.render import page
from services.web.sheets import LARGEST
from services.web.typography import count
from services.web.uploads import takes_files


class Taken(msgspec.Struct, frozen=True):
    """A headcount, and its counts by cell name."""

    row: HeadcountRow
    counts: Sequence[tuple[str, int]]


@blueprint.get("/communes/<commune:code>/effectifs")
@allow("insurer")
def headcounts(code: str) -> ResponseReturnValue:
    """The headcounts that were taken, and the form of another."""
    desk = Desk()
    return _page(desk, place(desk, code), Form(typed={"taken_on": desk.today.isoformat()}))


@blueprint.get("/communes/<commune:code>/effectifs.<any(csv, xlsx):kind>")
@allow("insurer")
def headcounts_file(code: str, kind: FileKind) -> ResponseReturnValue:
    """The same rows as a file, a price a line."""
    desk = Desk()
    return download(
        kind,
        f"effectifs-{code}",
        ("Décompte", "Au", "Formule, âge", "Adhérents"),
        (
            (taken.row.id, taken.row.taken_on, name, number)
            for taken in _taken(desk, place(desk, code))
            for name, number in taken.counts
        ),
    )


@blueprint.post("/communes/<commune:code>/effectifs")
@allow("insurer")
@takes_files(LARGEST)
def headcounts_sent(code: str) -> ResponseReturnValue:
    """Take a headcount: from the members in force that day, or from a file."""
    desk = Desk()
    where = place(desk, code)
    form = Form.sent(dict(request.form))
    values = form.read(
        [
            Entry(
                "taken_on",
                day,
                "Écrivez le jour du décompte.",
                "Écrivez une date comme 25/11/2026.",
            ),
            Entry("id", grid_name),
        ]
    )
    cells: tuple[CountedCell, ...] = ()
    try:
        if form.value("do") == "file":
            cells = _given(form)
        elif not form.refused:
            cells = _from_members(desk, where, form, values["taken_on"])
        if form.refused:
            return _page(desk, where, form)
        command = TakeHeadcount(
            convention=where.partner.convention.id,
            id=values["id"] or f"{values['taken_on']:%Y-%m-%d}",
            taken_on=values["taken_on"],
            cells=cells,
        )
        receipt = take_headcount(
            parts().ledger, Tenant(where.partner.tenant), desk.own, command, asked(form.token)
        )
    except Refused as refused:
        form.refuse(refused, {"cells": "paste"})
        return _page(desk, where, form)
    return recorded(url_for(".headcounts", code=code), receipt)


def _given(form: Form) -> tuple[CountedCell, ...]:
    pasted = pasted_or_sent(form, counts=True)
    if pasted is None:
        form.errors["paste"] = "Collez les effectifs, ou choisissez un fichier."
        return ()
    return tuple(CountedCell(**cell.id()._asdict(), count=int(cell.monthly)) for cell in pasted.cells)


def _from_members(desk: Desk, where: Place, form: Form, taken_on: date) -> tuple[CountedCell, ...]:
    tenant, convention = Tenant(where.partner.tenant), where.partner.convention.id
    cells = cells_in_force(parts().ledger, tenant, desk.own, convention, taken_on)
    profiles = desk.read(
        lambda reader: crm.members_by_profile(reader, tenant, desk.own, convention, taken_on)
    )
    found = counted(profiles, cells, taken_on)
    if found.without:
        form.general.append(
            f"{count(found.without, 'adhérent n’a', 'adhérents n’ont')} pas de prix dans la grille en vigueur ce "
            "jour-là. Corrigez la formule ou la catégorie, ou déposez les effectifs par fichier."
        )
    return found.cells


def _taken(desk: Desk, where: Place) -> list[Taken]:
    partner = where.partner
    rows = desk.read(
        lambda reader: tariff_view.headcounts(reader, partner.tenant, desk.own, partner.convention.id)
    )
    return [Taken(row, _counts(row)) for row in rows]


def _counts(row: HeadcountRow) -> list[tuple[str, int]]:
    stored = msgspec.json.decode(parts().ledger.documents.get(row.document))["cells"]
    found = []
    for cell in stored:
        named = CellNamed(**{name: cell[name] for name in CellId._fields})
        found.append((cell_name(named.id()), int(cell["count"])))
    return found


def _page(desk: Desk, where: Place, form: Form) -> ResponseReturnValue:
    return page(
        "insurer/headcounts.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        form=form,
        taken=_taken(desk, where),
        read=desk.seal,
    )
