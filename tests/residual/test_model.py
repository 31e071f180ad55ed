from __future__ import annotations

import datetime as dt
from types import ModuleType

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import residual
from residual.distribution import second_highest_quantile
from residual.errors import InputError

ON = dt.date(2023, 5, 20)


def _ln(model: residual.ResidualModel, vehicles: pl.DataFrame) -> np.ndarray:
    return np.log(model.predict(vehicles, on=ON, quantiles=(0.5,))["q50"].to_numpy())


def test_known_effects_are_recovered(
    plain_model: residual.ResidualModel, market: ModuleType
) -> None:
    base = market.one_vehicle()
    older = market.one_vehicle(model_year=2013)
    further = market.one_vehicle(odometer=120_000.0)
    worse = market.one_vehicle(condition_grade=3.0)
    at = _ln(plain_model, base)[0]
    assert at - _ln(plain_model, older)[0] == pytest.approx(4 * market.YEARLY_FALL, abs=0.05)
    assert at - _ln(plain_model, further)[0] == pytest.approx(0.1, abs=0.03)
    assert at - _ln(plain_model, worse)[0] == pytest.approx(market.GRADE_STEP, abs=0.03)
    venue = plain_model.venue_log_factor(["a", "b", "unheard of", None])
    assert venue[1] - venue[0] == pytest.approx(0.1, abs=0.02)
    assert venue[2:].tolist() == [0.0, 0.0]


def test_venue_id_moves_the_prediction_by_the_venue_factor(
    plain_model: residual.ResidualModel, market: ModuleType
) -> None:
    gain = _ln(plain_model, market.one_vehicle(venue_id="b")) - _ln(
        plain_model, market.one_vehicle()
    )
    assert gain[0] == pytest.approx(plain_model.venue_log_factor(["b"])[0], abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    year=st.integers(1995, 2022),
    km=st.floats(1_000, 500_000),
    less=st.floats(0, 100_000),
    later=st.integers(0, 6),
    grade=st.one_of(st.none(), st.floats(1, 5)),
    variant=st.sampled_from(["variant0", "variant17", "new", None]),
    guide=st.one_of(st.none(), st.floats(100, 100_000)),
)
def test_value_never_rises_with_age_or_odometer(
    model: residual.ResidualModel,
    market: ModuleType,
    year: int,
    km: float,
    less: float,
    later: int,
    grade: float | None,
    variant: str | None,
    guide: float | None,
) -> None:
    # readings between the rules for sentinels, so that both rows keep theirs
    age = 2023 - year
    km = float(np.clip(km, 300.0 * max(age, 1), 20_000 + 60_000 * max(age, 1)))
    rows = [
        market.one_vehicle(
            model_year=y, odometer=o, condition_grade=grade, variant=variant, guide_value=guide
        ).cast({"condition_grade": pl.Float64, "variant": pl.String, "guide_value": pl.Float64})
        for y, o in [(year, km), (year - later, km + 0.0), (year, km + less)]
    ]
    rows[1] = rows[1].with_columns(odometer=pl.lit(max(km, 300.0 * (age + later))))
    value = _ln(model, pl.concat(rows))
    assert value[1] <= value[0] + 1e-12
    if km + less <= 20_000 + 100_000 * max(age, 1):
        assert value[2] <= value[0] + 1e-12


def test_unseen_levels_fall_back_with_a_wider_spread(
    plain_model: residual.ResidualModel, market: ModuleType
) -> None:
    rows = pl.concat(
        [
            market.one_vehicle(),
            market.one_vehicle(variant="never"),
            market.one_vehicle(model="never", variant="never"),
            market.one_vehicle(make="never", model="never", variant="never"),
            market.one_vehicle(make="never", model="never", variant="never", body="never"),
        ]
    )
    out = plain_model.predict(rows, on=ON)
    assert out["support"].to_list() == ["variant", "model", "make", "body", "all"]
    width = np.log(out["q95"].to_numpy() / out["q05"].to_numpy())
    assert np.all(np.diff(width[:4]) > 0.01)
    assert width[4] == pytest.approx(width[3], rel=0.05)


def test_text_levels_ignore_case_and_blanks(
    model: residual.ResidualModel, market: ModuleType
) -> None:
    odd = market.one_vehicle(make=" MAKE0 ", model="Model0", variant="VARIANT0 ")
    assert _ln(model, odd)[0] == _ln(model, market.one_vehicle())[0]


def test_a_rare_variant_is_shrunk_to_its_model(sales: pl.DataFrame, market: ModuleType) -> None:
    few = sales.filter((pl.col("model") == "model0") & (pl.col("variant") == "variant1")).head(2)
    dear = few.with_columns(
        pl.col("price") * 2.0, variant=pl.lit("dear"), sale_id=pl.col("sale_id") + "x"
    )
    fitted = residual.fit(pl.concat([sales, dear]).drop("guide_value"))
    rows = pl.concat([market.one_vehicle(variant="dear"), market.one_vehicle(variant="never")])
    gain = np.diff(_ln(fitted, rows)[::-1])[0]
    assert 0.0 < gain < 0.5 * np.log(2.0)


