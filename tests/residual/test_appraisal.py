"""Appraisals: the posterior on a grid against brute force, and what they do to forecasts."""

from __future__ import annotations

import datetime as dt
from types import ModuleType

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad

import residual
from residual import AppraisalPriors, Appraisers, InputError
from residual.appraisers import Stage
from residual.statements import Statements
from residual.unit_grid import Told, UnitGrid, tell

DAY = dt.date(2023, 6, 1)


def normal_shock() -> residual.UnitShock:
    """A shock as near to normal as tabled quantiles and exponential tails make it."""
    from scipy.stats import norm

    core = np.concatenate([np.linspace(0.01, 0.09, 17), np.linspace(0.1, 0.99, 179)])
    return residual.UnitShock.from_quantiles(norm.ppf(core), 0.37, 0.37)


def told_of(shock: residual.UnitShock, scale: float, precision: float, pull: float) -> Told:
    """What statements leave of one unit."""
    form = np.zeros(1, dtype=np.int64)
    return tell((shock,), form, *(np.array([x]) for x in (scale, precision, pull)))


def appraisals(*rows: tuple[str, str, float | None, float | None]) -> pl.DataFrame:
    """vehicle, stage, value, grade; all on one day."""
    kinds = {"vehicle_id": pl.String, "stage": pl.String, "value": pl.Float64, "grade": pl.Float64}
    frame = pl.DataFrame(rows, schema=kinds, orient="row")
    return frame.with_columns(appraised_on=pl.lit(DAY), appraiser=pl.lit(None, dtype=pl.String))


def by_integration(
    shock: residual.UnitShock, scale: float, precision: float, pull: float
) -> tuple[float, float, float]:
    """Mean and sd of ln value, and mean of the value, integrated over the prior's probability.

    The lower tail is cut finely down to where the shock ends, as a low statement dwells there.
    """
    edge = np.concatenate([np.geomspace(1e-16, 0.01, 200_000), np.linspace(0.01, 1.0, 500_000)[1:]])
    value = scale * shock.quantile(0.5 * (edge[1:] + edge[:-1]))
    log = pull * value - 0.5 * precision * value**2
    weight = np.diff(edge) * np.exp(log - log.max())
    weight /= weight.sum()
    mean = float(weight @ value)
    return mean, float(np.sqrt(weight @ (value - mean) ** 2)), float(weight @ np.exp(value))


@pytest.mark.parametrize("stated", [-1.5, -0.4, 0.0, 0.2, 0.6])
@pytest.mark.parametrize("error", [0.05, 0.2])
def test_the_posterior_is_that_of_brute_force(
    model: residual.ResidualModel, stated: float, error: float
) -> None:
    shock, scale = model.shape.shock, 0.25
    precision, pull = error**-2, stated * error**-2
    told = tell(
        (shock,), np.zeros(1, dtype=np.int64), *(np.array([x]) for x in (scale, precision, pull))
    )
    mean, sd, money = by_integration(shock, scale, precision, pull)
    assert told.mean[0] == pytest.approx(mean, abs=2e-4)
    assert told.sd[0] == pytest.approx(sd, rel=5e-3)
    again = np.exp(told.shift[0] + scale * told.narrower[0] * UnitGrid(shock).node)
    assert UnitGrid(shock).weight @ again == pytest.approx(money, rel=5e-4)


def test_normal_shocks_give_the_textbook_posterior() -> None:
    scale, error, stated = 0.3, 0.15, 0.2
    told = tell(
        (normal_shock(),),
        np.zeros(1, dtype=np.int64),
        *(np.array([x]) for x in (scale, error**-2, stated * error**-2)),
    )
    share = scale**2 / (scale**2 + error**2)
    assert told.mean[0] == pytest.approx(share * stated, abs=2e-3)
    assert told.sd[0] == pytest.approx(scale * np.sqrt(1.0 - share), rel=0.02)


