"""One value explained: a product that ends at the forecast, and reads well."""

from __future__ import annotations

import datetime as dt
from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual

ON = dt.date(2023, 5, 20)


@pytest.mark.parametrize("changes", [
    {}, {"venue_id": "b"}, {"venue_id": "never seen"}, {"variant": "new", "odometer": None},
    {"guide_value": 9000.0},
])  # fmt: skip
def test_the_product_is_the_median_of_the_forecast(
    model: residual.ResidualModel, market: ModuleType, changes: dict[str, object]
) -> None:
    unit = market.one_vehicle(**changes)
    told = model.explain(unit, ON)
    forecast = model.predict(unit, ON).row(0, named=True)
    assert told.effects["factor"].product() == pytest.approx(told.median, rel=1e-12)
    assert (told.median, told.mean) == (forecast["q50"], forecast["mean"])
    assert (told.low, told.high) == (forecast["q05"], forecast["q95"])
    assert told.support == forecast["support"]
    assert told.venue == changes.get("venue_id")
    known = told.effects.drop_nulls("low")
    assert (known["low"] <= known["factor"]).all()
    assert (known["factor"] <= known["high"]).all()


def test_a_plain_mapping_will_do(model: residual.ResidualModel, market: ModuleType) -> None:
    frame = market.one_vehicle()
    mapping = frame.drop("vehicle_id").row(0, named=True)
    assert model.explain(mapping).effects.equals(model.explain(frame).effects)
    assert model.explain(mapping).on == model.as_of
    assert model.explain(mapping).vehicle_id == "vehicle"
    written = model.explain({**mapping, "first_registered": "2017-07-01"}, "2023-05-20")
    assert written.on == ON
    read = model.explain({**mapping, "first_registered": dt.date(2017, 7, 1)}, ON)
    assert written.effects.equals(read.effects)


def test_it_reads_as_a_product(model: residual.ResidualModel, market: ModuleType) -> None:
    told = model.explain(market.one_vehicle(vehicle_id="K-1", venue_id="b"), ON)
    lines = str(told).splitlines()
    assert lines[0] == "K-1: hammer price given a sale on 2023-05-20 at b"
    assert lines[1].split()[:3] == ["an", "ordinary", "vehicle"]
    make = next(line for line in lines if line.startswith("  make "))
    assert make.split()[:3] == ["make", "make0", "x"]
    assert lines[-1] == "  known by its variant"
    assert lines[-2].startswith(f"  = {told.median:,.0f}, the median; 90 % of such prices lie")
    assert len({line.index(" x ") for line in lines if " x " in line}) == 1


def test_what_nobody_has_sold_is_said(model: residual.ResidualModel) -> None:
    told = model.explain({"make": "x", "model": "y", "model_year": 2018, "venue_id": "z"}, ON)
    assert told.support == "all"
    assert str(told).endswith("neither its make nor its body is among past sales")
    venue = told.effects.row(by_predicate=pl.col("effect") == "venue_id", named=True)
    assert venue["level"] == "z (not among past sales)"
    assert venue["factor"] == 1.0
    spread = model.hedonic.variances["venue_id"] ** 0.5
    assert np.log(venue["high"]) == pytest.approx(1.6448536 * spread, rel=1e-6)


def test_one_vehicle_at_a_time(model: residual.ResidualModel, market: ModuleType) -> None:
    two = pl.concat([market.one_vehicle(), market.one_vehicle()])
    with pytest.raises(residual.InputError, match="one vehicle is explained at a time"):
        model.explain(two)
    with pytest.raises(residual.InputError, match="the column is required"):
        model.explain({"make": "make0", "model_year": 2018})
    with pytest.raises(residual.InputError, match="on"):
        model.explain(market.one_vehicle(), "tomorrow")
