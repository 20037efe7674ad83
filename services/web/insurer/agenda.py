"""« Échéances » and « Dossiers »: what is due in all communes, day by day, and the cases that wait for somebody."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import msgspec
from flask import request
from flask.typing import ResponseReturnValue

from domain.tariffs.evidence import CaseCell
from domain.tenancy import code_of
from domain.text import words
from infra.directory.records import Commune
from projections.compliance import case_queries
from projections.compliance.case_queries import CaseRow
from services.access import allow
from services.asking import parts
from services.communes import communes
from services.web.case_words import CASE_STATES, badge, left
from services.web.deadlines import KINDS, Deadline
from services.web.desk import Desk
from services.web.exports import FileKind, download
from services.web.figures import excess, subject
from services.web.insurer.blueprint import blueprint
from services.web.insurer.lines import Line, named, portfolio_of
from services.web.insurer.portfolio import answers
from services.web.listing import Listing
from services.web.render import page
from services.web.typography import count, in_words, plural

TURNS: Final = {"insurer": "À vous", "town": "À la ville"}
_MOST: Final = 5_000


class Due(msgspec.Struct, frozen=True):
    """A deadline and its town."""

    deadline: Deadline
    line: Line

    @property
    def key(self) -> str:
        """What tells it from the others."""
        each = self.deadline
        return f"{each.on:%Y%m%d}-{self.line.code}-{each.kind}-{each.case or each.convention}"


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """A case and its town; `excess` is the largest, in words, `cell` what it is about."""

    case: CaseRow
    code: str
    name: str
    commune: Commune | None
    cell: str
    excess: str | None

    @property
    def tone(self) -> tuple[str, str]:
        """Its state as the design shows it, and the word."""
        return badge(self.case)


_DUE: Final = Listing[Due](
    endpoint="insurer.all_deadlines",
    keys={"jour": lambda due: (due.deadline.on, named(due.line.name)[0])},
    usual="jour",
    filters=("q", "objet", "qui", "jusque"),
    identity=lambda due: due.key,
)
_CASE_KEYS: Final[Mapping[str, Callable[[Open], Any]]] = {
    "commune": lambda row: (named(row.name)[0], row.case.due_on or date.max),
    "etat": lambda row: (list(CASE_STATES).index(row.case.state), row.case.due_on or date.max),
    "tour": lambda row: (row.case.turn or "z", row.case.due_on or date.max),
    "ecart": lambda row: (row.case.unit, _size(row.case.excess)),
    "echeance": lambda row: (row.case.due_on or date.max, named(row.name)[0]),
    "ouvert": lambda row: row.case.opened_at,
}
_CASES: Final = Listing[Open](
    endpoint="insurer.all_cases",
    keys=_CASE_KEYS,
    usual="echeance",
    filters=("q", "etat", "qui", "clos"),
    identity=lambda row: row.case.id,
)


@blueprint.get("/echeances")
@allow("insurer")
def all_deadlines() -> ResponseReturnValue:
    """What is due in all communes, by day."""
    desk = Desk()
    every = _due(desk)
    shown = _DUE.ordered(_due_filtered(every, desk.today))
    rows, following = _DUE.paged(shown)
    return page(
        "insurer/deadlines.jinja",
        title=_deadlines_title(every, desk.today),
        every=len(every),
        total=len(shown),
        days=[(on, list(some)) for on, some in groupby(rows, key=lambda due: due.deadline.on)],
        following=following,
        saved=_DUE.saved(),
        chosen=_DUE.chosen(),
        kinds=[(kind, one[0].upper() + one[1:]) for kind, (one, _) in KINDS.items()],
        turns=TURNS,
        today=desk.today,
        read=desk.seal,
    )


@blueprint.get("/echeances.<any(csv, xlsx):kind>")
@allow("insurer")
def all_deadlines_file(kind: FileKind) -> ResponseReturnValue:
    """The same rows as a file."""
    desk = Desk()
    headers = ("Jour", "Commune", "Code INSEE", "Objet", "Nature", "Qui agit", "Délai")
    return download(
        kind,
        "echeances",
        headers,
        (
            (
                due.deadline.on,
                due.line.name,
                due.line.code,
                due.deadline.words,
                KINDS[due.deadline.kind][0],
                TURNS.get(due.deadline.whose or ""),
                due.deadline.left(desk.today),
            )
            for due in _DUE.ordered(_due_filtered(_due(desk), desk.today))
        ),
    )


@blueprint.get("/dossiers")
@allow("insurer")
def all_cases() -> ResponseReturnValue:
    """The cases of all communes: those that wait for somebody, and on demand the closed ones too."""
    desk = Desk()
    every = _cases(desk)
    shown = _CASES.ordered(_cases_filtered(every))
    rows, following = _CASES.paged(shown)
    return page(
        "insurer/cases.jinja",
        title=_cases_title(every),
        every=len(every),
        rows=rows,
        total=len(shown),
        following=following,
        sorts=_CASES.sorts(),
        saved=_CASES.saved(),
        chosen=_CASES.chosen(),
        order=request.args.get("tri", ""),
        states=list(CASE_STATES.items()),
        turns=TURNS,
        left=left,
        today=desk.today,
        read=desk.seal,
    )


@blueprint.get("/dossiers.<any(csv, xlsx):kind>")
@allow("insurer")
def all_cases_file(kind: FileKind) -> ResponseReturnValue:
    """The same rows as a file."""
    headers = (
        "Commune", "Code INSEE", "Article", "Engagement", "État", "Qui agit", "Avant le", "Plus grand écart",
        "Prix touché", "Nombre d’écarts", "Ouvert le", "Effet le",
    )  # fmt: skip
    return download(
        kind,
        "dossiers",
        headers,
        (
            (
                row.name,
                row.code,
                row.case.article,
                row.case.wording,
                row.tone[1],
                TURNS.get(row.case.turn or ""),
                row.case.due_on,
                row.excess,
                row.cell,
                row.case.cell_count,
                row.case.opened_at.date(),
                row.case.from_on,
            )
            for row in _CASES.ordered(_cases_filtered(_cases(Desk())))
        ),
    )


def _due(desk: Desk) -> list[Due]:
    return [Due(deadline, line) for deadline, line in portfolio_of(desk).deadlines]


def _due_filtered(every: Sequence[Due], today: date) -> list[Due]:
    asked = _DUE.chosen()
    beginnings = words(asked["q"])
    return [
        due
        for due in every
        if (not asked["objet"] or due.deadline.kind == asked["objet"])
        and (not asked["qui"] or due.deadline.whose == asked["qui"])
        and (asked["jusque"] != "30" or due.deadline.soon(today))
        and all(answers(due.line, beginning) for beginning in beginnings)
    ]


def _deadlines_title(every: Sequence[Due], today: date) -> str:
    late = sum(due.deadline.late(today) for due in every)
    soon = sum(due.deadline.soon(today) for due in every) - late
    if late:
        said = f"{in_words(late, feminine=True)} {plural(late, 'échéance dépassée', 'échéances dépassées')}"
        return f"{said[0].upper()}{said[1:]}" + (f", {soon} sous 30 jours" if soon else "")
    if not soon:
        return "Rien n’est dû sous 30 jours"
    said = f"{in_words(soon, feminine=True)} {plural(soon, 'échéance')} sous 30 jours"
    return said[0].upper() + said[1:]


def _cases(desk: Desk) -> list[Open]:
    closed = bool(_CASES.chosen()["clos"])
    rows = desk.read(
        lambda reader: case_queries.cases(reader, None, [desk.accord], open_only=not closed, limit=_MOST)
    )
    names = communes(parts(), {code_of(row.tenant) for row in rows})
    return [_open(row, names.get(code_of(row.tenant))) for row in rows]


def _open(row: CaseRow, commune: Commune | None) -> Open:
    first = msgspec.convert(row.cells[0], CaseCell) if row.cells else None
    code = code_of(row.tenant)
    return Open(
        case=row,
        code=code,
        name=commune.name if commune else code,
        commune=commune,
        cell=subject(first) if first else "",
        excess=excess(first, row.unit) if first else None,
    )


def _cases_filtered(every: Sequence[Open]) -> list[Open]:
    asked = _CASES.chosen()
    beginnings = words(asked["q"])
    return [
        row
        for row in every
        if (not asked["etat"] or row.case.state == asked["etat"])
        and (not asked["qui"] or row.case.turn == asked["qui"])
        and all(
            any(name.startswith(beginning) for name in (*named(row.name)[1], row.code.casefold()))
            for beginning in beginnings
        )
    ]


def _cases_title(every: Sequence[Open]) -> str:
    ours = sum(row.case.turn == "insurer" for row in every)
    theirs = sum(row.case.turn == "town" for row in every)
    if not ours and not theirs:
        return "Aucun dossier n’attend personne"
    if not ours:
        return f"{count(theirs, 'dossier attend', 'dossiers attendent')} la ville, aucun ne vous attend"
    told = in_words(ours)
    told = f"{told[0].upper()}{told[1:]} {plural(ours, 'dossier vous attend', 'dossiers vous attendent')}"
    return told + (f", {theirs} {plural(theirs, 'attend', 'attendent')} la ville" if theirs else "")


def _size(value: str | None) -> Decimal:
    return Decimal(value) if value is not None else Decimal(-1)
