"""A spreadsheet as rows of texts, whatever it comes as: text from the clipboard, a CSV of any encoding, an XLSX.

A workbook is measured before it is opened: a small file may claim a sheet that no memory holds.
"""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from services.web.typography import plural

LARGEST: Final = 2 * 1024 * 1024
"""Bytes of a file."""

_UNPACKED: Final = 48 * 1024 * 1024
_MOST_PLACES: Final = 400_000  # rows times columns of a sheet
_SIGNS: Final = ("\t", ";", "|", ",")
_PLACE: Final = re.compile(rb'\br="([A-Z]{0,3})([0-9]{1,7})"')
_NOT_READ: Final = "Ce classeur ne peut pas être ouvert. Enregistrez-le à nouveau au format XLSX, ou en CSV."


class SheetError(ValueError):
    """A file that is no table; the message says what to do."""


class Sheet(NamedTuple):
    """Rows of texts from the first on, blank ones included, so that places are those of the spreadsheet."""

    rows: Sequence[Sequence[str]]
    note: str = ""
    """Which sheet of a workbook this is, when there was a choice."""


def column(index: int) -> str:
    """The letters of a column, counted from 0: `A`, `Z`, `AA`."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def open_file(content: bytes) -> Sheet:
    """The table of a CSV or XLSX file. Raises SheetError."""
    if len(content) > LARGEST:
        msg = "Ce fichier dépasse 2 Mo. Gardez-y la grille seule."
        raise SheetError(msg)
    if content.startswith(b"PK"):
        return _workbook(content)
    if content.startswith((b"\xd0\xcf\x11\xe0", b"%PDF")):
        msg = "Ce fichier n’est ni un CSV ni un XLSX. Enregistrez la grille dans l’un de ces deux formats."
        raise SheetError(msg)
    return open_text(_decoded(content))


def open_text(text: str) -> Sheet:
    """The table of a text, pasted or from a CSV file. Raises SheetError."""
    text = text.removeprefix("\ufeff").replace("\x00", "")
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    # A decimal comma is in most lines too: it separates fields only where nothing else does.
    sign = next((sign for sign in _SIGNS if 2 * sum(sign in line for line in lines) >= len(lines) > 0), ",")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=sign))
    except csv.Error:
        msg = "Ce texte n’est pas un tableau. Copiez les cellules depuis votre tableur."
        raise SheetError(msg) from None
    return Sheet([[_clean(field) for field in row] for row in rows])


def _decoded(content: bytes) -> str:
    """UTF-8, UTF-16 or Windows-1252, as spreadsheets write them, with a mark at the beginning or without."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    sample = content[:4000]
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if len(sample) > 3 and zeros.count(0) * 2 > len(zeros):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _workbook(content: bytes) -> Sheet:
    _demand_small(content)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheets = [each for each in book.sheets_metadata if each.typ is SheetTypeEnum.WorkSheet]
        shown = [each.name for each in sheets if each.visible is SheetVisibleEnum.Visible]
        values = book.get_sheet_by_name(shown[0]).to_python(skip_empty_area=False) if shown else None
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 (the library is in Rust: its panics are no Exception)
        raise SheetError(_NOT_READ) from None
    if values is None:
        msg = "Toutes les feuilles de ce classeur sont masquées. Affichez celle de la grille."
        raise SheetError(msg)
    others = len(sheets) - 1
    hidden = len(sheets) - len(shown)
    note = ""
    if others:
        left = f"{others} {plural(others, 'autre ne l’est pas', 'autres ne le sont pas')}"
        note = f"La feuille « {shown[0]} », première visible, est lue ; {left}"
        note += f", dont {hidden} {plural(hidden, 'masquée')}." if hidden else "."
    return Sheet([[_text(value) for value in row] for row in values], note)


def _demand_small(content: bytes) -> None:
    """Raises SheetError for what is no workbook, or would not fit in memory."""
    large = False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if not any(part.filename.endswith("workbook.xml") for part in parts):
                raise SheetError(_NOT_READ)
            left = _UNPACKED
            for part in parts:
                with archive.open(part) as file:
                    data = file.read(left + 1)
                left -= len(data)
                large = large or left < 0 or _places(data) > _MOST_PLACES
                if large:
                    break
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError) as wrong:
        raise wrong if isinstance(wrong, SheetError) else SheetError(_NOT_READ) from None
    except Exception:  # noqa: BLE001 (each way of packing has errors of its own)
        raise SheetError(_NOT_READ) from None
    if large:
        msg = "Ce classeur est trop grand. Gardez la grille seule, sur une feuille."
        raise SheetError(msg)


def _places(data: bytes) -> int:
    """The room that a part of a workbook asks for: its last row times its last column."""
    last_row = last_column = 1
    for letters, digits in _PLACE.findall(data):
        last_row = max(last_row, int(digits))
        if letters:
            index = 0
            for letter in letters:
                index = index * 26 + letter - 64
            last_column = max(last_column, index)
    return last_row * last_column


def _text(value: object) -> str:
    """A cell as its spreadsheet shows it. A formula's result is read, not the formula."""
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return _clean(str(value))


def _number(value: float) -> str:
    # The shortest decimal that means this binary number is what was typed; a sum may be off by a millionth.
    exact = Decimal(repr(value))
    if not exact.is_finite() or abs(exact) >= Decimal(10) ** 12:
        return str(value)
    written = f"{exact.quantize(Decimal('0.000001')).normalize():f}"
    return written.replace(".", ",")


def _clean(text: str) -> str:
    text = " ".join(text.split())
    # An export puts an apostrophe before what a spreadsheet would take for a formula.
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@" else text
