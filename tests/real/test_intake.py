"""The wizard on real exports: CSV and Parquet, English and Chinese headers."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from auction.intake import propose, write_proposal
from auction.workspace import check_workspace, load_workspace

pytestmark = pytest.mark.real

#: For each file the table that it is, and what its columns are: ours, theirs, their unit.
EXPECTED: dict[str, tuple[str | None, set[tuple[str, str, str | None]]]] = {
    "us_wholesale_2014_2015": (
        "sales",
        {
            ("sale_id", "lot_id", None),
            ("offered_on", "sale_date", None),
            ("make", "make", None),
            ("model", "model", None),
            ("variant", "trim", None),
            ("body", "body", None),
            ("model_year", "year", None),
            ("odometer", "odometer", "miles"),
            ("condition_grade", "condition", "ten_fold"),
            ("region", "state", None),
            ("price", "sellingprice", None),
            ("guide_value", "mmr", None),
        },
    ),
    "us_auction_purchases_2009_2010": (
        "sales",
        {
            ("sale_id", "RefId", None),
            ("offered_on", "PurchDate", None),
            ("make", "Make", None),
            ("model", "Model", None),
            ("variant", "Trim", None),
            ("segment", "Size", None),
            ("model_year", "VehYear", None),
            ("odometer", "VehOdo", "miles"),
            ("region", "VNST", None),
            ("postcode", "VNZIP1", None),
            ("venue_id", "Auction", None),
            ("price", "VehBCost", None),
            ("guide_value", "MMRAcquisitionAuctionAveragePrice", None),
        },
    ),
    "cn_store_sales_2020_2021": (
        "sales",
        {
            ("sale_id", "carid", None),
            ("offered_on", "pushDate", None),
            ("closed_on", "pullDate", None),
            ("make", "品牌 id", None),
            ("model", "车系 id", None),
            ("variant", "车型 id", None),
            ("powertrain", "燃油类型", None),
            ("model_year", "年款", None),
            ("first_registered", "上牌日期", None),
            ("odometer", "里程", "10k_km"),
            ("region", "车辆所在城市 id", None),
            ("list_price", "pushPrice", "10k"),
        },
    ),
    "nz_damaged_lots": (
        "sales",
        {
            ("sale_id", "lot_id", None),
            ("offered_on", "first_seen", None),
            ("closed_on", "last_seen", None),
            ("make", "Manufacturer", None),
            ("model", "Model", None),
            ("powertrain", "Fuel Type", None),
            ("model_year", "year", None),
            ("odometer", "mileage_km", None),
            ("price", "last_price", None),
            ("opening_bid", "first_price", None),
            ("high_bid", "max_price", None),
        },
    ),
    "nz_damaged_bidpaths": (
        "price_changes",
        {("sale_id", "lot_id", None), ("date", "scrape_date", None)},
    ),
    "price_indices": (
        "index",
        {("series", "series", None), ("date", "date", None), ("value", "value", None)},
    ),
    "uk_listings_2020": (
        "sales",
        {
            ("make", "make", None),
            ("model", "model", None),
            ("powertrain", "fuelType", None),
            ("model_year", "year", None),
            ("odometer", "mileage", "miles"),
            ("price", "price", None),
        },
    ),
    "ebay_proxy_bids": (None, set()),
}


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_real_files_are_recognised(real_data: Path, tmp_path: Path, name: str, suffix: str) -> None:
    path = real_data / f"{name}.parquet"
    if suffix == "csv":
        export = tmp_path / f"{name}.csv"
        pl.read_parquet(path).head(8_000).write_csv(export)
        path = export
    (found,) = propose([path]).tables
    table, columns = EXPECTED[name]
    assert found.table == table
    taken = {(c.ours, c.owner, c.unit) for c in found.columns if c.taken}
    assert taken == columns


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_a_fleet_and_its_sales_become_a_workspace_without_a_fault(
    real_data: Path, tmp_path: Path, suffix: str
) -> None:
    rows = pl.read_parquet(real_data / "us_wholesale_2014_2015.parquet").sort("sale_date", "lot_id")
    rows = rows.filter(pl.all_horizontal(pl.col("make", "model").is_not_null()))
    fleet = rows.tail(500).drop("sellingprice", "saledate", "sale_date", "mmr", "source")
    files = {"fleet": fleet, "wholesale": rows.head(-500)}
    for name, frame in files.items():
        path = tmp_path / f"{name}.{suffix}"
        frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    proposal = propose([tmp_path / f"{name}.{suffix}" for name in files])
    write_proposal(proposal, tmp_path / "made")
    report = check_workspace(tmp_path / "made")
    assert report.ok, report.faults
    tables = load_workspace(tmp_path / "made").tables
    assert tables["vehicles"].height == 500
    assert tables["vehicles"]["condition_grade"].max() <= 5.0
    assert tables["vehicles"]["odometer"].median() == pytest.approx(
        fleet["odometer"].median() * 1.609344, rel=1e-9
    )
    assert proposal.currency == "USD"
