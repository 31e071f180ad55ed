"""Newer sales against a model: what is as foretold stays quiet, what is not is told."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

import residual
from residual.drifting import DRIFT, drift_of_trial

CUT = dt.date(2023, 1, 31)


@pytest.fixture(scope="module")
def earlier(sales: pl.DataFrame) -> residual.ResidualModel:
    return residual.fit(sales.drop("guide_value"), as_of=CUT)


@pytest.fixture(scope="module")
def later(sales: pl.DataFrame) -> pl.DataFrame:
    return sales.drop("guide_value").filter(pl.col("offered_on") > CUT)


def last(table: pl.DataFrame, dimension: str = "all", group: str = "all") -> dict[str, object]:
    rows = table.filter(pl.col("dimension") == dimension, pl.col("group") == group)
    return rows.row(-1, named=True)


def test_the_same_market_goes_on(earlier: residual.ResidualModel, later: pl.DataFrame) -> None:
    table = residual.drift(earlier, later)
    assert table.schema == DRIFT
    every = table.filter(pl.col("dimension") == "all")
    assert every["sales"].sum() == later.height
    assert every["week"].to_list() == list(range(1, every.height + 1))
    assert every["first"][0] == CUT + dt.timedelta(1)
    assert every["state"].to_list().count("drifted") == 0
    assert abs(last(table)["price_error"]) < 0.1
    by_week = later.filter(pl.col("offered_on") <= CUT + dt.timedelta(7))
    assert every["sales"][0] == by_week.height


def test_the_error_of_a_week_is_that_of_its_forecasts(
    earlier: residual.ResidualModel, later: pl.DataFrame
) -> None:
    row = residual.drift(earlier, later).row(0, named=True)
    own = later.filter(pl.col("offered_on") <= CUT + dt.timedelta(7))
    told = earlier.predict(own.with_columns(vehicle_id="sale_id"), "offered_on", (0.05, 0.5, 0.95))
    error = own["price"] / told["q50"] - 1.0
    assert row["price_error"] == pytest.approx(float(np.median(error)), rel=1e-12)
    inside = (own["price"] > told["q05"]) & (own["price"] <= told["q95"])
    assert row["inside_90"] == pytest.approx(inside.mean())


@pytest.mark.parametrize(("factor", "way"), [(0.8, "below"), (1.25, "above")])
def test_a_fall_that_nobody_foresaw_is_drift(
    earlier: residual.ResidualModel, later: pl.DataFrame, factor: float, way: str
) -> None:
    table = residual.drift(earlier, later.with_columns(price=pl.col("price") * factor))
    every = table.filter(pl.col("dimension") == "all")
    assert "drifted" in every["state"].head(3).to_list()
    row = last(table)
    assert row["state"] != "steady"
    assert row["smoothed_price_error"] == pytest.approx(factor - 1.0, abs=0.06)
    assert row["spread"] == "narrow"
    assert f"{way} the forecast" in str(row["statement"])
    assert "it is too narrow" in str(row["statement"])


def test_one_make_alone_may_drift(earlier: residual.ResidualModel, later: pl.DataFrame) -> None:
    off = pl.when(pl.col("make") == "make1").then(0.7).otherwise(1.0)
    table = residual.drift(earlier, later.with_columns(price=pl.col("price") * off))
    assert last(table, "make", "make1")["state"] != "steady"
    assert last(table, "make", "make0")["state"] == "steady"
    assert str(last(table, "make", "make1")["statement"]).startswith("make make1, week ")
    dimensions = table["dimension"].unique(maintain_order=True).to_list()
    assert dimensions == ["all", "group", "grade", "age", "make"]


def test_wide_errors_around_the_right_middle_are_told(
    earlier: residual.ResidualModel, later: pl.DataFrame
) -> None:
    noise = np.exp(0.6 * np.random.default_rng(2).standard_normal(later.height))
    table = residual.drift(earlier, later.with_columns(price=pl.col("price") * pl.Series(noise)))
    assert last(table)["spread"] == "narrow"


def test_order_and_known_sales_change_nothing(
    earlier: residual.ResidualModel, later: pl.DataFrame, sales: pl.DataFrame
) -> None:
    table = residual.drift(earlier, later)
    assert residual.drift(earlier, later.reverse()).equals(table)
    assert residual.drift(earlier, sales.drop("guide_value")).equals(table)


def test_nothing_newer_is_a_fault(earlier: residual.ResidualModel, sales: pl.DataFrame) -> None:
    old = sales.filter(pl.col("offered_on") <= CUT)
    with pytest.raises(residual.InputError, match="no sale closed after 2023-01-31"):
        residual.drift(earlier, old)
    with pytest.raises(residual.InputError, match="the column is required"):
        residual.drift(earlier, old.drop("price"))


def test_the_trial_is_held_against_its_forecasts(
    plain_model: residual.ResidualModel, sales: pl.DataFrame
) -> None:
    table = drift_of_trial(plain_model)
    every = table.filter(pl.col("dimension") == "all")
    assert every["sales"].sum() == plain_model.calibration()["sales"][0]
    assert plain_model.card().drift.equals(table)
    few = residual.fit(sales.drop("guide_value").head(100))
    assert drift_of_trial(few).is_empty()
    assert drift_of_trial(few).schema == DRIFT
