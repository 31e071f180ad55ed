"""What desks really send: one test a kind, with the words that it earns."""

from __future__ import annotations

import polars as pl
import pytest

from auction.workspace import check_workspace, load_workspace, write_bad_rows
from residual.errors import InputError

LENIENT = "[rejects]\nmax_share = 0.9\n"
VEHICLES = "vehicle_id,make,model,model_year,odometer,region\n"
GOOD = "V1,A,B,2012,50000,TX\n"


def faults(path) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_workspace(path)
    return [str(fault) for fault in caught.value.faults]


def set_aside(path, table: str) -> list[tuple]:
    return load_workspace(path).rejected[table].select("row", "column", "value", "rule").rows()


def test_an_odometer_of_999999_is_remarked_on_and_kept(build):
    sales = (
        "sale_id,offered_on,make,model,model_year,odometer,price\n"
        "S1,2014-03-01,A,B,2012,999999,9\nS2,2014-03-01,A,B,2012,999998,9\n"
    )
    path = build(
        vehicles=VEHICLES + "V1,A,B,2012,999999,TX\n",
        sales=sales,
        sections={"sales": 'units = { odometer = "miles" }'},
    )
    report = check_workspace(path)
    assert report.ok
    assert report.warnings.select("file", "row", "value", "rule").rows() == [
        (file, row, value, "is read as not known: no odometer of a car shows it")
        for file, row, value in (
            ("sales.csv", 1, "999999"),
            ("sales.csv", 2, "999998"),
            ("vehicles.csv", 1, "999999"),
        )
    ]
    assert load_workspace(path).notes == [
        "sales.csv, odometer: is read as not known: no odometer of a car shows it (2 rows)",
        "vehicles.csv, odometer: is read as not known: no odometer of a car shows it (1 row)",
    ]


def test_a_hold_without_end_is_set_aside(build):
    holds = "vehicle_id,kind,until\nV1,police,2015-03-01\nV2,redemption,\n"
    assert set_aside(build(holds=holds, more=LENIENT), "holds") == [
        (2, "until", None, "is required")
    ]


def test_a_pin_to_an_event_before_the_vehicle_is_available_stops_a_run(build):
    path = build(
        "venues",
        "events",
        vehicles="vehicle_id,make,model,model_year,region,available_from\n"
        "V1,A,B,2012,TX,2015-02-04\nV2,A,B,2012,TX,2015-02-03\n",
        overrides="vehicle_id,action,event_id,reason,who\n"
        "V1,pin,E1,promised,desk\nV2,pin,E1,promised,desk\n",
    )
    assert faults(path) == [
        (
            "overrides.csv, row 1, column event_id, value 'E1': the event is held on 2015-02-03, "
            "before the vehicle is available on 2015-02-04 "
            "(pin it to a later event or mend available_from)"
        )
    ]


@pytest.mark.parametrize("column", ["currency", "CCY", "货币", "Währung"])
def test_amounts_in_another_currency_are_set_aside(build, column):
    sales = (
        f"sale_id,offered_on,make,model,model_year,price,{column}\n"
        "S1,2014-03-01,A,B,2012,9,USD\nS2,2014-03-01,A,B,2012,9,eur\n"
        "S3,2014-03-01,A,B,2012,9,$\nS4,2014-03-01,A,B,2012,9,\n"
    )
    path = build(sales=sales, more=LENIENT)
    assert set_aside(path, "sales") == [
        (2, column, "eur", "must be in USD, the one currency of the workspace")
    ]
    assert column not in load_workspace(path).tables["sales"].columns


def test_a_mapped_currency_is_looked_at_in_any_table(build, files):
    venues = "\n".join(
        f"{line},{word}"
        for line, word in zip(files["venues"].splitlines(), ("valuta", "CNY", "USD"), strict=True)
    )
    path = build(
        venues=venues + "\n", sections={"venues": 'columns = { currency = "valuta" }'}, more=LENIENT
    )
    assert set_aside(path, "venues") == [
        (1, "valuta", "CNY", "must be in USD, the one currency of the workspace")
    ]


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "NaN", "1e999"])
def test_numbers_that_are_not_finite_are_set_aside(build, value):
    path = build(vehicles=VEHICLES + GOOD + f"V2,A,B,2012,{value},TX\n", more=LENIENT)
    ((row, column, told, rule), *_) = set_aside(path, "vehicles")
    assert (row, column, told) == (2, "odometer", value)
    assert rule in ("must be a finite number", "must be a number", "must be at least 0")