def test_expected_values_before_are_the_mean_of_those_after(model: residual.ResidualModel) -> None:
    """Statements drawn as the model has them move no value on the whole."""
    grid, scale, error = UnitGrid(model.shape.shock), 0.3, 0.2

    def after(stated: float) -> float:
        told = tell(
            (grid.shock,),
            np.zeros(1, dtype=np.int64),
            *(np.array([x]) for x in (scale, error**-2, stated * error**-2)),
        )
        value = np.exp(told.shift[0] + scale * told.narrower[0] * grid.node)
        density = grid.weight @ np.exp(-0.5 * ((stated - scale * grid.node) / error) ** 2)
        return float(grid.weight @ value * density / (error * np.sqrt(2.0 * np.pi)))

    mean = quad(after, -4.5, 2.5, limit=200)[0]
    assert mean == pytest.approx(float(np.exp(grid.growth(np.array([scale]))[0])), rel=1e-4)


def test_errors_told_together_are_those_of_the_whole_covariance() -> None:
    draw = np.random.default_rng(3)
    sees, error, stated = (
        draw.uniform(0.5, 1.2, 5),
        draw.uniform(0.05, 0.3, 5),
        draw.normal(0, 1, 5),
    )
    unit = np.array([0, 0, 0, 2, 2])
    heard = Statements(unit, stated, sees, error, np.full(len(unit), np.nan))
    precision, pull = heard.likelihood(3, 0.4)
    for number in (0, 2):
        own = unit == number
        covariance = np.outer(error[own], error[own]) * (0.4 + 0.6 * np.eye(own.sum()))
        weight = np.linalg.solve(covariance, sees[own])
        assert precision[number] == pytest.approx(weight @ sees[own])
        assert pull[number] == pytest.approx(weight @ stated[own])
    assert precision[1] == pull[1] == 0.0


def fleet(market: ModuleType, count: int = 3) -> pl.DataFrame:
    units: list[pl.DataFrame] = [market.one_vehicle(vehicle_id=f"v{k}") for k in range(count)]
    return pl.concat(units)


def known(error: float = 0.1, sees: float = 1.0) -> Appraisers:
    priors = AppraisalPriors(together=0.5)
    return Appraisers(priors, {name: Stage(0.0, sees, error, 9) for name in ("desk", "site")}, {})


def test_nobody_appraised_leaves_every_bit(
    market: ModuleType, model: residual.ResidualModel
) -> None:
    units, other = fleet(market), appraisals(("elsewhere", "desk", 9_000.0, None))
    book = residual.simulate(model, units, [DAY], as_of=DAY, n=16)
    appraised = residual.appraise(model, units, other, known(), DAY)
    same = residual.appraised_book(book, appraised)
    np.testing.assert_array_equal(same.log_value, book.log_value)
    np.testing.assert_array_equal(same.unit_scale, book.unit_scale)
    told = residual.predict_appraised(model, units, DAY, other, known())
    np.testing.assert_allclose(told["q50"], model.predict(units, DAY)["q50"], rtol=1e-12)
    assert appraised.table().is_empty()


def test_a_statement_moves_the_value_its_way_and_narrows_it(
    market: ModuleType, model: residual.ResidualModel
) -> None:
    units = fleet(market)
    usual = model.predict(units, DAY)["q50"][0]
    rows = appraisals(("v0", "desk", usual * 1.15, None), ("v1", "desk", usual * 0.85, None))
    book = residual.simulate(model, units, [DAY], as_of=DAY, n=16)
    moved = residual.appraised_book(book, residual.appraise(model, units, rows, known(), DAY))
    change = (moved.log_value - book.log_value)[:, 0]
    assert change[1] < 0.0 < change[0]
    assert change[2] == 0.0
    assert (moved.unit_scale[:2] < book.unit_scale[:2]).all()
    np.testing.assert_array_equal(moved.sale_spread, book.sale_spread)
    told, before = (
        residual.predict_appraised(model, units, DAY, rows, known()),
        model.predict(units, DAY),
    )
    assert before["q50"][0] < told["q50"][0] < usual * 1.15
    assert told["q95"][0] / told["q05"][0] < before["q95"][0] / before["q05"][0]
    assert told.row(2) == pytest.approx(before.row(2))


