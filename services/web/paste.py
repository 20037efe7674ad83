"""A grid as people have it in a spreadsheet: one price a line in any order of columns, or a table with formulas across.

Nothing is guessed: every line and every cell that cannot be read says why, with its place, all at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from domain.money import format_euros
from domain.tariffs.assess import CellId
from services.commands.tariffs import GivenCell
from services.web.forms import WrongValueError, cents, text
from services.web.profiles import Age, Who, key_of, profile_named, read_who, whole_age
from services.web.sheets import Sheet, SheetError, column, open_file, open_text
from services.web.typography import ages, number
from services.web.words import profile

MOST_CELLS: Final = 1_540
MOST_ROWS: Final = 10_000
_LONGEST: Final = 50
_LOOKED_AT: Final = 10  # rows above the header: a title, a date
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "formula": ("formule", "formules", "niveau", "niveaux", "garantie", "garanties", "offre", "option"),
    "profile": ("profil", "profils", "categorie", "beneficiaire", "statut", "assure", "type d'assure"),
    "who": (
        "age", "ages", "tranche", "tranches", "tranche d'age", "tranches d'age", "age et profil", "profil et age",
        "profil, age",
    ),
    "first": ("age min", "age minimum", "age minimal", "age de", "de", "age debut", "a partir de"),
    "last": ("age max", "age maximum", "age maximal", "age a", "a", "jusqu'a", "age fin"),
    "before_tax": ("prix ht", "prix hors taxe", "prix hors taxes", "ht", "hors taxe", "hors taxes", "cotisation ht"),
    "price": (
        "nouveau prix", "prix mensuel ttc", "prix ttc", "prix mensuel", "prix", "nouveau tarif", "tarif mensuel",
        "tarif ttc", "tarif", "cotisation mensuelle ttc", "cotisation ttc", "cotisation mensuelle", "cotisation",
        "montant mensuel", "montant", "ttc",
    ),
}  # fmt: skip
"""How columns are called; of several for a price the first of this list counts."""

_COUNTED: Final = {
    **_NAMES,
    "price": (
        "effectif",
        "effectifs",
        "adherents",
        "nombre d'adherents",
        "nombre",
        "beneficiaires",
        "personnes",
    ),
}

HEADERS: Final = ("Formule", "Profil", "Âge", "Nouveau prix")
"""The columns that `written` fills, as they are read again."""


class Fault(NamedTuple):
    """What cannot be read and what to do about it; `place` is a cell as `C7`, a row as `7`, or empty for the whole."""

    place: str
    message: str

    @property
    def told(self) -> str:
        """The place and the message as one sentence."""
        if not self.place:
            return self.message
        return f"{'Ligne' if self.place.isdigit() else 'Cellule'} {self.place} : {self.message}"


class _Kind(NamedTuple):
    """What stands in the cells of a table: how its column is called, and how a value is read."""

    names: Mapping[str, tuple[str, ...]]
    read: Callable[[str], str]


class Pasted(NamedTuple):
    """What was read, where each cell stood, what could not be read, and which sheet it was if there were several."""

    cells: tuple[GivenCell, ...]
    places: tuple[str, ...]
    wrong: tuple[Fault, ...]
    note: str = ""


def read_grid(text: str, *, counts: bool = False) -> Pasted:
    """The cells of a pasted grid; with `counts`, whole numbers of people stand in the place of prices."""
    try:
        return read_sheet(open_text(text), counts=counts)
    except SheetError as wrong:
        return Pasted((), (), (Fault("", str(wrong)),))


def read_file(content: bytes, *, counts: bool = False) -> Pasted:
    """The cells of a CSV or XLSX file."""
    try:
        return read_sheet(open_file(content), counts=counts)
    except SheetError as wrong:
        return Pasted((), (), (Fault("", str(wrong)),))


def read_sheet(sheet: Sheet, *, counts: bool = False) -> Pasted:
    """The cells of a table."""
    rows = [(place, row) for place, row in enumerate(sheet.rows, 1) if any(row)]
    if len(rows) > MOST_ROWS:
        fault = f"La grille a {number(len(rows))} lignes : {number(MOST_ROWS)} au plus."
        return Pasted((), (), (Fault("", fault),), sheet.note)
    cells: list[GivenCell] = []
    places: list[str] = []
    wrong: list[Fault] = []
    for place, found in _found(rows, _COUNTS if counts else _PRICES):
        if isinstance(found, GivenCell):
            cells.append(found)
            places.append(place)
        else:
            wrong += found
    if len(cells) > MOST_CELLS:
        fault = f"La grille a {number(len(cells))} prix : {number(MOST_CELLS)} au plus."
        return Pasted((), (), (Fault("", fault),), sheet.note)
    return Pasted(tuple(cells), tuple(places), tuple(wrong), sheet.note)


def written(cell: CellId) -> tuple[str, str, str]:
    """A cell's name in the first three of `HEADERS`."""
    return cell.formula, profile(cell.category, cell.role), ages(cell.age_from, cell.age_to)


