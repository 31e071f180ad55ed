"""A workspace without faults becomes typed frames; bad rows are set aside and counted."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from auction.tables import SCHEMAS
from auction.workspace import (
    TableCounts,
    check_workspace,
    load_workspace,
    write_rejected,
)
from residual.errors import InputError

LENIENT = "[rejects]\nmax_share = 0.9\n"
LAW = '[dismantling]\njurisdiction = "US"\n'


def all_tables(build) -> Path:
    return build(*[name for name in SCHEMAS if name not in ("vehicles", "sales")], more=LAW)


def test_every_table_is_typed_as_its_schema_says(build):
    workspace = load_workspace(all_tables(build))
    assert list(workspace.tables) == list(SCHEMAS)
    for name, schema in SCHEMAS.items():
        frame = workspace.tables[name]
        assert frame.height > 0
        assert dict(frame.schema) == {
            column: definition.dtype for column, definition in schema.columns().items()
        }
        assert schema.is_valid(frame)
    assert workspace.rejected == {}


def test_absent_tables_are_empty_and_typed(build):
    workspace = load_workspace(build())
    assert workspace.has("vehicles")
    assert not workspace.has("events")
    assert dict(workspace.tables["events"].schema)["date"] == pl.Date
    assert sorted(workspace.counts) == ["sales", "vehicles"]


def test_values_come_over_exactly(build):
    workspace = load_workspace(build("offers", "venues"))
    first = workspace.tables["vehicles"].row(0, named=True)
    assert first["vehicle_id"] == "V1"
    assert first["model_year"] == 2012
    assert first["odometer"] == 50000.0
    assert first["vin"] is None
    assert workspace.tables["sales"]["outcome"].to_list() == ["sold"] * 3
    offer = workspace.tables["offers"].row(0, named=True)
    assert offer["valid_until"] == date(2015, 3, 1)
    assert (offer["min_units"], offer["max_units"], offer["guide_rate"]) == (0, 2, None)


def test_hashes_are_those_of_the_files(build):
    path = build()
    hashes = load_workspace(path).input_hashes
    assert list(hashes) == ["disposal.toml", "vehicles.csv", "sales.csv"]
    for name, digest in hashes.items():
        assert digest == hashlib.sha256((path / name).read_bytes()).hexdigest()


def test_parquet_and_csv_give_the_same_frames(build, tmp_path):
    path = build(sections={"vehicles": 'units = {odometer = "mi"}'})
    from_csv = load_workspace(path)
    for name in ("vehicles", "sales"):
        pl.read_csv(path / f"{name}.csv", try_parse_dates=True).write_parquet(
            tmp_path / f"{name}.parquet"
        )
    settings = (path / "disposal.toml").read_text().replace(".csv", ".parquet")
    (path / "disposal.toml").write_text(settings)
    from_parquet = load_workspace(path)
    for name in ("vehicles", "sales"):
        assert from_parquet.tables[name].equals(from_csv.tables[name])
        assert from_parquet.tables[name].schema == from_csv.tables[name].schema
    assert from_csv.tables["vehicles"]["odometer"][0] == 50000 * 1.609344


def test_further_columns_are_features_of_one_type_in_both_tables(build):
    vehicles = (
        "vehicle_id,make,model,model_year,region,transmission,doors,code,empty\n"
        "V1,Toyota,Camry,2012,TX,automatic,4,7,\n"
        "V2,Toyota,Camry,2012,TX,,5,8,\n"
    )
    sales = (
        "sale_id,offered_on,make,model,model_year,price,transmission,doors,code\n"
        "S1,2014-03-01,Toyota,Camry,2012,11000,manual,nan,7a\n"
    )
    tables = load_workspace(build(vehicles=vehicles, sales=sales)).tables
    assert tables["vehicles"]["transmission"].to_list() == ["automatic", None]
    assert tables["vehicles"]["doors"].to_list() == [4.0, 5.0]
    assert tables["sales"]["doors"].to_list() == [None]
    assert tables["vehicles"]["code"].to_list() == ["7", "8"]
    assert tables["sales"]["code"].to_list() == ["7a"]
    assert tables["vehicles"].schema["empty"] == pl.String


def test_further_columns_of_other_tables_are_left_and_named(build, files):
    events = "event_id,venue_id,date,capacity,note\nE1,A1,2015-02-03,10,first\n"
    workspace = load_workspace(build("venues", events=events))
    assert "note" not in workspace.tables["events"].columns
    assert workspace.counts["events"].unused_columns == ("note",)


def test_nothing_later_than_as_of_is_read(build):
    vehicles = (
        "vehicle_id,make,model,model_year,region,recovered_on\n"
        "V1,Toyota,Camry,2012,TX,2015-01-25\n"
        "V2,Toyota,Camry,2012,TX,2015-01-26\n"
    )
    sales = (
        "sale_id,offered_on,closed_on,make,model,model_year,price\n"
        "S1,2014-03-01,2014-03-01,Toyota,Camry,2012,11000\n"
        "S2,2015-01-20,2015-01-26,Toyota,Camry,2012,11000\n"
        "S3,2015-02-20,2015-02-20,Toyota,Camry,2012,no price\n"
    )
    workspace = load_workspace(build("index", vehicles=vehicles, sales=sales))
    assert workspace.tables["vehicles"]["vehicle_id"].to_list() == ["V1"]
    assert workspace.tables["sales"]["sale_id"].to_list() == ["S1"]
    assert workspace.tables["index"]["value"].to_list() == [100.0, 101.0]
    assert workspace.rejected == {}
    assert workspace.counts["sales"] == TableCounts(
        read=3,
        kept=1,
        rejected=0,
        excluded={"offered after as_of": 1, "closed after as_of": 1},
        read_as=("utf-8", "delimiter ','", "dates %Y-%m-%d"),
    )
    assert workspace.counts["vehicles"].excluded == {"recovered after as_of": 1}
    assert workspace.counts["index"].excluded == {"released after as_of": 1}


def test_as_of_can_be_given_and_what_is_over_is_left_out(build):
    path = all_tables(build)
    workspace = load_workspace(path, as_of="2015-03-02", seed=11)
    assert workspace.config.as_of == date(2015, 3, 2)
    assert workspace.config.seed == 11
    assert workspace.tables["index"]["value"].to_list() == [100.0, 101.0, 102.0]
    assert {
        name: counts.excluded for name, counts in workspace.counts.items() if counts.excluded
    } == {
        "events": {"held before as_of": 1},
        "offers": {"ended before as_of": 1},
        "holds": {"ended before as_of": 1},
    }


def test_an_earlier_planning_date_reads_less(build):
    back = load_workspace(build(), as_of=date(2014, 7, 1))
    assert back.tables["sales"]["sale_id"].to_list() == ["S1", "S2"]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_planning_date_off_the_calendar_is_refused(build, day):
    with pytest.raises(InputError) as caught:
        load_workspace(build(), as_of=day)
    assert str(caught.value) == (
        f"column as_of, value '{day}': must lie from 1950-01-01 to 2199-12-31 (mend it)"
    )
    settings = f'as_of = {day}\ncurrency = "USD"\n'
    (told,) = check_workspace(build(settings=settings)).faults
    assert told.column == "as_of"


@pytest.mark.parametrize(("as_of", "seed"), [("2015-13-01", None), (None, -1)])
def test_a_bad_planning_date_or_seed_is_refused(build, as_of, seed):
    with pytest.raises(InputError) as caught:
        load_workspace(build(), as_of=as_of, seed=seed)
    told = "as_of, value '2015-13-01': must be a date written as YYYY-MM-DD (mend it)"
    if as_of is None:
        told = "seed, value '-1': must be from 0 to 2**63 - 1 (mend it)"
    assert str(caught.value) == f"column {told}"


def test_odometer_sentinels_are_passed_on(build):
    vehicles = "vehicle_id,make,model,model_year,odometer,region\nV1,A,B,2012,999999,TX\n"
    assert load_workspace(build(vehicles=vehicles)).tables["vehicles"]["odometer"][0] == 999999.0


def test_blank_lines_and_a_byte_order_mark_do_no_harm(build):
    vehicles = "\ufeffvehicle_id,make,model,model_year,region\n\nV1,A,B,2012,TX\n"
    workspace = load_workspace(build(vehicles=vehicles))
    assert workspace.tables["vehicles"]["vehicle_id"].to_list() == ["V1"]
    assert workspace.counts["vehicles"].excluded == {"blank": 1}


def test_other_delimiters_encodings_dates_and_null_words(build, tmp_path):
    path = build(
        sections={
            "sales": (
                'delimiter = ";"\nencoding = "gb18030"\ndate_format = "%d.%m.%Y"\n'
                'null_values = ["无"]\n'
            )
        }
    )
    (tmp_path / "sales.csv").write_bytes(
        "sale_id;offered_on;make;model;model_year;price;reserve\n"
        "S1;31.12.2014;丰田;凯美瑞;2012;100;无\n".encode("gb18030")
    )
    row = load_workspace(path).tables["sales"].row(0, named=True)
    assert row["make"] == "丰田"
    assert row["offered_on"] == date(2014, 12, 31)
    assert row["reserve"] is None


def test_a_quote_inside_bare_text_is_text(build):
    vehicles = 'vehicle_id,make,model,model_year,region\nV1,A,18" wheels,2012,TX\n'
    frame = load_workspace(build(vehicles=vehicles)).tables["vehicles"]
    assert frame["model"].to_list() == ['18" wheels']


def test_rejected_rows_are_written_and_formulas_made_harmless(build, tmp_path):
    sales = (
        "sale_id,offered_on,make,model,model_year,price,=column,row\n"
        "S1,2014-03-01,A,B,2012,11000,,\n"
        '@S2,2014-03-01,=1+1,B,2012,"=HYPERLINK(""x"")",-7,+b\n'
        "S3,2014-03-01,A,B,2012,-5,,\n"
    )
    workspace = load_workspace(build(sales=sales, more=LENIENT))
    before = sorted(tmp_path.iterdir())
    (written,) = write_rejected(workspace, tmp_path / "run")
    assert written == tmp_path / "run" / "rejected" / "sales.csv"
    assert written.read_text().splitlines() == [
        (
            "file,row,column,value,rule,remedy,"
            "sale_id,offered_on,make,model,model_year,price,'=column,row (in the file)"
        ),
        (
            'sales.csv,2,price,"\'=HYPERLINK(""x"")",must be a number,'
            "write it with digits and a decimal point alone,"
            '\'@S2,2014-03-01,\'=1+1,B,2012,"\'=HYPERLINK(""x"")",-7,\'+b'
        ),
        (
            "sales.csv,3,price,-5,a sold row must have a price above zero,"
            "give the hammer price or mend the outcome,"
            "S3,2014-03-01,A,B,2012,-5,,"
        ),
    ]
    assert before == sorted(path for path in tmp_path.iterdir() if path.name != "run")


def test_check_reports_and_writes_nothing(build, tmp_path):
    path = build()
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    report = check_workspace(path)
    assert report.ok
    assert report.counts["vehicles"] == TableCounts(
        read=2, kept=2, rejected=0, read_as=("utf-8", "delimiter ','")
    )
    assert [used.setting for used in report.defaults][:2] == ["seed", "horizon.weeks"]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
