"""A grouping's communes on one page, those with something broken first; the address is the saved filter."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from flask import request
from flask.typing import ResponseReturnValue

from domain.text import search_key, words
from services.access import allow
from services.web.desk import Desk
from services.web.exports import FileKind, download
from services.web.grouping.blueprint import blueprint
from services.web.grouping.lines import STAGES, WORST_FIRST, Line, lines_of
from services.web.listing import Listing
from services.web.render import page
from services.web.typography import in_words, plural
from services.web.words import LINE_STATES
from services.web.words import STAGES as STAGE_WORDS

STATES: Final = ("broken", "disputed", "undecidable", "exempted", "kept")
"""The five states of a commitment, the worst first."""

WITHOUT: Final = "Aucune convention"
_STAGES: Final = {**STAGE_WORDS, "without": WITHOUT}
_NONE: Final = -1


def _number(state: str) -> Callable[[Line], Any]:
    return lambda line: _NONE if line.number(state) is None else line.number(state)


_KEYS: Final[Mapping[str, Callable[[Line], Any]]] = {
    "commune": lambda line: (search_key(line.name), line.insurer or ""),
    "organisme": lambda line: (line.insurer is None, search_key(line.insurer or ""), search_key(line.name)),
    "etape": lambda line: (STAGES.index(line.stage), search_key(line.name)),
    "etat": lambda line: (
        line.agreement is None, WORST_FIRST.index(line.state), -(line.number(line.state) or 0), _due(line),
        search_key(line.name),
    ),
    **{state: _number(state) for state in STATES},
    "dossiers": lambda line: line.cases,
    "echeance": lambda line: (_due(line), search_key(line.name)),
    "adherents": lambda line: line.figures.members or 0 if line.figures else _NONE,
}  # fmt: skip
_LISTING: Final = Listing[Line](
    endpoint="grouping.communes",
    keys=_KEYS,
    usual="etat",
    filters=("q", "etape", "etat"),
    identity=lambda line: line.identity,
)


@blueprint.get("")
@allow("grouping")
def communes() -> ResponseReturnValue:
    """Every commune of the grouping, filtered and sorted as the address says."""
    desk = Desk()
    every = lines_of(desk)
    shown = _LISTING.ordered(_filtered(every))
    rows, following = _LISTING.paged(shown)
    return page(
        "grouping/communes.jinja",
        density="compact",
        title=_title(every),
        every=every,
        rows=rows,
        total=len(shown),
        following=following,
        sorts=_LISTING.sorts(),
        saved=_LISTING.saved(),
        chosen=_LISTING.chosen(),
        order=request.args.get("tri", ""),
        stages=_STAGES,
        states=[(state, LINE_STATES[state]) for state in WORST_FIRST],
        five=STATES,
        members=members,
        read=desk.seal,
    )


@blueprint.get("/communes.<any(csv, xlsx):kind>")
@allow("grouping")
def communes_file(kind: FileKind) -> ResponseReturnValue:
    """The same rows as a file."""
    desk = Desk()
    headers = (
        "Commune", "Code INSEE", "Organisme", "Convention", "Rompus", "Contestés", "Sans verdict", "Dérogations",
        "Tenus", "Dossiers", "Prochaine échéance", "Objet", "Adhérents", "Comptés le", "Fictif",
    )  # fmt: skip
    return download(
        kind,
        "communes",
        headers,
        (
            (
                line.name,
                line.code,
                line.insurer,
                _STAGES[line.stage],
                *(line.number(state) for state in STATES),
                line.cases if line.agreement else None,
                line.next.on if line.next else None,
                line.next.words if line.next else None,
                members(line),
                line.figures.on_day if line.figures else None,
                line.agreement.fictitious if line.agreement else None,
            )
            for line in _LISTING.ordered(_filtered(lines_of(desk)))
        ),
    )


def members(line: Line) -> int | str | None:
    """Members at the last published month's end, or why there is no figure; None without a convention."""
    if line.agreement is None:
        return None
    if line.figures is None:
        return "Non communiqué"
    return "Non diffusé" if line.figures.members is None else line.figures.members


def _filtered(lines: Sequence[Line]) -> list[Line]:
    asked = _LISTING.chosen()
    beginnings = words(asked["q"])
    return [
        line
        for line in lines
        if (not asked["etape"] or line.stage == asked["etape"])
        and (not asked["etat"] or (line.agreement is not None and line.state == asked["etat"]))
        and all(_answers(line, beginning) for beginning in beginnings)
    ]


def _answers(line: Line, beginning: str) -> bool:
    """Whether a word of the commune's or the insurer's name, the code or a postcode begins so."""
    postcodes = line.commune.postcodes if line.commune else ()
    names = [*words(line.name), *words(line.insurer or ""), line.code.casefold(), *postcodes]
    return any(name.startswith(beginning) for name in names)


def _due(line: Line) -> date:
    return line.next.on if line.next else date.max


def _title(lines: Sequence[Line]) -> str:
    """The sentence that answers: in how many communes something is broken."""
    if not lines:
        return "Aucune commune ne vous est rattachée"
    codes = {line.code for line in lines}
    if not any(line.agreement for line in lines):
        return (
            "Votre commune n’a pas de convention"
            if len(codes) == 1
            else f"Aucune de vos {len(codes)} communes n’a de convention"
        )
    where = "votre commune" if len(codes) == 1 else f"vos {len(codes)} communes"
    for state, one, many in (
        ("broken", "engagement est rompu", "engagements sont rompus"),
        ("disputed", "engagement est contesté", "engagements sont contestés"),
    ):
        number = sum(line.number(state) or 0 for line in lines)
        if number:
            among = len({line.code for line in lines if line.number(state)})
            there = f"{in_words(among, feminine=True)} de {where}" if among < len(codes) else where
            return f"{in_words(number).capitalize()} {plural(number, one, many)} dans {there}"
    if any(not line.judged for line in lines):
        return f"Un nouveau tarif est en cours de vérification dans {where}"
    return f"Aucun engagement n’est rompu dans {where}"
