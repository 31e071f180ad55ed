"""Files as they come: Parquet of any type, and damage of every sort."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auction.workspace import check_workspace, load_workspace
from residual.errors import Fault

SETTINGS = """\
as_of = 2015-01-25
currency = "USD"
[tables.vehicles]
file = "vehicles.parquet"
[tables.sales]
file = "sales.parquet"
[rejects]
max_share = 0.9
"""

SALES = pl.DataFrame(
    {
        "sale_id": [1, 2, 3],
        "offered_on": pl.Series(["2014-01-01 23:30", "2014-01-02 00:00", None]).str.to_datetime(),
        "make": pl.Series(["A", "B", "A"], dtype=pl.Categorical),
        "model": ["A", "A", " A "],
        "model_year": [2012.0, 2012.5, 2012.0],
        "price": [Decimal("1.25"), Decimal("2.50"), Decimal("3.00")],
        "winter_tyres": [True, False, None],
    }
)

VEHICLES = pl.DataFrame(
    {
        "vehicle_id": ["a", "b", "c"],
        "make": ["A", "A", "A"],
        "model": ["A", "A", "A"],
        "first_registered": pl.Series([15_000, 10**8, -(10**7)], dtype=pl.Int32).cast(pl.Date),
        "region": ["x", "x", "x"],
        "guide_value": ["1", " 2 ", "3"],
        "run_count": pl.Series([1, 2, 3], dtype=pl.UInt8),
        "winter_tyres": ["true", "", "false"],
        "inspected": pl.Series([10**8, 0, 0], dtype=pl.Int32).cast(pl.Date),
    }
)


@pytest.fixture
def stored(tmp_path: Path):
    def write(vehicles: pl.DataFrame = VEHICLES, sales: pl.DataFrame = SALES) -> Path:
        (tmp_path / "disposal.toml").write_text(SETTINGS)
        vehicles.write_parquet(tmp_path / "vehicles.parquet")
        sales.write_parquet(tmp_path / "sales.parquet")
        return tmp_path

    return write


def test_parquet_types_become_ours(stored):
    workspace = load_workspace(stored())
    sale = workspace.tables["sales"].row(0, named=True)
    assert sale["sale_id"] == "1"
    assert sale["offered_on"] == date(2014, 1, 1)
    assert (sale["make"], sale["model_year"], sale["price"]) == ("A", 2012, 1.25)
    assert sale["winter_tyres"] == "true"
    vehicle = workspace.tables["vehicles"].row(0, named=True)
    assert vehicle["first_registered"] == date(2011, 1, 26)
    assert (vehicle["guide_value"], vehicle["run_count"]) == (1.0, 1)
    assert vehicle["inspected"] is None


def test_parquet_values_at_fault_are_told(stored):
    rejected = load_workspace(stored()).rejected
    columns = ["row", "column", "value", "rule"]
    assert rejected["sales"].select(columns).rows() == [
        (2, "model_year", "2012.5", "must be a whole number"),
        (3, "offered_on", None, "is required"),
    ]
    assert rejected["vehicles"].select(columns).rows() == [
        (2, "first_registered", "100000000", "must be a date written as %Y-%m-%d"),
        (3, "first_registered", "-10000000", "must be a date written as %Y-%m-%d"),
    ]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([[1], [2], [3]], "(List(Int64))"),
        ([True, True, False], "true"),
        ([date(2014, 1, 1)] * 3, "2014-01-01"),
        ([b"1", b"2", b"3"], "(Binary)"),
    ],
)
def test_columns_of_a_wrong_kind_are_told(stored, values, told):
    report = check_workspace(stored(VEHICLES.with_columns(pl.Series("odometer", values))))
    first = report.rejected["vehicles"].filter(pl.col("column") == "odometer").row(0, named=True)
    assert (first["row"], first["value"], first["rule"]) == (1, told, "must be a number")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_of_any_sort_is_told_as_faults(build, data):
    root = build("venues", "events", "offers", "parts", more='[dismantling]\njurisdiction = "US"\n')
    name = data.draw(st.sampled_from(sorted(file.name for file in root.glob("*.*"))))
    content = bytearray((root / name).read_bytes())
    scraps = st.sampled_from(
        [b'"', b",", b"\n", b"\0", b"\xff", b"nan", b"1e400", b"=1+1", b"[", b""]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 12))
        content[at : at + cut] = data.draw(scraps | st.binary(max_size=3))
    (root / name).write_bytes(bytes(content))
    report = check_workspace(root)
    assert all(isinstance(fault, Fault) and str(fault) for fault in report.faults)
    if report.ok:
        assert load_workspace(root).counts == report.counts
    else:
        assert all(fault.file for fault in report.faults)


def test_blanks_around_the_names_of_parquet_columns_are_cut(build):
    path = build("events", "venues")
    frame = pl.read_csv(path / "events.csv", try_parse_dates=True)
    frame.rename({"capacity": " capacity "}).write_parquet(path / "events.parquet")
    settings = (path / "disposal.toml").read_text().replace("events.csv", "events.parquet")
    (path / "disposal.toml").write_text(settings)
    report = check_workspace(path)
    assert report.ok, report.faults
    assert report.counts["events"].unused_columns == ()


def test_whole_decimals_are_ids_without_their_zeros(build):
    path = build("holds")
    fleet = pl.read_csv(path / "vehicles.csv")
    ids = pl.Series("vehicle_id", [Decimal("2.00"), Decimal("30.50")])
    fleet.with_columns(ids).write_parquet(path / "vehicles.parquet")
    (path / "holds.csv").write_text("vehicle_id,kind,until\n2,redemption,2015-02-10\n")
    settings = (path / "disposal.toml").read_text().replace("vehicles.csv", "vehicles.parquet")
    (path / "disposal.toml").write_text(settings)
    tables = load_workspace(path).tables
    assert tables["vehicles"]["vehicle_id"].to_list() == ["2", "30.50"]


def test_an_odometer_that_is_no_number_is_told_once(build):
    path = build()
    fleet = pl.read_csv(path / "vehicles.csv").with_columns(odometer=pl.Series([float("nan"), 9e3]))
    fleet.write_parquet(path / "vehicles.parquet")
    settings = (path / "disposal.toml").read_text().replace("vehicles.csv", "vehicles.parquet")
    (path / "disposal.toml").write_text(settings + "[rejects]\nmax_share = 0.6\n")
    lines = check_workspace(path).lines.select("severity", "row", "column").rows()
    assert lines == [("set aside", 1, "odometer")]
