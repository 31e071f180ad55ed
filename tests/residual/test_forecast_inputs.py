"""Vehicles and days that a forecast is asked for: a sound answer, or every fault at once."""

from __future__ import annotations

import datetime as dt
from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual
from residual import InputError
from residual.prices import quantile_name

ON = dt.date(2023, 6, 1)
MOMENT = dt.datetime(2023, 6, 1, 23, 30)  # noqa: DTZ001


@pytest.fixture
def unit(market: ModuleType) -> pl.DataFrame:
    return market.one_vehicle(vehicle_id="v")


def words(model: residual.ResidualModel, vehicles: pl.DataFrame, on: object = ON) -> list[str]:
    with pytest.raises(InputError) as caught:
        model.predict(vehicles, on)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("odometer", float("inf"), "value 'inf': the odometer must be finite or null"),
        ("odometer", float("nan"), "value 'nan': the odometer must be finite or null"),
        ("condition_grade", 0.0, "value '0': must lie from 1 to 5, the best"),
        ("condition_grade", 50.0, "value '50': must lie from 1 to 5, the best"),
        ("model_year", 0, "value '0': must be a whole year from 1900 to 2100"),
        ("model_year", 2150, "value '2150': must be a whole year from 1900 to 2100"),
        ("damage", "wreck", "value 'wreck': damage must be one of none, light, heavy"),
    ],
)
def test_a_vehicle_at_fault_is_named(
    plain_model: residual.ResidualModel, unit: pl.DataFrame, name: str, value: object, told: str
) -> None:
    fault = unit.with_columns(pl.lit(value).alias(name))
    both = pl.concat([unit, fault], how="diagonal_relaxed")
    assert words(plain_model, both) == [f"vehicles, row 2, column {name}, {told}"]


def test_all_faults_of_vehicles_are_told_at_once(
    plain_model: residual.ResidualModel, unit: pl.DataFrame
) -> None:
    bad = pl.concat([unit, unit.with_columns(model_year=pl.lit(None, dtype=pl.Int64))])
    bad = bad.with_columns(odometer=pl.lit(float("inf")), condition_grade=pl.lit(9.0))
    assert len(words(plain_model, bad)) == 5


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("first_registered", "2019-04-17", "must hold dates, not String"),
        ("odometer", "80k", "must hold numbers, not String"),
        ("guide_value", "n/a", "must hold numbers, not String"),
        ("model", [1], "must hold texts, not List(Int64)"),
    ],
)
def test_a_column_of_another_kind_is_named(
    plain_model: residual.ResidualModel, unit: pl.DataFrame, name: str, value: object, rule: str
) -> None:
    told = words(plain_model, unit.with_columns(pl.lit(value).alias(name)))
    assert len(told) == 1
    assert told[0].startswith(f"vehicles, column {name}: {rule} (turn it into ")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("odometer", [None, -5.0, 5.0, 999_999.0, 1e12]),
        ("guide_value", [None, 0.0, -1.0, float("nan"), float("inf")]),
        ("venue_id", [None, "", "unheard of"]),
        ("condition_grade", [None, float("nan")]),
        ("damage", [None, "", "none", " NONE "]),
        ("region", [None, "", "unheard of"]),
    ],
)
def test_values_that_say_nothing_count_as_not_told(
    model: residual.ResidualModel, unit: pl.DataFrame, name: str, values: list[object]
) -> None:
    told = [model.predict(unit.with_columns(pl.lit(v).alias(name)), ON) for v in values]
    assert all(one.equals(told[0]) for one in told)
    assert told[0].equals(model.predict(unit.drop(name, strict=False), ON))


@pytest.mark.parametrize(
    ("make", "support"), [("MAKE0 ", "variant"), ("比亚迪", "body"), ("", "body"), (None, "body")]
)
def test_a_make_that_is_not_known_falls_back_and_says_so(
    plain_model: residual.ResidualModel, unit: pl.DataFrame, make: str | None, support: str
) -> None:
    told = plain_model.predict(unit.with_columns(make=pl.lit(make, dtype=pl.String)), ON)
    known = plain_model.predict(unit, ON)
    assert told["support"].to_list() == [support]
    wider = np.log(told["q95"][0] / told["q05"][0]) - np.log(known["q95"][0] / known["q05"][0])
    assert wider > 0.2 if support == "body" else wider == 0.0


def test_days_before_the_first_sale_are_less_sure(
    plain_model: residual.ResidualModel, market: ModuleType
) -> None:
    old = market.one_vehicle(model_year=1990, odometer=150_000.0)
    days = [dt.date(year, 1, 3) for year in (2022, 2017, 2012, 2002, 1992)]
    told = [plain_model.predict(old.drop("model_year").with_columns(
        first_registered=dt.date(day.year - 5, 1, 3)), day) for day in days]  # fmt: skip
    widths = [float(np.log(one["q95"][0] / one["q05"][0])) for one in told]
    assert widths == sorted(widths)
    assert widths[-1] > widths[0] + 0.3
    months = np.array([(days[0] - day).days / 30.44 for day in days])
    numbers = np.array([(day - dt.date(1970, 1, 1)).days for day in days])
    grown = plain_model.level_variance(None, numbers) - plain_model.level_variance(
        None, numbers[:1]
    )
    assert grown == pytest.approx(
        months * plain_model.priors.monthly_market_volatility**2, abs=4e-4
    )


