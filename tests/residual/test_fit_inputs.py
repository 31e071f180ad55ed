"""Sales that are few, or all alike: a sound forecast, and what it rests on is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual
from residual.least_spread import PRIOR_SPREAD, least_spread

Change = Callable[[pl.DataFrame], pl.DataFrame]
ONE_DAY = dt.date(2022, 5, 1)
OPTIONAL = ("variant", "body", "region", "venue_id", "odometer", "condition_grade", "guide_value")


def row_number() -> pl.Expr:
    return pl.int_range(pl.len())


def nothing(*names: str, of: pl.DataType | None = None) -> Change:
    return lambda s: s.with_columns(
        pl.lit(None, dtype=s.schema[name] if of is None else of).alias(name) for name in names
    )


@pytest.fixture
def vehicles(market: ModuleType) -> pl.DataFrame:
    strange = {"make": "unheard", "model": "of", "variant": "ever"}
    return pl.concat(
        [market.one_vehicle(vehicle_id="like"), market.one_vehicle(vehicle_id="unlike", **strange)]
    )


def width(told: pl.DataFrame) -> np.ndarray:
    """Log of the 95 % quantile over the 5 % quantile, unit by unit."""
    return np.log(told["q95"].to_numpy() / told["q05"].to_numpy())


def sound(fitted: residual.ResidualModel, vehicles: pl.DataFrame) -> pl.DataFrame:
    """Forecasts, once they are seen to be finite and in order on days near and far."""
    days = [fitted.as_of + dt.timedelta(days) for days in (-400, 1826, 0)]
    for day in days:
        told = fitted.predict(vehicles, day)
        figures = told.select("mean", "sd", "q05", "q50", "q95").to_numpy()
        assert np.isfinite(figures).all()
        assert (figures > 0.0).all()
        assert (told["q05"] < told["q50"]).all()
        assert (told["q50"] < told["q95"]).all()
    return told


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 10, 20])
def test_few_sales_give_a_wide_forecast_and_say_so(
    sales: pl.DataFrame, vehicles: pl.DataFrame, rows: int
) -> None:
    fitted = residual.fit(sales.head(rows))
    told = sound(fitted, vehicles)
    # the made-up noise of such a unit alone gives 0.4
    assert (width(told) > 0.5).all()
    assert (told["sd"] / told["mean"] < 3.0).all()
    words = "only one sale" if rows == 1 else f"only {rows} sales"
    assert f"{words} to learn from" in fitted.notes
    assert "too few sales or dates to calibrate the spread out of sample" in fitted.notes
    assert set(fitted.notes) <= set(fitted.summary().splitlines())


def test_a_single_sale_is_known_by_nothing_but_itself(
    sales: pl.DataFrame, vehicles: pl.DataFrame
) -> None:
    told = residual.fit(sales.head(1)).predict(vehicles, ONE_DAY)
    assert told["support"].to_list() == ["all", "all"]
    price = sales["price"][0]
    assert ((told["q05"] < price) & (price < told["q95"])).all()


def test_more_sales_narrow_the_forecast(sales: pl.DataFrame, vehicles: pl.DataFrame) -> None:
    widths = [
        width(residual.fit(sales.head(rows)).predict(vehicles, ONE_DAY))[0]
        for rows in (1, 20, 100, 400)
    ]
    assert widths == sorted(widths, reverse=True)


def test_later_prices_fall_within_what_forty_sales_foretell(
    sales: pl.DataFrame, vehicles: pl.DataFrame
) -> None:
    rest = sales.tail(1500).rename({"sale_id": "vehicle_id"})
    inside = []
    for start in range(0, 400, 80):
        told = residual.fit(sales[start : start + 40]).predict(rest, "offered_on")
        inside.append(rest["price"].is_between(told["q05"], told["q95"]).mean())
    assert 0.78 < float(np.mean(inside)) < 0.97


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (lambda s: s.with_columns(price=pl.lit(10_000.0)), "all sales fetched the same price"),
        (lambda s: s.with_columns(offered_on=ONE_DAY), "all sales are of one day"),
        (lambda s: s.with_columns(make=pl.lit("one")), "all sales are of one make"),
        (nothing("odometer"), "no sale tells an odometer reading"),
        (lambda s: s.with_columns(odometer=pl.lit(1_600_000.0)), "no sale tells an odometer"),
        (nothing("condition_grade"), "no sale tells a condition grade"),
        (nothing("make", "model"), "sales that name no make or no model: "),
        (
            lambda s: s.with_columns(first_registered=dt.date(2090, 1, 1)),
            "sales dated a year or more before the unit was first registered: ",
        ),
    ],
)
@pytest.mark.parametrize("rows", [2, 20, 300])
def test_sales_that_are_alike_are_told(
    sales: pl.DataFrame, vehicles: pl.DataFrame, change: Change, note: str, rows: int
) -> None:
    fitted = residual.fit(change(sales.head(rows)))
    told = sound(fitted, vehicles)
    assert (width(told) > 0.05).all()
    assert any(one.startswith(note) for one in fitted.notes), fitted.notes
    assert fitted.card().notes == fitted.notes


def test_ordinary_sales_are_told_of_by_no_word(model: residual.ResidualModel) -> None:
    assert model.notes == ()


@pytest.mark.parametrize("rows", [2, 20, 400])
def test_equal_prices_prove_no_more_than_their_number_can(
    sales: pl.DataFrame, vehicles: pl.DataFrame, rows: int
) -> None:
    fitted = residual.fit(sales.head(rows).with_columns(price=pl.lit(10_000.0)))
    told = fitted.predict(vehicles, fitted.as_of)
    assert (width(told) > 2.0 * least_spread(rows)).all()
    assert np.log(told["q50"] / 10_000.0).abs().max() < 0.25
    assert width(told)[1] > width(told)[0] or rows == 2


def test_the_least_spread_falls_with_the_sales() -> None:
    assert least_spread(0) == PRIOR_SPREAD
    assert least_spread(6) == pytest.approx(PRIOR_SPREAD / 2.0)
    assert least_spread(60_000) < 0.003


@pytest.mark.parametrize("name", [*OPTIONAL, "sale_id"])
@pytest.mark.parametrize("of", [None, pl.Null(), pl.String()], ids=["own", "null", "text"])
def test_an_empty_column_says_as_much_as_a_missing_one(
    sales: pl.DataFrame, vehicles: pl.DataFrame, name: str, of: pl.DataType | None
) -> None:
    some = sales.head(30)
    empty, missing = nothing(name, of=of)(some), some.drop(name)
    told = residual.fit(empty).predict(vehicles, ONE_DAY)
    expected = residual.fit(missing).predict(vehicles, ONE_DAY)
    assert told.equals(expected)


def test_sales_that_tell_next_to_nothing_still_make_a_model(
    sales: pl.DataFrame, vehicles: pl.DataFrame
) -> None:
    bare = sales.head(20).select("make", "model", "price", "offered_on", "model_year")
    fitted = residual.fit(bare)
    sound(fitted, vehicles)
    assert len(fitted.notes) == 4


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf"), None])
def test_guides_that_know_nothing_are_left_aside(
    sales: pl.DataFrame, vehicles: pl.DataFrame, value: float | None
) -> None:
    some = sales.head(30)
    told = residual.fit(some.with_columns(guide_value=pl.lit(value, dtype=pl.Float64)))
    expected = residual.fit(some.drop("guide_value"))
    assert told.guide is None
    assert told.predict(vehicles, ONE_DAY).equals(expected.predict(vehicles, ONE_DAY))


def test_a_guide_of_sales_of_one_day_is_not_believed_for_having_learnt_them(
    sales: pl.DataFrame, vehicles: pl.DataFrame
) -> None:
    draw = np.random.default_rng(3)
    some = sales.head(300).with_columns(
        offered_on=ONE_DAY, guide_value=pl.Series(np.exp(draw.normal(9.0, 0.5, 300)))
    )
    fitted = residual.fit(some)
    assert fitted.guide is not None
    assert fitted.guide.share.max() < 0.2


@pytest.mark.parametrize(
    "further",
    [
        pl.lit("red"),
        row_number().cast(pl.String),
        pl.lit(100.0),
        pl.lit(float("inf")),
        pl.lit(float("nan")),
        pl.lit(dt.date(2020, 1, 1)),
        pl.lit([1, 2]),
        pl.when(row_number() == 3).then(1e300).otherwise(-1e300),
    ],
    ids=["one level", "a level a row", "constant", "inf", "nan", "date", "list", "endless"],
)
def test_further_columns_that_tell_nothing_change_nothing(
    sales: pl.DataFrame, vehicles: pl.DataFrame, further: pl.Expr
) -> None:
    some = sales.head(30)
    fitted = residual.fit(some.with_columns(further=further))
    assert fitted.recipe.ignored == ("further",)
    expected = residual.fit(some).predict(vehicles, ONE_DAY)
    assert fitted.predict(vehicles, ONE_DAY).equals(expected)


def test_times_of_day_and_their_zones_are_taken_off(
    sales: pl.DataFrame, vehicles: pl.DataFrame
) -> None:
    some = sales.head(30).with_columns(first_registered=pl.date("model_year", 7, 1))
    expected = residual.fit(some).predict(vehicles, ONE_DAY)
    names = pl.col("offered_on", "first_registered")
    for zone in (None, "Asia/Shanghai", "America/New_York"):
        timed = some.with_columns(names.cast(pl.Datetime).dt.replace_time_zone(zone))
        assert residual.fit(timed).predict(vehicles, ONE_DAY).equals(expected)


def test_a_price_beyond_belief_is_set_aside_and_told(
    sales: pl.DataFrame, vehicles: pl.DataFrame
) -> None:
    some = sales.head(30)
    slipped = some.with_columns(
        price=pl.when(row_number() == 3)
        .then(1e-12)
        .otherwise(pl.when(row_number() == 7).then(1e12).otherwise("price"))
    )
    fitted = residual.fit(slipped)
    left = some.filter(~row_number().is_in([3, 7]))
    assert fitted.counts == {
        "rows by as_of": 30, "not sold": 0, "prices beyond belief": 2, "sales used": 28
    }  # fmt: skip
    note = "sales set aside as their prices lie more than a million times off the middle one: 2"
    assert note in fitted.notes
    expected = residual.fit(left, as_of=fitted.as_of).predict(vehicles, ONE_DAY)
    assert fitted.predict(vehicles, ONE_DAY).equals(expected)


def test_a_gap_in_the_sales_is_told(sales: pl.DataFrame) -> None:
    first = sales.head(20).with_columns(offered_on=dt.date(2015, 6, 1))
    fitted = residual.fit(pl.concat([first, sales[20:40]]), as_of="2023-12-01")
    newest = sales[20:40]["offered_on"]
    assert f"no sale between 2015-06-01 and {newest.min()}" in "\n".join(fitted.notes)
    assert f"the newest sale is of {newest.max()}" in "\n".join(fitted.notes)


def test_spellings_of_any_script_are_makes(sales: pl.DataFrame, market: ModuleType) -> None:
    named = sales.head(60).with_columns(
        make=pl.col("make").replace({"make0": " 比亚迪 ", "make1": "ŠKODA", "make2": "  "})
    )
    fitted = residual.fit(named)
    tidy = pl.col("make").str.strip_chars().str.to_lowercase()
    for make in ("比亚迪", "škoda"):
        model = named.filter(tidy == make)["model"][0]
        told = fitted.predict(market.one_vehicle(make=make, model=model, variant=None), ONE_DAY)
        assert told["support"].to_list() == ["model"]
    for make in ("", " ", None):
        told = fitted.predict(market.one_vehicle(make=make, variant=None), ONE_DAY)
        assert told["support"].to_list() == ["body"]


@pytest.mark.parametrize("rows", [1, 2, 20])
def test_small_models_do_all_that_large_ones_do(
    sales: pl.DataFrame, vehicles: pl.DataFrame, rows: int, tmp_path: Path
) -> None:
    some = sales.head(rows)
    fitted = residual.fit(some)
    day = fitted.as_of
    fitted.save(tmp_path / "model")
    told = fitted.predict(vehicles, day)
    assert residual.load(tmp_path / "model").predict(vehicles, day).equals(told)
    assert fitted.refit(some).predict(vehicles, day).equals(told)
    effects = fitted.effects_of(vehicles, day).drop("vehicle_id").to_numpy().prod(axis=1)
    assert effects == pytest.approx(told["q50"].to_numpy(), rel=1e-9)
    explained = fitted.explain(vehicles.head(1))
    assert explained.median == pytest.approx(told["q50"][0], rel=1e-9)
    least, dear = fitted.point_value(vehicles, day), fitted.point_value(vehicles, day, under=9.0)
    assert (least["value"] < dear["value"]).all()
    tested = fitted.calibration()
    assert tested["sales"].to_list() == [rows]
    assert not tested["later"].any()
    assert fitted.card().facts["sales used"] == rows
    book = residual.simulate(fitted, vehicles, [day + dt.timedelta(90)], n=64)
    assert np.isfinite(book.log_value).all()
    assert (book.unit_scale > 0.0).all()
