"""The documents that a town shares with its insurers: what each is about, when it was filed, and its bytes."""

import io
from collections.abc import Sequence
from typing import Final

from flask import Response, request, send_file, url_for
from flask.typing import ResponseReturnValue

from domain.partnerships.document import LARGEST
from domain.tenancy import accord
from projections.compliance import case_queries
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow, DocumentRow
from services.access import allow
from services.asking import parts
from services.commands.perform import NotFoundError
from services.web.attachments import ACCEPT, HINT, file_sent
from services.web.desk import recorded
from services.web.exports import FileKind, download
from services.web.forms import Entry, Form, one_of, text
from services.web.render import page
from services.web.sight import Sight, town_sight
from services.web.town.blueprint import blueprint
from services.web.town_facts import Town, town_of
from services.web.uploads import takes_files

_MOST: Final = 500
_MINE: Final = "La ville"


@blueprint.get("/documents")
@allow("town")
def documents() -> ResponseReturnValue:
    """Everything that was filed, the last first, and the form to file one."""
    return _page(town_sight(), Form())


@blueprint.post("/documents")
@allow("town")
@takes_files(LARGEST)
def documents_sent() -> ResponseReturnValue:
    """File a document in the drawer shared with an insurer."""
    sight, form = town_sight(), Form.sent(request.form)
    town = town_of(sight)
    partners = [partner.siren for partner in town.partners]
    values = form.read(
        [
            Entry(
                "siren",
                one_of(partners),
                "Choisissez l’organisme qui lira ce document.",
                "Choisissez un organisme.",
            ),
            Entry("about", text),
        ]
    )
    filed = None
    if not form.refused:
        filed = file_sent(form, "piece", sight.tenant, accord(values["siren"]), values["about"])
        if filed is None and not form.refused:
            form.errors["piece"] = "Choisissez un fichier."
    if filed is None:
        return _page(sight, form)
    return recorded(url_for(".documents"), filed.receipt)


@blueprint.get("/documents.<any(csv, xlsx):kind>")
@allow("town")
def documents_file(kind: FileKind) -> ResponseReturnValue:
    """The same list as a file."""
    sight = town_sight()
    town = town_of(sight)
    rows, cited = _rows(sight, town)
    names = {partner.owner: partner.name for partner in town.partners}
    return download(
        kind,
        f"documents-{sight.code}",
        ("Document", "Partagé avec", "À propos de", "Cité par", "Déposé le", "Octets", "SHA-256", "Écriture"),
        (
            (
                row.name, names.get(row.owner), row.about, " ; ".join(cited.get((row.owner, row.sha256), ())) or None,
                row.filed_at, row.size, row.sha256, row.position,
            )
            for row in rows
        ),
    )  # fmt: skip


@blueprint.get("/documents/<siren:siren>/<key:sha256>")
@allow("town")
def document(siren: str, sha256: str) -> Response:
    """The bytes of one document."""
    sight = town_sight()
    owner = accord(siren)
    if owner not in sight.owners:
        raise NotFoundError(siren)
    row = sight.read(lambda reader: oversight.document(reader, sight.tenant, owner, sha256))
    if row is None:
        raise NotFoundError(sha256)
    # The bytes are read by their digest, from a row that row-level security has let through.
    content = parts().ledger.documents.get(row.sha256)
    answer = send_file(
        io.BytesIO(content),
        mimetype=row.media_type,
        as_attachment=True,
        download_name=row.name,
        etag=row.sha256,
    )
    answer.headers["Content-Type"] = row.media_type
    return answer


def _page(sight: Sight, form: Form) -> ResponseReturnValue:
    town = town_of(sight)
    rows, cited = _rows(sight, town)
    return page(
        "town/documents.jinja",
        status=422 if form.refused else 200,
        errors=form.refused,
        sight=sight,
        links=sight.links,
        rows=rows,
        cited=cited,
        partners=town.partners,
        names={partner.owner: partner for partner in town.partners},
        form=form,
        file_hint=HINT,
        file_types=ACCEPT,
        read=sight.seal,
    )


Cited = dict[tuple[str, str], list[str]]


def _rows(sight: Sight, town: Town) -> tuple[list[DocumentRow], Cited]:
    """The documents, the last filed first, and who put each of them where."""

    def query(reader: Reader) -> tuple[list[DocumentRow], Cited]:
        rows: list[DocumentRow] = []
        cited: Cited = {}
        for partner in town.partners:
            rows += oversight.documents(reader, sight.tenant, partner.owner, limit=_MOST)
            for convention in [partner.convention, *partner.others]:
                _cite_convention(cited, convention, partner.name)
            for grid in partner.grids:
                _cite(cited, partner.owner, grid.justification, f"{partner.name}, grille « {grid.id} »")
        for row in town.exemptions:
            name = next((each.name for each in town.partners if each.owner == row.owner), "L’organisme")
            for digest in row.documents:
                _cite(cited, row.owner, digest, f"{name}, demande de dérogation « {row.id} »")
            _cite(cited, row.owner, row.document, f"{_MINE}, décision sur la dérogation « {row.id} »")
        for case in town.cases:
            for step in case_queries.steps(reader, sight.tenant, [case.owner], case.id):
                who = _MINE if step.by_side == "town" else "L’organisme"
                for digest in step.documents:
                    _cite(cited, case.owner, digest, f"{who}, dossier {case.id[:8]}")
        return sorted(rows, key=lambda row: -row.position), cited

    return sight.read(query)


def _cite_convention(cited: Cited, row: ConventionRow, name: str) -> None:
    _cite(cited, row.owner, row.document, f"{name}, convention signée le {row.signed_on:%d/%m/%Y}")
    if row.council_vote is not None:
        _cite(cited, row.owner, row.council_vote.document, f"{name}, délibération sur la convention")
    for each in row.amendments:
        _cite(cited, row.owner, each.document, f"{_MINE}, avenant du {each.effective_on:%d/%m/%Y}")
    if row.notice is not None:
        who = _MINE if row.notice.by == "town" else name
        _cite(cited, row.owner, row.notice.document, f"{who}, résiliation")


def _cite(cited: Cited, owner: str, digest: str | None, words: str) -> None:
    if digest is None:
        return
    said: Sequence[str] = cited.get((owner, digest), ())
    if words not in said:
        cited[owner, digest] = [*said, words]
