"""Models that were never sold: told by what other models of their traits were worth."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

import residual
from residual.newcomers import newcomers_among

START = dt.date(2022, 1, 3)
MODELS = 120
ROWS = 4200
#: What a body is worth within its make: neither alone tells it.
TOGETHER = 0.5


def world(seed: int = 1, *, traits: bool = True) -> pl.DataFrame:
    """Sales of many models, each of a body; one make is dear in vans and cheap in all else."""
    draw = np.random.default_rng(seed)
    traits_of = np.random.default_rng(77)
    make_of = traits_of.integers(0, 4, MODELS)
    body_of = traits_of.integers(0, 3, MODELS)
    own = traits_of.normal(0.0, 0.05, MODELS)
    model = draw.integers(0, MODELS, ROWS)
    make, body = make_of[model], body_of[model]
    age = draw.uniform(1.0, 9.0, ROWS)
    day = np.sort(draw.integers(0, 500, ROWS))
    both = (make % 2 == 0) == (body == 0)
    log = 10.0 - 0.1 * age + own[model] + 0.05 * draw.standard_normal(ROWS)
    log += TOGETHER * both if traits else 0.0
    offered = [START + dt.timedelta(int(after)) for after in day]
    return pl.DataFrame(
        {
            "sale_id": [f"s{row:05d}" for row in range(ROWS)],
            "offered_on": offered,
            "first_registered": [
                on - dt.timedelta(int(365.25 * years))
                for on, years in zip(offered, age.tolist(), strict=True)
            ],
            "odometer": 15_000.0 * age * draw.lognormal(0.0, 0.3, ROWS),
            "make": [f"make{level}" for level in make],
            "model": [f"m{level}" for level in model],
            "body": [f"b{level}" for level in body],
            "price": np.exp(log),
        }
    )


def new_ones(sales: pl.DataFrame) -> pl.DataFrame:
    """A fifth of the models, as yet unsold."""
    return sales.filter(pl.col("model").str.slice(1).cast(pl.Int64) % 5 == 0)


def known(sales: pl.DataFrame) -> pl.DataFrame:
    return sales.join(new_ones(sales), on="sale_id", how="anti", maintain_order="left")


@pytest.fixture(scope="module")
def model() -> residual.ResidualModel:
    return residual.fit(known(world()))


def told(model: residual.ResidualModel, sales: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Errors of ln price, and whether it lies in its 90 % interval."""
    units = sales.rename({"sale_id": "vehicle_id"}).drop("price")
    found = model.predict(units, on="offered_on")
    price = sales["price"].to_numpy()
    within = (price >= found["q05"].to_numpy()) & (price <= found["q95"].to_numpy())
    return np.log(price / found["q50"].to_numpy()), within


def test_a_new_model_is_told_by_others_of_its_traits(model: residual.ResidualModel) -> None:
    error, _ = told(model, new_ones(world(seed=2)))
    # without the trees make and body count each by itself, and half the gap between both is left
    assert np.median(np.abs(error)) < 0.1


def test_its_spread_is_that_of_models_nobody_knows(model: residual.ResidualModel) -> None:
    fresh = world(seed=2)
    _, within = told(model, new_ones(fresh))
    assert 0.8 <= within.mean() <= 0.99
    units = fresh.rename({"sale_id": "vehicle_id"}).drop("price")
    wide = model.predict(units, on="offered_on")
    ratio = (wide["sd"] / wide["mean"]).to_numpy()
    strange = wide["vehicle_id"].is_in(new_ones(fresh)["sale_id"].to_list()).to_numpy()
    assert np.median(ratio[strange]) > 1.15 * np.median(ratio[~strange])


def test_known_models_are_left_as_they_are(model: residual.ResidualModel) -> None:
    assert model.remainder is not None
    sales = known(world(seed=2)).head(50)
    days = sales["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    units = model.read(sales, days)
    assert not newcomers_among(units).any()
    assert model.remainder.trees is None
    assert not model.remainder.value(model.hedonic, units).any()


def test_hidden_models_are_told_by_trees_that_have_not_seen_them(
    model: residual.ResidualModel,
) -> None:
    from residual.cold import hidden

    assert model.remainder is not None
    newcomers = model.remainder.newcomers
    assert newcomers is not None
    sales = known(world(seed=2)).head(60)
    days = sales["offered_on"].cast(pl.Int32).to_numpy().astype(np.int64)
    units = model.read(sales, days)
    own = units.codes["model"]
    there = hidden(units, "model")
    value = newcomers.value(model.hedonic, there, own)
    for part in range(len(newcomers.trees)):
        rows = np.flatnonzero(own % len(newcomers.trees) == part)
        others = np.full(len(rows), part, dtype=np.int64)
        assert np.array_equal(newcomers.value(model.hedonic, there.take(rows), others), value[rows])
    never = newcomers.value(model.hedonic, there, np.full(len(own), -1))
    each = [newcomers.value(model.hedonic, there, np.full(len(own), part)) for part in range(3)]
    assert never == pytest.approx(np.mean(each, axis=0), rel=1e-12)


def test_nothing_is_learnt_where_traits_tell_nothing_together() -> None:
    plain = residual.fit(known(world(traits=False)))
    assert plain.remainder is None or plain.remainder.newcomers is None


def test_new_models_stray_as_models_of_their_kind_do() -> None:
    sales = world(traits=False)
    body = sales["body"].str.slice(1).cast(pl.Int64).to_numpy()
    code = sales["model"].str.slice(1).cast(pl.Int64).to_numpy()
    # models of the first body are worth this or that, those of the others all the same
    own = np.where(body == 0, 0.4 * np.random.default_rng(5).standard_normal(MODELS)[code], 0.0)
    sales = sales.with_columns(price=pl.col("price") * pl.Series(np.exp(own)))
    told = residual.fit(known(sales)).predict(
        sales.rename({"sale_id": "vehicle_id"}).drop("price"), on="offered_on"
    )
    spread = (told["sd"] / told["mean"]).to_numpy()
    new = sales["sale_id"].is_in(new_ones(sales)["sale_id"].to_list()).to_numpy()

    def typical(rows: np.ndarray) -> float:
        return float(np.median(spread[rows]))

    assert typical(new & (body == 0)) > 2.0 * typical(new & (body > 0))
    assert typical(~new & (body == 0)) < 1.3 * typical(~new & (body > 0))


def test_a_new_model_still_falls_with_age_and_odometer(model: residual.ResidualModel) -> None:
    units = new_ones(world(seed=2)).head(20).rename({"sale_id": "vehicle_id"}).drop("price")
    day = START + dt.timedelta(500)
    for older in (
        [units.with_columns(pl.col("first_registered") - dt.timedelta(200 * k)) for k in range(8)],
        [units.with_columns(pl.col("odometer") + 9_000.0 * k) for k in range(8)],
    ):
        median = np.array([model.predict(row, day)["q50"].to_numpy() for row in older])
        assert (np.diff(median, axis=0) <= 1e-9 * median[:-1]).all()


def test_it_is_kept_with_the_model(model: residual.ResidualModel, tmp_path: object) -> None:
    from pathlib import Path

    path = Path(str(tmp_path)) / "values.model"
    model.save(path)
    again = residual.load(path)
    units = new_ones(world(seed=2)).rename({"sale_id": "vehicle_id"}).drop("price")
    assert again.predict(units, on="offered_on").equals(model.predict(units, on="offered_on"))
