"""What `beffroi assess` shows to people: a table in French for each commitment, the worst first, and the outcome.

Lines fit a hundred columns; what is too long for its column goes on below.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from itertools import zip_longest
from textwrap import wrap
from typing import Final, NamedTuple

import click

from domain.money import NARROW_SPACE, SPACE, format_decimal, french_euros
from domain.tariffs.assess import RULES, CellId, Commitment, Finding, Scenario, Verdict
from domain.tariffs.assess.days import PARIS
from domain.tariffs.assess.findings import CellPart, Count, Figure

WIDTH: Final = 100
_MOST_KEPT: Final = 20
"""How many findings of a commitment that say nothing new are listed unless all are asked for."""


class _Said(NamedTuple):
    """How a verdict is told: of a finding, of a commitment, and counted (one, several)."""

    finding: str
    commitment: str
    one: str
    many: str
    colour: str


_SAID: Final = {
    Verdict.VIOLATION: _Said("Non tenu", "non tenu", "manquement", "manquements", "red"),
    Verdict.LEGAL_ALERT: _Said("Alerte", "alerte légale", "alerte légale", "alertes légales", "red"),
    Verdict.INDETERMINATE: _Said("Indécidable", "indécidable", "indécidable", "indécidables", "yellow"),
    Verdict.EXEMPTED: _Said(
        "Dérogation", "tenu par dérogation", "tenu par dérogation", "tenus par dérogation", "cyan"
    ),
    Verdict.COMPLIANT: _Said("Tenu", "tenu", "tenu", "tenus", "green"),
    Verdict.NOT_APPLICABLE: _Said("Sans objet", "sans objet", "sans objet", "sans objet", "white"),
}
"""Every verdict, the worst first."""

_RANK: Final = {verdict: rank for rank, verdict in enumerate(_SAID)}
_NOTHING_FOUND: Final = len(_RANK)
_NO_EXCESS: Final = (None, 0, Count(0))
_HEADINGS: Final = ("Constat", "Grille", "Case", "Du", "Au", "Limite", "Observé", "Écart")
_FLEXIBLE: Final = (1, 2)
_RIGHT: Final = (5, 6, 7)
_GAP: Final = "  "


def table(
    scenario: Scenario, findings: Sequence[Finding], *, everything: bool, colour: bool
) -> Iterator[str]:
    """The lines, without their ends; `everything` lists whatever is kept, `colour` marks verdicts for a terminal."""
    paint = _Paint(colour)
    yield from _heading(scenario)
    groups: dict[str, list[Finding]] = {commitment.id: [] for commitment in scenario.convention.commitments}
    for finding in findings:
        groups[finding.commitment].append(finding)
    ranked = sorted(scenario.convention.commitments, key=lambda each: _rank(groups[each.id]))
    for commitment in ranked:
        yield ""
        yield from _group(commitment, groups[commitment.id], paint, everything=everything)
    yield ""
    yield from _outcome(findings, paint)


class _Paint:
    """Colours words, or leaves them as they are."""

    def __init__(self, colour: bool) -> None:  # noqa: FBT001 (it is all there is to say)
        self._colour = colour

    def __call__(self, words: str, colour: str | None = None, *, bold: bool = False) -> str:
        return click.style(words, fg=colour, bold=bold or None) if self._colour else words


def _rank(findings: Iterable[Finding]) -> int:
    return min((_RANK[finding.verdict] for finding in findings), default=_NOTHING_FOUND)


def _heading(scenario: Scenario) -> Iterator[str]:
    convention = scenario.convention
    said = f"Convention «{SPACE}{convention.id}{SPACE}», du {_day(convention.starts_on)} au {_day(convention.ends_on)}"
    if scenario.as_known_at is not None:
        then = scenario.as_known_at.astimezone(PARIS)
        said += f", d’après ce qui était connu le {_day(then.date())} à {then.hour}{SPACE}h{SPACE}{then.minute:02d}"
    yield from wrap(said, WIDTH)


def _group(
    commitment: Commitment, findings: list[Finding], paint: _Paint, *, everything: bool
) -> Iterator[str]:
    rank = _rank(findings)
    worst = next((verdict for verdict in _SAID if _RANK[verdict] == rank), None)
    said = _SAID[worst].commitment if worst else "aucun constat"
    title = RULES[commitment.rule].prose.title or commitment.rule
    lines = wrap(f"{commitment.id} · {title} ({commitment.rule}){SPACE}: {said}", WIDTH)
    yield from (paint(line, _SAID[worst].colour if worst else None, bold=True) for line in lines)
    listed = sorted(
        (each for each in findings if each.verdict is not Verdict.NOT_APPLICABLE),
        key=lambda each: _RANK[each.verdict],
    )
    kept = [each for each in listed if each.verdict is Verdict.COMPLIANT]
    left_out = 0 if everything else max(0, len(kept) - _MOST_KEPT)
    if left_out:
        listed = listed[:-left_out]
    yield from _rows(listed, paint)
    if left_out:
        yield f"{_GAP}… et {_number(left_out)}{SPACE}constats «{SPACE}tenu{SPACE}» de plus (--all les montre)."
    nothing = Counter(each.reason for each in findings if each.verdict is Verdict.NOT_APPLICABLE)
    for place, (reason, times) in enumerate(nothing.items()):
        if place == _MOST_KEPT and not everything:
            rest = sum(list(nothing.values())[place:])
            yield f"{_GAP}… et {_number(rest)}{SPACE}constats «{SPACE}sans objet{SPACE}» de plus (--all les montre)."
            break
        which = f"Sans objet ({_number(times)}){SPACE}: {reason}"
        yield from wrap(which, WIDTH, initial_indent=_GAP, subsequent_indent=_GAP * 2)


def _rows(findings: Sequence[Finding], paint: _Paint) -> Iterator[str]:
    """The findings under their headings, and the reason below those whose figures do not say it all."""
    if not findings:
        return
    rows = [_cells(finding) for finding in findings]
    used = [column for column in range(len(_HEADINGS)) if any(row[column] for row in rows)]
    widths = _widths(rows, used)
    headings = list(_HEADINGS)
    if findings[0].subject:
        headings[_FLEXIBLE[-1]] = "Cas"
    yield _line(headings, used, widths)
    for place, (finding, row) in enumerate(zip(findings, rows, strict=True)):
        columns = [
            wrap(words, widths[column]) if column in _FLEXIBLE else [words]
            for column, words in enumerate(row)
        ]
        for depth, words in enumerate(zip_longest(*columns, fillvalue="")):
            line = _line(words, used, widths)
            yield line if depth else line.replace(words[0], paint(words[0], _SAID[finding.verdict].colour), 1)
        if finding.verdict is Verdict.COMPLIANT and finding.limit is not None:
            continue
        if place + 1 == len(findings) or findings[place + 1].reason != finding.reason:
            yield from wrap(finding.reason, WIDTH, initial_indent=_GAP * 2, subsequent_indent=_GAP * 2)


def _line(cells: Sequence[str], used: Sequence[int], widths: Sequence[int]) -> str:
    padded = (
        cells[column].rjust(widths[column]) if column in _RIGHT else cells[column].ljust(widths[column])
        for column in used
    )
    return (_GAP + _GAP.join(padded)).rstrip()


def _widths(rows: Sequence[Sequence[str]], used: Sequence[int]) -> list[int]:
    """What each column needs; those of names share what the others leave."""
    widths = [
        max(len(_HEADINGS[column]), *(len(row[column]) for row in rows)) for column in range(len(_HEADINGS))
    ]
    flexible = [column for column in _FLEXIBLE if column in used]
    left = WIDTH - len(_GAP) * len(used) - sum(widths[column] for column in used if column not in flexible)
    # The narrowest first: what it does not need is the others'.
    for place, column in enumerate(sorted(flexible, key=lambda each: widths[each])):
        widths[column] = max(1, min(widths[column], left // (len(flexible) - place)))
        left -= widths[column]
    return widths


def _cells(finding: Finding) -> tuple[str, ...]:
    excess = "" if finding.excess in _NO_EXCESS else _figure(finding.excess)
    if excess[:1].isdigit():
        excess = f"+{excess}"
    if excess and isinstance(finding.observed, date):
        excess += f"{SPACE}j"
    return (
        _SAID[finding.verdict].finding,
        finding.grid or "",
        finding.subject or (_cell(finding.cell) if finding.cell else ""),
        _day(finding.from_on),
        _day(finding.to_on) if finding.to_on else "",
        _figure(finding.limit),
        _figure(finding.observed),
        excess,
    )


def _cell(cell: CellId | CellPart) -> str:
    """`N1, 50 ans et plus`: what is usual, an adult of the general category, is not said."""
    said = [cell.formula or ""]
    if cell.category not in {None, "general"}:
        said.append(str(cell.category))
    if cell.role not in {None, "adult"}:
        said.append({"child": "enfant"}.get(str(cell.role), str(cell.role)))
    if cell.age_from is not None:
        said.append(_ages(cell.age_from, cell.age_to))
    return ", ".join(words for words in said if words)


def _ages(first: int, last: int | None) -> str:
    if last is None:
        return f"{first}{SPACE}ans et plus" if first else "tous âges"
    if first == last:
        return f"{first}{SPACE}ans"
    return f"{first} à {last}{SPACE}ans"


def _figure(figure: Figure | None) -> str:
    if figure is None:
        return ""
    if isinstance(figure, int):
        return french_euros(figure).replace("-", "−")
    if isinstance(figure, Fraction):
        return f"{format_decimal(figure).replace('.', ',').replace('-', '−')}{NARROW_SPACE}%"
    return _day(figure) if isinstance(figure, date) else _number(figure.number)


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"


def _number(number: int) -> str:
    return f"{number:,}".replace(",", NARROW_SPACE)


def _outcome(findings: Iterable[Finding], paint: _Paint) -> Iterator[str]:
    """How many findings there are of each kind, and what follows from them."""
    counted = Counter(finding.verdict for finding in findings)
    told = [
        f"{_number(counted[verdict])}{SPACE}{said.one if counted[verdict] == 1 else said.many}"
        for verdict, said in _SAID.items()
        if counted[verdict]
    ]
    if told:
        yield from wrap(f"Bilan{SPACE}: {', '.join(told)}.", WIDTH)
    if counted[Verdict.VIOLATION]:
        yield paint("Au moins un engagement n’est pas tenu.", "red", bold=True)
    elif counted[Verdict.LEGAL_ALERT]:
        yield paint(
            "Les prix dépassent une limite fixée par une loi dont l’application est contestée.",
            "red",
            bold=True,
        )
    elif counted[Verdict.INDETERMINATE]:
        yield paint(
            "Aucun manquement établi, mais tout ne peut pas être vérifié avec les données du fichier.",
            "yellow",
            bold=True,
        )
    elif counted[Verdict.COMPLIANT] or counted[Verdict.EXEMPTED]:
        yield paint("Tous les engagements sont tenus.", "green", bold=True)
    else:
        yield "Rien n’est encore à vérifier."
