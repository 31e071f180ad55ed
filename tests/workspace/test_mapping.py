"""The owner's names and units become ours; what does not fit is told."""

from __future__ import annotations

import polars as pl
import pytest

from auction.workspace import check_workspace, load_workspace
from auction.workspace.names import nearest
from auction.workspace.units import QUANTITIES, UNITS, find_unit
from residual.errors import InputError

#: Every unit, a value written in it, and the same in ours.
WORTH = {
    "km": (12.5, 12.5),
    "mi": (100.0, 160.9344),
    "miles": (100.0, 160.9344),
    "1k_km": (83.2, 83200.0),
    "10k_km": (8.32, 83200.0),
    "1k_mi": (2.0, 3218.688),
    "one_to_five": (3.5, 3.5),
    "ten_fold": (45.0, 4.5),
    "unit": (7.0, 7.0),
    "hundredth": (1999.0, 19.99),
    "1k": (12.0, 12000.0),
    "10k": (13.58, 135800.0),
    "1M": (0.25, 250000.0),
    "share": (0.05, 0.05),
    "percent": (5.0, 0.05),
    "basis_points": (550.0, 0.055),
    "years": (3.0, 3.0),
    "months": (30.0, 2.5),
    "days": (3.0, 3.0),
    "weeks": (2.0, 14.0),
    "hours": (1.5, 1.5),
    "minutes": (90.0, 1.5),
}

#: A column in which each quantity can be put to the test, with its table.
PLACES = {
    "distance": ("vehicles", "odometer"),
    "grade": ("vehicles", "condition_grade"),
    "money": ("sales", "price"),
    "share": ("venues", "fee_rate"),
    "years": ("offers", "max_age_years"),
    "days": ("venues", "entry_days"),
    "hours": ("parts", "labour_hours"),
}

ROWS = {
    "vehicles": ("vehicle_id,make,model,model_year,region", "V1,A,B,2012,TX"),
    "sales": ("sale_id,offered_on,make,model,model_year", "S1,2014-03-01,A,B,2012"),
    "venues": (
        (
            "venue_id,channel,region,fee_sale,fee_no_sale,tax_rate,settlement_days,display_days,"
            "fee_rate,entry_days"
        ),
        "D1,dealer,TX,0,0,0,0,0",
    ),
    "offers": (
        "offer_id,venue_id,price,min_units,max_units,valid_from,valid_until",
        "O1,D1,7000,0,2,2015-01-01,2015-03-01",
    ),
    "parts": ("group,part,price,chance,legal_class", "*,hulk,150,1,scrap"),
}


def one_row(table: str, column: str, value: float) -> str:
    header, row = ROWS[table]
    if table == "venues":
        both = {"fee_rate": "0", "entry_days": "0", column: repr(value)}
        return f"{header}\n{row},{both['fee_rate']},{both['entry_days']}\n"
    return f"{header},{column}\n{row},{value!r}\n"


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_each_unit_is_converted(build, unit):
    written, ours = WORTH[unit]
    table, column = PLACES[UNITS[unit].quantity]
    text = {table: one_row(table, column, written)}
    more = '[dismantling]\njurisdiction = "US"\n'
    tables = load_workspace(
        build("venues", **text, sections={table: f'units = {{{column} = "{unit}"}}'}, more=more)
    ).tables
    assert tables[table][column].to_list() == pytest.approx([ours], rel=1e-15)


def test_ten_fold_grades_leave_grades_up_to_five(build):
    vehicles = "vehicle_id,make,model,model_year,region,condition_grade\n" + "".join(
        f"V{grade},A,B,2012,TX,{grade}\n" for grade in (1, 4.5, 5, 10, 45, 50)
    )
    section = {"vehicles": 'units = {condition_grade = "ten_fold"}'}
    frame = load_workspace(build(vehicles=vehicles, sections=section)).tables["vehicles"]
    assert frame["condition_grade"].to_list() == [1.0, 4.5, 5.0, 1.0, 4.5, 5.0]


