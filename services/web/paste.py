"""A grid as people paste it from a spreadsheet: one price a line, or a table with a formula in each column.

Tabs, semicolons or commas between fields; French decimals. Every line that cannot be read says why, all at once.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from domain.money import format_euros
from domain.tariffs.assess import Cell
from services.commands.tariffs import GivenCell
from services.web.forms import WrongValueError, cents
from services.web.typography import ages, number
from services.web.words import profile

MOST_LINES: Final = 2_000
OLDEST: Final = 120

_CATEGORIES: Final[Mapping[str, tuple[str, str]]] = {
    "adulte": ("general", "adult"), "adultes": ("general", "adult"), "general": ("general", "adult"),
    "cas general": ("general", "adult"), "enfant": ("general", "child"), "enfants": ("general", "child"),
    "conjoint": ("general", "spouse"), "conjointe": ("general", "spouse"),
    "etudiant": ("student", "adult"), "etudiants": ("student", "adult"), "etudiante": ("student", "adult"),
}  # fmt: skip
_AGE: Final = "(?:ans?)?"
_AND_OVER: Final = re.compile(
    rf"(?:a partir de |plus de |des )?(\d{{1,3}}) ?{_AGE} ?(?:et plus|et \+|ou plus|\+|et au-dela)?"
)
_UNDER: Final = re.compile(rf"(?:moins de|jusqu'a|<) ?(\d{{1,3}}) ?{_AGE}")
_BETWEEN: Final = re.compile(rf"(?:de )?(\d{{1,3}}) ?{_AGE} ?(?:-|–|a|/|et) ?(\d{{1,3}}) ?{_AGE}")
_AGE_HEADERS: Final = frozenset(
    {"", "age", "ages", "tranche", "tranches", "tranche d'age", "tranches d'age", "age et profil"}
)
_LIST_HEADERS: Final = frozenset({"formule", "niveau", "garantie", "formules"})


class Line(NamedTuple):
    """A line that cannot be read, and what to do about it."""

    number: int
    message: str


class Pasted(NamedTuple):
    """What was read, and what could not be."""

    cells: tuple[GivenCell, ...]
    wrong: tuple[Line, ...]


class _Age(NamedTuple):
    first: int
    last: int | None


def read_grid(text: str) -> Pasted:
    """The cells of a pasted grid. Nothing is guessed: a line is read or says why not."""
    lines = [
        (place, line) for place, line in enumerate(text.lstrip("\ufeff").splitlines(), 1) if line.strip()
    ]
    if len(lines) > MOST_LINES:
        return Pasted(
            (), (Line(0, f"La grille a {number(len(lines))} lignes : {number(MOST_LINES)} au plus."),)
        )
    rows = [(place, _fields(line)) for place, line in lines]
    if rows and _is_table(rows[0][1]):
        return _read_table(rows)
    if rows and _key(rows[0][1][0]) in _LIST_HEADERS:
        rows = rows[1:]
    cells: list[GivenCell] = []
    wrong: list[Line] = []
    for place, fields in rows:
        try:
            cells.append(_read_line(fields))
        except WrongValueError as error:
            wrong.append(Line(place, str(error)))
    return Pasted(tuple(cells), tuple(wrong))


def write_grid(cells: Sequence[GivenCell]) -> str:
    """The same cells as lines that `read_grid` reads."""
    return "\n".join(
        ";".join(
            (
                cell.formula,
                profile(cell.category, cell.role),
                _written_age(cell),
                cell.monthly.replace(".", ","),
            )
        )
        for cell in cells
    )


def given(cells: Sequence[Cell]) -> tuple[GivenCell, ...]:
    """The cells of a stored grid as they would be pasted."""
    return tuple(
        GivenCell(
            formula=cell.id.formula,
            category=cell.id.category,
            role=cell.id.role,
            age_from=cell.id.age_from,
            age_to=cell.id.age_to,
            monthly=format_euros(cell.monthly),
        )
        for cell in cells
    )


def _written_age(cell: GivenCell) -> str:
    return ages(cell.age_from, cell.age_to).replace("\u00a0", " ")


def _fields(line: str) -> list[str]:
    separator = next((sign for sign in ("\t", ";") if sign in line), ",")
    return [field.strip() for field in next(csv.reader([line], delimiter=separator))]


def _key(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.replace("’", "'").replace("\u00a0", " ").replace("\u202f", " "))
    return " ".join("".join(c for c in apart if not unicodedata.combining(c)).casefold().split())


def _is_table(fields: Sequence[str]) -> bool:
    return (
        len(fields) > 1
        and _key(fields[0]) in _AGE_HEADERS
        and not any(_is_price(field) for field in fields[1:])
    )


def _is_price(text: str) -> bool:
    try:
        cents(text)
    except WrongValueError:
        return False
    return True


def _read_table(rows: Sequence[tuple[int, list[str]]]) -> Pasted:
    formulas = rows[0][1][1:]
    cells: list[GivenCell] = []
    wrong: list[Line] = []
    for place, fields in rows[1:]:
        if len(fields) - 1 > len(formulas):
            wrong.append(Line(place, f"{len(fields) - 1} prix pour {len(formulas)} formules."))
            continue
        for formula, price in zip(formulas, fields[1:], strict=False):
            if not price or not formula:
                continue
            try:
                cells.append(_cell(formula, [fields[0]], price))
            except WrongValueError as error:
                wrong.append(Line(place, str(error)))
                break
    return Pasted(tuple(cells), tuple(wrong))


def _read_line(fields: Sequence[str]) -> GivenCell:
    if not 3 <= len(fields) <= 4:
        raise WrongValueError(
            f"{len(fields)} colonnes au lieu de trois : formule, âge, prix (ou quatre : formule, profil, âge, prix)."
        )
    return _cell(fields[0], fields[1:-1], fields[-1])


def _cell(formula: str, who: Sequence[str], price: str) -> GivenCell:
    if not formula:
        raise WrongValueError("La formule manque.")
    try:
        monthly = format_euros(cents(price))
    except WrongValueError:
        raise WrongValueError(f"« {price} » n’est pas un prix. Écrivez par exemple 49,74.") from None
    category, role, age = _who(who)
    return GivenCell(
        formula=formula, category=category, role=role, age_from=age.first, age_to=age.last, monthly=monthly
    )


def _who(fields: Sequence[str]) -> tuple[str, str, _Age]:
    """Profile and ages: `50 ans et plus`, `Enfant`, or both in two fields."""
    words = " ".join(fields)
    if len(fields) > 1 and fields[0] and _key(fields[0]) not in _CATEGORIES:
        own = fields[0]  # a category of the insurer's own: kept as it is written
        return own, "adult", _Age(0, None) if not fields[1] else _age(_key(fields[1]), fields[1])
    key = _key(words).replace(",", " ").strip()
    category, role = "general", "adult"
    for name in sorted(_CATEGORIES, key=len, reverse=True):
        if key == name or key.startswith(f"{name} "):
            category, role = _CATEGORIES[name]
            key = key[len(name) :].strip()
            break
    if key in {"", "tous ages", "tous les ages"}:
        return category, role, _Age(0, None)
    return category, role, _age(key, words)


def _age(key: str, words: str) -> _Age:
    if match := _UNDER.fullmatch(key):
        last = int(match[1]) - (0 if key.startswith("jusqu") else 1)
        found = _Age(0, last)
    elif match := _BETWEEN.fullmatch(key):
        found = _Age(int(match[1]), int(match[2]))
    elif match := _AND_OVER.fullmatch(key):
        alone = key.removesuffix("ans").removesuffix("an").strip().isdigit()
        first = int(match[1]) + (1 if key.startswith("plus de") else 0)
        found = _Age(first, first if alone else None)
    else:
        raise WrongValueError(f"« {words} » n’est pas une tranche d’âge. Écrivez par exemple 50 ans et plus.")
    if found.first > OLDEST or (found.last is not None and not found.first <= found.last <= OLDEST):
        raise WrongValueError(f"« {words} » n’est pas une tranche d’âge possible.")
    return found