# The three shapes of a table

_Rows = Sequence[tuple[int, Sequence[str]]]
_Found = Iterator[tuple[str, GivenCell | list[Fault]]]


def _found(rows: _Rows, kind: _Kind) -> _Found:
    """Every price of a table with its place, or the faults of its line."""
    for skipped, (place, row) in enumerate(rows[:_LOOKED_AT]):
        columns = _columns(row, kind)
        if {"formula", "price"} <= columns.keys() and columns.keys() & {"who", "profile", "first"}:
            return _listed(rows[skipped + 1 :], columns, kind)
        if _is_across(row, columns):
            return _across((place, row), columns, rows[skipped + 1 :], kind)
        if _is_turned(row):
            return _turned(row, rows[skipped + 1 :], kind)
    return _plain(rows, kind)


def _columns(row: Sequence[str], kind: _Kind) -> dict[str, int]:
    """Which columns a header names; the best name of a price wins, else the first."""
    keys = [key_of(field, header=True) for field in row]
    columns: dict[str, int] = {}
    for role, names in kind.names.items():
        known = [(names.index(key), index) for index, key in enumerate(keys) if key in names]
        if known:
            columns[role] = min(known)[1]
    return columns


def _is_across(row: Sequence[str], columns: Mapping[str, int]) -> bool:
    """Whether a header has ages on the left and a formula over each other column."""
    left = _left(row, columns)
    over = [field for field in row[left:] if field]
    return (
        left > 0 and bool(over) and not columns.keys() & {"formula", "price"} and not any(map(_priced, over))
    )


def _left(row: Sequence[str], columns: Mapping[str, int]) -> int:
    """How many columns say whom a line prices: named ones, or one without a name."""
    named = {columns[role] for role in ("who", "profile") if role in columns}
    if named:
        return len(named) if named == set(range(len(named))) else 0
    return 1 if len(row) > 1 and not row[0] and row[1] else 0


def _is_turned(row: Sequence[str]) -> bool:
    """Whether a header has formulas on the left and a profile or age over each other column."""
    if len(row) < 2 or key_of(row[0], header=True) not in _NAMES["formula"]:
        return False
    return all(field and _readable(field) for field in row[1:])


def _readable(words: str) -> bool:
    try:
        read_who("", words)
    except WrongValueError:
        return False
    return True


def _listed(rows: _Rows, columns: Mapping[str, int], kind: _Kind) -> _Found:
    """One price a line, under the names of its columns."""

    def at(row: Sequence[str], role: str) -> str:
        index = columns.get(role, len(row))
        return row[index] if index < len(row) else ""

    for place, row in rows:
        faults: list[Fault] = []
        price_at = f"{column(columns['price'])}{place}"
        who_column = columns.get("who", columns.get("first", columns.get("profile", 0)))
        who_at = f"{column(who_column)}{place}"
        formula = _tried(faults, f"{column(columns['formula'])}{place}", _formula, at(row, "formula"))
        who: Who | None = None
        try:
            who = _who_of(at(row, "profile"), at(row, "who"), (at(row, "first"), at(row, "last")))
        except WrongValueError as wrong:
            faults.append(Fault(who_at, str(wrong)))
        monthly = _tried(faults, price_at, kind.read, at(row, "price"))
        tax = at(row, "before_tax")
        before = _tried(faults, f"{column(columns['before_tax'])}{place}", _price, tax) if tax else None
        if faults or who is None:
            yield price_at, faults
        else:
            yield price_at, _cell(formula, who, monthly, before or None)


def _who_of(profile_: str, age: str, bounds: tuple[str, str]) -> Who:
    if not any(bounds):
        return read_who(profile_, age)
    category, role = profile_named(profile_)
    return Who(category, role, Age(whole_age(bounds[0] or "0"), whole_age(bounds[1]) if bounds[1] else None))


