"""The cases of a town: which wait for whom, each with its evidence; old addresses of alerts lead to them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from infra.clock import PARIS
from projections.compliance import case_queries
from projections.compliance.case_queries import CaseRow
from projections.engine.reading import Reader
from projections.oversight import queries as oversight
from projections.oversight.queries import ConventionRow
from services.access import allow
from services.commands.perform import NotFoundError
from services.web.case_words import CASE_STATES, TONES, left
from services.web.exports import FileKind, download
from services.web.partnership import by_owner, main_convention
from services.web.render import page
from services.web.sight import Sight, town_sight
from services.web.town.blueprint import blueprint
from services.web.town_facts import MOST_CASES
from services.web.town_pages import case_page
from services.web.town_words import headline_in

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
    every, conventions = _read(sight)
    rows = _filtered(every)
    return page(
        "town/cases.jinja",
        sight=sight,
        links=sight.links,
        rows=rows,
        every=len(every),
        title=_title(every, "votre réponse" if sight.acts else "la réponse de la ville"),
        headlines={row.id: headline_in(conventions.get(row.owner), row) for row in rows},
        names={owner: row.insurer_name for owner, row in conventions.items()},
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
    every, conventions = _read(sight)
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
        (_exported(conventions.get(row.owner), row) for row in _filtered(every)),
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


def _read(sight: Sight) -> tuple[list[CaseRow], dict[str, ConventionRow]]:
    """The cases of the town, and by drawer the convention that counts today."""
    tenant, owners = sight.tenant, sight.owners

    def query(reader: Reader) -> tuple[list[CaseRow], dict[str, ConventionRow]]:
        cases = reader.later(lambda reader: case_queries.cases(reader, tenant, owners, limit=MOST_CASES))
        every = oversight.conventions(reader, tenant, owners, as_of=sight.today)
        return cases.found, {
            owner: main_convention(mine, sight.today) for owner, mine in by_owner(every).items()
        }

    return sight.read(query)


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


def _exported(convention: ConventionRow | None, row: CaseRow) -> tuple[Any, ...]:
    return (
        row.id[:8],
        headline_in(convention, row),
        convention.insurer_name if convention else None,
        row.article,
        CASE_STATES[row.state],
        _TURNS[row.turn or "closed"],
        row.due_on,
        row.opened_at.astimezone(PARIS).date(),
    )