def test_hammers_drawn_after_an_appraisal_are_those_foretold(
    market: ModuleType, model: residual.ResidualModel
) -> None:
    """The book's units, run through auctions by hand, give the mean that is foretold."""
    from residual.distribution import second_highest_quantile

    units = fleet(market, 1)
    usual = model.predict(units, DAY)["mean"][0]
    rows = appraisals(("v0", "site", usual * 0.8, None))
    book = residual.simulate(model, units, [DAY], as_of=DAY, n=16)
    moved = residual.appraised_book(book, residual.appraise(model, units, rows, known(), DAY))
    draw = np.random.default_rng(5).random((2, 400_000))
    bid = second_highest_quantile(model.priors.reference_bidders, draw[1])
    log = moved.log_value[0, 0] + moved.unit_scale[0] * moved.shocks[int(moved.form[0])].quantile(
        draw[0]
    )
    hammer = np.exp(log + moved.sale_spread[0] * bid)
    told = residual.predict_appraised(model, units, DAY, rows, known(), (0.1, 0.5, 0.9))
    assert hammer.mean() == pytest.approx(told["mean"][0], rel=2e-3)
    drawn = np.quantile(hammer, [0.1, 0.5, 0.9])
    np.testing.assert_allclose(told.select("q10", "q50", "q90").row(0), drawn, rtol=0.02)


def test_desk_and_site_say_less_than_two_that_err_apart(
    market: ModuleType, model: residual.ResidualModel
) -> None:
    units = fleet(market, 1)
    low = model.predict(units, DAY)["q50"][0] * 0.8
    rows = appraisals(("v0", "desk", low, None), ("v0", "site", low, None))
    apart = Appraisers(AppraisalPriors(together=0.0), known().stages, {})
    one = residual.appraise(model, units, rows[1:], known(), DAY).told
    both = residual.appraise(model, units, rows, known(), DAY).told
    split = residual.appraise(model, units, rows, apart, DAY).told
    assert one.narrower[0] > both.narrower[0] > split.narrower[0]
    assert one.shift[0] > both.shift[0] > split.shift[0]


def test_a_stated_grade_moves_the_value_as_the_model_does(
    market: ModuleType, model: residual.ResidualModel
) -> None:
    units = fleet(market)
    rows = appraisals(("v0", "site", None, 2.0), ("v1", "site", None, 5.0))
    told = residual.appraise(model, units, rows, known(), DAY).told
    assert told.shift[0] < -0.01
    assert told.shift[1] > 0.0
    at = [model.predict(market.one_vehicle(condition_grade=g), DAY)["mean"][0] for g in (4.0, 2.0)]
    assert told.shift[0] > np.log(at[1] / at[0])
    assert (told.narrower[:2] < 1.0).all()


def test_a_lasting_value_is_held_against_its_own_day(
    market: ModuleType, model: residual.ResidualModel
) -> None:
    """A value stated long ago at the median of that day moves nothing today."""
    units, long_ago = fleet(market, 1), dt.date(2022, 9, 1)
    then = np.exp(model.locate(units, np.array([(long_ago - dt.date(1970, 1, 1)).days])).log_hammer)
    now = np.exp(model.locate(units, np.array([(DAY - dt.date(1970, 1, 1)).days])).log_hammer)
    rows = appraisals(("v0", "desk", float(then[0]), None)).with_columns(appraised_on=long_ago)
    fresh = appraisals(("v0", "desk", float(now[0]), None))
    old, new = (
        residual.appraise(model, units, r, known(), DAY).told.shift[0] for r in (rows, fresh)
    )
    assert then[0] > 1.03 * now[0]
    assert old == pytest.approx(new, abs=1e-9)


