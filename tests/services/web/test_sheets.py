"""A file is opened whatever a spreadsheet made of it, and refused with a word before it can do harm."""

import io
import zipfile

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from services.web.sheets import LARGEST, SheetError, column, open_file

TEXT = "Formule;Âge;Prix\nN1;50 ans et plus;47,80 €\n"
ROWS = [["Formule", "Âge", "Prix"], ["N1", "50 ans et plus", "47,80 €"]]


def workbook(*sheets: tuple[str, bool, list[list[object]]]) -> bytes:
    """A workbook of sheets: name, hidden, rows from A1 on; a text that begins with `=` is a formula of 12.5."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        for name, hidden, rows in sheets:
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                for index, value in enumerate(row):
                    if isinstance(value, str) and value.startswith("="):
                        sheet.write_formula(place, index, value, None, 12.5)
                    elif value is not None:
                        sheet.write(place, index, value)
            if hidden:
                sheet.hide()
            elif book.worksheets()[0] is not sheet:
                sheet.activate()
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(), TEXT.encode("utf-8-sig"), TEXT.encode("cp1252"), TEXT.encode("utf-16"),
        TEXT.encode("utf-16-le"), TEXT.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with a mark", "windows-1252", "utf-16", "utf-16-le", "utf-16-be"],
)  # fmt: skip
def test_a_csv_of_any_usual_encoding_is_read(content: bytes) -> None:
    assert open_file(content).rows == ROWS


def test_values_of_a_workbook_are_read_as_they_are_shown() -> None:
    content = workbook(("Grille", False, [[None, "x"], [], ["N1", 49.74, 18, "=B3/4", True, 0.1 + 0.2]]))
    sheet = open_file(content)
    assert sheet.rows[0][:2] == ["", "x"]
    assert sheet.rows[2] == ["N1", "49,74", "18", "12,5", "VRAI", "0,3"]
    assert sheet.note == ""


def test_the_first_visible_sheet_is_read_and_named() -> None:
    content = workbook(("Cachée", True, [["non"]]), ("Grille", False, [["oui"]]), ("Notes", False, [["non"]]))
    sheet = open_file(content)
    assert sheet.rows == [["oui"]]
    assert (
        sheet.note
        == "La feuille « Grille », première visible, est lue ; 2 autres ne le sont pas, dont 1 masquée."
    )


def test_a_sheet_that_no_memory_holds_is_refused_before_it_is_opened() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, 1)
        sheet.write(1_048_575, 16_383, 1)
    with pytest.raises(SheetError, match="trop grand"):
        open_file(file.getvalue())


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 80_000_000)
    assert len(file.getvalue()) < LARGEST
    with pytest.raises(SheetError, match="trop grand"):
        open_file(file.getvalue())


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04zzz", b"%PDF-1.7", b"\xd0\xcf\x11\xe0old", b"x" * (LARGEST + 1)]
)
def test_what_is_no_table_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(SheetError):
        open_file(content)


def said_of(content: bytes) -> str | None:
    """The refusal of a file, None when it is a table."""
    try:
        open_file(content)
    except SheetError as refused:
        return str(refused)
    return None


@given(st.binary(max_size=600))
def test_no_bytes_crash_it(content: bytes) -> None:
    assert said_of(content) != ""
    assert said_of(b"PK\x03\x04" + content)


@given(st.data())
def test_no_damaged_workbook_crashes_it(data: st.DataObject) -> None:
    content = bytearray(workbook(("Grille", False, [["N1", 49.74]])))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert said_of(bytes(content)) != ""


def test_columns_are_called_as_spreadsheets_call_them() -> None:
    assert [column(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
