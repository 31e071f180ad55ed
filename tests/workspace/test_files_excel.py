"""Excel workbooks: the values of the sheet that is meant, with their types."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from auction.errors import MissingExtraError
from auction.workspace import check_workspace, load_workspace

SETTINGS = """\
as_of = 2015-01-25
currency = "USD"
[tables.sales]
file = "sales.csv"
[tables.vehicles]
file = "vehicles.xlsx"
"""
SALES = "sale_id,offered_on,make,model,model_year,price\nS1,2014-03-01,A,B,2012,11000\n"

HEADER = ["vehicle_id", "make", "model", "model_year", "region", "recovered_on", "odometer"]
ROWS = [
    ["V1", "Citroën", "C3", 2012, "TX", date(2015, 1, 3), 50000.5],
    [
        1002,
        "比亚迪",
        "秦",
        2013,
        "TX",
        datetime(2015, 1, 4, 23, 30, tzinfo=UTC).replace(tzinfo=None),
        12,
    ],
    ["V3", "A", " B ", "2014", "TX", None, "7"],
]


def write(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "dd.mm.yyyy"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, value in enumerate(row):
                    if isinstance(value, date):
                        sheet.write_datetime(number, place, value)
                    elif value is not None:
                        sheet.write(number, place, value)


@pytest.fixture
def book(tmp_path):
    def make(sheets: dict[str, list[list[object]]], more: str = "") -> Path:
        (tmp_path / "sales.csv").write_text(SALES)
        (tmp_path / "disposal.toml").write_text(SETTINGS + more)
        write(tmp_path / "vehicles.xlsx", sheets)
        return tmp_path

    return make


def faults(root: Path) -> list[str]:
    return [str(fault) for fault in check_workspace(root).faults]


def test_values_come_over_with_their_types(book):
    workspace = load_workspace(book({"Stock": [HEADER, *ROWS]}))
    frame = workspace.tables["vehicles"]
    assert frame["vehicle_id"].to_list() == ["V1", "1002", "V3"]
    assert frame["make"].to_list() == ["Citroën", "比亚迪", "A"]
    assert frame["model"].to_list() == ["C3", "秦", "B"]
    assert frame["model_year"].to_list() == [2012, 2013, 2014]
    assert frame["recovered_on"].to_list() == [date(2015, 1, 3), date(2015, 1, 4), None]
    assert frame["odometer"].to_list() == [50000.5, 12.0, 7.0]
    assert workspace.counts["vehicles"].read_as[:2] == ("Excel", "sheet 'Stock'")
    assert len(workspace.input_hashes["vehicles.xlsx"]) == 64


def test_ids_that_are_numbers_stay_whole(book):
    rows = [["vehicle_id", "make", "model", "model_year", "region", "new"]]
    rows += [[number, "A", "B", 2012, "TX", number % 2 == 0] for number in (12345678901, 8)]
    frame = load_workspace(book({"Stock": rows})).tables["vehicles"]
    assert frame["vehicle_id"].to_list() == ["12345678901", "8"]
    assert frame["new"].to_list() == ["false", "true"]


def test_text_in_a_column_of_dates_is_told_by_its_row(book):
    rows = [[*row] for row in ROWS]
    rows[2][5] = "soon"
    root = book({"Stock": [HEADER, *rows]}, "[rejects]\nmax_share = 0.5\n")
    rejected = check_workspace(root).rejected["vehicles"]
    assert rejected.select("row", "column", "value").rows() == [(3, "recovered_on", "soon")]
    kept = load_workspace(root).tables["vehicles"]["recovered_on"].to_list()
    assert kept == [date(2015, 1, 3), date(2015, 1, 4)]


def test_several_sheets_are_asked_for(book, tmp_path):
    sheets = {"Read me": [["Stock of June"]], "Stock": [HEADER, *ROWS]}
    assert faults(book(sheets)) == [
        (
            "vehicles.xlsx: has 2 sheets: 'Read me', 'Stock' (set sheet to the one meant, in "
            "[tables.vehicles])"
        )
    ]
    assert faults(book(sheets, 'sheet = "Stock"\n')) == []
    assert faults(book(sheets, 'sheet = "Stok"\n')) == [
        (
            "disposal.toml, column tables.vehicles.sheet, value 'Stok': vehicles.xlsx has no such "
            "sheet (did you mean 'Stock'?)"
        )
    ]


def test_a_header_further_down_is_found_where_it_is_said_to_be(book):
    sheets = {"Stock": [["Stock of June"], [], HEADER, *ROWS]}
    assert faults(book(sheets, "header_row = 3\n")) == []
    assert "column vehicle_id: the column is required" in faults(book(sheets))[0]
    assert faults(book(sheets, "header_row = 99\n")) == [
        (
            "vehicles.xlsx: row 99 of sheet 'Stock' holds no header (give a header and rows, or "
            "set header_row)"
        )
    ]


def test_rows_are_numbered_from_the_header_on_blank_ones_too(book):
    rows = [[*row] for row in ROWS]
    rows[2][3] = "twelve"
    sheets = {"Stock": [HEADER, rows[0], [], rows[1], rows[2]]}
    root = book(sheets, "[rejects]\nmax_share = 0.5\n")
    report = check_workspace(root)
    assert report.rejected["vehicles"]["row"].to_list() == [4]
    assert report.counts["vehicles"].excluded == {"blank": 1}


def test_formulas_give_the_value_that_was_found_and_are_not_run(book, tmp_path):
    root = book({"Stock": []})
    with xlsxwriter.Workbook(tmp_path / "vehicles.xlsx") as made:
        sheet = made.add_worksheet("Stock")
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["V1", "A", "B", 2012, "TX"])
        sheet.write_formula(1, 6, "=[elsewhere.xlsx]Stock!A1", None, 41000)
        sheet.write_row(2, 0, ["V2", "A", "B", 2012, "TX"])
        sheet.write_formula(2, 6, '=WEBSERVICE("http://localhost:1/")', None, 42000)
        sheet.write_url(3, 0, "external:other.xlsx", string="V3")
        sheet.write_row(3, 1, ["A", "B", 2012, "TX"])
    frame = load_workspace(root).tables["vehicles"]
    assert frame["odometer"].to_list() == [41000, 42000, None]
    assert frame["vehicle_id"].to_list() == ["V1", "V2", "V3"]


def test_cells_in_error_are_told_by_their_row(book, tmp_path):
    root = book({"Stock": []}, 'sheet = "Sto&ck"\n[rejects]\nmax_share = 0.9\n')
    with xlsxwriter.Workbook(tmp_path / "vehicles.xlsx") as made:
        made.add_worksheet("Other").write_formula(1, 6, "=1/0", None, "#DIV/0!")
        sheet = made.add_worksheet("Sto&ck")
        sheet.write_row(0, 0, HEADER)
        for row, (value, told) in enumerate([("V1", 41000.5), ("V2", "#DIV/0!"), ("V3", "#REF!")]):
            sheet.write_row(row + 1, 0, [value, "A", "B", 2012, "TX"])
            sheet.write_formula(row + 1, 6, "=H1", None, told)
    report = check_workspace(root)
    assert report.rejected["vehicles"].select("row", "column", "value", "rule").rows() == [
        (2, "odometer", "#DIV/0!", "must be a number"),
        (3, "odometer", "#REF!", "must be a number"),
    ]
    assert load_workspace(root).tables["vehicles"]["odometer"].to_list() == [41000.5]


@pytest.mark.parametrize(("row", "column"), [(0, 2), (3, 0), (3, 2)])
def test_a_table_may_begin_anywhere_in_its_sheet(book, tmp_path, row, column):
    root = book({"Stock": []}, f"header_row = {row + 1}\n")
    with xlsxwriter.Workbook(tmp_path / "vehicles.xlsx") as made:
        sheet = made.add_worksheet("Stock")
        sheet.write_row(row, column, HEADER)
        sheet.write_row(row + 1, column, ["V1", "A", "B", 2012, "TX"])
        sheet.write_row(row + 3, column, ["V2", "A", "B", 2012, "TX"])
    assert load_workspace(root).tables["vehicles"]["vehicle_id"].to_list() == ["V1", "V2"]


def test_names_given_twice_or_left_blank(book):
    assert faults(book({"Stock": [["a", "b", "a"], [1, 2, 3]]})) == [
        (
            "vehicles.xlsx: the header names 'a' twice (give each column a name of its own, or set "
            "header_row)"
        )
    ]
    assert faults(book({"Stock": [[None, None, "a"], [1, 2, 3]]})) == [
        (
            "vehicles.xlsx: the header has two blank names (give each column a name of its own, or "
            "set header_row)"
        )
    ]
    assert "holds no header" in faults(book({"Stock": []}))[0]


def test_a_header_without_rows(book):
    assert faults(book({"Stock": [HEADER]})) == [
        "vehicles.xlsx: holds no vehicle to plan for after 0 read, 0 set aside (add rows)"
    ]


def test_without_the_extra_the_way_to_it_is_told(book, monkeypatch):
    root = book({"Stock": [HEADER, *ROWS]})
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(MissingExtraError, match=r"residual-auction\[excel\]"):
        check_workspace(root)
