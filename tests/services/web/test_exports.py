"""Files open in the spreadsheets of French offices, hold values, and carry no formula."""

import io
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from services.web.exports import euros, to_csv, to_xlsx


def test_a_file_has_a_bom_semicolons_crlf_and_decimal_commas() -> None:
    made = to_csv(("Commune", "Prix"), [("Vierzon; Cher", euros(4974)), ("L’Haÿ", Decimal("1.5"))])
    assert made == '\ufeffCommune;Prix\r\n"Vierzon; Cher";49,74\r\nL’Haÿ;1,50\r\n'.encode()


@pytest.mark.parametrize("text", ["=1+1", "+33", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_looks_like_a_formula_is_neutralised(text: str) -> None:
    assert f"'{text}".strip() in to_csv(("A",), [(text,)]).decode("utf-8-sig").replace('"', "")


def test_numbers_below_zero_stay_numbers() -> None:
    assert to_csv(("A",), [(-3,), (Decimal("-0.5"),)]).decode("utf-8-sig").split("\r\n")[1:3] == [
        "-3",
        "-0,50",
    ]


def test_days_instants_hours_flags_and_nothing() -> None:
    row = (date(2026, 11, 25), datetime(2026, 11, 25, 9, 5, tzinfo=UTC), time(9, 5), True, None)
    assert to_csv(tuple("ABCDE"), [row]).decode("utf-8-sig").split("\r\n")[1] == (
        "25/11/2026;25/11/2026 09:05;09:05;oui;"
    )


def test_a_workbook_holds_the_same_rows_as_values() -> None:
    rows = [("=1+1", euros(4974), date(2026, 11, 25), 12, True, None), ("L’Haÿ", None, None, 0, False, "x")]
    made = to_xlsx("Tarifs : 2026/2027", ("Nom", "Prix", "Jour", "Nombre", "Fictif", "Note"), rows)
    book = CalamineWorkbook.from_filelike(io.BytesIO(made))
    assert book.sheet_names == ["Tarifs   2026 2027"]
    assert book.get_sheet_by_index(0).to_python() == [
        ["Nom", "Prix", "Jour", "Nombre", "Fictif", "Note"],
        ["=1+1", 49.74, date(2026, 11, 25), 12.0, "oui", ""],
        ["L’Haÿ", "", "", 0.0, "non", "x"],
    ]


def test_the_same_table_gives_the_same_workbook_and_an_empty_one_opens() -> None:
    assert to_xlsx("a", ("A",), [("b",)]) == to_xlsx("a", ("A",), [("b",)])
    empty = CalamineWorkbook.from_filelike(io.BytesIO(to_xlsx("///", ("A",), [])))
    assert empty.get_sheet_by_index(0).to_python() == [["A"]]
