"""The insurer’s own tariff with a convention: the grids that a promised discount is measured on, and another one."""

from typing import Final

from flask import request, url_for
from flask.typing import ResponseReturnValue

from domain.refusal import Refused
from domain.tariffs.grid import from_document
from projections.tariffs import queries as tariff_view
from projections.tariffs.queries import ReferenceGridRow
from services.access import allow, own_accord, tenant_of
from services.asking import asked, parts
from services.commands.references import DepositReference, deposit_reference
from services.web.desk import Desk, recorded
from services.web.exports import FileKind, download
from services.web.forms import Entry, Form, day, text
from services.web.grids import GridTable, table
from services.web.insurer.blueprint import blueprint
from services.web.insurer.drafts import pasted_or_sent
from services.web.insurer.town import Place, place
from services.web.names import grid_name
from services.web.render import page
from services.web.sheets import LARGEST
from services.web.uploads import takes_files

_ENTRIES: Final = (
    Entry("id", grid_name, "Donnez un nom à ce tarif, par exemple individuel-2027."),
    Entry(
        "valid_from", day, "Écrivez le premier jour où ce tarif compte.", "Écrivez une date comme 25/11/2026."
    ),
    Entry("product", text, "Nommez le produit individuel."),
    Entry("source", text, "Dites où ce tarif est publié."),
)


@blueprint.get("/communes/<commune:code>/tarif-de-reference")
@allow("insurer")
def references(code: str) -> ResponseReturnValue:
    """The reference grids of the convention, and the form of another."""
    desk = Desk()
    return _page(desk, place(desk, code), Form())


@blueprint.get("/communes/<commune:code>/tarif-de-reference.<any(csv, xlsx):kind>")
@allow("insurer")
def references_file(code: str, kind: FileKind) -> ResponseReturnValue:
    """The same rows as a file."""
    desk = Desk()
    where = place(desk, code)
    return download(
        kind,
        f"tarif-de-reference-{code}",
        ("Tarif", "Produit", "Compte à partir du", "Prix", "Source", "Déposé le"),
        (
            (row.id, row.product, row.valid_from, row.cells, row.source, row.recorded_at)
            for row in _rows(desk, where)
        ),
    )


@blueprint.post("/communes/<commune:code>/tarif-de-reference")
@allow("insurer")
@takes_files(LARGEST)
def references_sent(code: str) -> ResponseReturnValue:
    """Deposit a reference grid."""
    desk = Desk()
    where = place(desk, code)
    form = Form.sent(dict(request.form))
    values = form.read(_ENTRIES)
    pasted = pasted_or_sent(form)
    if pasted is None:
        form.errors["paste"] = "Collez le tarif, ou choisissez un fichier."
    if pasted is None or form.refused:
        return _page(desk, where, form)
    command = DepositReference(convention=where.partner.convention.id, cells=pasted.cells, **values)
    try:
        receipt = deposit_reference(parts().ledger, tenant_of(code), own_accord(), command, asked(form.token))
    except Refused as refused:
        form.refuse(refused, {"cells": "paste"})
        return _page(desk, where, form)
    return recorded(url_for(".references", code=code), receipt)


def _rows(desk: Desk, where: Place) -> list[ReferenceGridRow]:
    partner = where.partner
    return desk.read(
        lambda reader: tariff_view.reference_grids(
            reader, partner.tenant, [partner.owner], partner.convention.id
        )
    )


def _page(desk: Desk, where: Place, form: Form) -> ResponseReturnValue:
    rows = _rows(desk, where)
    tables: list[GridTable] = [
        table(from_document(parts().ledger.documents.get(row.document))) for row in rows
    ]
    return page(
        "insurer/references.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        where=where,
        form=form,
        rows=list(zip(rows, tables, strict=True)),
        promised=any(clause["rule"] == "MIN_DISCOUNT" for clause in where.partner.convention.commitments),
        read=desk.seal,
    )
