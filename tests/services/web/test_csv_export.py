"""Files open in the spreadsheets of French offices, and carry no formula."""

from datetime import date, time
from decimal import Decimal

import pytest

from services.web.csv_export import euros, to_csv


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


def test_days_hours_flags_and_nothing() -> None:
    row = (date(2026, 11, 25), time(9, 5), True, None)
    assert to_csv(("A", "B", "C", "D"), [row]).decode("utf-8-sig").split("\r\n")[1] == "25/11/2026;09:05;oui;"
