"""Groups of vehicles with markets of their own, from the fit to forecasts and scenarios."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

import residual
from residual.distribution import second_highest_quantile
from residual.groups import group_codes, group_names, kind_of
from residual.priors import Priors

EPOCH = dt.date(1970, 1, 1)
HORIZONS = (0, 30, 182, 365, 730, 1826)


def with_fall(sales: pl.DataFrame, body: str, fall: float) -> pl.DataFrame:
    """Sales of one body losing so much more a month, none of it at the last."""
    months = (pl.col("offered_on").max() - pl.col("offered_on")).dt.total_days() / 30.44
    own = pl.when(pl.col("body") == body).then((fall * -months).exp()).otherwise(1.0)
    return sales.with_columns(price=pl.col("price") * own)


@pytest.fixture(scope="module")
def units(market: ModuleType) -> pl.DataFrame:
    drives = [None, "petrol", "BEV", "phev", "Hybrid"]
    rows = [
        market.one_vehicle(vehicle_id=f"{body} {drive}", body=body).with_columns(
            powertrain=pl.lit(drive, dtype=pl.String)
        )
        for body in ("sedan", "suv", "tricycle")
        for drive in drives
    ]
    return pl.concat(rows)


# --- groups -------------------------------------------------------------------------------------


def test_what_drives_a_vehicle_goes_before_its_kind() -> None:
    vehicles = pl.DataFrame(
        {
            "body": ["SUV ", "suv", "van", None, "suv", "electric"],
            "powertrain": [None, " bev", "diesel", "full hybrid", "Plug-in hybrid", None],
        }
    )
    groups = ("suv", "electric", "plug-in hybrid", "hybrid")
    assert group_codes(vehicles, "body", groups).tolist() == [0, 1, 4, 3, 2, 1]
    assert group_codes(vehicles.drop("powertrain"), "body", groups).tolist() == [0, 0, 4, 4, 0, 1]
    assert group_codes(vehicles.select(x=1), "body", groups).tolist() == [4]
    assert group_codes(vehicles.drop("body", "powertrain").with_columns(x=1), "body", groups).size
    code = np.array([0, 0, 1, 2, 2, -1])
    assert group_names(["bev", "rare", "suv"], code, 2) == (
        "suv", "electric", "plug-in hybrid", "hybrid",
    )  # fmt: skip
    assert kind_of("diesel") is None


def test_a_segment_named_as_the_rest_is_the_rest() -> None:
    named = group_names(["other", "van"], np.repeat([0, 1], 50), 20)
    assert "other" not in named
    vehicles = pl.DataFrame({"segment": ["Other", "van", None]})
    last = len(named)
    assert group_codes(vehicles, "segment", named).tolist() == [last, named.index("van"), last]


def test_a_fit_where_no_group_is_told(market: ModuleType) -> None:
    bare = market.made_sales(400).select(
        "sale_id", "make", "model", "model_year", "price", "offered_on"
    )
    model = residual.fit(bare)
    assert model.groups == ("electric", "plug-in hybrid", "hybrid")
    assert len(model.segments.volatility) == 4
    unit = market.one_vehicle()
    assert model.group_of(unit).tolist() == [3]
    assert model.segments.drift[3] == pytest.approx(0.0, abs=1e-9)
    assert model.predict(unit, model.as_of + dt.timedelta(1826))["sd"][0] > 0.0


# --- trends -------------------------------------------------------------------------------------


def test_electric_vehicles_fall_by_the_prior_alone(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    later = plain_model.as_of + dt.timedelta(365)
    now = plain_model.effects_of(units, plain_model.as_of)["market"]
    then = plain_model.effects_of(units, later)["market"]
    moved = dict(zip(units["vehicle_id"], (then / now).log(), strict=True))
    season = moved["tricycle petrol"]
    assert abs(season) < 1e-3
    assert moved["suv BEV"] - season == pytest.approx(-0.0046 * 365 / 30.44, rel=1e-6)
    assert moved["suv BEV"] == moved["sedan BEV"]
    assert moved["suv Hybrid"] > 0.0
    assert abs(moved["suv petrol"]) < 0.02
    # what is not known of an electric trend is wider than of another
    spread = plain_model.level_variance(
        plain_model.group_of(units), np.full(len(units), (later - EPOCH).days)
    )
    by_name = dict(zip(units["vehicle_id"], spread, strict=True))
    assert by_name["suv BEV"] > by_name["suv petrol"]


def test_sales_move_the_electric_trend(market: ModuleType) -> None:
    drifts = []
    for fall in (-0.012, 0.0, 0.012):
        sales = with_fall(market.made_sales(), "suv", fall)
        sales = sales.with_columns(
            powertrain=pl.when(pl.col("body") == "suv").then(pl.lit("bev")).otherwise(None)
        )
        model = residual.fit(sales.drop("guide_value"))
        drifts.append(model.segments.drift[model.groups.index("electric")])
    assert drifts == sorted(drifts)
    assert drifts[0] < -0.0046 < drifts[1] < 0.0 < drifts[2]


def test_sales_that_are_all_electric_are_their_own_market(market: ModuleType) -> None:
    sales = market.made_sales(600).with_columns(powertrain=pl.lit("bev")).drop("guide_value")
    model = residual.fit(sales)
    electric = model.groups.index("electric")
    assert model.segments.common_drift == 0.0
    assert model.segments.drift[electric] == pytest.approx(0.0, abs=5e-4)
    # against a series of all vehicles they fall
    months = pl.date_range(dt.date(2018, 1, 1), dt.date(2023, 4, 1), "1mo", eager=True)
    index = pl.DataFrame({"series": "market", "date": months, "value": 100.0})
    beside = residual.fit(sales, index).segments
    assert beside.common_drift == pytest.approx(-0.0046, abs=1e-9)
    assert beside.mean_change(np.array([electric]), np.array([10.0]))[0] < -0.04
    assert beside.common_volatility > 0.0


def test_values_still_fall_with_age_at_one_date(
    plain_model: residual.ResidualModel, market: ModuleType
) -> None:
    day = plain_model.as_of + dt.timedelta(900)
    years = pl.concat(
        [
            market.one_vehicle(vehicle_id=str(y), model_year=y, body="van").with_columns(
                powertrain=pl.lit("bev")
            )
            for y in range(2005, 2023)
        ]
    )
    value = plain_model.predict(years.with_columns(odometer=80_000.0), day)["q50"].to_numpy()
    assert np.all(np.diff(value) > -1e-9)


# --- forecasts and scenarios agree --------------------------------------------------------------


def test_scenarios_reproduce_the_forecast(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    model, n = plain_model, 16_384
    dates = [model.as_of + dt.timedelta(days) for days in HORIZONS]
    book = residual.simulate(model, units, dates, n=n)
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    told = residual.forecast(model, units, dates, quantiles=levels)
    days = np.array([(date - EPOCH).days for date in dates])
    shocks = book.unit_shocks(1, n)
    draw = np.random.default_rng(0)
    for row in range(0, len(units), 2):
        group = book.group[row]
        stated = model.level_variance(np.full(len(days), group), days)
        assert book.factor[group].var(axis=1) == pytest.approx(stated, rel=0.06)
        for place in range(len(dates)):
            bid = second_highest_quantile(model.priors.reference_bidders, draw.random(n))
            log = book.log_value[row, place] + book.unit_scale[row] * shocks[row]
            price = np.exp(log + book.factor[group, place] + book.sale_spread[row] * bid)
            mean, sd, *quantiles = told.row(row * len(dates) + place)[2:9]
            assert price.mean() == pytest.approx(mean, rel=0.006)
            # the exponential of a fat tail strays further than that of a normal one
            assert price.std() == pytest.approx(sd, rel=0.03 + 0.01 * HORIZONS[place] / 365)
            assert np.quantile(price, levels) == pytest.approx(quantiles, rel=0.02)


def test_units_of_a_group_share_what_is_not_known_of_its_level(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    error = plain_model.segments.level_error
    sold = plain_model.segments.months > 0
    assert sold.any()
    assert not sold.all()
    assert np.all(error[sold] > 0.0)
    assert np.all(error[sold] < 0.1)
    assert np.all(error[~sold] == 0.0)
    book = residual.simulate(plain_model, units, [plain_model.as_of], n=16_384)
    seen = np.cov(book.factor[:, 0])
    told = np.full(seen.shape, plain_model.initial_sd**2) + np.diag(error**2)
    assert seen == pytest.approx(told, abs=0.05 * told.max())


def test_groups_go_together_as_their_sales_did(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    model = plain_model
    date = model.as_of + dt.timedelta(365)
    book = residual.simulate(model, units, [date], n=16_384)
    months = 365 / 30.44
    segments = model.segments
    own = np.sqrt(segments.volatility**2 * months + (segments.drift_sd * months) ** 2)
    told = segments.correlation * np.outer(own, own) + np.diag(segments.level_error**2)
    told = told + model.level_variance(None, np.array([(date - EPOCH).days]))
    seen = np.cov(book.factor[:, 0])
    assert seen == pytest.approx(told, abs=0.08 * told.max())


def test_a_planning_date_after_the_fit_knows_no_more(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    model = plain_model
    today, later = (model.as_of + dt.timedelta(days) for days in (200, 400))
    book = residual.simulate(model, units, [today, later], as_of=today, n=16_384)
    day = np.array([(today - EPOCH).days, (later - EPOCH).days])
    stated = model.level_variance(np.zeros(2, dtype=np.int64), day)
    assert book.factor[0].var(axis=1) == pytest.approx(stated, rel=0.06)
    assert np.all(book.index_ratio[0] == 1.0)
    assert np.all(book.scrap[0] == 0.0)
    grown = np.diff(model.market.variance_of_change(day))[0]
    assert np.log(book.index_ratio[1]).var() == pytest.approx(grown, rel=0.06)


def test_a_vehicle_keeps_its_kind_whatever_drives_it(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    book = residual.simulate(plain_model, units, [plain_model.as_of], n=8)
    named = dict(zip(book.vehicle_ids, book.segment, strict=True))
    moved = dict(zip(book.vehicle_ids, np.array(book.group_names)[book.group], strict=True))
    assert named["suv BEV"] == named["suv petrol"] == moved["suv petrol"] == "suv"
    assert moved["suv BEV"] == "electric"
    assert named["tricycle BEV"] == "other"


def test_a_further_date_changes_no_earlier_draw(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    dates = [plain_model.as_of + dt.timedelta(days) for days in HORIZONS]
    whole = residual.simulate(plain_model, units, dates, n=64)
    part = residual.simulate(plain_model, units, dates[:3], n=64)
    assert whole.factor[:, :3] == pytest.approx(part.factor, abs=1e-12)
    assert np.array_equal(whole.factor[:, 0], part.factor[:, 0])


def test_five_years_of_a_group_can_be_looked_at(plain_model: residual.ResidualModel) -> None:
    whole = plain_model.market_path(ahead=60)
    own = plain_model.market_path(ahead=60, group="electric")
    last, fan = own.row(-1, named=True), whole.row(-1, named=True)
    assert last["date"] == fan["date"]
    assert (last["date"] - plain_model.as_of).days == round(60 * 30.44)
    assert last["level"] < 0.85 * fan["level"]
    assert np.log(last["q95"] / last["q05"]) > np.log(fan["q95"] / fan["q05"])
    assert set(own["kind"]) == {"forecast"}
    with pytest.raises(ValueError, match="group must be one of"):
        plain_model.market_path(group="unheard of")


def test_waiting_is_what_the_group_loses(
    plain_model: residual.ResidualModel, units: pl.DataFrame
) -> None:
    later = plain_model.as_of + dt.timedelta(180)
    waiting = plain_model.waiting_effects(units, plain_model.as_of, pl.Series([later] * len(units)))
    group = plain_model.group_of(units)
    day = np.full(len(units), (later - EPOCH).days)
    told = np.exp(plain_model.level_change(group, day))
    season = waiting["market"].to_numpy() / told
    assert season == pytest.approx(np.full(len(units), season[0]))
    assert np.std(told) > 0.005
    start = np.full(len(units), (plain_model.as_of - EPOCH).days)
    variance = plain_model.level_variance(group, day) - plain_model.level_variance(group, start)
    assert waiting["market_sd"].to_numpy() == pytest.approx(np.sqrt(variance))
    effects = plain_model.effects_of(units, later)
    middle = plain_model.predict(units, later, (0.5,))["q50"].to_numpy()
    assert np.prod(effects.drop("vehicle_id").to_numpy(), axis=1) == pytest.approx(middle)


def test_markets_of_groups_are_kept(
    plain_model: residual.ResidualModel, units: pl.DataFrame, tmp_path: Path
) -> None:
    plain_model.save(tmp_path / "model")
    again = residual.load(tmp_path / "model")
    for name in ("drift", "drift_sd", "volatility", "correlation", "months"):
        assert np.array_equal(getattr(again.segments, name), getattr(plain_model.segments, name))
    dates = [plain_model.as_of + dt.timedelta(days) for days in (7, 700)]
    one, other = (residual.simulate(m, units, dates, n=32) for m in (plain_model, again))
    assert np.array_equal(one.factor, other.factor)


def test_a_group_that_may_not_move_hardly_does(market: ModuleType) -> None:
    still = residual.fit(market.made_sales(600), priors=Priors(monthly_segment_volatility=0.0))
    assert still.segments.volatility.max() < 0.003
