"""The cases of a town: which wait for whom, each with its evidence; old addresses of alerts lead to them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from infra.clock import PARIS
from projections.compliance import case_queries
from projections.compliance.case_queries import CaseRow
from services.access import allow
from services.commands.perform import NotFoundError
from services.web.case_words import CASE_STATES, TONES, left
from services.web.exports import FileKind, download
from services.web.render import page
from services.web.sight import town_sight
from services.web.town.blueprint import blueprint
from services.web.town_facts import Town, town_of
from services.web.town_pages import case_page
from services.web.town_words import headline_of

_TURNS: Final[Mapping[str, str]] = {
    "town": "La ville",
    "insurer": "L’organisme",
    "closed": "Personne, dossier clos",
}


@blueprint.get("/dossiers")
@allow("town")
def cases() -> ResponseReturnValue:
    """Every case, those due first."""
    sight = town_sight()
    town = town_of(sight)
    rows = _filtered(town.cases)
    return page(
        "town/cases.jinja",
        sight=sight,
        links=sight.links,
        rows=rows,
        every=len(town.cases),
        title=_title(town.cases, "votre réponse" if sight.acts else "la réponse de la ville"),
        headlines={row.id: headline_of(town, row) for row in rows},
        names={partner.owner: partner.name for partner in town.partners},
        states=CASE_STATES,
        tones=TONES,
        turns=_TURNS,
        filters=_filters(),
        left=left,
        today=sight.today,
        read=sight.seal,
    )


@blueprint.get("/dossiers.<any(csv, xlsx):kind>")
@allow("town")
def cases_file(kind: FileKind) -> ResponseReturnValue:
    """The same rows and columns as a file."""
    sight = town_sight()
    town = town_of(sight)
    return download(
        kind,
        f"dossiers-{sight.code}",
        (
            "Dossier",
            "Ce qui ne va pas",
            "Organisme",
            "Article",
            "État",
            "À qui d’agir",
            "Avant le",
            "Constaté le",
        ),
        (_exported(town, row) for row in _filtered(town.cases)),
    )


@blueprint.get("/dossiers/<key:case>")
@allow("town")
def case(case: str) -> ResponseReturnValue:
    """One case."""
    return case_page(town_sight(), case)


@blueprint.get("/alertes/<key:breach>")
@allow("town")
def alert(breach: str) -> ResponseReturnValue:
    """Where a breach is told today: in its case."""
    sight = town_sight()
    found = sight.read(lambda reader: case_queries.case_of_breach(reader, sight.tenant, sight.owners, breach))
    if found is None:
        raise NotFoundError(breach)
    return redirect(url_for(".case", case=found), 301)


def _filters() -> dict[str, str]:
    asked = {"etat": request.args.get("etat", ""), "tour": request.args.get("tour", "")}
    return {
        "etat": asked["etat"] if asked["etat"] in CASE_STATES else "",
        "tour": asked["tour"] if asked["tour"] in _TURNS else "",
    }


def _filtered(rows: Sequence[CaseRow]) -> list[CaseRow]:
    wanted = _filters()
    return [
        row
        for row in rows
        if (not wanted["etat"] or row.state == wanted["etat"])
        and (not wanted["tour"] or (row.turn or "closed") == wanted["tour"])
    ]


def _title(rows: Sequence[CaseRow], answer: str) -> str:
    open_ = [row for row in rows if row.open]
    if not rows:
        return "Aucun engagement n’a été rompu"
    if not open_:
        return "Tous les dossiers sont clos"
    mine = sum(row.turn == "town" for row in open_)
    said = "Un dossier est ouvert" if len(open_) == 1 else f"{len(open_)} dossiers sont ouverts"
    if mine == 0:
        return said
    if mine == 1:
        return f"{said}, un attend {answer}" if len(open_) > 1 else f"{said} et attend {answer}"
    return f"{said}, {mine} attendent {answer}"


def _exported(town: Town, row: CaseRow) -> tuple[Any, ...]:
    partner = town.partner_of(row.owner)
    return (
        row.id[:8],
        headline_of(town, row),
        partner.name if partner else None,
        row.article,
        CASE_STATES[row.state],
        _TURNS[row.turn or "closed"],
        row.due_on,
        row.opened_at.astimezone(PARIS).date(),
    )
