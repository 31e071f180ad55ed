"""The comparison on damaged vehicles: offerings told apart by hand, re-offers measured by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

DAY = dt.date(2024, 1, 1)


def day(number: int) -> dt.date:
    return DAY + dt.timedelta(number)


def write(folder: Path, paths: dict[str, list[tuple[int, float | None]]]) -> Path:
    """A folder with the two files: bids by lot and day, and pages that all say the same."""
    bids = [(lot, day(at), bid) for lot, path in paths.items() for at, bid in path]
    schema = {"lot_id": pl.String, "scrape_date": pl.Date, "price_nzd": pl.Float64}
    pl.DataFrame(bids, schema=schema, orient="row").write_parquet(
        folder / "nz_damaged_bidpaths.parquet"
    )
    page = {
        "Manufacturer": "Toyota", "Model": "Vitz", "year": 2008, "mileage_km": 90_000.0,
        "Keys": "1.0", "Damage description": " Front Damage, Airbags Deployed, Selling Registered",
        "Transmission": "4spd Automatic, Fuel", "Seats": "5.0", "Fuel Type": "Petrol",
        "slug": "2008-toyota-vitz-rs-hatch",
    }  # fmt: skip
    lots = pl.DataFrame({"lot_id": list(paths)}).with_columns(
        pl.lit(value).alias(name) for name, value in page.items()
    )
    lots.write_parquet(folder / "nz_damaged_lots.parquet")
    return folder


PATHS: dict[str, list[tuple[int, float | None]]] = {
    "away": [(0, None), (1, 300.0), (2, 450.0), (9, 0.0), (10, 500.0)],
    "fallen": [(0, 200.0), (1, 400.0), (2, None), (3, 0.0), (4, 350.0)],
    "silent": [(0, 0.0), (1, 0.0)],
    "short": [(0, 100.0), (3, 150.0), (6, 150.0)],
    "open": [(28, 90.0), (30, 95.0)],
}


def test_offerings_are_told_apart_by_days_away_and_by_bids_that_fall(tmp_path: Path) -> None:
    from benchmarks.damaged.lots import offerings

    found = offerings(write(tmp_path, PATHS))
    assert found.select("vehicle_id", "run", "offered_on", "price").rows() == [
        ("away", 1, day(2), 450.0),
        ("away", 2, day(10), 500.0),
        ("fallen", 1, day(2), 400.0),
        ("fallen", 2, day(4), 350.0),
        ("short", 1, day(6), 150.0),
    ]


def test_pages_become_columns(tmp_path: Path) -> None:
    from benchmarks.damaged.lots import damaged, sales

    rows = damaged(write(tmp_path, PATHS))
    row = rows.filter(pl.col("sale_id") == "away-2").row(0, named=True)
    assert (row["body"], row["variant"], row["transmission"]) == (
        "hatch", "toyota-vitz-rs-hatch", "4spd Automatic",
    )  # fmt: skip
    assert (row["front_damage"], row["airbags_deployed"], row["rear_damage"]) == (1.0, 1.0, 0.0)
    assert (row["damages"], row["seats"], row["keys"], row["offered_before"]) == (
        3.0,
        5.0,
        1.0,
        1.0,
    )
    assert "run" not in sales(tmp_path).columns


def test_a_lot_is_paired_with_its_offering_before_alone(tmp_path: Path) -> None:
    from benchmarks.damaged.lots import damaged
    from benchmarks.damaged.reoffers import pairs

    found = pairs(damaged(write(tmp_path, PATHS)))
    assert found.select("sale_id", "price", "bid_before", "bid_on").rows() == [
        ("away-2", 500.0, 450.0, day(2)),
        ("fallen-2", 350.0, 400.0, day(2)),
    ]


def test_shares_and_ratios_by_hand() -> None:
    from benchmarks.damaged.reoffers import Reoffers, measured
    from benchmarks.values.forecasts import LEVELS

    levels = np.array(LEVELS)
    # foretold evenly from 0 to 1 above the bid before; bids at 0.05, 0.45, 0.55 and 0.95
    heard = np.repeat(levels[None, :], 4, axis=0)
    part = Reoffers(np.zeros(4), np.array([0.05, 0.45, 0.55, 0.95]), heard, heard + 1.0)
    told = measured([part, part])
    assert told["lots"] == 8.0
    assert [told[f"below {name}"] for name in ("10%", "50%", "90%")] == [0.25, 0.5, 0.75]
    assert told["ratio seen 50%"] == pytest.approx(np.exp(0.5), rel=1e-2)
    assert told["ratio foretold 50%"] == pytest.approx(np.exp(0.5))
    assert told["pinball, bid before known"] < told["pinball, not known"]


@pytest.mark.parametrize(
    ("ours", "half", "high", "reached"),
    [
        (140.0, 0.46, 0.92, [True, True, True]),
        (151.0, 0.44, 0.92, [False, False, True]),
        (140.0, 0.54, 0.82, [True, True, False]),
    ],
)
def test_what_is_reached(ours: float, half: float, high: float, reached: list[bool]) -> None:
    from benchmarks.damaged.tell import verdict_of

    scores = {"ours": {"mean": {"pinball_log": ours}}, "lightgbm": {"mean": {"pinball_log": 150.0}}}
    again = {"below 10%": 0.1, "below 50%": half, "below 90%": high}
    assert [row.reached for row in verdict_of(scores, again)] == reached