def test_rules_hold_after_conversion_and_tell_the_value_of_the_file(build):
    vehicles = "vehicle_id,make,model,model_year,region,grade\nV1,A,B,2012,TX,51\n"
    section = {
        "vehicles": 'columns = {condition_grade = "grade"}\nunits = {condition_grade = "ten_fold"}'
    }
    with pytest.raises(InputError) as caught:
        load_workspace(build(vehicles=vehicles, sections=section))
    assert (
        "vehicles.csv, row 1, column condition_grade, value '51': must be at most 5 "
        "(mend the value or its unit)"
    ) in map(str, caught.value.faults)


@pytest.mark.parametrize(
    ("unit", "found"), [("USD", "unit"), ("10k_USD", "10k"), ("hundredth_USD", "hundredth")]
)
def test_money_units_may_carry_the_currency(unit, found):
    assert find_unit(unit, "price", "USD") == (UNITS[found], "", "")


@pytest.mark.parametrize(
    ("unit", "column", "told"),
    [
        ("10k_CNY", "price", ("must be in USD, the one currency", "convert the file beforehand")),
        (
            "leagues",
            "odometer",
            ("must be a unit of distance", "known are 10k_km, 1k_km, 1k_mi, km, mi, miles"),
        ),
        ("percnt", "fee_rate", ("must be a unit of share", "did you mean 'percent'?")),
        ("mi", "price", ("must be a unit of money", "known are 10k, 1M, 1k, hundredth, unit")),
        ("km", "make", ("has no unit that could be converted", "drop the unit")),
    ],
)
def test_units_that_do_not_fit(unit, column, told):
    assert find_unit(unit, column, "USD") == (None, *told)


def test_every_quantity_has_a_unit_that_changes_nothing():
    for quantity in sorted(set(QUANTITIES.values())):
        worths = [WORTH[name] for name, unit in UNITS.items() if unit.quantity == quantity]
        assert any(written == ours for written, ours in worths), quantity


def test_names_are_mapped_and_a_claimed_column_is_not_read_twice(build):
    sales = "id,date,make,model,model_year,price,hammer\nS1,2014-03-01,A,B,2012,99,11000\n"
    section = {"sales": 'columns = {sale_id = "id", offered_on = "date", price = "hammer"}'}
    frame = load_workspace(build(sales=sales, sections=section)).tables["sales"]
    assert frame["price"].to_list() == [11000.0]
    assert "hammer" not in frame.columns
    assert frame["sale_id"].to_list() == ["S1"]


def test_one_column_may_feed_two(build):
    section = {"sales": 'columns = {variant = "model", segment = "model", model = "model"}'}
    frame = load_workspace(build(sections=section)).tables["sales"]
    assert frame["variant"].to_list() == frame["segment"].to_list() == frame["model"].to_list()


def test_constants_fill_a_column_and_win_over_the_file(build):
    section = {
        "sales": 'constants = {channel = "dealer", region = "TX", run = 1, closed_on = 2014-12-31, '
        'source = "old"}'
    }
    frame = load_workspace(build(sections=section)).tables["sales"]
    row = frame.row(0, named=True)
    assert (row["channel"], row["region"], row["run"]) == ("dealer", "TX", 1)
    assert str(row["closed_on"]) == "2014-12-31"
    assert row["source"] == "old"


def test_whole_numbers_may_be_written_with_a_point_but_not_with_a_fraction(build):
    vehicles = "vehicle_id,make,model,model_year,region\nV1,A,B,2012.0,TX\nV2,A,B,2012.5,TX\n"
    workspace = load_workspace(build(vehicles=vehicles, more="[rejects]\nmax_share = 0.5\n"))
    assert workspace.tables["vehicles"]["model_year"].to_list() == [2012]
    assert workspace.rejected["vehicles"]["value"].to_list() == ["2012.5"]


def test_nearest():
    assert nearest("odometr", ["odometer", "model"]) == "odometer"
    assert nearest("zzz", ["odometer", "model"]) is None


