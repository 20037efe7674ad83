"""« Communes »: the whole portfolio on one page, what is urgent first; the address is the saved filter."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, Final

from flask import request
from flask.typing import ResponseReturnValue

from domain.money import round_ratio
from domain.text import words
from services.access import allow
from services.web.deadlines import Deadline, told
from services.web.desk import Desk
from services.web.exports import FileKind, download, euros
from services.web.insurer.blueprint import blueprint
from services.web.insurer.lines import WORST_FIRST, Line, Portfolio, named, portfolio_of
from services.web.listing import Listing
from services.web.render import page
from services.web.typography import count, in_words, number, plural
from services.web.words import LINE_STATES, STAGES

_STAGE_ORDER: Final = ("refused", "declared", "current", "notice", "upcoming", "ended")
_SOON: Final = "30"
_MOST_NAMED: Final = 3

_KEYS: Final[Mapping[str, Callable[[Line], Any]]] = {
    "commune": lambda line: named(line.name)[0],
    "etape": lambda line: (_STAGE_ORDER.index(line.stage), named(line.name)[0]),
    "etat": lambda line: (
        WORST_FIRST.index(line.state),
        -line.number(line.state),
        _due(line),
        named(line.name)[0],
    ),
    "tenus": lambda line: (line.number("kept"), line.judgeable),
    "adherents": lambda line: (line.members is not None, line.members or 0),
    "mois": lambda line: (line.change is not None, line.change or 0),
    "part": lambda line: line.share if line.share is not None else Fraction(-1),
    "echeance": lambda line: (_due(line), named(line.name)[0]),
}
_LISTING: Final = Listing[Line](
    endpoint="insurer.portfolio",
    keys=_KEYS,
    usual="etat",
    filters=("q", "etape", "etat", "echeance"),
    identity=lambda line: line.code,
)


@blueprint.get("/communes")
@allow("insurer")
def portfolio() -> ResponseReturnValue:
    """Every commune with a convention, filtered and sorted as the address says."""
    desk = Desk()
    found = portfolio_of(desk)
    shown = _LISTING.ordered(_filtered(found.lines, desk.today))
    rows, following = _LISTING.paged(shown)
    return page(
        "insurer/portfolio.jinja",
        title=_title(found),
        every=found.lines,
        rows=rows,
        total=len(shown),
        following=following,
        facts=_facts(found, desk.today),
        sorts=_LISTING.sorts(),
        saved=_LISTING.saved(),
        chosen=_LISTING.chosen(),
        order=request.args.get("tri", ""),
        stages=list(STAGES.items()),
        states=[(state, LINE_STATES[state]) for state in WORST_FIRST],
        soon=_SOON,
        read=desk.seal,
    )


@blueprint.get("/communes.<any(csv, xlsx):kind>")
@allow("insurer")
def portfolio_file(kind: FileKind) -> ResponseReturnValue:
    """The same rows as a file."""
    desk = Desk()
    headers = (
        "Commune", "Code INSEE", "Étape", "Engagements", "Tenus", "Vérifiables", "Adhérents ce jour", "Sur un mois",
        "Part de la population (%)", "Prochaine échéance", "Objet", "Fictif",
    )  # fmt: skip
    return download(
        kind,
        "communes",
        headers,
        (
            (
                line.name,
                line.code,
                STAGES[line.stage],
                line.word or LINE_STATES[line.state],
                line.number("kept"),
                line.judgeable,
                "Non communiqué" if line.members is None else line.members,
                line.change,
                None if line.share is None else euros(_hundredths(line.share)),
                line.next.on if line.next else None,
                line.next.words if line.next else None,
                line.agreement.fictitious,
            )
            for line in _LISTING.ordered(_filtered(portfolio_of(desk).lines, desk.today))
        ),
    )


def _filtered(lines: Sequence[Line], today: date) -> list[Line]:
    asked = _LISTING.chosen()
    beginnings = words(asked["q"])
    return [
        line
        for line in lines
        if (not asked["etape"] or line.stage == asked["etape"])
        and (not asked["etat"] or line.state == asked["etat"])
        and (asked["echeance"] != _SOON or any(each.soon(today) for each in line.deadlines))
        and all(answers(line, beginning) for beginning in beginnings)
    ]


def answers(line: Line, beginning: str) -> bool:
    """Whether a word of the name, the code or a postcode begins so."""
    names = [*named(line.name)[1], line.code.casefold(), *(line.commune.postcodes if line.commune else ())]
    return any(name.startswith(beginning) for name in names)


def _due(line: Line) -> date:
    return line.next.on if line.next else date.max


def _hundredths(value: Fraction) -> int:
    return round_ratio(value.numerator * 100, value.denominator)


def _title(found: Portfolio) -> str:
    if not found.lines:
        return "Aucune commune pour l’instant"
    communes_ = count(len(found.lines), "commune")
    broken = sum(line.number("broken") for line in found.lines)
    if broken:
        return f"{communes_}, {in_words(broken, feminine=True)} {plural(broken, 'rupture')} à traiter"
    disputed = sum(line.number("disputed") for line in found.lines)
    if disputed:
        return f"{communes_}, {in_words(disputed)} {plural(disputed, 'engagement contesté', 'engagements contestés')}"
    if found.hours.silent:
        number_ = in_words(found.hours.silent, feminine=True)
        return f"{communes_}, {number_} {plural(found.hours.silent, 'permanence')} à déclarer"
    return f"{communes_}, rien d’urgent"


def _facts(found: Portfolio, today: date) -> list[tuple[str, str, str]]:
    counted = [line for line in found.lines if line.members is not None]
    unknown = [line.name for line in found.lines if line.members is None and line.stage == "current"]
    soon = [each for each, _ in found.deadlines if each.soon(today)]
    hours = found.hours
    return [
        (
            "Adhérents",
            number(sum(line.members or 0 for line in counted)),
            f"{count(len(counted), 'commune')}{_without(unknown)}",
        ),
        (
            "Engagements rompus",
            number(sum(line.number("broken") for line in found.lines)),
            _first_case(found) or "aucun dossier à traiter",
        ),
        ("Échéances sous 30 jours", number(len(soon)), told(soon) or "aucune"),
        (
            "Permanences ce mois",
            f"{number(hours.held)} sur {number(hours.planned)}" if hours.planned else "Aucune",
            f"{number(hours.silent)} à déclarer" if hours.silent else "tenues sur prévues, rien à déclarer",
        ),
    ]


def _first_case(found: Portfolio) -> str:
    """The case that is ours to answer first, and how many others there are."""
    ours: list[tuple[Deadline, Line]] = [pair for pair in found.deadlines if pair[0].kind == "case"]
    if not ours:
        return ""
    deadline, line = ours[0]
    others = f", puis {count(len(ours) - 1, 'autre')}" if len(ours) > 1 else ""
    return f"{line.name}, agir avant le {deadline.on:%d/%m/%Y}{others}"


def _without(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f", {names[0]} non comptée" if len(names) == 1 else f", {len(names)} non comptées"