@pytest.mark.parametrize("kind", ["odometer", "price", "guide"])
def test_sentinels_and_wrong_decimals_hardly_matter(
    plain_model: residual.ResidualModel, sales: pl.DataFrame, market: ModuleType, kind: str
) -> None:
    spoiled = np.arange(len(sales)) % 33 == 0
    change = {
        "odometer": {"odometer": pl.when(spoiled).then(999_999.0).otherwise("odometer")},
        "price": {"price": pl.col("price") * np.where(spoiled, 100.0, 1.0)},
        "guide": {"guide_value": pl.when(spoiled).then(1.0).otherwise("price")},
    }[kind]
    fitted = residual.fit(sales.drop("guide_value").with_columns(**change))
    rows = pl.concat([market.one_vehicle(model_year=y) for y in (2010, 2014, 2018)])
    assert np.abs(_ln(fitted, rows) - _ln(plain_model, rows)).max() < 0.05


def test_nothing_after_as_of_is_read(sales: pl.DataFrame, market: ModuleType) -> None:
    as_of = dt.date(2022, 12, 1)
    later = pl.col("offered_on") > as_of
    changed = sales.with_columns(price=pl.when(later).then(pl.col("price") * 3).otherwise("price"))
    assert not changed["price"].equals(sales["price"])
    index = pl.DataFrame(
        {
            "series": "market",
            "date": pl.date_range(dt.date(2015, 1, 1), dt.date(2023, 4, 1), "1mo", eager=True),
        }
    ).with_columns(
        released_on=pl.col("date").dt.offset_by("45d"),
        value=100.0 + (pl.int_range(pl.len()) * 0.7).sin() + 0.3 * pl.int_range(pl.len()),
    )
    released = pl.col("released_on") > as_of
    other = index.with_columns(value=pl.when(released).then(900.0).otherwise("value"))
    one = residual.fit(sales, index, as_of).predict(market.one_vehicle(), on=ON)
    two = residual.fit(changed, other, as_of).predict(market.one_vehicle(), on=ON)
    assert one.equals(two)


def test_refit_repeats_bit_for_bit_and_row_order_does_not_matter(
    model: residual.ResidualModel, sales: pl.DataFrame
) -> None:
    rows = sales.head(50).with_columns(vehicle_id=pl.col("sale_id")).drop("price")
    first = model.predict(rows, on=ON)
    assert residual.fit(sales).predict(rows, on=ON).equals(first)
    mixed = residual.fit(sales.sample(fraction=1.0, shuffle=True, seed=3)).predict(rows, on=ON)
    assert np.abs(mixed["q50"].to_numpy() / first["q50"].to_numpy() - 1).max() < 1e-9


@pytest.mark.parametrize("factor", [7.0, 0.01])
def test_the_scale_of_money_passes_through(
    sales: pl.DataFrame, model: residual.ResidualModel, factor: float
) -> None:
    scaled = residual.fit(sales.with_columns(pl.col("price", "guide_value") * factor))
    rows = sales.with_columns(vehicle_id=pl.col("sale_id")).drop("price")
    before = model.predict(rows, on=ON)
    after = scaled.predict(rows.with_columns(pl.col("guide_value") * factor), on=ON)
    for name in ("mean", "sd", "q05", "q50", "q95"):
        ratio = after[name].to_numpy() / before[name].to_numpy() / factor
        assert np.abs(ratio - 1.0).max() < 2e-4, name


def test_offerings_that_close_after_the_planning_date_tell_nothing(sales: pl.DataFrame) -> None:
    as_of = sales["offered_on"].max() - dt.timedelta(days=30)
    rng = np.random.default_rng(9)
    reserve = sales["price"] * pl.Series(np.exp(rng.normal(0.0, 0.1, sales.height)))
    offered = sales.with_columns(
        reserve=reserve,
        outcome=pl.Series(np.where(rng.random(sales.height) < 0.6, "sold", "no-sale")),
        closed_on=pl.col("offered_on") + pl.duration(days=rng.integers(0, 40, sales.height)),
    )
    other = offered.with_columns(
        outcome=pl.when(pl.col("closed_on") > as_of)
        .then(pl.lit("no-sale"))
        .otherwise(pl.col("outcome"))
    )
    one = residual.fit(offered, as_of=as_of)
    two = residual.fit(other, as_of=as_of)
    assert one.bidding.no_sales > 0
    assert one.bidding == two.bidding


