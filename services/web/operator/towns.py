"""Every commune with a convention, and the town's own pages of each, to read."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Final

import msgspec
from flask import request
from flask.typing import ResponseReturnValue

from domain.tenancy import code_of
from domain.text import search_key, words
from infra.clock import PARIS
from infra.directory.records import Commune
from projections.access import queries as access
from services.access import allow
from services.asking import parts
from services.communes import communes
from services.web.desk import Desk
from services.web.exports import FileKind, download
from services.web.listing import Listing
from services.web.onlookers import look_on
from services.web.operator.blueprint import blueprint
from services.web.render import page
from services.web.typography import count

STATES: Final[Mapping[str, str]] = {
    "declared": "Déclarée, à confirmer",
    "refused": "Refusée par la ville",
    "confirmed": "Confirmée",
    "ended": "Terminée",
}


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One convention; `commune` None: no commune has this code today."""

    code: str
    name: str
    commune: Commune | None
    siren: str
    insurer: str
    state: str
    convention: str
    declared_on: date


_KEYS: Final[Mapping[str, Callable[[Line], Any]]] = {
    "commune": lambda line: (search_key(line.name), line.code, line.insurer),
    "organisme": lambda line: (search_key(line.insurer), search_key(line.name)),
    "etat": lambda line: (list(STATES).index(line.state), search_key(line.name)),
    "declaree": lambda line: (line.declared_on, search_key(line.name)),
}
_LISTING: Final = Listing[Line](
    endpoint="operator.towns",
    keys=_KEYS,
    usual="commune",
    filters=("q", "etat"),
    identity=lambda line: f"{line.code}-{line.siren}-{line.convention}",
)


@blueprint.get("/communes")
@allow("operator")
def towns() -> ResponseReturnValue:
    """The communes with a convention, filtered and sorted as the address says."""
    desk = Desk()
    every = _lines(desk)
    shown = _LISTING.ordered(_filtered(every))
    rows, following = _LISTING.paged(shown)
    codes = {line.code for line in every}
    return page(
        "operator/towns.jinja",
        title=f"{count(len(codes), 'commune')} avec une convention"
        if codes
        else "Aucune commune n’a de convention",
        every=every,
        rows=rows,
        total=len(shown),
        following=following,
        sorts=_LISTING.sorts(),
        saved=_LISTING.saved(),
        chosen=_LISTING.chosen(),
        order=request.args.get("tri", ""),
        states=STATES,
        read=desk.seal,
    )


@blueprint.get("/communes.<any(csv, xlsx):kind>")
@allow("operator")
def towns_file(kind: FileKind) -> ResponseReturnValue:
    """The same rows as a file."""
    return download(
        kind,
        "communes",
        ("Commune", "Code INSEE", "Organisme", "SIREN", "Convention", "Déclarée le"),
        (
            (line.name, line.code, line.insurer, line.siren, STATES[line.state], line.declared_on)
            for line in _LISTING.ordered(_filtered(_lines(Desk())))
        ),
    )


look_on(blueprint, "operator", "/communes")


def _lines(desk: Desk) -> list[Line]:
    rows = desk.read(access.every)
    names = communes(parts(), {code_of(row.tenant) for row in rows})
    return [
        Line(
            code=code,
            name=names[code].name if code in names else code,
            commune=names.get(code),
            siren=row.siren,
            insurer=row.insurer_name,
            state=row.state,
            convention=row.convention,
            declared_on=row.declared_at.astimezone(PARIS).date(),
        )
        for row in rows
        for code in [code_of(row.tenant)]
    ]


def _filtered(lines: Sequence[Line]) -> list[Line]:
    asked = _LISTING.chosen()
    beginnings = words(asked["q"])
    return [
        line
        for line in lines
        if (not asked["etat"] or line.state == asked["etat"])
        and all(any(name.startswith(each) for name in _names(line)) for each in beginnings)
    ]


def _names(line: Line) -> list[str]:
    """The words that a search finds it by."""
    postcodes = line.commune.postcodes if line.commune else ()
    return [*words(line.name), *words(line.insurer), line.code.casefold(), line.siren, *postcodes]
