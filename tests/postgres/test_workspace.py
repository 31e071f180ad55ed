"""A workspace that stands in a database is read as one that stands in files."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import polars as pl
import pytest

from auction.sample import write_sample
from auction.tables import KEYS
from auction.workspace import check_workspace, load_workspace


def columns_of(frame: pl.DataFrame) -> str:
    types = {pl.Int64: "int8", pl.Float64: "numeric", pl.Date: "date", pl.Boolean: "bool"}
    return ", ".join(
        f'"{name}" {types.get(type(dtype)) or types.get(dtype, "text")}'
        for name, dtype in frame.schema.items()
    )


def store(server, name: str, path: Path) -> None:
    """Put a file's table into the database, with the types that a database would have."""
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
    else:
        frame = pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
    server.sql(f'CREATE TABLE "{name}" ({columns_of(frame)})')
    place = server.folder / f"{name}.csv"
    frame.write_csv(place)
    place.chmod(0o644)
    server.sql(f"COPY \"{name}\" FROM '{place}' WITH (FORMAT csv, HEADER)")


@pytest.mark.slow
def test_the_sample_from_the_database_equals_the_sample_from_files(database, tmp_path):
    files, queries = tmp_path / "files", tmp_path / "queries"
    write_sample(files)
    shutil.copytree(files, queries)
    toml = (queries / "disposal.toml").read_text()
    for name, source in tomllib.loads(toml)["tables"].items():
        store(database, name, files / source["file"])
        toml = toml.replace(f'file = "{source["file"]}"', f"query = 'SELECT * FROM \"{name}\"'")
        (queries / source["file"]).unlink()
    (queries / "disposal.toml").write_text(toml)
    expected, found = load_workspace(files), load_workspace(queries)
    for name, frame in expected.tables.items():
        key = [*KEYS.get(name, ()), *frame.columns]
        assert found.tables[name].sort(key).equals(frame.sort(key)), name
    assert found.counts["vehicles"].read_as == ("PostgreSQL",)
    assert (
        found.input_hashes["vehicles (query)"]
        == load_workspace(queries).input_hashes["vehicles (query)"]
    )
    assert database.url() not in repr(found.config.model_dump())


VEHICLES = "SELECT id AS vehicle_id, make, model, 2012 AS model_year, 'TX' AS region FROM stock"
SALES = (
    "SELECT 'S1' AS sale_id, date '2014-03-01' AS offered_on, 'A' AS make, 'B' AS model, "
    "2012 AS model_year, 11000.50 AS price"
)


@pytest.fixture
def stock(database):
    database.sql(
        "CREATE TABLE stock (id text, make text, model text);"
        "INSERT INTO stock VALUES ('V1', 'A', 'B'), ('V2; DROP TABLE stock', 'A', 'B'), "
        "('''; DELETE FROM stock; --', 'A', 'B')"
    )
    return database


def test_sql_in_an_id_is_only_text(stock, asking):
    workspace = load_workspace(asking(vehicles=VEHICLES, sales=SALES))
    assert workspace.tables["vehicles"]["vehicle_id"].to_list() == [
        "'; DELETE FROM stock; --", "V1", "V2; DROP TABLE stock",
    ]  # fmt: skip
    assert workspace.tables["sales"]["price"].to_list() == [11000.5]
    assert stock.sql("SELECT count(*) FROM stock").strip() == "3"


def test_columns_are_mapped_and_units_converted_as_for_files(stock, asking):
    query = "SELECT id, make, model, 2012 AS model_year, 'TX' AS region, 1.5 AS miles FROM stock"
    more = 'columns = {vehicle_id = "id", odometer = "miles"}\nunits = {odometer = "mi"}\n'
    root = asking(sales=SALES, vehicles=query, more=more)
    assert load_workspace(root).tables["vehicles"]["odometer"].to_list() == [1.5 * 1.609344] * 3


def test_all_tables_are_of_one_moment(stock, asking):
    """A row that is added between two queries is seen by neither."""
    stock.sql(
        "CREATE TABLE log (n int);"
        "CREATE FUNCTION seen() RETURNS int LANGUAGE sql STABLE AS 'SELECT count(*)::int FROM log'"
    )
    slow = f"{VEHICLES} CROSS JOIN LATERAL (SELECT pg_sleep(0.5)) AS nap"
    import threading

    late = threading.Timer(0.5, stock.sql, ["INSERT INTO log VALUES (1)"])
    late.start()
    root = asking(vehicles=slow, sales=SALES.replace("11000.50", "1 + seen()"))
    workspace = load_workspace(root)
    late.join()
    assert stock.sql("SELECT seen()").strip() == "1"
    assert workspace.tables["sales"]["price"].to_list() == [1.0]


def test_rows_at_fault_are_told_with_their_values(stock, asking):
    query = VEHICLES.replace("2012", "CASE id WHEN 'V1' THEN 1066 ELSE 2012 END")
    report = check_workspace(
        asking(vehicles=query, sales=SALES, more="[rejects]\nmax_share = 0.5\n")
    )
    assert report.ok
    line = report.rejected["vehicles"].row(0, named=True)
    assert (line["file"], line["column"], line["value"]) == (
        "vehicles (query)", "model_year", "1066",
    )  # fmt: skip
