"""A case as the insurer reads it: the town's page, and what the insurer may do; the explanation is written here."""

from typing import Final

import msgspec
from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from domain.partnerships.document import LARGEST
from domain.refusal import Refused
from domain.tariffs.evidence import CaseCell
from domain.tariffs.exemptions import NEVER_EXEMPTED
from domain.tenancy import Owner
from projections.compliance import case_queries
from projections.compliance import queries as compliance
from projections.crm import queries as crm
from projections.tariffs import queries as tariff_view
from services.access import allow, tenant_of
from services.asking import asked, parts
from services.commands import cases
from services.commands.perform import NotFoundError
from services.schemas.text import CLAUSE
from services.web.attachments import ACCEPT, SEVERAL, file_several
from services.web.case_file import Material, case_file, read_case
from services.web.desk import Desk, recorded
from services.web.forms import Entry, Form, written
from services.web.insurer.blueprint import blueprint
from services.web.insurer.touched import Touched, touched
from services.web.insurer.view import sight_of
from services.web.render import page
from services.web.sight import Sight
from services.web.typography import count
from services.web.uploads import takes_files

_TEXT: Final = Entry(
    "text", written(CLAUSE), "Écrivez votre explication : pourquoi ce prix, et ce que vous proposez."
)


@blueprint.get("/communes/<commune:code>/dossiers/<key:case>")
@allow("insurer")
def case(code: str, case: str) -> ResponseReturnValue:
    """The case, who must act by when, the members it touches, and what the insurer may do."""
    sight = sight_of(code)
    found = _found(sight, case)
    file = case_file(found, sight.today)
    counted = _touched(sight, found)
    return page(
        "insurer/case.jinja",
        sight=sight,
        links=sight.links,
        file=msgspec.structs.replace(file, members=_told(counted)),
        moves=file.moves("insurer"),
        touched=counted,
        corrected=_standing_grid(found),
        exemptible=found.case.rule not in NEVER_EXEMPTED,
        requested=_requested(sight, found),
        read=sight.seal,
    )


@blueprint.get("/communes/<commune:code>/dossiers/<key:case>/explication")
@allow("insurer")
def explain(code: str, case: str) -> ResponseReturnValue:
    """The form of an explanation."""
    return _form(sight_of(code), case, Form())


@blueprint.post("/communes/<commune:code>/dossiers/<key:case>/explication")
@allow("insurer")
@takes_files(LARGEST)
def explain_sent(code: str, case: str) -> ResponseReturnValue:
    """Explain, with documents."""
    sight = sight_of(code)
    found = _found(sight, case)
    form = Form.sent(request.form)
    text = form.read([_TEXT])["text"]
    tenant, owner = tenant_of(code), Owner(found.case.owner)
    digests = (
        () if form.refused else file_several(form, "files", tenant, owner, f"Explication, dossier {case[:8]}")
    )
    if form.refused:
        return _form(sight, case, form)
    command = cases.ExplainCase(case=case, text=text, documents=digests)
    try:
        receipt = cases.explain(parts().ledger, tenant, owner, command, asked(form.token))
    except Refused as refused:
        form.refuse(refused)
        return _form(sight, case, form)
    return recorded(url_for(".case", code=code, case=case), receipt)


@blueprint.get("/communes/<commune:code>/alertes/<key:breach>")
@allow("insurer")
def breach(code: str, breach: str) -> ResponseReturnValue:
    """Where a breach is told: in its case, or in the grid that no longer breaks anything."""
    desk = Desk()
    tenant = tenant_of(code)
    row, found = desk.read(
        lambda reader: (
            compliance.breach(reader, tenant, [desk.accord], breach),
            case_queries.case_of_breach(reader, tenant, [desk.accord], breach),
        )
    )
    if found is not None:
        return redirect(url_for(".case", code=code, case=found), 301)
    if row is None:
        raise NotFoundError(breach)
    if row.grid is not None:
        return redirect(url_for(".grid", code=code, grid=row.grid), 303)
    return redirect(url_for(".town", code=code), 303)


def _found(sight: Sight, case: str) -> Material:
    return sight.read(lambda reader: read_case(reader, sight.tenant, sight.owners, case))


def _form(sight: Sight, case: str, form: Form) -> ResponseReturnValue:
    found = _found(sight, case)
    file = case_file(found, sight.today)
    return page(
        "insurer/explain.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        sight=sight,
        links=sight.links,
        file=file,
        may="explanation" in file.moves("insurer"),
        form=form,
        hint=f"{SEVERAL} La ville peut les lire.",
        file_types=ACCEPT,
        answer_days=found.convention.clocks.answer_days,
    )


def _touched(sight: Sight, found: Material) -> list[Touched]:
    profiles = sight.read(
        lambda reader: crm.members_by_profile(
            reader, sight.tenant, sight.desk.own, found.case.convention, sight.today
        )
    )
    cells = [msgspec.convert(cell, CaseCell) for cell in found.case.cells]
    return touched(cells, found.case.unit, profiles, sight.today)


def _told(counted: list[Touched]) -> str:
    """The sentence under the prices: exact, as the contracts are the insurer's own."""
    known = [each.members for each in counted if each.members is not None]
    if not known:
        return "Ces prix ne sont ceux d’aucun contrat que vous suivez ici."
    told = count(sum(known), "de vos adhérents est concerné", "de vos adhérents sont concernés")
    return f"{told} par ces prix aujourd’hui."


def _standing_grid(found: Material) -> str | None:
    """The grid to correct: the last of the chain of corrections that this case is about."""
    name = found.breach.grid if found.breach else None
    name = name or found.case.grid
    later = {grid.corrects: grid.id for grid in found.grids if grid.corrects}
    while name in later:
        name = later[name]
    return name


def _requested(sight: Sight, found: Material) -> str | None:
    """An exemption of this commitment that waits for the town."""
    rows = sight.read(
        lambda reader: tariff_view.exemptions(reader, sight.tenant, sight.owners, found.case.convention)
    )
    waiting = [row for row in rows if row.state == "requested" and row.asked]
    return next(
        (row.id for row in waiting if row.asked and found.case.commitment in row.asked.commitments), None
    )