def test_numbers_that_are_ids_have_no_fraction(build, tmp_path):
    path = build("holds", holds="vehicle_id,kind,until\n7001,police,2015-03-01\n")
    pl.DataFrame(
        {
            "vehicle_id": [7001.0, 7002.5],
            "make": ["A", "A"],
            "model": [3.0, 5.0],
            "model_year": [2012.0, 2013.0],
            "region": ["TX", "TX"],
        }
    ).write_parquet(tmp_path / "vehicles.parquet")
    settings = (path / "disposal.toml").read_text().replace("vehicles.csv", "vehicles.parquet")
    (path / "disposal.toml").write_text(settings)
    tables = load_workspace(path).tables
    assert tables["vehicles"]["vehicle_id"].to_list() == ["7001", "7002.5"]
    assert tables["vehicles"]["model"].to_list() == ["3", "5"]
    assert tables["holds"]["vehicle_id"].to_list() == ["7001"]


@pytest.mark.parametrize(
    ("table", "ours", "owner"),
    [
        ("vehicles", "title_status", "Title Status"),
        ("vehicles", "available_from", "Available-From"),
        ("venues", "weekly_units", "Weekly Units"),
        ("events", "segment", "Segment"),
    ],
)
def test_one_of_our_columns_written_otherwise_is_asked_about(build, files, table, ours, owner):
    head, *rows = files[table].splitlines()
    text = "\n".join([f"{head},{owner}", *(f"{row}," for row in rows)]) + "\n"
    names = ("venues",) if table == "events" else ()
    asked = f'columns = {{ {ours} = "{owner}" }}'
    assert [str(fault) for fault in check_workspace(build(*names, **{table: text})).faults] == [
        (
            f"{table}.csv, column {owner}: is written differently from {ours} "
            f"(map it in [tables.{table}]: {asked}, or rename it)"
        )
    ]
    mapped = build(*names, sections={table: asked}, **{table: text})
    assert check_workspace(mapped).ok


def test_a_column_beside_the_one_mapped_is_not_asked_about(build, files):
    head, *rows = files["vehicles"].splitlines()
    text = "\n".join([f"{head},papers,Title Status", *(f"{row},,x" for row in rows)]) + "\n"
    sections = {"vehicles": 'columns = { title_status = "papers" }'}
    assert check_workspace(build(sections=sections, vehicles=text)).ok


SOLD = """\
sale_id,offered_on,make,model,model_year,odometer,channel,outcome,price
S1,2014-03-01,Toyota,Camry,2012,40000,auction,verkauft,11000
S2,2014-06-01,Honda,Odyssey,2011,70000,auction,nicht verkauft,
S3,2014-09-01,Honda,Odyssey,2011,70000,auction,sold,8800
"""


def test_the_owners_words_become_ours(build):
    words = 'values = { outcome = { verkauft = "sold", "nicht verkauft" = "no-sale" } }'
    sales = load_workspace(build(sales=SOLD, sections={"sales": words})).tables["sales"]
    assert sales["outcome"].to_list() == ["sold", "no-sale", "sold"]


def test_words_that_are_not_mapped_are_told_with_the_way_out(build):
    faults = check_workspace(build(sales=SOLD)).faults
    told = [(fault.row, fault.value, fault.remedy) for fault in faults if fault.value]
    way_out = "use one of these words, or map yours under values"
    assert told == [(1, "verkauft", way_out), (2, "nicht verkauft", way_out)]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ('{ outcome = { verkauft = "sould" } }', "(did you mean 'sold'?)"),
        (
            '{ make = { VW = "Volkswagen" } }',
            "column tables.sales.values.make: is no column of sales that admits only some words",
        ),
        (
            '{ damage = { keiner = "none" } }',
            "column tables.sales.values.damage: sales.csv has no such column",
        ),
    ],
)
def test_words_that_cannot_be_mapped(build, values, told):
    with pytest.raises(InputError) as error:
        load_workspace(build(sales=SOLD, sections={"sales": f"values = {values}"}))
    assert any(told in str(fault) for fault in error.value.faults), error.value