FORMULAS = ["=1+1", "@SUM(A1)", "+44 20", "-V7", "=cmd|'/c calc'!A1"]
SQL = "V1'); DROP TABLE vehicles;--"


@pytest.mark.parametrize("text", [*FORMULAS, SQL])
def test_formulas_and_sql_in_an_id_are_text(build, text):
    frame = load_workspace(build(vehicles=VEHICLES + f"{text},A,B,2012,1,TX\n")).tables["vehicles"]
    assert frame["vehicle_id"].to_list() == [text]


@pytest.mark.parametrize("text", FORMULAS)
def test_formulas_are_harmless_where_bad_rows_are_written(build, tmp_path, text):
    path = build(vehicles=VEHICLES + GOOD + f"{text},A,B,2012,-1,TX\n", more=LENIENT)
    (written,) = write_bad_rows(check_workspace(path), tmp_path / "bad")
    row = pl.read_csv(written, infer_schema=False).row(0, named=True)
    assert row["vehicle_id"] == f"'{text}"
    assert row["odometer"] == "-1"


@pytest.mark.parametrize("name", ["../x", "../../etc/passwd", "a.b", ""])
def test_a_table_that_is_none_is_refused_whatever_its_name(build, name):
    more = f'[tables."{name}"]\nfile = "vehicles.csv"\n'
    (told,) = faults(build(more=more))
    assert told.startswith(f"disposal.toml, column tables.{name}: is not a setting (known are ")


def test_the_fleet_emptied_by_the_planning_date_is_told_alone(build):
    vehicles = "vehicle_id,make,model,model_year,region,recovered_on\nV1,A,B,2012,TX,2015-02-01\n"
    path = build(
        "venues",
        "index",
        vehicles=vehicles,
        offers="offer_id,venue_id,price,min_units,max_units,valid_from,valid_until\n"
        "O1,D1,7000,1,2,2015-01-01,2015-03-01\n",
        hedges="hedge_id,kind,series,strike,expiry,premium,lot,limit,counterparty\n"
        "H1,index_put,none,0.95,2015-06-30,300,100000,5,Bank\n",
    )
    assert faults(path) == [
        (
            "vehicles.csv: holds no vehicle to plan for after 1 read, 1 recovered after as_of, "
            "0 set aside (mend as_of or add rows)"
        )
    ]


def test_rows_that_follow_others_do_not_refuse_their_table(build):
    good = "".join(f"V{i},A,B,2012,1,TX\n" for i in range(2, 40))
    path = build(
        vehicles=VEHICLES + "V1,A,B,2012,-1,TX\n" + good,
        holds="vehicle_id,kind,until\nV1,police,2015-03-01\n",
    )
    workspace = load_workspace(path)
    assert workspace.rejected["holds"]["rule"].to_list() == ["its vehicle was set aside"]


def test_every_unknown_reference_is_told_and_near_names_are_guessed_among_very_many(build):
    many = "".join(f"V{i:06d},A,B,2012,90000,TX\n" for i in range(20_000))
    rows = "".join(f"W{i},police,2015-03-01\n" for i in range(60))
    path = build(
        vehicles=VEHICLES + many,
        holds="vehicle_id,kind,until\nV00012,police,2015-03-01\n" + rows,
    )
    lines = check_workspace(path).lines
    assert lines.height == 61
    assert lines["remedy"][0].startswith("did you mean 'V00")


def test_sales_without_a_row_stop_a_run(build):
    path = build(sales="sale_id,offered_on,make,model,model_year,price\n")
    assert faults(path) == [
        "sales.csv: holds no past offering after 0 read, 0 set aside (add rows)"
    ]


def test_an_odometer_of_a_few_km_is_remarked_on(build):
    path = build(vehicles=VEHICLES + "V7,A,B,2012,3,TX\nV8,A,B,2012,11,TX\n")
    told = check_workspace(path).lines.filter(pl.col("severity") == "warning")
    rule = "is read as not known: no odometer of a car shows it"
    assert told.filter(pl.col("value").is_in(["3", "11"])).select("value", "rule").rows() == [
        ("3", rule)
    ]