def _across(
    header: tuple[int, Sequence[str]], columns: Mapping[str, int], rows: _Rows, kind: _Kind
) -> _Found:
    """A line for each profile and age, a formula over each column of prices."""
    header_at, row = header
    left = _left(row, columns)
    for place, fields in rows:
        who_at = f"{column(columns.get('who', 0))}{place}"
        try:
            profile_ = fields[columns["profile"]] if "profile" in columns else ""
            who = read_who(profile_, fields[columns.get("who", 0)] if "who" in columns or left == 1 else "")
        except IndexError:
            yield who_at, [Fault(str(place), "L’âge et le profil manquent.")]
            continue
        except WrongValueError as wrong:
            yield who_at, [Fault(who_at, str(wrong))]
            continue
        for index, field in enumerate(fields[left:], left):
            if not field:
                continue
            price_at = f"{column(index)}{place}"
            faults: list[Fault] = []
            over = row[index] if index < len(row) else ""
            formula = _tried(faults, f"{column(index)}{header_at}", _formula, over)
            monthly = _tried(faults, price_at, kind.read, field)
            yield price_at, faults or _cell(formula, who, monthly)


def _turned(row: Sequence[str], rows: _Rows, kind: _Kind) -> _Found:
    """A line for each formula, a profile and age over each column of prices."""
    for place, fields in rows:
        for index, field in enumerate(fields[1:], 1):
            if not field:
                continue
            price_at = f"{column(index)}{place}"
            faults: list[Fault] = []
            formula = _tried(faults, f"A{place}", _formula, fields[0])
            monthly = _tried(faults, price_at, kind.read, field)
            if index >= len(row):
                faults.append(Fault(price_at, "Cette colonne n’a pas d’en-tête."))
            yield price_at, faults or _cell(formula, read_who("", row[index]), monthly)


def _plain(rows: _Rows, kind: _Kind) -> _Found:
    """Formula, profile and age, price: without a header."""
    for place, row in rows:
        fields = list(row)
        while fields and not fields[-1]:
            fields.pop()
        if not 3 <= len(fields) <= 4:
            told = "colonne" if len(fields) < 2 else "colonnes"
            yield (
                str(place),
                [
                    Fault(
                        str(place),
                        f"{len(fields)} {told} au lieu de trois : formule, âge, prix "
                        "(ou quatre : formule, profil, âge, prix).",
                    )
                ],
            )
            continue
        last = len(fields) - 1
        faults: list[Fault] = []
        formula = _tried(faults, f"A{place}", _formula, fields[0])
        who: Who | None = None
        try:
            who = read_who(fields[1] if last == 3 else "", fields[last - 1])
        except WrongValueError as wrong:
            faults.append(Fault(f"{column(last - 1)}{place}", str(wrong)))
        monthly = _tried(faults, f"{column(last)}{place}", kind.read, fields[last])
        yield f"{column(last)}{place}", faults if who is None else (faults or _cell(formula, who, monthly))


# One cell


def _cell(formula: str, who: Who, monthly: str, before_tax: str | None = None) -> GivenCell:
    return GivenCell(
        formula=formula,
        category=who.category,
        role=who.role,
        age_from=who.age.first,
        age_to=who.age.last,
        monthly=monthly,
        before_tax=before_tax,
    )


def _tried(faults: list[Fault], place: str, read: Callable[[str], str], value: str) -> str:
    try:
        return read(value)
    except WrongValueError as wrong:
        faults.append(Fault(place, str(wrong)))
        return ""


def _formula(value: str) -> str:
    if not value:
        msg = "La formule manque."
        raise WrongValueError(msg)
    return text(value, _LONGEST)


def _price(value: str) -> str:
    if not value:
        msg = "Le prix manque."
        raise WrongValueError(msg)
    try:
        return format_euros(cents(value))
    except WrongValueError:
        msg = f"« {value[:40]} » n’est pas un prix. Écrivez par exemple 49,74."
        raise WrongValueError(msg) from None


def _priced(value: str) -> bool:
    try:
        cents(value)
    except WrongValueError:
        return False
    return True


def _count(value: str) -> str:
    digits = value.replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 8):
        msg = f"« {value[:40]} » n’est pas un nombre de personnes. Écrivez par exemple 12."
        raise WrongValueError(msg)
    return str(int(digits))


_PRICES: Final = _Kind(_NAMES, _price)
_COUNTS: Final = _Kind(_COUNTED, _count)
