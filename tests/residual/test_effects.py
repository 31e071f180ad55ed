"""Values as products of named effects, with what each stands for and how sure it is."""

from __future__ import annotations

import datetime as dt
from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual

ON = dt.date(2023, 5, 20)


@pytest.fixture
def units(market: ModuleType) -> pl.DataFrame:
    rows = [
        market.one_vehicle(vehicle_id="known"),
        market.one_vehicle(vehicle_id="new", variant="never seen", odometer=None),
        market.one_vehicle(vehicle_id="worn", condition_grade=1.5, odometer=210_000.0),
    ]
    return pl.concat(rows, how="diagonal_relaxed")


def effect(table: pl.DataFrame, vehicle: str, name: str) -> dict[str, object]:
    return table.row(
        by_predicate=(pl.col("vehicle_id") == vehicle) & (pl.col("effect") == name), named=True
    )


def test_factors_multiply_to_the_value(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    table = plain_model.value_effects(units, ON)
    product = table.group_by("vehicle_id", maintain_order=True).agg(pl.col("factor").product())
    day = np.full(3, (ON - dt.date(1970, 1, 1)).days)
    median = plain_model.predict(units.drop("venue_id", strict=False), ON)["q50"]
    assert product["vehicle_id"].to_list() == ["known", "new", "worn"]
    np.testing.assert_allclose(product["factor"], median, rtol=1e-12)
    location = np.exp(plain_model.locate(units, day).log_hammer)
    assert np.abs(median / location - 1.0).min() > 1e-6, "the median is not the location"
    wide = plain_model.effects_of(units, ON)
    np.testing.assert_allclose(np.prod(wide.drop("vehicle_id").to_numpy(), axis=1), median)
    for name in ("make", "age", "odometer", "grade", "market", "middle of the spread"):
        assert effect(table, "worn", name)["factor"] == wide[name][2]


def test_levels_say_what_an_effect_stands_for(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    table = plain_model.value_effects(units, ON)
    assert effect(table, "known", "variant")["level"] == "variant0"
    assert effect(table, "new", "variant")["level"] == "never seen (not among past sales)"
    assert effect(table, "known", "age")["level"] == "5.9 years"
    assert effect(table, "known", "odometer")["level"] == "80 thousand km"
    assert effect(table, "new", "odometer")["level"].endswith("(typical)")
    assert effect(table, "new", "missing")["level"] == "odometer not known"
    assert effect(table, "worn", "grade")["level"] == "1.5 of 5"
    assert effect(table, "worn", "market")["level"] == "2023-05-20"


def test_intervals_hold_the_factor_and_widen_with_ignorance(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    table = plain_model.value_effects(units, ON)
    known = table.drop_nulls("low")
    assert known.filter(~pl.col("factor").is_between("low", "high")).is_empty()
    width = {row: effect(table, row, "variant") for row in ("known", "new")}
    seen, unseen = (np.log(width[row]["high"] / width[row]["low"]) for row in ("known", "new"))
    assert 0.0 < seen < unseen
    tau = plain_model.hedonic.variances["variant"] ** 0.5
    assert unseen == pytest.approx(2 * 1.6448536269514722 * tau)
    assert effect(table, "known", "base")["low"] is None


def test_more_sales_narrow_the_curves(sales: pl.DataFrame, units: pl.DataFrame) -> None:
    def width(rows: int, name: str) -> float:
        model = residual.fit(sales.head(rows).drop("guide_value"))
        row = effect(model.value_effects(units, ON), "worn", name)
        return float(np.log(row["high"] / row["low"]))

    for name in ("age", "odometer", "grade"):
        assert width(3000, name) < 0.8 * width(300, name)


def test_the_true_falls_lie_in_the_intervals(
    plain_model: residual.ResidualModel, market: ModuleType, units: pl.DataFrame
) -> None:
    row = effect(plain_model.value_effects(units, ON), "known", "grade")
    assert np.log(row["low"]) < -market.GRADE_STEP < np.log(row["high"])


def test_waiting_is_what_the_book_says(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    on = pl.Series([ON + dt.timedelta(days) for days in (0, 30, 90)])
    waiting = plain_model.waiting_effects(units, ON, on)
    dates = [ON, ON + dt.timedelta(30), ON + dt.timedelta(90)]
    book = residual.simulate(plain_model, units, dates, ON, n=16)
    moved = np.exp(np.diagonal(book.log_value) - book.log_value[:, 0])
    np.testing.assert_allclose(waiting["ageing"] * waiting["market"], moved, rtol=1e-12)
    assert waiting["market_sd"][0] == 0.0
    assert waiting["market_sd"][1] < waiting["market_sd"][2]
    assert waiting["ageing"][2] < 1.0


def test_waiting_leads_from_median_to_median(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    later = ON + dt.timedelta(90)
    waiting = plain_model.waiting_effects(units, ON, pl.Series([later] * 3))
    start = (ON - dt.date(1970, 1, 1)).days
    place, log_hammer = plain_model.path(units, start, np.array([start + 90]))
    group = plain_model.group_of(units)
    variance = plain_model.level_variance(group, np.full(3, start + 90))
    z = plain_model.shape.quantile(0.5, np.sqrt(variance) / place.scale, place.form)
    told = np.prod(plain_model.effects_of(units, ON).drop("vehicle_id").to_numpy(), axis=1)
    told = told * np.prod(waiting.select("ageing", "market", "middle").to_numpy(), axis=1)
    np.testing.assert_allclose(
        np.log(told), log_hammer[:, 0] + place.scale * z - variance / 2, atol=1e-11
    )
    assert np.abs(waiting["middle"] - 1.0).min() > 1e-5


def test_an_unheard_venue_is_less_sure(plain_model: residual.ResidualModel) -> None:
    known, unknown, none = plain_model.venue_error(["a", "unheard of", None])
    assert 0.0 < known < unknown == pytest.approx(plain_model.hedonic.variances["venue_id"] ** 0.5)
    assert np.isnan(none)


def test_what_the_season_gives_is_the_market_s_and_age_only_takes() -> None:
    draw = np.random.default_rng(11)
    rows = 2400
    day = np.sort(draw.integers(0, 800, rows))
    age = draw.uniform(1.0, 8.0, rows)
    first = dt.date(2022, 1, 1)
    offered = [first + dt.timedelta(int(after)) for after in day]
    wave = 0.06 * np.sin(2.0 * np.pi * day / 365.25)
    sales = pl.DataFrame(
        {
            "sale_id": [f"s{row}" for row in range(rows)],
            "offered_on": offered,
            "make": [f"make{row % 3}" for row in range(rows)],
            "model": [f"model{row % 4}" for row in range(rows)],
            "first_registered": [
                on - dt.timedelta(int(365.25 * years))
                for on, years in zip(offered, age.tolist(), strict=True)
            ],
            "price": np.exp(9.5 - 0.01 * age + wave + 0.03 * draw.standard_normal(rows)),
        }
    )
    model = residual.fit(sales)
    assert "season" in model.hedonic.effects
    today = first + dt.timedelta(1000)
    units = sales.head(5).rename({"sale_id": "vehicle_id"}).drop("price", "offered_on")
    later = [today + dt.timedelta(30 * step) for step in range(1, 6)]
    waiting = model.waiting_effects(units, today, pl.Series(later))
    assert (waiting["ageing"] <= 1.0).all()
    # the wave is at its lowest now, and near its crest at the last of these days
    assert waiting["market"][4] > 1.05
    now = model.predict(units, today, (0.5,))["q50"].to_numpy()
    for row, on in enumerate(later):
        then = model.predict(units, on, (0.5,))["q50"].to_numpy()[row]
        told = waiting.row(row, named=True)
        change = told["ageing"] * told["market"] * told["middle"]
        # a forecast of that day widens with age, and its middle moves a little with the width
        assert then / now[row] == pytest.approx(change, rel=1e-4)
