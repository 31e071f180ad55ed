"""Marks of decimals and thousands: told apart by the column, or asked for."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction.workspace import check_workspace, load_workspace
from auction.workspace.files.choice import FEW
from auction.workspace.files.numbers import NumberStyle, find_style

STYLES = [
    (".", "none"), (".", ","), (".", " "), (".", "'"),
    (",", "none"), (",", "."), (",", " "), (",", "'"),
]  # fmt: skip


def read(texts: list[str], **known: object) -> list[float | None]:
    """Return numbers as they are read once the style is found."""
    values = pl.Series("n", texts)
    style = find_style(values, **known)  # type: ignore[arg-type]
    assert style.rival is None, style.words
    numbers = values.to_frame().select(style.expression(pl.col("n")).cast(pl.Float64))
    return numbers.to_series().to_list()


def written(number: float, decimal: str, thousands: str, places: int) -> str:
    text = f"{number:,.{places}f}"
    mark = {"none": ""}.get(thousands, thousands)
    return text.replace(",", "\0").replace(".", decimal).replace("\0", mark)


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["12,345.67", "1.5"], [12345.67, 1.5]),
        (["12.345,67", "1,5"], [12345.67, 1.5]),
        (["12 345", "1 234 567"], [12345, 1234567]),
        (["12\u00a0345,5", "7"], [12345.5, 7]),
        (["12\u202f345,5", "1,5e3"], [12345.5, 1500]),
        (["1'234", "1’234’567.5"], [1234, 1234567.5]),
        (["1,234,567", "1,234"], [1234567, 1234]),
        (["1.234.567", "1.234"], [1234567, 1234]),
        (["12,34,567.5", "1,000"], [1234567.5, 1000]),
        (["0.234", "1.234"], [0.234, 1.234]),
        (["1234.567", "1.234"], [1234.567, 1.234]),
        (["0,234", "1,234"], [0.234, 1.234]),
        (["-1,5", "+2,25", ",5", "3"], [-1.5, 2.25, 0.5, 3]),
        (["1.5", "2.50", "7", "-3."], [1.5, 2.5, 7, -3]),
        (["1e3", "2.5E-1"], [1000, 0.25]),
        (["12", "7"], [12, 7]),
    ],
)
def test_the_column_proves_its_style(texts, numbers):
    assert read(texts) == numbers


@pytest.mark.parametrize("texts", [["1.234", "850"], ["1,234", "12,500"], ["1.234", "-9.999"]])
def test_three_digits_behind_one_mark_are_asked_for(texts):
    style = find_style(pl.Series(texts))
    assert style.rival is not None
    rule, remedy = style.words
    assert rule.endswith("? no number of the column tells")
    assert remedy == 'set decimal = "," or decimal = "."'


def test_bounds_and_whole_numbers_prove_what_the_text_alone_does_not():
    assert read(["45.123", "89.999"], bounds=(-90.0, 90.0)) == [45.123, 89.999]
    assert read(["1.234", "2.500"], whole=True) == [1234, 2500]
    assert find_style(pl.Series(["1.000", "2.000"]), whole=True).rival is not None


def test_both_styles_in_one_column_are_asked_for_where_it_matters():
    style = find_style(pl.Series(["1.5", "2,5", "1.234"]))
    assert style.rival is not None
    assert style.words[0] == "is it 1.234 or 1234? the numbers of the column disagree"
    assert read(["1.5", "2.25", "2,5"]) == [1.5, 2.25, None]


THOUSANDS = [f"{number}.{number}" for number in range(101, 400)]


@pytest.mark.parametrize("odd", [["120.5"], ["120.5", "98.25", "7.5", "0.5"]])
def test_a_handful_of_odd_numbers_does_not_tell_how_the_others_are_meant(odd):
    style = find_style(pl.Series([*THOUSANDS, *odd]))
    assert style.rival is not None
    rule, remedy = style.words
    assert rule == "is it 101.101 or 101101? the numbers of the column disagree"
    assert remedy == 'set decimal = "," or decimal = "."'
    assert find_style(pl.Series([*THOUSANDS, *odd]), decimal=".").rival is None


def test_enough_numbers_tell_how_the_others_are_meant():
    odd = [f"{number}.5" for number in range(20)]
    assert find_style(pl.Series([*THOUSANDS, *odd])) == NumberStyle(".", "none")


def test_a_slip_among_thousands_of_numbers_does_not_outweigh_them():
    texts = [f"{number}.5" for number in range(2000)]
    assert read([*texts, "1.234", "2,5"])[-2:] == [1.234, None]


@given(
    numbers=st.lists(
        st.floats(-1e7, 1e7).map(lambda number: round(number, 2)), min_size=1, max_size=30
    ),
    style=st.sampled_from(STYLES),
)
def test_what_is_written_in_a_style_is_read_back_or_asked_for(numbers, style):
    texts = [written(number, *style, places=2) for number in numbers]
    assert read(texts) == numbers


@given(
    numbers=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=30),
    style=st.sampled_from(STYLES),
)
def test_whole_numbers_are_read_back_or_asked_for(numbers, style):
    texts = [written(number, *style, places=0) for number in numbers]
    found = find_style(pl.Series(texts))
    if found.rival is None:
        assert read(texts) == numbers
    else:
        open_ones = {number for number in numbers if 1000 <= abs(number) < 1_000_000}
        proofs = {number for number in numbers if abs(number) >= 1_000_000}
        assert open_ones
        assert len(proofs) * FEW <= len(open_ones)
    decimal, thousands = style
    assert read(texts, decimal=decimal, thousands=thousands) == numbers


@pytest.mark.parametrize(
    ("stated", "text", "number"),
    [
        ({"decimal": "."}, "1.234", 1.234),
        ({"decimal": ","}, "1.234", 1234),
        ({"decimal": "."}, "1,234", 1234),
        ({"decimal": ","}, "1,234", 1.234),
        ({"thousands": "."}, "1.234", 1234),
        ({"thousands": "none"}, "1.234", 1.234),
        ({"thousands": "none"}, "1,234", 1.234),
        ({"thousands": " "}, "1,234", 1.234),
        ({"decimal": ".", "thousands": "none"}, "1,234", None),
        ({"decimal": ",", "thousands": "'"}, "1'234,5", 1234.5),
    ],
)
def test_what_the_owner_states_wins(stated, text, number):
    assert read([text], **stated) == [number]


HEAD = "vehicle_id,make,model,model_year,region,odometer,guide_value\n"


def test_a_workspace_asks_for_the_decimal_mark(build):
    path = build(vehicles=HEAD + "V1,A,B,2012,TX,850,9\nV2,A,B,2012,TX,1.234,9.5\n")
    assert [str(fault) for fault in check_workspace(path).faults] == [
        (
            "vehicles.csv, row 2, column odometer, value '1.234': is it 1.234 or 1234? no number "
            'of the column tells (set decimal = "," or decimal = "." in [tables.vehicles])'
        )
    ]


def test_a_workspace_tells_what_it_detected(build):
    rows = 'V1,A,B,2012,TX,"50.000,5","9.500,00"\nV2,A,B,2012,TX,"1.234",7\n'
    workspace = load_workspace(build(vehicles=HEAD + rows))
    assert workspace.tables["vehicles"]["odometer"].to_list() == [50000.5, 1234.0]
    assert workspace.tables["vehicles"]["guide_value"].to_list() == [9500.0, 7.0]
    assert workspace.counts["vehicles"].read_as == (
        "utf-8",
        "delimiter ','",
        "odometer, guide_value decimal ',' thousands '.'",
    )


def test_a_workspace_tells_plain_numbers_that_could_be_thousands(build):
    rows = "V1,A,B,2012,TX,50.125,9.5\nV2,A,B,2012,TX,0.5,7\n"
    workspace = load_workspace(build(vehicles=HEAD + rows))
    assert workspace.tables["vehicles"]["odometer"].to_list() == [50.125, 0.5]
    assert workspace.counts["vehicles"].read_as[-1] == "odometer decimal '.'"


def test_further_columns_are_numbers_where_their_style_is_proven(build):
    head = HEAD.replace("\n", ",engine,code\n")
    rows = 'V1,A,B,2012,TX,1,9,"1,6","1,234"\nV2,A,B,2012,TX,2,9,"2,0","5,678"\n'
    sales = (
        "sale_id,offered_on,make,model,model_year,price,engine,code\n"
        "S1,2014-03-01,A,B,2012,11000,1.6,x\n"
    )
    tables = load_workspace(build(vehicles=head + rows, sales=sales)).tables
    assert tables["vehicles"]["engine"].to_list() == [1.6, 2.0]
    assert tables["vehicles"]["code"].to_list() == ["1,234", "5,678"]


def test_plain_numbers_are_left_as_they_stand():
    assert find_style(pl.Series(["1", "2.5"])) == NumberStyle(".", "none")
    assert find_style(pl.Series([None, None], dtype=pl.String)).plain
