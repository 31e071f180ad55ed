"""Values week by week: where they begin, that they fall, and what driving costs."""

from __future__ import annotations

import datetime as dt
from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual
from residual.errors import InputError


@pytest.fixture(scope="module")
def fleet(sales: pl.DataFrame) -> pl.DataFrame:
    return sales.head(40).rename({"sale_id": "vehicle_id"})


def weeks(model: residual.ResidualModel, count: int) -> list[dt.date]:
    return [model.as_of + dt.timedelta(7 * week) for week in range(count)]


def test_today_is_what_predict_says(model: residual.ResidualModel, fleet: pl.DataFrame) -> None:
    levels = (0.1, 0.5, 0.975)
    told = residual.forecast(model, fleet, [model.as_of], quantiles=levels)
    assert told.columns == ["vehicle_id", "date", "mean", "sd", "q10", "q50", "q975", "support"]
    assert told.drop("date").equals(model.predict(fleet, model.as_of, levels))
    driven = residual.forecast(model, fleet, [model.as_of], quantiles=levels, km_per_year=2e4)
    for name in ("mean", "sd", "q50"):
        assert driven[name].to_numpy() == pytest.approx(told[name].to_numpy(), rel=1e-9)


def test_a_unit_without_guide_goes_as_predict_says(
    model: residual.ResidualModel, fleet: pl.DataFrame
) -> None:
    # of units whose spread does not hang on their age the later prediction is the same
    bare, later = fleet.drop("guide_value"), model.as_of + dt.timedelta(90)
    told = residual.forecast(model, bare, [model.as_of, later])
    middle = model.prices(
        model.locate(bare, _days(bare, later)).log_hammer
        + model.venue_log_factor(bare["venue_id"].to_list()),
        model.locate(bare, _days(bare, model.as_of)).scale,
        np.zeros(len(bare), dtype=np.int64),
        model.group_of(bare),
        _days(bare, later),
        (0.5,),
    )
    mine = told.filter(pl.col("date") == later)["q50"].to_numpy()
    assert mine == pytest.approx(middle["q50"], rel=1e-9)


def _days(frame: pl.DataFrame, day: dt.date) -> np.ndarray:
    return np.full(len(frame), (day - dt.date(1970, 1, 1)).days, dtype=np.int64)


def test_rows_by_vehicle_and_date(model: residual.ResidualModel, fleet: pl.DataFrame) -> None:
    dates = weeks(model, 5)
    told = residual.forecast(model, fleet, dates)
    assert told["vehicle_id"].to_list() == [v for v in fleet["vehicle_id"] for _ in dates]
    assert told["date"].to_list() == dates * len(fleet)
    one = residual.forecast(model, fleet.slice(7, 1), dates)
    mine = told.filter(pl.col("vehicle_id") == fleet["vehicle_id"][7])
    assert one.select("vehicle_id", "date", "support", "q05", "q50", "q95").equals(
        mine.select("vehicle_id", "date", "support", "q05", "q50", "q95")
    )


def test_blocks_add_up(model: residual.ResidualModel, fleet: pl.DataFrame) -> None:
    dates = weeks(model, 3)
    blocks = list(residual.forecast_blocks(model, fleet, dates, block=7))
    assert [len(block) for block in blocks] == [21, 21, 21, 21, 21, 15]
    whole, joined = residual.forecast(model, fleet, dates), pl.concat(blocks)
    for name in ("mean", "sd", "q05", "q50", "q95"):
        assert joined[name].to_numpy() == pytest.approx(whole[name].to_numpy(), rel=1e-5)


def test_values_fall_and_uncertainty_grows(
    model: residual.ResidualModel, fleet: pl.DataFrame
) -> None:
    dates = [model.as_of + dt.timedelta(round(30.44 * month)) for month in (0, 6, 12, 36, 60)]
    told = residual.forecast(model, fleet, dates, quantiles=(0.05, 0.5, 0.95))
    middle = told["q50"].to_numpy().reshape(len(fleet), -1)
    assert (np.diff(middle, axis=1) < 0.0).all()
    wide = np.log(told["q95"] / told["q05"]).to_numpy().reshape(len(fleet), -1)
    assert (np.diff(wide, axis=1) > 0.0).all()


def test_driving_costs_what_kilometres_cost(
    model: residual.ResidualModel, market: ModuleType
) -> None:
    vehicle = market.one_vehicle(odometer=60_000.0)
    later = model.as_of + dt.timedelta(731)
    still, driven = (
        residual.forecast(model, vehicle, [later], km_per_year=km)["q50"].item()
        for km in (None, 20_000.0)
    )
    truth = np.exp(-market.FALL_PER_KM * 40_000)
    assert driven / still == pytest.approx(truth, abs=0.03)
    none = residual.forecast(model, vehicle, [later], km_per_year=0.0)["q50"].item()
    assert none == pytest.approx(still, rel=1e-9)


def test_a_reading_nobody_believes_stays_one(
    model: residual.ResidualModel, market: ModuleType
) -> None:
    later = model.as_of + dt.timedelta(365)
    told = [
        residual.forecast(
            model, market.one_vehicle(odometer=reading), [later], km_per_year=15_000.0
        )["q50"].item()
        for reading in (None, 1.0, 999_999.0)
    ]
    assert told[1] == pytest.approx(told[0], rel=1e-12)
    assert told[2] == pytest.approx(told[0], rel=1e-12)


def test_a_later_planning_day_is_less_sure(
    model: residual.ResidualModel, fleet: pl.DataFrame
) -> None:
    later = model.as_of + dt.timedelta(60)
    told = residual.forecast(model, fleet, [later], as_of=later)
    assert told.drop("date").equals(model.predict(fleet, later))


def test_an_empty_fleet_gives_an_empty_table(
    model: residual.ResidualModel, fleet: pl.DataFrame
) -> None:
    told = residual.forecast(model, fleet.head(0), weeks(model, 3))
    assert told.is_empty()
    assert told.schema == residual.forecast(model, fleet.head(1), weeks(model, 3)).schema


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"dates": []}, "at least one date"),
        ({"dates": ["2023-06-02", "2023-06-02"]}, "dates must increase"),
        ({"dates": ["2022-06-02"]}, "dates must increase"),
        ({"dates": ["soon"]}, "must be a date"),
        ({"as_of": "2020-01-01"}, "has read sales up to"),
    ],
)
def test_dates_at_fault_are_told(
    change: dict[str, object], words: str, model: residual.ResidualModel, fleet: pl.DataFrame
) -> None:
    asked: dict[str, object] = {"dates": weeks(model, 2)} | change
    with pytest.raises(InputError, match=words):
        residual.forecast(model, fleet, **asked)


def test_vehicles_and_figures_at_fault(model: residual.ResidualModel, fleet: pl.DataFrame) -> None:
    dates = weeks(model, 2)
    with pytest.raises(InputError, match="must be unique"):
        residual.forecast(model, pl.concat([fleet, fleet]), dates)
    with pytest.raises(InputError, match="column make"):
        residual.forecast(model, fleet.drop("make"), dates)
    for driven in (-1.0, float("nan"), 1e9):
        with pytest.raises(ValueError, match="km_per_year"):
            residual.forecast(model, fleet, dates, km_per_year=driven)
    with pytest.raises(ValueError, match="quantiles must lie"):
        residual.forecast(model, fleet, dates, quantiles=(1.0,))
