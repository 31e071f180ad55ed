from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import residual
from residual.scoring import coverage, median_absolute_percentage_error

MILE = 1.609344
CUT = dt.date(2015, 1, 26)

pytestmark = [pytest.mark.real, pytest.mark.slow]


def test_wholesale_two_weeks_ahead(real_data: Path) -> None:
    rows = pl.read_parquet(real_data / "us_wholesale_2014_2015.parquet").select(
        sale_id="lot_id",
        offered_on="sale_date",
        make="make",
        model="model",
        variant="trim",
        body="body",
        region="state",
        model_year=pl.col("year").cast(pl.Int64),
        odometer=pl.col("odometer") * MILE,
        condition_grade="condition_1to5",
        seller_kind="seller",
        price="sellingprice",
        guide_value="mmr",
    )
    model = residual.fit(rows.filter(pl.col("offered_on") < CUT))
    later = rows.filter(pl.col("offered_on") >= CUT).with_columns(vehicle_id=pl.col("sale_id"))
    price = later["price"].to_numpy()
    guide = median_absolute_percentage_error(price, later["guide_value"].to_numpy())
    plain = model.predict(later.drop("price", "guide_value"), on="offered_on")
    guided = model.predict(later.drop("price"), on="offered_on")
    assert median_absolute_percentage_error(price, plain["q50"].to_numpy()) < 7.5
    assert median_absolute_percentage_error(price, guided["q50"].to_numpy()) < guide
    for out in (plain, guided):
        assert 0.86 < coverage(price, out["q05"].to_numpy(), out["q95"].to_numpy()) < 0.94
        assert np.isfinite(out["mean"].to_numpy()).all()
