"""Tables as the spreadsheets of French offices read them: UTF-8 with a BOM, semicolons, CRLF, decimal commas.

A text that a spreadsheet would take for a formula is neutralised by an apostrophe.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, time
from decimal import Decimal

from flask import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def euros(cents: int | None) -> Decimal | None:
    """Cents as a number of euros, for a column of prices."""
    return None if cents is None else Decimal(cents) / 100


def to_csv(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """The bytes of a file; cells may be text, numbers, days, hours or None."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return ("\ufeff" + text.getvalue()).encode()


def download(name: str, headers: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A response that saves the file as `name`.csv."""
    answer = Response(to_csv(headers, rows), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",")
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not isinstance(value, int) else text
