"""Tables as files: CSV as the spreadsheets of French offices read it, and XLSX with typed cells.

A text that a spreadsheet would take for a formula is neutralised by an apostrophe in CSV; in XLSX it stays a text.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final, Literal

import xlsxwriter
from flask import Response

FileKind = Literal["csv", "xlsx"]
"""The files that every table is exported as."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_MEDIA: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_WIDEST: Final = 60
_LONGEST_TEXT: Final = 32_767  # characters of one cell, by the format


def euros(cents: int | None) -> Decimal | None:
    """Cents as a number of euros, for a column of prices."""
    return None if cents is None else Decimal(cents) / 100


def download(kind: FileKind, name: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A response that saves the table as `name`.csv or `name`.xlsx: the same rows, columns and words in both."""
    content = to_csv(headers, rows) if kind == "csv" else to_xlsx(name, headers, rows)
    answer = Response(content, mimetype=_MEDIA[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return answer


def to_csv(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with a BOM, semicolons, CRLF, decimal commas; cells are text, numbers, days, instants, hours or None."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows([_written(value) for value in row] for row in rows)
    return ("\ufeff" + text.getvalue()).encode()


def to_xlsx(title: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """One sheet with a bold, frozen and filtered first line; prices, days and hours are values, not texts."""
    file = io.BytesIO()
    # Nothing that somebody typed becomes a formula, a link or a number.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(
        file, {"in_memory": True, "default_date_format": "dd/mm/yyyy", **options}
    ) as book:
        # Without a date of its own the same table would give other bytes each time.
        book.set_properties({"created": datetime(2000, 1, 1), "title": title})  # noqa: DTZ001 (the format has no zone)
        sheet = book.add_worksheet(_sheet_name(title))
        formats = {
            Decimal: book.add_format({"num_format": "#,##0.00"}),
            datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
            time: book.add_format({"num_format": "hh:mm"}),
        }
        bold = book.add_format({"bold": True, "bottom": 1})
        widths = [len(header) for header in headers]
        sheet.write_row(0, 0, headers, bold)
        last = 0
        for last, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                shown = _value(value)
                if shown is not None:
                    sheet.write(last, column, shown, formats.get(type(shown)))
                    widths[column] = max(widths[column], len(_written(value)))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width + 2, _WIDEST))
        sheet.freeze_panes(1, 0)
        if headers:
            sheet.autofilter(0, 0, last, len(headers) - 1)
    return file.getvalue()


def _sheet_name(title: str) -> str:
    """A name that the format takes: at most 31 characters, none of those it keeps for itself."""
    return "".join(" " if letter in "[]:*?/\\'" else letter for letter in title)[:31].strip() or "Feuille"


def _value(value: object) -> object:
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if value is None or isinstance(value, int | Decimal | date | time):
        return value
    return str(value)[:_LONGEST_TEXT]


def _written(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",")
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int) else text