def test_five_years_ahead_is_finite_and_less_sure(
    plain_model: residual.ResidualModel, unit: pl.DataFrame
) -> None:
    soon, late = (plain_model.predict(unit, day) for day in (ON, dt.date(2028, 6, 1)))
    assert np.isfinite(late.select("mean", "sd", "q05", "q50", "q95").to_numpy()).all()
    assert late["q95"][0] / late["q05"][0] > soon["q95"][0] / soon["q05"][0]
    assert late["q50"][0] < soon["q50"][0]


@pytest.mark.parametrize("day", [dt.date(1, 1, 1), dt.date(1950, 1, 1), dt.date(9999, 12, 31)])
def test_days_out_of_reach_are_refused(
    plain_model: residual.ResidualModel, unit: pl.DataFrame, day: dt.date
) -> None:
    rule = f"must lie within 50 years of {plain_model.as_of}, the day of the fit"
    assert words(plain_model, unit, day) == [f"column on, value '{day}': {rule}"]
    rows = pl.concat([unit, unit]).with_columns(day=pl.Series([ON, day]))
    told = words(plain_model, rows, "day")
    assert told == [f"vehicles, row 2, column day, value '{day}': {rule}"]
    for ask in (residual.forecast, residual.simulate):
        with pytest.raises(InputError, match="column dates, value"):
            ask(plain_model, unit, [ON, day])


@pytest.mark.parametrize(
    ("on", "told"),
    [
        ("tomorrow", "column on, value 'tomorrow': must be a date or the name of a date column"),
        (20230601, "column on, value '20230601': must be a date, or an ISO text of one"),
        (None, "column on, value 'None': must be a date, or an ISO text of one"),
        ("body", "vehicles, column body: must hold dates, not String"),
        ("empty", "vehicles, row 1, column empty: every row needs a date"),
    ],
)
def test_what_is_no_day_is_told(
    plain_model: residual.ResidualModel, unit: pl.DataFrame, on: object, told: str
) -> None:
    assert words(plain_model, unit.with_columns(empty=pl.lit(None, dtype=pl.Date)), on) == [told]


def test_moments_count_as_their_days(
    plain_model: residual.ResidualModel, unit: pl.DataFrame
) -> None:
    expected = plain_model.predict(unit, ON)
    assert plain_model.predict(unit, MOMENT).equals(expected)
    for zone in (None, "Asia/Shanghai", "America/New_York"):
        timed = unit.with_columns(day=pl.lit(MOMENT).dt.replace_time_zone(zone))
        assert plain_model.predict(timed, "day").equals(expected)


def test_no_vehicles_give_no_rows(plain_model: residual.ResidualModel, unit: pl.DataFrame) -> None:
    none, whole = unit.head(0), plain_model.predict(unit, ON)
    assert plain_model.predict(none, ON).schema == whole.schema
    assert plain_model.predict(none, ON).is_empty()
    for loss in ("linear", "square"):
        assert plain_model.point_value(none, ON, loss=loss).is_empty()
    assert plain_model.effects_of(none, ON).is_empty()
    assert plain_model.value_effects(none, ON).is_empty()
    assert residual.forecast(plain_model, none, [ON]).is_empty()
    with pytest.raises(InputError, match="one vehicle is explained at a time"):
        plain_model.explain(none)


def test_quantiles_come_in_the_order_in_which_they_are_asked_for(
    plain_model: residual.ResidualModel, unit: pl.DataFrame
) -> None:
    assert plain_model.predict(unit, ON, ()).columns == ["vehicle_id", "mean", "sd", "support"]
    told = plain_model.predict(unit, ON, (0.9, 0.1, 0.5))
    assert told.columns == ["vehicle_id", "mean", "sd", "q90", "q10", "q50", "support"]
    assert told["q10"][0] < told["q50"][0] < told["q90"][0]
    for wrong in (0.0, 1.0, -0.1, float("nan")):
        with pytest.raises(ValueError, match=r"quantiles must lie in \(0, 1\)"):
            plain_model.predict(unit, ON, (wrong,))


def test_far_quantiles_have_names_of_their_own() -> None:
    assert quantile_name(0.05) == "q05"
    assert quantile_name(0.975) == "q975"
    assert quantile_name(1e-9) == "q000000001"
    assert len({quantile_name(p) for p in (1e-9, 1e-8, 1 - 1e-9, 1 - 1e-8)}) == 4