def past_appraisals(
    model: residual.ResidualModel, sales: pl.DataFrame, seed: int
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Appraisals of units that were sold: 6 % too high, an error of 5 %, by two appraisers."""
    named = sales.with_columns(vehicle_id=pl.col("sale_id"))
    some = named.filter(pl.col("offered_on") > dt.date(2022, 6, 1)).sort("sale_id")[:900]
    draw = np.random.default_rng(seed)
    days = some["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    place = model.locate(some, days)
    share = model.bidding.unit_ratio**2
    left = np.log(some["price"].to_numpy()) - place.log_hammer
    left = left - model.venue_log_factor(some["venue_id"].to_list())
    # what of the hammer is the unit's own is drawn from its posterior, taken as normal
    own = share * left + np.sqrt(share * (1.0 - share)) * place.scale * draw.standard_normal(
        len(some)
    )
    high = np.arange(len(some)) % 2 == 0
    stated = place.log_hammer + own + 0.06 + 0.02 * np.where(high, 1, -1)
    stated = stated + 0.05 * draw.standard_normal(len(some))
    rows = some.select("vehicle_id", appraised_on="offered_on").with_columns(
        stage=pl.lit("site"),
        value=pl.Series(np.exp(stated)),
        appraiser=pl.Series(np.where(high, "ann", "bob")),
    )
    return named, rows


def test_bias_error_and_appraisers_are_learnt_from_sales(
    plain_model: residual.ResidualModel, sales: pl.DataFrame
) -> None:
    plain = sales.drop("guide_value")
    named, rows = past_appraisals(plain_model, plain, 4)
    found = residual.learn_appraisers(plain_model, named, rows)
    site = found.stages["site"]
    assert site.sold == 900
    assert site.bias == pytest.approx(0.06, abs=0.015)
    assert site.error == pytest.approx(0.055, abs=0.02)
    assert site.sees == pytest.approx(1.0, abs=0.12)
    assert found.own["ann"] - found.own["bob"] == pytest.approx(0.04, abs=0.012)
    few = residual.learn_appraisers(plain_model, named, rows[:3]).stages["site"]
    assert abs(few.bias) < site.bias
    assert "900" in found.words(["site"])[0]


def test_without_sales_the_priors_stand_and_say_so(
    plain_model: residual.ResidualModel, sales: pl.DataFrame
) -> None:
    named = sales.with_columns(vehicle_id=pl.col("sale_id"))
    found = residual.learn_appraisers(plain_model, named, appraisals(("x", "desk", 9e3, None)))
    assert found.stages == {}
    assert found.stage("desk") == Stage(0.0, 1.0, AppraisalPriors().desk_error, 0)
    assert found.words(["desk"]) == ["desk appraisals: an error of 15.0% is assumed"]


def test_an_appraisal_after_the_sale_tells_nothing_of_it(
    plain_model: residual.ResidualModel, sales: pl.DataFrame
) -> None:
    named, rows = past_appraisals(plain_model, sales.drop("guide_value"), 4)
    late = rows.with_columns(pl.col("appraised_on") + pl.duration(days=1))
    assert residual.learn_appraisers(plain_model, named, late).stages == {}


def test_every_row_at_fault_is_told(market: ModuleType, model: residual.ResidualModel) -> None:
    rows = appraisals(
        ("v0", "desk", None, None), ("v0", "desk", 5e3, 3.0), ("v0", "site", -1.0, None),
        ("v0", "site", None, 7.0), ("v1", "site", 5e3, None),
    )  # fmt: skip
    with pytest.raises(InputError) as raised:
        residual.appraise(model, fleet(market), rows, known(), DAY)
    assert [(fault.row, fault.column) for fault in raised.value.faults] == [
        (1, "value"), (2, "value"), (3, "value"), (4, "grade"),
    ]  # fmt: skip
    with pytest.raises(InputError, match="required"):
        residual.appraise(model, fleet(market), rows.drop("stage"), known(), DAY)


@pytest.mark.parametrize(
    ("name", "value"), [("together", 1.0), ("site_error", 0.0), ("own_bias", -0.1)]
)
def test_priors_that_cannot_be_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        AppraisalPriors(**{name: value})