def test_coverage_and_bias_on_fresh_sales(
    plain_model: residual.ResidualModel, market: ModuleType
) -> None:
    fresh = market.made_sales(seed=2).with_columns(vehicle_id=pl.col("sale_id"))
    out = plain_model.predict(fresh.drop("price", "guide_value"), on="offered_on")
    price = fresh["price"].to_numpy()
    inside = (price >= out["q05"].to_numpy()) & (price <= out["q95"].to_numpy())
    assert 0.86 < inside.mean() < 0.95
    for grade in (1.5, 4.5):
        rows = fresh["condition_grade"].to_numpy() == grade
        assert 0.8 < inside[rows].mean() < 0.98
    assert out["mean"].mean() == pytest.approx(price.mean(), rel=0.02)


def test_a_good_guide_narrows_the_spread_and_is_followed(
    model: residual.ResidualModel, market: ModuleType
) -> None:
    low, high = (market.one_vehicle(guide_value=g) for g in (8_000.0, 12_000.0))
    both = _ln(model, pl.concat([low, high]))
    assert 0.5 * np.log(1.5) < both[1] - both[0] <= np.log(1.5) + 1e-9
    out = model.predict(pl.concat([low, high]), on=ON)
    without = model.predict(market.one_vehicle(), on=ON)
    width = np.log(out["q95"] / out["q05"]).max()
    assert width < np.log(without["q95"] / without["q05"])[0]


def test_simulated_hammers_repeat_the_predicted_quantiles(
    plain_model: residual.ResidualModel, market: ModuleType
) -> None:
    vehicles = pl.concat(
        [market.one_vehicle(), market.one_vehicle(vehicle_id="w", condition_grade=1.5)]
    )
    n = 40_000
    book = residual.simulate(plain_model, vehicles, [ON], as_of=ON, n=n)
    draw = np.random.default_rng(5)
    bids = second_highest_quantile(plain_model.priors.reference_bidders, draw.random((2, n)))
    log = (
        book.log_value
        + book.factor[book.group, 0, :]
        + book.unit_scale[:, None] * book.unit_shocks(1, n)
        + book.sale_spread[:, None] * bids
    )
    chances = (0.05, 0.25, 0.5, 0.75, 0.95)
    out = plain_model.predict(vehicles, on=ON, quantiles=chances)
    told = np.log(out.select("q05", "q25", "q50", "q75", "q95").to_numpy())
    width = (told[:, -1] - told[:, 0])[:, None]
    assert np.abs((np.quantile(log, chances, axis=1).T - told) / width).max() < 0.02
    assert np.exp(log).mean(axis=1) == pytest.approx(out["mean"].to_numpy(), rel=0.01)


def test_effects_multiply_to_the_median(model: residual.ResidualModel, market: ModuleType) -> None:
    rows = market.one_vehicle(guide_value=9_000.0)
    product = model.effects_of(rows, ON).drop("vehicle_id").to_numpy().prod()
    assert product == pytest.approx(model.predict(rows, ON)["q50"][0], rel=1e-12)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda s: s.drop("price"), "price"),
        (lambda s: s.drop("model_year"), "model_year"),
        (lambda s: s.with_columns(price=pl.lit(float("inf"))), "finite"),
        (lambda s: s.with_columns(price=pl.lit(0.0)), "above zero"),
        (lambda s: s.with_columns(outcome=pl.lit("no-sale")), "at least one sale"),
        (lambda s: s.with_columns(model_year=pl.lit(None, dtype=pl.Int64)), "first_registered"),
    ],
)
def test_unusable_sales_are_told(sales: pl.DataFrame, change: object, word: str) -> None:
    assert callable(change)
    with pytest.raises(InputError, match=word):
        residual.fit(change(sales.head(20)))


def test_no_sales_are_counted_and_not_used(sales: pl.DataFrame, market: ModuleType) -> None:
    some = sales.head(400).drop("guide_value")
    unsold = some.head(40).with_columns(
        outcome=pl.lit("no-sale"), price=pl.lit(1.0), sale_id=pl.col("sale_id") + "n"
    )
    both = pl.concat([some.with_columns(outcome=pl.lit("sold")), unsold])
    fitted = residual.fit(both)
    assert fitted.counts["not sold"] == 40
    assert _ln(fitted, market.one_vehicle()) == _ln(residual.fit(some), market.one_vehicle())


@pytest.mark.parametrize("rows", [1, 2, 5, 40])
def test_very_few_sales_still_give_a_wide_forecast(
    sales: pl.DataFrame, market: ModuleType, rows: int
) -> None:
    out = residual.fit(sales.head(rows)).predict(market.one_vehicle(), on=ON)
    assert np.isfinite(out.select("mean", "sd", "q05", "q50", "q95").to_numpy()).all()
    assert out["q05"][0] < out["q50"][0] < out["q95"][0]
